"""Growth of a study: every slope together, negative affect never without matching and repair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.growth.affect import Affect, AffectCounts, count_affect
from reattune.growth.load import LoadCounts, count_at_load, pool_load
from reattune.growth.slope import SlopeFit, fit_slope, refuse, scale_time
from reattune.growth.turns import LoadModel, choose_load
from reattune.measures.tally import Tally

FloatArray = NDArray[np.float64]

# Where the outer thirds of a span of 1 begin; rounding must not decide for a session on it.
_SIXTH = 1 / 6 + 1e-9

CRUDE = (
    "not adjusted for mismatch load: falls when the other partner merely matches better, and is "
    "no evidence of growth"
)
BESIDE_MISMATCH = (
    "adjusted for the session's share of mismatch only; with coarse codes better matching alone "
    "was taken for growth in .35 to .99 of simulated studies, with codes every second in up to .23"
)


@dataclass(frozen=True, eq=False)
class GrowthSession:
    """One session (or one phase of it) as growth looks at it.

    Attributes
    ----------
    dyad : str
    time : float
        Session number, days, age: anything that runs on.
    affect : Affect
    tally : Tally
        Of the same window; its exposure is that after the criteria.
    group : str
    """

    dyad: str
    time: float
    affect: Affect
    tally: Tally
    group: str = ""


class Standing(NamedTuple):
    """Matching and load in one part of the course; printed beside every number at equal load."""

    matched_prop: float
    mean_load_s: float
    sessions: int


@dataclass(frozen=True, eq=False)
class Growth:
    """Slopes over the study's span. Ratios are end over start.

    Attributes
    ----------
    turns : SlopeFit
        Turns to negative at equal load. Refused where the codes are too coarse.
    turns_beside_mismatch : SlopeFit
        Turns in mismatch with the session's mismatch share held constant.
    turns_crude : SlopeFit
        Turns in mismatch, not adjusted. Never evidence of growth.
    match, repair, rupture, negative_ends : SlopeFit
        Matched time per observed time, repairs per mismatched second, ruptures per matched
        second, ends of negative per negative second.
    load : LoadModel
    start, end : Standing
        The first and the last third of the study's span.
    dyads, sessions : int
    counts : tuple of AffectCounts
        Of each session, as given.
    load_counts : tuple of LoadCounts
    """

    turns: SlopeFit
    turns_beside_mismatch: SlopeFit
    turns_crude: SlopeFit
    match: SlopeFit
    repair: SlopeFit
    rupture: SlopeFit
    negative_ends: SlopeFit
    load: LoadModel
    start: Standing
    end: Standing
    dyads: int
    sessions: int
    counts: tuple[AffectCounts, ...]
    load_counts: tuple[LoadCounts, ...]

    @property
    def forest(self) -> dict[str, SlopeFit]:
        """The slopes by name, in the order in which they are shown."""
        return {
            "negative turns at equal load": self.turns,
            "negative turns, mismatch share held constant": self.turns_beside_mismatch,
            "negative turns in mismatch, crude": self.turns_crude,
            "matched time": self.match,
            "repair hazard": self.repair,
            "rupture hazard": self.rupture,
            "ends of negative affect": self.negative_ends,
        }


def measure_growth(
    sessions: Sequence[GrowthSession],
    *,
    force: bool = False,
    load: LoadModel | None = None,
    burn_in: bool = False,
) -> Growth:
    """Every slope of a study over its span.

    Parameters
    ----------
    sessions : sequence of GrowthSession
        All dyads, groups and times: the load's constants are chosen on all of them.
    force : bool, default False
        Fit the turns at equal load although the codes are too coarse; the mark stays.
    load : LoadModel, optional
        A model chosen before, on these sessions and more.
    burn_in : bool, default False
        As in `count_at_load`.

    Returns
    -------
    Growth
        Slopes are refused (nan, with the reason) below 10 dyads with an event, 30 events, or 3
        sessions for a dyad.
    """
    if not sessions:
        raise SettingError("sessions", 0, "at least one session")
    affects = [s.affect for s in sessions]
    model = choose_load(affects, burn_in=burn_in) if load is None else load
    at_load = [count_at_load(a, model.up_s, model.down_s, burn_in=burn_in) for a in affects]
    counts = [count_affect(a) for a in affects]
    dyads = [s.dyad for s in sessions]
    time = scale_time([s.time for s in sessions])
    tallies = [s.tally for s in sessions]
    observed = np.array([t.observed_s for t in tallies])
    mismatched = np.array([t.mismatched_s for t in tallies])
    share = np.divide(mismatched, observed, out=np.zeros_like(observed), where=observed > 0)
    turns = np.array([c.turns for c in counts], dtype=np.float64)
    open_s = np.array([c.open_s for c in counts])
    seen = observed > 0
    thirds = np.array([find_third(t) for t in time.tolist()])

    def fit(events: Sequence[float], exposure: Sequence[float]) -> SlopeFit:
        return fit_slope(np.array(events, dtype=np.float64), np.array(exposure), time, dyads)

    if model.separable or force:
        equal = fit_slope(
            np.array([c.turns for c in at_load]),
            np.array([c.exposure_s for c in at_load]),
            time,
            dyads,
        )
        equal = replace(equal, mark=model.mark)
    else:
        equal = replace(refuse(model.mark), mark=model.mark)
    beside = fit_slope(
        turns[seen],
        open_s[seen],
        np.column_stack([time, share])[seen],
        [dyad for dyad, kept in zip(dyads, seen, strict=True) if kept],
    )
    return Growth(
        turns=equal,
        turns_beside_mismatch=replace(beside, mark=BESIDE_MISMATCH),
        turns_crude=replace(fit_slope(turns, open_s, time, dyads), mark=CRUDE),
        match=fit([t.matched_s for t in tallies], [t.observed_s for t in tallies]),
        repair=fit([t.n_repairs for t in tallies], [t.run_mismatched_s for t in tallies]),
        rupture=fit([t.n_onsets for t in tallies], [t.run_matched_s for t in tallies]),
        negative_ends=fit([c.ends for c in counts], [c.negative_s for c in counts]),
        load=model,
        start=_stand(thirds == "early", tallies, at_load),
        end=_stand(thirds == "late", tallies, at_load),
        dyads=len(set(dyads)),
        sessions=len(sessions),
        counts=tuple(counts),
        load_counts=tuple(at_load),
    )


def find_third(time: float) -> str:
    """``early``, ``middle`` or ``late``: the third of a span of -1/2 .. 1/2; empty for nan."""
    if time != time:
        return ""
    return "early" if time < -_SIXTH else "late" if time > _SIXTH else "middle"


def _stand(
    where: NDArray[np.bool_], tallies: Sequence[Tally], at_load: Sequence[LoadCounts]
) -> Standing:
    rows = [int(i) for i in np.flatnonzero(where)]
    observed = sum(tallies[i].observed_s for i in rows)
    matched = sum(tallies[i].matched_s for i in rows)
    if not observed > 0:
        return Standing(float("nan"), float("nan"), len(rows))
    return Standing(
        matched / observed, pool_load([at_load[i] for i in rows]).mean_load_s, len(rows)
    )
