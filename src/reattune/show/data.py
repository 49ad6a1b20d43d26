"""What each picture draws, as one tidy frame per picture; the report hands out the same frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import MATCH, UNDEFINED, Pair
from reattune.core.steps import MISSING, Steps
from reattune.measures import find_card
from reattune.measures.survival import fit_survival
from reattune.results import Analysis, PhaseAnalysis, StudyAnalysis

if TYPE_CHECKING:
    import pandas as pd

WITHIN_S = (1, 3, 5, 10)
NULL_MEASURES = (
    "matched_prop",
    "match_kappa",
    "repair_hazard_per_s",
    "repair_ratio",
    "repaired_within_3s",
)
TIMELINE_COLUMNS = (
    "layer",
    "phase",
    "who",
    "label",
    "start",
    "end",
    "by",
    "repaired_by",
    "outcome",
    "reason",
    "entered",
)
SIGNS = {"-1": "negative", "0": "neutral", "1": "positive"}
NAN = float("nan")


def timeline_data(analysis: Analysis) -> pd.DataFrame:
    """Everything the timeline shows, one row per stretch.

    Returns
    -------
    DataFrame
        ``layer`` is ``phase``, ``lane`` (a state a partner can be in; no time), ``state``,
        ``unseen`` (a partner not observed), ``match``, ``unobserved`` (the rule is undefined) or
        ``rupture``; ``start`` and ``end`` in seconds (meetings in a course). ``who`` is a partner,
        empty for the dyad.
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    lanes: dict[tuple[str, str], None] = {}
    for part in analysis.parts:
        phase = part.phase.label
        kind = "imposed" if part.phase.imposed else ""
        rows.append(("phase", phase, "", kind, *part.phase.window, "", "", "", "", ""))
        pair = part.attunement.pair or analysis.rule.read(analysis.session, part.phase.window)
        for who, steps, states in _sides(pair):
            lanes |= {(who, state): None for state in states}
            rows += _state_rows(phase, who, steps, states)
        rows += _dyad_rows(phase, part)
    before = [("lane", "", who, state, NAN, NAN, "", "", "", "", "") for who, state in lanes]
    return pd.DataFrame([*before, *rows], columns=list(TIMELINE_COLUMNS))


def _sides(pair: Pair) -> list[tuple[str, Steps, tuple[str, ...]]]:
    return [
        (who, steps, tuple(_name_state(state, pair.table.name) for state in states))
        for who, steps, states in zip(
            pair.partners, (pair.x, pair.y), pair.table.states, strict=True
        )
    ]


def _name_state(state: str, table: str) -> str:
    """Presets that compare the sign of affect number their states; a picture names them."""
    return state if table in ("same_category", "own table") else SIGNS.get(state, state)


def _state_rows(
    phase: str, who: str, steps: Steps, states: tuple[str, ...]
) -> list[tuple[object, ...]]:
    return [
        (
            "unseen" if code == MISSING else "state",
            phase,
            who,
            "" if code == MISSING else states[code],
            float(start),
            float(end),
            *("",) * 5,
        )
        for start, end, code in zip(
            steps.edges[:-1], steps.edges[1:], steps.codes.tolist(), strict=True
        )
    ]


def _dyad_rows(phase: str, part: PhaseAnalysis) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    attunement = part.attunement
    for layer, value in (("match", MATCH), ("unobserved", UNDEFINED)):
        for start, end in _runs(attunement.edges, attunement.state == value):
            rows.append((layer, phase, "", "", start, end, *("",) * 5))
    for rupture in part.ruptures:
        rows.append(
            (
                "rupture",
                phase,
                "",
                "",
                rupture.onset,
                rupture.end,
                rupture.by,
                rupture.repaired_by,
                rupture.outcome,
                rupture.reason,
                int(rupture.entered),
            )
        )
    return rows


