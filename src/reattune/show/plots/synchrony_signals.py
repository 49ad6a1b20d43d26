"""Both signals with the windows that leave chance, what is missing and what is suspicious."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.core.streams import Signal
from reattune.prepare.signals import Artefacts
from reattune.show import style as look
from reattune.show.plots.marks import add_hatch, add_spans, label_time
from reattune.show.plots.synchrony_heat import OPPOSITE, TOGETHER, WIDTH
from reattune.show.style import clear_ground, drawing, new_figure
from reattune.show.synchrony_data import signal_data
from reattune.synchrony import CrossTable
from reattune.synchrony_tests import SynchronyChance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

ARTEFACTS = {
    "zero_lag": "one picture in both",
    "identical": "equal movements",
    "zeros": "long zeros",
    "clipped": "clipped",
}
# Where the strips of windows that leave chance lie.
STRIPS = {"signed": 2.27, "absolute": 2.4}


def plot_synchrony_signals(
    signals: tuple[Signal, Signal],
    table: CrossTable | None = None,
    chance: SynchronyChance | None = None,
    artefacts: Artefacts | None = None,
    *,
    ax: Axes | None = None,
    frame: pd.DataFrame | None = None,
    title: str = "",
    **style: Any,
) -> Axes:
    """Two lanes of signals; shaded where windows leave what chance gives anywhere.

    Parameters
    ----------
    signals : (Signal, Signal)
    table, chance : CrossTable and SynchronyChance, optional
    artefacts : Artefacts, optional
        Suspicious stretches, marked below the lane they belong to.
    ax : Axes, optional
        Draws both signals there, each stretched to half of the height.
    frame : DataFrame, optional
        When it was made already: see `signal_data`.
    title : str
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
    """
    if frame is None:
        frame = signal_data(signals, table, chance, artefacts)
    people = (signals[0].partner, signals[1].partner)
    span = (
        min(s.start_s for s in signals),
        max(s.start_s + len(s) / s.rate_hz for s in signals),
    )
    with drawing(**style):
        if ax is None:
            ax = new_figure(WIDTH, 3.9).subplots()
        clear_ground(ax)
        for lane, (who, colour) in enumerate(zip(people, look.PARTNERS, strict=True)):
            low = 1.12 - 1.12 * lane
            _draw_lane(ax, frame, who, colour, low)
            own = frame[(frame["layer"] == "artefact") & (frame["who"] == who)]
            _mark_artefacts(ax, own, low - 0.035)
        both = frame[(frame["layer"] == "artefact") & (frame["who"] == "")]
        _mark_artefacts(ax, both, 1.06)
        _draw_windows(ax, frame[frame["layer"] == "window"])
        places, names = [0.5, 1.62], [people[1], people[0]]
        if (frame["layer"] == "window").any():
            places, names = [*places, *STRIPS.values()], [*names, *STRIPS]
        ax.set_ylim(-0.1, places[-1] + 0.1 if len(places) > 2 else 2.18)
        ax.set_yticks(places, names)
        for tick, colour in zip(ax.get_yticklabels()[:2], look.PARTNERS[::-1], strict=True):
            tick.set_color(colour)
            tick.set_fontweight("bold")
        ax.set_xlim(*span)
        ax.spines["left"].set_visible(False)
        ax.set_title(title)
        label_time(ax, span, "second", name=True)
        _add_key(ax, frame, chance is not None)
    return ax


def _draw_lane(ax: Axes, frame: pd.DataFrame, who: str, colour: str, low: float) -> None:
    own = frame[(frame["layer"] == "signal") & (frame["who"] == who)]
    middle = (own["time_s"].to_numpy(dtype=np.float64) + own["end_s"].to_numpy(np.float64)) / 2
    bottom, top = float(own["low"].min()), float(own["high"].max())
    scale = 1 / (top - bottom) if top > bottom else 0.0

    def place(name: str) -> np.ndarray:
        values: np.ndarray = low + (own[name].to_numpy(dtype=np.float64) - bottom) * scale
        return values

    ax.fill_between(
        middle, place("low"), place("high"), color=colour, alpha=0.3, lw=0, gid=f"range-{who}"
    )
    ax.plot(middle, place("value"), color=colour, lw=0.8, gid=f"signal-{who}", zorder=3)
    lost = frame[(frame["layer"] == "missing") & (frame["who"] == who)]
    add_hatch(ax, lost["time_s"], lost["end_s"], low, low + 1, f"missing-{who}")


def _mark_artefacts(ax: Axes, frame: pd.DataFrame, y: float) -> None:
    spans = [
        (a, b, y - 0.03, y + 0.03) for a, b in zip(frame["time_s"], frame["end_s"], strict=True)
    ]
    add_spans(ax, spans, look.INK, gid="artefact", zorder=5)


def _draw_windows(ax: Axes, frame: pd.DataFrame) -> None:
    """A strip per kind, and a light shade over both signals below it."""
    for kind, y in STRIPS.items():
        for label, colour in (("more", TOGETHER), ("less", OPPOSITE)):
            own = frame[(frame["who"] == kind) & (frame["label"] == label)]
            pairs = list(zip(own["time_s"], own["end_s"], strict=True))
            hexed = "#" + "".join(f"{round(255 * part):02x}" for part in colour)
            add_spans(ax, [(a, b, y - 0.05, y + 0.05) for a, b in pairs], hexed,
                      gid=f"{kind}-{label}", zorder=4)  # fmt: skip
            add_spans(ax, [(a, b, -0.02, 2.18) for a, b in pairs], hexed, gid=f"shade-{label}",
                      alpha=0.1, zorder=0.3)  # fmt: skip


def _add_key(ax: Axes, frame: pd.DataFrame, tested: bool) -> None:
    from matplotlib.patches import Patch

    handles: list[Any] = []
    if tested:
        found = set(frame[frame["layer"] == "window"]["label"])
        if "more" in found:
            handles.append(Patch(fc=TOGETHER, ec="none", label="windows above chance, anywhere"))
        if "less" in found:
            handles.append(Patch(fc=OPPOSITE, ec="none", label="windows below chance, anywhere"))
        if not found:
            handles.append(Patch(fc="none", ec="none", label="no window leaves chance"))
    kinds = dict.fromkeys(frame[frame["layer"] == "artefact"]["label"])
    if kinds:
        told = ", ".join(ARTEFACTS.get(kind, kind) for kind in kinds)
        handles.append(Patch(fc=look.INK, ec="none", label=f"suspicious: {told}"))
    if (frame["layer"] == "missing").any():
        handles.append(
            Patch(fc="none", ec=look.HATCH, hatch=look.HATCH_PATTERN, lw=0, label="missing")
        )
    if handles:
        # A long list of kinds needs a line of its own.
        wide = sum(len(str(handle.get_label())) for handle in handles) > 100
        ax.figure.legend(
            handles=handles, loc="outside lower left", ncols=2 if wide else len(handles)
        )
