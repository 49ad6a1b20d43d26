"""One record: are two signals tied to each other more, or less, than when they are moved apart?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.streams import Signal
from reattune.surrogates.decide import ChanceWarning
from reattune.surrogates.ranks import BAND, ChanceStatistic, quantile, rank
from reattune.synchrony import (
    CrossCorrelation,
    CrossStatistics,
    correlate_moved,
    correlate_surrogates,
    cut_to_common,
    lay_out,
)
from reattune.synchrony_tests.made import (
    randomize_phases,
    randomize_phases_keeping_values,
    shuffle_segments,
)
from reattune.synchrony_tests.moves import plan_moves
from reattune.synchrony_tests.results import ChanceProfile, SynchronyChance
from reattune.synchrony_tests.warnings import caution

FloatArray = NDArray[np.float64]
Null = Literal["rotate", "phase_randomised", "iaaft", "segment_shuffle"]
NULLS: tuple[Null, ...] = get_args(Null)

MIN_WINDOWS = 10
FEW_WINDOWS = 20
MIN_ALIGNMENTS = 40
MANY_MISSING = 0.2
# Made anew from a spectrum; of unrelated bursts with rests they reject .88 and .50 at .05.
REMADE: tuple[Null, ...] = ("phase_randomised", "iaaft")
MOST_REST = 0.1


def compare_record(
    x: ArrayLike | Signal,
    y: ArrayLike | Signal,
    settings: CrossCorrelation | None = None,
    *,
    rng: np.random.Generator,
    rate_hz: float | None = None,
    n: int = 999,
    null: Null = "rotate",
    blocks: float | str | None = "auto",
    partners: tuple[str, str] | None = None,
) -> SynchronyChance:
    """Synchrony of one record beside what the same signals give when not tied to each other.

    Parameters
    ----------
    x, y : Signal, or array_like of float, shape (n_samples,)
        nan = missing.
    settings : CrossCorrelation, optional
    rng : numpy.random.Generator
    rate_hz : float
        Needed for arrays.
    n : int, default 999
        Surrogates.
    null : str, default "rotate"
        ``"rotate"`` lets every window of the first partner meet another stretch of the second,
        inside blocks: keeps all of both signals but which moments meet. ``"phase_randomised"`` and
        ``"iaaft"`` make the second signal anew from its spectrum (iaaft keeps its values, too);
        refused where more than a tenth of a signal is one value, as in motion energy at rest.
        ``"segment_shuffle"`` puts segments of one window's length in random order; it breaks slow
        change and is offered for comparison only.
    blocks : "auto", float or None
        Of the rotation; see `plan_moves`.
    partners : (str, str), optional

    Returns
    -------
    SynchronyChance
        ``mean_z`` (signed) and ``mean_abs_z`` over all cells, the same by who leads and at lag
        zero, and ``lead_difference`` (first leads minus second leads, of absolute values); with
        ``fisher_z=False`` they are of r. Profiles over windows and over lags, corrected for
        looking at all of them.

    Raises
    ------
    SettingError
        As `cross_correlate`.

    Notes
    -----
    p is two-sided, as in `reattune.surrogates.ranks.two_sided_p`. Profiles: with d the distance of
    a place from its null mean, p = (1 + #{surrogates whose largest d anywhere >= d}) / (1 + B)
    (single-step maximum statistic, Westfall and Young 1993); absolute values, so two-sided.

    Examples
    --------
    >>> import numpy as np
    >>> from reattune.synchrony import CrossCorrelation, Windows
    >>> rng = np.random.default_rng(4)
    >>> x, y = rng.normal(size=(2, 3000))
    >>> settings = CrossCorrelation(Windows(10, 5, 2))
    >>> chance = compare_record(x, y, settings, rate_hz=10, rng=rng, n=99)
    >>> bool(chance["mean_abs_z"].p > 0.05)
    True
    """
    check_option("null", null, NULLS)
    settings = settings or CrossCorrelation()
    first, second, rate, names = cut_to_common(x, y, rate_hz, partners)
    grid = lay_out(first.size, rate, settings)
    own = correlate_moved(
        first, second, np.zeros((1, grid.starts.size), np.int64), settings, rate_hz=rate
    )
    edges, ways = np.array([0, grid.n_samples]), math.inf
    if null == "rotate":
        plan = plan_moves(grid, rng=rng, n=n, blocks=blocks)
        edges, ways = plan.edges, plan.n_alignments
        made = correlate_moved(first, second, plan.moves, settings, rate_hz=rate)
    else:
        made = correlate_surrogates(
            first, _make(second, null, grid.window, n, rng), settings, rate_hz=rate
        )
    missing = max(float(np.isnan(s).mean()) for s in (first, second))
    refused = _refuse(own, ways)
    if null in REMADE and max(find_rest_prop(s) for s in (first, second)) > MOST_REST:
        refused = refused or "R_RESTS"
    now, drawn = measure_statistics(own), measure_statistics(made)
    return SynchronyChance(
        method=null,
        partners=names,
        statistics=tuple(
            rank(name, float(value[0]), drawn[name], refused=refused) for name, value in now.items()
        ),
        warnings=_warn(own, null, edges.size - 1, missing),
        profiles=_profiles(own, made, refused),
        blocks=edges.size - 1,
        block_s=float(np.diff(edges).mean()) / rate,
        n_alignments=ways,
        n_drawn=len(made),
        n_windows=int(np.isfinite(own.window_mean[0]).sum()),
        draws=drawn,
    )


def _make(
    values: FloatArray, null: Null, window: int, n: int, rng: np.random.Generator
) -> Iterator[FloatArray]:
    # One child generator per surrogate: the result does not depend on order or workers.
    for child in rng.spawn(n):
        if null == "phase_randomised":
            yield randomize_phases(values, rng=child)
        elif null == "iaaft":
            yield randomize_phases_keeping_values(values, rng=child)
        else:
            yield shuffle_segments(values, window, rng=child)


def find_rest_prop(values: FloatArray) -> float:
    """Share of the observed samples that are the most frequent value: the rests of a burst signal.

    0 where every sample is different, or none was observed.
    """
    seen = values[np.isfinite(values)]
    if not seen.size:
        return 0.0
    most = int(np.unique(seen, return_counts=True)[1].max())
    return most / seen.size if most > 1 else 0.0


def measure_statistics(found: CrossStatistics) -> dict[str, FloatArray]:
    """The statistics that are tested, one value per row of ``found``."""
    middle = found.lag_mean.shape[1] // 2
    parts = {
        "first_leads": slice(middle + 1, None),
        "second_leads": slice(0, middle),
        "lag_zero": slice(middle, middle + 1),
    }
    values = {"mean_z": found.mean, "mean_abs_z": found.mean_abs}
    for kind, table in (("z", found.lag_mean), ("abs_z", found.lag_mean_abs)):
        for name, part in parts.items():
            values[f"{name}_{kind}"] = _mean_rows(table[:, part])
    values["lead_difference"] = values["first_leads_abs_z"] - values["second_leads_abs_z"]
    return values


def _mean_rows(table: FloatArray) -> FloatArray:
    known = np.isfinite(table)
    n = known.sum(axis=1)
    total = np.where(known, table, 0.0).sum(axis=1)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def _refuse(own: CrossStatistics, ways: float) -> str:
    if int(np.isfinite(own.window_mean[0]).sum()) < MIN_WINDOWS:
        return "R_WINDOWS"
    return "R_SHIFTS" if ways < MIN_ALIGNMENTS else ""


def _warn(
    own: CrossStatistics, null: Null, blocks: int, missing: float
) -> tuple[ChanceWarning, ...]:
    found = []
    if MIN_WINDOWS <= int(np.isfinite(own.window_mean[0]).sum()) < FEW_WINDOWS:
        found.append(caution("W_WINDOWS"))
    if null == "rotate" and blocks == 1:
        found.append(caution("W_DRIFT"))
    if null in ("phase_randomised", "iaaft", "segment_shuffle"):
        found.append(caution(f"W_{null.upper()}"))
    if missing > MANY_MISSING:
        found.append(caution("W_MISSING"))
    return tuple(found)


def _profiles(
    own: CrossStatistics, made: CrossStatistics, refused: str
) -> dict[str, ChanceProfile]:
    grid = own.grid
    found = {}
    for place, at_s in (("window", grid.centres_s), ("lag", grid.lags_s)):
        for kind in ("mean", "mean_abs"):
            name = f"{place}_{kind}"
            observed, null = getattr(own, name)[0], getattr(made, name)
            found[f"{name}_z"] = compare_profile(f"{name}_z", at_s, observed, null, refused)
    return found


def compare_profile(
    name: str, at_s: FloatArray, observed: FloatArray, null: FloatArray, refused: str = ""
) -> ChanceProfile:
    """A row of values beside the rows of its surrogates, corrected for looking everywhere.

    Parameters
    ----------
    name : str
    at_s, observed : array of float, shape (k,)
    null : array of float, shape (n, k)
    refused : str
        When not empty, no p.
    """
    known = np.isfinite(null)
    n = known.sum(axis=0)
    # A place is judged where nine tenths of its surrogates are defined.
    usable = (n >= 0.9 * null.shape[0]) & np.isfinite(observed) & (n > 1)
    held = np.where(known, null, np.nan)
    mean = np.full(observed.size, np.nan)
    low, high = mean.copy(), mean.copy()
    for k in np.flatnonzero(usable):
        column = held[known[:, k], k]
        mean[k] = column.mean()
        low[k], high[k] = quantile(column, BAND[0]), quantile(column, BAND[1])
    p = np.full(observed.size, np.nan)
    limit = math.nan
    if usable.any():
        distance = np.abs(held[:, usable] - mean[usable])
        largest = np.where(known[:, usable], distance, 0.0).max(axis=1)
        limit = quantile(largest, 0.95)
        if not refused:
            own = np.abs(observed[usable] - mean[usable])
            above = (largest[:, None] >= own[None, :] - 1e-12).sum(axis=0)
            p[usable] = (1 + above) / (1 + largest.size)
    return ChanceProfile(name, at_s, observed, mean, low, high, p, limit)


def combine_records(tests: list[SynchronyChance]) -> SynchronyChance:
    """Several records beside their surrogates, drawn independently: means over records.

    Parameters
    ----------
    tests : list of SynchronyChance
        From `compare_record`, with equal settings and equally many surrogates.

    Returns
    -------
    SynchronyChance
        Every statistic is the mean over the records in which it is defined.

    Raises
    ------
    SettingError
        Without records, or with unequal numbers of surrogates.
    """
    kept = [test for test in tests if not all(row.refused for row in test.statistics)]
    if not kept:
        raise SettingError("records", len(tests), "at least one record with enough windows")
    sizes = {test.n_drawn for test in kept}
    if len(sizes) > 1:
        raise SettingError("records", sorted(sizes), "equally many surrogates of every record")
    statistics: list[ChanceStatistic] = []
    draws = {}
    for name in kept[0].names:
        rows = [test for test in kept if math.isfinite(test[name].observed)]
        if not rows:
            continue
        draws[name] = _mean_rows(np.array([test.draws[name] for test in rows]).T)
        observed = float(np.mean([test[name].observed for test in rows]))
        statistics.append(rank(name, observed, draws[name]))
    codes = {warning.code: warning for test in kept for warning in test.warnings}
    return SynchronyChance(
        method="combine_records",
        partners=kept[0].partners,
        statistics=tuple(statistics),
        warnings=tuple(codes.values()),
        blocks=min(test.blocks for test in kept),
        block_s=float(np.mean([test.block_s for test in kept])),
        n_drawn=sizes.pop(),
        n_windows=sum(test.n_windows for test in kept),
        n_records=len(kept),
        draws=draws,
    )
