"""Record: the exact events of one session of the model, in time units. Simulator and likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.models.parameters import FOCAL_STATES, OFF, RESPONDER_STATES

FloatArray = NDArray[np.float64]
SmallArray = NDArray[np.int8]

FOCAL, RESPONDER = 0, 1
FREE, STILL_FACE, IMPOSED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Record:
    """Changes of state in one session.

    Attributes
    ----------
    times : float array, shape (n,)
        Moments of change in time units from the start of the session, sorted. A change leads to
        another state. Putting the responder to "off" when a clamped phase begins is no event.
    who : int8 array, shape (n,)
        0 focal, 1 responder.
    state : int8 array, shape (n,)
        The new state, as its place in `FOCAL_STATES` or `RESPONDER_STATES`.
    phase_start : float array, shape (m,)
        Where the phases begin, in time units; the first at 0.
    phase_mode : int8 array, shape (m,)
        0 free, 1 still-face, 2 imposed non-response. In 1 and 2 the responder is clamped to "off";
        after them it is "off" until it moves.
    start_focal, start_responder : int
        States at time 0, before a clamp that begins there.
    start_arousal : float
    length : float
        Time units.

    Raises
    ------
    SettingError
        For arrays that do not fit together, or a responder's event in a clamped phase.
    """

    times: FloatArray
    who: SmallArray
    state: SmallArray
    phase_start: FloatArray
    phase_mode: SmallArray
    start_focal: int
    start_responder: int
    start_arousal: float
    length: float

    def __post_init__(self) -> None:
        for name, kind in (
            ("times", np.float64),
            ("who", np.int8),
            ("state", np.int8),
            ("phase_start", np.float64),
            ("phase_mode", np.int8),
        ):
            array = np.array(getattr(self, name), dtype=kind).reshape(-1)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not self.times.size == self.who.size == self.state.size:
            raise SettingError(
                "times, who, state",
                (self.times.size, self.who.size, self.state.size),
                "equally many",
            )
        if not (np.isfinite(self.length) and self.length > 0):
            raise SettingError("length", self.length, "a finite number above 0")
        if not (np.isfinite(self.start_arousal) and self.start_arousal >= 0):
            raise SettingError("start_arousal", self.start_arousal, "a finite number of at least 0")
        self._check_events()
        self._check_phases()

    def _check_events(self) -> None:
        inside = (self.times >= 0) & (self.times <= self.length)
        if not inside.all() or (np.diff(self.times) < 0).any():
            raise SettingError("times", "a moment out of order or outside", "sorted, 0 to length")
        if not np.isin(self.who, (FOCAL, RESPONDER)).all():
            raise SettingError("who", self.who, "0 (focal) or 1 (responder)")
        sizes = np.array([len(FOCAL_STATES), len(RESPONDER_STATES)])
        if (self.state < 0).any() or (self.state >= sizes[self.who]).any():
            raise SettingError(
                "state", "a state that is not there", "0 to 3 focal, 0 to 4 responder"
            )
        starts = (self.start_focal, self.start_responder)
        for name, at, size in zip(("start_focal", "start_responder"), starts, sizes, strict=True):
            if not 0 <= at < size:
                raise SettingError(name, at, f"0 to {size - 1}")

    def _check_phases(self) -> None:
        if self.phase_start.size == 0 or self.phase_start.size != self.phase_mode.size:
            raise SettingError("phase_start, phase_mode", self.phase_start, "equally many, above 0")
        if self.phase_start[0] != 0 or (np.diff(self.phase_start) <= 0).any():
            raise SettingError("phase_start", self.phase_start, "rising numbers, the first 0")
        if self.phase_start[-1] >= self.length:
            raise SettingError("phase_start", self.phase_start, "starts before the end")
        if not np.isin(self.phase_mode, (FREE, STILL_FACE, IMPOSED)).all():
            raise SettingError("phase_mode", self.phase_mode, "0, 1 or 2")
        if (self.modes_at(self.times)[self.who == RESPONDER] != FREE).any():
            raise SettingError("who", "a responder's change in a clamped phase", "none there")

    def __len__(self) -> int:
        return int(self.times.size)

    def modes_at(self, times: Sequence[float] | FloatArray) -> SmallArray:
        """Mode of the phase in which each moment lies."""
        return self.phase_mode[np.searchsorted(self.phase_start, times, side="right") - 1]

    def steps(self) -> tuple[FloatArray, SmallArray, FloatArray, SmallArray]:
        """Starts and states of the focal partner, then of the responder with its clamps.

        The first start of each is 0; a clamp puts the responder to "off" at the start of its phase.
        """
        focal = self.who == FOCAL
        clamps = self.phase_start[self.phase_mode != FREE]
        # A clamp goes before an event of the same moment; of two at one moment the last holds.
        moments = np.concatenate([[0.0], clamps, self.times[~focal]])
        states = np.concatenate(
            [[self.start_responder], np.full(clamps.size, OFF), self.state[~focal]]
        ).astype(np.int8)
        order = np.argsort(moments, kind="stable")
        y_start, y = _drop_repeats(moments[order], states[order])
        x_start, x = _drop_repeats(
            np.concatenate([[0.0], self.times[focal]]),
            np.concatenate([[self.start_focal], self.state[focal]]).astype(np.int8),
        )
        return x_start, x, y_start, y


def _drop_repeats(starts: FloatArray, states: SmallArray) -> tuple[FloatArray, SmallArray]:
    """Steps without empty ones and without ones that change nothing."""
    last = np.append(starts[1:] > starts[:-1], True)
    starts, states = starts[last], states[last]
    new = np.append(True, states[1:] != states[:-1])
    return starts[new], states[new]
