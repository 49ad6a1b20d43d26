"""Headline measures beside their null: where each value lies in what chance gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reattune.results import WHOLE, Analysis
from reattune.show import style as look
from reattune.show.data import null_data, null_draws
from reattune.show.phrases import number, p_value, percent, percent_range, phase_name
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIMIT = 2.6
SHORT = {
    "matched_prop": "share of time matched",
    "match_kappa": "matching beyond base rates (K)",
    "repair_hazard_per_s": "repairs per minute of mismatch",
    "repair_ratio": "repairs over expectation",
    "repaired_within_3s": "repaired within 3 s",
}


def plot_null(analysis: Analysis, *, ax: Axes | None = None, **style: Any) -> Axes:
    """Headline measures of every phase on one scale: grey is the null, the dot what was seen.

    Each row is stretched so that the middle 95 % of its surrogates fill the grey band; figures
    stand beside it in their own units. Rows whose null has no width, or that were not tested,
    are not drawn.

    Parameters
    ----------
    analysis : Analysis
    ax : Axes, optional
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
    """
    frame = null_data(analysis)
    phases = list(dict.fromkeys(frame["phase"]))
    headed = [label for label in phases if label != WHOLE]
    with drawing(**style):
        if ax is None:
            ax = new_figure(9.2, 0.95 + 0.29 * (len(frame) + len(headed))).subplots()
        clear_ground(ax)
        y, places, texts = 0.0, [], []
        for label in phases:
            if label != WHOLE:
                ax.text(-LIMIT, y, phase_name(label), va="center", color=look.QUIET, weight="bold")
                y += 1
            for row in frame[frame["phase"] == label].to_dict("records"):
                name = str(row["measure"])
                draws = null_draws(analysis[label], name)
                _draw_row(ax, y, row, draws)
                places.append(y)
                texts.append(SHORT.get(name, str(row["label"])))
                y += 1
        ax.set_yticks(places, texts)
        ax.set_ylim(max(y, 1) - 0.4, -0.6)
        ax.set_xlim(-LIMIT - 0.15, LIMIT + 4.5)
        ax.set_xticks([])
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        for x, text in ((-LIMIT, "less than chance"), (LIMIT, "more than chance")):
            ax.text(
                x, 1.0, text, transform=ax.get_xaxis_transform(), color=look.QUIET,
                ha="left" if x < 0 else "right", va="bottom", size=8.5,
            )  # fmt: skip
        ax.text(
            0, 1.0, "what chance gives", transform=ax.get_xaxis_transform(), color=look.QUIET,
            ha="center", va="bottom", size=8.5,
        )  # fmt: skip
        if frame.empty:
            ax.text(0, 0, "no null was drawn", ha="center", color=look.QUIET)
    return ax


def _draw_row(ax: Axes, y: float, row: dict[Any, Any], draws: NDArray[np.float64]) -> None:
    mean, low, high = (float(row[key]) for key in ("null_mean", "null_low", "null_high"))
    ax.plot([-LIMIT, LIMIT], [y, y], color=look.FAINT, lw=0.6, zorder=0)
    if np.isfinite(row["place"]):
        ax.fill_between([-1, 1], y - 0.3, y + 0.3, color=look.NULL_BAND, lw=0, gid="null-band")
        _draw_draws(ax, y, draws, mean, low, high)
        ax.plot([0, 0], [y - 0.3, y + 0.3], color=look.NULL, lw=1.6, gid="null")
        place = float(np.clip(row["place"], -LIMIT, LIMIT))
        inside = place == row["place"]
        shape = "o" if inside else (">" if place > 0 else "<")
        ax.plot(place, y, shape, ms=7, color=look.INK, mew=0, gid="seen", zorder=5)
    told = zip((0.3, 1.15, 4.45), _told(row), ("bold", "normal", "normal"), strict=True)
    for x, text, weight in told:
        ax.text(
            LIMIT + x, y, text, va="center", ha="right" if x > 3 else "left", size=8.5,
            color=look.INK if x < 1 else look.QUIET, weight=weight,
        )  # fmt: skip


def _draw_draws(
    ax: Axes, y: float, draws: NDArray[np.float64], mean: float, low: float, high: float
) -> None:
    """The surrogates as a small hill, where they were kept."""
    if draws.size < 50 or not (high > mean > low):
        return
    scaled = np.where(draws >= mean, (draws - mean) / (high - mean), (draws - mean) / (mean - low))
    heights, edges = np.histogram(scaled, bins=np.linspace(-LIMIT, LIMIT, 42))
    smooth = np.convolve(heights, [0.25, 0.5, 0.25], mode="same")
    middles = (edges[:-1] + edges[1:]) / 2
    shown = smooth > 0
    ax.fill_between(
        middles,
        y + 0.3 - 0.6 * smooth / smooth.max(),
        y + 0.3,
        where=shown,
        color=look.NULL,
        alpha=0.3,
        lw=0,
        gid="null-hill",
    )


def _told(row: dict[Any, Any]) -> tuple[str, str, str]:
    """Value, null and p in the row's own unit: ``31 %``, ``chance 27 % (19 to 36 %)``, p."""
    values = [float(row[key]) for key in ("value", "null_mean", "null_low", "null_high")]
    if row["unit"] == "share":
        parts = [percent(value) for value in values[:2]]
        limits = percent_range(values[2], values[3])
    else:
        factor, decimals = (60.0, 1) if row["unit"] == "1/s" else (1.0, 2)
        told = [number(factor * value, decimals) for value in values]
        parts, limits = told[:2], f"{told[2]} to {told[3]}"
    return (parts[0], f"chance {parts[1]} ({limits})", p_value(float(row["p"])))
