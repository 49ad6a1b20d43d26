"""Design: what a study would be, from the number of dyads to the step of its coding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from reattune.core.checks import check_not_negative, check_positive
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.toml_file import read_toml
from reattune.experiments.power.questions import QUESTIONS, Question
from reattune.models import CODEBOOKS, PRESETS, CoderError, Observation

PARADIGMS = ("play", "still_face")
VALENCE = "valence"
MAX_DYADS, MAX_SESSIONS = 10_000, 1_000
MIN_MINUTES, MAX_MINUTES = 0.25, 600.0


@dataclass(frozen=True)
class Design:
    """A study that might be done.

    Parameters
    ----------
    question : {"group_difference", "above_chance", "growth_challenge", "growth_load", "precision"}
        What it asks; see ``QUESTIONS``. Hyphens do as well.
    dyads : int, optional
        In each group; by default 20 (precision is about one dyad).
    sessions : int, optional
        Of each dyad; by default 1, for ``growth_load`` 10. For ``growth_challenge``: challenges at
        each end.
    minutes : float, optional
        Of each session, or of each phase of the still-face. By default 5; for ``above_chance`` and
        for phases 2; ten times as many for ``patient_therapist``.
    paradigm : {"play", "still_face"}, optional
        Play, or play, still-face and reunion, of which reunion is measured (for
        ``growth_challenge`` the still-face).
    step_s : float, default 0
        One code every so many seconds; 0 for event times.
    accuracy : float, default 1
        Chance that a coder gives the right code.
    missing_per_min : float, default 0
        How often each partner goes out of view, for three seconds on average.
    effect : float, optional
        What there is to find; `Question.effect_is` says what the number means.
    spread : float, default 0.5
        SD between dyads of the log of every rate and of the logits of the focal partner's states:
        at 0.5 two dyads in three lie within a factor of 1.6 of the preset. 0: all alike.
    session_spread : float, default 0.2
        How much the days of one dyad differ: SD of the log of agenda, looking and strain, and of
        the logit of negative affect. 0: every day alike.
    preset : {"infant_caregiver", "patient_therapist"}
        The dyad in the middle.
    codebook : {"plain", "icep_like", "3rs_like", "valence"}, default "plain"
        What the codes tell apart: the model's own states, an approximation of a published scheme,
        or three signs of affect. The rule is the model's fit as far as these codes show it.
    measure : str, optional
        The test the answer is about; the first of the question's tests by default.
    alpha : float, default 0.05
        Two-sided.

    Raises
    ------
    SettingError
        For a value out of range, or one that does not go with the question.

    Examples
    --------
    >>> design = Design("group-difference", dyads=30)
    >>> design.dyads, design.minutes, design.measure
    (30, 5.0, 'repair_hazard_per_s')
    """

    question: str = "group_difference"
    dyads: int | None = None
    sessions: int | None = None
    minutes: float | None = None
    paradigm: str | None = None
    step_s: float = 0.0
    accuracy: float = 1.0
    missing_per_min: float = 0.0
    effect: float | None = None
    spread: float = 0.5
    session_spread: float = 0.2
    preset: str = "infant_caregiver"
    codebook: str = "plain"
    measure: str | None = None
    alpha: float = 0.05

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, known in (
            ("question", QUESTIONS),
            ("preset", PRESETS),
            ("codebook", (*CODEBOOKS, VALENCE)),
        ):
            put(self, name, _choose(name, getattr(self, name), known))
        asked = self.asked
        paradigm = asked.paradigm if self.paradigm is None else self.paradigm
        put(self, "paradigm", _choose("paradigm", paradigm, PARADIGMS))
        if asked.only_paradigm and self.paradigm != asked.paradigm:
            raise SettingError(
                "paradigm", self.paradigm, f"{asked.paradigm!r} for {self.question!r}"
            )
        for name, usual, high in (
            ("dyads", asked.dyads, MAX_DYADS),
            ("sessions", asked.sessions, MAX_SESSIONS),
        ):
            put(self, name, _whole(name, _or(getattr(self, name), usual), high))
        usual_min = 2.0 if self.paradigm == "still_face" else asked.minutes
        usual_min *= PRESETS[self.preset].time_unit_s
        put(self, "minutes", _check_minutes(_or(self.minutes, usual_min)))
        put(self, "effect", _check_effect(asked, _or(self.effect, asked.effect)))
        put(self, "measure", _choose("measure", self.measure or asked.tests[0].name, asked.names))
        for name, most in (
            ("step_s", 60.0),
            ("spread", 2.0),
            ("session_spread", 2.0),
            ("missing_per_min", 20.0),
        ):
            value = check_not_negative(name, getattr(self, name))
            if value > most:
                raise SettingError(name, value, f"0 to {most:g}")
            put(self, name, value)
        for name, low, most in (("accuracy", 0.2, 1.0), ("alpha", 1e-4, 0.5)):
            value = check_positive(name, getattr(self, name))
            if not low <= value <= most:
                raise SettingError(name, value, f"{low:g} to {most:g}")
            put(self, name, value)
        if self.step_s >= self.phase_s:
            raise SettingError("step_s", self.step_s, f"less than a phase of {self.phase_s:g} s")
        if self.question == "growth_load" and self.size("sessions") < 2:
            raise SettingError("sessions", self.sessions, "2 or more: growth needs a course")

    @property
    def asked(self) -> Question:
        """What the question is, its tests and usual sizes."""
        return QUESTIONS[self.question]

    @property
    def phase_s(self) -> float:
        """Seconds of a session of play, or of each phase of the still-face."""
        return 60.0 * self.amount("minutes")

    @property
    def still_face(self) -> bool:
        """Whether the sessions are still-faces."""
        return self.paradigm == "still_face"

    @property
    def measured(self) -> str:
        """The phase in which matching and repair are measured."""
        return "reunion" if self.still_face else "play"

    @property
    def no_effect(self) -> bool:
        """Whether the effect is that of nothing to find."""
        return self.amount("effect") == self.asked.no_effect

    def amount(self, name: str) -> float:
        """A setting that is a number, as one."""
        return float(getattr(self, name))

    def size(self, name: str) -> int:
        """A setting that is a whole number, as one."""
        return int(getattr(self, name))

    def observation(self, step_s: float | None = None) -> Observation:
        """How the sessions are seen; ``step_s`` in place of the design's own."""
        from reattune.experiments.power.see import make_codebook

        step = self.step_s if step_s is None else step_s
        return Observation(
            make_codebook(self.codebook),
            step_s=step if step > 0 else None,
            coder_error=None if self.accuracy == 1 else CoderError.even(self.accuracy),
            missing_per_min=self.missing_per_min,
        )

    def to_dict(self) -> dict[str, object]:
        """All settings, JSON-safe."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_dict(cls, settings: Mapping[str, object]) -> Design:
        """From settings by name."""
        known = [item.name for item in fields(cls)]
        for name in settings:
            if name not in known:
                raise SettingError("design", name, "a setting." + did_you_mean(name, known))
        return cls(**settings)  # type: ignore[arg-type]


def read_design(path: str | Path, **changes: object) -> Design:
    """The design in a TOML file, with changes.

    Parameters
    ----------
    path : path-like
        Settings of `Design` by name.
    **changes
        In place of what stands there.

    Raises
    ------
    ReadError
        When it is no TOML.
    SettingError
        For an unknown name (with the closest one) or a value out of range.
    """
    values = read_toml(path)
    return Design.from_dict({**values, **changes})


def change_design(design: Design, vary: str, value: float) -> Design:
    """The design with one dimension changed; see ``DIMENSIONS``."""
    name = DIMENSIONS[vary]
    whole = name in ("dyads", "sessions")
    changed = _as_whole(name, value) if whole else float(value)
    return Design.from_dict({**design.to_dict(), name: changed})


# What a curve may vary -> the setting.
DIMENSIONS = {
    "minutes": "minutes",
    "dyads": "dyads",
    "sessions": "sessions",
    "effect": "effect",
    "step": "step_s",
}


def _or(got: object, usual: object) -> object:
    return usual if got is None else got


def _choose(name: str, got: object, known: object) -> str:
    names = list(known)  # type: ignore[call-overload]
    text = str(got).strip().replace("-", "_") if isinstance(got, str) else ""
    if text not in names:
        told = f"a {name}." if name != "measure" else "a test of this question."
        raise SettingError(name, got, told + did_you_mean(text, names))
    return text


def _as_whole(name: str, value: float) -> int:
    if value != int(value):
        raise SettingError(name, value, "a whole number")
    return int(value)


def _whole(name: str, got: object, high: int) -> int:
    if isinstance(got, bool) or not isinstance(got, int) or not 1 <= got <= high:
        raise SettingError(name, got, f"a whole number from 1 to {high:,}")
    return got


def _check_minutes(got: object) -> float:
    value = check_positive("minutes", got)  # type: ignore[arg-type]
    if not MIN_MINUTES <= value <= MAX_MINUTES:
        raise SettingError("minutes", got, f"{MIN_MINUTES:g} to {MAX_MINUTES:g}")
    return value


def _check_effect(asked: Question, got: object) -> float:
    value = check_not_negative("effect", got)  # type: ignore[arg-type]
    low, high = asked.effects
    if not low <= value <= high:
        raise SettingError("effect", got, f"{low:g} to {high:g}: {asked.effect_is}")
    return value


__all__ = ["DIMENSIONS", "PARADIGMS", "Design", "change_design", "read_design"]
