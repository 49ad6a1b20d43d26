"""Synchrony: attuned while two signals move together more than chance gives. Never the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.pair import MATCH, MISMATCH, UNDEFINED, MatchTable, Pair
from reattune.core.session import Session
from reattune.core.steps import SAME_MOMENT_S, Steps, constant_steps, make_steps
from reattune.core.streams import Signal
from reattune.rules.base import Rule, find_window
from reattune.rules.join import join
from reattune.synchrony import (
    CrossCorrelation,
    Grid,
    Windows,
    cross_correlate,
    cut_to_common,
    find_lag_path,
    lay_out,
)
from reattune.synchrony_tests.ruptures import RuptureChance, compare_pairs
from reattune.synchrony_tests.windows import (
    WINDOW_STATISTICS,
    WindowNull,
    WindowStatistic,
    measure_windows,
    move_windows,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_STATES = ("no more than chance", "synchronous")
_WORDS = {
    "mean_abs": "mean absolute z",
    "signed": "mean z",
    "best": "largest absolute z",
}
# Two signals that correlate so closely at lag zero are one signal, scaled.
_SAME = 1 - 1e-10


@dataclass(frozen=True, eq=False, kw_only=True)
class WindowPair(Pair):
    """What the rule sees: a row of windows, of the record or of a surrogate.

    Attributes
    ----------
    signals : (array, array)
        Samples over the common time; nan = missing.
    grid : Grid
        On the session's clock.
    value : array of float, shape (n_windows,)
        nan where a window is missing.
    lag_s : array of float, shape (n_windows,)
        Of the path of best lags; positive: the first partner leads. nan where it has none.
    threshold, lowest : float
        Where attuned begins, and the smallest value chance gives.
    seam : array of bool, shape (n_windows,)
        Whether continuity is broken before a window.
    """

    signals: tuple[FloatArray, FloatArray]
    grid: Grid
    value: FloatArray
    lag_s: FloatArray
    threshold: float
    lowest: float
    seam: BoolArray


@dataclass(frozen=True)
class Synchrony(Rule):
    """Attuned while two signals move together more than the same signals do at other moments.

    Synchrony is not attunement: nobody knows from a correlation what moved, or whether moving
    together was good. The rule is never chosen by itself, and every report says so.

    Parameters
    ----------
    stream : str
        Name of the signal. Both partners' need one rate; prepare them before
        (`reattune.prepare.signals.prepare_signals`), the rule smooths nothing.
    window_s, step_s, max_lag_s : float, default 30, 1, 5
        See `reattune.synchrony.Windows`. A window stands at the middle of both partners' windows.
    statistic : {"mean_abs", "signed", "best"}
        Of a window: mean absolute z over the lags, mean z with sign, or the largest absolute z.
    quantile : float, default 0.95
        Attuned above this quantile of windows that are moved apart. So ``1 - quantile`` of the
        time is attuned by construction where two signals have nothing to do with each other.
    threshold : float, optional
        Attuned above this value instead.
    surrogates : int, default 199
        Rotations of the second signal's windows that the quantile and the depth rest on.
    block_s : float, optional
        Shortest block of the rotation; by default 120 s or five windows with their lags, the
        longer.
    together_s : float, default 0.2
        Lags of at most so much at an edge: both moved at once.
    seed : int, default 1

    Notes
    -----
    Where a window is missing the dyad is unobserved: before the middle of the first and after that
    of the last window, where too little was recorded or a signal rested, and at the session's cuts.

    Depth: with v the value, T the threshold and L the smallest value of all surrogates, the
    distance is ``(T - v) / (T - L)`` within 0 and 1: 0 at the threshold, 1 at the lowest value
    chance gave.

    Who opened or closed: the partner who leads on the path of best lags at that edge, both within
    ``together_s``, nobody without a lag. A window blurs time: onsets and ends are uncertain by
    half a window.

    Raises
    ------
    SettingError
        On reading, also where both partners have one and the same signal.
    """

    by_moment: ClassVar[bool] = False
    caveat: ClassVar[str] = (
        "Synchrony is not attunement: it says that two signals move together, not what moved or "
        "what it meant."
    )

    stream: str
    window_s: float = 30.0
    step_s: float = 1.0
    max_lag_s: float = 5.0
    statistic: WindowStatistic = "mean_abs"
    quantile: float = 0.95
    threshold: float | None = None
    surrogates: int = 199
    block_s: float | None = None
    together_s: float = 0.2
    seed: int = 1

    def __post_init__(self) -> None:
        Windows(self.window_s, self.step_s, self.max_lag_s)
        check_option("statistic", self.statistic, WINDOW_STATISTICS)
        check_not_negative("together_s", self.together_s)
        if not 0 < check_positive("quantile", self.quantile) < 1:
            raise SettingError("quantile", self.quantile, "a share between 0 and 1")
        for name, least in (("surrogates", 19), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise SettingError(name, value, f"a whole number of at least {least}")
        if self.block_s is not None:
            check_positive("block_s", self.block_s)
        if self.threshold is not None and not np.isfinite(self.threshold):
            raise SettingError("threshold", self.threshold, "a finite number")

    @property
    def settings(self) -> CrossCorrelation:
        """How windows are correlated."""
        windows = Windows(self.window_s, self.step_s, self.max_lag_s)
        return CrossCorrelation(windows, anchor="centre")

    @property
    def uncertain_s(self) -> float:
        """How uncertain onsets and ends are: half a window."""
        return self.window_s / 2

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """The windows inside ``window`` (default: the session's span), above chance or not."""
        span = find_window(session, window)
        x, y = (self._signal(session, partner).clip(*span) for partner in session.partners)
        try:
            first, second, rate, _ = cut_to_common(x, y)
            start_s = max(x.start_s, y.start_s)
            grid = lay_out(first.size, rate, self.settings, start_s=start_s)
        except SettingError as error:
            if error.parameter not in ("windows", "signals"):
                raise
            # Too short for a window: nothing is observed.
            nothing = constant_steps(span, UNDEFINED)
            return Pair(session.partners, nothing, nothing, _table(), (self.step_s, self.step_s))
        _refuse_same(session, self.stream, first, second)
        table = cross_correlate(
            first, second, self.settings, rate_hz=rate, start_s=start_s, partners=session.partners
        )
        value = measure_windows(
            first, second, self.settings, rate_hz=rate, statistic=self.statistic
        )[0]
        # A window that reaches across a cut joins what does not belong together.
        for cut in session.cuts:
            value[(grid.starts_s < cut) & (cut < grid.ends_s)] = np.nan
        null = self._move(first, second, rate, np.random.default_rng(self.seed), self.surrogates)
        threshold = null.quantile(self.quantile) if self.threshold is None else self.threshold
        lags = np.full(value.size, np.nan)
        if grid.max_lag:
            signed = self.statistic == "signed"
            lags = find_lag_path(table, absolute=not signed, max_speed=_speed(grid)).lag_s
        steps = _lay_steps(grid, _judge_windows(value, threshold), span)
        return WindowPair(
            session.partners,
            steps,
            steps,
            _table(),
            (grid.step_s, grid.step_s),
            session.cuts,
            signals=(first, second),
            grid=grid,
            value=value,
            lag_s=lags,
            threshold=threshold,
            lowest=null.lowest,
            seam=np.zeros(value.size, dtype=np.bool_),
        )

    def _signal(self, session: Session, partner: str) -> Signal:
        if not session.has(self.stream, partner):
            raise MissingStreamError(
                f"Session {session.id!r} has no signal {self.stream!r} of {partner}."
                + did_you_mean(self.stream, session.stream_names)
            )
        return session.stream(self.stream, partner, Signal)

    def _move(
        self,
        first: FloatArray,
        second: FloatArray,
        rate: float,
        rng: np.random.Generator,
        n: int,
        blocks: float | str | None = "auto",
    ) -> WindowNull:
        return move_windows(
            first,
            second,
            self.settings,
            rate_hz=rate,
            rng=rng,
            n=n,
            blocks=self.block_s if self.block_s is not None else blocks,
            statistic=self.statistic,
        )

    def judge(self, pair: Pair) -> Attunement:
        """The dyad over time, one segment per window."""
        if not isinstance(pair, WindowPair):
            return replace(join(pair, rule=self.describe()), pair=None, codes=None)
        codes = _judge_windows(pair.value, pair.threshold)
        edges, inside = _lay_edges(pair.grid, pair.window)
        shown, value, lags = codes[inside], pair.value[inside], pair.lag_s[inside]
        state = np.concatenate([[UNDEFINED], shown, [UNDEFINED]])
        distance = np.full(state.size, np.nan)
        distance[1:-1] = _measure_distance(value, shown, pair.threshold, pair.lowest)
        cut = np.zeros(edges.size, dtype=np.bool_)
        cut[1:-2] = pair.seam[inside]
        changed = np.zeros((2, edges.size), dtype=np.bool_)
        turns = (state[:-1] != state[1:]) & (state[:-1] >= 0) & (state[1:] >= 0) & ~cut[1:-1]
        lead = np.concatenate([[np.nan], _lags_at_edges(lags), [np.nan]])
        changed[0, 1:-1] = turns & (lead >= -self.together_s)
        changed[1, 1:-1] = turns & (lead <= self.together_s)
        # Parts without length at either end are no segments.
        kept = np.append(np.diff(edges) > SAME_MOMENT_S, True)
        cut = cut[kept]
        cut[0] = cut[-1] = True
        return Attunement(
            partners=pair.partners,
            edges=edges[kept],
            state=state[kept[:-1]],
            distance=distance[kept[:-1]],
            negative=np.zeros(int(kept[:-1].sum()), dtype=np.bool_),
            changed=changed[:, kept],
            cut=cut,
            tick_s=pair.tick_s,
            tie_s=0.0,
            rule=self.describe(),
        )

    def compare(
        self,
        pair: Pair,
        evaluate: Callable[[Pair], Mapping[str, float]],
        *,
        rng: np.random.Generator,
        n: int,
        blocks: float | str | None = "auto",
    ) -> RuptureChance | None:
        """The rule on the same windows moved apart; None where there is no window.

        Notes
        -----
        The threshold stays that of the record. Where two neighbouring windows were moved by
        different amounts there is a seam: a cut, across which nothing is followed.
        """
        if not isinstance(pair, WindowPair):
            return None
        null = self._move(*pair.signals, pair.grid.rate_hz, rng, n, blocks)
        lost = np.isnan(pair.value)
        made = []
        for row, moves in zip(null.values, null.moves, strict=True):
            seam = np.concatenate([[False], moves[1:] != moves[:-1]])
            value = np.where(lost, np.nan, row)
            steps = _lay_steps(pair.grid, _judge_windows(value, pair.threshold), pair.window)
            made.append(replace(pair, x=steps, y=steps, value=value, seam=seam))
        return compare_pairs(pair, made, null, evaluate)

    def describe(self) -> str:
        """The rule in words."""
        share = f"{100 * self.quantile:g} %"
        above = f"{self.threshold:g}" if self.threshold is not None else f"what {share} of windows"
        by_chance = f"; {100 * (1 - self.quantile):g} % of the time does by construction"
        apart = "" if self.threshold is not None else f" moved apart stay below{by_chance}"
        return (
            f"synchrony of {self.stream}: the {_WORDS[self.statistic]} over lags up to "
            f"{self.max_lag_s:g} s in windows of {self.window_s:g} s exceeds {above}{apart}. "
            f"Onsets and ends are uncertain by {self.uncertain_s:g} s, half a window"
        )


def _table() -> MatchTable:
    match = np.array([[MISMATCH, UNDEFINED], [UNDEFINED, MATCH]], dtype=np.int64)
    return MatchTable(
        "synchrony",
        (_STATES, _STATES),
        match,
        (match == MISMATCH).astype(np.float64),
        np.zeros((2, 2), dtype=np.bool_),
    )


def _refuse_same(session: Session, stream: str, first: FloatArray, second: FloatArray) -> None:
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both], second[both]
    if a.size < 4 or not (np.ptp(a) > 0 and np.ptp(b) > 0):
        return
    if abs(float(np.corrcoef(a, b)[0, 1])) > _SAME:
        raise SettingError(
            f"stream {stream!r} of session {session.id!r}",
            "the same signal (or its mirror) for both partners",
            "two people's signals",
        )


