"""Claim 5: patients over the sessions of a therapy, with other therapists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import therapy_data
from reattune.show.plots.claims.shared import draw_band, draw_start, prepare, share_ticks
from reattune.show.style import drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = {
    "tolerance": "tolerance W",
    "confident_trust": "confident trust Tc",
    "depth": "depth of the material",
    "left_prop": "left by now (expected)",
}
# Therapists are told apart by dash and name, not by colour: none is a better colour.
DASHES: dict[str, Any] = {
    "much repair": "-",
    "average": (0, (6, 2)),
    "little repair": (0, (1, 1.5)),
    "always attuned": (0, (5, 2, 1, 2)),
    "much repair, unpaced": "-",
}


def plot_therapy(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Tolerance, confident trust, depth and leaving from session to session.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
        Draws tolerance alone there.
    **style
        Matplotlib settings.
    """
    from matplotlib.lines import Line2D

    frame = therapy_data(result)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            axes = list(new_figure(10.0, 6.4).subplots(2, 2, sharex=True).ravel())
        for panel, (outcome, title) in zip(axes, PANELS.items(), strict=False):
            prepare(panel)
            if outcome in ("tolerance", "confident_trust"):
                draw_start(panel, result, outcome, label=False)
            for name, dash in DASHES.items():
                part = frame[(frame["cell"] == name) & (frame["outcome"] == outcome)]
                draw_band(panel, part, _colour(name), dash=dash)
            panel.set_title(title)
            if outcome == "left_prop":
                share_ticks(panel, "y")
        for panel in axes[-2:]:
            panel.set_xlabel("session")
        if ax is None:
            handles: list[Any] = [
                Line2D([], [], color=_colour(name), ls=dash, lw=1.5, label=name)
                for name, dash in DASHES.items()
            ]
            told = "a dyad that has lived nothing"
            handles.append(Line2D([], [], color=look.NULL, lw=1.2, label=told))
            axes[0].figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return axes[0]


def _colour(name: str) -> str:
    return look.BOTH if name.endswith("unpaced") else look.INK
