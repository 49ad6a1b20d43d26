"""GrowthAnalysis: what a study's sessions show of growth, and what they cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reattune.core.notes import Note
from reattune.growth import (
    AffectCounts,
    ChallengeComparison,
    ChallengeVisit,
    Change,
    DyadSlope,
    Expectancy,
    Growth,
    LoadCounts,
    LoadModel,
    Outcomes,
    Recovery,
    ReliableChange,
    RivalContest,
    SlopeDifference,
    SlopeFit,
)
from reattune.growth.expectancy import SensitivityRow
from reattune.growth.session import DepthRow
from reattune.growth_pipeline.settings import GrowthSettings
from reattune.measures import Value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class SessionGrowth:
    """One session of ordinary time.

    Attributes
    ----------
    session, dyad, group : str
    time : float
    third : {"early", "middle", "late"}
        Of the study's span; empty where all sessions have one time.
    outcomes : Outcomes
    counts : AffectCounts
    load_counts : LoadCounts
    affect : mapping of str to Value
        Measures of negative affect of this session.
    turn_ratio : Value
    matched_prop, expected_prop : float
        Matching, and what base rates alone give.
    repairs : int
    mismatched_s : float
        Exposure of repairs.
    """

    session: str
    dyad: str
    group: str
    time: float
    third: str
    outcomes: Outcomes
    counts: AffectCounts
    load_counts: LoadCounts
    affect: Mapping[str, Value]
    turn_ratio: Value
    matched_prop: float
    expected_prop: float
    repairs: int
    mismatched_s: float


@dataclass(frozen=True, eq=False)
class DyadGrowth:
    """One dyad over its sessions. No verdict.

    Attributes
    ----------
    dyad, group : str
    sessions : tuple of SessionGrowth
        In order of time.
    expectancy : Expectancy
    chance : Value or None
        The plain record of its shifted streams.
    sensitivity : tuple of SensitivityRow
    chance_by_window : mapping of float to Value
    affect : mapping of str to Value
        Measures of negative affect pooled over its sessions.
    turn_ratio : Value
        Turns seen over expected at equal load, pooled.
    follows : Value or None
        Excess rate of following, where contact states were named.
    slope, match_slope, repair_slope : DyadSlope
    reliable : ReliableChange or None
        Where challenges are repeated within dyads.
    interval : str
        How the limits of pooled values were made.
    """

    dyad: str
    group: str
    sessions: tuple[SessionGrowth, ...]
    expectancy: Expectancy
    chance: Value | None
    sensitivity: tuple[SensitivityRow, ...]
    chance_by_window: Mapping[float, Value]
    affect: Mapping[str, Value]
    turn_ratio: Value
    follows: Value | None
    slope: DyadSlope
    match_slope: DyadSlope
    repair_slope: DyadSlope
    reliable: ReliableChange | None
    interval: str


@dataclass(frozen=True, eq=False)
class LoadBin:
    """Turns to negative at one load, in the early or the late third; dyads as units.

    Attributes
    ----------
    third : {"early", "late"}
    state : {"mismatched", "matched"}
    load_from_s, load_to_s : float
    turns : float
    exposure_s : float
    rate_per_min : Value
    """

    third: str
    state: str
    load_from_s: float
    load_to_s: float
    turns: float
    exposure_s: float
    rate_per_min: Value


@dataclass(frozen=True, eq=False)
class ChallengeGrowth:
    """Challenges before against after.

    Attributes
    ----------
    label : str
        The phase.
    visits : tuple of (str, float, str, ChallengeVisit)
        Session, time, end ("before", "after" or "" between), and the visit.
    comparison : ChallengeComparison
    together : ChallengeComparison or None
        Both groups together, where they are too small to be compared.
    match, repair : SlopeFit, Change or None
        Ordinary time over the same span; the companions of every statement.
    first_negative_s : mapping of str to Value
        Median time to the first negative moment, before and after.
    """

    label: str
    visits: tuple[tuple[str, float, str, ChallengeVisit], ...]
    comparison: ChallengeComparison
    together: ChallengeComparison | None
    match: SlopeFit | Change | None
    repair: SlopeFit | Change | None
    first_negative_s: Mapping[str, Value]


@dataclass(frozen=True, eq=False)
class Descriptions:
    """What is described and nothing is concluded from.

    Attributes
    ----------
    depth : tuple of DepthRow
        Repairs by current distance.
    recovery : Recovery
        Matching after repairs against before ruptures.
    recovery_chance : Value or None
    around_s : float
    sizes : tuple of (float, float, Outcomes)
        Outcomes by distance at the onset; empty without sizes.
    levels : mapping of str to float
        ``within_sd``, ``between_sd``, ``trait_share`` of the matched share over sessions.
    """

    depth: tuple[DepthRow, ...]
    recovery: Recovery
    recovery_chance: Value | None
    around_s: float
    sizes: tuple[tuple[float, float, Outcomes], ...]
    levels: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class GrowthAnalysis:
    """Growth over the sessions of a study: counts, slopes, challenges, accounts, descriptions.

    Attributes
    ----------
    study : str
    focal, other : str
        The partner whose affect is followed, and the other one.
    negative : tuple of str
        Mapped states that count as negative.
    chosen : GrowthSettings
    time_name, group_name : str
        Covariates; an empty time is the order of a dyad's sessions.
    dyads : tuple of DyadGrowth
    pooled : Value
        Repair expectancy of all dyads together, the plain record.
    pooled_outcomes : Outcomes
    pooled_chance : Value or None
    chance_by_window : mapping of float to Value
        The same for every window of the sensitivity table.
    no_chance : str
        Why there is no null.
    load : LoadModel
    growth : Growth or None
        The slopes.
    no_growth : str
        Why there are none.
    load_bins : tuple of LoadBin
    load_grid : mapping of (float, float) to SlopeFit
        The slope at equal load for every pair of time constants.
    groups : mapping of str to SlopeDifference
        By name of the slope.
    challenge : ChallengeGrowth or None
    no_challenge : str
    rivals : RivalContest or None
        Where a rating was named.
    described : Descriptions
    settings : mapping
    notes : tuple of Note
    """

    study: str
    focal: str
    other: str
    negative: tuple[str, ...]
    chosen: GrowthSettings
    time_name: str
    group_name: str
    dyads: tuple[DyadGrowth, ...]
    pooled: Value
    pooled_outcomes: Outcomes
    pooled_chance: Value | None
    chance_by_window: Mapping[float, Value]
    no_chance: str
    load: LoadModel
    growth: Growth | None
    no_growth: str
    load_bins: tuple[LoadBin, ...]
    load_grid: Mapping[tuple[float, float], SlopeFit]
    groups: Mapping[str, SlopeDifference]
    challenge: ChallengeGrowth | None
    no_challenge: str
    rivals: RivalContest | None
    described: Descriptions
    settings: Mapping[str, object]
    notes: tuple[Note, ...] = field(default=())

    @property
    def sessions(self) -> tuple[SessionGrowth, ...]:
        """Every session of ordinary time, by dyad and time."""
        return tuple(session for dyad in self.dyads for session in dyad.sessions)

    def dyad(self, name: str) -> DyadGrowth:
        """The dyad of that name.

        Raises
        ------
        KeyError
            Naming the dyads there are.
        """
        for dyad in self.dyads:
            if dyad.dyad == name:
                return dyad
        known = ", ".join(dyad.dyad for dyad in self.dyads)
        raise KeyError(f"no dyad {name!r}; there is {known}")

    def to_frame(self) -> pd.DataFrame:
        """Every number with limits, null and count, one row each; columns as in ``growth.csv``."""
        from reattune.growth_pipeline.frames import make_growth_frame

        return make_growth_frame(self)

    def expectancy_frame(self) -> pd.DataFrame:
        """Repair expectancy before and after every session, columns as in ``expectancy.csv``."""
        from reattune.growth_pipeline.frames import make_expectancy_frame

        return make_expectancy_frame(self)

    def summary(self) -> str:
        """What was seen, what it can stand for, and what it cannot, in sentences."""
        from reattune.show.growth_words import summarize_growth

        return "\n".join(summarize_growth(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The slopes over the study's span; for one dyad its course."""
        if len(self.dyads) == 1:
            from reattune.show.plots.growth_course import plot_growth_course

            return plot_growth_course(self, self.dyads[0].dyad, ax=ax)
        from reattune.show.plots.growth_slopes import plot_growth_slopes

        return plot_growth_slopes(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document of everything."""
        from reattune.show.growth_export import growth_to_dict

        return growth_to_dict(self)

    def __repr__(self) -> str:
        return f"GrowthAnalysis({len(self.sessions)} sessions of {len(self.dyads)} dyads)"
