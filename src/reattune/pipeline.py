"""The main job: a session or a study in, ruptures, measures and chance out."""

from __future__ import annotations

from collections.abc import Iterable

from reattune.core.criteria import Criteria, make_criteria
from reattune.core.errors import ReattuneError, SettingError
from reattune.core.session import Session
from reattune.core.study import Progress, Study
from reattune.growth_pipeline import add_growth, check_growth
from reattune.phase_analysis import (
    Null,
    Surrogates,
    analyze_phase,
    choose_phases,
    make_surrogates,
)
from reattune.provenance import make_rng, make_settings
from reattune.results import Analysis, Failure, StudyAnalysis
from reattune.rules import Rule, make_rule
from reattune.study_analysis import compare_with_chance, pool_sessions


def analyze(
    session: Session,
    rule: Rule,
    criteria: Criteria | None = None,
    *,
    phases: str | Iterable[str] = "apart",
    surrogates: int = 999,
    blocks: float | None = None,
    seed: int = 1,
    null: Null = "blocks",
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
    null : str, default "blocks"
        ``"blocks"`` rotates the second stream inside blocks and is the test we recommend;
        ``"whole"`` rotates it over the whole phase. Only for comparison with other software, each
        with its measured rate of false positives in a warning: ``"circular_shift"`` (at least ten
        seconds), ``"run_permutation"``, ``"fitted_semi_markov"``, ``"stationary_bootstrap"``.

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
    criteria = criteria or rule.criteria or Criteria()
    chance = Surrogates(surrogates, blocks, seed, null)
    return _analyze(session, rule, criteria, phases, chance)


def _analyze(
    session: Session,
    rule: Rule,
    criteria: Criteria,
    phases: str | Iterable[str],
    chance: Surrogates,
) -> Analysis:
    parts = []
    for phase in choose_phases(session, phases):
        rng = make_rng(chance.seed, session.id, phase.label)
        parts.append(analyze_phase(session, rule, criteria, phase, chance, rng))
    return Analysis(
        session=session,
        rule=rule,
        criteria=criteria,
        parts=tuple(parts),
        settings=make_settings(rule, criteria, phases, chance.to_dict(), [session]),
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
    null: Null | None = None,
    on_progress: Progress | None = None,
) -> StudyAnalysis:
    """All sessions of a study, pooled measures, and the study's two chance tests per phase.

    Parameters
    ----------
    study : Study or iterable of Session
    rule, criteria, phases, surrogates, blocks, seed, null
        As in `analyze`; what is not given comes from the study file.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    StudyAnalysis
        Sessions that could not be read or analysed stand in ``failures``; the others went on.
        Growth over sessions stands in ``growth`` where the study file has a ``[growth]`` section,
        or where dyads were seen often enough.

    Raises
    ------
    SettingError
        When neither the call nor the study file names a rule.
    """
    study = study if isinstance(study, Study) else Study.from_sessions(study)
    rule = rule or _study_rule(study)
    if criteria is None:
        stated = make_criteria(study.criteria) if study.criteria else None
        criteria = stated or rule.criteria or Criteria()
    chosen = study.phases if phases is None else phases
    given = {"n": surrogates, "block_s": blocks, "seed": seed, "null": null}
    called = {key: value for key, value in given.items() if value is not None}
    chance = make_surrogates({**study.surrogates, **called})
    sessions, failures = study.load_all(on_progress)
    check_growth(study.growth, sessions, study.covariates, rule)
    failed = [Failure(f.session, f.file, f.message) for f in failures]
    rule = rule.on_sample(sessions)
    analyses = []
    for done, session in enumerate(sessions):
        if on_progress:
            on_progress(done, len(sessions), f"analysing {session.id}")
        try:
            analyses.append(_analyze(session, rule, criteria, chosen, chance))
        except ReattuneError as error:
            source = str(session.meta.get("source", ""))
            failed.append(Failure(session.id, source, str(error)))
    if on_progress:
        on_progress(len(sessions), len(sessions), "comparing with chance over sessions")
    used = [analysis.session for analysis in analyses]
    result = StudyAnalysis(
        name=study.name,
        analyses=tuple(analyses),
        failures=tuple(failed),
        pooled=tuple(pool_sessions(analyses)),
        chance=tuple(compare_with_chance(analyses, rule, criteria, chance)),
        covariates=study.covariates,
        settings=make_settings(rule, criteria, chosen, chance.to_dict(), used),
        notes=study.notes,
    )
    return add_growth(result, study.growth, on_progress=on_progress)


def _study_rule(study: Study) -> Rule:
    if not study.rule:
        raise SettingError(
            "rule", None, "a rule in the call, or a [rule] section in the study file"
        )
    return make_rule(study.rule)
