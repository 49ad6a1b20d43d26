"""What reading and preparing a session found, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reattune.core.notes import Note
from reattune.core.session import Session

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("session", "level", "code", "where", "count", "message")


@dataclass(frozen=True)
class ReadReport:
    """Rows read and skipped, holes filled, overlaps, uncodable time, undocumented codes.

    Attributes
    ----------
    session : str
    source : str
        The file (or files) read.
    notes : tuple of Note
    """

    session: str
    source: str
    notes: tuple[Note, ...]

    @property
    def warnings(self) -> tuple[Note, ...]:
        """The notes because of which a result may be wrong or missing."""
        return tuple(note for note in self.notes if note.level == "warning")

    def count(self, code: str) -> int:
        """How many things of that kind were found, e.g. ``count("gaps_closed")``."""
        return sum(note.count for note in self.notes if note.code == code)

    def to_frame(self) -> pd.DataFrame:
        """One row per note: session, level, code, where, count, message."""
        import pandas as pd

        rows = [
            (self.session, note.level, note.code, note.where, note.count, note.message)
            for note in self.notes
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def to_dict(self) -> dict[str, object]:
        """JSON-safe content."""
        return {
            "session": self.session,
            "source": self.source,
            "notes": [note.to_dict() for note in self.notes],
        }

    def summary(self) -> str:
        """One line per note, warnings first."""
        head = f"Session {self.session!r} from {self.source or 'memory'}: "
        lines = [f"{head}{len(self.warnings)} warnings, {len(self.notes)} notes"]
        lines += [f"  warning: {note}" for note in self.warnings]
        lines += [f"  {note}" for note in self.notes if note.level != "warning"]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()


def make_report(session: Session) -> ReadReport:
    """The report of one session."""
    return ReadReport(session.id, str(session.meta.get("source", "")), session.notes)
