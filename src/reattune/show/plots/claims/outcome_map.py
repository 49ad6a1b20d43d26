"""The map: how the model's dyads end, over how much is matched and how soon is repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import map_data, start_of
from reattune.show.plots.claims.shared import OUTCOMES, share_ticks
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# The strongest ground on which a figure can still be read, by day and in the dark.
DARKEST = 0.5
NOTE = "30 %: nothing special\nhappens here"


def plot_map(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Tolerance and confident trust at the end, a field for each match and latency.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
        Draws tolerance alone there.
    **style
        Matplotlib settings.
    """
    frame = map_data(result)
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            figure = new_figure(10.0, 4.3)
            axes = list(figure.subplots(1, 2, sharex=True, sharey=True))
        for at, (panel, outcome) in enumerate(zip(axes, OUTCOMES, strict=False)):
            _draw(panel, frame, outcome)
            panel.set_title(
                f"{OUTCOMES[outcome][0]} at the end (began at {start_of(result, outcome):.2f})"
            )
            panel.set_xlabel("time matched")
            if at == 0:
                panel.set_ylabel("mean latency of repair (s)")
    return axes[0]


def _draw(ax: Axes, frame: pd.DataFrame, outcome: str) -> None:
    clear_ground(ax)
    known = frame[frame[outcome].notna() & frame["latency_mean_s"].notna()]
    low, high = float(known[outcome].min()), float(known[outcome].max())
    ax.axvline(0.3, color=look.NULL, lw=0.8, ls=(0, (1, 2)), zorder=0)
    ax.annotate(
        NOTE, (0.3, 1.0), xycoords=ax.get_xaxis_transform(), xytext=(3, -1),
        textcoords="offset points", size=6.5, color=look.QUIET, va="top",
    )  # fmt: skip
    for row in known.to_dict("records"):
        strength = (row[outcome] - low) / (high - low) if high > low else 0.0
        place = (row["matched_prop"], row["latency_mean_s"])
        ax.scatter(
            *place, s=330, marker="s", color=look.QUIET, alpha=0.04 + DARKEST * strength,
            ec="none", zorder=1,
        )  # fmt: skip
        ax.annotate(f"{row[outcome]:.2f}", place, ha="center", va="center", size=7)
    ax.set_yscale("log")
    ticks = [t for t in (0.5, 1, 2, 3, 5, 7, 10, 15, 20) if _inside(t, known)]
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.minorticks_off()
    ax.margins(0.07, 0.13)
    share_ticks(ax)


def _inside(tick: float, frame: pd.DataFrame) -> bool:
    latency = frame["latency_mean_s"]
    return bool(0.8 * latency.min() <= tick <= 1.25 * latency.max()) if len(latency) else False
