"""Synchrony of two signals: correlation in moving windows over lags, and what is read from it."""

from reattune.synchrony.concordance import Concordance, concordance_index, find_concordance
from reattune.synchrony.grid import Grid, lay_out
from reattune.synchrony.many import (
    correlate_moved,
    correlate_shifted,
    correlate_surrogates,
    cross_correlate_many,
    measure_pairings,
)
from reattune.synchrony.path import LagPath, find_lag_path
from reattune.synchrony.peaks import Peaks, find_peaks
from reattune.synchrony.settings import PRESETS, CrossCorrelation, Preset, Windows, use_preset
from reattune.synchrony.statistics import CrossStatistics
from reattune.synchrony.summaries import (
    BestLags,
    CrossSummary,
    LeadAverages,
    WindowAverages,
    average_lags,
    average_windows,
    find_best_lags,
    summarize,
)
from reattune.synchrony.susy import SegmentNumbers, SegmentProfile, describe_segments
from reattune.synchrony.table import CrossTable, cross_correlate
from reattune.synchrony.tracks import cut_to_common
from reattune.synchrony.words import name_lag

__all__ = [
    "PRESETS",
    "BestLags",
    "Concordance",
    "CrossCorrelation",
    "CrossStatistics",
    "CrossSummary",
    "CrossTable",
    "Grid",
    "LagPath",
    "LeadAverages",
    "Peaks",
    "Preset",
    "SegmentNumbers",
    "SegmentProfile",
    "WindowAverages",
    "Windows",
    "average_lags",
    "average_windows",
    "concordance_index",
    "correlate_moved",
    "correlate_shifted",
    "correlate_surrogates",
    "cross_correlate",
    "cross_correlate_many",
    "cut_to_common",
    "describe_segments",
    "find_best_lags",
    "find_concordance",
    "find_lag_path",
    "find_peaks",
    "lay_out",
    "measure_pairings",
    "name_lag",
    "summarize",
    "use_preset",
]
