"""Paradigms: the phases of a session, and in which of them the responder may not respond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError
from reattune.core.session import Phase
from reattune.models.record import FREE, IMPOSED, STILL_FACE

Mode = Literal["free", "still_face", "imposed"]
MODES: tuple[Mode, ...] = ("free", "still_face", "imposed")
_CODES = {"free": FREE, "still_face": STILL_FACE, "imposed": IMPOSED}
MAX_SPELLS = 10_000


@dataclass(frozen=True)
class PlannedPhase:
    """One phase of a paradigm.

    Attributes
    ----------
    label : str
        Name of the phase in the session; different for every phase.
    duration_s : float
    mode : {"free", "still_face", "imposed"}
        In the last two the responder is held at "off"; afterwards it is "off" until it moves.
    group : str
        Phases of one group are summed together; the label when absent.
    """

    label: str
    duration_s: float
    mode: Mode = "free"
    group: str = ""

    def __post_init__(self) -> None:
        check_option("mode", self.mode, MODES)
        object.__setattr__(self, "duration_s", check_positive("duration_s", self.duration_s))
        object.__setattr__(self, "group", self.group or self.label)
        if not self.label:
            raise SettingError("label", self.label, "a name")


@dataclass(frozen=True)
class Paradigm:
    """The plan of a session.

    Attributes
    ----------
    name : str
    phases : tuple of PlannedPhase
        In order, one after the other.
    """

    name: str
    phases: tuple[PlannedPhase, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "phases", tuple(self.phases))
        if not self.phases:
            raise SettingError("phases", (), "one phase or more")
        labels = [phase.label for phase in self.phases]
        for at, label in enumerate(labels):
            if label in labels[:at]:
                raise SettingError("phases", label, "each label once")

    @property
    def duration_s(self) -> float:
        """Length of the session in seconds."""
        return float(sum(phase.duration_s for phase in self.phases))

    @property
    def starts_s(self) -> NDArray[np.float64]:
        """Where the phases begin, in seconds."""
        lengths = [phase.duration_s for phase in self.phases]
        return np.concatenate([[0.0], np.cumsum(lengths)[:-1]])

    @property
    def groups(self) -> tuple[str, ...]:
        """The different groups of phases, in order."""
        return tuple(dict.fromkeys(phase.group for phase in self.phases))

    @property
    def modes(self) -> NDArray[np.int8]:
        """0 free, 1 still-face, 2 imposed, for each phase."""
        return np.array([_CODES[phase.mode] for phase in self.phases], dtype=np.int8)

    def session_phases(self) -> tuple[Phase, ...]:
        """The phases as a `Session` has them; none where the whole session is one free phase."""
        if len(self.phases) == 1 and self.phases[0].mode == "free":
            return ()
        edges = [*self.starts_s.tolist(), self.duration_s]
        return tuple(
            Phase(phase.label, start, end, phase.mode != "free")
            for phase, start, end in zip(self.phases, edges[:-1], edges[1:], strict=True)
        )


def play(duration_s: float = 600.0, *, label: str = "play") -> Paradigm:
    """One free phase.

    Parameters
    ----------
    duration_s : float, default 600
    label : str, default "play"
    """
    return Paradigm(label, (PlannedPhase(label, duration_s),))


def therapy_hour(duration_s: float = 3000.0) -> Paradigm:
    """One free phase of 50 minutes.

    Parameters
    ----------
    duration_s : float, default 3000
    """
    return play(duration_s, label="session")


def still_face(play_s: float = 120.0, still_s: float = 120.0, reunion_s: float = 120.0) -> Paradigm:
    """Play, still-face, reunion (Tronick, Als, Adamson, Wise and Brazelton 1978).

    Parameters
    ----------
    play_s, still_s, reunion_s : float, default 120
        Seconds of each phase.
    """
    return Paradigm(
        "still_face",
        (
            PlannedPhase("play", play_s),
            PlannedPhase("still_face", still_s, "still_face"),
            PlannedPhase("reunion", reunion_s),
        ),
    )


def imposed(spells: int, spell_s: float, duration_s: float = 600.0) -> Paradigm:
    """A session with spells of imposed non-response, each in the middle of an equal share of it.

    Parameters
    ----------
    spells : int
        How many; 0 gives plain play.
    spell_s : float
        Seconds of each.
    duration_s : float, default 600

    Raises
    ------
    SettingError
        When the spells do not fit.
    """
    if isinstance(spells, bool) or not isinstance(spells, int) or not 0 <= spells <= MAX_SPELLS:
        raise SettingError("spells", spells, f"a whole number from 0 to {MAX_SPELLS}")
    check_positive("duration_s", duration_s)
    if spells == 0:
        return play(duration_s)
    check_positive("spell_s", spell_s)
    share_s = duration_s / spells
    if spell_s >= share_s:
        raise SettingError("spell_s", spell_s, f"less than {share_s:g}, so that the spells fit")
    pause_s = share_s - spell_s
    phases = [PlannedPhase("free 1", pause_s / 2, "free", "free")]
    for spell in range(1, spells + 1):
        phases.append(PlannedPhase(f"imposed {spell}", spell_s, "imposed", "imposed"))
        rest_s = pause_s if spell < spells else pause_s / 2
        phases.append(PlannedPhase(f"free {spell + 1}", rest_s, "free", "free"))
    return Paradigm(f"imposed {spells} x {spell_s:g} s", tuple(phases))
