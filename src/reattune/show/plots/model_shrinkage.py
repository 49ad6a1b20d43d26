"""Every dyad's rates, by itself and leaning on the others, beside dyads in general."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.experiments.fit_result import StudyFit
from reattune.models.pooling import PooledFit
from reattune.show import style as look
from reattune.show.model_data import pooled_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MAX_NAMED = 45
_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


def plot_pooled(pooled: PooledFit, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Dyads fitted together; see `plot_study_fit`. Without their own estimates.

    Parameters
    ----------
    pooled : PooledFit
    ax : Axes, optional
        Draws the first parameter alone there.
    **style
        Matplotlib settings.
    """
    return _plot(pooled_data(pooled), ax, style)


def plot_study_fit(study: StudyFit, *, ax: Axes | None = None, **style: Any) -> Axes:
    """A panel per reported parameter, a row per dyad.

    Dot and line: the dyad with 95 % limits, leaning on the others where dyads were fitted together.
    Hollow: from its own sessions alone; the grey stroke between them is what the others moved.
    Grey band: where 95 in 100 dyads lie.

    Parameters
    ----------
    study : StudyFit
    ax : Axes, optional
        Draws the first parameter alone there.
    **style
        Matplotlib settings.
    """
    return _plot(pooled_data(study), ax, style)


def _plot(frame: pd.DataFrame, ax: Axes | None, style: dict[str, Any]) -> Axes:
    names = list(dict.fromkeys(frame["parameter"]))
    dyads = list(dict.fromkeys(frame["dyad"]))
    with drawing(**style):
        if ax is not None:
            panels, names = [ax], names[:1]
        else:
            row = 0.2 if len(dyads) <= MAX_NAMED else 0.09
            figure = new_figure(10.0, 1.15 + row * max(len(dyads), 4))
            panels = list(figure.subplots(1, len(names), sharey=True, squeeze=False)[0])
        for at, (panel, name) in enumerate(zip(panels, names, strict=True)):
            _draw_panel(panel, frame[frame["parameter"] == name], dyads, named=at == 0)
    return panels[0]


def _draw_panel(ax: Axes, frame: pd.DataFrame, dyads: list[str], *, named: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    clear_ground(ax)
    kind = frame["kind"].iloc[0]
    if kind == "rate":
        ax.set_xscale("log")
    first = frame.iloc[0]
    ax.axvspan(first["prior_low"], first["prior_high"], color=look.NULL_BAND, lw=0, gid="prior")
    ax.axvline(first["prior_value"], color=look.NULL, lw=1.2, gid="prior")
    for row in frame.to_dict("records"):
        y = dyads.index(row["dyad"])
        colour = look.INK if row["converged"] else look.HATCH
        if np.isfinite(row["own_value"]) and row["own_value"] != row["value"]:
            ax.plot([row["own_value"], row["value"]], [y, y], color=look.NULL, lw=2.4, alpha=0.6)
            ax.plot(row["own_value"], y, "o", ms=4, mfc="none", mec=look.QUIET, mew=0.9, gid="own")
        ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=1.0, gid="limits")
        ax.plot(row["value"], y, "o", ms=3.6, color=colour, gid="value", zorder=5)
        if np.isfinite(row["true"]):
            ax.plot(row["true"], y, "x", ms=5, mew=1.3, color=look.BOTH, gid="true", zorder=6)
    if kind == "rate":
        ends = frame[["low", "high", "prior_low", "prior_high"]].to_numpy(dtype=np.float64)
        low, high = float(np.nanmin(ends)) * 0.9, float(np.nanmax(ends)) * 1.1
        ax.set_xlim(low, high)
        ticks = [tick for tick in _TICKS if low <= tick <= high]
        kept = ticks[:: max(1, -(-len(ticks) // 4))]
        ax.set_xticks(kept, [f"{tick:g}" for tick in kept])
        ax.minorticks_off()
    else:
        ax.set_xlim(0, 1)
        ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.set_title(_fold(str(first["label"])), fontsize=8.5, fontweight="normal")
    ax.set_xlabel("per s" if kind == "rate" else "share", loc="left")
    ax.spines["left"].set_visible(False)
    if named:
        few = len(dyads) <= MAX_NAMED
        ax.set_yticks(range(len(dyads)) if few else [], dyads if few else [])
        if not few:
            ax.set_ylabel(f"{len(dyads)} dyads, in the order of the study")
        ax.set_ylim(len(dyads) - 0.4, -0.6)


def _fold(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 24))
