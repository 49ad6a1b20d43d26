"""Claim 3: loads by duration, by strain, and by steps or at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import duration_data, intensity_data, ramp_data
from reattune.show.plots.claims.shared import draw_band, draw_curve, draw_start, name_ends, prepare
from reattune.show.style import drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DYADS = {"mostly": ("a mostly matched dyad", False), "ordinary": ("an ordinary dyad", True)}
RAMP = {"by steps": (look.INK, "-"), "at once": (look.BOTH, (0, (3, 2)))}


def plot_durations(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Tolerance at the end by duration of the absences, 120 s per session in all.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    from matplotlib.lines import Line2D

    frame = duration_data(result)
    cells = list(dict.fromkeys(frame["cell"]))
    with drawing(**style):
        if ax is None:
            ax = new_figure(7.6, 0.42 * len(cells) + 1.3).subplots()
        prepare(ax, "x")
        for dyad, (_, hollow) in DYADS.items():
            part = frame[frame["dyad"] == dyad]
            y = np.array([cells.index(cell) for cell in part["cell"]]) + (0.14 if hollow else -0.14)
            ax.hlines(y, part["tolerance_low"], part["tolerance_high"], color=look.INK, lw=1.3)
            face = "none" if hollow else look.INK
            ax.plot(part["tolerance"], y, "o", ms=5, color=look.INK, mfc=face, gid=dyad)
            none = part.loc[part["cell"] == "none", "tolerance"]
            if len(none):
                dash: Any = (0, (3, 2)) if hollow else "-"
                ax.axvline(float(none.iloc[0]), color=look.NULL, lw=1.0, ls=dash, zorder=0.5)
        ax.set_yticks(range(len(cells)), ["no absence" if c == "none" else c for c in cells])
        ax.set_ylim(len(cells) - 0.4, -0.6)
        ax.set_xlabel("tolerance W at the end (grey: without any absence)")
        handles = [
            Line2D([], [], ls="none", marker="o", ms=5, color=look.INK, label=name,
                   mfc="none" if hollow else look.INK)
            for name, hollow in DYADS.values()
        ]  # fmt: skip
        ax.figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return ax


def plot_ramp(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Tolerance by strain, and from session to session with the strain by steps or at once.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
        Draws the sessions alone there.
    **style
        Matplotlib settings.
    """
    strains, frame = intensity_data(result), ramp_data(result)
    with drawing(**style):
        if ax is not None:
            last = ax
        else:
            first, last = new_figure(10.0, 3.7).subplots(1, 2, sharey=True)
            prepare(first)
            draw_start(first, result, "tolerance", label=False)
            draw_curve(first, strains, "x", "tolerance")
            first.set_xlabel("strain of each absence of 3 s (times the usual)")
            first.set_ylabel("tolerance W")
            first.set_title("the same strain throughout")
        prepare(last)
        draw_start(last, result, "tolerance")
        ends = []
        for name, (colour, dash) in RAMP.items():
            part = frame[frame["cell"] == name]
            draw_band(last, part, colour, dash=dash)
            if len(part):
                end = part.iloc[-1]
                ends.append((float(end["session"]) * 1.02, float(end["value"]), name, colour))
        name_ends(last, ends, 0.15)
        last.set_xlabel("session")
        last.set_title("up to 20 times the usual, by steps or at once")
    return last
