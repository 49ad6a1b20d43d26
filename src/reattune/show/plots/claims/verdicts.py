"""Which statement outlives which assumption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reattune.experiments.claims import ClaimsResult
from reattune.show import style as look
from reattune.show.claims_data import ABLATION_LABELS, verdict_data
from reattune.show.style import clear_ground, drawing, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Verdict -> mark, size, filled, words.
MARKS: dict[str, tuple[str, float, bool, str]] = {
    "holds": ("o", 7, True, "holds"),
    "gone": ("o", 7, False, "gone"),
    "reversed": ("v", 7, False, "reversed"),
    "open": (".", 4, True, "too little to tell"),
}


def plot_verdicts(result: ClaimsResult, *, ax: Axes | None = None, **style: Any) -> Axes:
    """One row per statement, one column for the model and for each assumption taken away.

    Parameters
    ----------
    result : ClaimsResult
    ax : Axes, optional
    **style
        Matplotlib settings.
    """
    from matplotlib.lines import Line2D

    frame = verdict_data(result)
    rows: list[tuple[int, str]] = []
    for row in frame.to_dict("records"):
        key = (row["claim"], row["statement"])
        if key not in rows:
            rows.append(key)
    places: dict[tuple[int, str], float] = {}
    y, claim = 0.0, 0
    for key in rows:
        y += 1.9 if key[0] != claim else 1.0
        claim = key[0]
        places[key] = y
    with drawing(**style):
        if ax is None:
            ax = new_figure(10.0, 0.27 * y + 1.4).subplots()
        clear_ground(ax)
        columns = sorted(set(frame["column"]))
        for key, height in places.items():
            ax.plot([-0.35, len(columns) - 0.65], [height] * 2, color=look.FAINT, lw=0.6, zorder=0)
            if key == next(k for k in rows if k[0] == key[0]):
                ax.annotate(
                    f"{key[0]}. {_title(frame, key[0])}", (0, height - 0.95),
                    xycoords=("axes fraction", "data"), xytext=(-6, 0),
                    textcoords="offset points", ha="right", va="center", weight="bold", size=9,
                )  # fmt: skip
        for row in frame.to_dict("records"):
            mark, size, filled, _ = MARKS[row["verdict"]]
            colour = look.QUIET if row["verdict"] == "open" else look.INK
            ax.plot(
                columns.index(row["column"]), places[row["claim"], row["statement"]], mark,
                ms=size, color=colour, mfc=colour if filled else "none", mew=1.2,
                gid=row["verdict"],
            )  # fmt: skip
        ax.set_yticks(list(places.values()), [name for _, name in places], size=8.5)
        ax.set_ylim(y + 0.7, 0.3)
        labels = list(ABLATION_LABELS.values())
        ax.set_xticks(range(len(columns)), [labels[at] for at in columns], size=8)
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        ax.set_xlim(-0.5, len(columns) - 0.5)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        handles = [
            Line2D([], [], ls="none", marker=mark, ms=size, mew=1.2, label=words,
                   color=look.QUIET if name == "open" else look.INK,
                   mfc=(look.QUIET if name == "open" else look.INK) if filled else "none")
            for name, (mark, size, filled, words) in MARKS.items()
        ]  # fmt: skip
        ax.figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return ax


def _title(frame: Any, claim: int) -> str:
    return str(frame.loc[frame["claim"] == claim, "title"].iloc[0])
