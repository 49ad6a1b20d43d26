"""The main job for ratings of every meeting: from a table to a result."""

from reattune.course_pipeline.analysis import (
    analyze_courses,
)
from reattune.course_pipeline.curves import NullBand
from reattune.course_pipeline.reading import read_courses
from reattune.course_pipeline.result import CourseAnalysis, CriterionResult
from reattune.course_pipeline.study import add_covariates, analyze_ratings
from reattune.courses import default_criteria

__all__ = [
    "CourseAnalysis",
    "CriterionResult",
    "NullBand",
    "add_covariates",
    "analyze_courses",
    "analyze_ratings",
    "default_criteria",
    "read_courses",
]
