"""Where what was seen lies among sessions simulated from the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reattune.experiments.predictive_result import FEW, Predictive
from reattune.results import WHOLE
from reattune.show import style as look
from reattune.show.model_data import predictive_data
from reattune.show.phrases import phase_name
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIMIT = 2.6


def plot_predictive(
    predictive: Predictive, *, ax: Axes | None = None, phase: str | None = None, **style: Any
) -> Axes:
    """A row per measure: grey the simulations, the dot what was seen.

    Each row is stretched so that the middle 95 % of the simulations fill the grey band; figures
    stand beside it in their own units. Measures that are not defined are left out.

    Parameters
    ----------
    predictive : Predictive
    ax : Axes, optional
    phase : str, optional
        Only this one; all by default.
    **style
        Matplotlib settings.
    """
    frame = predictive_data(predictive)
    frame = frame[frame["place"].notna()]
    if phase is not None:
        frame = frame[frame["phase"] == phase]
    phases = list(dict.fromkeys(frame["phase"]))
    headed = [label for label in phases if label != WHOLE]
    with drawing(**style):
        if ax is None:
            ax = new_figure(9.2, 0.75 + 0.25 * (len(frame) + len(headed))).subplots()
        clear_ground(ax)
        y, places, texts = 0.0, [], []
        for label in phases:
            if label != WHOLE:
                ax.text(-LIMIT, y, phase_name(label), va="center", color=look.QUIET, weight="bold")
                y += 1
            for row in frame[frame["phase"] == label].to_dict("records"):
                _draw_row(ax, y, row, predictive.column(label, str(row["measure"])))
                places.append(y)
                texts.append(str(row["label"]))
                y += 1
        ax.set_yticks(places, texts)
        ax.set_ylim(max(y, 1) - 0.4, -0.6)
        ax.set_xlim(-LIMIT - 0.15, LIMIT + 4.6)
        ax.set_xticks([])
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        heads = (
            (-LIMIT, "less", "left"),
            (0.0, "simulated from the fit", "center"),
            (LIMIT, "more", "right"),
            (LIMIT + 0.3, "seen", "left"),
            (LIMIT + 1.15, "simulated", "left"),
            (LIMIT + 4.55, "as far out", "right"),
        )
        for x, text, side in heads:
            ax.text(
                x, 1.0, text, transform=ax.get_xaxis_transform(), color=look.QUIET, ha=side,
                va="bottom", size=8.5,
            )  # fmt: skip
        if frame.empty:
            ax.text(0, 0, "nothing could be compared", ha="center", color=look.QUIET)
    return ax


def _draw_row(ax: Axes, y: float, row: dict[Any, Any], draws: NDArray[np.float64]) -> None:
    low, middle, high = (float(row[key]) for key in ("low", "predicted", "high"))
    ax.plot([-LIMIT, LIMIT], [y, y], color=look.FAINT, lw=0.6, zorder=0)
    ax.fill_between([-1, 1], y - 0.3, y + 0.3, color=look.NULL_BAND, lw=0, gid="null-band")
    known = draws[np.isfinite(draws)]
    if known.size >= 50 and high > middle > low and np.isfinite(high):
        up, down = (known - middle) / (high - middle), (known - middle) / (middle - low)
        heights, edges = np.histogram(
            np.where(known >= middle, up, down), bins=np.linspace(-LIMIT, LIMIT, 42)
        )
        smooth = np.convolve(heights, [0.25, 0.5, 0.25], mode="same")
        ax.fill_between(
            (edges[:-1] + edges[1:]) / 2, y + 0.3 - 0.6 * smooth / smooth.max(), y + 0.3,
            where=smooth > 0, color=look.NULL, alpha=0.3, lw=0, gid="null-hill",
        )  # fmt: skip
    ax.plot([0, 0], [y - 0.3, y + 0.3], color=look.NULL, lw=1.6, gid="null")
    place = float(np.clip(row["place"], -LIMIT, LIMIT))
    far = float(row["far_prop"]) < FEW
    shape = "o" if place == row["place"] else (">" if place > 0 else "<")
    # Far out: a hollow ring around the dot says the same as the figure in bold.
    ax.plot(place, y, shape, ms=6, color=look.INK, mew=0, gid="seen", zorder=5)
    if far:
        ax.plot(place, y, "o", ms=11, mfc="none", mec=look.INK, mew=1.0, gid="far", zorder=5)
    spread = f"{show(middle, row['unit'])} ({show(low, row['unit'])} to {show(high, row['unit'])})"
    told = (
        (0.3, show(row["seen"], row["unit"]), "bold", "left"),
        (1.15, spread, "normal", "left"),
        (4.55, share_far(row["far_prop"]), "bold" if far else "normal", "right"),
    )
    for x, text, weight, side in told:
        ax.text(
            LIMIT + x, y, text, va="center", ha=side, size=8.5,
            color=look.INK if x < 1 or weight == "bold" else look.QUIET, weight=weight,
        )  # fmt: skip


def show(value: float, unit: str) -> str:
    """A compared value in its unit: shares as percentages, the rest with two or three digits."""
    if np.isnan(value):
        return "not defined"
    if np.isinf(value):
        return "never seen"
    text = f"{100 * value:.0f} %" if unit == "share" else f"{value:.2f}"
    if unit != "share" and abs(value) >= 10:
        text = f"{value:.1f}"
    elif unit == "1/s" and 0 < abs(value) < 0.1:
        text = f"{value:.2g}"
    return text.replace("-", "−")


def share_far(share: float) -> str:
    """The share of simulations as far out, as a percentage."""
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"
