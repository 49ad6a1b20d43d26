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
    from reattune.datasets import load_dataset
    from reattune.measures import CARDS
    from reattune.pipeline import analyze, analyze_study
    from reattune.reading import describe, draft_study, read_report, read_session, read_study
    from reattune.repair import find_ruptures
    from reattune.results import Analysis, StudyAnalysis
    from reattune.rules import Coded, Contact, Contingent, OwnTable, StateMatch, make_rule
    from reattune.show.export import write_results
    from reattune.surrogates.chance import ChanceTest

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
    "make_rule": "rules",
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
    "Coded",
    "Contact",
    "Contingent",
    "Criteria",
    "DataWarning",
    "Events",
    "Intervals",
    "Mapping",
    "MissingExtraError",
    "MissingStreamError",
    "OwnTable",
    "Phase",
    "PhaseSource",
    "ReadError",
    "ReattuneError",
    "Rupture",
    "Ruptures",
    "Session",
    "SettingError",
    "Signal",
    "Source",
    "StateMatch",
    "States",
    "Study",
    "StudyAnalysis",
    "__version__",
    "analyze",
    "analyze_study",
    "describe",
    "draft_study",
    "find_ruptures",
    "load_dataset",
    "make_rule",
    "read_report",
    "read_session",
    "read_study",
    "write_results",
]


def __getattr__(name: str) -> object:
    # Rooms load when first used, so that `import reattune` costs no more than numpy.
    if name not in _HOME:
        raise AttributeError(f"module 'reattune' has no attribute {name!r}")
    return getattr(import_module(f"reattune.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
