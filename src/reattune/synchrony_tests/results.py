"""SynchronyChance: synchrony of one record, or of many, beside signals not tied to each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.surrogates.decide import ChanceWarning
from reattune.surrogates.ranks import ChanceStatistic, StatisticRows, json_number

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChanceProfile:
    """A row of values (over windows, or over lags) beside its null.

    Attributes
    ----------
    name : str
        ``"window_mean_abs_z"``, ...
    at_s : array of float, shape (n,)
        Time of the window, or lag; seconds.
    observed, null_mean, null_low, null_high : array of float, shape (n,)
        Low and high are 2.5 and 97.5 % of the surrogates *at that place*.
    p : array of float, shape (n,)
        Corrected for looking at all places: the rank of the distance from the null mean among the
        largest distances of the surrogates. nan where undefined or refused.
    limit : float
        Distance from the null mean that one surrogate in twenty exceeds anywhere.
    """

    name: str
    at_s: FloatArray
    observed: FloatArray
    null_mean: FloatArray
    null_low: FloatArray
    null_high: FloatArray
    p: FloatArray
    limit: float

    def to_frame(self) -> pd.DataFrame:
        """One row per place: at_s, observed, null_mean, null_low, null_high, p."""
        import pandas as pd

        names = ("at_s", "observed", "null_mean", "null_low", "null_high", "p")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return {
            "limit": json_number(self.limit),
            **{
                name: [json_number(float(v)) for v in getattr(self, name)]
                for name in ("at_s", "observed", "null_mean", "null_low", "null_high", "p")
            },
        }


@dataclass(frozen=True, eq=False)
class SynchronyChance(StatisticRows):
    """Statistics of synchrony beside their null.

    Attributes
    ----------
    method : str
        ``"rotate"``, ``"phase_randomised"``, ``"iaaft"``, ``"segment_shuffle"``,
        ``"combine_records"``, ``"permute_pairs"``.
    partners : (str, str)
        The first stayed, the second was moved or made anew.
    statistics : tuple of ChanceStatistic
    profiles : mapping of str to ChanceProfile
        ``"window_mean_z"``, ``"window_mean_abs_z"``, ``"lag_mean_z"``, ``"lag_mean_abs_z"``; of
        one record only.
    warnings : tuple of ChanceWarning
    blocks : int
    block_s : float
    n_alignments : float
    n_drawn : int
    exact : bool
        Every alignment was looked at once.
    n_windows : int
    n_records, n_dyads : int
    draws : mapping of str to array of float, shape (n_drawn,)
        Surrogate values by statistic, for pictures and for combining records.
    """

    method: str
    partners: tuple[str, str]
    statistics: tuple[ChanceStatistic, ...]
    warnings: tuple[ChanceWarning, ...] = ()
    profiles: Mapping[str, ChanceProfile] = field(default_factory=dict, repr=False)
    blocks: int = 1
    block_s: float = math.nan
    n_alignments: float = math.inf
    n_drawn: int = 0
    exact: bool = False
    n_windows: int = 0
    n_records: int = 1
    n_dyads: int = 1
    draws: Mapping[str, FloatArray] = field(default_factory=dict, repr=False)

    @property
    def settings(self) -> dict[str, object]:
        """How the null was made; JSON-safe, no seed and no clock time."""
        return {
            "method": self.method,
            "blocks": self.blocks,
            "block_s": json_number(self.block_s),
            "n_drawn": self.n_drawn,
            "exact": self.exact,
        }

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy: undefined numbers are None."""
        return {
            **self.settings,
            "partners": list(self.partners),
            "n_alignments": json_number(self.n_alignments),
            "n_windows": self.n_windows,
            "n_records": self.n_records,
            "n_dyads": self.n_dyads,
            "statistics": self.list_statistics(),
            "profiles": {name: profile.to_dict() for name, profile in self.profiles.items()},
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
        }

    def summary(self) -> str:
        """The test in sentences."""
        from reattune.synchrony_tests.words import sentences

        return "\n".join(sentences(self))

    def __str__(self) -> str:
        return self.summary()
