"""The mechanistic model of a dyad: simulate sessions from it, and fit it to sessions.

Names load when first used, so that importing the room costs no more than numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reattune.models.codebooks import CODEBOOKS, Codebook, find_codebook
    from reattune.models.course import SimulatedCourse, SimulatedStudy
    from reattune.models.dropout import DropOut
    from reattune.models.observation import ArousalSignal, CoderError, Observation, SessionRating
    from reattune.models.observe import SessionLatents, observe_record
    from reattune.models.paradigms import (
        Paradigm,
        PlannedPhase,
        imposed,
        play,
        still_face,
        therapy_hour,
    )
    from reattune.models.parameters import DyadParameters
    from reattune.models.presets import PRESETS, preset, read_parameters, write_parameters
    from reattune.models.record import Record
    from reattune.models.simulate import simulate_course, simulate_session, simulate_study
    from reattune.models.state import DyadState, new_state

# Public name -> module of this room.
_HOME = {
    "DyadParameters": "parameters",
    "preset": "presets",
    "read_parameters": "presets",
    "write_parameters": "presets",
    "PRESETS": "presets",
    "Paradigm": "paradigms",
    "PlannedPhase": "paradigms",
    "play": "paradigms",
    "therapy_hour": "paradigms",
    "still_face": "paradigms",
    "imposed": "paradigms",
    "Codebook": "codebooks",
    "CODEBOOKS": "codebooks",
    "find_codebook": "codebooks",
    "Observation": "observation",
    "CoderError": "observation",
    "ArousalSignal": "observation",
    "SessionRating": "observation",
    "SessionLatents": "observe",
    "observe_record": "observe",
    "DropOut": "dropout",
    "DyadState": "state",
    "new_state": "state",
    "Record": "record",
    "SimulatedCourse": "course",
    "SimulatedStudy": "course",
    "simulate_session": "simulate",
    "simulate_course": "simulate",
    "simulate_study": "simulate",
}

__all__ = [
    "CODEBOOKS",
    "PRESETS",
    "ArousalSignal",
    "Codebook",
    "CoderError",
    "DropOut",
    "DyadParameters",
    "DyadState",
    "Observation",
    "Paradigm",
    "PlannedPhase",
    "Record",
    "SessionLatents",
    "SessionRating",
    "SimulatedCourse",
    "SimulatedStudy",
    "find_codebook",
    "imposed",
    "new_state",
    "observe_record",
    "play",
    "preset",
    "read_parameters",
    "simulate_course",
    "simulate_session",
    "simulate_study",
    "still_face",
    "therapy_hour",
    "write_parameters",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'reattune.models' has no attribute {name!r}")
    return getattr(import_module(f"reattune.models.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
