"""Claim 2: random dyads by match and by quick repairs, and one dyad at other speeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import dyads_data, speed_data
from reattune.show.plots.claims.shared import draw_curve, draw_start, prepare, share_ticks
from reattune.show.style import drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PREDICTORS = {
    "first_matched_prop": ("random dyads", "time matched, first sessions"),
    "first_repaired_soon_prop": ("the same dyads", "repaired within 5 s, first sessions"),
}


def plot_speed(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Later tolerance against match, against quick repairs, and against latency at one match.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
        Draws the last panel alone there.
    **style
        Matplotlib settings.
    """
    dyads, speeds = dyads_data(result), speed_data(result)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            figure = new_figure(10.0, 3.5)
            axes = list(figure.subplots(1, 3, sharey=True))
            for panel, (name, (title, label)) in zip(axes, PREDICTORS.items(), strict=False):
                prepare(panel)
                draw_start(panel, result, "tolerance", label=False)
                panel.plot(
                    dyads[name], dyads["tolerance"], "o", ms=3, mew=0, color=look.INK, alpha=0.4,
                    gid="dyads",
                )  # fmt: skip
                panel.set_xlabel(label)
                panel.set_title(title)
                share_ticks(panel)
            axes[0].set_ylabel("tolerance W at the end")
        last = axes[-1]
        prepare(last)
        draw_start(last, result, "tolerance")
        draw_curve(last, speeds, "latency_mean_s", "tolerance")
        last.set_xlabel("mean latency of repair (s)")
        match = speeds["matched_prop"]
        if len(match):
            low, high = 100 * float(match.min()), 100 * float(match.max())
            last.set_title(f"one dyad, other speeds\n({low:.0f} to {high:.0f} % matched)")
    return axes[0]
