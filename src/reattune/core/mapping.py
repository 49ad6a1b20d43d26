"""Mapping: which track is which partner and stream, what its codes mean, where phases come from."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from typing import Literal

from reattune.core.session import Phase

SourceKind = Literal["states", "events", "signal"]


@dataclass(frozen=True)
class Source:
    """Where one stream of one partner comes from.

    Attributes
    ----------
    partner, stream : str
        What it becomes.
    tracks : tuple of str
        Tier, class, category or column names; several are merged into one stream (codes and
        uncodable rows of a partner are often two columns).
    person : str
        Participant or subject in the file, when names alone are ambiguous.
    kind : {"states", "events", "signal"}
    codes : mapping or None
        Code in the file -> state. Codes that are not named are an undocumented code: a warning,
        and unobserved time. None takes every code as it stands.
    uncodable : tuple of str
        Codes that mean "could not be coded": they cut out whatever else was coded meanwhile.
    uncodable_tracks : tuple of str
        Tracks all of whose intervals are uncodable time.
    threshold : float or None
        For a numeric column taken as events: on while the value is at least this.
    fps : float or None
        Frames (or rows, or intervals) per second of the coding.
    file : str
        Pattern of the file name that holds this partner, when each partner has a file.
    offset_s : float
        Added to the times of this source.
    """

    partner: str
    stream: str
    tracks: tuple[str, ...]
    person: str = ""
    kind: SourceKind = "states"
    codes: MappingABC[str, str] | None = None
    uncodable: tuple[str, ...] = ()
    uncodable_tracks: tuple[str, ...] = ()
    threshold: float | None = None
    fps: float | None = None
    file: str = ""
    offset_s: float = 0.0


@dataclass(frozen=True)
class PhaseSource:
    """Where phases come from: fixed times, a track's labels, or columns of sessions.csv.

    Attributes
    ----------
    times : tuple of Phase
        The same phases for every session.
    track : str
        A tier or column whose intervals are the phases.
    labels : mapping
        Label in the track -> phase name; empty takes all as they stand.
    columns : mapping
        Phase name -> (start column, end column) of the sessions table.
    imposed : tuple of str
        Phases in which a partner was told not to respond; "still_face" and its spellings are
        taken as such without being named.
    """

    times: tuple[Phase, ...] = ()
    track: str = ""
    labels: MappingABC[str, str] = field(default_factory=dict)
    columns: MappingABC[str, tuple[str, str]] = field(default_factory=dict)
    imposed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapping:
    """Everything needed to turn recordings into sessions.

    Attributes
    ----------
    partners : (str, str)
    sources : tuple of Source
    phases : PhaseSource
    max_gap_frames, max_gap_s : float
        Holes of at most this many frames, and never longer than ``max_gap_s``, are filled by the
        event before them, counted and reported.
    """

    partners: tuple[str, str]
    sources: tuple[Source, ...]
    phases: PhaseSource = field(default_factory=PhaseSource)
    max_gap_frames: float = 2.5
    max_gap_s: float = 0.1
