"""Notes: what a reader or a rule wants the user to know about the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning"]


@dataclass(frozen=True)
class Note:
    """One thing found in the data.

    Attributes
    ----------
    code : str
        Short stable name, e.g. ``"gaps_closed"``, ``"identical_partners"``.
    message : str
        One plain sentence, with figures.
    where : str
        File, tier, column or line it was found in; may be empty.
    count : int
        How many times.
    level : {"info", "warning"}
        ``"warning"`` when a result may be wrong or missing because of it.
    """

    code: str
    message: str
    where: str = ""
    count: int = 1
    level: Level = "info"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return {
            "code": self.code,
            "level": self.level,
            "where": self.where,
            "message": self.message,
            "count": self.count,
        }
