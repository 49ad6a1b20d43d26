"""Pictures of a comparison: forest, a dot for every dyad, curves by group, slopes.

Groups are greys and shapes: blue and vermilion belong to the partners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.comparison import Comparison
from reattune.show import style as look
from reattune.show.comparison_data import curves_data, dots_data, forest_data
from reattune.show.comparison_words import part_title
from reattune.show.phrases import phase_name
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1, 2)), "-", "--", ":", "-.")
SHADES = (look.INK, look.QUIET)
SHOWN_SHARE = 0.97
_ROW = 0.27
_LIMIT = 32.0


def plot_forest(comparison: Comparison, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Every comparison with its 95 % interval; grey: what this study could not have told apart.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
        Draws the ratios there, or the differences where there is no ratio.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = forest_data(comparison)
    scales = [s for s in ("ratio", "difference") if (frame["scale"] == s).any()] or ["ratio"]
    with drawing(**style):
        if ax is not None:
            scales, axes = scales[:1], [ax]
        else:
            sizes = [max(int((frame["scale"] == s).sum()), 1) for s in scales]
            figure = new_figure(7.6, 1.0 + _ROW * sum(sizes) + 0.75 * len(scales))
            grid = figure.subplots(
                len(scales), 1, squeeze=False, height_ratios=[n + 1.5 for n in sizes]
            )
            axes = list(grid[:, 0])
        for panel, scale in zip(axes, scales, strict=True):
            _draw_forest(panel, frame[frame["scale"] == scale], scale)
    return axes[0]


def _draw_forest(ax: Axes, frame: pd.DataFrame, scale: str) -> None:
    clear_ground(ax)
    y = np.arange(len(frame), dtype=np.float64)
    null = 1.0 if scale == "ratio" else 0.0
    ends = _ends(frame, scale)
    if scale == "ratio":
        ax.set_xscale("log")
        places = [p for p in _ticks(ends[1]) if ends[0] <= p <= ends[1]]
        ax.set_xticks(places, [f"{p:g}" for p in places])
        ax.minorticks_off()
        ax.set_xlabel("ratio")
    else:
        ax.set_xlabel("difference (shares: 0.1 = 10 points)")
    ax.set_xlim(*ends)
    low, high = (np.clip(frame[name], *ends) for name in ("seen_below", "seen_above"))
    ax.hlines(y, low, high, color=look.NULL_BAND, lw=9, gid="null-band", zorder=0.6)
    ax.axvline(null, color=look.NULL, lw=1.0, ls=(0, (4, 2)), gid="null", zorder=0.8)
    low, high = (np.clip(frame[name], *ends) for name in ("low", "high"))
    ax.hlines(y, low, high, color=look.INK, lw=1.4, gid="interval")
    inside = frame["value"].between(*ends)
    ax.plot(
        frame["value"][inside], y[inside.to_numpy()], ls="none", marker="D", ms=5, mew=0,
        color=look.INK, gid="seen",
    )  # fmt: skip
    texts = [
        f"{part}: {label}" if part else label
        for part, label in zip(frame["part"], frame["label"], strict=True)
    ]
    several = len(set(frame["effect"])) > 1
    if several:
        texts = [f"{text}, {told}" for text, told in zip(texts, frame["effect"], strict=True)]
    ax.set_yticks(y, texts)
    ax.set_ylim(len(frame) - 0.4, -0.6)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=look.FAINT, lw=0.6)
    ax.set_axisbelow(True)
    if not several and len(frame):
        ax.set_title(str(frame["effect"].iloc[0]))


def _ticks(widest: float) -> tuple[float, ...]:
    """Ratios to mark, mirror images of each other."""
    if widest < 2.2:
        return (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0)
    if widest < 6:
        return (0.2, 0.33, 0.5, 1.0, 2.0, 3.0, 5.0)
    return (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


def _ends(frame: pd.DataFrame, scale: str) -> tuple[float, float]:
    """Limits of the axis: all intervals, but not farther than can be read."""
    names = ["value", "low", "high", "seen_below", "seen_above"]
    values = frame[names].to_numpy(dtype=np.float64).ravel()
    values = values[np.isfinite(values)]
    if scale == "ratio":
        widest = np.abs(np.log(values[values > 0])).max(initial=np.log(1.5))
        widest = min(float(widest) * 1.1, np.log(_LIMIT))
        return float(np.exp(-widest)), float(np.exp(widest))
    widest = float(np.abs(values).max(initial=0.1)) * 1.1
    return -widest, widest


def plot_dots(
    comparison: Comparison, measure: str, *, ax: Axes | None = None, part: str | None = None,
    **style: Any,
) -> Axes:  # fmt: skip
    """One measure of every dyad: by group with the pooled value, or over a number with its line.

    Parameters
    ----------
    comparison : Comparison
    measure : str
    ax : Axes, optional
    part : str, optional
        The first one by default.
    **style
        Matplotlib settings.
    """
    frame = dots_data(comparison)
    chosen = comparison.parts[0] if part is None else part
    frame = frame[(frame["measure"] == measure) & (frame["part"] == chosen)]
    with drawing(**style):
        if ax is None:
            ax = new_figure(3.4, 2.8).subplots()
        clear_ground(ax)
        if comparison.column.kind == "category":
            _draw_groups(ax, frame, comparison)
        else:
            _draw_number(ax, frame, comparison)
        known = comparison.measures[measure]
        ax.set_ylabel(known.label if len(known.label) < 34 else known.name, fontsize=8.5)
        if known.unit == "share":
            ax.yaxis.set_major_formatter(lambda v, _: f"{100 * v:.0f} %")
        ax.grid(axis="y", color=look.FAINT, lw=0.6)
        ax.set_axisbelow(True)
        if known.form == "rate":
            ax.set_ylim(bottom=0)
    return ax


def _draw_groups(ax: Axes, frame: pd.DataFrame, comparison: Comparison) -> None:
    levels = [v for v in comparison.column.levels if (frame["level"] == v).any()]
    units = frame[frame["layer"] == "unit"]
    place = {level: float(at) for at, level in enumerate(levels)}
    if comparison.column.within:
        for _, own in units.groupby("unit", sort=True):
            own = own.sort_values("level", key=lambda column: column.map(place))
            ax.plot(own["level"].map(place), own["value"], color=look.HATCH, lw=0.7, zorder=1)
    for at, level in enumerate(levels):
        own = units[units["level"] == level].sort_values("value")
        # Dots lie side by side in a fixed order, so that equal results give equal pictures.
        spread = (np.arange(len(own)) % 5 - 2) * (0.0 if comparison.column.within else 0.055)
        ax.plot(
            at + spread, own["value"], ls="none", marker=MARKS[at % 8], ms=4.2, mew=0.8,
            color=look.QUIET, mec=look.QUIET, mfc="none", gid="seen", zorder=2,
        )  # fmt: skip
    pooled = frame[frame["layer"] == "group"]
    x = pooled["level"].map(place).to_numpy(dtype=np.float64) + 0.24
    ax.vlines(x, pooled["low"], pooled["high"], color=look.INK, lw=1.5, gid="pooled-interval")
    ax.plot(x, pooled["value"], ls="none", marker="D", ms=5.2, mew=0, color=look.INK, gid="pooled")
    ax.set_xticks(range(len(levels)), [phase_name(level) for level in levels])
    ax.set_xlim(-0.5, len(levels) - 0.4)


def _draw_number(ax: Axes, frame: pd.DataFrame, comparison: Comparison) -> None:
    units, line = (frame[frame["layer"] == layer] for layer in ("unit", "line"))
    if comparison.column.within:
        for _, own in units.groupby("unit", sort=True):
            own = own.sort_values("x")
            ax.plot(own["x"], own["value"], color=look.HATCH, lw=0.7, zorder=1)
    ax.fill_between(
        line["x"], line["low"], line["high"], color=look.INK, alpha=0.12, lw=0, gid="band"
    )
    ax.plot(line["x"], line["value"], color=look.INK, lw=1.5, gid="pooled")
    ax.plot(
        units["x"], units["value"], ls="none", marker="o", ms=4.0, mew=0.8, color=look.QUIET,
        mec=look.QUIET, mfc="none", gid="seen", zorder=2,
    )  # fmt: skip
    ax.set_xlabel(comparison.column.name)
    if len(units):
        top = max(float(units["value"].max()), float(line["value"].max()) if len(line) else 0.0)
        bottom = min(float(units["value"].min()), 0.0 if top > 0 else top)
        margin = 0.08 * (top - bottom or 1.0)
        ax.set_ylim(bottom - margin if bottom < 0 else bottom, top + margin)


def draw_dots(comparison: Comparison, measures: list[str]) -> Figure:
    """Every `plot_dots`: measures below each other and parts side by side, or three in a row."""
    frame = dots_data(comparison)
    parts = [part for part in comparison.parts if (frame["part"] == part).any()] or [""]
    cells = [(measure, part) for measure in measures for part in parts]
    columns = len(parts) if len(parts) > 1 else min(3, len(cells))
    rows = -(-len(cells) // columns)
    with drawing():
        figure = new_figure(max(5.6, min(10.0, 0.6 + 2.6 * columns)), 2.3 * rows)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        named: set[str] = set()
        for panel, (measure, part) in zip(panels, cells, strict=False):
            if not ((frame["measure"] == measure) & (frame["part"] == part)).any():
                panel.set_axis_off()
                continue
            plot_dots(comparison, measure, ax=panel, part=part)
            if len(parts) > 1 and part != parts[0]:
                panel.set_ylabel("")
            title = part_title(comparison, part)
            if title not in named:
                panel.set_title(title, fontsize=9.0)
                named.add(title)
        for panel in panels[len(cells) :]:
            panel.set_axis_off()
    return figure


def plot_curves(
    comparison: Comparison, *, ax: Axes | None = None, part: str | None = None,
    legend: bool = True, **style: Any,
) -> Axes:  # fmt: skip
    """Share of ruptures repaired within a time, by group, with 95 % limits over dyads.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
    part : str, optional
        The first one with a curve by default.
    legend : bool, default True
    **style
        Matplotlib settings.
    """
    frame = curves_data(comparison)
    parts = list(dict.fromkeys(frame["part"]))
    chosen = part if part is not None else parts[0] if parts else ""
    frame = frame[frame["part"] == chosen]
    with drawing(**style):
        if ax is None:
            ax = new_figure(4.6, 3.2).subplots()
        clear_ground(ax)
        end = 1.0
        for at, level in enumerate(
            v for v in comparison.column.levels if (frame["level"] == v).any()
        ):
            own = frame[frame["level"] == level]
            curve, cut = own[own["layer"] == "curve"], own[own["layer"] == "censored"]
            shade = SHADES[min(at, 1)]
            ax.fill_between(
                curve["time"], curve["low"], curve["high"], step="post", color=shade, alpha=0.13,
                lw=0, gid="band",
            )  # fmt: skip
            ax.step(
                curve["time"], curve["share"], where="post", color=shade, lw=1.6,
                ls=DASHES[at % 8], gid="curve", label=phase_name(level),
            )  # fmt: skip
            ax.plot(
                cut["time"], cut["share"], ls="none", marker="|", ms=6, mew=1.0, color=shade,
                gid="censored",
            )  # fmt: skip
            reached = curve[curve["share"] >= SHOWN_SHARE * curve["share"].max()]["time"]
            end = max(end, float(reached.iloc[0]) if len(reached) else end)
        ax.set_xlim(0, 1.1 * end)
        ax.set_ylim(0, 1.02)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        ax.set_ylabel("repaired (%)")
        unit = "seconds" if comparison.clock == "second" else "meetings"
        ax.set_xlabel(f"{unit} since the rupture began" if unit == "seconds" else "meetings")
        ax.grid(axis="y", color=look.FAINT, lw=0.6)
        ax.set_axisbelow(True)
        title = part_title(comparison, chosen)
        if title:
            ax.set_title(title, fontsize=9.0)
        if legend and len(frame):
            ax.legend(loc="lower right", handlelength=2.6)
    return ax


def draw_curves(comparison: Comparison) -> Figure:
    """`plot_curves` of every part side by side."""
    parts = list(dict.fromkeys(curve.part for curve in comparison.curves)) or [""]
    columns = min(len(parts), 3)
    rows = -(-len(parts) // columns)
    with drawing():
        figure = new_figure(3.4 * columns if columns > 1 else 5.2, 2.9 * rows)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for at, (panel, part) in enumerate(zip(panels, parts, strict=False)):
            plot_curves(comparison, ax=panel, part=part, legend=at == 0)
        for panel in panels[len(parts) :]:
            panel.set_axis_off()
    return figure
