"""Tables of the report of segment codes: agreement, criteria, the next meeting, every rupture."""

from __future__ import annotations

from math import isnan

from reattune.segment_codes import SegmentAnalysis
from reattune.segment_codes.rotation import WORDS
from reattune.show.phrases import number, p_value, percent, percent_range
from reattune.show.report.tables import EMPTY, Table

MAX_ROWS = 400


def _show(value: float, decimals: int = 0) -> str:
    return EMPTY if isnan(value) else number(value, decimals)


def agreement_table(analysis: SegmentAnalysis) -> Table:
    """Every statistic of agreement with prevalence and limits."""
    rows = []
    for row in analysis.agreement:
        limits = EMPTY if isnan(row.low) else f"{_show(row.low, 2)} to {_show(row.high, 2)}"
        spread = (
            EMPTY
            if isnan(row.prevalence_low)
            else percent_range(row.prevalence_low, row.prevalence_high)
        )
        rows.append(
            (row.item, row.about, _STATISTICS[row.statistic], _show(row.value, 2), limits,
             str(row.n), spread)
        )  # fmt: skip
    headings = ("code", "about", "statistic", "value", "95 %", "n", "prevalence by coder")
    return Table(
        "Agreement of coders",
        headings,
        tuple(rows),
        names=3,
        note="Limits: meetings drawn with replacement, from five meetings on. A rare code can have "
        "a low alpha although coders nearly always agree that it is absent: read the prevalence "
        "beside it. ICC: only what all coders rated.",
    )


_STATISTICS = {
    "alpha_ordinal": "alpha, ordinal",
    "alpha_nominal": "alpha, nominal",
    "icc_2_1": "ICC(2,1), one coder",
    "icc_2_k": "ICC(2,k), mean of coders",
}


def compare_tables(analysis: SegmentAnalysis) -> list[Table]:
    """Criteria of resolution side by side, and what follows at the next meeting."""
    tables = []
    if analysis.compared:
        told = {"quiet": "over", "strategy": "over, with a strategy", "extent": "over, with extent"}
        rows = [(told[by], *(str(n) for n in counts)) for by, *counts in analysis.compared]
        tables.append(
            Table(
                "The same ruptures under each criterion of resolution",
                ("resolved means", "ruptures", "resolved", "unresolved", "cut off"),
                tuple(rows),
            )
        )
    if analysis.following is not None and analysis.following.contrasts:
        rows = [
            (
                f"{c.first} minus {c.second}",
                "change" if c.outcome == "change" else "beyond this rating",
                f"{c.n_first} and {c.n_second}",
                str(c.cases),
                _show(c.difference, 2),
                EMPTY if isnan(c.low) else f"{_show(c.low, 2)} to {_show(c.high, 2)}",
                EMPTY
                if isnan(c.null_low)
                else f"{_show(c.null_low, 2)} to {_show(c.null_high, 2)}",
                EMPTY if isnan(c.p) else p_value(c.p).removeprefix("p = "),
            )
            for c in analysis.following.contrasts
        ]
        headings = ("classes", "what", "meetings", "cases", "difference", "95 %", "null", "p")
        tables.append(Table("The next meeting's rating", headings, tuple(rows), names=2))
    return tables


def details_tables(analysis: SegmentAnalysis) -> list[Table]:
    """Every rupture, the measures of the sample, every sequence."""
    ruptures = [
        (
            r.meeting,
            str(r.first + 1),
            str(r.segments),
            number(r.latency_min),
            r.kind,
            r.side,
            r.opened_by or ("not seen to begin" if not r.entered else EMPTY),
            number(r.peak),
            ", ".join(r.strategies) or EMPTY,
            f"{r.outcome} ({r.reason})" if r.reason else r.outcome,
        )
        for r in analysis.ruptures
    ]
    transitions = [
        (
            c.given,
            c.target,
            str(c.lag),
            _show(c.count),
            _show(c.expected, 1),
            _show(c.residual, 1),
            EMPTY
            if isnan(c.null_mean)
            else f"{_show(c.null_mean, 1)} ({_show(c.null_low)} to {_show(c.null_high)})",
            WORDS[c.refused] if c.refused else p_value(c.p).removeprefix("p = "),
            EMPTY if c.refused else p_value(c.p_max).removeprefix("p = "),
        )
        for c in analysis.transitions.cells
    ]
    measures = [
        (
            row.measure,
            number(row.value, 2) if row.unit != "share" else percent(row.value),
            EMPTY if isnan(row.low) and isnan(row.high) else _limits(row.low, row.high, row.unit),
            _show(row.n),
            row.unit,
            row.interval or EMPTY,
        )
        for row in analysis.rows
        if row.level == "all" and not isnan(row.value)
    ]
    left = len(ruptures) - MAX_ROWS
    return [
        Table(
            "Ruptures",
            ("meeting", "from segment", "segments", "min", "kind", "side", "opened by", "peak",
             "strategies", "ended"),
            tuple(ruptures[:MAX_ROWS]),
            note=f"{left} more in ruptures.csv." if left > 0 else "",
        ),
        Table("Measures over all meetings", ("measure", "value", "95 % interval", "n", "unit",
                                             "limits"), tuple(measures)),
        Table(
            "Sequences",
            ("first", "then", "lag", "seen", "by margins", "residual", "null", "p", "corrected p"),
            tuple(transitions),
            names=2,
            note="By margins and residual describe; the null and p test.",
        ),
    ]  # fmt: skip


def _limits(low: float, high: float, unit: str) -> str:
    if unit == "share":
        return percent_range(low, high)
    if isnan(high):
        return f"from {number(low, 2)}"
    return f"{_show(low, 2)} to {_show(high, 2)}"
