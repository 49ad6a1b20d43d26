"""The main job: a session or a study in, ruptures, measures and chance out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.criteria import Criteria, make_criteria
from reattune.core.errors import ReattuneError, SettingError, did_you_mean
from reattune.core.pair import Pair
from reattune.core.session import Phase, Session
from reattune.core.study import Progress, Study
from reattune.measures import compute_measures, compute_pooled, make_tally, pool_tallies
from reattune.repair import find_first_repair, find_ruptures
from reattune.results import (
    WHOLE,
    Analysis,
    Failure,
    PhaseAnalysis,
    PhaseChance,
    Pooled,
    StudyAnalysis,
)
from reattune.rules import Coded, Rule, make_rule
from reattune.surrogates.chance import ChanceTest

if TYPE_CHECKING:
    from reattune.surrogates.alignments import Blocks

Window = tuple[float, float]

DEFAULT_SURROGATES = 999
DEFAULT_SEED = 1
MIN_DYADS = 6
ONE_PARTNER = (
    "The rule looks at one partner only: there is nothing to rotate against the other, so no "
    "chance test."
)
CODED = "Ruptures were coded by people, who saw both partners: no chance test by rotation."
IMPOSED = "One partner was asked not to respond in this phase: no chance test."
SWITCHED_OFF = "Chance tests were switched off."


def analyze(
    session: Session,
    rule: Rule,
    criteria: Criteria | None = None,
    *,
    phases: str | Iterable[str] = "apart",
    surrogates: int = DEFAULT_SURROGATES,
    blocks: float | None = None,
    seed: int = DEFAULT_SEED,
) -> Analysis:
    """Ruptures, repairs, measures and chance tests of one session.

    Parameters
    ----------
    session : Session
    rule : Rule
        What counts as attuned, e.g. ``StateMatch("affect", table="same_valence")``.
    criteria : Criteria, optional
        Which mismatches count as ruptures; by default all.
    phases : "apart", "ignore" or list of str
        Each phase by itself (the session as a whole when it has none), the session as a whole, or
        only the phases named.
    surrogates : int, default 999
        Rotations for the chance test; 0 switches it off. Short phases are enumerated instead.
    blocks : float, optional
        Length in seconds of the blocks inside which the second partner's stream rotates; by
        default at least 30 s and 8 mean runs of the partner with the longer runs.
    seed : int, default 1
        Each phase of each session has a generator of its own made from it, so results depend
        neither on the other sessions nor on their order.

    Returns
    -------
    Analysis

    Raises
    ------
    MissingStreamError
        When the rule names a stream or partner that the session lacks.
    SettingError
        For parameters that are not allowed, or phases the session does not have.
    """
    criteria = criteria or Criteria()
    chosen = _choose_phases(session, phases)
    parts = []
    for phase in chosen:
        rng = _make_rng(seed, session.id, phase.label)
        part = _analyze_phase(session, rule, criteria, phase, surrogates, blocks, rng)
        parts.append(part)
    return Analysis(
        session=session,
        rule=rule,
        criteria=criteria,
        parts=tuple(parts),
        settings=_settings(rule, criteria, phases, surrogates, blocks, seed, [session]),
    )


def analyze_study(
    study: Study | Iterable[Session],
    rule: Rule | None = None,
    criteria: Criteria | None = None,
    *,
    phases: str | Iterable[str] | None = None,
    surrogates: int | None = None,
    blocks: float | None = None,
    seed: int | None = None,
    on_progress: Progress | None = None,
) -> StudyAnalysis:
    """All sessions of a study, pooled measures, and the study's two chance tests per phase.

    Parameters
    ----------
    study : Study or iterable of Session
    rule, criteria, phases, surrogates, blocks, seed
        As in `analyze`; what is not given comes from the study file.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    StudyAnalysis
        Sessions that could not be read or analysed stand in ``failures``; the others went on.

    Raises
    ------
    SettingError
        When neither the call nor the study file names a rule.
    """
    study = study if isinstance(study, Study) else Study.from_sessions(study)
    rule = rule or _study_rule(study)
    criteria = criteria or make_criteria(study.criteria)
    chosen = study.phases if phases is None else phases
    count, width, start = _surrogate_settings(study.surrogates, surrogates, blocks, seed)
    sessions, failures = study.load_all(on_progress)
    failed = [Failure(f.session, f.file, f.message) for f in failures]
    analyses = []
    for done, session in enumerate(sessions):
        if on_progress:
            on_progress(done, len(sessions), f"analysing {session.id}")
        try:
            analyses.append(
                analyze(
                    session,
                    rule,
                    criteria,
                    phases=chosen,
                    surrogates=count,
                    blocks=width,
                    seed=start,
                )
            )
        except ReattuneError as error:
            source = str(session.meta.get("source", ""))
            failed.append(Failure(session.id, source, str(error)))
    if on_progress:
        on_progress(len(sessions), len(sessions), "comparing with chance over sessions")
    settings = _settings(rule, criteria, chosen, count, width, start, [a.session for a in analyses])
    return StudyAnalysis(
        name=study.name,
        analyses=tuple(analyses),
        failures=tuple(failed),
        pooled=tuple(_pool(analyses)),
        chance=tuple(_study_chance(analyses, rule, criteria, count, width, start)),
        covariates=study.covariates,
        settings=settings,
        notes=study.notes,
    )


# -- one phase -------------------------------------------------------------------------------------


def _choose_phases(session: Session, phases: str | Iterable[str]) -> tuple[Phase, ...]:
    whole = Phase(WHOLE, session.span[0], session.span[1])
    if phases == "ignore" or (phases == "apart" and not session.phases):
        return (whole,)
    if phases == "apart":
        return session.phases
    if isinstance(phases, str):
        raise SettingError("phases", phases, '"apart", "ignore" or a list of phase names')
    known = {phase.label: phase for phase in session.phases} | {WHOLE: whole}
    chosen = []
    for label in phases:
        if label not in known:
            raise SettingError(
                "phases", label, f"a phase of session {session.id!r}." + did_you_mean(label, known)
            )
        chosen.append(known[label])
    return tuple(chosen)


def _analyze_phase(
    session: Session,
    rule: Rule,
    criteria: Criteria,
    phase: Phase,
    surrogates: int,
    blocks: float | None,
    rng: np.random.Generator,
) -> PhaseAnalysis:
    pair = rule.read(session, phase.window)
    attunement = rule.judge(pair)
    ruptures = find_ruptures(attunement, criteria)
    raw = None if criteria.drops_nothing else find_ruptures(attunement)
    tally = make_tally(attunement, ruptures, raw)
    after_imposed = any(p.imposed and abs(p.end - phase.start) < 1e-6 for p in session.phases)
    first = find_first_repair(attunement) if after_imposed else None
    if first is not None:
        tally = replace(
            tally,
            first_waits=np.array([first.latency_s]),
            first_events=np.array([first.status != "censored"]),
        )
    no_chance = _why_no_chance(rule, pair, surrogates, imposed=phase.imposed)
    chance = None if no_chance else _rotate(pair, rule, criteria, surrogates, blocks, rng)
    return PhaseAnalysis(
        phase=phase,
        attunement=attunement,
        ruptures=ruptures,
        tally=tally,
        measures=compute_measures(tally),
        chance=chance,
        no_chance=no_chance,
        first_repair=first,
    )


def _why_no_chance(rule: Rule, pair: Pair, surrogates: int, *, imposed: bool) -> str:
    if surrogates <= 0:
        return SWITCHED_OFF
    if imposed:
        return IMPOSED
    if isinstance(rule, Coded):
        return CODED
    if pair.table.one_sided:
        return ONE_PARTNER
    return ""


def _rotate(
    pair: Pair,
    rule: Rule,
    criteria: Criteria,
    surrogates: int,
    blocks: float | None,
    rng: np.random.Generator,
) -> ChanceTest:
    width: Blocks = "auto" if blocks is None else blocks
    if rule.by_moment:
        from reattune.surrogates.rotate import rotate_blocks

        return rotate_blocks(
            pair, rng=rng, n=surrogates, blocks=width, criteria=criteria, keep_draws=True
        )
    from reattune.surrogates.generic import rotate_generic

    return rotate_generic(
        pair, _evaluator(rule, criteria), rng=rng, n=surrogates, blocks=width, keep_draws=True
    )


def _evaluator(rule: Rule, criteria: Criteria) -> Callable[[Pair], Mapping[str, float]]:
    """The statistics of a rotated pair for a rule that is not judged moment by moment."""
    names = (
        "matched_prop",
        "repair_hazard_per_s",
        "rupture_hazard_per_s",
        "repairs_per_min",
        "repair_latency_q25_s",
        "repair_latency_q50_s",
        "repair_latency_q75_s",
        "repaired_within_1s",
        "repaired_within_3s",
        "repaired_within_5s",
        "repaired_within_10s",
    )

    def evaluate(pair: Pair) -> dict[str, float]:
        attunement = rule.judge(pair)
        tally = make_tally(attunement, find_ruptures(attunement, criteria))
        measures = compute_measures(tally)
        found = {name: measures[name].value for name in names}
        # A quantile that is not reached lies beyond every value: that is known, not undefined.
        for name in names:
            if "_q" in name and np.isnan(found[name]) and tally.durations.size:
                found[name] = float("inf")
        return found

    return evaluate


# -- a study ---------------------------------------------------------------------------------------


def _study_rule(study: Study) -> Rule:
    if not study.rule:
        raise SettingError(
            "rule", None, "a rule in the call, or a [rule] section in the study file"
        )
    return make_rule(study.rule)


def _surrogate_settings(
    stated: Mapping[str, object], n: int | None, blocks: float | None, seed: int | None
) -> tuple[int, float | None, int]:
    """Number, block length and seed: from the call, else the study file, else the defaults."""
    known = ("n", "block_s", "seed")
    numbers: dict[str, float] = {}
    for key, value in stated.items():
        if key not in known:
            raise SettingError(
                f"surrogates.{key}", value, "one of the settings." + did_you_mean(key, known)
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingError(f"surrogates.{key}", value, "a number")
        numbers[key] = value
    return (
        int(numbers.get("n", DEFAULT_SURROGATES)) if n is None else n,
        numbers.get("block_s") if blocks is None else blocks,
        int(numbers.get("seed", DEFAULT_SEED)) if seed is None else seed,
    )


def _parts_by_phase(analyses: Iterable[Analysis]) -> dict[str, list[tuple[str, PhaseAnalysis]]]:
    found: dict[str, list[tuple[str, PhaseAnalysis]]] = {}
    for analysis in analyses:
        for part in analysis.parts:
            found.setdefault(part.phase.label, []).append((analysis.session.dyad, part))
    return found


def _pool(analyses: list[Analysis]) -> list[Pooled]:
    """Pooled measures: per phase the study (dyads as units) and every dyad seen more than once."""
    pooled = []
    for label, rows in _parts_by_phase(analyses).items():
        by_dyad: dict[str, list[PhaseAnalysis]] = {}
        for dyad, part in rows:
            by_dyad.setdefault(dyad, []).append(part)
        totals = [pool_tallies([part.tally for part in parts]) for parts in by_dyad.values()]
        measures, interval = compute_pooled(totals, "dyads")
        pooled.append(Pooled("", label, len(rows), len(by_dyad), measures, interval))
        for dyad, parts in by_dyad.items():
            if len(parts) > 1:
                measures, interval = compute_pooled([part.tally for part in parts])
                pooled.append(Pooled(dyad, label, len(parts), 1, measures, interval))
    return pooled


def _study_chance(
    analyses: list[Analysis],
    rule: Rule,
    criteria: Criteria,
    surrogates: int,
    blocks: float | None,
    seed: int,
) -> list[PhaseChance]:
    from reattune.surrogates.combine import combine_rotations
    from reattune.surrogates.permute import permute_pairs

    tests = []
    for label in _parts_by_phase(analyses):
        found = [
            (analysis.session, part)
            for analysis in analyses
            for part in analysis.parts
            if part.phase.label == label and part.attunement.observed
        ]
        windows = [(session, part.phase.window) for session, part in found]
        dyads = {session.dyad for session, _ in windows}
        if len(windows) < 2:
            continue
        pairs = rule.read_many(windows)
        imposed = any(part.phase.imposed for _, part in found)
        why = _why_no_chance(rule, pairs[0], surrogates, imposed=imposed)
        if not why and not rule.by_moment:
            why = "Over sessions, chance is computed for rules that compare moment by moment."
        if why:
            tests.append(PhaseChance(label, no_pairing=why, no_combined=why))
            continue
        by_dyad: dict[str, list[Pair]] = {}
        for (session, _), pair in zip(windows, pairs, strict=True):
            by_dyad.setdefault(session.dyad, []).append(pair)
        enough = len(dyads) >= MIN_DYADS
        pairing = (
            permute_pairs(
                by_dyad, rng=_make_rng(seed, "pairing", label), n=surrogates, criteria=criteria
            )
            if enough
            else None
        )
        combined = combine_rotations(
            pairs,
            rng=_make_rng(seed, "combined", label),
            n=surrogates,
            blocks="auto" if blocks is None else blocks,
            criteria=criteria,
            beside_pairing=enough,
        )
        few = f"{len(dyads)} dyads: re-pairing strangers needs {MIN_DYADS} or more."
        tests.append(PhaseChance(label, pairing, combined, no_pairing="" if enough else few))
    return tests


# -- provenance ------------------------------------------------------------------------------------


def _make_rng(seed: int, *words: str) -> np.random.Generator:
    """A generator that depends on the seed and the words alone."""
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")}


def _settings(
    rule: Rule,
    criteria: Criteria,
    phases: str | Iterable[str],
    surrogates: int,
    blocks: float | None,
    seed: int,
    sessions: list[Session],
) -> dict[str, object]:
    return {
        "rule": rule.to_dict(),
        "rule_in_words": rule.describe(),
        "criteria": criteria.to_dict(),
        "phases": phases if isinstance(phases, str) else list(phases),
        "surrogates": {"n": surrogates, "block_s": blocks, "seed": seed},
        "versions": dict(_versions()),
        "inputs": [
            {
                "session": session.id,
                "source": session.meta.get("source", ""),
                "sha256": session.meta.get("sha256", ""),
            }
            for session in sessions
        ],
    }
