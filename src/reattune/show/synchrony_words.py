"""Synchrony in sentences: what was seen with the null beside it, and what limits the reading."""

from __future__ import annotations

from math import isfinite, isnan

import numpy as np

from reattune.show.phrases import (
    count,
    listed,
    moment,
    number,
    p_value,
    percent,
    phase_name,
    start_upper,
)
from reattune.show.synchrony_also_words import describe_also
from reattune.show.synchrony_beside import beside, beside_row, name_kind
from reattune.show.synchrony_data import ALPHA
from reattune.show.synchrony_study_words import describe_epochs, describe_study
from reattune.synchrony_pipeline.result import SignalPart, SignalRecord, SynchronyAnalysis
from reattune.synchrony_tests import ChanceProfile
from reattune.synchrony_tests.words import verdict

CO_MOVEMENT = (
    "Synchrony is co-movement, not attunement: it says that two signals go together in time, and "
    "nothing about what the two people do, mean or feel."
)
FLOOR = (
    "The absolute mean also counts opposite directions and is above 0 without any coupling, the "
    "more so the shorter the windows and the smoother the signals: read it beside its null only."
)
MANY_ZEROS = 0.3
MUCH_MISSING = 0.05
# What `prepare.signals.find_artefacts` flags, as a sentence names it.
ARTEFACTS = {
    "zero_lag": "in which both signals run alike at the same moment, as when one camera sees both",
    "identical": "in which both move by equal amounts",
    "zeros": "of zeros",
    "clipped": "at one highest or lowest value",
}


def summarize_synchrony(analysis: SynchronyAnalysis) -> list[str]:
    """The result as text: what was looked at, records or their means beside chance, cautions."""
    lines = [heading(analysis), ""]
    for row in analysis.study:
        lines += [*describe_study(analysis, row), ""]
    if len(analysis.records) == 1:
        record = analysis.records[0]
        for part in record.parts:
            lines += [*describe_part(analysis, record, part), ""]
            lines += [*limits_of_part(record, part), ""]
    else:
        lines += [describe_shortly(record, part) for record, part in _each(analysis)]
        lines.append("")
    lines += [text for epoch in analysis.epochs for text in describe_epochs(epoch)]
    return [*lines, *describe_also(analysis), *cautions(analysis)]


def _each(analysis: SynchronyAnalysis) -> list[tuple[SignalRecord, SignalPart]]:
    return [(record, part) for record in analysis.records for part in record.parts]


def heading(analysis: SynchronyAnalysis) -> str:
    """Partners, signal, windows: ``Patient and therapist, motion energy, 10 records: ...``."""
    first, second = analysis.partners
    windows = analysis.options.windows
    return (
        f"{start_upper(first)} and {second}, {phase_name(analysis.stream)}, "
        f"{count(len(analysis.records), 'record')}: windows of {windows.window_s:g} s, "
        f"{windows.step_s:g} s apart, lags up to {windows.max_lag_s:g} s either way."
    )


# -- one record ------------------------------------------------------------------------------------


def describe_part(analysis: SynchronyAnalysis, record: SignalRecord, part: SignalPart) -> list[str]:
    """One phase of one record: absolute and signed beside chance, who leads, which windows."""
    if part.table is None or part.summary is None:
        return [f"Nothing could be correlated: {part.no_table}"]
    kind, summary = name_kind(analysis.options), part.summary
    if not summary.n_cells:
        return ["Nothing could be correlated: no window has enough observed and changing samples."]
    names = record.partners
    said = [
        f"Over {count(summary.n_windows - summary.n_windows_missing, 'window')} the mean absolute "
        f"{kind} is {number(summary.absolute.all_lags, 3)}"
        f"{beside(part.chance, 'mean_abs_z', names)}",
        f"With its sign the mean {kind} is {number(summary.signed.all_lags, 3)}"
        f"{beside(part.chance, 'mean_z', names, short=True)}",
    ]
    if part.table.grid.max_lag:
        said += _leading(part, names, kind)
    if part.chance is not None:
        said += [
            *_anywhere(part.chance.profiles.get("window_mean_abs_z"), "windows"),
            *_anywhere(part.chance.profiles.get("lag_mean_abs_z"), "lags"),
        ]
    elif part.no_chance:
        said.append(f"What chance gives was not drawn. {start_upper(part.no_chance)}")
    if part.concordance is not None and isfinite(part.concordance.index):
        row = part.concordance_chance
        told = "Slopes of 5 s rise and fall together with an index of "
        said.append(told + number(part.concordance.index, 2) + beside_row(row, "chance gives"))
    return said


