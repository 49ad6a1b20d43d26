"""Marks that the pictures of the claims share: two outcomes, their limits, where they began."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import start_of
from reattune.show.style import clear_ground

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Outcome -> words, colour, mark.
OUTCOMES = {
    "tolerance": ("tolerance W", look.INK, "o"),
    "confident_trust": ("confident trust Tc", look.BOTH, "s"),
}
BEGAN = "where it began"


def prepare(ax: Axes, axis: str = "y") -> None:
    """A clear ground with faint lines along one axis."""
    clear_ground(ax)
    ax.margins(y=0.09)
    ax.grid(axis=axis, color=look.FAINT, lw=0.6)  # type: ignore[arg-type]
    ax.set_axisbelow(True)


def draw_start(ax: Axes, result: ClaimsResult, outcome: str, *, label: bool = True) -> None:
    """A grey line where the outcome began: what it would be if nothing were learned."""
    value = start_of(result, outcome)
    ax.axhline(value, color=look.NULL, lw=1.2, zorder=0.5, gid="null")
    if label:
        ax.annotate(
            BEGAN, (1, value), xycoords=ax.get_yaxis_transform(), xytext=(-2, -2),
            textcoords="offset points", size=7, color=look.QUIET, va="top", ha="right",
        )  # fmt: skip


def draw_curve(
    ax: Axes, frame: pd.DataFrame, x: str, outcome: str, *, line: bool = True, hollow: bool = False
) -> None:
    """Values with their limits against a column of the frame."""
    _, colour, mark = OUTCOMES[outcome]
    style: dict[str, Any] = {"color": colour, "marker": mark, "ms": 4, "lw": 1.1 if line else 0}
    if hollow:
        style |= {"mfc": "none", "ls": (0, (3, 2)) if line else "none"}
    ax.vlines(
        frame[x], frame[f"{outcome}_low"], frame[f"{outcome}_high"], color=colour, lw=1.3,
        gid="limits",
    )  # fmt: skip
    ax.plot(frame[x], frame[outcome], gid=outcome, **style)


def draw_band(ax: Axes, frame: pd.DataFrame, colour: str, *, dash: Any = "-") -> None:
    """A course over sessions with its limits."""
    ax.fill_between(
        frame["session"].astype(float), frame["low"], frame["high"], color=colour, alpha=0.2, lw=0,
        gid="limits",
    )  # fmt: skip
    ax.plot(frame["session"].astype(float), frame["value"], color=colour, lw=1.5, ls=dash)


def name_ends(ax: Axes, ends: Sequence[tuple[float, float, str, str]], gap: float) -> None:
    """Names at the ends of curves, moved apart where they would touch: (x, y, name, colour)."""
    placed = sorted(ends, key=lambda end: end[1])
    heights: list[float] = []
    for _, y, _, _ in placed:
        heights.append(max(y, heights[-1] + gap) if heights else y)
    for (x, y, name, colour), height in zip(placed, heights, strict=True):
        ax.annotate(
            name, (x, y), xytext=(x, height), textcoords="data", size=8, color=colour, va="center",
            annotation_clip=False,
        )  # fmt: skip


def share_ticks(ax: Axes, axis: str = "x") -> None:
    """Shares as percentages."""
    from matplotlib.ticker import PercentFormatter

    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
