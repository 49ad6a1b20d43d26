"""The belief that a rupture so deep gets repaired, as it grows over sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.latents import BeliefCourse
from reattune.show import style as look
from reattune.show.model_data import belief_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_belief(
    course: BeliefCourse, *, ax: Axes | None = None, label: str = "", **style: Any
) -> Axes:
    """Belief over depth before the first session (grey) and after some of them, darker later.

    A dot on each curve marks tolerance: the depth at which the belief crosses one half.

    Parameters
    ----------
    course : BeliefCourse
    ax : Axes, optional
    label : str, optional
        A title.
    **style
        Matplotlib settings.
    """
    frame = belief_data(course)
    shown = [int(s) for s in dict.fromkeys(frame.loc[frame["drawn"], "session"])]
    with drawing(**style):
        if ax is None:
            ax = new_figure(5.6, 3.6).subplots()
        clear_ground(ax)
        ax.axhline(0.5, color=look.FAINT, lw=0.9, zorder=0)
        for at, session in enumerate(shown):
            own = frame[frame["session"] == session]
            first = at == 0
            strength = 0.3 + 0.7 * at / max(len(shown) - 1, 1)
            ax.plot(
                own["depth"], own["belief"], color=look.NULL if first else look.INK,
                alpha=1.0 if first else strength, lw=1.4 if first else 1.0 + 0.8 * strength,
                ls=(0, (4, 2)) if first else "-", gid="null" if first else "belief",
                label="at the start" if session == 0 else f"after session {session}",
            )  # fmt: skip
            below = own[own["belief"] < 0.5]
            if len(below) and below.index[0] != own.index[0]:
                after = below.iloc[0]
                before = own.loc[below.index[0] - 1]
                share = (before["belief"] - 0.5) / (before["belief"] - after["belief"])
                where = before["depth"] + share * (after["depth"] - before["depth"])
                ax.plot(
                    where, 0.5, "o", ms=5, color=look.NULL if first else look.INK,
                    alpha=1.0 if first else strength, gid="tolerance", zorder=5,
                )  # fmt: skip
        ax.set_xlim(0, float(course.depths[-1]))
        ax.set_ylim(0, 1)
        ax.set_xlabel("depth of a rupture (arousal, in initial tolerances)", loc="left")
        ax.set_ylabel("belief that it gets repaired")
        ax.legend(loc="upper right")
        if label:
            ax.set_title(label)
    return ax
