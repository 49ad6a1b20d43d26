"""A study at a glance: every session's matched share beside its null, one panel per phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.results import WHOLE, StudyAnalysis
from reattune.show import style as look
from reattune.show.data import overview_data
from reattune.show.phrases import phase_name
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

PANEL_WIDTH = 2.9
MAX_NAMED = 80


def plot_overview(
    study: StudyAnalysis, *, ax: Axes | None = None, phase: str | None = None, **style: Any
) -> Axes:
    """Every session's matched share (dot) beside its null (grey band and tick).

    Parameters
    ----------
    study : StudyAnalysis
    ax : Axes, optional
        Draws one phase there; by default a new figure with one panel per phase.
    phase : str, optional
        Only this one.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = overview_data(study)
    phases = [phase] if phase is not None else list(study.phases)
    if ax is not None:
        phases = phases[:1]
    names = [analysis.session.id for analysis in study.analyses]
    with drawing(**style):
        if ax is not None:
            axes = [ax]
        else:
            height = 1.25 + max(len(names) + 1.5, 4) * 0.16
            count = max(len(phases), 1)
            figure = new_figure(min(10.0, 1.6 + PANEL_WIDTH * count), height)
            axes = list(figure.subplots(1, count, sharey=True, squeeze=False)[0])
        for panel, label in zip(axes, phases, strict=False):
            _draw_panel(panel, frame[frame["phase"] == label], names)
            if label != WHOLE:
                panel.set_title(phase_name(label))
            _draw_pooled(panel, study, label, len(names))
        shown = names if len(names) <= MAX_NAMED else []
        texts = [name if len(name) < 18 else f"{name[:16]}…" for name in shown]
        axes[0].set_yticks([*range(len(shown)), len(names) + 0.7], [*texts, "all sessions"])
        for text in axes[0].get_yticklabels()[:-1]:
            text.set_fontsize(7.0)
        axes[0].set_ylim(len(names) + 1.4, -0.7)
        _explain(axes[0], frame)
    return axes[0]


def _draw_panel(ax: Axes, frame: pd.DataFrame, names: list[str]) -> None:
    clear_ground(ax)
    y = np.array([names.index(name) for name in frame["session"]], dtype=np.float64)
    ax.set_xlim(-0.02, 1.02)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.set_xlabel("time matched (%)")
    ax.grid(axis="x", color=look.FAINT, lw=0.6)
    ax.set_axisbelow(True)
    ax.spines["left"].set_visible(False)
    ax.hlines(y, frame["null_low"], frame["null_high"], color=look.NULL_BAND, lw=5, gid="null-band")
    centre = frame["null_mean"].where(frame["null_mean"].notna(), frame["expected"])
    ax.plot(centre, y, ls="none", marker="|", ms=6, mew=1.2, color=look.NULL, gid="null")
    ax.plot(frame["value"], y, ls="none", marker="o", ms=4, mew=0, color=look.INK, gid="seen")


def _draw_pooled(ax: Axes, study: StudyAnalysis, label: str, rows: int) -> None:
    for pool in study.pooled:
        if pool.phase != label or pool.dyad:
            continue
        value, low, high, _ = pool.measures["matched_prop"]
        y = rows + 0.7
        ax.plot([low, high], [y, y], color=look.INK, lw=1.4, gid="pooled-interval")
        ax.plot(value, y, "D", ms=5.5, mew=0, color=look.INK, gid="pooled")
        expected = pool.measures["expected_prop"].value
        ax.plot(expected, y, "|", ms=8, mew=1.4, color=look.NULL, gid="pooled-null")
    ax.axhline(rows - 0.1, color=look.FAINT, lw=0.6)


def _explain(ax: Axes, frame: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    def mark(shape: str, text: str, colour: str, size: float) -> Any:
        return Line2D([], [], ls="none", marker=shape, color=colour, ms=size, label=text, mew=0)

    handles = [
        mark("o", "seen in a session", look.INK, 4),
        mark("D", "all sessions, 95 % interval", look.INK, 5),
    ]
    if frame["null_mean"].notna().any() or frame["expected"].notna().any():
        handles.append(
            Line2D([], [], color=look.NULL_BAND, lw=5, marker="|", mec=look.NULL, ms=6, mew=1.2,
                   label="what chance gives")
        )  # fmt: skip
    figure = ax.figure
    figure.legend(
        handles=handles, loc="outside lower left" if figure.get_layout_engine() else "lower left",
        ncols=3, handlelength=1.4, columnspacing=1.6,
    )  # fmt: skip
