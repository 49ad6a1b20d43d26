"""Synchrony inside coded epochs: what the epochs are, and the test over records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Events, States
from reattune.provenance import make_rng
from reattune.repair import find_ruptures
from reattune.results import WHOLE
from reattune.rules import Rule
from reattune.synchrony import CrossTable
from reattune.synchrony_pipeline.result import EpochTest, SignalRecord
from reattune.synchrony_tests import compare_epochs
from reattune.synchrony_tests.epochs import MIN_INSIDE

Epochs = str | Rule
PHASE = "phase"
KINDS = ("absolute", "signed")


def list_epochs(epochs: Epochs | Iterable[Epochs] | None) -> tuple[Epochs, ...]:
    """The epochs that were asked for, one after another."""
    if epochs is None:
        return ()
    if isinstance(epochs, str | Rule):
        return (epochs,)
    return tuple(epochs)


def name_epochs(what: Epochs) -> str:
    """What the epochs are, in words."""
    if isinstance(what, Rule):
        return f"ruptures of {what.describe()}"
    return what.replace(f"{PHASE}:", f"{PHASE} ") if what.startswith(f"{PHASE}:") else what


def is_phase(what: Epochs) -> bool:
    """Whether the epochs are phases: they are placed over the whole record, not inside phases."""
    return isinstance(what, str) and what.startswith(f"{PHASE}:")


def find_epochs(session: Session, what: Epochs) -> Intervals:
    """The epochs in a session.

    Parameters
    ----------
    session : Session
    what : str or Rule
        ``"phase:LABEL"``; ``"STREAM"`` for a stream of events (whenever one is on, of either
        partner); ``"STREAM=CODE"`` for a code of it; ``"PARTNER:STREAM=CODE"`` for one partner's.
        A rule: its ruptures.

    Raises
    ------
    MissingStreamError
        When the session has no such phase or stream.
    SettingError
        For a stream of states without a code, and for signals.
    """
    if isinstance(what, Rule):
        found = find_ruptures(what(session))
        return Intervals(found.onset, found.end)
    name, _, code = what.partition("=")
    who, colon, stream = name.partition(":")
    if colon and who == PHASE:
        phases = {phase.label: phase for phase in session.phases}
        if stream not in phases:
            raise MissingStreamError(
                f"Session {session.id!r} has no phase {stream!r}." + did_you_mean(stream, phases)
            )
        return Intervals(
            *zip(*[p.window for p in session.phases if p.label == stream], strict=True)
        )
    if not colon:
        stream = who
    partners = (who,) if colon else session.partners
    have = [partner for partner in partners if session.has(stream, partner)]
    if not have:
        raise MissingStreamError(
            f"Session {session.id!r} has no stream {name!r}."
            + did_you_mean(stream, session.stream_names)
        )
    found_in = [_when(session, stream, partner, code) for partner in have]
    joined = found_in[0]
    for more in found_in[1:]:
        joined = joined | more
    return joined


def _when(session: Session, stream: str, partner: str, code: str) -> Intervals:
    found = session.stream(stream, partner)
    if isinstance(found, Events):
        keep = [not code or label == code for label in found.labels]
        ends = np.maximum(found.ends, found.starts + found.tick_s)
        return Intervals(found.starts[keep], ends[keep])
    if isinstance(found, States):
        if not code:
            told = f"a code of it, {stream}=CODE, one of " + ", ".join(found.categories)
            raise SettingError("epochs", stream, told)
        keep = [label == code for label in found.labels]
        return Intervals(found.starts[keep], found.ends[keep])
    raise SettingError("epochs", stream, "a stream of codes, phase:LABEL, or a rule; not a signal")


def compare_all_epochs(
    records: Sequence[SignalRecord], asked: Sequence[Epochs], *, n: int, seed: int
) -> tuple[EpochTest, ...]:
    """The tests of all epochs, signed and absolute, phase by phase."""
    tests = []
    for what in asked:
        name = name_epochs(what)
        labels = [WHOLE] if is_phase(what) else list(_labels(records))
        for label in labels:
            rows = [
                (table, record.epochs[name].clip(*window))
                for record in records
                if name in record.epochs
                for table, window in _tables(record, label, is_phase(what))
            ]
            tests += [_test(name, label, kind, rows, n, seed) for kind in KINDS]
    return tuple(tests)


def _labels(records: Sequence[SignalRecord]) -> dict[str, None]:
    return dict.fromkeys(part.phase.label for record in records for part in record.parts)


def _tables(
    record: SignalRecord, label: str, whole: bool
) -> list[tuple[CrossTable, tuple[float, float]]]:
    if whole:
        return [] if record.whole is None else [(record.whole, record.session.span)]
    return [
        (part.table, part.phase.window)
        for part in record.parts
        if part.phase.label == label and part.table is not None
    ]


def _test(
    name: str,
    label: str,
    kind: str,
    rows: list[tuple[CrossTable, Intervals]],
    n: int,
    seed: int,
) -> EpochTest:
    have = [row for row in rows if len(row[1])]
    n_epochs = sum(len(row[1]) for row in have)
    facts = (name, label, kind, n_epochs, len(have))
    if not have:
        return EpochTest(*facts, no_chance="No record has such epochs beside a table.")
    if n < 1:
        return EpochTest(*facts, no_chance="Chance tests were switched off.")
    try:
        test = compare_epochs(have, rng=make_rng(seed, name, label, kind), n=n, kind=kind)
    except SettingError:
        told = (
            f"No record has {MIN_INSIDE} windows with a value inside the epochs and {MIN_INSIDE} "
            "outside."
        )
        return EpochTest(*facts, no_chance=told)
    return EpochTest(*facts, chance=test)
