"""Real against chance: one record among its surrogates, or dyads among strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reattune.show import style as look
from reattune.show.phrases import number, p_value
from reattune.show.style import clear_ground, drawing, new_figure
from reattune.show.synchrony_data import record_chance_data, study_chance_data
from reattune.synchrony_tests import SignalPairings, SynchronyChance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NAMES = {
    "mean_abs_z": "mean absolute z",
    "mean_z": "mean z (with sign)",
    "lag_zero_z": "z at the same moment",
    "lag_zero_abs_z": "absolute z at the same moment",
}
NULLS = {
    "permute_pairs": "mean of strangers",
    "combine_records": "mean at other moments",
}


def plot_synchrony_chance(
    chance: SynchronyChance, *, ax: Axes | None = None, statistic: str = "mean_abs_z", **style: Any
) -> Axes:
    """One record (black) among its surrogates (grey).

    Parameters
    ----------
    chance : SynchronyChance
        From `compare_record`.
    ax : Axes, optional
        Draws one statistic alone there.
    statistic : str, default "mean_abs_z"
        Which, on ``ax``.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = record_chance_data(chance)
    with drawing(**style):
        panels: list[Axes]
        names = list(dict.fromkeys(frame["statistic"]))
        if ax is None:
            panels = list(
                new_figure(3.3 * len(names), 2.6).subplots(1, len(names), squeeze=False)[0]
            )
        else:
            panels, names = [ax], [statistic]
        for panel, name in zip(panels, names, strict=True):
            clear_ground(panel)
            part = frame[frame["statistic"] == name]
            _draw_hill(panel, part[part["layer"] == "null"])
            for row in part[part["layer"] == "null_mean"].to_dict("records"):
                _draw_limits(panel, row, -0.1, look.NULL, "null-mean", "|")
            for row in part[part["layer"] == "seen"].to_dict("records"):
                panel.plot([row["value"]] * 2, [0, 1.05], color=look.INK, lw=1.6, gid="seen")
                panel.set_title(NAMES.get(name, name.replace("_", " ")))
                _say(panel, f"{number(row['value'], 3)}, {p_value(float(row['p']))}")
            panel.set_ylim(-0.2, 1.3)
            panel.set_yticks([])
            panel.locator_params(axis="x", nbins=5)
            panel.spines["left"].set_visible(False)
    return panels[0]


def plot_synchrony_study(
    pairings: SignalPairings,
    pairing: SynchronyChance | None = None,
    combined: SynchronyChance | None = None,
    *,
    ax: Axes | None = None,
    statistic: str = "mean_abs_z",
    **style: Any,
) -> Axes:
    """Every dyad (dots) beside strangers (grey hill); their mean beside what chance gives for it.

    Parameters
    ----------
    pairings : SignalPairings
        From `pair_all`.
    pairing, combined : SynchronyChance, optional
        From `permute_partners` and `combine_records`.
    ax : Axes, optional
        Draws one statistic alone there.
    statistic : str, default "mean_abs_z"
        Which, on ``ax``.
    **style
        Matplotlib settings.

    Returns
    -------
    Axes
        The first panel.
    """
    frame = study_chance_data(pairings, pairing, combined)
    with drawing(**style):
        panels: list[Axes]
        names = list(dict.fromkeys(frame["statistic"]))
        if ax is None:
            panels = list(
                new_figure(4.8 * len(names), 3.6).subplots(1, len(names), squeeze=False)[0]
            )
        else:
            panels, names = [ax], [statistic]
        for at, (panel, name) in enumerate(zip(panels, names, strict=True)):
            clear_ground(panel)
            _draw_study(panel, frame[frame["statistic"] == name], labelled=at == 0)
            panel.set_title(NAMES.get(name, name))
            panel.locator_params(axis="x", nbins=6)
    return panels[0]


def _draw_study(ax: Axes, frame: pd.DataFrame, *, labelled: bool) -> None:
    rows = [(-0.35, "dyads"), (-0.75, "their mean")]
    _draw_hill(ax, frame[frame["layer"] == "strangers"])
    dots = frame[frame["layer"] == "dyad"]
    # A little up and down, in the order of the dyads, so that equal values stay apart.
    shift = 0.07 * (np.arange(len(dots)) % 3 - 1)
    ax.plot(
        dots["value"], -0.35 + shift, "o", ms=5.5, mfc="none", mec=look.INK, mew=1.2, gid="dyad"
    )
    for row in frame[frame["layer"] == "mean"].to_dict("records"):
        _draw_limits(ax, row, -0.75, look.INK, "mean", "D")
    y = -1.1
    for row in frame[frame["layer"] == "null_mean"].to_dict("records"):
        _draw_limits(ax, row, y, look.NULL, "null-mean", "|")
        right = ax.get_xlim()[1]
        ax.text(right, y, f" {p_value(float(row['p']))}", va="center", ha="left", color=look.QUIET,
                size=8.5, clip_on=False)  # fmt: skip
        rows.append((y, NULLS.get(str(row["label"]), str(row["label"]))))
        y -= 0.32
    ax.set_ylim(y + 0.05, 1.15)
    if labelled:
        ax.set_yticks([0.35, *(place for place, _ in rows)], ["strangers", *(t for _, t in rows)])
    else:
        ax.set_yticks([])
    ax.spines["left"].set_visible(False)


def _draw_hill(ax: Axes, frame: pd.DataFrame) -> None:
    if len(frame):
        ax.fill_between(frame["value"], 0, frame["height"], color=look.NULL_BAND, lw=0, gid="hill")
        ax.plot(frame["value"], frame["height"], color=look.NULL, lw=1.2, gid="hill-edge")


def _draw_limits(ax: Axes, row: dict[Any, Any], y: float, colour: str, gid: str, mark: str) -> None:
    ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=2.0, gid=f"{gid}-limits")
    ax.plot(row["value"], y, mark, color=colour, ms=6, mew=1.6, gid=gid)


def _say(ax: Axes, text: str) -> None:
    ax.text(0.0, 1.0, text, transform=ax.transAxes, va="top", ha="left", color=look.QUIET, size=8.5)
