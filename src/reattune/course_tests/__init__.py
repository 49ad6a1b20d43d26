"""Courses beside chance: surrogates of ratings, criteria side by side, recognition."""

from reattune.course_tests.chance import test_courses
from reattune.course_tests.compare import CriteriaComparison, cohen_kappa, compare_criteria
from reattune.course_tests.descriptions import (
    compare_sizes,
    count_overshoot,
    describe_trait_state,
    split_variance,
)
from reattune.course_tests.recognition import (
    Recognition,
    find_d_prime,
    find_discrepancy,
    find_recognition,
)
from reattune.course_tests.results import CaseChance, CourseChance, CourseStatistic
from reattune.course_tests.surrogates import draw_surrogates, estimate_phi, simulate_noise

__all__ = [
    "CaseChance",
    "CourseChance",
    "CourseStatistic",
    "CriteriaComparison",
    "Recognition",
    "cohen_kappa",
    "compare_criteria",
    "compare_sizes",
    "count_overshoot",
    "describe_trait_state",
    "draw_surrogates",
    "estimate_phi",
    "find_d_prime",
    "find_discrepancy",
    "find_recognition",
    "simulate_noise",
    "split_variance",
    "test_courses",
]
