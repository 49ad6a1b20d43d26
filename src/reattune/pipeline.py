"""The main job: a session or a study in, ruptures, measures and chance out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reattune.core.criteria import Criteria, make_criteria
from reattune.core.errors import ReattuneError, SettingError, did_you_mean
from reattune.core.session import Session
from reattune.core.study import Progress, Study
from reattune.phase_analysis import analyze_phase, choose_phases
from reattune.provenance import make_rng, make_settings
from reattune.results import Analysis, Failure, StudyAnalysis
from reattune.rules import Rule, make_rule
from reattune.study_analysis import compare_with_chance, pool_sessions

DEFAULT_SURROGATES = 999
DEFAULT_SEED = 1


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
    chosen = choose_phases(session, phases)
    parts = []
    for phase in chosen:
        rng = make_rng(seed, session.id, phase.label)
        part = analyze_phase(session, rule, criteria, phase, surrogates, blocks, rng)
        parts.append(part)
    return Analysis(
        session=session,
        rule=rule,
        criteria=criteria,
        parts=tuple(parts),
        settings=make_settings(rule, criteria, phases, surrogates, blocks, seed, [session]),
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
    settings = make_settings(
        rule, criteria, chosen, count, width, start, [a.session for a in analyses]
    )
    return StudyAnalysis(
        name=study.name,
        analyses=tuple(analyses),
        failures=tuple(failed),
        pooled=tuple(pool_sessions(analyses)),
        chance=tuple(compare_with_chance(analyses, rule, criteria, count, width, start)),
        covariates=study.covariates,
        settings=settings,
        notes=study.notes,
    )


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
