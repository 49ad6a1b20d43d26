"""Where an observed value lies among its surrogates: mean, band and two-sided p."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

TOLERANCE = 1e-12
MIN_DEFINED = 0.9
BAND = (0.025, 0.975)


@dataclass(frozen=True)
class ChanceStatistic:
    """One statistic beside its null.

    Attributes
    ----------
    name : str
        As the measure of the same name.
    observed : float
    null_mean, null_median : float
        Of the surrogates. The mean is infinite when a surrogate is (a quartile not reached).
    null_low, null_high : float
        2.5 and 97.5 % of the surrogates.
    p : float
        Two-sided; nan where ``refused``.
    n_defined : int
        Surrogates behind it.
    refused : str
        Why there is no p (``"R_RUNS"``, ...); empty where there is one.
    """

    name: str
    observed: float
    null_mean: float
    null_median: float
    null_low: float
    null_high: float
    p: float
    n_defined: int
    refused: str = ""


class StatisticRows:
    """What every test can do that holds a row of statistics beside their null."""

    statistics: tuple[ChanceStatistic, ...]

    def __getitem__(self, name: str) -> ChanceStatistic:
        """The statistic of that name.

        Raises
        ------
        KeyError
            Naming the statistics there are.
        """
        for row in self.statistics:
            if row.name == name:
                return row
        raise KeyError(f"no statistic {name!r}; there is {', '.join(self.names)}")

    def __contains__(self, name: object) -> bool:
        return name in self.names

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the statistics, in order."""
        return tuple(row.name for row in self.statistics)

    def to_frame(self) -> pd.DataFrame:
        """One row per statistic: statistic, observed, null_mean, ..., p, n_defined, refused."""
        import pandas as pd

        frame = pd.DataFrame([asdict(row) for row in self.statistics])
        return frame.rename(columns={"name": "statistic"})

    def list_statistics(self) -> dict[str, dict[str, object]]:
        """The statistics by name, JSON-safe."""
        return {
            row.name: {
                key: json_number(value) if isinstance(value, float) else value
                for key, value in asdict(row).items()
                if key != "name"
            }
            for row in self.statistics
        }


def json_number(value: float) -> float | str | None:
    """The number, None for nan, ``"inf"`` or ``"-inf"`` for an infinite one."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


def two_sided_p(observed: float, null: FloatArray) -> float:
    """The two-sided p of one value among surrogates: twice the smaller rank, at most 1.

    ``p_up = (1 + #{s >= observed}) / (1 + B)``, ``p_down`` likewise, equal within 1e-12. The
    observed value counts as one of its own surrogates, so p is never 0; in a full enumeration
    (``null`` = all other alignments) p is exact.

    Examples
    --------
    >>> two_sided_p(3.0, np.array([1.0, 2.0, 4.0]))
    1.0
    """
    size = 1 + null.size
    up = (1 + int((null >= observed - TOLERANCE).sum())) / size
    down = (1 + int((null <= observed + TOLERANCE).sum())) / size
    return min(1.0, 2 * min(up, down))


def quantile(values: FloatArray, share: float) -> float:
    """The quantile by linear interpolation; infinite where it leans on an infinite value."""
    if values.size == 0:
        return float("nan")
    ordered = np.sort(values)
    place = share * (ordered.size - 1)
    low = int(np.floor(place))
    high = min(low + 1, ordered.size - 1)
    part = place - low
    if part < 1e-12 or ordered[low] == ordered[high]:
        return float(ordered[low])
    return float(ordered[low] + part * (ordered[high] - ordered[low]))


def rank(
    name: str, observed: float, null: FloatArray, *, n: int | None = None, refused: str = ""
) -> ChanceStatistic:
    """The statistic beside its surrogates.

    Parameters
    ----------
    name, observed
        Of the statistic; nan where undefined in the data.
    null : float array
        Surrogates in the order they were drawn, nan where undefined; those are dropped.
    n : int, optional
        How many defined surrogates to use, the first ones. Without them no p. Default: all, as in
        an enumeration, of which 90 % must be defined.
    refused : str
        A reason known beforehand why there is no p.
    """
    defined = null[~np.isnan(null)]
    if n is None:
        enough = defined.size >= MIN_DEFINED * null.size and defined.size > 0
    else:
        enough = defined.size >= n
        defined = defined[:n]
    if not refused and (np.isnan(observed) or not enough):
        refused = "R_UNDEFINED"
    return ChanceStatistic(
        name=name,
        observed=float(observed),
        null_mean=float(defined.mean()) if defined.size else float("nan"),
        null_median=quantile(defined, 0.5),
        null_low=quantile(defined, BAND[0]),
        null_high=quantile(defined, BAND[1]),
        p=float("nan") if refused else two_sided_p(float(observed), defined),
        n_defined=int(defined.size),
        refused=refused,
    )