def _leading(part: SignalPart, names: tuple[str, str], kind: str) -> list[str]:
    """Who leads, in words, with what chance gives for the difference."""
    if part.summary is None:
        return []
    absolute, signed = part.summary.absolute, part.summary.signed
    first, second = names
    said = [
        f"Where the {first} leads the mean absolute {kind} is {number(absolute.first_leads, 3)} "
        f"(with sign {number(signed.first_leads, 3)}), where the {second} leads "
        f"{number(absolute.second_leads, 3)} ({number(signed.second_leads, 3)}), at the same "
        f"moment {number(absolute.lag_zero, 3)} ({number(signed.lag_zero, 3)})."
    ]
    if part.chance is not None and "lead_difference" in part.chance:
        row = part.chance["lead_difference"]
        more = first if row.observed > 0 else second
        told = verdict(row)
        if not row.refused and row.p > ALPHA:
            ending = f"{told.split(':')[0]}: too little to tell who leads"
        elif row.refused:
            ending = told
        else:
            ending = f"{told.split(',')[0]}: the {more} leads more than chance gives"
        said.append(
            f"The difference is {number(row.observed, 3)}; chance gives "
            f"{number(row.null_mean, 3)} ({number(row.null_low, 3)} to {number(row.null_high, 3)})"
            f", {ending}."
        )
    if isfinite(part.main_lag_s):
        said.append(
            f"The absolute mean is largest where {_lead(part.say_lead())}; of many lags one is "
            "always the largest."
        )
    return said


def _lead(told: str) -> str:
    return told if told.startswith("the ") else f"there is {told}"


def _anywhere(profile: ChanceProfile | None, what: str) -> list[str]:
    """How many windows or lags leave chance, corrected for looking at all of them."""
    if profile is None or not np.isfinite(profile.p).any():
        return []
    known = int(np.isfinite(profile.p).sum())
    found = np.flatnonzero(profile.p <= ALPHA)
    above = int((profile.observed[found] > profile.null_mean[found]).sum())
    if not found.size:
        return [
            f"Looking at all {known} {what} at once, none leaves what chance gives anywhere: too "
            "little to point at one."
        ]
    if what == "windows":
        places = listed([moment(float(profile.at_s[k])) for k in found[:4]])
        more = f" and {found.size - 4} more" if found.size > 4 else ""
        where = f", at {places}{more}"
    else:
        where = ""
    return [
        f"Looking at all {known} {what} at once, {found.size} "
        f"{'leaves' if found.size == 1 else 'leave'} what chance gives anywhere "
        f"({above} above, {found.size - above} below it){where}."
    ]


def limits_of_part(record: SignalRecord, part: SignalPart) -> list[str]:
    """What is missing, zeros, suspicious stretches and the warnings of the test."""
    said = []
    if part.summary is not None:
        told = [f"{number(n, 0)} {why}" for why, n in part.summary.missing.items() if n]
        if told:
            said.append(
                f"{percent(part.summary.missing_prop)} of the cells are missing "
                f"({listed(told)}), {count(part.summary.n_windows_missing, 'window')} altogether; "
                "missing is not 0 and takes part in no mean."
            )
        else:
            said.append("No cell is missing.")
    for fact in part.facts:
        if fact.missing_prop >= MUCH_MISSING:
            said.append(
                f"{percent(fact.missing_prop)} of the {fact.partner}'s samples are missing."
            )
    said += _zeros(record, part)
    for kind, described in ARTEFACTS.items():
        own = [
            a
            for a in record.artefacts.found
            if a.kind == kind and a.start_s < part.phase.end and a.end_s > part.phase.start
        ]
        if own:
            total = sum(a.end_s - a.start_s for a in own)
            said.append(
                f"Please look at {count(len(own), 'stretch', 'stretches')} {described}: "
                f"{number(total)} s in all, the first at {moment(own[0].start_s)}."
            )
    if part.no_path and part.table is not None:
        said.append(f"No path of lags: {part.no_path}")
    return [*said, *(w.message for w in (part.chance.warnings if part.chance else ()))]


