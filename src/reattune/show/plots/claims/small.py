"""Claim 4: outcomes by the number of small repairs per session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show.claims_data import repairs_data
from reattune.show.plots.claims.shared import OUTCOMES, draw_curve, draw_start, prepare
from reattune.show.style import drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_repairs(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Tolerance and confident trust at the end by small repairs per session.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
        Draws tolerance alone there.
    **style
        Matplotlib settings.
    """
    frame = repairs_data(result)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            axes = list(new_figure(8.6, 3.2).subplots(1, 2, sharex=True))
        for panel, outcome in zip(axes, OUTCOMES, strict=False):
            prepare(panel)
            draw_start(panel, result, outcome)
            draw_curve(panel, frame, "x", outcome)
            panel.set_xlabel("repaired ruptures of 3 s per session")
            panel.set_title(f"{OUTCOMES[outcome][0]} at the end")
    return axes[0]
