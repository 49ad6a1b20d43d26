"""The main job for ratings of every meeting: from a table to a result."""

from reattune.course_pipeline.analysis import (
    analyze_courses,
    analyze_ratings_path,
    default_criteria,
)
from reattune.course_pipeline.curves import NullBand
from reattune.course_pipeline.reading import read_courses
from reattune.course_pipeline.result import CourseAnalysis, CriterionResult

__all__ = [
    "CourseAnalysis",
    "CriterionResult",
    "NullBand",
    "analyze_courses",
    "analyze_ratings_path",
    "default_criteria",
    "read_courses",
]
