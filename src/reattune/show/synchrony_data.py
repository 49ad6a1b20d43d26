"""What the pictures of synchrony are drawn from: one tidy frame per picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.ruptures import Ruptures
from reattune.core.streams import Signal
from reattune.prepare.signals import Artefacts
from reattune.synchrony import CrossTable, LagPath, average_windows
from reattune.synchrony.table import REASONS
from reattune.synchrony_tests import ChanceProfile, SignalPairings, SynchronyChance

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NAN = float("nan")
ALPHA = 0.05

HEAT_COLUMNS = (
    *("layer", "time_s", "end_s", "lag_s", "value", "null_mean", "null_low", "null_high"),
    *("limit_low", "limit_high", "p", "label"),
)
# Cells of the heat map that are drawn, along time and along lags: overlapping windows differ
# little, and a page holds many maps.
CELLS = (240, 61)
SAMPLES = 1200
# The colour of the map is full at the larger of this and of 98 % of all values.
FULL = 0.3


def heat_data(
    table: CrossTable,
    chance: SynchronyChance | None = None,
    *,
    path: LagPath | None = None,
    ruptures: Ruptures | None = None,
    cells: tuple[int, int] = CELLS,
) -> pd.DataFrame:
    """Lags over time, with what is missing, the path of lags and every window beside chance.

    Parameters
    ----------
    table : CrossTable
    chance : SynchronyChance, optional
        Of the same table; without it windows stand without their null.
    path : LagPath, optional
    ruptures : Ruptures, optional
        Of the rule `Synchrony`.
    cells : (int, int), default (240, 61)
        Most windows and lags of the map; beyond, every second (third, ...) one is drawn.

    Returns
    -------
    DataFrame
        Layers: ``cell`` (time_s, end_s, lag_s, value; ``label`` says why it is missing), ``path``,
        ``absolute`` and ``signed`` (one row per window: value, null and its limits anywhere),
        ``rupture`` (time_s to end_s, label = outcome) and ``scale`` (value at full colour).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    values, shown = table.values, _thin(table.grid.shape[0], cells[0])  # noqa: PD011
    step = table.grid.step_s * (int(shown[1] - shown[0]) if shown.size > 1 else 1)
    for k in shown.tolist():
        at = float(table.centres_s[k])
        for j in _thin_lags(table.grid.max_lag, cells[1]).tolist():
            why = REASONS[table.state[k, j]]
            edges = (at - step / 2, at + step / 2, table.lags_s[j], values[k, j])
            rows.append(("cell", *edges, *(NAN,) * 6, why))
    if path is not None:
        for time, lag, value in zip(table.centres_s, path.lag_s, path.value, strict=True):
            rows.append(("path", time, NAN, lag, value, *(NAN,) * 6, ""))
    for layer, name in (("absolute", "window_mean_abs_z"), ("signed", "window_mean_z")):
        own = average_windows(table, absolute=layer == "absolute").all_lags
        null = _columns(chance.profiles.get(name) if chance else None, own.size, layer)
        for at_s, value, beside in zip(table.centres_s, own, null, strict=True):
            rows.append((layer, at_s, NAN, NAN, value, *beside, ""))
    rows += _rupture_rows(ruptures)
    known = np.abs(values[~table.missing])
    full = max(FULL, float(np.quantile(known, 0.98))) if known.size else FULL
    rows.append(("scale", NAN, NAN, NAN, full, *(NAN,) * 6, ""))
    return pd.DataFrame(rows, columns=list(HEAT_COLUMNS))


def _rupture_rows(ruptures: Ruptures | None) -> list[tuple[object, ...]]:
    if ruptures is None:
        return []
    frame = ruptures.to_frame()
    return [
        ("rupture", row["onset_s"], row["end_s"], NAN, NAN, *(NAN,) * 6, row["outcome"])
        for row in frame.to_dict("records")
    ]


