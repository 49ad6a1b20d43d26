"""Over all dyads: turns by load early and late, every choice of the load, two groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reattune.growth import (
    Growth,
    LoadModel,
    SlopeDifference,
    SlopeFit,
    compare_slopes,
    count_at_load,
    fit_slope,
)
from reattune.growth.load import LOAD_EDGES_S
from reattune.growth.ratios import pool_ratio, times
from reattune.growth_pipeline.reading import OrdinaryTime
from reattune.growth_pipeline.result import LoadBin, SessionGrowth

FloatArray = NDArray[np.float64]
TURNS = "negative turns at equal load"


def bin_load(sessions: Sequence[SessionGrowth]) -> tuple[LoadBin, ...]:
    """Turns to negative by load, in the early and the late third of the study's span.

    The limits are a jackknife over dyads from five of them on, else exact Poisson ones.
    """
    dyads = list(dict.fromkeys(session.dyad for session in sessions))
    half = len(LOAD_EDGES_S) - 1
    rows = []
    for third in ("early", "late"):
        turns, exposure = (np.zeros((len(dyads), 2 * half)) for _ in range(2))
        for session in sessions:
            if session.third == third:
                turns[dyads.index(session.dyad)] += session.load_counts.turns
                exposure[dyads.index(session.dyad)] += session.load_counts.exposure_s
        if not exposure.any():
            continue
        for at in range(2 * half):
            rows.append(
                LoadBin(
                    third=third,
                    state="mismatched" if at < half else "matched",
                    load_from_s=LOAD_EDGES_S[at % half],
                    load_to_s=LOAD_EDGES_S[at % half + 1],
                    turns=float(turns[:, at].sum()),
                    exposure_s=float(exposure[:, at].sum()),
                    rate_per_min=times(pool_ratio(turns[:, at], exposure[:, at]), 60.0),
                )
            )
    return tuple(rows)


def vary_load(
    rows: Sequence[OrdinaryTime], time: FloatArray, model: LoadModel, *, force: bool
) -> dict[tuple[float, float], SlopeFit]:
    """The slope of turns at equal load for every pair of time constants looked at.

    Empty where the codes are too coarse, unless forced.
    """
    if not (model.separable or force):
        return {}
    dyads = [row.dyad for row in rows]
    found = {}
    for up, down in model.fits:
        counts = [count_at_load(row.affect, up, down) for row in rows]
        fit = fit_slope(
            np.array([c.turns for c in counts]),
            np.array([c.exposure_s for c in counts]),
            time,
            dyads,
        )
        found[(up, down)] = replace(fit, mark=model.mark)
    return found


def compare_groups(
    rows: Sequence[OrdinaryTime],
    time: FloatArray,
    growth: Growth,
    names: Sequence[str],
    *,
    force: bool,
) -> Mapping[str, SlopeDifference]:
    """The slopes of two groups; the second minus the first, which is the one compared with.

    Parameters
    ----------
    rows : sequence of OrdinaryTime
        In the order in which ``growth`` was measured.
    time : float array
    growth : Growth
    names : sequence of str
        The group compared and the one it is compared with; nothing is done without.
    force : bool
    """
    chosen = [i for name in reversed(names) for i, row in enumerate(rows) if row.group == name]
    members = [rows[i].group for i in chosen]
    if len(set(members)) != 2:
        return {}
    dyads = [rows[i].dyad for i in chosen]

    def compare(events: Sequence[object], exposure: Sequence[object]) -> SlopeDifference:
        y, e = np.array(events, dtype=np.float64), np.array(exposure, dtype=np.float64)
        return compare_slopes(y[chosen], e[chosen], time[chosen], dyads, members)

    tallies = [row.tally for row in rows]
    found = {}
    if growth.load.separable or force:
        at_load = growth.load_counts
        found[TURNS] = compare([c.turns for c in at_load], [c.exposure_s for c in at_load])
    found["matched time"] = compare([t.matched_s for t in tallies], [t.observed_s for t in tallies])
    found["repair hazard"] = compare(
        [t.n_repairs for t in tallies], [t.run_mismatched_s for t in tallies]
    )
    return found
