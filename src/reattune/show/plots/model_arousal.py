"""Arousal as the model has it, over the streams and ruptures it was traced from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.latents import ArousalTrace
from reattune.models.codebooks import Codebook
from reattune.results import Analysis
from reattune.show import style as look
from reattune.show.model_data import arousal_data
from reattune.show.plots.marks import add_hatch, add_spans, label_time
from reattune.show.plots.timeline import Layout, _draw_row, split_rows
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDTH, AROUSAL = 10.0, 1.15
MAX_ROWS = 3
NOT_MEASURED = "model, not measured"


def plot_arousal(
    trace: ArousalTrace,
    analysis: Analysis,
    *,
    ax: Axes | None = None,
    rows: int | None = None,
    codebook: Codebook | None = None,
    label: str = NOT_MEASURED,
    title: str = "",
    **style: Any,
) -> Axes:
    """Arousal with the window of tolerance, above the timeline of the same session.

    The shaded band reaches up to tolerance; hatching: nobody looked, and the model drifts back to
    what is ordinary. Below, states and ruptures as in the timeline.

    Parameters
    ----------
    trace : ArousalTrace
    analysis : Analysis
        Of the same session.
    ax : Axes, optional
        Draws arousal alone there.
    rows : int, optional
        Rows one below the other; by the number of ruptures when absent, at most 3.
    codebook : Codebook, optional
        For the order of states.
    label : str, default "model, not measured"
        Beside the curve.
    title : str, optional
    **style
        Matplotlib settings.
    """
    frame = arousal_data(trace, analysis, codebook)
    with drawing(**style):
        if ax is not None:
            window = split_rows(analysis, 1)[0]
            _draw_arousal(ax, frame, window, label)
            label_time(ax, window, analysis.session.clock, name=True)
            return ax
        windows = split_rows(analysis, rows)
        if rows is None and len(windows) > MAX_ROWS:
            windows = split_rows(analysis, MAX_ROWS)
        timeline = frame[~frame["layer"].isin(("arousal", "tolerance", "drifting"))].copy()
        layout = Layout(timeline, analysis.session.partners)
        below = 0.15 * layout.height
        figure = new_figure(WIDTH, len(windows) * (AROUSAL + below + 0.75) + 0.3)
        axes = figure.subplots(
            2 * len(windows), 1, squeeze=False, height_ratios=[AROUSAL, below] * len(windows)
        )[:, 0]
        for at, window in enumerate(windows):
            upper, lower = axes[2 * at], axes[2 * at + 1]
            _draw_arousal(upper, frame, window, label if at == 0 else "")
            _draw_row(lower, timeline, layout, window, analysis.session.clock)
            upper.sharex(lower)
            upper.tick_params(axis="x", labelbottom=False, length=0)
        label_time(axes[-1], windows[-1], analysis.session.clock, name=True)
        if title:
            axes[0].set_title(title)
    return axes[0]  # type: ignore[no-any-return]


def _draw_arousal(ax: Axes, frame: pd.DataFrame, window: tuple[float, float], label: str) -> None:
    clear_ground(ax)
    curve = frame[frame["layer"] == "arousal"]
    tolerance = float(frame.loc[frame["layer"] == "tolerance", "value"].iloc[0])
    top = max(float(curve["value"].max()), tolerance) * 1.08
    add_spans(ax, [(*window, 0.0, tolerance)], look.MATCH, gid="tolerance", alpha=0.28, zorder=0.2)
    drift = frame[frame["layer"] == "drifting"]
    add_hatch(ax, drift["start"], drift["end"], 0.0, top, "unseen")
    ax.plot(curve["start"], curve["value"], color=look.PARTNERS[0], lw=1.3, gid="arousal", zorder=4)
    ax.axhline(tolerance, color=look.QUIET, lw=0.8, ls=(0, (3, 2)), gid="tolerance-edge")
    ax.set_xlim(*window)
    ax.set_ylim(0, top)
    ax.set_yticks([0, tolerance], ["0", f"W = {tolerance:.2f}"])
    ax.set_ylabel("arousal")
    if label:
        ax.text(
            1.0, 1.02, label, transform=ax.transAxes, ha="right", va="bottom", size=8.5,
            color=look.QUIET, style="italic",
        )  # fmt: skip
