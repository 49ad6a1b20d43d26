"""True against fitted values of simulated dyads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.experiments.fit_result import StudyFit
from reattune.show import style as look
from reattune.show.model_data import recovery_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def plot_recovery(study: StudyFit, *, ax: Axes | None = None, **style: Any) -> Axes:
    """A panel per parameter: true values along, fitted ones with 95 % limits upwards.

    Filled: may be told for one dyad; hollow: pooled or mostly prior. The grey line is where fitted
    equals true.

    Parameters
    ----------
    study : StudyFit
        Of simulated dyads.
    ax : Axes, optional
        Draws the first parameter alone there.
    **style
        Matplotlib settings.
    """
    frame = recovery_data(study)
    names = list(dict.fromkeys(frame["parameter"]))
    with drawing(**style):
        if ax is not None:
            panels, names = [ax], names[:1]
        else:
            columns = min(max(len(names), 1), 5)
            rows = -(-max(len(names), 1) // columns)
            figure = new_figure(2.05 * columns + 0.3, 2.3 * rows)
            panels = list(figure.subplots(rows, columns, squeeze=False).ravel())
        for panel, name in zip(panels, names, strict=False):
            _draw_panel(panel, frame[frame["parameter"] == name])
        for panel in panels[len(names) :]:
            panel.set_axis_off()
        if frame.empty:
            panels[0].text(0.5, 0.5, "no true values are known", ha="center", color=look.QUIET)
    return panels[0]


def _draw_panel(ax: Axes, frame: pd.DataFrame) -> None:
    import textwrap

    clear_ground(ax)
    rate = frame["kind"].iloc[0] == "rate"
    values = frame[["true", "value"]].to_numpy(dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    if rate:
        ax.set_xscale("log")
        ax.set_yscale("log")
        low, high = low / 1.35, high * 1.35
    else:
        room = 0.2 * (high - low) + 0.05
        low, high = low - room, high + room
    ax.plot([low, high], [low, high], color=look.NULL, lw=1.2, gid="null", zorder=0.5)
    for row in frame.to_dict("records"):
        told = row["standing"] == "this dyad"
        colour = look.INK if told else look.QUIET
        ax.plot([row["true"]] * 2, [row["low"], row["high"]], color=colour, lw=0.7, alpha=0.6)
        ax.plot(
            row["true"], row["value"], "o", ms=4, color=colour, mfc=colour if told else "none",
            mew=0.9, gid="value",
        )  # fmt: skip
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    ax.set_aspect("equal")
    ax.set_title("\n".join(textwrap.wrap(str(frame["label"].iloc[0]), 26)), fontsize=7.5,
                 fontweight="normal")  # fmt: skip
    if rate:
        ticks = [tick for tick in _TICKS if low <= tick <= high]
        kept = ticks[:: max(1, -(-len(ticks) // 3))]
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_ticks(kept, [f"{tick:g}" for tick in kept])
            axis.set_ticks([], minor=True)
    ax.set_xlabel("true", loc="left", fontsize=8)
    ax.set_ylabel("fitted", fontsize=8)
