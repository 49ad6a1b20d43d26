"""One record: both signals prepared, looked at, correlated phase by phase, beside chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal
from reattune.phase_analysis import SWITCHED_OFF, choose_phases
from reattune.prepare.signals import Artefacts, find_artefacts
from reattune.prepare.signals.steps import varies
from reattune.provenance import make_rng
from reattune.synchrony import (
    CrossCorrelation,
    CrossTable,
    LagPath,
    average_lags,
    average_windows,
    cross_correlate,
    cut_to_common,
    find_best_lags,
    find_lag_path,
    find_peaks,
    summarize,
)
from reattune.synchrony_pipeline.also import Also, Tell, measure_also, note_streams
from reattune.synchrony_pipeline.also_signals import Setup
from reattune.synchrony_pipeline.prepare import Pair, Preparation, prepare_pair
from reattune.synchrony_pipeline.result import SignalFacts, SignalPart, SignalRecord
from reattune.synchrony_pipeline.slopes import compare_concordance
from reattune.synchrony_tests import compare_record
from reattune.synchrony_tests.record import Null

# Signals that run exactly alike for this share of their common time are not two people's.
MOST_ALIKE = 0.5
ALIKE = (
    "Both signals are one and the same, or its mirror or multiple, for {share:.0%} of the time: "
    "probably one person's data stand under both names, so nothing was correlated."
)
_FEWEST_ALIKE = 4


@dataclass(frozen=True)
class Plan:
    """How every record is looked at.

    Attributes
    ----------
    stream : str
    options : CrossCorrelation
    preparation : Preparation
    rate_hz : float
    resample : bool
        Whether signals may have to be moved onto the grid of that rate.
    null : str
    blocks : "auto", float or None
    surrogates, seed : int
    phases : str or tuple of str
    whole : bool
        Also the table of the whole record, phases ignored.
    also : tuple of Also
        Other measures of coupling that are asked for.
    """

    stream: str
    options: CrossCorrelation
    preparation: Preparation
    rate_hz: float
    resample: bool = False
    null: Null = "rotate"
    blocks: float | str | None = "auto"
    surrogates: int = 999
    seed: int = 1
    phases: str | tuple[str, ...] = "apart"
    whole: bool = False
    also: tuple[Also, ...] = ()

    @property
    def setup(self) -> Setup:
        """What other measures of coupling take from it."""
        return Setup(self.rate_hz, self.options.windows.max_lag_s, self.preparation.smooth_s)


def analyze_record(session: Session, plan: Plan, tell: Tell | None = None) -> SignalRecord:
    """The record of a session that has the signal to compare.

    Parameters
    ----------
    session : Session
    plan : Plan
    tell : callable, optional
        Told the name of each other measure of coupling before it starts.

    Raises
    ------
    ReattuneError
        When its signals cannot be brought together (no common time, no such phase).
    """
    raw, prepared, notes = prepare_pair(
        session, plan.stream, plan.preparation, plan.rate_hz, plan.resample
    )
    artefacts = find_artefacts(*raw, cuts=session.cuts)
    share = alike_share(raw, artefacts)
    told = [*session.notes, *notes, *artefacts.notes, *_length_notes(raw)]
    told += note_streams(session, plan.also)
    if share >= MOST_ALIKE:
        told.append(Note("signals_alike", ALIKE.format(share=share), plan.stream, level="warning"))
    parts = tuple(
        analyze_part(session, phase, raw, prepared, plan, tell)
        for phase in choose_phases(session, _names(plan.phases))
    )
    whole = None
    if plan.whole and share < MOST_ALIKE:
        whole = _correlate(prepared, plan.options)[0]
    return SignalRecord(
        session=session,
        stream=plan.stream,
        raw=raw,
        prepared=prepared,
        artefacts=artefacts,
        identical=share >= MOST_ALIKE,
        parts=parts,
        whole=whole,
        notes=tuple(dict.fromkeys(told)),
    )


def _names(phases: str | tuple[str, ...]) -> str | Iterable[str]:
    return phases


def analyze_part(
    session: Session,
    phase: Phase,
    raw: Pair,
    prepared: Pair,
    plan: Plan,
    tell: Tell | None = None,
) -> SignalPart:
    """One phase of a record."""
    pair = (prepared[0].clip(*phase.window), prepared[1].clip(*phase.window))
    before = (raw[0].clip(*phase.window), raw[1].clip(*phase.window))
    facts = (_describe(before[0], pair[0]), _describe(before[1], pair[1]))
    table, why = None, _why_nothing(before, facts)
    also = measure_also(
        session,
        phase,
        pair,
        plan.also,
        plan.setup,
        surrogates=plan.surrogates,
        seed=plan.seed,
        why=why,
        tell=tell,
    )
    if not why:
        table, why = _correlate(pair, plan.options)
    if table is None:
        return SignalPart(phase, pair, facts, no_table=why, no_chance=why, also=also)
    path, no_path = _find_path(table)
    words = (session.id, phase.label)
    concordance, beside = compare_concordance(
        *pair,
        rng=make_rng(plan.seed, *words, "concordance"),
        n=plan.surrogates,
        blocks=plan.blocks,
    )
    chance = None
    if plan.surrogates:
        chance = compare_record(
            *pair,
            plan.options,
            rng=make_rng(plan.seed, *words, "record"),
            n=plan.surrogates,
            null=plan.null,
            blocks=plan.blocks,
        )
    return SignalPart(
        phase=phase,
        signals=pair,
        facts=facts,
        table=table,
        summary=summarize(table),
        windows=average_windows(table),
        windows_abs=average_windows(table, absolute=True),
        lags=average_lags(table),
        lags_abs=average_lags(table, absolute=True),
        best=find_best_lags(table, absolute=True),
        path=path,
        no_path=no_path,
        peaks=find_peaks(table) if _has_peaks(table) else None,
        concordance=concordance,
        concordance_chance=beside,
        chance=chance,
        no_chance="" if plan.surrogates else SWITCHED_OFF,
        also=also,
    )


def _describe(raw: Signal, prepared: Signal) -> SignalFacts:
    seen = raw.values[np.isfinite(raw.values)]
    kept = int(np.isfinite(prepared.values).sum())
    nan = float("nan")
    return SignalFacts(
        partner=raw.partner,
        n_samples=len(prepared),
        n_missing=len(prepared) - kept,
        mean=float(seen.mean()) if seen.size else nan,
        sd=float(seen.std(ddof=1)) if seen.size > 1 else nan,
        zero_prop=float((seen == 0).mean()) if seen.size else nan,
        constant=bool(seen.size and not varies(seen)),
    )


def _why_nothing(raw: Pair, facts: tuple[SignalFacts, SignalFacts]) -> str:
    """Why nothing can be correlated, in words; empty when something may be."""
    for fact in facts:
        if fact.n_samples == 0:
            return f"There is no sample of the {fact.partner} in this phase."
        if fact.n_missing == fact.n_samples:
            return f"Every sample of the {fact.partner} is missing in this phase."
        if fact.n_samples - fact.n_missing == 1:
            return f"Only one sample of the {fact.partner} was observed in this phase."
        if fact.constant:
            return f"The {fact.partner}'s signal does not vary in this phase."
    share = alike_share(raw)
    return ALIKE.format(share=share) if share >= MOST_ALIKE else ""


def _correlate(pair: Pair, options: CrossCorrelation) -> tuple[CrossTable | None, str]:
    """The table, or None and why there is none."""
    try:
        table = cross_correlate(*pair, options)
    except SettingError as error:
        if error.parameter == "windows":
            length = len(pair[0]) / pair[0].rate_hz
            asked = options.windows
            return None, (
                f"The {length:g} s of this phase are shorter than one window of "
                f"{asked.window_s:g} s with its lag of {asked.max_lag_s:g} s."
            )
        if error.parameter == "signals":
            return None, "The two signals share no time in this phase."
        raise
    if table.missing.all():
        told = [f"{n} {reason}" for reason, n in table.count_missing().items() if n]
        return None, f"No window has a value ({', '.join(told)})."
    return table, ""


def alike_share(pair: Pair, artefacts: Artefacts | None = None) -> float:
    """Share of the jointly observed time in which both signals run exactly alike, or mirrored.

    1 where one is the other times a number plus a number throughout. 0 for signals that do not
    vary: a resting signal is like every other one.
    """
    try:
        one, two, rate_hz, _ = cut_to_common(_finite(pair[0]), _finite(pair[1]))
    except SettingError:
        # They share no time.
        return 0.0
    both = np.isfinite(one) & np.isfinite(two)
    a, b = one[both], two[both]
    if a.size < _FEWEST_ALIKE or not (varies(a) and varies(b)):
        return 0.0
    if a.size > _FEWEST_ALIKE and abs(float(np.corrcoef(a, b)[0, 1])) > 1 - 1e-10:
        return 1.0
    found = find_artefacts(*pair) if artefacts is None else artefacts
    return min(1.0, found.spans("identical").total * rate_hz / a.size)


def _finite(signal: Signal) -> Signal:
    if not np.isinf(signal.values).any():
        return signal
    values = np.where(np.isinf(signal.values), np.nan, signal.values)
    return Signal(signal.partner, signal.name, values, signal.rate_hz, signal.start_s)


def _find_path(table: CrossTable) -> tuple[LagPath | None, str]:
    if not table.grid.max_lag:
        return None, "There are no lags."
    try:
        return find_lag_path(table, absolute=True), ""
    except SettingError as error:
        return None, f"The windows are too close together for a path: {error}"


def _has_peaks(table: CrossTable) -> bool:
    # Picking needs twice its reach of 8 lags, and a smooth curve over at least four of them.
    return table.options.preset == "boker" and table.grid.shape[1] >= 17


def _length_notes(pair: Pair) -> list[Note]:
    ends = [s.start_s + len(s) / s.rate_hz for s in pair]
    starts = [s.start_s for s in pair]
    shorter = max(len(s) for s in pair) / pair[0].rate_hz - (min(ends) - max(starts))
    if shorter <= pair[0].tick_s * 1.5:
        return []
    words = (
        f"The signals are not equally long: only their common time is used, {shorter:.4g} s less."
    )
    return [Note("signal_lengths", words, pair[0].name)]
