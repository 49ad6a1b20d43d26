"""Fitted parameters with their intervals, and in grey where dyads in general lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.models.coordinates import REPORTED
from reattune.models.fitted import Fit
from reattune.show import style as look
from reattune.show.model_data import PARTNERS, forest_data, show_number
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

AXES = {
    "rate": "per second",
    "share": "share",
    "number": "log odds of choosing it, against monitoring",
}
_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


def plot_fit(
    fit: Fit,
    *,
    ax: Axes | None = None,
    partners: Sequence[str] = PARTNERS,
    truth: Mapping[str, float] | None = None,
    **style: Any,
) -> Axes:
    """The parameters of one dyad: dot and line 95 % limits, grey band 95 in 100 dyads in general.

    Hollow and dashed: held near dyads in general, or told too little to be this dyad's.

    Parameters
    ----------
    fit : Fit
    ax : Axes, optional
        Draws the rates alone there.
    partners : sequence of 2 str
        Names of focal partner and responder.
    truth : mapping, optional
        True values of a simulated dyad, drawn as crosses.
    **style
        Matplotlib settings.
    """
    frame = forest_data(fit, partners)
    kinds = [kind for kind in AXES if (frame["kind"] == kind).any()]
    with drawing(**style):
        if ax is not None:
            kinds, panels = kinds[:1], [ax]
        else:
            heights = [0.34 * (frame["kind"] == kind).sum() + 0.55 for kind in kinds]
            figure = new_figure(8.6, sum(heights) + 0.3)
            grid = figure.subplots(len(kinds), 1, squeeze=False, height_ratios=heights)
            panels = list(grid[:, 0])
        for panel, kind in zip(panels, kinds, strict=True):
            _draw_panel(panel, frame[frame["kind"] == kind], kind, truth or {})
    return panels[0]


def _draw_panel(ax: Axes, frame: pd.DataFrame, kind: str, truth: Mapping[str, float]) -> None:
    clear_ground(ax)
    if kind == "rate":
        ax.set_xscale("log")
    ends: list[float] = []
    for y, row in enumerate(frame.to_dict("records")):
        band = (row["prior_low"], row["prior_high"])
        ax.fill_between(band, y - 0.3, y + 0.3, color=look.NULL_BAND, lw=0, gid="prior", zorder=0)
        ax.plot([row["prior_value"]] * 2, [y - 0.3, y + 0.3], color=look.NULL, lw=1.4, gid="prior")
        told = row["standing"] == "this dyad"
        colour = look.INK if told else look.QUIET
        ax.plot(
            [row["low"], row["high"]], [y, y], color=colour, lw=1.4, gid="limits",
            ls="-" if told else (0, (2, 1.5)),
        )  # fmt: skip
        ax.plot(
            row["value"], y, "o", ms=6, color=colour, mfc=colour if told else "none", mew=1.1,
            gid="value", zorder=5,
        )  # fmt: skip
        true = truth.get(str(row["parameter"]))
        if true is not None:
            ax.plot(true, y, "x", ms=7, mew=1.6, color=look.BOTH, gid="true", zorder=6)
            ends.append(true)
        ends += [*band, row["low"], row["high"]]
        value, low, high = (show_number(row[key]) for key in ("value", "low", "high"))
        text = f"{value} ({low} to {high})"
        ax.text(
            1.01, y, text, transform=ax.get_yaxis_transform(), va="center", size=8.5, color=colour
        )
    ax.set_yticks(range(len(frame)), list(frame["label"]))
    for tick, name in zip(ax.get_yticklabels(), frame["parameter"], strict=True):
        tick.set_color(look.INK if name in REPORTED else look.QUIET)
    ax.set_ylim(len(frame) - 0.45, -0.55)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(AXES[kind], loc="left")
    _limit(ax, kind, np.array(ends))


def _limit(ax: Axes, kind: str, ends: np.ndarray[Any, Any]) -> None:
    if kind == "share":
        ax.set_xlim(0, 1)
        return
    low, high = float(ends.min()), float(ends.max())
    if kind == "rate":
        ax.set_xlim(low * 0.9, high * 1.1)
        ticks = [tick for tick in _TICKS if low * 0.9 <= tick <= high * 1.1]
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
    else:
        room = 0.05 * (high - low)
        ax.set_xlim(low - room, high + room)
