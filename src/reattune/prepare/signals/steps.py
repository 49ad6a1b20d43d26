"""What all steps of signal preparation share: one signal in, one signal and notes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.notes import Level, Note
from reattune.core.session import Session
from reattune.core.streams import Signal

FloatArray = NDArray[np.float64]
Compat = str | None

_EDGE = 1e-6


class Prepared(NamedTuple):
    """A prepared signal, and what was done to it.

    Attributes
    ----------
    signal : Signal
    notes : tuple of Note
        What was changed, and how many samples.
    """

    signal: Signal
    notes: tuple[Note, ...]


class SignalStep(ABC):
    """One step of preparation: a frozen dataclass of settings that is called with a signal.

    The input is never changed. Missing samples (nan) stay missing unless the step says otherwise;
    infinite values are not measurements: they become missing, and a note counts them.
    """

    def __call__(self, signal: Signal, *, cuts: Sequence[float] = ()) -> Prepared:
        """The prepared signal with notes.

        Parameters
        ----------
        signal : Signal
        cuts : sequence of float
            Moments, in seconds, across which nothing is followed (see `Session.cuts`).
        """
        signal, notes = drop_infinite(signal)
        prepared = self._prepare(signal, cuts)
        return Prepared(prepared.signal, (*notes, *prepared.notes))

    def prepare_all(
        self, signals: Sequence[Signal], cuts: Sequence[float] = ()
    ) -> tuple[Prepared, ...]:
        """Each of the signals of one name, prepared; by default each by itself."""
        return tuple(self(signal, cuts=cuts) for signal in signals)

    @abstractmethod
    def _prepare(self, signal: Signal, cuts: Sequence[float]) -> Prepared: ...


def prepare_signals(
    session: Session, steps: Iterable[SignalStep], names: Iterable[str] | None = None
) -> Session:
    """A copy of the session whose signals went through the steps in order, with notes.

    Parameters
    ----------
    session : Session
        Its cuts are respected: no window and no filter reaches across them.
    steps : iterable of SignalStep
        For example ``[Outliers(), MovingAverage(0.5), Scaling("z")]``.
    names : iterable of str, optional
        Which signals; all by default. Both partners' signals of that name are prepared alike.

    Raises
    ------
    MissingStreamError
        When no partner has a signal of that name.

    Examples
    --------
    >>> from reattune.core.session import Session
    >>> from reattune.prepare.signals.filters import MovingAverage
    >>> one = Signal("infant", "motion", [0, 3, 0, 3, 0], 10)
    >>> two = Signal("caregiver", "motion", [1, 1, 1, 1, 1], 10)
    >>> session = Session("d1", ("infant", "caregiver"), (0, 0.5), (one, two))
    >>> prepare_signals(session, [MovingAverage(0.3)]).stream("motion", "infant").values.tolist()
    [0.0, 1.0, 2.0, 1.0, 0.0]
    """
    known = tuple(dict.fromkeys(s.name for s in session.streams if isinstance(s, Signal)))
    wanted = known if names is None else tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise MissingStreamError(
                f"Session {session.id!r} has no signal {name!r}." + did_you_mean(name, known)
            )
    for step in steps:
        if not isinstance(step, SignalStep):
            raise SettingError("steps", step, "steps of signal preparation, such as MovingAverage")
        for name in wanted:
            signals = [s for s in session.streams if isinstance(s, Signal) and s.name == name]
            done = step.prepare_all(signals, session.cuts)
            session = session.with_streams(*(item.signal for item in done))
            session = session.with_notes(*(note for item in done for note in item.notes))
    return session


# -- small tools of the steps ------------------------------------------------------------------


def drop_infinite(signal: Signal) -> Prepared:
    """The signal with infinite values made missing; the note counts them."""
    bad = np.isinf(signal.values)
    n_bad = int(bad.sum())
    if not n_bad:
        return Prepared(signal, ())
    note = make_note(
        "signal_infinite",
        signal,
        f"{n_bad} infinite {plural('value', n_bad)} set to missing.",
        n_bad,
        "warning",
    )
    return Prepared(with_values(signal, np.where(bad, np.nan, signal.values)), (note,))


def with_values(signal: Signal, values: FloatArray) -> Signal:
    """The same signal with other values on the same clock."""
    return Signal(signal.partner, signal.name, values, signal.rate_hz, signal.start_s)


def make_note(code: str, signal: Signal, message: str, count: int, level: Level = "info") -> Note:
    """A note about one signal."""
    return Note(code, message, f"{signal.partner} {signal.name}", count, level)


def plural(word: str, count: int) -> str:
    """The word, with an s unless there is one."""
    return word if count == 1 else f"{word}s"


def varies(values: FloatArray) -> bool:
    """Whether finite values differ by more than the rounding of their size."""
    if values.size == 0:
        return False
    return bool(np.ptp(values) > 1e-12 * np.abs(values).max())


def check_compat(compat: Compat) -> None:
    """Only ``None`` and ``"rmea"`` are known."""
    check_option("compat", compat, (None, "rmea"))


def find_stretches(
    values: FloatArray, signal: Signal | None = None, cuts: Sequence[float] = ()
) -> list[tuple[int, int]]:
    """Runs of finite samples as ``(first, one past the last)``; a cut ends a run.

    Parameters
    ----------
    values : float array, shape (n,)
    signal : Signal, optional
        Its clock, needed where there are cuts.
    cuts : sequence of float
        Seconds.
    """
    seen = np.isfinite(values)
    edge = np.diff(np.concatenate([[0], seen.astype(np.int8), [0]]))
    runs = zip(np.flatnonzero(edge == 1).tolist(), np.flatnonzero(edge == -1).tolist(), strict=True)
    if signal is None or not len(cuts):
        return list(runs)
    at = np.ceil((np.asarray(cuts) - signal.start_s) * signal.rate_hz - _EDGE).astype(int)
    out: list[tuple[int, int]] = []
    for first, last in runs:
        inside = sorted({int(cut) for cut in at if first < cut < last})
        edges = [first, *inside, last]
        out.extend(pairwise(edges))
    return out
