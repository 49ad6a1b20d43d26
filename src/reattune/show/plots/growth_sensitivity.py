"""Every choice looked at: windows and forgetting, and how fast load gathers and wears off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.growth_pipeline import GrowthAnalysis
from reattune.show import style as look
from reattune.show.growth_data import sensitivity_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHAPES = ("v", "o", "^", "s", "D")


def plot_growth_sensitivity(
    growth: GrowthAnalysis, *, ax: Axes | None = None, **style: Any
) -> Axes:
    """Repair expectancy by window and forgetting; beside it the slope for every choice of load.

    Parameters
    ----------
    growth : GrowthAnalysis
    ax : Axes, optional
        Draws the repair expectancy alone there.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = sensitivity_data(growth)
    slopes = frame[frame["what"] == "slope"]
    known = bool(slopes["value"].notna().any())
    with drawing(**style):
        right = None
        if ax is None and known:
            figure = new_figure(9.4, 3.7)
            ax, right = figure.subplots(1, 2, width_ratios=[1, 1.1])
        elif ax is None:
            ax = new_figure(5.0, 3.4).subplots()
        clear_ground(ax)
        _draw_expectancy(ax, frame)
        if right is not None:
            clear_ground(right)
            _draw_slopes(right, slopes)
    return ax


def _draw_expectancy(ax: Axes, frame: pd.DataFrame) -> None:
    record = frame[frame["what"] == "record"].sort_values("window_s")
    windows = list(record["window_s"])
    for x, row in enumerate(record.to_dict("records")):
        if np.isfinite(row["null_mean"]):
            ax.fill_between(
                [x - 0.36, x + 0.36], row["null_low"], row["null_high"], color=look.NULL_BAND,
                lw=0, gid="null-band",
            )  # fmt: skip
            ax.plot(
                [x - 0.36, x + 0.36], [row["null_mean"]] * 2, color=look.NULL, lw=1.6, gid="null"
            )
    cells = frame[frame["what"] == "expectancy"]
    kept = sorted(set(cells["forgetting"]))
    for at, (g, shape) in enumerate(zip(kept, _SHAPES, strict=False)):
        part = cells[cells["forgetting"] == g]
        places = np.array([windows.index(w) for w in part["window_s"]], dtype=np.float64)
        places += (at - (len(kept) - 1) / 2) * 0.2
        ax.plot(
            places, part["value"], shape, ms=5.5, color=look.QUIET, mfc="none", mew=1.0,
            label=f"keeping {g:g}", gid="expectancy",
        )  # fmt: skip
        used = part["chosen"].to_numpy() == 1
        ax.plot(places[used], part["value"][used], shape, ms=6.5, color=look.INK, gid="chosen")
    ax.set_xticks(range(len(windows)), [f"{w:g} s" for w in windows])
    ax.set_xlim(-0.6, len(windows) - 0.4)
    ax.set_ylim(0, 1.03)
    ax.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
    ax.grid(axis="y", color=look.FAINT, lw=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel("repaired within")
    ax.set_title("repair expectancy")
    ax.legend(loc="lower right", title="from session to session", title_fontsize=8)


def _draw_slopes(ax: Axes, frame: pd.DataFrame) -> None:
    ax.set_xscale("log")
    ax.axvline(1.0, color=look.NULL, lw=1.2, zorder=0, gid="null")
    texts = []
    for y, row in enumerate(frame.to_dict("records")):
        chosen = row["chosen"] == 1
        texts.append(f"{row['up_s']:g} / {row['down_s']:g}")
        if not np.isfinite(row["value"]):
            continue
        colour = look.INK if chosen else look.QUIET
        ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=1.6 if chosen else 1.0)
        ax.plot(
            row["value"], y, "D", ms=6 if chosen else 4.5, color=colour,
            mfc=colour if chosen else "none", gid="chosen-slope" if chosen else "slope",
        )  # fmt: skip
    ax.set_yticks(range(len(texts)), texts)
    for tick, chosen in zip(ax.get_yticklabels(), frame["chosen"], strict=True):
        tick.set_fontweight("bold" if chosen == 1 else "normal")
    ax.set_ylim(len(texts) - 0.4, -0.6)
    ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10)
    ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ends = frame[["low", "high"]].to_numpy(dtype=np.float64).ravel()
    ends = ends[np.isfinite(ends) & (ends > 0)]
    if ends.size:
        ax.set_xlim(min(0.45, float(ends.min()) * 0.93), max(1.2, float(ends.max()) * 1.08))
    ax.set_ylabel("load gathers / wears off (s)")
    ax.set_xlabel("turns to negative, end over start")
    ax.set_title("every choice of load")
