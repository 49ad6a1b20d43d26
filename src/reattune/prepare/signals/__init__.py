"""Signal preparation: filters, scales, outliers, grids, clocks, derived signals, suspicions.

Every step is a frozen dataclass of settings, called with a signal; `prepare_signals` takes a whole
session through a list of steps. Nothing is filled, and notes say what was changed and how much.
"""

from reattune.prepare.signals.artefacts import (
    Artefact,
    Artefacts,
    ArtefactSettings,
    clear_spans,
    find_artefacts,
    flag_artefacts,
)
from reattune.prepare.signals.clocks import Clock, Offset, find_offset
from reattune.prepare.signals.derive import Derivative, Envelope, add_speed, find_speed
from reattune.prepare.signals.filters import Butterworth, MovingAverage, SavitzkyGolay
from reattune.prepare.signals.outliers import Outliers
from reattune.prepare.signals.resample import Resample
from reattune.prepare.signals.scaling import Scaling
from reattune.prepare.signals.steps import Prepared, SignalStep, prepare_signals

__all__ = [
    "Artefact",
    "ArtefactSettings",
    "Artefacts",
    "Butterworth",
    "Clock",
    "Derivative",
    "Envelope",
    "MovingAverage",
    "Offset",
    "Outliers",
    "Prepared",
    "Resample",
    "SavitzkyGolay",
    "Scaling",
    "SignalStep",
    "add_speed",
    "clear_spans",
    "find_artefacts",
    "find_offset",
    "find_speed",
    "flag_artefacts",
    "prepare_signals",
]