def _runs(edges: NDArray[np.float64], on: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Maximal stretches of neighbouring segments that are on."""
    change = np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))
    first, last = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [(float(a), float(b)) for a, b in zip(edges[first], edges[last], strict=True)]


def latency_data(analysis: Analysis) -> pd.DataFrame:
    """How fast ruptures are repaired in each phase, with the null at 1, 3, 5 and 10 s.

    Returns
    -------
    DataFrame
        ``layer`` ``curve`` (Kaplan-Meier share repaired by ``time`` with its 95 % band ``low`` to
        ``high``), ``censored`` (a rupture cut off at ``time``) or ``null`` (mean share repaired by
        ``time`` in the surrogates, with their 2.5 to 97.5 % band).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for part in analysis.parts:
        durations, events = part.tally.durations, part.tally.events
        if not durations.size:
            continue
        label = part.phase.label
        curve = fit_survival(durations, events)
        rows.append((label, "curve", 0.0, 0.0, NAN, NAN))
        for time in curve.times:
            rows.append((label, "curve", time, *curve.repaired_by(time)))
        rows.append((label, "curve", curve.longest, rows[-1][3], rows[-1][4], rows[-1][5]))
        at = np.searchsorted(curve.times, np.sort(durations[~events]) + 1e-9) - 1
        for time, i in zip(np.sort(durations[~events]), at, strict=True):
            share = 1 - curve.share[i] if i >= 0 else 0.0
            rows.append((label, "censored", float(time), share, NAN, NAN))
        for seconds in WITHIN_S:
            mean, low, high, _ = part.null(f"repaired_within_{seconds}s")
            if not np.isnan(mean):
                rows.append((label, "null", float(seconds), mean, low, high))
    return pd.DataFrame(rows, columns=["phase", "layer", "time", "share", "low", "high"])


def null_data(analysis: Analysis) -> pd.DataFrame:
    """Headline measures beside their null, one row per phase and measure.

    Returns
    -------
    DataFrame
        ``value`` and ``null_mean``, ``null_low``, ``null_high``, ``p`` in the measure's ``unit``;
        ``place`` is where the value lies when the null's band runs from -1 to 1 around its mean
        (nan where the null has no width). Undefined values are left out, and in an imposed phase
        repair, which is not defined there.
    """
    import pandas as pd

    rows = []
    for part in analysis.parts:
        for name in NULL_MEASURES[:2] if part.phase.imposed else NULL_MEASURES:
            mean, low, high, p = part.null(name)
            if name not in part.measures or np.isnan([mean, part.measures[name].value]).any():
                continue
            card = find_card(name, analysis.session.partners)
            value = part.measures[name].value
            rows.append(
                (
                    part.phase.label,
                    name,
                    card.label if card else name,
                    card.unit if card else "1",
                    value,
                    mean,
                    low,
                    high,
                    p,
                    _place(value, mean, low, high),
                )
            )
    columns = ["phase", "measure", "label", "unit", "value", "null_mean", "null_low", "null_high"]
    return pd.DataFrame(rows, columns=[*columns, "p", "place"])


def _place(value: float, mean: float, low: float, high: float) -> float:
    half = high - mean if value >= mean else mean - low
    if value == mean:
        return 0.0
    return (value - mean) / half if half > 0 and np.isfinite(half) else NAN


def null_draws(part: PhaseAnalysis, name: str) -> NDArray[np.float64]:
    """The surrogate values of a measure, when they were kept; otherwise none. Shape (n,)."""
    if part.chance is None:
        return np.empty(0)
    draws = np.asarray(part.chance.draws.get(name, ()), dtype=np.float64)
    return draws[np.isfinite(draws)]


def overview_data(study: StudyAnalysis, measure: str = "matched_prop") -> pd.DataFrame:
    """One measure of every session and phase beside its null.

    Returns
    -------
    DataFrame
        session, dyad, phase, value, null_mean, null_low, null_high, expected (by base rates; only
        for the matched share), p, observed_s, n_ruptures. In the order of the study.
    """
    import pandas as pd

    rows = []
    for analysis in study.analyses:
        for part in analysis.parts:
            mean, low, high, p = part.null(measure)
            expected = part.measures["expected_prop"].value if measure == "matched_prop" else NAN
            pair = part.attunement.pair
            if pair is not None and 1 in pair.table.match.shape:
                expected = NAN
            rows.append(
                (
                    analysis.session.id,
                    analysis.session.dyad,
                    part.phase.label,
                    part.measures[measure].value,
                    mean,
                    low,
                    high,
                    expected,
                    p,
                    part.tally.observed_s,
                    part.measures["n_ruptures"].value,
                )
            )
    columns = ["session", "dyad", "phase", "value", "null_mean", "null_low", "null_high"]
    return pd.DataFrame(rows, columns=[*columns, "expected", "p", "observed_s", "n_ruptures"])


def raster_data(study: StudyAnalysis) -> pd.DataFrame:
    """Matched and unobserved time and the phases of every session on one clock.

    Returns
    -------
    DataFrame
        session, layer (``match``, ``unobserved``, ``span`` or ``phase``), label, start, end. The
        clock runs from the onset of the imposed phase where every session has one, otherwise
        from the start of the first phase (or of the session).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for analysis in study.analyses:
        session, zero = analysis.session, raster_zero(study, analysis)
        for part in analysis.parts:
            start, end = part.phase.window
            rows.append((session.id, "span", part.phase.label, start - zero, end - zero))
            for layer, value in (("match", MATCH), ("unobserved", UNDEFINED)):
                runs = _runs(part.attunement.edges, part.attunement.state == value)
                rows += [(session.id, layer, "", a - zero, b - zero) for a, b in runs]
        for phase in session.phases:
            rows.append((session.id, "phase", phase.label, phase.start - zero, phase.end - zero))
    return pd.DataFrame(rows, columns=["session", "layer", "label", "start", "end"])


def aligned_on(study: StudyAnalysis) -> str:
    """The phase whose onset is 0 in the raster; empty when it is the session's start."""
    per_session = [[p.label for p in a.session.phases if p.imposed] for a in study.analyses]
    if per_session and all(len(labels) == 1 for labels in per_session):
        return per_session[0][0]
    return ""


def raster_zero(study: StudyAnalysis, analysis: Analysis) -> float:
    """The moment of the session that is 0 in the raster."""
    if aligned_on(study):
        return next(phase.start for phase in analysis.session.phases if phase.imposed)
    return min(part.phase.start for part in analysis.parts)
