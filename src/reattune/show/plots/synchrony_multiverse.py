"""Every combination of settings: effects in order beside chance, and p over the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.core.errors import SettingError
from reattune.show import style as look
from reattune.show.style import clear_ground, drawing, new_figure
from reattune.show.synchrony_multiverse import ALPHA, curve_data, map_data
from reattune.synchrony_multiverse import SynchronyMultiverse

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SETTINGS = {
    "window_s": "window",
    "max_lag_s": "largest lag",
    "step_s": "step",
    "smoothing_s": "smoothing",
}


def plot_synchrony_multiverse(
    found: SynchronyMultiverse,
    statistic: str | None = None,
    null: str | None = None,
    *,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """The specification curve: effects in order, each over its null; dots say which settings.

    Filled: bare p of at most .05. The line is the median over all combinations, the grey line what
    it is by chance; no combination is better than another.

    Parameters
    ----------
    found : SynchronyMultiverse
    statistic, null : str, optional
        The first ones by default.
    ax : Axes, optional
        Draws the curve without the dots of settings.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The curve.

    Raises
    ------
    SettingError
        For a statistic or null that was not gone through.
    """
    frame = curve_data(found, *_choose(found, statistic, null))
    settings = [name for name in SETTINGS if len(set(frame[name])) > 1]
    with drawing(**style):
        lower = None
        if ax is None:
            n = sum(len(set(frame[name])) for name in settings)
            figure = new_figure(9.6, 3.0 + 0.19 * n + 0.1 * len(settings))
            if settings:
                ax, lower = figure.subplots(
                    2, 1, sharex=True, height_ratios=[2.6, 0.19 * n + 0.1 * len(settings)]
                )
            else:
                ax = figure.subplots()
        clear_ground(ax)
        _draw_curve(ax, frame)
        if lower is not None:
            clear_ground(lower)
            _draw_dots(lower, frame, settings)
    return ax


def _choose(found: SynchronyMultiverse, statistic: str | None, null: str | None) -> tuple[str, str]:
    chosen = (statistic or found.grid.statistic[0], null or found.nulls[0])
    if not found.select(*chosen):
        told = f"one of {', '.join(found.grid.statistic)} under {', '.join(found.nulls)}"
        raise SettingError("statistic, null", chosen, told)
    return chosen


def _draw_curve(ax: Axes, frame: pd.DataFrame) -> None:
    x = frame["rank"].to_numpy(dtype=np.float64)
    low, high = (frame[name].to_numpy(dtype=np.float64) for name in ("effect_low", "effect_high"))
    if x.size:
        edges = np.concatenate([[x[0] - 0.5], x + 0.5])
        ax.stairs(high, edges, baseline=low, fill=True, color=look.NULL_BAND, gid="null-band")
    ax.axhline(0, color=look.NULL, lw=1.4, gid="null")
    small = frame["p"].to_numpy(dtype=np.float64) <= ALPHA
    effect = frame["effect"].to_numpy(dtype=np.float64)
    for chosen, fill, gid in ((small, look.INK, "small-p"), (~small, "none", "large-p")):
        ax.plot(x[chosen], effect[chosen], "o", ms=4.2, mec=look.INK, mfc=fill, mew=0.9, gid=gid)
    middle = frame["median"].to_numpy(dtype=np.float64)
    if middle.size and np.isfinite(middle[0]):
        ax.axhline(float(middle[0]), color=look.INK, lw=0.9, ls="--", gid="median")
        ax.annotate(
            "median", (1.0, float(middle[0])), xycoords=("axes fraction", "data"), ha="right",
            va="bottom", color=look.QUIET, size=8.5,
        )  # fmt: skip
    ax.set_ylabel("effect (null SDs)")
    ax.set_xlim(-0.8, max(1, len(frame)) - 0.2)
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.spines["bottom"].set_visible(False)


def _draw_dots(ax: Axes, frame: pd.DataFrame, settings: list[str]) -> None:
    y, places, texts = 0.0, [], []
    for name in settings:
        for value in sorted(set(frame[name])):
            own = frame[frame[name] == value]
            small = own["p"].to_numpy(dtype=np.float64) <= ALPHA
            rank = own["rank"].to_numpy(dtype=np.float64)
            ax.plot(rank[small], np.full(small.sum(), y), "o", ms=3.0, color=look.INK,
                    gid=f"{name}-small")  # fmt: skip
            ax.plot(rank[~small], np.full((~small).sum(), y), "o", ms=3.0, mfc="none",
                    mec=look.QUIET, mew=0.7, gid=f"{name}-large")  # fmt: skip
            ax.axhline(y, color=look.FAINT, lw=0.5, zorder=0)
            places.append(y)
            none = value == 0 and name == "smoothing_s"
            texts.append(f"{SETTINGS[name]} {'none' if none else f'{value:g} s'}")
            y += 1
        y += 0.6
    ax.set_ylim(y - 0.9, -0.7)
    ax.set_yticks(places, texts)
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel("combinations in the order of their effect")


def plot_multiverse_map(
    found: SynchronyMultiverse,
    statistic: str | None = None,
    null: str | None = None,
    *,
    ax: Axes | None = None,
    **style: Any,
) -> Axes:
    """P of every combination on the grid of settings; the smaller p, the darker the cell.

    Rows: windows and largest lags; columns: smoothing and steps.

    Parameters
    ----------
    found : SynchronyMultiverse
    statistic, null : str, optional
        The first ones by default.
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    frame = map_data(found, *_choose(found, statistic, null))
    rows = list(dict.fromkeys(frame["row"]))
    columns = list(dict.fromkeys(frame["column"]))
    with drawing(**style):
        if ax is None:
            ax = new_figure(2.6 + 0.95 * len(columns), 0.9 + 0.36 * len(rows)).subplots()
        clear_ground(ax)
        for cell in frame.to_dict("records"):
            x, y = columns.index(cell["column"]), rows.index(cell["row"])
            _draw_cell(ax, x, y, cell)
        ax.set_xlim(-0.5, len(columns) - 0.5)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        ax.xaxis.tick_top()
        ax.tick_params(axis="x", length=0)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
    return ax


def _draw_cell(ax: Axes, x: int, y: int, cell: dict[Any, Any]) -> None:
    from matplotlib.patches import Rectangle

    p = float(cell["p"])
    if np.isnan(p):
        ax.add_patch(
            Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, fc="none", ec=look.HATCH,
                      hatch=look.HATCH_PATTERN, lw=0, gid="refused")
        )  # fmt: skip
        return
    # .001 and below is full, 1 is empty.
    depth = min(1.0, -np.log10(max(p, 1e-3)) / 3)
    ax.add_patch(
        Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, fc=look.NULL, ec="none", alpha=0.85 * depth,
                  gid="cell")
    )  # fmt: skip
    bold = "bold" if p <= ALPHA else "normal"
    ax.text(x, y, str(cell["label"]), ha="center", va="center", size=8.5, weight=bold,
            color=look.INK)  # fmt: skip
