"""Frames of a SynchronyAnalysis: measures, tests, windows, lags, suspicious stretches."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from reattune.synchrony import average_lags, average_windows
from reattune.synchrony_pipeline.also_row import ALSO
from reattune.synchrony_pipeline.result import (
    ARTEFACT_COLUMNS,
    CHANCE_COLUMNS,
    LAG_COLUMNS,
    NAN,
    WINDOW_COLUMNS,
    SignalPart,
    SignalRecord,
    SynchronyAnalysis,
)
from reattune.synchrony_tests import ChanceProfile, SynchronyChance

if TYPE_CHECKING:
    import pandas as pd

# Unit ("z" stands for z, or r where the settings say so) and meaning of every measure.
MEASURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "mean_abs_z": ("z", "mean absolute value over all windows and lags; above 0 by chance"),
        "mean_z": ("z", "mean over all windows and lags, with sign"),
        "lag_zero_z": ("z", "the same at lag zero, with sign"),
        "lag_zero_abs_z": ("z", "the same at lag zero, absolute"),
        "first_leads_z": ("z", "mean over lags at which the first partner leads, with sign"),
        "second_leads_z": ("z", "mean over lags at which the second partner leads, with sign"),
        "first_leads_abs_z": ("z", "absolute mean where the first partner leads"),
        "second_leads_abs_z": ("z", "absolute mean where the second partner leads"),
        "lead_difference": ("z", "first_leads_abs_z less second_leads_abs_z"),
        "main_lag_s": ("s", "lag of the largest absolute mean; positive: the first leads"),
        "path_mean_z": ("z", "mean on the path of best lags; large by construction, no null"),
        "path_lag_median_s": ("s", "median lag of that path; positive: the first leads"),
        "concordance_index": ("log ratio", "rising and falling together, after Marci et al. 2007"),
        "peak_prop": ("proportion", "windows with a peak (preset boker only)"),
        "peak_lag_median_s": ("s", "median lag of the peaks (preset boker only)"),
        "missing_prop": ("proportion", "cells of the table without a value"),
        "both_zero_prop": ("proportion", "observed samples in which both signals are exactly 0"),
        **{name: told for values in ALSO.values() for name, told in values.items()},
    }
)


def measure_part(part: SignalPart) -> dict[str, tuple[float, int]]:
    """Value and n (windows with a value) of every measure of a part; nan where undefined."""
    if part.table is None or part.summary is None:
        return dict.fromkeys(("mean_abs_z", "mean_z", "lag_zero_z"), (NAN, 0))
    summary, n = part.summary, part.summary.n_windows - part.summary.n_windows_missing
    signed, absolute = summary.signed, summary.absolute
    found = {
        "mean_abs_z": absolute.all_lags,
        "mean_z": signed.all_lags,
        "lag_zero_z": signed.lag_zero,
        "lag_zero_abs_z": absolute.lag_zero,
    }
    if part.table.grid.max_lag:
        found |= {
            "first_leads_z": signed.first_leads,
            "second_leads_z": signed.second_leads,
            "first_leads_abs_z": absolute.first_leads,
            "second_leads_abs_z": absolute.second_leads,
            "lead_difference": absolute.first_leads - absolute.second_leads,
            "main_lag_s": part.main_lag_s,
        }
    if part.path is not None:
        found["path_mean_z"] = part.path.mean
        found["path_lag_median_s"] = _median(part.path.lag_s)
    rows = {name: (value, n) for name, value in found.items()}
    if part.concordance is not None:
        known = int(np.isfinite(part.concordance.r).sum())
        rows["concordance_index"] = (part.concordance.index, known)
    if part.peaks is not None:
        has = int(np.isfinite(part.peaks.lag_s).sum())
        judged = part.peaks.lag_s.size - part.peaks.n_missing
        rows["peak_prop"] = (has / judged if judged else NAN, judged)
        rows["peak_lag_median_s"] = (_median(part.peaks.lag_s), has)
    rows["missing_prop"] = (summary.missing_prop, int(part.table.state.size))
    rows["both_zero_prop"] = (summary.both_zero_prop, len(part.signals[0]))
    return rows


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else NAN


def unit_of(name: str, result: SynchronyAnalysis) -> str:
    """The unit of a measure under the settings of a result."""
    unit = MEASURES[name][0]
    return "r" if unit == "z" and not result.options.fisher_z else unit


def measure_rows(result: SynchronyAnalysis) -> list[tuple[object, ...]]:
    """The rows of ``measures.csv``."""
    rows: list[tuple[object, ...]] = []
    for record, part in _each(result):
        where = (result.name, record.id, record.session.dyad, part.phase.label)
        rows += [
            (*where, name, value, NAN, NAN, n, unit_of(name, result), *part.null(name))
            for name, (value, n) in measure_part(part).items()
        ]
        rows += [
            (*where, row.measure, row.value, NAN, NAN, row.n, row.unit, *row.null)
            for row in part.also
        ]
    return rows


def wide_frame(result: SynchronyAnalysis) -> pd.DataFrame:
    """One row per session: covariates, then a ``measure__phase`` column each."""
    import pandas as pd

    rows = []
    for record in result.records:
        row: dict[str, object] = {"session": record.id, "dyad": record.session.dyad}
        row |= {str(k): v for k, v in result.covariates.get(record.id, {}).items()}
        for part in record.parts:
            for name, (value, _) in measure_part(part).items():
                row[f"{name}__{part.phase.label}"] = value
            row |= {f"{other.measure}__{part.phase.label}": other.value for other in part.also}
        rows.append(row)
    return pd.DataFrame(rows)


def chance_frame(result: SynchronyAnalysis) -> pd.DataFrame:
    """The tests over records, one row per statistic: see ``CHANCE_COLUMNS``."""
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for row in result.study:
        for name, test in (("pairing", row.pairing), ("combined", row.combined)):
            rows += _chance_rows(row.phase, row.condition, name, test)
    for epoch in result.epochs:
        rows += _chance_rows(epoch.phase, epoch.name, f"epochs, {epoch.kind}", epoch.chance)
    return pd.DataFrame(rows, columns=list(CHANCE_COLUMNS))


def _chance_rows(
    phase: str, condition: str, name: str, test: SynchronyChance | None
) -> list[tuple[object, ...]]:
    if test is None:
        return []
    return [
        (
            *(phase, condition, name, row.name, row.observed, row.null_mean, row.null_median),
            *(row.null_low, row.null_high, row.p, row.n_defined, row.refused),
            *(test.n_records, test.n_dyads),
        )
        for row in test.statistics
    ]


def _each(result: SynchronyAnalysis) -> list[tuple[SignalRecord, SignalPart]]:
    return [(record, part) for record in result.records for part in record.parts]


def _profile(part: SignalPart, name: str, size: int) -> ChanceProfile:
    """The profile of that name; without one, all nan."""
    found = part.chance.profiles.get(name) if part.chance is not None else None
    if found is not None and found.at_s.size == size:
        return found
    nan = np.full(size, np.nan)
    return ChanceProfile(name, nan, nan, nan, nan, nan, nan, NAN)


def windows_frame(result: SynchronyAnalysis) -> pd.DataFrame:
    """One row per record, phase and window: see ``WINDOW_COLUMNS``."""
    import pandas as pd

    frames = []
    for record, part in _each(result):
        if part.table is None or part.best is None:
            continue
        signed = part.windows or average_windows(part.table)
        absolute = part.windows_abs or average_windows(part.table, absolute=True)
        null = _profile(part, "window_mean_abs_z", signed.time_s.size)
        nan = np.full(signed.time_s.size, np.nan)
        path = part.path
        values = (
            *(record.id, record.session.dyad, part.phase.label, signed.time_s, signed.all_lags),
            *(absolute.all_lags, null.null_mean, null.null_low, null.null_high, null.p),
            *(signed.first_leads, signed.second_leads, signed.lag_zero, part.best.lag_s),
            *(part.best.value, nan if path is None else path.lag_s),
            *(nan if path is None else path.value, signed.n_cells),
        )
        frames.append(pd.DataFrame(dict(zip(WINDOW_COLUMNS, values, strict=True))))
    return _join(frames, WINDOW_COLUMNS)


def lags_frame(result: SynchronyAnalysis) -> pd.DataFrame:
    """One row per record, phase and lag: see ``LAG_COLUMNS``."""
    import pandas as pd

    frames = []
    for record, part in _each(result):
        if part.table is None:
            continue
        lags = part.table.lags_s
        signed = _profile(part, "lag_mean_z", lags.size)
        absolute = _profile(part, "lag_mean_abs_z", lags.size)
        mean = part.lags if part.lags is not None else average_lags(part.table)
        size = (
            part.lags_abs if part.lags_abs is not None else average_lags(part.table, absolute=True)
        )
        values = (
            *(record.id, record.session.dyad, part.phase.label, lags, mean, signed.null_mean),
            *(signed.null_low, signed.null_high, signed.p, size, absolute.null_mean),
            *(absolute.null_low, absolute.null_high, absolute.p),
        )
        frames.append(pd.DataFrame(dict(zip(LAG_COLUMNS, values, strict=True))))
    return _join(frames, LAG_COLUMNS)


def artefacts_frame(result: SynchronyAnalysis) -> pd.DataFrame:
    """One row per suspicious stretch: see ``ARTEFACT_COLUMNS``."""
    import pandas as pd

    rows = [
        (record.id, record.session.dyad, a.kind, a.partner, a.start_s, a.end_s, a.value)
        for record in result.records
        for a in record.artefacts.found
    ]
    return pd.DataFrame(rows, columns=list(ARTEFACT_COLUMNS))


def _join(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    if not frames:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(frames, ignore_index=True)
