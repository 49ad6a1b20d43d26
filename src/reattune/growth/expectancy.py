"""Repair expectancy: what somebody who had lived only these ruptures would expect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.ruptures import Ruptures
from reattune.core.session import Clock
from reattune.growth.outcomes import WINDOWS, Outcomes, Weight, count_outcomes
from reattune.measures.cards import Value
from reattune.measures.compute import MIN_SESSIONS
from reattune.measures.survival import fit_survival

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SENSITIVITY_WINDOWS: dict[str, tuple[float, ...]] = {
    "second": (3.0, 5.0, 10.0),
    "meeting": (1.0, 2.0, 3.0),
}
FORGETTING = 0.95
SENSITIVITY_FORGETTING = (0.8, 0.95, 1.0)
MIN_KNOWN = 5
LEVELS = (0.05, 0.95)
_JUST = 1e-6


def beta_interval(a: float, b: float) -> tuple[float, float]:
    """5th and 95th percentile of Beta(a, b)."""
    from scipy.special import betaincinv

    low, high = (float(betaincinv(a, b, level)) for level in LEVELS)
    return (low, high)


def find_dispersion(hits: FloatArray, known: FloatArray) -> float:
    """phi: how much more sessions differ than ruptures drawn alike would, at least 1.

    max(1, sum_j (h_j - n_j p)^2 / (n_j p (1 - p)) / (J - 1)) over sessions with known outcomes.
    """
    some = known > 0
    h, n = hits[some], known[some]
    if n.size < 2:
        return 1.0
    p = float(h.sum() / n.sum())
    if not 0 < p < 1:
        return 1.0
    return max(1.0, float(((h - n * p) ** 2 / (n * p * (1 - p))).sum()) / (n.size - 1))


def expect_repair(outcomes: Iterable[Outcomes]) -> Value:
    """The plain record pooled: (hits + 1) / (known + 2) with its 5th and 95th percentile.

    Parameters
    ----------
    outcomes : iterable of Outcomes
        One for each session of a dyad, or for each dyad of a study.

    Returns
    -------
    Value
        ``n`` is the number of known outcomes. Without any the value is .5, the prior alone.

    Notes
    -----
    From five units with known outcomes on the evidence is divided by the dispersion phi between
    them; below, the limits describe *these ruptures*. They are ends of an interval, no scores: the
    lower one rises with the length of recording.
    """
    rows = list(outcomes)
    hits = np.array([row.hits for row in rows], dtype=np.float64)
    known = np.array([row.known for row in rows], dtype=np.float64)
    n, h = float(known.sum()), float(hits.sum())
    phi = find_dispersion(hits, known) if (known > 0).sum() >= MIN_SESSIONS else 1.0
    low, high = beta_interval(1 + h / phi, 1 + (n - h) / phi)
    return Value((1 + h) / (2 + n), low, high, n)


@dataclass(frozen=True, eq=False)
class Expectancy:
    """Repair expectancy of one dyad over its sessions, as columns of equal length J.

    Attributes
    ----------
    outcomes : tuple of Outcomes
    a, b : float array
        Evidence for and against after each session.
    before, after : float array
        a / (a + b) before each session (the prediction for it) and after it (the record).
    low, high : float array
        5th and 95th percentile of Beta(a, b) after each session, from five sessions with known
        outcomes on divided by the dispersion so far. Below forgetting 1 they say what the
        remembered part would teach, and are not calibrated for the dyad's rate.
    before_low, before_high : float array
        The same before each session.
    window, forgetting : float
    clock : {"second", "meeting"}
    weight : {"plain", "latency"}
    plain : Value
        The record without forgetting: it carries the interval in tables.
    """

    outcomes: tuple[Outcomes, ...]
    a: FloatArray
    b: FloatArray
    before: FloatArray
    after: FloatArray
    low: FloatArray
    high: FloatArray
    before_low: FloatArray
    before_high: FloatArray
    window: float
    forgetting: float
    clock: Clock
    weight: Weight
    plain: Value

    @property
    def total(self) -> Outcomes:
        """All sessions together."""
        return sum(self.outcomes, Outcomes())

    @property
    def few(self) -> bool:
        """Whether fewer than five outcomes are known."""
        return self.total.known < MIN_KNOWN

    @property
    def refused(self) -> str:
        """Why no number is shown for this course of meetings alone; empty where there is one."""
        if self.clock != "meeting" or not self.few:
            return ""
        return (
            f"{self.total.known:.0f} ruptures with a known outcome, at least {MIN_KNOWN} are "
            "needed for one course; only the pooled number is shown"
        )

    @property
    def value(self) -> Value:
        """``repair_expectancy`` after the last session; nan where refused. Limits: see `plain`."""
        if self.refused:
            return Value(float("nan"), n=self.total.known)
        return Value(float(self.after[-1]), n=self.total.known)


def follow_expectancy(
    sessions: Sequence[Outcomes],
    *,
    forgetting: float = FORGETTING,
    window: float | None = None,
    clock: Clock = "second",
    weight: Weight = "plain",
) -> Expectancy:
    """Repair expectancy of one dyad from session to session.

    Parameters
    ----------
    sessions : sequence of Outcomes
        In order of time, from `count_outcomes` with the same window, clock and weight.
    forgetting : float, default .95
        g in (0, 1]: what is kept of the evidence from one session to the next; 1 is the plain
        record.
    window, clock, weight
        As the outcomes were counted; kept with the result.

    Notes
    -----
    a = b = 1. Before each session a <- 1 + g (a - 1), b <- 1 + g (b - 1); after it a += hits,
    b += misses. It is a summary of the repair record: evidence for an expectation, and not what
    anybody expects.

    Examples
    --------
    >>> course = follow_expectancy([Outcomes(3, 1), Outcomes(0, 0), Outcomes(5, 0)])
    >>> course.after.round(6).tolist()
    [0.666667, 0.663793, 0.820688]
    """
    if not sessions:
        raise SettingError("sessions", 0, "at least one session")
    if not 0 < forgetting <= 1:
        raise SettingError("forgetting", forgetting, "a number above 0 and at most 1")
    hits = np.array([row.hits for row in sessions], dtype=np.float64)
    known = np.array([row.known for row in sessions], dtype=np.float64)
    a = b = phi = 1.0
    rows = []
    for j in range(hits.size):
        a, b = 1 + forgetting * (a - 1), 1 + forgetting * (b - 1)
        before = (a / (a + b), *beta_interval(1 + (a - 1) / phi, 1 + (b - 1) / phi))
        a, b = a + hits[j], b + known[j] - hits[j]
        phi = 1.0
        if (known[: j + 1] > 0).sum() >= MIN_SESSIONS:
            phi = find_dispersion(hits[: j + 1], known[: j + 1])
        low, high = beta_interval(1 + (a - 1) / phi, 1 + (b - 1) / phi)
        rows.append((a, b, before[0], a / (a + b), low, high, *before[1:]))
    table = np.array(rows, dtype=np.float64).T
    return Expectancy(
        outcomes=tuple(sessions),
        a=table[0],
        b=table[1],
        before=table[2],
        after=table[3],
        low=table[4],
        high=table[5],
        before_low=table[6],
        before_high=table[7],
        window=WINDOWS[clock] if window is None else float(window),
        forgetting=float(forgetting),
        clock=clock,
        weight=weight,
        plain=expect_repair(sessions),
    )


@dataclass(frozen=True)
class SensitivityRow:
    """Repair expectancy after the last session, under one choice.

    Attributes
    ----------
    window, forgetting : float
    value : float
    outcomes : Outcomes
        All sessions together.
    """

    window: float
    forgetting: float
    value: float
    outcomes: Outcomes


def vary_expectancy(
    sessions: Sequence[Ruptures | Sequence[Ruptures]],
    *,
    clock: Clock = "second",
    weight: Weight = "plain",
    window: float | None = None,
    forgetting: float = FORGETTING,
) -> tuple[SensitivityRow, ...]:
    """Repair expectancy for windows of 3, 5, 10 s (1, 2, 3 meetings) and forgetting .8, .95, 1.

    Parameters
    ----------
    sessions : sequence of Ruptures, or of sequences of them
        Of one dyad, in order of time; a session in several phases is a sequence.
    clock, weight
        As in `count_outcomes`.
    window, forgetting : float, optional
        The choice that was made; it joins the table where it is none of these.
    """
    usual = SENSITIVITY_WINDOWS[check_option("clock", clock, tuple(WINDOWS))]
    parts = [(found,) if isinstance(found, Ruptures) else tuple(found) for found in sessions]
    rows = []
    for limit in sorted({*usual, WINDOWS[clock] if window is None else float(window)}):
        counted = [
            sum((count_outcomes(r, limit, clock=clock, weight=weight) for r in one), Outcomes())
            for one in parts
        ]
        for kept in sorted({*SENSITIVITY_FORGETTING, float(forgetting)}):
            course = follow_expectancy(
                counted, forgetting=kept, window=limit, clock=clock, weight=weight
            )
            rows.append(SensitivityRow(limit, kept, float(course.after[-1]), course.total))
    return tuple(rows)


def expect_by_chance(draws: Sequence[Sequence[Outcomes]]) -> Value:
    """The plain record of surrogates: mean with 2.5th and 97.5th percentile over draws.

    For surrogates in which nothing is cut off that was not cut off in the data; for streams turned
    on a circle see `expect_from_shifted`.

    Parameters
    ----------
    draws : sequence of sequences of Outcomes
        For each surrogate, the outcomes of every session.
    """
    if not draws:
        raise SettingError("draws", 0, "at least one surrogate")
    values = []
    for draw in draws:
        total = sum(draw, Outcomes())
        values.append((1 + total.hits) / (2 + total.known))
    low, high = np.quantile(values, [0.025, 0.975])
    return Value(float(np.mean(values)), float(low), float(high), len(values))


def expect_from_shifted(
    draws: Sequence[tuple[FloatArray, BoolArray]],
    known: float,
    window: float,
    *,
    weight: Weight = "plain",
) -> Value:
    """What shifted streams give for a record with as many known outcomes.

    Parameters
    ----------
    draws : sequence of (durations, events)
        For each surrogate, how long the ruptures lasted that were seen to begin, and whether each
        was seen to end in a match; all sessions together.
    known : float
        Known outcomes of the record itself, n.
    window, weight
        As in `count_outcomes`.

    Returns
    -------
    Value
        Mean of (1 + n p) / (2 + n) with its 2.5th and 97.5th percentile over draws; nan where p is
        undefined in more than half of them.

    Notes
    -----
    p is the share repaired within the window by Kaplan and Meier. Turning a stream breaks it at
    seams, which cut off long ruptures more often than short ones: counting hits and misses alone
    made independent streams differ from their null in 17 of 100 sessions instead of 5. A rupture
    that is cut off at a moment could not have been repaired at that moment, so it leaves the risk
    set just before it; with codes on a coarse grid that matters.
    """
    if not draws:
        raise SettingError("draws", 0, "at least one surrogate")
    check_option("weight", weight, ("plain", "latency"))
    shares = [_share_repaired(*draw, window, weight) for draw in draws]
    values = [(1 + known * p) / (2 + known) for p in shares if p == p]
    if 2 * len(values) < len(draws):
        return Value(float("nan"), n=len(values))
    low, high = np.quantile(values, [0.025, 0.975])
    return Value(float(np.mean(values)), float(low), float(high), len(values))


def _share_repaired(
    durations: FloatArray, events: BoolArray, window: float, weight: Weight
) -> float:
    curve = fit_survival(np.where(events, durations, durations - _JUST), events)
    if weight == "plain":
        return curve.repaired_by(window)[0]
    if not curve.n:
        return float("nan")
    fallen = -np.diff([1.0, *curve.share])
    return float((fallen / (1 + (np.array(curve.times) / window) ** 3)).sum())
