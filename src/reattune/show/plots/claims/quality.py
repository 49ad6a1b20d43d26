"""Claim 1: outcomes against the match that a responder's quality, or its own moves, give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import quality_data
from reattune.show.plots.claims.shared import OUTCOMES, draw_curve, draw_start, prepare, share_ticks
from reattune.show.style import drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SWEEPS = {
    "caregiver": "reading and answering, all together",
    "own moves only": "own moves only, reading stays good",
}


def plot_quality(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Tolerance and confident trust at the end against the match, for both sweeps.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
        Draws tolerance alone there.
    **style
        Matplotlib settings.
    """
    from matplotlib.lines import Line2D

    frame = quality_data(result)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            figure = new_figure(10.0, 3.7)
            axes = list(figure.subplots(1, 2, sharex=True))
        for panel, outcome in zip(axes, OUTCOMES, strict=False):
            prepare(panel)
            draw_start(panel, result, outcome)
            for at, sweep in enumerate(SWEEPS):
                draw_curve(
                    panel, frame[frame["sweep"] == sweep], "matched_prop", outcome, hollow=at == 1
                )
            panel.set_xlabel("time matched")
            panel.set_title(f"{OUTCOMES[outcome][0]} at the end")
            share_ticks(panel)
        if ax is None:
            dash: Any = (0, (3, 2))
            handles = [
                Line2D([], [], color=look.QUIET, marker="o", ms=4, lw=1.1, label=words, **kind)
                for words, kind in zip(
                    SWEEPS.values(), ({}, {"mfc": "none", "ls": dash}), strict=True
                )
            ]
            axes[0].figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return axes[0]
