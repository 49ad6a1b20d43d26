"""SettingsGrid: which windows, lags, steps, smoothings, statistics and nulls are gone through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import product
from math import isfinite

from reattune.core.checks import check_option
from reattune.core.errors import SettingError

# As in `reattune.synchrony_tests.measure_statistics`.
STATISTICS = ("mean_abs_z", "mean_z", "lag_zero_abs_z", "lag_zero_z", "lead_difference")
NULLS = ("rotate", "pairing", "phase_randomised", "iaaft")
MOST = 5000


@dataclass(frozen=True)
class SettingsGrid:
    """The settings to go through, every one with every other.

    Parameters
    ----------
    window_s : tuple of float, default (15, 30, 60)
    max_lag_s : tuple of float, default (2, 5)
    step_s : tuple of float, default (5, 10)
    smoothing_s : tuple of float, default (0, 0.5, 1)
        Widths of the moving average; 0: none.
    statistic : tuple of str, default ("mean_abs_z", "mean_z")
        Of ``STATISTICS``. At lag zero the largest lag changes nothing: those are listed once, with
        ``max_lag_s`` 0.
    null : tuple of str
        Of ``NULLS``. Empty: ``"rotate"``, and ``"pairing"`` from six dyads on.

    Raises
    ------
    SettingError
        Values that are not numbers in their range, or that stand twice; more than 5000
        combinations.

    Examples
    --------
    >>> grid = SettingsGrid(window_s=(20, 40), max_lag_s=(3,), step_s=(5,), smoothing_s=(0,))
    >>> len(grid.combinations())
    4
    """

    window_s: tuple[float, ...] = (15.0, 30.0, 60.0)
    max_lag_s: tuple[float, ...] = (2.0, 5.0)
    step_s: tuple[float, ...] = (5.0, 10.0)
    smoothing_s: tuple[float, ...] = (0.0, 0.5, 1.0)
    statistic: tuple[str, ...] = ("mean_abs_z", "mean_z")
    null: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, least in (("window_s", 1), ("max_lag_s", 0), ("step_s", 1), ("smoothing_s", 0)):
            object.__setattr__(self, name, _numbers(name, getattr(self, name), above_zero=least))
        for name, allowed in (("statistic", STATISTICS), ("null", NULLS)):
            given = getattr(self, name)
            chosen = (given,) if isinstance(given, str) else tuple(given)
            for value in chosen:
                check_option(name, value, allowed)
            _once(name, chosen)
            object.__setattr__(self, name, chosen)
        if not self.statistic:
            raise SettingError("statistic", self.statistic, f"one of {', '.join(STATISTICS)}")
        n = len(self.combinations()) * max(1, len(self.null))
        if n > MOST:
            raise SettingError("grid", f"{n} combinations", f"at most {MOST}")

    def combinations(self) -> list[tuple[float, float, float, float, str]]:
        """Window, largest lag, step, smoothing, statistic: every combination once."""
        found = []
        for window, lag, step, smoothing, statistic in product(
            self.window_s, self.max_lag_s, self.step_s, self.smoothing_s, self.statistic
        ):
            if statistic.startswith("lag_zero"):
                lag = 0.0
            elif statistic == "lead_difference" and lag == 0:
                continue
            found.append((window, lag, step, smoothing, statistic))
        return list(dict.fromkeys(found))

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return {key: list(value) for key, value in asdict(self).items()}


def _numbers(name: str, values: Iterable[float] | float, *, above_zero: int) -> tuple[float, ...]:
    given = (values,) if isinstance(values, int | float) else tuple(values)
    told = f"one or more numbers {'above 0' if above_zero else 'of at least 0'}"
    if not given:
        raise SettingError(name, given, told)
    for value in given:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not isfinite(value) or value < 0 or (above_zero and value == 0):
            raise SettingError(name, value, told)
    _once(name, given)
    return tuple(float(value) for value in given)


def _once(name: str, values: tuple[object, ...]) -> None:
    if len(set(values)) < len(values):
        raise SettingError(name, values, "every value once")
