"""The conclusion about synchrony under every defensible window, lag, step and smoothing."""

from reattune.synchrony_multiverse.paths import vary_path
from reattune.synchrony_multiverse.result import (
    JointTest,
    Outcome,
    Specification,
    SynchronyMultiverse,
)
from reattune.synchrony_multiverse.run import vary_settings
from reattune.synchrony_multiverse.settings import NULLS, STATISTICS, SettingsGrid

__all__ = [
    "NULLS",
    "STATISTICS",
    "JointTest",
    "Outcome",
    "SettingsGrid",
    "Specification",
    "SynchronyMultiverse",
    "vary_path",
    "vary_settings",
]
