"""From the analyses of a study to growth over its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.study import Progress
from reattune.growth import (
    Growth,
    GrowthSession,
    Outcomes,
    choose_load,
    expect_repair,
    measure_growth,
    scale_time,
)
from reattune.growth_pipeline.accounts import compare_rating, describe_study
from reattune.growth_pipeline.challenges import compare_visits, judge_dyads
from reattune.growth_pipeline.chance import (
    ShiftedOutcomes,
    choose_windows,
    pool_chance,
    shift_session,
    why_no_shift,
)
from reattune.growth_pipeline.dyads import count_ruptures, measure_dyad, measure_session
from reattune.growth_pipeline.plan import GrowthPlan, plan_growth
from reattune.growth_pipeline.reading import Challenge, OrdinaryTime, read_study_time
from reattune.growth_pipeline.result import ChallengeGrowth, GrowthAnalysis, SessionGrowth
from reattune.growth_pipeline.slopes import bin_load, compare_groups, vary_load
from reattune.phase_analysis import Surrogates, make_surrogates
from reattune.results import WHOLE, StudyAnalysis
from reattune.rules import Rule

FloatArray = NDArray[np.float64]


def add_growth(
    study: StudyAnalysis,
    given: Mapping[str, Any] | None = None,
    *,
    on_progress: Progress | None = None,
) -> StudyAnalysis:
    """The study with its growth over sessions, where there is any to look at.

    Parameters
    ----------
    study : StudyAnalysis
    given : mapping, optional
        ``[growth]`` of the study file. Without it growth is looked at by itself where the data
        allow it, and the study is handed back as it was, or with a note of what is lacking, where
        they do not.
    on_progress : callable(done, total, what), optional
    """
    sessions = [analysis.session for analysis in study.analyses]
    rule = study.analyses[0].rule if study.analyses else None
    if rule is None:
        return study
    plan, notes = plan_growth(given, sessions, study.covariates, rule)
    if plan is not None:
        try:
            growth = run_plan(study, plan, on_progress=on_progress)
        except SettingError as error:
            if given is not None:
                raise
            notes = (Note("growth_not_computed", f"Growth was not looked at: {error}"),)
        else:
            settings = {**study.settings, "growth": growth.settings["growth"]}
            return replace(
                study,
                growth=growth,
                notes=(*study.notes, *growth.notes),
                settings=settings,
            )
    return replace(study, notes=(*study.notes, *notes)) if notes else study


def analyze_growth(
    study: StudyAnalysis,
    settings: Mapping[str, Any] | None = None,
    *,
    on_progress: Progress | None = None,
) -> GrowthAnalysis:
    """Growth over the sessions of an analysed study.

    Parameters
    ----------
    study : StudyAnalysis
        From `reattune.analyze_study`. Its covariates name times, groups and ratings.
    settings : mapping, optional
        As under ``[growth]`` in the study file, e.g. ``{"focal": "infant", "time": "age_weeks"}``.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    GrowthAnalysis

    Raises
    ------
    SettingError
        When a partner, state, phase or column is not there, or nothing is to be looked at.
    """
    sessions = [analysis.session for analysis in study.analyses]
    if not sessions:
        raise SettingError("study", "no session that was analysed", "at least one")
    given = {**dict(settings or {}), "compute": True}
    plan, _ = plan_growth(given, sessions, study.covariates, study.analyses[0].rule)
    if plan is None:
        raise SettingError("study", study.name, "coded sessions")
    return run_plan(study, plan, on_progress=on_progress)


def run_plan(
    study: StudyAnalysis, plan: GrowthPlan, *, on_progress: Progress | None = None
) -> GrowthAnalysis:
    """Everything that a plan asks for."""
    settings = plan.settings
    rule, criteria = study.analyses[0].rule, study.analyses[0].criteria
    rows, challenged = read_study_time(
        study.analyses, rule, settings, plan.focal, plan.challenge, plan.times, plan.groups
    )
    if not rows:
        raise SettingError(
            "growth.phases", list(settings.phases), "ordinary time (no challenge) in some session"
        )
    dyads = _by_dyad(rows)
    surrogates = _surrogates(study)
    windows = choose_windows(settings.window_s)
    shifted, no_chance = _shift(rows, rule, criteria, surrogates, settings.around_s, on_progress)
    model = choose_load([row.affect for row in rows])
    time, no_growth = _scale(rows)
    growth: Growth | None = None
    if not no_growth:
        growth = measure_growth(
            [GrowthSession(r.dyad, r.time, r.affect, r.tally, r.group) for r in rows],
            force=settings.force,
            load=model,
        )
    sessions = [
        measure_session(row, float(at), model, settings) for row, at in zip(rows, time, strict=True)
    ]
    names = plan.groups.names
    groups = (
        compare_groups(rows, time, growth, names, force=settings.force) if growth and names else {}
    )
    challenge, no_challenge = _challenge(plan, challenged, sessions, growth, groups, study)
    reliable = judge_dyads(challenge) if challenge else {}
    measured = []
    at = 0
    for dyad, own in dyads.items():
        inside = slice(at, at + len(own))
        at += len(own)
        measured.append(
            measure_dyad(
                own,
                sessions[inside],
                time[inside],
                model,
                settings,
                focal=plan.focal,
                shifted=shifted,
                windows=windows,
                reliable=reliable.get(dyad),
            )
        )
    totals = [sum((s.outcomes for s in dyad.sessions), Outcomes()) for dyad in measured]
    drawn = list(shifted.values())
    chance = {}
    for window in windows if drawn else ():
        counted = (count_ruptures(row.ruptures, window, settings).known for row in rows)
        chance[window] = pool_chance(drawn, sum(counted), window, settings.weight)
    return GrowthAnalysis(
        study=study.name,
        focal=plan.focal,
        other=plan.other,
        negative=rows[0].affect.labels,
        chosen=settings,
        time_name=plan.times.name,
        group_name=plan.groups.column,
        dyads=tuple(measured),
        pooled=expect_repair(totals),
        pooled_outcomes=sum(totals, Outcomes()),
        pooled_chance=chance.get(settings.window_s),
        chance_by_window=chance,
        no_chance=no_chance,
        load=model,
        growth=growth,
        no_growth=no_growth,
        load_bins=bin_load(sessions),
        load_grid=vary_load(rows, time, model, force=settings.force) if growth else {},
        groups=groups,
        challenge=challenge,
        no_challenge=no_challenge,
        rivals=compare_rating(dyads, study.covariates, settings) if settings.rating else None,
        described=describe_study(dyads, settings, shifted),
        settings=_settings(study, plan, rows, model.up_s, model.down_s),
        notes=plan.notes,
    )


def _by_dyad(rows: Sequence[OrdinaryTime]) -> dict[str, list[OrdinaryTime]]:
    found: dict[str, list[OrdinaryTime]] = {}
    for row in rows:
        found.setdefault(row.dyad, []).append(row)
    return found


def _surrogates(study: StudyAnalysis) -> Surrogates:
    stated = study.settings.get("surrogates")
    return make_surrogates(stated if isinstance(stated, Mapping) else {})


def _shift(
    rows: Sequence[OrdinaryTime],
    rule: Rule,
    criteria: Criteria,
    surrogates: Surrogates,
    around_s: float,
    on_progress: Progress | None,
) -> tuple[dict[str, ShiftedOutcomes], str]:
    for row in rows:
        why = why_no_shift(row, rule, surrogates)
        if why:
            return {}, why
    shifted = {}
    for done, row in enumerate(rows):
        if on_progress:
            on_progress(done, len(rows), f"growth: shifting {row.session}")
        shifted[row.session] = shift_session(row, rule, criteria, surrogates, around_s)
    return shifted, ""


def _scale(rows: Sequence[OrdinaryTime]) -> tuple[FloatArray, str]:
    """Times on -1/2 .. 1/2; nan, with the reason, where there is only one."""
    times = [row.time for row in rows]
    if len(set(times)) > 1:
        return scale_time(times), ""
    once = len({row.dyad for row in rows}) == len(rows)
    why = "every dyad was seen once" if once else "all sessions have the same time"
    return np.full(len(rows), np.nan), f"{why}: there is no course to follow"


def _challenge(
    plan: GrowthPlan,
    challenged: Sequence[Challenge],
    sessions: Sequence[SessionGrowth],
    growth: Growth | None,
    groups: Mapping[str, Any],
    study: StudyAnalysis,
) -> tuple[ChallengeGrowth | None, str]:
    if not challenged:
        return None, "no phase in which the load is the same each time"
    whole = {
        a.session.id
        for a in study.analyses
        if not plan.settings.phases and any(part.phase.label == WHOLE for part in a.parts)
    }
    if whole & {row.session for row in challenged}:
        return None, (
            "the sessions were analysed as a whole, so that the challenge is part of the ordinary "
            "time; analyse the phases apart"
        )
    visits: dict[str, set[float]] = {}
    for row in challenged:
        visits.setdefault(row.dyad, set()).add(row.time)
    if max(len(times) for times in visits.values()) < 2:
        return None, f"no dyad was seen twice in {plan.challenge}"
    names = plan.groups.names
    return compare_visits(plan.challenge, challenged, sessions, growth, groups, names), ""


def _settings(
    study: StudyAnalysis,
    plan: GrowthPlan,
    rows: Sequence[OrdinaryTime],
    up_s: float,
    down_s: float,
) -> dict[str, object]:
    """The study's settings, and under ``growth`` what was chosen and what was found."""
    found = {
        **plan.settings.to_dict(),
        "focal": plan.focal,
        "negative": list(rows[0].affect.labels),
        "time": plan.times.name,
        "group": plan.groups.column,
        "comparison": plan.groups.names[1] if plan.groups.names else "",
        "challenge": plan.challenge,
        "load_up_s": up_s,
        "load_down_s": down_s,
    }
    return {**study.settings, "growth": found}