def _speed(grid: Grid) -> float:
    """The usual limit on how fast a lag changes, and never less than a sample per window."""
    return max(0.2, 1 / grid.step)


def _judge_windows(value: FloatArray, threshold: float) -> NDArray[np.int64]:
    known = np.isfinite(value) & np.isfinite(threshold)
    with np.errstate(invalid="ignore"):
        above = value > threshold
    return np.where(known, np.where(above, MATCH, MISMATCH), UNDEFINED).astype(np.int64)


def _lay_edges(grid: Grid, window: tuple[float, float]) -> tuple[FloatArray, BoolArray]:
    """Edges of the time before, of every window's own step, and after; and which windows count."""
    start, end = window
    left = np.maximum(grid.centres_s - grid.step_s / 2, start)
    right = np.minimum(grid.centres_s + grid.step_s / 2, end)
    inside = right - left > SAME_MOMENT_S
    if not inside.any():
        return np.array([start, start, end]), inside
    return np.concatenate([[start], left[inside], [right[inside][-1], end]]), inside


def _lay_steps(grid: Grid, codes: NDArray[np.int64], window: tuple[float, float]) -> Steps:
    edges, inside = _lay_edges(grid, window)
    return make_steps(edges[1:-2], edges[2:-1], codes[inside], window)


def _measure_distance(
    value: FloatArray, codes: NDArray[np.int64], threshold: float, lowest: float
) -> FloatArray:
    room = threshold - lowest
    with np.errstate(invalid="ignore", divide="ignore"):
        below = np.clip((threshold - value) / room, 0.0, 1.0) if room > 0 else np.ones(value.size)
    return np.where(codes == UNDEFINED, np.nan, np.where(codes == MATCH, 0.0, below))


def _lags_at_edges(lags: FloatArray) -> FloatArray:
    """Lag between every two windows: the mean of both, or the one there is. Shape (n - 1,)."""
    pair = np.array([lags[:-1], lags[1:]])
    n = np.isfinite(pair).sum(axis=0)
    total = np.where(np.isfinite(pair), pair, 0.0).sum(axis=0)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))
