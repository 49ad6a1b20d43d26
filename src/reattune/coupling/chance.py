"""Any coupling measure beside chance: one series turned against the other, or strangers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import SettingError
from reattune.coupling.pairs import FloatArray, check_count, check_pair, check_samples
from reattune.coupling.results import CouplingResult

Measure = Callable[[FloatArray, FloatArray], float]


@dataclass(frozen=True)
class ChanceSettings:
    """How the surrogates were made.

    Parameters
    ----------
    method : {"rotation", "strangers"}
    n_surrogates : int
    min_shift : int
        Least distance between rotations in samples.
    """

    method: str
    n_surrogates: int
    min_shift: int = 1


@dataclass(frozen=True)
class CouplingChance(CouplingResult):
    """A value beside its null.

    Attributes
    ----------
    value : float
    null_mean, null_low, null_high : float
        Mean and central 95 % of the surrogates.
    p : float
        Twice the smaller of both ranks (the value counts as one of its own), at most 1; never 0.
    n_defined, n_undefined : int
        Surrogates with and without a value.
    used : ChanceSettings
    """

    measure: ClassVar[str] = "coupling_chance"
    value: float
    null_mean: float
    null_low: float
    null_high: float
    p: float
    n_defined: int
    n_undefined: int
    used: ChanceSettings

    def summary(self) -> str:
        """Value, null and p in a sentence."""
        null = "second partner rotated" if self.used.method == "rotation" else "with strangers"
        return (
            f"{self.value:.4g}; {null}: {self.null_mean:.4g} ({self.null_low:.4g} to "
            f"{self.null_high:.4g}), p = {self.p:.3g} from {self.n_defined} surrogates."
        )


def compare_with_rotations(
    measure: Measure,
    first: ArrayLike,
    second: ArrayLike,
    *,
    rng: np.random.Generator,
    n_surrogates: int = 199,
    min_shift: int = 1,
) -> CouplingChance:
    """A measure beside what it gives when the second series is turned like a ring.

    Parameters
    ----------
    measure : callable
        ``measure(first, second) -> float``; for example
        ``lambda a, b: measure_phase_synchrony(a, b, 25, band).plv``.
    first, second : array_like of float, shape (n,)
        nan turns with its partner.
    rng : numpy.random.Generator
    n_surrogates : int, default 199
        All rotations, once each, where there are fewer.
    min_shift : int, default 1
        Least distance between any two rotations, and from none, in samples. For a measure that
        looks over lags (a peak, a best lag) more than twice the largest lag: a smaller turn leaves
        the peak inside, and turns closer than that find the same peak, which would count one
        alternative several times and make p too small.

    Returns
    -------
    CouplingChance

    Notes
    -----
    Keeps each partner's values and rhythm, breaks their timing to each other. It cannot tell
    coupling from slow change that both share: take trends away first. The seam joins end and
    start, which matters in short series: p is right for series long against their rhythms.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> one = rng.normal(size=200)
    >>> two = np.roll(one, 0) + rng.normal(size=200)
    >>> r = compare_with_rotations(lambda a, b: float(np.corrcoef(a, b)[0, 1]), one, two, rng=rng)
    >>> r.p
    0.01
    """
    one, two = check_pair(first, second)
    check_count("n_surrogates", n_surrogates)
    check_count("min_shift", min_shift)
    shifts = spread_turns(one.size, min_shift)
    if shifts.size == 0:
        raise SettingError("min_shift", min_shift, f"at most half of the {one.size} samples")
    if shifts.size > n_surrogates:
        shifts = rng.choice(shifts, n_surrogates, replace=False)
    null = [measure(one, np.roll(two, int(shift))) for shift in shifts]
    used = ChanceSettings("rotation", len(null), min_shift)
    return _rank(measure(one, two), null, used)


def spread_turns(size: int, reach: int) -> NDArray[np.int64]:
    """Turns of a ring of ``size`` samples, even and at least ``reach`` apart, zero left out."""
    places = size // reach
    return np.round(size * np.arange(1, places) / max(places, 1)).astype(np.int64)


def compare_with_strangers(
    measure: Measure, first: ArrayLike, second: ArrayLike, others: Sequence[ArrayLike]
) -> CouplingChance:
    """A measure beside what the first partner gives with other dyads' second partners.

    Parameters
    ----------
    measure : callable
        ``measure(first, second) -> float``.
    first, second : array_like of float, shape (n,)
    others : sequence of array_like of float
        Second partners of other dyads, from the onset of the same task; pairs are cut to the
        shorter of both.

    Returns
    -------
    CouplingChance
        With fewer than 39 strangers p cannot reach .05.
    """
    one, two = check_pair(first, second)
    if not len(others):
        raise SettingError("others", "nobody", "second partners of other dyads")
    null = []
    for at, other in enumerate(others):
        stranger = check_samples(f"others[{at}]", other)
        n = min(one.size, stranger.size)
        null.append(measure(one[:n], stranger[:n]))
    return _rank(measure(one, two), null, ChanceSettings("strangers", len(null), 0))


def _rank(value: float, null: Sequence[float], used: ChanceSettings) -> CouplingChance:
    draws = np.array([v for v in null if isfinite(v)])
    undefined = len(null) - draws.size
    if draws.size == 0 or not isfinite(value):
        return CouplingChance(value, nan, nan, nan, nan, int(draws.size), undefined, used)
    # Equal to rounding is equal.
    fuzz = 1e-12 * max(1.0, abs(value))
    above = (1 + int((draws >= value - fuzz).sum())) / (1 + draws.size)
    below = (1 + int((draws <= value + fuzz).sum())) / (1 + draws.size)
    low, high = np.quantile(draws, [0.025, 0.975])
    return CouplingChance(
        value,
        float(draws.mean()),
        float(low),
        float(high),
        min(1.0, 2 * min(above, below)),
        int(draws.size),
        undefined,
        used,
    )
