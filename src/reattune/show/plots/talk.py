"""Talk by segments: a lane for each feature, a line for each partner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.show import style as look
from reattune.show.plots.marks import add_spans, label_time
from reattune.show.style import clear_ground, drawing
from reattune.show.talk_data import talk_data
from reattune.talk import TalkDescription, UnusualSegments

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WIDTH, LANE, GAP, ABOVE, BELOW, LEFT, RIGHT = 10.0, 0.62, 0.16, 0.3, 0.8, 2.35, 0.15


def plot_talk(
    talk: TalkDescription,
    *,
    ax: Axes | None = None,
    unusual: UnusualSegments | None = None,
    lane: str = "talk_words_prop",
    frame: pd.DataFrame | None = None,
    title: str | None = None,
    **style: Any,
) -> Axes:
    """One conversation by segments.

    Parameters
    ----------
    talk : TalkDescription
        With segments; without them only the lines of the whole conversation are drawn.
    ax : Axes, optional
        Draws one lane there; by default a new figure with all lanes.
    unusual : UnusualSegments, optional
        Shades the first segments of that order: to look at, no finding.
    lane : str
        Which feature, for ``ax``.
    frame : DataFrame, optional
        What `talk_data` gives, where it was made before.
    title : str, optional
        The conversation's name by default.
    **style
        Matplotlib settings.
    """
    frame = talk_data(talk, unusual) if frame is None else frame
    lanes = list(dict.fromkeys(name for name in frame["lane"] if name))
    with drawing(**style):
        if ax is not None:
            lanes, axes = [lane], [ax]
        else:
            axes = _make_lanes(max(len(lanes), 1))
        for panel, name in zip(axes, lanes, strict=False):
            _draw_lane(panel, frame, name, talk)
        window = (talk.whole.start_s, talk.whole.end_s)
        for panel in axes:
            panel.set_xlim(*window)
            panel.xaxis.set_visible(panel is axes[-1])
        label_time(axes[-1], window, "second", name=True)
        told = talk.session if title is None else title
        if told:
            axes[0].set_title(told)
        if ax is None:
            _legend(axes[0], talk, frame)
    return axes[0]


def _make_lanes(count: int) -> list[Axes]:
    from matplotlib.figure import Figure

    total = ABOVE + count * LANE + (count - 1) * GAP + BELOW
    figure = Figure(figsize=(WIDTH, total))
    figure.patch.set_alpha(0.0)
    return [
        figure.add_axes(
            (
                LEFT / WIDTH,
                (total - ABOVE - (at + 1) * LANE - at * GAP) / total,
                1 - (LEFT + RIGHT) / WIDTH,
                LANE / total,
            )
        )
        for at in range(count)
    ]


def _draw_lane(ax: Axes, frame: pd.DataFrame, name: str, talk: TalkDescription) -> None:
    clear_ground(ax)
    own = frame[frame["lane"] == name]
    seen = own[own["layer"] == "value"]
    values = own["value"]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    low = min(low, 0.0)
    room = 0.08 * (high - low) or 0.5
    ax.set_ylim(low - (room if low < 0 else 0.0), high + room)
    marked = frame[frame["layer"] == "look"]
    bottom, top = ax.get_ylim()
    spans = [(a, b, bottom, top) for a, b in zip(marked["start_s"], marked["end_s"], strict=True)]
    add_spans(ax, spans, look.NULL_BAND, gid="look", alpha=0.7, zorder=0.1)
    for side, who in enumerate(talk.partners):
        colour, dash = look.PARTNERS[side], "-" if side == 0 else (0, (4, 2))
        rows = seen[seen["partner"] == who]
        middle = (rows["start_s"] + rows["end_s"]) / 2
        ax.plot(
            middle, rows["value"], color=colour, ls=dash, lw=1.3, marker="os"[side], ms=3.4,
            mfc=colour if side == 0 else "none", gid=f"value-{side + 1}", clip_on=False,
        )  # fmt: skip
        whole = own[(own["layer"] == "whole") & (own["partner"] == who)]["value"]
        for value in whole:
            ax.axhline(value, color=colour, lw=0.7, alpha=0.45, zorder=0.5, gid=f"whole-{side + 1}")
    label = own["label"].iloc[0] if len(own) else name
    ax.text(
        -0.075, 0.5, _fold(str(label)), transform=ax.transAxes, ha="right", va="center", size=8.0
    )
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(2))
    ax.tick_params(axis="y", labelsize=7.5)


def _fold(text: str, width: int = 22) -> str:
    """The text in lines of about that width."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width))


def _legend(ax: Axes, talk: TalkDescription, frame: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=look.PARTNERS[side], ls="-" if side == 0 else (0, (4, 2)),
               marker="os"[side], ms=4, mfc=look.PARTNERS[side] if side == 0 else "none",
               label=who)
        for side, who in enumerate(talk.partners)
    ]  # fmt: skip
    handles.append(Line2D([], [], color=look.NULL, lw=0.7, label="whole conversation"))
    if (frame["layer"] == "look").any():
        handles.append(Patch(fc=look.NULL_BAND, label="to look at first (no finding)"))
    ax.figure.legend(handles=handles, loc="lower center", ncols=len(handles), borderaxespad=0.1)
