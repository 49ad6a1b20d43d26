"""How large a study must be: chances of finding growth, as simulated for this project."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError

# One 2-minute challenge at each end, tolerance up by a third: mean change of
# challenge_negative_prop and its SD over dyads.
CHALLENGE_CHANGE = -0.13
CHALLENGE_SD = 0.145


@dataclass(frozen=True)
class PlanningRow:
    """One design and what it finds.

    Attributes
    ----------
    question : {"challenge", "turns at equal load", "crude turns"}
    dyads : int
        0 where the row holds whatever their number.
    sessions : int
        Coded sessions of each dyad, spread over the whole span.
    power : float or None
        Share of studies that find tolerance grown by a third; None where it is not worth knowing.
    false : (float, float) or None
        Lowest and highest share that find growth where only the other partner's matching
        improves; None where it was not simulated.
    note : str
    """

    question: str
    dyads: int
    sessions: int
    power: float | None
    false: tuple[float, float] | None
    note: str = ""


_FINE = "four or more categories, event times"
_WARNED = "shown for planning only: no evidence of growth"
PLANNING = (
    PlanningRow("challenge", 20, 2, 0.98, (0.03, 0.08), "2-minute challenge at both ends"),
    PlanningRow("turns at equal load", 20, 10, 0.5, (0.01, 0.08), _FINE),
    PlanningRow("turns at equal load", 40, 10, 0.9, (0.01, 0.08), _FINE),
    PlanningRow("turns at equal load", 0, 10, None, (0.14, 0.32), "codes every second: not usable"),
    PlanningRow(
        "turns at equal load",
        0,
        10,
        None,
        (0.56, 1.0),
        "three categories, 5 % miscoded: not usable",
    ),
    PlanningRow("crude turns", 20, 10, 0.48, (0.85, 1.0), _WARNED),
    PlanningRow("crude turns", 40, 5, 0.87, None, _WARNED),
    PlanningRow("crude turns", 10, 40, 0.4, None, _WARNED),
)

# Chance that repair is named when it is the truth and explains 30 % of the rating's variance, by
# (dyads, sessions): from repair as the model of a dyad learns it, to the very accumulator fitted.
_RIVALS: dict[tuple[int, int], tuple[float, float]] = {
    (20, 20): (0.10, 0.11),
    (40, 20): (0.22, 0.39),
    (60, 20): (0.51, 0.62),
    (20, 40): (0.19, 0.29),
    (40, 40): (0.62, 0.78),
    (60, 40): (0.94, 0.98),
}
_RIVALS_WEAK: dict[tuple[int, int], float] = {
    (20, 20): 0.01,
    (40, 20): 0.00,
    (60, 20): 0.04,
    (20, 40): 0.02,
    (40, 40): 0.14,
    (60, 40): 0.19,
}
RIVALS_FEW_SESSIONS = 0.09


def rivals_power(dyads: float, sessions: float, *, effect: str = "strong") -> float:
    """The chance that a contest of this size names repair when repair is the truth.

    Parameters
    ----------
    dyads, sessions : float
        The largest simulated design that is not larger in either counts; below the smallest one,
        and below 20 sessions, at most .09.
    effect : {"strong", "weak"}
        30 % or 10 % of the rating's variance, dyad intercepts aside.

    Returns
    -------
    float
        For a strong effect the lower of two simulated accounts.
    """
    check_option("effect", effect, ("strong", "weak"))
    reached = [size for size in _RIVALS if size[0] <= dyads and size[1] <= sessions]
    if not reached:
        return min(RIVALS_FEW_SESSIONS, _RIVALS_WEAK[20, 20] if effect == "weak" else 1.0)
    if effect == "weak":
        return max(_RIVALS_WEAK[size] for size in reached)
    return max(_RIVALS[size][0] for size in reached)


def challenge_power(
    dyads: int, difference: float = CHALLENGE_CHANGE, spread: float = CHALLENGE_SD
) -> float:
    """The chance that a challenge at both ends shows a change, two-sided .05, paired t.

    Parameters
    ----------
    dyads : int
    difference : float, default -.13
        Mean change of ``challenge_negative_prop``; the default is the simulated one when
        tolerance grew by a third.
    spread : float, default .145
        SD of that change over dyads.

    Examples
    --------
    >>> round(challenge_power(20), 2)
    0.97
    """
    from scipy.special import nctdtr, stdtrit

    if dyads < 2:
        raise SettingError("dyads", dyads, "at least two dyads")
    check_positive("spread", spread)
    shift = abs(difference) / spread * sqrt(dyads)
    bound = float(stdtrit(dyads - 1, 0.975))
    return float(1 - nctdtr(dyads - 1, shift, bound) + nctdtr(dyads - 1, shift, -bound))


def plan_challenge(
    power: float = 0.8, difference: float = CHALLENGE_CHANGE, spread: float = CHALLENGE_SD
) -> int:
    """The smallest number of dyads with which a challenge at both ends has that power.

    Parameters
    ----------
    power : float, default .8
    difference, spread : float
        As in `challenge_power`.
    """
    if not 0 < power < 1:
        raise SettingError("power", power, "a number between 0 and 1")
    if difference == 0:
        raise SettingError("difference", difference, "a change other than 0")
    dyads = 2
    while challenge_power(dyads, difference, spread) < power:
        dyads += 1
    return dyads