def _zeros(record: SignalRecord, part: SignalPart) -> list[str]:
    if part.summary is None or isnan(part.summary.both_zero_prop):
        return []
    told = f"Both signals are exactly 0 in {percent(part.summary.both_zero_prop)} of the samples"
    expected = record.artefacts.both_zero_expected_prop
    if part.summary.both_zero_prop > 0 and isfinite(expected):
        told += f"; unrelated signals with as many zeros would be in {percent(expected)}"
    if part.summary.both_zero_prop >= MANY_ZEROS:
        told += ". Correlations rest on the bursts between"
    return [f"{told}."]


def describe_shortly(record: SignalRecord, part: SignalPart) -> str:
    """One line for one of many records."""
    where = "" if part.phase.label == "all" else f", {phase_name(part.phase.label)}"
    if part.summary is None or not part.summary.n_cells:
        return f"{record.id}{where}: nothing could be correlated. {part.no_table}".rstrip()
    told = []
    for name, value, words in (
        ("mean_abs_z", part.summary.absolute.all_lags, "absolute"),
        ("mean_z", part.summary.signed.all_lags, "with sign"),
    ):
        mean, low, high, p = part.null(name)
        null = (
            f"chance {number(mean, 3)}, {number(low, 3)} to {number(high, 3)}, {p_value(p)}"
            if isfinite(mean)
            else "no chance drawn"
        )
        told.append(f"{words} {number(value, 3)} ({null})")
    return f"{record.id}{where}: {'; '.join(told)}."


# -- what limits the reading -----------------------------------------------------------------------


def cautions(analysis: SynchronyAnalysis) -> list[str]:
    """What holds whatever was found."""
    windows = analysis.options.windows
    said = [CO_MOVEMENT, FLOOR]
    if windows.step_s < windows.window_s:
        said.append(
            f"Windows overlap: neighbours share up to "
            f"{number(windows.window_s - windows.step_s, 1)} s and are no independent "
            f"observations, and a change cannot be dated more exactly than to about "
            f"{number(windows.window_s / 2, 1)} s."
        )
    zeros = [
        part.summary.both_zero_prop
        for _, part in _each(analysis)
        if part.summary is not None and isfinite(part.summary.both_zero_prop)
    ]
    if len(zeros) > 1:
        said.append(
            f"Both signals are exactly 0 in {_span(zeros)} of the samples of a record; where that "
            "is much, correlations rest on a few bursts."
        )
    lost = [part.summary.missing_prop for _, part in _each(analysis) if part.summary is not None]
    if len(lost) > 1:
        said.append(
            f"{_span(lost)} of the cells of a record are missing; they are left out of every mean, "
            "never 0."
            if max(lost) > 0
            else "No cell is missing in any record."
        )
    empty = [record.id for record, part in _each(analysis) if part.table is None]
    if empty and len(analysis.records) > 1:
        said.append(f"Nothing could be correlated in {listed(list(dict.fromkeys(empty)))}.")
    said += [f"Check: {note}" for note in analysis.notes if note.level == "warning"]
    for failure in analysis.failures:
        said.append(f"Not analysed: {failure.session or failure.file}: {failure.message}")
    said.append(
        "These settings are one choice of many: reattune multiverse shows what other windows, "
        "lags, steps and smoothing would have said."
    )
    return said


def _span(shares: list[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low} to {high}"


def method_words(analysis: SynchronyAnalysis) -> list[str]:
    """How it was done, for the page."""
    options, preparation = analysis.options, analysis.preparation
    first, second = analysis.partners
    done = []
    if preparation.outlier_sd is not None:
        done.append(f"samples beyond {preparation.outlier_sd:g} SD made missing")
    if preparation.smooth_s > 0:
        done.append(f"a centred moving average of {preparation.smooth_s:g} s")
    said = [
        heading(analysis),
        f"Every cell is the correlation of a window of the {first}'s signal with one of the "
        f"{second}'s, one of them later by the lag; a positive lag means that the {first} leads. "
        f"At least {percent(options.min_valid_prop)} of a window's samples must be observed in "
        "both.",
        f"Before: {listed(done) if done else 'nothing was done to the signals'}.",
    ]
    if options.preset:
        said.append(f"Conventions of {options.preset}; lags have our sign.")
    return said
