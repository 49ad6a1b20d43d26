"""CrossTable: the correlation of two signals in every window at every lag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.streams import Signal
from reattune.synchrony.choose import Kernel, check_kernel, compute_cells
from reattune.synchrony.grid import Grid, lay_out
from reattune.synchrony.settings import CrossCorrelation
from reattune.synchrony.tracks import Track, cut_to_common
from reattune.synchrony.words import name_lag

if TYPE_CHECKING:
    import pandas as pd

    from reattune.synchrony.exact import Cells

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# Why a cell is missing, in the order of the states of `exact`.
REASONS = ("", "too little observed", "constant", "the same samples")


@dataclass(frozen=True, eq=False)
class CrossTable:
    """Windows by lags.

    Attributes
    ----------
    r : array of float, shape (n_windows, n_lags)
        Correlations; nan where missing.
    counts : array of int, shape (n_windows, n_lags)
        Sample pairs observed in both partners.
    state : array of int, shape (n_windows, n_lags)
        0, or why the cell is missing: its place in ``REASONS``.
    grid : Grid
        Where windows and lags lie.
    options : CrossCorrelation
    partners : (str, str)
        First and second; at a positive lag the first leads.
    both_zero_prop : float
        Share of observed sample pairs in which both signals are exactly 0. Where it is large,
        correlations rest on a few bursts.
    kernel : {"fft", "running"}
        What computed it.
    """

    r: FloatArray
    counts: NDArray[np.int32]
    state: NDArray[np.uint8]
    grid: Grid
    options: CrossCorrelation
    partners: tuple[str, str]
    both_zero_prop: float
    kernel: Literal["fft", "running"]

    @cached_property
    def z(self) -> FloatArray:
        """Fisher's z of every cell, held within plus and minus the limit of the settings."""
        with np.errstate(divide="ignore"):
            z = np.arctanh(self.r)
        return np.clip(z, -self.options.z_limit, self.options.z_limit)

    @property
    def values(self) -> FloatArray:
        """What averages are taken of: z, or r where the settings say so."""
        return self.z if self.options.fisher_z else self.r

    @property
    def missing(self) -> BoolArray:
        """The cells without a value."""
        return self.state > 0

    @property
    def lags_s(self) -> FloatArray:
        """Lags in seconds; positive: the first partner leads."""
        return self.grid.lags_s

    @property
    def centres_s(self) -> FloatArray:
        """The time of every window: the middle over both partners and all lags."""
        return self.grid.centres_s

    def count_missing(self) -> dict[str, int]:
        """Missing cells by reason."""
        return {reason: int((self.state == i).sum()) for i, reason in enumerate(REASONS) if i}

    def say_lag(self, lag_s: float) -> str:
        """Who leads at that lag, in words: "the patient leads by 1.2 s"."""
        return name_lag(lag_s, self.partners)

    @property
    def settings(self) -> Mapping[str, object]:
        """Everything the numbers depend on; no clock time."""
        grid = self.grid
        return {
            **self.options.to_dict(),
            "partners": list(self.partners),
            "rate_hz": grid.rate_hz,
            "start_s": grid.start_s,
            "n_samples": grid.n_samples,
            "window_samples": grid.window,
            "step_samples": grid.step,
            "max_lag_samples": grid.max_lag,
            "positive_lag": f"the {self.partners[0]} leads",
            "kernel": self.kernel,
        }

    def to_frame(self) -> pd.DataFrame:
        """One row per cell: time_s, lag_s, r, z, n_pairs, missing (the reason, or empty)."""
        import pandas as pd

        return pd.DataFrame(
            {
                "time_s": self.grid.cell_centres_s.ravel(),
                "lag_s": np.tile(self.lags_s, self.grid.shape[0]),
                "r": self.r.ravel(),
                "z": self.z.ravel(),
                "n_pairs": self.counts.ravel(),
                "missing": np.array(REASONS)[self.state.ravel()],
            }
        )

    def summary(self) -> str:
        """What the table holds, in a few lines."""
        from reattune.synchrony.summaries import describe, summarize

        return "\n".join(describe(self, summarize(self)))

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document; missing cells are None."""
        r = self.r.astype(object)
        r[self.missing] = None
        return {
            "settings": dict(self.settings),
            "time_s": self.centres_s.tolist(),
            "lag_s": self.lags_s.tolist(),
            "r": r.tolist(),
            "n_pairs": self.counts.tolist(),
            "missing": self.count_missing(),
            "both_zero_prop": None if np.isnan(self.both_zero_prop) else self.both_zero_prop,
        }

    def __repr__(self) -> str:
        windows, lags = self.grid.shape
        return (
            f"CrossTable({self.partners[0]} with {self.partners[1]}: {windows} windows of "
            f"{self.grid.window_s:g} s, {lags} lags to {self.lags_s[-1]:g} s, "
            f"{self.missing.mean():.1%} missing)"
        )


def cross_correlate(
    x: ArrayLike | Signal,
    y: ArrayLike | Signal,
    settings: CrossCorrelation | None = None,
    *,
    rate_hz: float | None = None,
    start_s: float = 0.0,
    partners: tuple[str, str] | None = None,
    kernel: Kernel = "auto",
) -> CrossTable:
    """The correlation of two signals in every window at every lag.

    Parameters
    ----------
    x, y : Signal, or array_like of float, shape (n,)
        First and second partner; nan = missing. Arrays must be equally long; signals need one
        rate and share their common time.
    settings : CrossCorrelation, optional
        Ours by default; `use_preset` gives those of other programs.
    rate_hz : float
        Samples per second; needed for arrays.
    start_s : float, default 0
        When the first sample of arrays begins.
    partners : (str, str), optional
        Names; those of the signals by default.
    kernel : {"auto", "fft", "running"}
        Changes how long it takes, nothing else.

    Returns
    -------
    CrossTable

    Raises
    ------
    SettingError
        Signals of different length or rate, infinite values, or a signal shorter than one window
        with its largest lag.

    Notes
    -----
    Every cell is a Pearson correlation over the sample pairs observed in both windows. It is
    missing where fewer than ``min_valid_prop`` of them were observed, and where either window is
    constant: where its variance is below 1e-20 of its mean square, which is rounding. A constant
    window is not a correlation of 0. Where everything is missing the table is all nan.

    Source: Boker, Xu, Rotondo & King (2002), Psychological Methods 7, 338.

    Examples
    --------
    The second partner repeats the first after 0.4 s.

    >>> import numpy as np
    >>> from reattune.synchrony import CrossCorrelation, Windows
    >>> x = np.random.default_rng(1).normal(size=1000)
    >>> y = np.roll(x, 4)
    >>> table = cross_correlate(x, y, CrossCorrelation(Windows(20, 5, 2)), rate_hz=10,
    ...                         partners=("patient", "therapist"))
    >>> best = table.lags_s[np.argmax(np.nanmean(table.z, axis=0))]
    >>> table.say_lag(best)
    'the patient leads by 0.4 s'
    """
    settings = settings or CrossCorrelation()
    first, second, rate, names = cut_to_common(x, y, rate_hz, partners)
    if isinstance(x, Signal) and isinstance(y, Signal):
        start_s = max(x.start_s, y.start_s)
    grid = lay_out(first.size, rate, settings, start_s=start_s)
    chosen = check_kernel(kernel, grid)
    one, other = Track.make(first, grid.window), Track.make(second, grid.window)
    cells = compute_cells(one, other, grid, settings, chosen)
    return make_table(cells, one, other, grid, settings, names, chosen)


def make_table(
    cells: Cells,
    x: Track,
    y: Track,
    grid: Grid,
    settings: CrossCorrelation,
    partners: tuple[str, str],
    kernel: Literal["fft", "running"],
) -> CrossTable:
    """The table of computed cells."""
    a, b = x.raw[: grid.n_samples], y.raw[: grid.n_samples]
    pairs = int(np.count_nonzero(np.isfinite(a) & np.isfinite(b)))
    zeros = int(np.count_nonzero((a == 0) & (b == 0)))
    share = zeros / pairs if pairs else float("nan")
    return CrossTable(cells.r, cells.counts, cells.state, grid, settings, partners, share, kernel)
