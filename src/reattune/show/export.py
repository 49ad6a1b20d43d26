"""Results as files: report, tables for R and SPSS, settings. All of them, or none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.study import Progress
from reattune.growth_pipeline import GrowthAnalysis
from reattune.measures import find_card
from reattune.results import SCHEMA, WHOLE, Analysis, StudyAnalysis
from reattune.show.document import json_safe
from reattune.show.phrases import phase_name

if TYPE_CHECKING:
    import pandas as pd

Result = Analysis | StudyAnalysis
CODEBOOK_COLUMNS = ("name", "measure", "phase", "label", "unit", "formula")
MAX_NAME = 64
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
# Names a statistics program keeps for itself.
_RESERVED = frozenset("all and by eq ge gt le lt ne not or to with".split())


def write_results(
    result: Result,
    out_dir: str | Path,
    *,
    report: bool = True,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write a result's files into a folder and return their paths.

    ``report.html``, ``measures.csv``, ``ruptures.csv``, ``pooled.csv`` (studies),
    ``sessions_wide.csv`` with ``codebook.csv``, ``growth.csv`` and ``expectancy.csv`` (studies with
    growth over sessions), and ``settings.json``. Everything is made first and written under
    temporary names; only then do the files take their names. Equal results give equal bytes.

    Parameters
    ----------
    result : Analysis or StudyAnalysis
    out_dir : path-like
        Made when it does not exist.
    report : bool, default True
        Whether to write ``report.html``.
    on_progress : callable(done, total, what), optional
        Told while the report's pictures are drawn, which takes the most time.
    """
    folder = Path(out_dir)
    texts: dict[str, str] = {}
    if report:
        from reattune.show.report.build import render_report

        texts["report.html"] = render_report(result, on_progress)
    meetings = clock_of(result) == "meeting"
    texts["measures.csv"] = to_csv(result.to_frame())
    texts["ruptures.csv"] = to_csv(name_clock(result.ruptures_frame(), meetings))
    if isinstance(result, StudyAnalysis):
        texts["pooled.csv"] = to_csv(result.pooled_frame())
    growth = getattr(result, "growth", None)
    if isinstance(growth, GrowthAnalysis):
        from reattune.show.growth_export import growth_files

        texts |= growth_files(growth)
    wide, codebook = make_wide(result)
    texts["sessions_wide.csv"] = to_csv(wide)
    texts["codebook.csv"] = to_csv(codebook)
    parts = [part for analysis in _as_study(result).analyses for part in analysis.parts]
    imposed = {part.phase.label for part in parts if part.phase.imposed}
    settings = {"schema": SCHEMA, **json_safe(result.settings)}
    if imposed:
        settings["imposed"] = sorted(imposed)
    texts["settings.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    return write_together(folder, texts)


def write_together(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write all texts (UTF-8), then give them their names; on failure leave what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [(folder / f".{name}.{os.getpid()}.part", folder / name) for name in texts]
    try:
        for (temporary, _), text in zip(waiting, texts.values(), strict=True):
            temporary.write_text(text, encoding="utf-8", newline="")
        for temporary, path in waiting:
            temporary.replace(path)
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)
    return [folder / name for name in texts]


def clock_of(result: Result) -> str:
    """``"second"`` or ``"meeting"``."""
    analyses = result.analyses if isinstance(result, StudyAnalysis) else (result,)
    return analyses[0].session.clock if analyses else "second"


def name_clock(frame: pd.DataFrame, meetings: bool) -> pd.DataFrame:
    """The frame with ``onset_meeting`` for ``onset_s`` (and so on) where meetings are counted."""
    if not meetings:
        return frame
    return frame.rename(
        columns={name: f"{name[:-2]}_meeting" for name in ("onset_s", "end_s", "latency_s")}
    )


# -- csv -------------------------------------------------------------------------------------------


def to_csv(frame: pd.DataFrame) -> str:
    r"""The frame as comma-separated text: missing cells empty, numbers to 12 digits, no formulas.

    Line ends are ``\n``; true and false are 1 and 0.
    """
    columns = [[_cell(value) for value in frame[name].tolist()] for name in frame.columns]
    rows = [[_text(str(name)) for name in frame.columns], *zip(*columns, strict=True)]
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows)


def _quoted(cell: str) -> str:
    # Python's csv leaves a lone carriage return unquoted before 3.13, which breaks the row.
    if any(mark in cell for mark in ',"\n\r'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        return "" if np.isnan(number) else f"{number:.12g}"
    return _text(str(value))


def _text(text: str) -> str:
    """The text, made harmless where a spreadsheet would run it as a formula."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


# -- one row per session ---------------------------------------------------------------------------


def make_wide(result: Result) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per session with names any statistics program takes, and their codebook.

    Returns
    -------
    wide : DataFrame
        session, dyad, covariates, then every measure of every phase.
    codebook : DataFrame
        name, measure, phase, label, unit, formula: one row per column of ``wide``.
    """
    import pandas as pd

    wide = _as_study(result).wide_frame()
    partners = _partners(result)
    phases = _as_study(result).phases
    names: dict[str, str] = {}
    rows = []
    for column in wide.columns:
        measure, phase = split_column(str(column), phases)
        card = find_card(measure, partners) if phase else None
        plain = measure if phase in ("", WHOLE) else f"{measure}_{phase}"
        names[column] = safe_name(plain, names.values())
        label = card.label if card else measure.replace("_", " ")
        for partner in partners:
            label = label.replace("<partner>", partner) if partner in measure else label
        if phase and phase != WHOLE:
            label = f"{label}, {phase_name(phase)}"
        unit = card.unit if card else "count" if phase else ""
        rows.append(
            (
                names[column],
                measure if phase else "",
                phase,
                label,
                unit,
                card.formula if card else "",
            )
        )
    return wide.rename(columns=names), pd.DataFrame(rows, columns=list(CODEBOOK_COLUMNS))


def split_column(column: str, phases: Sequence[str]) -> tuple[str, str]:
    """Measure and phase of ``measure__phase``; the whole name and no phase for anything else."""
    for phase in phases:
        if column.endswith(f"__{phase}"):
            return column.removesuffix(f"__{phase}"), phase
    return column, ""


def safe_name(name: str, taken: Iterable[str]) -> str:
    """A name of letters, digits and underscores that begins with a letter, is short and unique.

    Examples
    --------
    >>> safe_name("2nd visit: score", ["v_2nd_visit_score"])
    'v_2nd_visit_score_2'
    """
    import unicodedata

    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^0-9A-Za-z]+", "_", folded).strip("_") or "v"
    if not plain[0].isalpha() or plain.casefold() in _RESERVED:
        plain = f"v_{plain}"
    known = {other.casefold() for other in taken}
    plain = plain[:MAX_NAME].rstrip("_")
    found, count = plain, 1
    while found.casefold() in known:
        count += 1
        tail = f"_{count}"
        found = plain[: MAX_NAME - len(tail)].rstrip("_") + tail
    return found


def _as_study(result: Result) -> StudyAnalysis:
    if isinstance(result, StudyAnalysis):
        return result
    return StudyAnalysis("", (result,), (), (), (), {}, result.settings)


def _partners(result: Result) -> tuple[str, str]:
    analyses = _as_study(result).analyses
    return analyses[0].session.partners if analyses else ("", "")


__all__ = ["make_wide", "safe_name", "to_csv", "write_results", "write_together"]
