"""Synchrony inside coded epochs (ruptures, phases, cries) beside epochs placed anywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.surrogates.decide import ChanceWarning
from reattune.surrogates.ranks import rank
from reattune.synchrony import CrossTable, average_windows
from reattune.synchrony_tests.record import MIN_ALIGNMENTS, compare_profile
from reattune.synchrony_tests.results import ChanceProfile, SynchronyChance
from reattune.synchrony_tests.warnings import caution

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Fewer windows than this inside, or outside, and their mean says nothing.
MIN_INSIDE = 3


@dataclass(frozen=True, eq=False)
class WindowRow:
    """The windows of one record in order: when each is, its value, and what it is inside of.

    Attributes
    ----------
    time_s, value : array of float, shape (n_windows,)
        Middle of the window; nan where it has no value.
    inside : array of bool, shape (n_windows,)
        Whether the middle lies in an epoch.
    onsets : array of int
        Windows at which an epoch begins (the first whose middle lies in it).
    """

    time_s: FloatArray
    value: FloatArray
    inside: NDArray[np.bool_]
    onsets: IntArray


def lay_epochs(table: CrossTable, epochs: Intervals, *, absolute: bool = True) -> WindowRow:
    """The windows of a table with the epochs they lie in.

    Parameters
    ----------
    table : CrossTable
    epochs : Intervals
        On the table's clock. Touching ones are one epoch.
    absolute : bool, default True
        Means of absolute values over the lags; otherwise signed ones.
    """
    rows = average_windows(table, absolute=absolute)
    inside = np.zeros(rows.time_s.size, dtype=np.bool_)
    onsets = []
    for start, end in zip(epochs.starts, epochs.ends, strict=True):
        here = np.flatnonzero((rows.time_s >= start) & (rows.time_s < end))
        inside[here] = True
        # Only where the onset itself was filmed: an epoch that was running already has none here.
        if here.size and rows.time_s[0] <= start:
            onsets.append(int(here[0]))
    return WindowRow(rows.time_s, rows.all_lags, inside, np.array(onsets, dtype=np.int64))


def compare_epochs(
    records: Sequence[tuple[CrossTable, Intervals]],
    *,
    rng: np.random.Generator,
    n: int = 999,
    kind: str = "absolute",
    around_s: float = 30.0,
) -> SynchronyChance:
    """Whether synchrony is higher or lower inside epochs than inside epochs placed elsewhere.

    Parameters
    ----------
    records : sequence of (CrossTable, Intervals)
        One per session; all with the same windows.
    rng : numpy.random.Generator
        Not used for a single record of few windows, whose placements are all looked at.
    n : int, default 999
    kind : {"absolute", "signed"}
        Of the windows' values.
    around_s : float, default 30
        How far the profile reaches before and after an onset.

    Returns
    -------
    SynchronyChance
        ``inside``, ``outside`` and ``difference`` (means over windows, then over records), and the
        profile ``around_onset``.

    Raises
    ------
    SettingError
        Without records, or where no epoch meets a window.

    Notes
    -----
    A surrogate turns all epochs of a record together round the circle of its windows: they keep
    their number, lengths and distances, and the windows keep their carry-over (cf. the random
    epochs of Kleinbub's DyadSync, which are drawn one by one). Records turn independently.
    """
    check_option("kind", kind, ("absolute", "signed"))
    rows = [lay_epochs(t, epochs, absolute=kind == "absolute") for t, epochs in records]
    used = [row for row in rows if _is_usable(row)]
    if not used:
        raise SettingError(
            "epochs",
            f"{len(rows)} records",
            f"a record with at least {MIN_INSIDE} windows inside epochs and {MIN_INSIDE} outside",
        )
    sizes = np.array([row.value.size for row in used])
    exact = len(used) == 1 and sizes[0] <= n + 1
    offsets = (
        np.arange(1, sizes[0])[:, None] if exact else rng.integers(0, sizes, size=(n, sizes.size))
    )
    inside, outside = _means(used, offsets)
    own_in, own_out = _means(used, np.zeros((1, len(used)), dtype=np.int64))
    ways = math.inf if len(used) > 1 else float(sizes[0])
    refused = "R_SHIFTS" if ways < MIN_ALIGNMENTS else ""
    draws = {"inside": inside, "outside": outside, "difference": inside - outside}
    own = {"inside": own_in, "outside": own_out, "difference": own_in - own_out}
    first = records[0][0]
    warnings: tuple[ChanceWarning, ...] = (caution("W_DRIFT"),)
    return SynchronyChance(
        method="turn_epochs",
        partners=first.partners,
        statistics=tuple(
            rank(name, float(own[name][0]), draws[name], refused=refused) for name in own
        ),
        profiles={"around_onset": _around(used, offsets, first, around_s, refused)},
        warnings=warnings,
        n_alignments=ways,
        n_drawn=offsets.shape[0],
        exact=exact,
        n_windows=int(sizes.sum()),
        n_records=len(used),
        draws=draws,
    )


def _is_usable(row: WindowRow) -> bool:
    known = np.isfinite(row.value)
    inside = int((known & row.inside).sum())
    return inside >= MIN_INSIDE and int(known.sum()) - inside >= MIN_INSIDE


def _means(rows: Sequence[WindowRow], offsets: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean inside and outside epochs for every row of offsets, averaged over records."""
    found = np.empty((2, len(rows), offsets.shape[0]))
    for r, row in enumerate(rows):
        size = row.value.size
        known = np.isfinite(row.value)
        value = np.where(known, row.value, 0.0)
        for k, offset in enumerate(offsets[:, r]):
            turned = np.roll(row.inside, int(offset) % size)
            for side, mask in enumerate((turned & known, ~turned & known)):
                total = int(mask.sum())
                found[side, r, k] = value[mask].sum() / total if total else np.nan
    return _nan_mean(found[0]), _nan_mean(found[1])


def _nan_mean(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    n = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def _around(
    rows: Sequence[WindowRow], offsets: IntArray, table: CrossTable, around_s: float, refused: str
) -> ChanceProfile:
    """Mean value by time from onset, over all onsets of all records, beside turned onsets."""
    reach = max(1, round(around_s / table.grid.step_s))
    places = np.arange(-reach, reach + 1)
    own = _around_once(rows, np.zeros(len(rows), dtype=np.int64), places)
    null = np.array([_around_once(rows, row, places) for row in offsets])
    at_s = np.asarray(places * table.grid.step_s, dtype=np.float64)
    return compare_profile("around_onset", at_s, own, null, refused)


def _around_once(rows: Sequence[WindowRow], offsets: IntArray, places: IntArray) -> FloatArray:
    total, n = np.zeros(places.size), np.zeros(places.size)
    for row, offset in zip(rows, offsets, strict=True):
        size = row.value.size
        for onset in (row.onsets + offset) % size:
            at = onset + places
            fits = (at >= 0) & (at < size)
            value = np.full(places.size, np.nan)
            value[fits] = row.value[at[fits]]
            known = np.isfinite(value)
            total[known] += value[known]
            n += known
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
