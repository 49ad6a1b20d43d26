"""What each picture of the claims draws, as one tidy frame per picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reattune.experiments.claims import (
    ABLATIONS,
    CLAIMS,
    ClaimsResult,
    loads,
    quality,
    small,
    speed,
    therapy,
)

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
# Columns of `verdict_data` and heads of the pictures.
ABLATION_LABELS = {
    "": "the model",
    "no_latency_discount": "late repair\ncounts fully",
    "no_overwhelm": "deep repair\ncounts fully",
    "little_generalisation": "hardly\ngeneralised",
    "self_repair_counts_fully": "own repair\ncounts fully",
    "no_forgetting": "nothing\nforgotten",
    "no_saturation": "no saturation\nin a rupture",
}
_SUMMARY = ("tolerance", "confident_trust", "matched_prop", "latency_mean_s")


def start_of(result: ClaimsResult, outcome: str) -> float:
    """What a dyad that has lived nothing begins with; nan for anything but latents."""
    start = result.settings.get("start")
    return float(start[outcome]) if isinstance(start, dict) and outcome in start else NAN


def part_data(
    result: ClaimsResult,
    claim: int,
    part: str,
    outcomes: Iterable[str] = _SUMMARY,
    ablation: str = "",
) -> pd.DataFrame:
    """One row per setting of a part: cell, x, n, and every outcome with its limits.

    Returns
    -------
    DataFrame
        Columns ``cell``, ``x``, ``n``, then ``<outcome>``, ``<outcome>_low``, ``<outcome>_high``.
    """
    import pandas as pd

    wanted = tuple(outcomes)
    rows: dict[str, dict[str, object]] = {}
    for row in result.numbers:
        if (row.claim, row.part, row.ablation, row.session) != (claim, part, ablation, 0):
            continue
        if row.outcome not in wanted:
            continue
        found = rows.setdefault(row.cell, {"cell": row.cell, "x": row.x, "n": row.estimate.n})
        found[row.outcome] = row.estimate.value
        found[f"{row.outcome}_low"] = row.estimate.low
        found[f"{row.outcome}_high"] = row.estimate.high
    columns = ["cell", "x", "n"]
    columns += [f"{name}{end}" for name in wanted for end in ("", "_low", "_high")]
    return pd.DataFrame(list(rows.values()), columns=columns)


def sessions_data(result: ClaimsResult, claim: int, part: str) -> pd.DataFrame:
    """Outcomes followed over sessions: cell, session, outcome, value, low, high, n."""
    import pandas as pd

    rows = [
        (row.cell, row.session, row.outcome, *row.estimate)
        for row in result.numbers
        if (row.claim, row.part, row.ablation) == (claim, part, "") and row.session
    ]
    columns = ["cell", "session", "outcome", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def map_data(result: ClaimsResult) -> pd.DataFrame:
    """Outcomes over match and latency, both as measured in each field of the map."""
    return part_data(result, 2, speed.MAP)


def quality_data(result: ClaimsResult) -> pd.DataFrame:
    """Both sweeps of claim 1 against the match they give; ``sweep`` tells them apart."""
    import pandas as pd

    frames = []
    for part in (quality.KNOB, quality.OWN_MOVES):
        frame = part_data(result, 1, part)
        frame.insert(0, "sweep", part)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def dyads_data(result: ClaimsResult) -> pd.DataFrame:
    """The random dyads: match and quick repairs of the first sessions, outcomes of the last."""
    import pandas as pd

    names = ("first_matched_prop", "first_repaired_soon_prop", "tolerance", "confident_trust")
    return pd.DataFrame({name: list(result.dyads.get(name, ())) for name in names})


def speed_data(result: ClaimsResult) -> pd.DataFrame:
    """The ordinary dyad with all rates faster or slower, in order of latency."""
    frame = part_data(result, 2, speed.SPEED)
    return frame.sort_values("latency_mean_s", ignore_index=True)


def duration_data(result: ClaimsResult) -> pd.DataFrame:
    """Loads of equal total and other duration, on two dyads; ``dyad`` tells them apart."""
    import pandas as pd

    frames = []
    for name, part in (("mostly", loads.DURATION), ("ordinary", loads.ORDINARY_DURATION)):
        frame = part_data(result, 3, part)
        frame.insert(0, "dyad", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def intensity_data(result: ClaimsResult) -> pd.DataFrame:
    """Loads of 3 s by how much they strain, with the share of dyads that collapsed."""
    return part_data(result, 3, loads.INTENSITY, (*_SUMMARY, "collapsed_prop"))


def ramp_data(result: ClaimsResult) -> pd.DataFrame:
    """Tolerance from session to session, by steps and at once."""
    return sessions_data(result, 3, loads.RAMP)


def repairs_data(result: ClaimsResult) -> pd.DataFrame:
    """Outcomes by the number of small repairs per session."""
    return part_data(result, 4, small.REPAIRS)


def therapy_data(result: ClaimsResult) -> pd.DataFrame:
    """Tolerance, confident trust, depth and the share who left, from session to session."""
    return sessions_data(result, 5, therapy.THERAPY)


def verdict_data(result: ClaimsResult) -> pd.DataFrame:
    """Every statement in the model and without each assumption, columns in drawing order."""
    frame = result.findings_frame()
    order = {name: at for at, name in enumerate(["", *(item.name for item in ABLATIONS)])}
    frame["column"] = frame["ablation"].map(order)
    frame["title"] = frame["claim"].map({n: claim.title for n, claim in CLAIMS.items()})
    return frame
