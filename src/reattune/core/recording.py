"""Recording: what a file holds, before anybody has said what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.notes import Note

TrackKind = Literal["intervals", "points", "samples"]


@dataclass(frozen=True, eq=False)
class Track:
    """One tier, code class, behaviour category or column, as the file has it.

    Attributes
    ----------
    name : str
        Tier, class, category or column name, unchanged.
    person : str
        Participant or subject as written in the file; empty when the file does not say.
    kind : {"intervals", "points", "samples"}
    starts, ends : float array, shape (n,)
        Seconds on the file's own clock, sorted by start; for points end = start. Empty for
        ``"samples"``.
    labels : tuple of str, length n
        Codes as written (stripped). For ``"samples"`` of words, one per sample.
    values : float array, shape (m,), or None
        Numeric samples (nan = empty cell); None for word samples and for other kinds.
    start_s, rate_hz : float
        Time of the first sample and samples per second; only for ``"samples"``.
    tick_s : float or None
        Time base of the coding where the format states it (frame, interval length).
    meta : mapping
        Whatever else the format says of it (parent tier, annotator, vocabulary, unit).
    """

    name: str
    kind: TrackKind
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    labels: tuple[str, ...]
    person: str = ""
    values: NDArray[np.float64] | None = None
    start_s: float = 0.0
    rate_hz: float = float("nan")
    tick_s: float | None = None
    meta: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "starts", np.asarray(self.starts, dtype=np.float64).reshape(-1))
        put(self, "ends", np.asarray(self.ends, dtype=np.float64).reshape(-1))
        put(self, "labels", tuple(self.labels))
        put(self, "meta", MappingProxyType(dict(self.meta)))
        if self.kind == "samples":
            if not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
                raise SettingError(f"rate of {self.name!r}", self.rate_hz, "samples per second")
        elif not self.starts.size == self.ends.size == len(self.labels):
            raise SettingError(
                f"labels of {self.name!r}", len(self.labels), f"one for each of {self.starts.size}"
            )

    def __len__(self) -> int:
        if self.values is not None:
            return int(self.values.size)
        return len(self.labels)

    @property
    def codes(self) -> dict[str, int]:
        """How often each label occurs, most frequent first (empty for numeric samples)."""
        counts: dict[str, int] = {}
        for label in self.labels:
            counts[label] = counts.get(label, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def __repr__(self) -> str:
        who = f" of {self.person}" if self.person else ""
        return f"Track({self.name!r}{who}: {len(self)} {self.kind})"


@dataclass(frozen=True, eq=False)
class Recording:
    """One observation as a file holds it: tracks, clock, origin, and what was odd about it.

    Attributes
    ----------
    id : str
        Observation name in the file, or the file's name without its ending.
    format : str
        Name of the format, e.g. ``"elan"``.
    path : Path
    tracks : tuple of Track
    span : (float, float) or None
        Start and end of the observation on the file's clock, when the format says so.
    media : tuple of mapping
        Media the file refers to: ``{"name": ..., "origin_s": ...}``. Never opened.
    meta : mapping
        ``sha256`` of the bytes read, covariates, date, ...
    notes : tuple of Note
        Rows read, rows skipped and why, unpaired states, overlaps, ...
    """

    id: str
    format: str
    path: Path
    tracks: tuple[Track, ...]
    span: tuple[float, float] | None = None
    media: tuple[Mapping[str, object], ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "path", Path(self.path))
        put(self, "tracks", tuple(self.tracks))
        put(self, "media", tuple(self.media))
        put(self, "notes", tuple(self.notes))
        put(self, "meta", MappingProxyType(dict(self.meta)))

    @property
    def people(self) -> tuple[str, ...]:
        """The different persons named, in order of first appearance."""
        return tuple(dict.fromkeys(t.person for t in self.tracks if t.person))

    def find(self, name: str, person: str | None = None) -> tuple[Track, ...]:
        """The tracks of that name (and person), compared without case or outer blanks.

        Raises
        ------
        MissingStreamError
            When there is none; the message lists what the file has.
        """
        wanted = name.strip().casefold()
        found = tuple(
            track
            for track in self.tracks
            if track.name.strip().casefold() == wanted
            and (person is None or track.person.strip().casefold() == person.strip().casefold())
        )
        if not found:
            known: Sequence[str] = [t.name for t in self.tracks]
            of = f" of {person!r}" if person else ""
            raise MissingStreamError(
                f"{self.path.name}: {name!r}{of} not found." + did_you_mean(name, known)
            )
        return found

    def extent(self) -> tuple[float, float]:
        """First and last moment of any track, or of ``span`` where given."""
        if self.span is not None:
            return self.span
        first, last = [], []
        for track in self.tracks:
            if track.kind == "samples":
                first.append(track.start_s)
                last.append(track.start_s + len(track) / track.rate_hz)
            elif track.starts.size:
                first.append(float(track.starts.min()))
                last.append(float(track.ends.max()))
        return (min(first), max(last)) if first else (0.0, 0.0)
