"""Coupling of two partners beyond windowed correlation: recurrence, rhythm, information, events.

Every measure takes two float arrays (nan = missing) and a frozen dataclass of settings.
`pair_samples` gets the arrays from a session, `compare_with_rotations` puts any measure beside
chance. Everywhere **a lag or phase above 0 means that the first partner leads**.
"""

from reattune.coupling.chance import (
    CouplingChance,
    compare_with_rotations,
    compare_with_strangers,
)
from reattune.coupling.coherence import Band, Coherence, measure_coherence
from reattune.coupling.embedding import Recurrence
from reattune.coupling.entropy import (
    SymbolicEntropy,
    Symbols,
    make_symbols,
    measure_symbolic_entropy,
)
from reattune.coupling.events import (
    EventSynchrony,
    EventWindow,
    measure_event_synchrony,
    rotate_events,
)
from reattune.coupling.inertia import BestLag, Inertia, InertiaFit, find_best_lag, fit_inertia
from reattune.coupling.information import MutualInformation, measure_information
from reattune.coupling.oscillator import (
    Oscillator,
    OscillatorChoice,
    OscillatorFit,
    choose_embedding,
    estimate_derivatives,
    fit_oscillator,
    make_glla_weights,
)
from reattune.coupling.pairs import PairedSamples, find_onsets, pair_samples
from reattune.coupling.phase import PhaseBand, PhaseSynchrony, measure_phase_synchrony
from reattune.coupling.profile import (
    LagProfile,
    WindowedProfile,
    profile_recurrence,
    profile_recurrence_windows,
)
from reattune.coupling.recurrence import (
    RecurrenceMeasures,
    RecurrenceWindows,
    measure_block_entropy,
    measure_recurrence,
    measure_recurrence_windows,
)
from reattune.coupling.turns import Floor, FloorSettings, measure_floor

__all__ = [
    "Band",
    "BestLag",
    "Coherence",
    "CouplingChance",
    "EventSynchrony",
    "EventWindow",
    "Floor",
    "FloorSettings",
    "Inertia",
    "InertiaFit",
    "LagProfile",
    "MutualInformation",
    "Oscillator",
    "OscillatorChoice",
    "OscillatorFit",
    "PairedSamples",
    "PhaseBand",
    "PhaseSynchrony",
    "Recurrence",
    "RecurrenceMeasures",
    "RecurrenceWindows",
    "SymbolicEntropy",
    "Symbols",
    "WindowedProfile",
    "choose_embedding",
    "compare_with_rotations",
    "compare_with_strangers",
    "estimate_derivatives",
    "find_best_lag",
    "find_onsets",
    "fit_inertia",
    "fit_oscillator",
    "make_glla_weights",
    "make_symbols",
    "measure_block_entropy",
    "measure_coherence",
    "measure_event_synchrony",
    "measure_floor",
    "measure_information",
    "measure_phase_synchrony",
    "measure_recurrence",
    "measure_recurrence_windows",
    "measure_symbolic_entropy",
    "pair_samples",
    "profile_recurrence",
    "profile_recurrence_windows",
    "rotate_events",
]
