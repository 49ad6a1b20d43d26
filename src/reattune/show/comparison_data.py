"""What the pictures of a comparison are drawn from: one tidy frame per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reattune.comparison import Comparison
from reattune.show.comparison_words import name_effect, part_title

if TYPE_CHECKING:
    import pandas as pd


def forest_data(comparison: Comparison) -> pd.DataFrame:
    """Every comparison that was made, in the order of parts and measures.

    Returns
    -------
    DataFrame
        part, measure, label, effect, scale (``ratio`` or ``difference``), value, low, high,
        seen_below, seen_above, p, p_holm, units.
    """
    import pandas as pd

    order = {name: at for at, name in enumerate(comparison.measures)}
    parts = {name: at for at, name in enumerate(comparison.parts)}
    effects = [e for e in comparison.effects if e.value == e.value]
    rows = [
        (
            *(part_title(comparison, e.part), e.measure, comparison.measures[e.measure].label),
            *(name_effect(comparison, e), "ratio" if e.ratio else "difference"),
            *(e.value, e.low, e.high, e.seen_below, e.seen_above, e.p, e.p_holm, e.units),
        )
        for e in sorted(effects, key=lambda e: (parts[e.part], order[e.measure]))
    ]
    columns = ["part", "measure", "label", "effect", "scale", "value", "low", "high"]
    more = ["seen_below", "seen_above", "p", "p_holm", "units"]
    return pd.DataFrame(rows, columns=[*columns, *more])


def dots_data(comparison: Comparison) -> pd.DataFrame:
    """Every dyad's value and every group's, of all measures that each dyad has one of.

    Returns
    -------
    DataFrame
        part, measure, layer (``unit``, ``group``, ``line``), unit, level, x, value, low, high.
        ``line`` is the slope on a number.
    """
    import pandas as pd

    nan = float("nan")
    rows: list[tuple[object, ...]] = [
        (u.part, u.measure, "unit", u.unit, u.level, u.x, u.value, nan, nan)
        for u in comparison.units
    ]
    shown = {u.measure for u in comparison.units}
    rows += [
        (g.part, g.measure, "group", "", g.level, nan, g.value, g.low, g.high)
        for g in comparison.groups
        if g.tested and g.measure in shown
    ]
    rows += [
        (p.part, p.measure, "line", "", "", p.x, p.value, p.low, p.high) for p in comparison.line
    ]
    columns = ["part", "measure", "layer", "unit", "level", "x", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def curves_data(comparison: Comparison) -> pd.DataFrame:
    """Share of ruptures repaired within a time, by group.

    Returns
    -------
    DataFrame
        part, level, layer (``curve`` or ``censored``), time, share, low, high.
    """
    import numpy as np
    import pandas as pd

    nan = float("nan")
    rows: list[tuple[object, ...]] = []
    for c in comparison.curves:
        for row in zip(c.times, c.share, c.low, c.high, strict=True):
            rows.append((c.part, c.level, "curve", *(float(v) for v in row)))
        for time in c.censored.tolist():
            at = int(np.searchsorted(c.times, time, side="right")) - 1
            rows.append((c.part, c.level, "censored", time, float(c.share[max(at, 0)]), nan, nan))
    columns = ["part", "level", "layer", "time", "share", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
