"""The mechanistic model of a dyad: simulate sessions from it, and fit it to sessions.

Names load when first used, so that importing the room costs no more than numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reattune.models.bayes import Posterior, sample_posterior
    from reattune.models.coarse import make_cue_codebook, make_valence_codebook
    from reattune.models.codebook_file import read_codebook
    from reattune.models.codebooks import CODEBOOKS, Codebook, find_codebook
    from reattune.models.course import SimulatedCourse, SimulatedStudy
    from reattune.models.dropout import DropOut
    from reattune.models.fit import fit_session
    from reattune.models.fit_comparison import FitComparison, compare_fits
    from reattune.models.fitted import Fit
    from reattune.models.identifiability import Identifiability, identify
    from reattune.models.likelihood import log_likelihood
    from reattune.models.observation import ArousalSignal, CoderError, Observation, SessionRating
    from reattune.models.observe import SessionLatents, observe_record
    from reattune.models.panel import Grid, panel_log_likelihood, sample_grid
    from reattune.models.paradigms import (
        Paradigm,
        PlannedPhase,
        imposed,
        play,
        still_face,
        therapy_hour,
    )
    from reattune.models.parameters import DyadParameters
    from reattune.models.path import Path, path_of
    from reattune.models.pooling import PooledFit, fit_dyads
    from reattune.models.presets import PRESETS, preset, read_parameters, write_parameters
    from reattune.models.priors import Prior
    from reattune.models.profile import profile_interval
    from reattune.models.reading import read_path
    from reattune.models.record import Record
    from reattune.models.replay import Bootstrap, bootstrap_fit, replay_path
    from reattune.models.residuals import Residuals, find_residuals
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
    "read_codebook": "codebook_file",
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
    "fit_session": "fit",
    "Fit": "fitted",
    "PooledFit": "pooling",
    "fit_dyads": "pooling",
    "Prior": "priors",
    "Residuals": "residuals",
    "find_residuals": "residuals",
    "Identifiability": "identifiability",
    "identify": "identifiability",
    "FitComparison": "fit_comparison",
    "compare_fits": "fit_comparison",
    "profile_interval": "profile",
    "Bootstrap": "replay",
    "bootstrap_fit": "replay",
    "replay_path": "replay",
    "Posterior": "bayes",
    "sample_posterior": "bayes",
    "log_likelihood": "likelihood",
    "Grid": "panel",
    "panel_log_likelihood": "panel",
    "sample_grid": "panel",
    "Path": "path",
    "path_of": "path",
    "read_path": "reading",
    "make_cue_codebook": "coarse",
    "make_valence_codebook": "coarse",
}

__all__ = [
    "CODEBOOKS",
    "PRESETS",
    "ArousalSignal",
    "Bootstrap",
    "Codebook",
    "CoderError",
    "DropOut",
    "DyadParameters",
    "DyadState",
    "Fit",
    "FitComparison",
    "Grid",
    "Identifiability",
    "Observation",
    "Paradigm",
    "Path",
    "PlannedPhase",
    "PooledFit",
    "Posterior",
    "Prior",
    "Record",
    "Residuals",
    "SessionLatents",
    "SessionRating",
    "SimulatedCourse",
    "SimulatedStudy",
    "bootstrap_fit",
    "compare_fits",
    "find_codebook",
    "find_residuals",
    "fit_dyads",
    "fit_session",
    "identify",
    "imposed",
    "log_likelihood",
    "make_cue_codebook",
    "make_valence_codebook",
    "new_state",
    "observe_record",
    "panel_log_likelihood",
    "path_of",
    "play",
    "preset",
    "profile_interval",
    "read_codebook",
    "read_parameters",
    "read_path",
    "replay_path",
    "sample_grid",
    "sample_posterior",
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
