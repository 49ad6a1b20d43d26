"""Growth: what repairs leave behind over sessions, as far as coded streams can show it."""

from reattune.growth.adds import RepairAdds, repair_adds
from reattune.growth.affect import (
    Affect,
    AffectCounts,
    count_affect,
    read_affect,
    read_affect_alone,
)
from reattune.growth.challenge import (
    ChallengeComparison,
    ChallengeVisit,
    Change,
    compare_challenges,
    compare_ends,
    measure_challenge,
)
from reattune.growth.course import Growth, GrowthSession, measure_growth
from reattune.growth.descriptions import (
    Recovery,
    SizeRow,
    compare_onset_sizes,
    count_recovery,
)
from reattune.growth.expectancy import (
    Expectancy,
    expect_by_chance,
    expect_from_shifted,
    expect_repair,
    follow_expectancy,
    vary_expectancy,
)
from reattune.growth.groups import DyadSlope, SlopeDifference, compare_slopes, follow_dyad
from reattune.growth.load import LoadCounts, count_at_load
from reattune.growth.outcomes import Outcomes, count_outcomes
from reattune.growth.planning import PLANNING, challenge_power, plan_challenge, rivals_power
from reattune.growth.repeats import ReliableChange, find_spread_within, judge_change
from reattune.growth.rivals import RivalContest, compare_accounts
from reattune.growth.session import (
    FollowCounts,
    count_follows,
    describe_depth,
    measure_affect,
    measure_follows,
)
from reattune.growth.slope import SlopeFit, fit_slope, scale_time
from reattune.growth.turns import LoadModel, choose_load, measure_turns

__all__ = [
    "PLANNING",
    "Affect",
    "AffectCounts",
    "ChallengeComparison",
    "ChallengeVisit",
    "Change",
    "DyadSlope",
    "Expectancy",
    "FollowCounts",
    "Growth",
    "GrowthSession",
    "LoadCounts",
    "LoadModel",
    "Outcomes",
    "Recovery",
    "ReliableChange",
    "RepairAdds",
    "RivalContest",
    "SizeRow",
    "SlopeDifference",
    "SlopeFit",
    "challenge_power",
    "choose_load",
    "compare_accounts",
    "compare_challenges",
    "compare_ends",
    "compare_onset_sizes",
    "compare_slopes",
    "count_affect",
    "count_at_load",
    "count_follows",
    "count_outcomes",
    "count_recovery",
    "describe_depth",
    "expect_by_chance",
    "expect_from_shifted",
    "expect_repair",
    "find_spread_within",
    "fit_slope",
    "follow_dyad",
    "follow_expectancy",
    "judge_change",
    "measure_affect",
    "measure_challenge",
    "measure_follows",
    "measure_growth",
    "measure_turns",
    "plan_challenge",
    "read_affect",
    "read_affect_alone",
    "repair_adds",
    "rivals_power",
    "scale_time",
    "vary_expectancy",
]
