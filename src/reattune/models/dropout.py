"""Drop-out: leaving after a session, more likely when it was too much and when trust is low."""

from __future__ import annotations

import math
from dataclasses import dataclass

from reattune.core.errors import SettingError


@dataclass(frozen=True)
class DropOut:
    """The chance of leaving after a session: logistic(base + over s - trust (T - 0.5)).

    s is the share of the session in which arousal lay above tolerance, T the trust it began with.
    Leaving is a right-censoring event of the course: nothing is known of what would have followed.

    Parameters
    ----------
    base : float, default -5
        Log odds with s = 0 and T = 0.5.
    over : float, default 3
    trust : float, default 4

    Examples
    --------
    >>> round(DropOut().chance(0.0, 0.5), 4)
    0.0067
    """

    base: float = -5.0
    over: float = 3.0
    trust: float = 4.0

    def __post_init__(self) -> None:
        for name in ("base", "over", "trust"):
            value = getattr(self, name)
            if isinstance(value, bool | str) or not abs(float(value)) <= 100:
                raise SettingError(name, value, "a number from -100 to 100")
            object.__setattr__(self, name, float(value))

    def chance(self, over_prop: float, trust: float) -> float:
        """Probability of leaving after one session."""
        logit = self.base + self.over * over_prop - self.trust * (trust - 0.5)
        return 1.0 / (1.0 + math.exp(-logit))
