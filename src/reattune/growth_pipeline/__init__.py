"""Growth over the sessions of a study: from its analyses to a result."""

from reattune.growth_pipeline.analysis import add_growth, analyze_growth
from reattune.growth_pipeline.courses import CourseGrowth, describe_course_growth
from reattune.growth_pipeline.plan import check_growth, plan_growth
from reattune.growth_pipeline.result import (
    ChallengeGrowth,
    Descriptions,
    DyadGrowth,
    GrowthAnalysis,
    LoadBin,
    SessionGrowth,
)
from reattune.growth_pipeline.settings import GrowthSettings, make_growth_settings

__all__ = [
    "ChallengeGrowth",
    "CourseGrowth",
    "Descriptions",
    "DyadGrowth",
    "GrowthAnalysis",
    "GrowthSettings",
    "LoadBin",
    "SessionGrowth",
    "add_growth",
    "analyze_growth",
    "check_growth",
    "describe_course_growth",
    "make_growth_settings",
    "plan_growth",
]
