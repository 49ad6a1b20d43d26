"""How fast ruptures are repaired: Kaplan-Meier curve, band, censored ends and the null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.results import Analysis
from reattune.show import style as look
from reattune.show.data import latency_data
from reattune.show.phrases import phase_name, unit
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN_SHARE = 0.98
MIN_SHOWN_S = 12.0


def plot_latency(
    analysis: Analysis,
    *,
    ax: Axes | None = None,
    phase: str | None = None,
    legend: bool = True,
    **style: Any,
) -> Axes:
    """Share of ruptures repaired within a time, with its 95 % band and the null in grey.

    Parameters
    ----------
    analysis : Analysis
    ax : Axes, optional
    phase : str, optional
        By default the first one in which a rupture was seen to begin.
    legend : bool, default True
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
    """
    frame = latency_data(analysis)
    labels = list(dict.fromkeys(frame["phase"]))
    chosen = phase if phase is not None else (labels[0] if labels else "")
    frame = frame[frame["phase"] == chosen]
    clock = analysis.session.clock
    with drawing(**style):
        if ax is None:
            ax = new_figure(5.2, 3.3).subplots()
        clear_ground(ax)
        ax.set_ylim(0, 1.02)
        ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
        ax.grid(axis="y", color=look.FAINT, lw=0.6)
        ax.set_axisbelow(True)
        ax.set_ylabel("repaired (%)")
        ax.set_xlabel(f"{'seconds' if clock == 'second' else unit(clock)} since the rupture began")
        if frame.empty:
            ax.set_xlim(0, MIN_SHOWN_S)
            ax.text(
                0.5, 0.5, "no rupture was seen to begin", transform=ax.transAxes, ha="center",
                color=look.QUIET,
            )  # fmt: skip
            return ax
        curve = frame[frame["layer"] == "curve"]
        null = frame[frame["layer"] == "null"]
        censored = frame[frame["layer"] == "censored"]
        times, share = curve["time"].to_numpy(), curve["share"].to_numpy()
        reached = times[np.searchsorted(share, SHOWN_SHARE * share.max())]
        end = max(float(reached) * 1.15, min(float(times[-1]), MIN_SHOWN_S), 1.0)
        if not null.empty:
            end = max(end, float(null["time"].max()) * 1.05)
            _draw_null(ax, null["time"], null["share"], null["low"], null["high"])
        ax.fill_between(
            times, curve["low"], curve["high"], step="post", color=look.MATCH, alpha=0.45, lw=0,
            gid="band", label="95 % interval",
        )  # fmt: skip
        ax.step(times, share, where="post", color=look.INK, lw=1.6, gid="curve", label="seen")
        if not censored.empty:
            ax.plot(
                censored["time"], censored["share"], ls="none", marker="|", ms=7, mew=1.1,
                color=look.INK, gid="censored", label="cut off",
            )  # fmt: skip
        ax.set_xlim(0, end)
        if chosen and len(labels) > 1:
            ax.set_title(phase_name(chosen))
        if legend:
            ax.legend(loc="best", handlelength=1.5)
    return ax


def _draw_null(ax: Axes, time: Any, mean: Any, low: Any, high: Any) -> None:
    zero = np.zeros(1)
    times = np.concatenate([zero, time])
    ax.fill_between(
        times,
        np.concatenate([zero, low]),
        np.concatenate([zero, high]),
        color=look.NULL_BAND,
        lw=0,
        gid="null-band",
        zorder=0.6,
    )
    ax.plot(
        times,
        np.concatenate([zero, mean]),
        color=look.NULL,
        lw=1.2,
        ls=(0, (4, 2)),
        marker="o",
        ms=3,
        gid="null",
        label="not timed to each other",
        zorder=1.5,
    )
