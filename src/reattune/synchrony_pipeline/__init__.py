"""The main job for signals: from files to synchrony beside chance, and what the tests say."""

from reattune.synchrony_pipeline.also_row import ALSO, CouplingRow
from reattune.synchrony_pipeline.analysis import (
    analyze_signals,
    make_preparation,
    make_settings,
)
from reattune.synchrony_pipeline.frames import MEASURES, measure_part, unit_of
from reattune.synchrony_pipeline.prepare import (
    Preparation,
    choose_stream,
    prepare_session,
    prepare_study,
)
from reattune.synchrony_pipeline.reading import is_signals, read_signals
from reattune.synchrony_pipeline.result import (
    EpochTest,
    SignalFacts,
    SignalPart,
    SignalRecord,
    StudySynchrony,
    SynchronyAnalysis,
)

__all__ = [
    "ALSO",
    "MEASURES",
    "CouplingRow",
    "EpochTest",
    "Preparation",
    "SignalFacts",
    "SignalPart",
    "SignalRecord",
    "StudySynchrony",
    "SynchronyAnalysis",
    "analyze_signals",
    "choose_stream",
    "is_signals",
    "make_preparation",
    "make_settings",
    "measure_part",
    "prepare_session",
    "prepare_study",
    "read_signals",
    "unit_of",
]
