"""Tolerance, trust and confident trust of simulated dyads over their sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.models.course import SimulatedCourse, SimulatedStudy
from reattune.show import style as look
from reattune.show.model_data import course_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LANES = (
    ("tolerance", "tolerance W"),
    ("trust", "trust T"),
    ("confident_trust", "confident trust Tc"),
    ("matched_prop", "share of time matched"),
)


def plot_course(
    source: SimulatedCourse | SimulatedStudy,
    *,
    ax: Axes | None = None,
    lane: str = "tolerance",
    **style: Any,
) -> Axes:
    """The model's latents at the start of every session, and how much of it was matched.

    Thin lines: dyads; the thick one is their mean. Grey: where they began.

    Parameters
    ----------
    source : SimulatedCourse or SimulatedStudy
    ax : Axes, optional
        Draws ``lane`` alone there.
    lane : {"tolerance", "trust", "confident_trust", "matched_prop"}
    **style
        Matplotlib settings.
    """
    frame = course_data(source)
    dyads = list(dict.fromkeys(frame["dyad"]))
    with drawing(**style):
        if ax is not None:
            panels, lanes = [ax], [pair for pair in LANES if pair[0] == lane]
        else:
            figure = new_figure(10.0, 3.0)
            panels, lanes = list(figure.subplots(1, len(LANES), squeeze=False)[0]), list(LANES)
        few = frame["session"].nunique() < 3
        for panel, (name, label) in zip(panels, lanes, strict=True):
            clear_ground(panel)
            if name != "matched_prop":
                first = float(frame[name].iloc[0])
                panel.axhline(first, color=look.NULL, lw=1.2, gid="null", zorder=0.5)
            alone = len(dyads) == 1
            for dyad in dyads:
                own = frame[frame["dyad"] == dyad]
                panel.plot(
                    own["session"], own[name], color=look.INK, lw=1.4 if alone else 0.7,
                    alpha=1.0 if alone else 0.35, marker="o" if few else "", ms=3, gid="dyad",
                )  # fmt: skip
            if not alone:
                mean = frame.groupby("session")[name].mean()
                panel.plot(mean.index, mean, color=look.INK, lw=2.2, gid="mean")
            panel.set_title(label)
            panel.set_xlabel("session", loc="left")
            if name != "tolerance":
                panel.set_ylim(0, 1)
    return panels[0]
