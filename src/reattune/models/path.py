"""Path: one session as the likelihood reads it, a list of moments at which something changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.models.parameters import FOCAL_STATES, OFF, RESPONDER_STATES
from reattune.models.record import FREE, IMPOSED, STILL_FACE, Record

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.int8]

# What happens at a moment. A change is scored: the model says how likely it was. A "set" is not:
# somebody else did it (an instruction), or it happened while nobody was looking.
FOCAL, RESPONDER, SET_FOCAL, SET_RESPONDER, MODE = range(5)
# How time passes from then on: FREE, STILL_FACE, IMPOSED of a record, or not seen at all.
UNOBSERVED = 3
ALL_FOCAL = tuple(range(len(FOCAL_STATES)))
ALL_RESPONDER = tuple(range(len(RESPONDER_STATES)))


@dataclass(frozen=True, eq=False)
class Path:
    """Everything that was seen in one session, in order of time.

    Attributes
    ----------
    times : float array, shape (n,)
        Time units from the start of the session, not decreasing.
    kinds : int8 array, shape (n,)
        0 the focal partner changed, 1 the responder changed (both scored); 2, 3 their state was
        set from outside or found anew after missing time (not scored); 4 another mode begins.
    states : int8 array, shape (n,)
        The new state; for kind 4 the mode: 0 free, 1 still-face, 2 imposed non-response (in both
        the responder is told what to do and is not scored), 3 unobserved (nobody is scored).
    start_focal, start_responder, mode : int
        At time 0.
    start_arousal : float
    length : float
        Time units.
    seen_focal, seen_responder : tuple of int, lengths 4 and 5
        As which state each state of the model is coded: several may share one, which the coding
        then does not tell apart.
    notes : tuple of Note
    """

    times: FloatArray
    kinds: ByteArray
    states: ByteArray
    start_focal: int
    start_responder: int
    start_arousal: float
    length: float
    mode: int = FREE
    seen_focal: tuple[int, ...] = ALL_FOCAL
    seen_responder: tuple[int, ...] = ALL_RESPONDER
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, dtype in (("times", np.float64), ("kinds", np.int8), ("states", np.int8)):
            values = np.array(getattr(self, name), dtype=dtype)
            values.flags.writeable = False
            put(self, name, values)
        if not self.times.size == self.kinds.size == self.states.size:
            raise SettingError("times", self.times.size, "as many kinds and states as times")
        if self.times.size and (np.diff(self.times) < 0).any():
            at = int(np.argmax(np.diff(self.times) < 0))
            raise SettingError("times", float(self.times[at + 1]), "times that do not decrease")
        if self.times.size and not (self.times[0] >= 0 and self.times[-1] <= self.length):
            raise SettingError("times", self.times[[0, -1]].tolist(), f"0 to {self.length:g}")
        if not np.isfinite(self.length) or self.length < 0:
            raise SettingError("length", self.length, "a finite number of at least 0")

    def count(self, kind: int) -> int:
        """How many moments of that kind."""
        return int((self.kinds == kind).sum())

    def spans(self) -> tuple[FloatArray, ByteArray]:
        """Edges of the stretches of one mode, shape (k + 1,), and the modes, shape (k,)."""
        at = self.kinds == MODE
        edges = np.concatenate([[0.0], self.times[at], [self.length]])
        return edges, np.concatenate([[self.mode], self.states[at]]).astype(np.int8)

    @property
    def observed(self) -> float:
        """Time units in which both partners were seen."""
        edges, modes = self.spans()
        return float(np.diff(edges)[modes != UNOBSERVED].sum())

    @property
    def challenged(self) -> float:
        """Time units in which the responder was told not to respond."""
        edges, modes = self.spans()
        return float(np.diff(edges)[(modes == STILL_FACE) | (modes == IMPOSED)].sum())

    def with_notes(self, *notes: Note) -> Path:
        """A copy with further notes."""
        return replace(self, notes=(*self.notes, *notes))


def path_of(record: Record) -> Path:
    """A simulated or stored record as a path; clamps of the responder become unscored moments."""
    moments: list[tuple[float, int, int]] = []
    mode, y = FREE, record.start_responder
    for start, next_mode in zip(record.phase_start, record.phase_mode, strict=True):
        clamped = int(next_mode) in (STILL_FACE, IMPOSED)
        if start == 0:
            mode, y = int(next_mode), OFF if clamped else y
            continue
        moments.append((float(start), MODE, int(next_mode)))
        if clamped:
            moments.append((float(start), SET_RESPONDER, OFF))
    changes = zip(record.times, record.who, record.state, strict=True)
    moments += [(float(t), int(who), int(state)) for t, who, state in changes]
    return build_path(
        moments,
        start_focal=record.start_focal,
        start_responder=y,
        start_arousal=record.start_arousal,
        length=record.length,
        mode=mode,
    )


def build_path(
    moments: Sequence[tuple[float, int, int]],
    *,
    start_focal: int,
    start_responder: int,
    start_arousal: float,
    length: float,
    mode: int = FREE,
) -> Path:
    """A path from moments ``(time, kind, state)`` in any order; those of one time keep theirs."""
    ordered = sorted(moments, key=lambda moment: moment[0])
    columns = list(zip(*ordered, strict=True)) if ordered else [(), (), ()]
    return Path(
        np.array(columns[0], dtype=np.float64),
        np.array(columns[1], dtype=np.int8),
        np.array(columns[2], dtype=np.int8),
        start_focal,
        start_responder,
        start_arousal,
        length,
        mode,
    )
