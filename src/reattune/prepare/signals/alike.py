"""Where two series of samples are too much alike: windows at lag 0, and equal steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reattune.prepare.signals.steps import varies

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
# Kind, first sample, one past the last, value.
Found = tuple[str, int, int, float]


def correlate_windows(
    one: FloatArray, two: FloatArray, stretch: tuple[int, int], width: int, step: int
) -> list[tuple[int, int, float]]:
    """First and last sample and r of each window of a stretch; none where a signal is constant."""
    out = []
    for at in range(stretch[0], stretch[1] - width + 1, step):
        a, b = one[at : at + width], two[at : at + width]
        if varies(a) and varies(b):
            out.append((at, at + width, float(np.corrcoef(a, b)[0, 1])))
    return out


def join_alike(windows: list[tuple[int, int, float]], limit: float) -> list[Found]:
    """Runs of overlapping windows beyond the limit, those of one sign together."""
    out: list[Found] = []
    for first, last, r in windows:
        if abs(r) < limit:
            continue
        before = out[-1] if out else None
        if before is not None and first <= before[2] and (before[3] > 0) == (r > 0):
            peak = r if abs(r) > abs(before[3]) else before[3]
            out[-1] = ("zero_lag", before[1], last, peak)
        else:
            out.append(("zero_lag", first, last, r))
    return out


def find_identical_steps(
    one: FloatArray, two: FloatArray, stretches: list[tuple[int, int]], least: float
) -> list[Found]:
    """Runs in which the steps of both are equal (or opposite) to rounding."""
    out: list[Found] = []
    for first, last in stretches:
        move_one, move_two = np.diff(one[first:last]), np.diff(two[first:last])
        fuzz = 1e-9 * np.maximum(np.abs(move_one), np.abs(move_two))
        for sign in (1.0, -1.0):
            same = np.abs(move_one - sign * move_two) <= fuzz
            for a, b in find_runs(same):
                # n equal steps join n + 1 samples; steps of 0 say nothing.
                if b - a + 1 >= least and np.count_nonzero(move_one[a:b]) >= 4:
                    out.append(("identical", first + a, first + b + 1, sign))
    return sorted(out, key=lambda row: row[1])


def find_runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Runs of True as first and one past the last."""
    edge = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return list(
        zip(np.flatnonzero(edge == 1).tolist(), np.flatnonzero(edge == -1).tolist(), strict=True)
    )
