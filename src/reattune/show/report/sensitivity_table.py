"""The table that shows what the smallest durations do to the counts and to repair."""

from __future__ import annotations

from collections.abc import Sequence

from reattune.results import PhaseAnalysis, unit_of
from reattune.sensitivity import MEASURES, sensitivity_frame
from reattune.show.phrases import number, start_upper
from reattune.show.report.tables import Table, label_of, show_value


def sensitivity_table(parts: Sequence[PhaseAnalysis], where: str) -> Table:
    """Core measures of one phase under other criteria; several sessions are pooled."""
    partners = parts[0].attunement.partners
    rows = []
    for row in sensitivity_frame(parts).to_dict("records"):
        cells = [show_value(row[name], unit_of(name, partners)) for name in MEASURES]
        rupture, match = (number(row[name], 1) for name in ("min_rupture_s", "merge_gap_s"))
        rows.append((f"{rupture} s", f"{match} s", *cells))
    return Table(
        f"If short spells did not count: {start_upper(where)}",
        (
            "smallest mismatch",
            "smallest match",
            *(label_of(name, partners) for name in MEASURES),
        ),
        tuple(rows),
        names=2,
        note="Which spells are too short to mean anything is a choice; the first row counts all.",
    )
