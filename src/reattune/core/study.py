"""Study: many sessions, read one at a time, with one covariate row each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from reattune.core.errors import MissingStreamError, ReattuneError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Entry:
    """One session of a study, not yet read.

    Attributes
    ----------
    id, dyad : str
    file : str
        Name of its file (or files), for messages.
    load : callable() -> Session
        Reads it; raises a `ReattuneError` when it cannot be read.
    covariates : mapping
        Group, session number, ratings, ...
    """

    id: str
    dyad: str
    file: str
    load: Callable[[], Session]
    covariates: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))


@dataclass(frozen=True)
class LoadFailure:
    """A session that could not be read; the others go on.

    Attributes
    ----------
    session, file, message : str
    """

    session: str
    file: str
    message: str


@dataclass(frozen=True, eq=False)
class Study:
    """Many sessions, read when they are asked for.

    Parameters
    ----------
    name : str
    entries : tuple of Entry
        Their ids differ.
    rule, criteria, surrogates : mapping
        Settings as the study file states them; the pipeline makes objects of them.
    phases : "apart", "ignore" or tuple of str
        How phases are analysed.
    failures : tuple of LoadFailure
        What could not even be listed (a row without a file, a file without sessions).
    notes : tuple of Note
    from_file : bool
        Whether a study file describes it.
    finish : callable, optional
        Applied to all sessions once they are read; for notes that need the whole study.
    growth : mapping, optional
        How growth over sessions is looked at; None leaves it to the data.
    synchrony : mapping, optional
        How signals are compared; None where the study is not about signals.
    """

    name: str
    entries: tuple[Entry, ...]
    rule: Mapping[str, object] = field(default_factory=dict)
    criteria: Mapping[str, object] = field(default_factory=dict)
    surrogates: Mapping[str, object] = field(default_factory=dict)
    phases: str | tuple[str, ...] = "apart"
    failures: tuple[LoadFailure, ...] = ()
    notes: tuple[Note, ...] = ()
    from_file: bool = False
    finish: Callable[[Sequence[Session]], Sequence[Session]] | None = None
    growth: Mapping[str, object] | None = None
    synchrony: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "entries", tuple(self.entries))
        put(self, "failures", tuple(self.failures))
        put(self, "notes", tuple(self.notes))
        for name in ("rule", "criteria", "surrogates"):
            put(self, name, MappingProxyType(dict(getattr(self, name))))
        for name in ("growth", "synchrony"):
            if getattr(self, name) is not None:
                put(self, name, MappingProxyType(dict(getattr(self, name))))
        seen: set[str] = set()
        for entry in self.entries:
            if entry.id in seen:
                raise SettingError("session id", entry.id, "each id once in a study")
            seen.add(entry.id)

    @classmethod
    def from_sessions(cls, sessions: Iterable[Session], name: str = "") -> Study:
        """A study of sessions that are already in memory."""
        return cls(name, tuple(_entry(session) for session in sessions))

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Session]:
        """Each session, read on the way; the first one that cannot be read raises."""
        return (entry.load() for entry in self.entries)

    def __getitem__(self, session: str) -> Session:
        """The session of that id."""
        for entry in self.entries:
            if entry.id == session:
                return entry.load()
        raise MissingStreamError(
            f"Study {self.name!r} has no session {session!r}." + did_you_mean(session, self.ids)
        )

    def __repr__(self) -> str:
        dyads = len({entry.dyad for entry in self.entries})
        lost = f", {len(self.failures)} not readable" if self.failures else ""
        return f"Study({self.name!r}: {len(self)} sessions of {dyads} dyads{lost})"

    @property
    def ids(self) -> tuple[str, ...]:
        """Session ids, in order."""
        return tuple(entry.id for entry in self.entries)

    @property
    def covariates(self) -> dict[str, dict[str, object]]:
        """Session id -> covariate -> value."""
        return {entry.id: dict(entry.covariates) for entry in self.entries}

    def to_frame(self) -> pd.DataFrame:
        """One row per session: session, dyad, file, and a column for each covariate."""
        import pandas as pd

        rows = [
            {"session": e.id, "dyad": e.dyad, "file": e.file, **e.covariates} for e in self.entries
        ]
        return pd.DataFrame(rows, columns=None if rows else ["session", "dyad", "file"])

    def load_all(
        self, progress: Progress | None = None
    ) -> tuple[tuple[Session, ...], tuple[LoadFailure, ...]]:
        """Every session that can be read, and what could not be.

        Parameters
        ----------
        progress : callable(done, total, what), optional
            Called before each session.

        Returns
        -------
        sessions : tuple of Session
        failures : tuple of LoadFailure
            Those of listing first. One bad file never costs the others.
        """
        sessions: list[Session] = []
        failures = list(self.failures)
        for done, entry in enumerate(self.entries):
            if progress:
                progress(done, len(self.entries), f"reading {entry.id}")
            try:
                sessions.append(entry.load())
            except ReattuneError as error:
                failures.append(LoadFailure(entry.id, entry.file, str(error)))
        if self.finish is not None:
            sessions = list(self.finish(sessions))
        return tuple(sessions), tuple(failures)


# What a session's meta holds besides covariates.
_ORIGIN = ("format", "source", "sha256", "media", "clock_origin_s")


def _entry(session: Session) -> Entry:
    return Entry(
        session.id,
        session.dyad,
        str(session.meta.get("source", "")),
        lambda: session,
        {key: value for key, value in session.meta.items() if key not in _ORIGIN},
    )
