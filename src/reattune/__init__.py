"""reattune: find every rupture and every repair between two people, and say how sure one can be.

Examples
--------
>>> import reattune as ra
>>> session = ra.read_session("dyad07.eaf", partners=("infant", "caregiver"))  # doctest: +SKIP
>>> analysis = ra.analyze(session, ra.StateMatch("affect", table="same_valence"))  # doctest: +SKIP
>>> print(analysis.summary())  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reattune.comparison import Comparison, compare
    from reattune.core.attunement import Attunement
    from reattune.core.criteria import Criteria
    from reattune.core.errors import (
        DataWarning,
        MissingExtraError,
        MissingStreamError,
        ReadError,
        ReattuneError,
        SettingError,
    )
    from reattune.core.intervals import Intervals
    from reattune.core.mapping import Mapping, PhaseSource, Source
    from reattune.core.ruptures import Rupture, Ruptures
    from reattune.core.session import Phase, Session
    from reattune.core.streams import Events, Signal, States
    from reattune.core.study import Study
    from reattune.course_pipeline import (
        CourseAnalysis,
        analyze_courses,
        analyze_ratings,
        read_courses,
    )
    from reattune.courses import (
        ChangePoint,
        ControlChart,
        Course,
        Cusum,
        Decline,
        Drop,
        Ewma,
        PersonCentred,
        ReliableChange,
        gumz_like,
        stiles_like,
        strauss_like,
    )
    from reattune.datasets import load_dataset
    from reattune.experiments import run_claims
    from reattune.experiments.power import Design, estimate_power, plan_curve
    from reattune.measures import CARDS
    from reattune.models import (
        DyadParameters,
        fit_dyads,
        fit_session,
        preset,
        simulate_course,
        simulate_session,
        simulate_study,
    )
    from reattune.pipeline import analyze, analyze_study
    from reattune.reading import describe, draft_study, read_report, read_session, read_study
    from reattune.repair import find_ruptures
    from reattune.results import Analysis, StudyAnalysis
    from reattune.rules import (
        Coded,
        Contact,
        Contingent,
        OwnTable,
        StateMatch,
        Synchrony,
        make_course_rule,
        make_rule,
    )
    from reattune.segment_codes import analyze_segments_path
    from reattune.show.course_export import write_courses
    from reattune.show.export import write_results
    from reattune.surrogates.chance import ChanceTest
    from reattune.synchrony import CrossCorrelation, Windows, cross_correlate, use_preset
    from reattune.synchrony_multiverse import SettingsGrid, vary_settings
    from reattune.synchrony_pipeline import (
        Preparation,
        SynchronyAnalysis,
        analyze_signals,
        read_signals,
    )
    from reattune.talk import describe_talk

__version__ = "0.1.0"

# In the order of the one-line product: streams -> attunement -> ruptures -> measures -> show.
_HOME = {
    "read_session": "reading",
    "read_study": "reading",
    "read_report": "reading",
    "describe": "reading",
    "draft_study": "reading",
    "load_dataset": "datasets",
    "Mapping": "core.mapping",
    "Source": "core.mapping",
    "PhaseSource": "core.mapping",
    "Intervals": "core.intervals",
    "States": "core.streams",
    "Events": "core.streams",
    "Signal": "core.streams",
    "Phase": "core.session",
    "Session": "core.session",
    "Study": "core.study",
    "StateMatch": "rules",
    "OwnTable": "rules",
    "Contact": "rules",
    "Contingent": "rules",
    "Coded": "rules",
    "Synchrony": "rules",
    "make_rule": "rules",
    "make_course_rule": "rules",
    "Attunement": "core.attunement",
    "Criteria": "core.criteria",
    "find_ruptures": "repair",
    "Rupture": "core.ruptures",
    "Ruptures": "core.ruptures",
    "CARDS": "measures",
    "ChanceTest": "surrogates.chance",
    "analyze": "pipeline",
    "analyze_study": "pipeline",
    "Analysis": "results",
    "StudyAnalysis": "results",
    "write_results": "show.export",
    "Course": "courses",
    "read_courses": "course_pipeline",
    "Decline": "courses",
    "Drop": "courses",
    "ControlChart": "courses",
    "Cusum": "courses",
    "Ewma": "courses",
    "ChangePoint": "courses",
    "PersonCentred": "courses",
    "ReliableChange": "courses",
    "stiles_like": "courses",
    "strauss_like": "courses",
    "gumz_like": "courses",
    "analyze_courses": "course_pipeline",
    "analyze_ratings": "course_pipeline",
    "CourseAnalysis": "course_pipeline",
    "write_courses": "show.course_export",
    "Windows": "synchrony",
    "CrossCorrelation": "synchrony",
    "use_preset": "synchrony",
    "cross_correlate": "synchrony",
    "read_signals": "synchrony_pipeline",
    "Preparation": "synchrony_pipeline",
    "analyze_signals": "synchrony_pipeline",
    "SynchronyAnalysis": "synchrony_pipeline",
    "DyadParameters": "models",
    "preset": "models",
    "simulate_session": "models",
    "simulate_course": "models",
    "simulate_study": "models",
    "fit_session": "models",
    "fit_dyads": "models",
    "vary_settings": "synchrony_multiverse",
    "SettingsGrid": "synchrony_multiverse",
    "analyze_segments_path": "segment_codes",
    "run_claims": "experiments",
    "Design": "experiments.power",
    "estimate_power": "experiments.power",
    "plan_curve": "experiments.power",
    "describe_talk": "talk",
    "compare": "comparison",
    "Comparison": "comparison",
    "ReattuneError": "core.errors",
    "ReadError": "core.errors",
    "SettingError": "core.errors",
    "MissingStreamError": "core.errors",
    "MissingExtraError": "core.errors",
    "DataWarning": "core.errors",
}

__all__ = [
    "CARDS",
    "Analysis",
    "Attunement",
    "ChanceTest",
    "ChangePoint",
    "Coded",
    "Comparison",
    "Contact",
    "Contingent",
    "ControlChart",
    "Course",
    "CourseAnalysis",
    "Criteria",
    "CrossCorrelation",
    "Cusum",
    "DataWarning",
    "Decline",
    "Design",
    "Drop",
    "DyadParameters",
    "Events",
    "Ewma",
    "Intervals",
    "Mapping",
    "MissingExtraError",
    "MissingStreamError",
    "OwnTable",
    "PersonCentred",
    "Phase",
    "PhaseSource",
    "Preparation",
    "ReadError",
    "ReattuneError",
    "ReliableChange",
    "Rupture",
    "Ruptures",
    "Session",
    "SettingError",
    "SettingsGrid",
    "Signal",
    "Source",
    "StateMatch",
    "States",
    "Study",
    "StudyAnalysis",
    "Synchrony",
    "SynchronyAnalysis",
    "Windows",
    "__version__",
    "analyze",
    "analyze_courses",
    "analyze_ratings",
    "analyze_segments_path",
    "analyze_signals",
    "analyze_study",
    "compare",
    "cross_correlate",
    "describe",
    "describe_talk",
    "draft_study",
    "estimate_power",
    "find_ruptures",
    "fit_dyads",
    "fit_session",
    "gumz_like",
    "load_dataset",
    "make_course_rule",
    "make_rule",
    "plan_curve",
    "preset",
    "read_courses",
    "read_report",
    "read_session",
    "read_signals",
    "read_study",
    "run_claims",
    "simulate_course",
    "simulate_session",
    "simulate_study",
    "stiles_like",
    "strauss_like",
    "use_preset",
    "vary_settings",
    "write_courses",
    "write_results",
]


def __getattr__(name: str) -> object:
    # Rooms load when first used, so that `import reattune` costs no more than numpy.
    if name not in _HOME:
        raise AttributeError(f"module 'reattune' has no attribute {name!r}")
    return getattr(import_module(f"reattune.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
