"""Bands, hatching, brackets and time axes that several pictures share.

Many small shapes of one kind are drawn as one path: figures stay small and quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.show import style as look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Span = tuple[float, float, float, float]
_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600)


def add_spans(
    ax: Axes, spans: Sequence[Span], colour: str, *, gid: str, alpha: float = 1.0, zorder: float = 1
) -> None:
    """Filled rectangles ``(start, end, low, high)`` as one patch; nothing where there are none."""
    if not spans:
        return
    ax.add_patch(
        _patch(_boxes(spans), fc=colour, ec="none", lw=0, alpha=alpha, gid=gid, zorder=zorder)
    )


def add_hatch(
    ax: Axes, starts: Iterable[float], ends: Iterable[float], low: float, high: float, gid: str
) -> None:
    """Light hatching over these stretches of time."""
    spans = [(a, b, low, high) for a, b in zip(starts, ends, strict=True)]
    if spans:
        ax.add_patch(
            _patch(
                _boxes(spans),
                fc="none",
                ec=look.HATCH,
                hatch=look.HATCH_PATTERN,
                lw=0,
                gid=gid,
                zorder=0.5,
            )
        )


def add_lines(
    ax: Axes,
    lines: Sequence[Sequence[tuple[float, float]]],
    colour: str,
    *,
    gid: str,
    dash: Any = "solid",
    width: float = 1.4,
) -> None:
    """Open lines through these points as one patch."""
    from matplotlib.path import Path

    if not lines:
        return
    points = [point for line in lines for point in line]
    codes = [Path.MOVETO if at == 0 else Path.LINETO for line in lines for at, _ in enumerate(line)]
    ax.add_patch(
        _patch(
            Path(points, codes),
            fc="none",
            ec=colour,
            lw=width,
            ls=dash,
            gid=gid,
            zorder=4,
            capstyle="butt",
            joinstyle="miter",
        )
    )


def _boxes(spans: Sequence[Span]) -> Any:
    from matplotlib.path import Path

    points, codes = [], []
    for a, b, low, high in spans:
        points += [(a, low), (b, low), (b, high), (a, high), (a, low)]
        codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    return Path(points, codes)


def _patch(path: Any, **settings: Any) -> Any:
    from matplotlib.patches import PathPatch

    return PathPatch(path, **settings)


def open_arrow() -> Any:
    """The mark of a censored end: an arrow head without a base."""
    from matplotlib.path import Path

    return Path([(-0.55, 0.8), (0.45, 0.0), (-0.55, -0.8)])


def nice_step(seconds: float) -> float:
    """The next length that reads well on a clock, at least this long."""
    for step in _STEPS:
        if step >= seconds - 1e-9:
            return float(step)
    return float(np.ceil(seconds / 3600) * 3600)


def label_time(
    ax: Axes, window: tuple[float, float], clock: str, *, name: bool = False, ticks: int = 10
) -> None:
    """Time ticks: seconds up to five minutes, min:s beyond, whole meetings in a course."""
    start, end = window
    step = nice_step((end - start) / ticks)
    places = np.arange(np.ceil(start / step - 1e-9), np.floor(end / step + 1e-9) + 1) * step + 0.0
    in_minutes = clock == "second" and max(abs(start), abs(end)) > 300
    if in_minutes:
        texts = [_minutes(place) for place in places]
    else:
        texts = [f"{place + 0.0:g}".replace("-", "−") for place in places]
    ax.set_xticks(places, texts)
    if name:
        unit = "meeting" if clock == "meeting" else "time (min:s)" if in_minutes else "time (s)"
        ax.set_xlabel(unit, loc="left")


def _minutes(place: float) -> str:
    minutes, seconds = divmod(round(abs(place)), 60)
    return f"{'−' if place < 0 else ''}{minutes}:{seconds:02d}"
