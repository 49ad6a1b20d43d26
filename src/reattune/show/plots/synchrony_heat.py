"""Lags over time: who leads when, what is missing, and which windows leave chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reattune.core.ruptures import Ruptures
from reattune.show import style as look
from reattune.show.plots.marks import add_hatch, label_time
from reattune.show.style import clear_ground, drawing, new_figure
from reattune.show.synchrony_data import ALPHA, heat_data
from reattune.synchrony import CrossTable, LagPath
from reattune.synchrony_tests import SynchronyChance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
WIDTH = 10.0
# Moving together, and in opposite directions. Strength is opacity, so the ground may be dark.
TOGETHER, OPPOSITE = (0.478, 0.310, 0.561), (0.722, 0.525, 0.043)


def plot_synchrony_heat(
    table: CrossTable,
    chance: SynchronyChance | None = None,
    *,
    path: LagPath | None = None,
    ruptures: Ruptures | None = None,
    ax: Axes | None = None,
    frame: pd.DataFrame | None = None,
    title: str = "",
    **style: Any,
) -> Axes:
    """Correlation by lag over time; below it every window's mean beside what chance gives.

    Above lag zero the first partner leads. Purple: both go up and down together; ochre: one goes up
    while the other goes down. Hatched cells are missing. The line is the path of lags that changes
    slowly. Dotted limits: one surrogate in twenty passes them anywhere.

    Parameters
    ----------
    table : CrossTable
    chance : SynchronyChance, optional
        From `compare_record` with the same settings.
    path : LagPath, optional
    ruptures : Ruptures, optional
    ax : Axes, optional
        Draws the map alone there.
    frame : DataFrame, optional
        When it was made already: see `heat_data`.
    title : str
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The map.
    """
    if frame is None:
        frame = heat_data(table, chance, path=path, ruptures=ruptures)
    span = (float(table.grid.starts_s[0]), float(table.grid.ends_s[-1]))
    with drawing(**style):
        lanes: list[Axes] = []
        if ax is None:
            figure = new_figure(WIDTH, 5.2)
            ax, *lanes = figure.subplots(3, 1, sharex=True, height_ratios=[3.2, 1.2, 1.2])
        clear_ground(ax)
        _draw_map(ax, frame, table)
        _draw_path(ax, frame)
        _draw_ruptures(ax, frame, float(table.lags_s[-1]))
        ax.set_title(title)
        for lane, layer in zip(lanes, ("absolute", "signed"), strict=False):
            clear_ground(lane)
            _draw_windows(lane, frame[frame["layer"] == layer], table.options.fisher_z, layer)
        ax.set_xlim(*span)
        label_time(lanes[-1] if lanes else ax, span, "second", name=True)
        if lanes:
            _draw_key(ax.figure, ax, frame)  # type: ignore[arg-type]
    return ax


def _draw_map(ax: Axes, frame: pd.DataFrame, table: CrossTable) -> None:
    cells = frame[frame["layer"] == "cell"]
    full = float(frame.loc[frame["layer"] == "scale", "value"].iloc[0])
    lags = np.unique(cells["lag_s"].to_numpy(dtype=np.float64))
    starts = np.unique(cells["time_s"].to_numpy(dtype=np.float64))
    grid = cells["value"].to_numpy(dtype=np.float64).reshape(starts.size, lags.size).T
    step = float(cells["end_s"].iloc[0] - cells["time_s"].iloc[0])
    half = (lags[-1] - lags[0]) / (lags.size - 1) / 2 if lags.size > 1 else 0.5
    box = (starts[0], starts[-1] + step, lags[0] - half, lags[-1] + half)
    ax.imshow(
        colour_cells(grid, full), extent=box, origin="lower", aspect="auto",
        interpolation="nearest", zorder=1, gid="cells",
    )  # fmt: skip
    for start, low, high in _missing_runs(np.isnan(grid), starts, lags, half):
        add_hatch(ax, [start], [start + step], low, high, "missing")
    ax.axhline(0, color=look.QUIET, lw=0.6, zorder=2)
    ax.set_ylim(box[2], box[3])
    _label_lags(ax, lags, table.partners)


def colour_cells(values: FloatArray, full: float) -> FloatArray:
    """Red, green, blue, opacity of every value; missing ones are empty."""
    colours = np.zeros((*values.shape, 4))
    known = np.isfinite(values)
    part = np.clip(np.abs(np.where(known, values, 0.0)) / full, 0.0, 1.0)
    colours[..., :3] = np.where((values < 0)[..., None], OPPOSITE, TOGETHER)
    # Weak correlations recede.
    colours[..., 3] = np.where(known, 0.92 * part**1.4, 0.0)
    return colours


def _missing_runs(
    missing: NDArray[np.bool_], starts: FloatArray, lags: FloatArray, half: float
) -> list[tuple[float, float, float]]:
    runs = []
    for column, start in enumerate(starts):
        edge = np.diff(np.concatenate([[0], missing[:, column].astype(np.int8), [0]]))
        first, last = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1
        runs += [(start, lags[a] - half, lags[b] + half) for a, b in zip(first, last, strict=True)]
    return runs


def _label_lags(ax: Axes, lags: FloatArray, partners: tuple[str, str]) -> None:
    """The axis in words: the sign of a lag differs between programs."""
    top = float(lags[-1])
    if lags.size < 2:
        ax.set_yticks([0], ["same moment"])
        return
    ticks = [-top, -top / 2, 0, top / 2, top]
    ax.set_yticks(ticks, [f"{abs(t):g} s" if t else "same moment" for t in ticks])
    ax.set_ylim(lags[0], top)
    for y, who, colour in (
        (top, partners[0], look.PARTNERS[0]),
        (-top, partners[1], look.PARTNERS[1]),
    ):
        ax.annotate(
            f"{who} leads", (0, 0.98 if y > 0 else 0.02), xycoords="axes fraction",
            xytext=(4, 0), textcoords="offset points", va="top" if y > 0 else "bottom",
            color=colour, weight="bold", zorder=6,
        )  # fmt: skip


def _draw_path(ax: Axes, frame: pd.DataFrame) -> None:
    path = frame[frame["layer"] == "path"]
    if len(path):
        ax.plot(path["time_s"], path["lag_s"], color=look.INK, lw=1.2, zorder=4, gid="path")


def _draw_ruptures(ax: Axes, frame: pd.DataFrame, top: float) -> None:
    """An open bracket over each rupture, with the mark of its end."""
    for row in frame[frame["layer"] == "rupture"].to_dict("records"):
        start, end = float(row["time_s"]), float(row["end_s"])
        y = top * 1.0
        ax.plot([start, start, end], [y * 0.88, y * 0.97, y * 0.97], color=look.INK, lw=1.3,
                zorder=5, gid="rupture")  # fmt: skip
        mark = {"repaired": "^", "censored": ">"}.get(str(row["label"]), "x")
        ax.plot(end, y * 0.97, mark, color=look.INK, ms=5, zorder=5, gid=f"end-{row['label']}")


def _draw_windows(ax: Axes, frame: pd.DataFrame, fisher: bool, layer: str) -> None:
    time = frame["time_s"].to_numpy(dtype=np.float64)
    value = frame["value"].to_numpy(dtype=np.float64)
    if frame["null_mean"].notna().any():
        ax.fill_between(
            time, frame["null_low"], frame["null_high"], color=look.NULL_BAND, lw=0,
            gid="null-band", zorder=1,
        )  # fmt: skip
        ax.plot(time, frame["null_mean"], color=look.NULL, lw=1.3, gid="null", zorder=2)
        for limit in ("limit_low", "limit_high"):
            ax.plot(time, frame[limit], ":", color=look.NULL, lw=1.0, gid="limit", zorder=2)
    ax.plot(time, value, color=look.INK, lw=1.1, gid=f"window-{layer}", zorder=3)
    beyond = frame["p"].to_numpy(dtype=np.float64) <= ALPHA
    ax.plot(time[beyond], value[beyond], "o", ms=3.2, color=look.INK, gid="beyond", zorder=4)
    step = float(np.median(np.diff(time))) if time.size > 1 else 1.0
    lost = time[np.isnan(value)]
    low, high = ax.get_ylim()
    add_hatch(ax, lost - step / 2, lost + step / 2, low, high, "missing-window")
    ax.set_ylim(low, high)
    if layer == "absolute":
        ax.set_ylim(bottom=0)
    else:
        ax.axhline(0, color=look.FAINT, lw=0.8, zorder=0)
    unit = "z" if fisher else "r"
    ax.set_ylabel(f"mean |{unit}|" if layer == "absolute" else f"mean {unit}", rotation=90)
    ax.tick_params(axis="y", labelsize=8)


def _draw_key(figure: Figure, ax: Axes, frame: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    full = float(frame.loc[frame["layer"] == "scale", "value"].iloc[0])
    handles: list[Any] = [
        Patch(fc=(*TOGETHER, 0.92), ec="none", label=f"together (full at {full:.2f})"),
        Patch(fc=(*OPPOSITE, 0.92), ec="none", label="in opposite directions"),
    ]
    if (frame["layer"] == "path").any():
        handles.append(Line2D([], [], color=look.INK, lw=1.2, label="path of lags"))
    cells = frame[frame["layer"] == "cell"]
    if cells["value"].isna().any():
        handles.append(
            Patch(fc="none", ec=look.HATCH, hatch=look.HATCH_PATTERN, lw=0, label="missing")
        )
    if frame["null_mean"].notna().any():
        handles.append(Patch(fc=look.NULL_BAND, ec="none", label="chance, middle 95 %"))
        handles.append(Line2D([], [], color=look.NULL, ls=":", label="chance, anywhere"))
    if (frame["p"] <= ALPHA).any():
        handles.append(
            Line2D([], [], color=look.INK, ls="none", marker="o", ms=3.2, label="beyond it")
        )
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), handlelength=1.5,
                  columnspacing=1.3)  # fmt: skip