def _thin(size: int, most: int) -> IntArray:
    return np.arange(0, size, max(1, -(-size // most)))


def _thin_lags(max_lag: int, most: int) -> IntArray:
    """Columns of a symmetric choice of lags that holds lag zero and both ends, evenly spaced."""
    n = min(max_lag + 1, (most + 1) // 2)
    side = np.unique(np.rint(np.linspace(0, max_lag, n)).astype(np.int64))
    return np.unique(np.concatenate([max_lag - side, max_lag + side]))


def _columns(profile: ChanceProfile | None, size: int, kind: str) -> FloatArray:
    """Null mean, its band, the limits anywhere and p, one row per place."""
    if profile is None or profile.observed.size != size:
        return np.full((size, 6), NAN)
    low = profile.null_mean - profile.limit
    if kind == "absolute":
        # No absolute value is below 0: there is no such limit.
        low = np.where(low > 0, low, NAN)
    return np.column_stack(
        [
            *(profile.null_mean, profile.null_low, profile.null_high),
            *(low, profile.null_mean + profile.limit, profile.p),
        ]
    )


def lag_data(chance: SynchronyChance) -> pd.DataFrame:
    """Mean over the windows at every lag, signed and absolute, beside chance.

    Returns
    -------
    DataFrame
        kind (``signed``, ``absolute``), lag_s, value, null_mean, null_low, null_high, limit_low,
        limit_high, p.
    """
    return _profiles(
        chance, {"signed": "lag_mean_z", "absolute": "lag_mean_abs_z"}, ("kind", "lag_s")
    )


def onset_data(tests: Sequence[tuple[str, SynchronyChance]]) -> pd.DataFrame:
    """Mean value by time from onset, beside the same epochs placed elsewhere.

    Parameters
    ----------
    tests : sequence of (kind, SynchronyChance)
        ``("absolute", test)``, ``("signed", test)`` from `compare_epochs`.

    Returns
    -------
    DataFrame
        kind, from_onset_s, value, null_mean, null_low, null_high, limit_low, limit_high, p.
    """
    import pandas as pd

    head = ("kind", "from_onset_s")
    frames = [_profiles(test, {kind: "around_onset"}, head) for kind, test in tests]
    return pd.concat(frames, ignore_index=True)


def _profiles(
    chance: SynchronyChance, kinds: dict[str, str], head: tuple[str, str]
) -> pd.DataFrame:
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for kind, name in kinds.items():
        profile = chance.profiles.get(name)
        if profile is not None:
            null = _columns(profile, profile.observed.size, kind)
            rows += [
                (kind, at, value, *beside)
                for at, value, beside in zip(profile.at_s, profile.observed, null, strict=True)
            ]
    names = ("value", "null_mean", "null_low", "null_high", "limit_low", "limit_high", "p")
    return pd.DataFrame(rows, columns=[*head, *names])


# -- signals ---------------------------------------------------------------------------------------


def signal_data(
    signals: tuple[Signal, Signal],
    table: CrossTable | None = None,
    chance: SynchronyChance | None = None,
    artefacts: Artefacts | None = None,
    *,
    samples: int = SAMPLES,
) -> pd.DataFrame:
    """Both signals with the windows that leave what chance gives anywhere, and what is suspicious.

    Parameters
    ----------
    signals : (Signal, Signal)
    table, chance : CrossTable and SynchronyChance, optional
    artefacts : Artefacts, optional
    samples : int, default 1200
        Most points per signal; beyond, means of equal stretches with their extremes.

    Returns
    -------
    DataFrame
        layer, who, time_s, end_s, value, low, high, label. Layers: ``signal``; ``missing``;
        ``window`` (who = absolute or signed, label = more or less than chance, joined where
        windows overlap); ``artefact`` (who = partner, empty for both; label = kind).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for signal in signals:
        rows += _signal_rows(signal, samples)
    if table is not None and chance is not None:
        for kind, name in (("absolute", "window_mean_abs_z"), ("signed", "window_mean_z")):
            rows += _leaving(table, chance.profiles.get(name), kind)
    first, last = signals[0].start_s, signals[0].start_s + len(signals[0]) / signals[0].rate_hz
    for found in artefacts.found if artefacts is not None else ():
        start, end = max(found.start_s, first), min(found.end_s, last)
        if end > start:
            rows.append(("artefact", found.partner, start, end, found.value, NAN, NAN, found.kind))
    columns = ["layer", "who", "time_s", "end_s", "value", "low", "high", "label"]
    return pd.DataFrame(rows, columns=columns)


def _signal_rows(signal: Signal, most: int) -> list[tuple[object, ...]]:
    every = max(1, -(-len(signal) // most))
    rows: list[tuple[object, ...]] = []
    for k in range(0, len(signal), every):
        part = signal.values[k : k + every]  # noqa: PD011
        part = part[np.isfinite(part)]
        at = signal.start_s + k / signal.rate_hz
        end = at + every / signal.rate_hz
        numbers = (part.mean(), part.min(), part.max()) if part.size else (NAN,) * 3
        rows.append(("signal", signal.partner, at, end, *numbers, ""))
    seen = signal.observed
    edges = [signal.start_s, *np.column_stack([seen.starts, seen.ends]).ravel().tolist()]
    edges.append(signal.start_s + len(signal) / signal.rate_hz)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end > start:
            rows.append(("missing", signal.partner, start, end, NAN, NAN, NAN, ""))
    return rows


def _leaving(
    table: CrossTable, profile: ChanceProfile | None, kind: str
) -> list[tuple[object, ...]]:
    """Stretches of time that windows beyond the limit anywhere cover."""
    if profile is None:
        return []
    rows: list[tuple[object, ...]] = []
    for label, sign in (("more", 1.0), ("less", -1.0)):
        beyond = (profile.p <= ALPHA) & (sign * (profile.observed - profile.null_mean) > 0)
        start = end = NAN
        for k in np.flatnonzero(beyond):
            low, high = float(table.grid.starts_s[k]), float(table.grid.ends_s[k])
            if low > end or np.isnan(end):
                if not np.isnan(end):
                    rows.append(("window", kind, start, end, NAN, NAN, NAN, label))
                start = low
            end = high
        if not np.isnan(end):
            rows.append(("window", kind, start, end, NAN, NAN, NAN, label))
    return rows


# -- beside chance ---------------------------------------------------------------------------------

CHANCE_LAYERS = ("layer", "statistic", "label", "value", "height", "low", "high", "p")


def record_chance_data(
    chance: SynchronyChance, statistics: Sequence[str] = ("mean_abs_z", "mean_z", "lag_zero_z")
) -> pd.DataFrame:
    """One record beside its surrogates.

    Returns
    -------
    DataFrame
        layer, statistic, label, value, height, low, high, p. Layers: ``null`` (a density: value,
        height), ``null_mean`` (with the middle 95 % of the surrogates), ``seen`` (with p).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for name in (name for name in statistics if name in chance):
        row = chance[name]
        rows += _density_rows("null", name, chance.draws.get(name, np.empty(0)))
        null = (row.null_mean, NAN, row.null_low, row.null_high, NAN)
        rows.append(("null_mean", name, chance.method, *null))
        rows.append(("seen", name, "", row.observed, NAN, NAN, NAN, row.p))
    return pd.DataFrame(rows, columns=list(CHANCE_LAYERS))


def study_chance_data(
    pairings: SignalPairings,
    pairing: SynchronyChance | None = None,
    combined: SynchronyChance | None = None,
    statistics: Sequence[str] = ("mean_abs_z", "mean_z"),
) -> pd.DataFrame:
    """Dyads beside strangers, and the mean over dyads beside both nulls.

    Returns
    -------
    DataFrame
        layer, statistic, label, value, height, low, high, p. Layers: ``strangers`` (density of all
        pairs of first and second partners who never met), ``dyad`` (label = dyad), ``mean`` (of the
        dyads, with the 95 % t interval over dyads), ``null_mean`` (label = method: the mean of the
        same number of re-paired or rotated dyads, with its middle 95 % and p), ``legacy_d``
        (Cohen's d of dyads against strangers; pairs of strangers depend on each other, so it has
        neither p nor interval).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for name in (name for name in statistics if name in pairings.values):  # noqa: PD011
        own, strangers = split_pairings(pairings, name)
        rows += _density_rows("strangers", name, strangers)
        for dyad, value in zip(pairings.dyads, own.tolist(), strict=True):
            rows.append(("dyad", name, dyad, value, NAN, NAN, NAN, NAN))
        known = own[np.isfinite(own)]
        low, high = mean_interval(known)
        middle = float(known.mean()) if known.size else NAN
        rows.append(("mean", name, "", middle, NAN, low, high, NAN))
        for test in (pairing, combined):
            if test is not None and name in test:
                row = test[name]
                null = (row.null_mean, NAN, row.null_low, row.null_high, row.p)
                rows.append(("null_mean", name, test.method, *null))
        rows.append(("legacy_d", name, "", cohens_d(known, strangers), NAN, NAN, NAN, NAN))
    return pd.DataFrame(rows, columns=list(CHANCE_LAYERS))


def split_pairings(pairings: SignalPairings, name: str) -> tuple[FloatArray, FloatArray]:
    """Values of the real dyads, and of all first partners with second partners of other dyads."""
    size = len(pairings.dyads)
    block = pairings.values[name][:size, size:]  # noqa: PD011
    strangers = block[~np.eye(size, dtype=np.bool_)]
    return np.diag(block).copy(), strangers[np.isfinite(strangers)]


def mean_interval(values: FloatArray) -> tuple[float, float]:
    """The 95 % t interval of a mean over dyads; nan below three."""
    if values.size < 3:
        return NAN, NAN
    from scipy.stats import t

    half = float(t.ppf(0.975, values.size - 1) * values.std(ddof=1) / np.sqrt(values.size))
    return float(values.mean()) - half, float(values.mean()) + half


def cohens_d(own: FloatArray, others: FloatArray) -> float:
    """Difference of the means over the pooled SD; nan where undefined."""
    freedom = own.size + others.size - 2
    if own.size < 2 or others.size < 2:
        return NAN
    squares = (own.size - 1) * own.var(ddof=1) + (others.size - 1) * others.var(ddof=1)
    spread = float(np.sqrt(squares / freedom))
    return float(own.mean() - others.mean()) / spread if spread > 0 else NAN


def _density_rows(layer: str, name: str, values: FloatArray) -> list[tuple[object, ...]]:
    at, height = density(values)
    return [
        (layer, name, "", x, y, NAN, NAN, NAN)
        for x, y in zip(at.tolist(), height.tolist(), strict=True)
    ]


def density(values: FloatArray, points: int = 160) -> tuple[FloatArray, FloatArray]:
    """Gaussian kernel density, 1 at its highest; empty below five different values.

    The width is Silverman's (1986): 0.9 min(SD, IQR / 1.34) n^(-1/5).
    """
    known = values[np.isfinite(values)]
    if np.unique(known).size < 5:
        return np.empty(0), np.empty(0)
    low, high = np.quantile(known, [0.25, 0.75])
    spread = min(float(known.std(ddof=1)), float(high - low) / 1.34) or float(known.std(ddof=1))
    width = 0.9 * spread * known.size**-0.2
    at = np.linspace(known.min() - 3 * width, known.max() + 3 * width, points)
    height = np.exp(-0.5 * ((at[:, None] - known[None, :]) / width) ** 2).sum(axis=1)
    return at, height / height.max()
