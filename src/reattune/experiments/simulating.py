"""A simulated study from a few words: which dyads, how many sessions, and how they are seen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.models.codebook_file import read_codebook
from reattune.models.codebooks import CODEBOOKS, Codebook, find_codebook
from reattune.models.coordinates import COORDINATES, FREE, place, read_coordinate
from reattune.models.course import SimulatedStudy
from reattune.models.likelihood import set_rates
from reattune.models.observation import ArousalSignal, CoderError, Observation, SessionRating
from reattune.models.paradigms import Paradigm, imposed, play, still_face, therapy_hour
from reattune.models.parameters import DyadParameters, check_names
from reattune.models.presets import preset as find_preset
from reattune.models.presets import read_parameters
from reattune.models.simulate import simulate_study

PARADIGMS = ("play", "still_face", "therapy_hour", "imposed")
MAX_DYADS, MAX_FILES = 10_000, 20_000
TRUTH = "model_"
# Rates that follow from several parameters and may be asked for themselves.
RATES = ("contingent_per_s", "misread_per_s")
# What a preset is usually seen through, and the paradigm it is usually in.
USUAL = {
    "infant_caregiver": (("infant", "caregiver"), "play"),
    "patient_therapist": (("patient", "therapist"), "therapy_hour"),
}


@dataclass(frozen=True)
class SimulationPlan:
    """What is simulated.

    Parameters
    ----------
    parameters : DyadParameters
        Of every dyad, or of the middle one where they differ.
    paradigm : Paradigm
    observation : Observation
    dyads, sessions : int, default 1
        Dyads, and sessions of each.
    spread : float, default 0
        How much dyads differ: standard deviation of the logarithm of their rates, and of the
        logits, of what a fit moves. 0: all alike; 0.5 is what a fit expects of dyads in general.
    preset : str
        The preset it began with.
    seed : int, default 1
    """

    parameters: DyadParameters
    paradigm: Paradigm
    observation: Observation
    dyads: int = 1
    sessions: int = 1
    spread: float = 0.0
    preset: str = "infant_caregiver"
    seed: int = 1

    def __post_init__(self) -> None:
        for name, most in (("dyads", MAX_DYADS), ("sessions", MAX_FILES)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise SettingError(name, value, f"a whole number from 1 to {most:,}")
        if self.dyads * self.sessions > MAX_FILES:
            got = f"{self.dyads} x {self.sessions}"
            raise SettingError("dyads x sessions", got, f"at most {MAX_FILES:,} sessions")
        if check_not_negative("spread", self.spread) > 2:
            raise SettingError("spread", self.spread, "0 to 2")

    def to_dict(self) -> dict[str, object]:
        """JSON-safe: everything that makes the same study again."""
        seen, book = self.observation, self.observation.codebook
        return {
            "preset": self.preset,
            "parameters": self.parameters.to_dict(),
            "paradigm": {
                "name": self.paradigm.name,
                "phases": [[p.label, p.duration_s, p.mode] for p in self.paradigm.phases],
            },
            "dyads": self.dyads,
            "sessions": self.sessions,
            "spread": self.spread,
            "seed": self.seed,
            "observation": {
                "codebook": book.name,
                "stream": book.stream,
                "partners": list(seen.names),
                "step_s": seen.step_s,
                "coder_accuracy": None
                if seen.coder_error is None
                else seen.coder_error.focal[0][0],
                "missing_per_min": seen.missing_per_min,
                "missing_s": seen.missing_s,
                "arousal_hz": None if seen.arousal is None else seen.arousal.rate_hz,
                "rating": None if seen.rating is None else seen.rating.name,
            },
        }


def plan_simulation(
    *,
    preset: str | None = None,
    parameters: str | Path | None = None,
    changes: Mapping[str, object] | None = None,
    dyads: int = 1,
    sessions: int = 1,
    spread: float = 0.0,
    paradigm: str | None = None,
    minutes: float | None = None,
    spells: int = 20,
    spell_s: float = 3.0,
    codebook: str | Path | Codebook = "plain",
    step_s: float | None = None,
    coder_accuracy: float | None = None,
    missing_per_min: float = 0.0,
    arousal_hz: float | None = None,
    rating: bool = False,
    seed: int = 1,
) -> SimulationPlan:
    """A plan from words and numbers, each checked.

    Parameters
    ----------
    preset : {"infant_caregiver", "patient_therapist"}, optional
        The first one by default.
    parameters : path-like, optional
        A TOML file of parameters, instead of a preset.
    changes : mapping, optional
        Parameter -> value, over those.
    dyads, sessions, spread, seed
        As in `SimulationPlan`.
    paradigm : {"play", "still_face", "therapy_hour", "imposed"}, optional
        Play for infants, an hour for therapy by default.
    minutes : float, optional
        Length of a session; 10 by default, 6 for the still-face, 50 for an hour.
    spells, spell_s : int, float
        For "imposed": how many spells of non-response, and seconds of each.
    codebook : str or Codebook, default "plain"
        A name, or a codebook file.
    step_s : float, optional
        Interval coding; by default every change is seen.
    coder_accuracy : float, optional
        Chance of the right code; the others alike.
    missing_per_min : float, default 0
        How often a partner goes out of view, for 3 s on average.
    arousal_hz : float, optional
        Samples per second of a sensor of arousal.
    rating : bool, default False
        A rating after every session.
    """
    started, at = start_parameters(preset, parameters, dict(changes or {}))
    partners, usual = USUAL[started]
    book = codebook if isinstance(codebook, Codebook) else open_codebook(codebook)
    if book.partners == ("focal", "responder"):
        book = replace(book, partners=partners)
    return SimulationPlan(
        parameters=at,
        paradigm=_make_paradigm(paradigm or usual, minutes, spells, spell_s),
        observation=Observation(
            book,
            step_s=step_s,
            coder_error=None if coder_accuracy is None else CoderError.even(coder_accuracy),
            missing_per_min=missing_per_min,
            arousal=None if arousal_hz is None else ArousalSignal(arousal_hz),
            rating=SessionRating() if rating else None,
        ),
        dyads=dyads,
        sessions=sessions,
        spread=spread,
        preset=started,
        seed=seed,
    )


def open_codebook(name: str | Path) -> Codebook:
    """The codebook of a name, or in a file."""
    if str(name) not in CODEBOOKS and str(name).lower().endswith(".toml"):
        return read_codebook(name)
    return find_codebook(str(name))


def read_changes(texts: Sequence[str]) -> dict[str, object]:
    """``name=value`` as name and value.

    Raises
    ------
    SettingError
        For a text without a name and a value, or a name that is no parameter (with the closest).
    """
    changes: dict[str, object] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value):
            raise SettingError("--set", text, "name=value, e.g. readiness_prob=0.5")
        if name not in RATES:
            check_names([name], "--set")
        changes[name] = _read_value(value)
    return changes


def _read_value(text: str) -> object:
    try:
        return (
            float(text)
            if text.startswith((".", "-."))
            else tomllib.loads(f"value = {text}")["value"]
        )
    except ValueError:
        return text


def start_parameters(
    name: str | None, file: str | Path | None, changes: Mapping[str, object]
) -> tuple[str, DyadParameters]:
    """The preset begun with, and the parameters: of the preset or the file, with changes.

    ``contingent_per_s`` and ``misread_per_s`` (kappa and nu, per time unit) may be changed as well;
    looking, reading and readiness are then chosen to give them.

    Raises
    ------
    SettingError
        For an unknown preset or parameter (with the closest), or a preset beside a file.
    """
    rates = {key: value for key, value in changes.items() if key in RATES}
    fields = {key: value for key, value in changes.items() if key not in RATES}
    if file is None:
        started = name or "infant_caregiver"
        at = find_preset(started, **fields)
    elif name is not None:
        raise SettingError("preset", name, "none beside a file of parameters, which may name one")
    else:
        base = read_parameters(file)
        check_names(tuple(fields))
        at = DyadParameters(**{**base.to_dict(), **fields})  # type: ignore[arg-type]
        started = find_start(file)
    if rates:
        kappa, nu = at.contingent_per_s, at.misread_per_s
        wanted = {"contingent_per_s": kappa, "misread_per_s": nu}
        for key, value in rates.items():
            wanted[key] = check_not_negative(key, value)  # type: ignore[arg-type]
        at = set_rates(at, wanted["contingent_per_s"], wanted["misread_per_s"])
    return started, at


def find_start(file: str | Path) -> str:
    """The preset that a readable file of parameters names; the first one when it names none."""
    started = tomllib.loads(Path(file).read_text(encoding="utf-8")).get("preset")
    return started if started in USUAL else "infant_caregiver"


def _make_paradigm(name: str, minutes: float | None, spells: int, spell_s: float) -> Paradigm:
    check_option("paradigm", name, PARADIGMS)
    if minutes is None:
        minutes = {"still_face": 6.0, "therapy_hour": 50.0}.get(name, 10.0)
    seconds = 60 * check_positive("minutes", minutes)
    if name == "still_face":
        return still_face(seconds / 3, seconds / 3, seconds / 3)
    if name == "imposed":
        return imposed(spells, spell_s, seconds)
    return play(seconds) if name == "play" else therapy_hour(seconds)


def run_simulation(plan: SimulationPlan) -> SimulatedStudy:
    """The simulated study of a plan; the same plan gives the same study.

    A single session starts at ``parameters.start_arousal``, sessions of a course start at rest.
    Every session's ``meta`` holds its dyad's parameters under names that begin with ``model_``.
    """
    rng = np.random.default_rng(plan.seed)
    dyads = [plan.parameters] * plan.dyads
    if plan.spread > 0:
        dyads = _vary(plan.parameters, plan.dyads, plan.spread, rng=rng)
    width = max(3, len(str(plan.dyads)))
    named = {f"dyad{n:0{width}d}": item for n, item in enumerate(dyads, start=1)}
    return simulate_study(
        named,
        plan.sessions,
        plan.paradigm,
        rng=rng,
        start_arousal=plan.parameters.start_arousal if plan.sessions == 1 else 0.0,
        observation=plan.observation,
        covariates={
            dyad: {TRUTH + name: value for name, value in describe_truth(item).items()}
            for dyad, item in named.items()
        },
    )


def _vary(
    parameters: DyadParameters, n: int, spread: float, *, rng: np.random.Generator
) -> list[DyadParameters]:
    centre = np.array([read_coordinate(parameters, name) for name in FREE])
    low = np.array([COORDINATES[name].low for name in FREE])
    high = np.array([COORDINATES[name].high for name in FREE])
    drawn = centre + spread * rng.standard_normal((n, len(FREE)))
    return [place(parameters, FREE, np.clip(row, low, high)) for row in drawn]


def describe_truth(parameters: DyadParameters) -> dict[str, float]:
    """What a fit of this dyad should find: coordinate -> value, rates per second."""
    out = {}
    for name in FREE:
        item = COORDINATES[name]
        value = read_coordinate(parameters, name)
        value = float(np.exp(value)) if item.log else value
        out[name] = value / (parameters.time_unit_s if item.per_time else 1.0)
    kappa, nu = out["contingent_per_s"], out["misread_per_s"]
    out["reading_prob"] = kappa / (kappa + 3 * nu)
    return out
