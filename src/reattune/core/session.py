"""Session: one meeting of one dyad, with its streams and phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from types import MappingProxyType
from typing import Literal, overload

from reattune.core.checks import check_option
from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.streams import Events, Signal, States, Stream

Clock = Literal["second", "meeting"]
_IMPOSED = {"still_face", "stillface", "still", "sf"}


@dataclass(frozen=True)
class Phase:
    """One part of a session that is analysed by itself: play, still-face, reunion.

    Attributes
    ----------
    label : str
    start, end : float
        Seconds (meetings in a course), half-open.
    imposed : bool
        True where a partner was told not to respond (still-face): repair is not defined there.
    """

    label: str
    start: float
    end: float
    imposed: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.start) and isfinite(self.end) and self.end > self.start):
            raise SettingError(
                f"phase {self.label!r}", (self.start, self.end), "an end after its start"
            )

    @property
    def window(self) -> tuple[float, float]:
        """``(start, end)``."""
        return (self.start, self.end)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start


def is_imposed(label: str) -> bool:
    """Whether a phase of that name is by convention one of imposed non-response (still-face)."""
    return label.strip().casefold().replace("-", "_").replace(" ", "_") in _IMPOSED


@dataclass(frozen=True)
class Session:
    """One meeting of one dyad, or one course of therapy (``clock="meeting"``).

    Parameters
    ----------
    id : str
    partners : (str, str)
        Role names, e.g. ``("infant", "caregiver")``. Their order is the order of colours, tables
        and surrogates (the second one is rotated). The code knows no role.
    span : (float, float)
        Start and end of the recording in seconds from the session's start.
    streams : tuple of States, Events or Signal
    dyad : str, optional
        Which dyad; the session's id when absent.
    phases : tuple of Phase
        Sorted, not overlapping. Empty: the whole session is one phase.
    clock : {"second", "meeting"}
    cuts : tuple of float
        Moments at which continuity is broken although no time is missing (a stopped camera, the
        seam of a surrogate): no run and no change is followed across them.
    meta : mapping
        Covariates and origin (``format``, ``source``, ``sha256``, ``media``).
    notes : tuple of Note
        What reading and preparing found.
    """

    id: str
    partners: tuple[str, str]
    span: tuple[float, float]
    streams: tuple[Stream, ...]
    dyad: str = ""
    phases: tuple[Phase, ...] = ()
    clock: Clock = "second"
    cuts: tuple[float, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "dyad", self.dyad or self.id)
        put(self, "partners", tuple(self.partners))
        put(self, "streams", tuple(self.streams))
        put(self, "phases", tuple(self.phases))
        put(self, "meta", MappingProxyType(dict(self.meta)))
        put(self, "notes", tuple(self.notes))
        check_option("clock", self.clock, ("second", "meeting"))
        if len(self.partners) != 2 or self.partners[0] == self.partners[1]:
            raise SettingError("partners", self.partners, "two different names")
        if "both" in self.partners or not all(self.partners):
            raise SettingError("partners", self.partners, 'names that are not empty and not "both"')
        if not (isfinite(self.span[0]) and isfinite(self.span[1]) and self.span[1] > self.span[0]):
            raise SettingError("span", self.span, "an end after its start")
        for stream in self.streams:
            if stream.partner not in self.partners:
                raise SettingError(
                    f"partner of stream {stream.name!r}", stream.partner, f"one of {self.partners}"
                )
        named = [(stream.partner, stream.name) for stream in self.streams]
        for at, pair in enumerate(named):
            if pair in named[:at]:
                raise SettingError("streams", pair, "each stream of a partner once")
        if not all(isfinite(cut) for cut in self.cuts):
            raise SettingError("cuts", self.cuts, "finite seconds")
        for before, after in zip(self.phases, self.phases[1:], strict=False):
            if after.start < before.end - 1e-9:
                raise SettingError(
                    "phases", f"{before.label} and {after.label} overlap", "sorted, disjoint phases"
                )

    # -- looking ---------------------------------------------------------------------------

    @property
    def stream_names(self) -> tuple[str, ...]:
        """The different stream names, in order of first appearance."""
        return tuple(dict.fromkeys(stream.name for stream in self.streams))

    def has(self, name: str, partner: str) -> bool:
        """Whether that partner has a stream of that name."""
        return any(s.name == name and s.partner == partner for s in self.streams)

    @overload
    def stream(self, name: str, partner: str) -> Stream: ...
    @overload
    def stream(self, name: str, partner: str, kind: type[States]) -> States: ...
    @overload
    def stream(self, name: str, partner: str, kind: type[Events]) -> Events: ...
    @overload
    def stream(self, name: str, partner: str, kind: type[Signal]) -> Signal: ...
    def stream(self, name: str, partner: str, kind: type | None = None) -> Stream:
        """The stream of that name and partner.

        Raises
        ------
        MissingStreamError
            When there is none, or it is of another kind than asked for.
        """
        for stream in self.streams:
            if stream.name == name and stream.partner == partner:
                if kind is not None and not isinstance(stream, kind):
                    raise MissingStreamError(
                        f"Session {self.id!r}: {partner} {name!r} is "
                        f"{type(stream).__name__}, not {kind.__name__}."
                    )
                return stream
        if partner not in self.partners:
            raise MissingStreamError(
                f"Session {self.id!r} has no partner {partner!r}."
                + did_you_mean(partner, self.partners)
            )
        known = [s.name for s in self.streams if s.partner == partner]
        raise MissingStreamError(
            f"Session {self.id!r} has no stream {name!r} of {partner}." + did_you_mean(name, known)
        )

    def __repr__(self) -> str:
        lines = [
            f"Session {self.id!r} of dyad {self.dyad!r}: {self.partners[0]} and "
            f"{self.partners[1]}, {self.span[1] - self.span[0]:g} {self.clock}s"
        ]
        lines += [f"  {stream!r}" for stream in self.streams]
        if self.phases:
            told = ", ".join(f"{p.label} [{p.start:g}, {p.end:g})" for p in self.phases)
            lines.append(f"  phases: {told}")
        warnings = [note for note in self.notes if note.level == "warning"]
        lines += [f"  warning: {note}" for note in warnings]
        return "\n".join(lines)

    # -- changing (copies) -----------------------------------------------------------------

    def with_streams(self, *streams: Stream) -> Session:
        """A copy in which these streams are added, or replace those of equal partner and name."""
        fresh = {(s.partner, s.name): s for s in streams}
        kept = [fresh.pop((s.partner, s.name), s) for s in self.streams]
        return replace(self, streams=(*kept, *fresh.values()))

    def with_notes(self, *notes: Note) -> Session:
        """A copy with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def swap(self) -> Session:
        """A copy with the order of the partners exchanged."""
        return replace(self, partners=(self.partners[1], self.partners[0]))

    def shift(self, seconds: float) -> Session:
        """A copy on a clock moved by ``seconds``."""
        return replace(
            self,
            span=(self.span[0] + seconds, self.span[1] + seconds),
            streams=tuple(s.shift(seconds) for s in self.streams),
            phases=tuple(
                replace(p, start=p.start + seconds, end=p.end + seconds) for p in self.phases
            ),
            cuts=tuple(c + seconds for c in self.cuts),
        )
