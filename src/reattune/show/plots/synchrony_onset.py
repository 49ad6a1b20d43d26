"""Synchrony around the onset of coded epochs, beside the same epochs placed elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reattune.show import style as look
from reattune.show.plots.synchrony_lags import draw_profile
from reattune.show.style import clear_ground, drawing, new_figure
from reattune.show.synchrony_data import onset_data
from reattune.synchrony_tests import SynchronyChance

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_synchrony_onset(
    tests: Sequence[tuple[str, SynchronyChance]],
    *,
    ax: Axes | None = None,
    window_s: float | None = None,
    **style: Any,
) -> Axes:
    """Mean of the windows by their distance from an onset; grey: the same epochs elsewhere.

    Parameters
    ----------
    tests : sequence of (kind, SynchronyChance)
        ``("absolute", test)`` and, or, ``("signed", test)`` from `compare_epochs`.
    ax : Axes, optional
        Draws the first kind alone there.
    window_s : float, optional
        Length of a window, drawn as a line: no change is sharper than that.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = onset_data(tests)
    with drawing(**style):
        panels: list[Axes]
        kinds = list(dict.fromkeys(frame["kind"]))
        if ax is None:
            figure = new_figure(4.9 * len(kinds), 3.4)
            panels = list(figure.subplots(1, len(kinds), squeeze=False)[0])
        else:
            panels, kinds = [ax], kinds[:1]
        for panel, kind in zip(panels, kinds, strict=True):
            clear_ground(panel)
            draw_profile(panel, frame[frame["kind"] == kind], "from_onset_s")
            panel.axvline(0, color=look.INK, lw=1.0, ls="--", gid="onset")
            panel.set_title("Absolute" if kind == "absolute" else "With sign")
            panel.set_xlabel("seconds from onset to the middle of the window")
            if window_s:
                _draw_window(panel, window_s)
        panels[0].set_ylabel("mean of the windows")
    return panels[0]


def _draw_window(ax: Axes, window_s: float) -> None:
    low, high = ax.get_ylim()
    y = low - 0.06 * (high - low)
    left = ax.get_xlim()[0]
    ax.plot([left, left + window_s], [y, y], color=look.QUIET, lw=2.0, gid="window")
    ax.text(left + window_s, y, "  one window", va="center", color=look.QUIET, size=8)
    ax.set_ylim(y - 0.04 * (high - low), high)
