"""What is gone through: two signals per record, from sessions, results or bare signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.prepare.signals import MovingAverage, Resample, SignalStep
from reattune.synchrony import cut_to_common
from reattune.synchrony_pipeline.prepare import (
    Pair,
    Preparation,
    choose_stream,
    derive,
    get_pair,
)
from reattune.synchrony_pipeline.result import SynchronyAnalysis

FloatArray = NDArray[np.float64]
Records = (
    Session
    | SynchronyAnalysis
    | Sequence[Session]
    | Sequence[Pair]
    | Pair
    | Mapping[str, Pair | Sequence[Pair]]
)


@dataclass(frozen=True, eq=False)
class Record:
    """Two raw signals of one meeting of a dyad."""

    dyad: str
    id: str
    first: Signal
    second: Signal
    cuts: tuple[float, ...] = ()
    source: str = ""
    sha256: str = ""


def collect(
    records: Records, stream: str | None, phase: str | None, preparation: Preparation
) -> list[Record]:
    """The records, in order.

    Raises
    ------
    SettingError
        Nothing to go through, a stream that is not named where there are several, or phases none
        of which was chosen.
    """
    if isinstance(records, SynchronyAnalysis):
        found = [_cut_phase(r.session, r.raw, phase) for r in records.records]
    elif isinstance(records, Mapping):
        found = []
        for dyad, given in records.items():
            pairs = [given] if _is_pair(given) else list(given)
            for k, pair in enumerate(pairs, 1):
                found.append(_from_pair(pair, str(dyad), f"{dyad} {k}" if len(pairs) > 1 else dyad))
    elif _is_pair(records):
        found = [_from_pair(records, "1", "1")]
    else:
        listed: list[Session | Pair | Signal] = (
            [records] if isinstance(records, Session) else list(records)
        )
        found = []
        for k, item in enumerate(listed, 1):
            if isinstance(item, Session):
                name = choose_stream(item, stream, preparation)
                pair = get_pair(derive(item, name, preparation), name)
                found.append(_cut_phase(item, pair, phase))
            else:
                found.append(_from_pair(item, str(k), str(k)))
    if not found:
        raise SettingError("records", "none", "at least one session or pair of signals")
    return found


def _is_pair(given: object) -> bool:
    return (
        isinstance(given, tuple | list)
        and len(given) == 2
        and all(isinstance(signal, Signal) for signal in given)
    )


def _from_pair(pair: object, dyad: str, name: str) -> Record:
    if not _is_pair(pair):
        raise SettingError("records", pair, "sessions, or pairs of two Signals")
    first, second = cast(Pair, pair)
    return Record(dyad, name, first, second)


def _cut_phase(session: Session, pair: Pair, phase: str | None) -> Record:
    """The part of a session's signals that lies in one phase; all of them for ``"all"``."""
    first, second = pair
    labels = list(dict.fromkeys(p.label for p in session.phases))
    if phase is None and len(labels) > 1:
        told = f"one of {', '.join(labels)}, or 'all' for whole records"
        raise SettingError("phase", None, told)
    if phase not in (None, "all"):
        chosen = [p for p in session.phases if p.label == phase]
        if len(chosen) != 1:
            told = f"a phase that session {session.id!r} has once ({', '.join(labels) or 'none'})"
            raise SettingError("phase", phase, told)
        first, second = (signal.clip(*chosen[0].window) for signal in pair)
    source, digest = (str(session.meta.get(key, "")) for key in ("source", "sha256"))
    return Record(session.dyad, session.id, first, second, session.cuts, source, digest)


class Smoothed:
    """One record's two signals on a common grid, by how much they are smoothed.

    Attributes
    ----------
    rate_hz : float
    partners : (str, str)
    """

    def __init__(
        self, record: Record, preparation: Preparation, rate_hz: float, *, resample: bool
    ) -> None:
        self._cuts = record.cuts
        self._base = [record.first, record.second]
        first: list[SignalStep] = [Resample(rate_hz)] if resample else []
        for step in (*first, *replace(preparation, smooth_s=0.0).clean(rate_hz)):
            done = step.prepare_all(self._base, cuts=record.cuts)
            self._base = [prepared.signal for prepared in done]
        self.rate_hz = rate_hz
        values, _, _, self.partners = cut_to_common(self._base[0], self._base[1])
        self.n_samples = int(values.size)

    def values(self, smoothing_s: float) -> tuple[FloatArray, FloatArray]:
        """Both signals over their common time."""
        made = [self._smooth(signal, smoothing_s) for signal in self._base]
        first, second, _, _ = cut_to_common(made[0], made[1])
        return first, second

    def smooth_values(self, values: FloatArray, smoothing_s: float) -> FloatArray:
        """A made signal, which lies on the common time already."""
        start = max(signal.start_s for signal in self._base)
        signal = Signal("", "made", values, self.rate_hz, start)
        return np.asarray(self._smooth(signal, smoothing_s).values)

    def _smooth(self, signal: Signal, smoothing_s: float) -> Signal:
        if smoothing_s == 0:
            return signal
        return MovingAverage(smoothing_s)(signal, cuts=self._cuts).signal
