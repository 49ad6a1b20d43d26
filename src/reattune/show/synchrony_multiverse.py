"""A SynchronyMultiverse in frames, sentences and files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from reattune.core.study import Progress
from reattune.results import SCHEMA
from reattune.show.document import json_safe
from reattune.show.export import to_csv, write_together
from reattune.show.phrases import count, listed, number, p_value, percent, start_upper
from reattune.surrogates.wording import format_p
from reattune.synchrony_multiverse import JointTest, SynchronyMultiverse
from reattune.synchrony_multiverse.outcomes import REASONS

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
STATISTICS = {
    "mean_abs_z": "mean absolute z",
    "mean_z": "mean z with its sign",
    "lag_zero_abs_z": "absolute z at the same moment",
    "lag_zero_z": "z at the same moment, with sign",
    "lead_difference": "where the {first} leads minus where the {second} leads",
}
NULLS = {
    "rotate": "when the {second}'s signal meets the {first}'s at other moments",
    "pairing": "for strangers laid side by side",
    "phase_randomised": "with a {second}'s signal made anew from its spectrum",
    "iaaft": "with a {second}'s signal made anew from its values and spectrum",
}
NOTHING_PICKED = (
    "No combination is the right one, and the largest effect is not the result: report the median, "
    "the range and the joint p. The joint test asks whether the combinations, taken together, say "
    "more than they say about the same surrogates, which all of them looked at; it may be smaller "
    "or larger than any single p."
)
CO_MOVEMENT = (
    "Synchrony is co-movement, not attunement: it says that two signals go together in time, and "
    "nothing about what the two people do, mean or feel."
)


def curve_data(found: SynchronyMultiverse, statistic: str, null: str) -> pd.DataFrame:
    """Combinations in the order of their effect.

    Returns
    -------
    DataFrame
        rank, window_s, max_lag_s, step_s, smoothing_s, effect, effect_low, effect_high, p, and
        ``median``, the same in every row. Combinations without a p are left out.
    """
    import pandas as pd

    rows = sorted(
        (row for row in found.select(statistic, null) if not row.refused), key=lambda r: r.effect
    )
    joint = find_joint(found, statistic, null)
    frame = pd.DataFrame(
        [
            {
                "rank": rank,
                **{
                    name: getattr(row.specification, name)
                    for name in ("window_s", "max_lag_s", "step_s", "smoothing_s")
                },
                "effect": row.effect,
                "effect_low": row.effect_low,
                "effect_high": row.effect_high,
                "p": row.p,
            }
            for rank, row in enumerate(rows)
        ],
        columns=[
            *("rank", "window_s", "max_lag_s", "step_s", "smoothing_s", "effect", "effect_low"),
            *("effect_high", "p"),
        ],
    )
    frame["median"] = float("nan") if joint is None else joint.median_effect
    return frame


def map_data(found: SynchronyMultiverse, statistic: str, null: str) -> pd.DataFrame:
    """P on the grid of settings.

    Returns
    -------
    DataFrame
        row (window, largest lag), column (smoothing, step), p, label, refused.
    """
    import pandas as pd

    rows = []
    for outcome in found.select(statistic, null):
        made = outcome.specification
        lag = f", lag {made.max_lag_s:g} s" if made.max_lag_s else ", lag 0"
        smooth = f"smooth {made.smoothing_s:g} s" if made.smoothing_s else "not smoothed"
        rows.append(
            {
                "row": f"window {made.window_s:g} s{lag}",
                "column": f"{smooth}\nstep {made.step_s:g} s",
                "p": outcome.p,
                "label": "" if outcome.refused else format_p(outcome.p).removeprefix("p = "),
                "refused": outcome.refused,
            }
        )
    return pd.DataFrame(rows, columns=["row", "column", "p", "label", "refused"])


def find_joint(found: SynchronyMultiverse, statistic: str, null: str) -> JointTest | None:
    """The joint test of one statistic under one null; None where there is none."""
    for row in found.joint:
        if (row.statistic, row.null) == (statistic, null):
            return row
    return None


# -- sentences -------------------------------------------------------------------------------------


def summarize_multiverse(found: SynchronyMultiverse) -> list[str]:
    """What was gone through, what holds over it, and what limits the reading."""
    return [
        heading(found),
        "",
        *(describe_joint(found, row) for row in found.joint),
        "",
        *cautions(found),
    ]


def heading(found: SynchronyMultiverse) -> str:
    """Records and settings: ``10 records; 36 combinations of windows of 15, 30 and 60 s, ...``."""
    grid = found.grid
    n = max(len(found.select(name, found.nulls[0])) for name in grid.statistic)
    first, second = found.partners
    return (
        f"{start_upper(first)} and {second}, {count(found.n_records, 'record')} of "
        f"{count(found.n_dyads, 'dyad')}; {count(n, 'combination')} of windows of "
        f"{_values(grid.window_s)}, lags up to {_values(grid.max_lag_s)}, steps of "
        f"{_values(grid.step_s)} and smoothing of {_values(grid.smoothing_s)}, each beside "
        f"{count(found.n_drawn, 'surrogate')}."
    )


def _values(values: Sequence[float]) -> str:
    return listed([f"{value:g}" for value in values]) + " s"


def name_statistic(name: str, partners: tuple[str, str]) -> str:
    """The statistic in words."""
    return STATISTICS.get(name, name).format(first=partners[0], second=partners[1])


def describe_joint(found: SynchronyMultiverse, row: JointTest) -> str:
    """One statistic under one null over all combinations, the null beside each number."""
    first, second = found.partners
    told = name_statistic(row.statistic, found.partners)
    beside = NULLS[row.null].format(first=first, second=second)
    return (
        f"{start_upper(told)}: over {row.n_combinations} combinations the median lies "
        f"{number(abs(row.median_effect), 1)} null SDs "
        f"{'above' if row.median_effect >= 0 else 'below'} what it is {beside} (combinations range "
        f"from {number(row.effect_least, 1)} to {number(row.effect_most, 1)}; the median of the "
        f"surrogates from {number(row.median_low, 1)} to {number(row.median_high, 1)}), joint "
        f"{p_value(row.p_median)}: {_verdict(row)}. {percent(row.same_sign_prop)} of the "
        f"combinations have that sign; {row.n_significant} have a p of at most .05, chance gives "
        f"{number(row.null_significant, 1)} (one surrogate in twenty more than "
        f"{number(row.null_significant_high, 0)}), joint {p_value(row.p_significant)}."
    )


def _verdict(row: JointTest) -> str:
    if row.p_median > ALPHA:
        return "too little to tell from chance"
    more = "more" if row.median_effect >= 0 else "less"
    if row.n_significant == row.n_combinations:
        return f"{more} than chance, under every combination"
    if row.same_sign_prop == 1:
        return f"{more} than chance, though not every combination shows it by itself"
    return f"{more} than chance taken together, but the sign depends on the combination"


def cautions(found: SynchronyMultiverse) -> list[str]:
    """What limits the reading."""
    said = [NOTHING_PICKED, CO_MOVEMENT, *found.notes]
    if len(found.joint) > 1:
        said.append(
            f"{len(found.joint)} joint tests stand here. Read the statistic and the null that were "
            "chosen before looking."
        )
    refused: dict[str, int] = {}
    for outcome in found.outcomes:
        if outcome.refused:
            refused[outcome.refused] = refused.get(outcome.refused, 0) + 1
    for code, n in refused.items():
        said.append(f"{count(n, 'combination')} without p: {REASONS.get(code, code)}")
    return said


# -- files -----------------------------------------------------------------------------------------


def multiverse_to_dict(found: SynchronyMultiverse) -> dict[str, object]:
    """A JSON-safe document."""
    return {
        "schema": SCHEMA,
        "kind": "synchrony_multiverse",
        "summary": [line for line in summarize_multiverse(found) if line],
        "partners": list(found.partners),
        "n_records": found.n_records,
        "n_dyads": found.n_dyads,
        "n_drawn": found.n_drawn,
        "joint": [json_safe(asdict(row)) for row in found.joint],
        "combinations": [json_safe(row) for row in found.to_frame().to_dict("records")],
        "notes": list(found.notes),
        "settings": json_safe(dict(found.settings)),
    }


def write_multiverse(
    found: SynchronyMultiverse,
    out_dir: str | Path,
    *,
    report: bool = True,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write a multiverse's files into a folder and return their paths.

    ``multiverse.html``, ``multiverse.csv`` (one row per combination), ``joint.csv`` (one per
    statistic and null) and ``settings.json``. Equal results give equal bytes.

    Parameters
    ----------
    found : SynchronyMultiverse
    out_dir : path-like
        Made when it does not exist.
    report : bool, default True
    on_progress : callable(done, total, what), optional
    """
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.synchrony_multiverse import render_multiverse_report

        if on_progress:
            on_progress(0, 1, "drawing the report")
        texts["multiverse.html"] = render_multiverse_report(found)
    texts["multiverse.csv"] = to_csv(found.to_frame())
    texts["joint.csv"] = to_csv(found.joint_frame())
    settings = {"schema": SCHEMA, **json_safe(dict(found.settings))}
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(Path(out_dir), texts)
