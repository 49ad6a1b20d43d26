"""Plan: how large a run of the claims is."""

from __future__ import annotations

from dataclasses import dataclass

from reattune.core.errors import SettingError

MAX_DYADS = 100_000
MAX_SESSIONS = 10_000
QUICK_DYADS = 40


@dataclass(frozen=True)
class Plan:
    """Dyads, sessions and seed of a run, and what follows from them.

    Attributes
    ----------
    dyads : int
        Random dyads of the second claim.
    sessions : int
        That every dyad lives; ten minutes each.
    seed : int
    quick : bool
        Fewer settings in each sweep.
    """

    dyads: int = 400
    sessions: int = 150
    seed: int = 1
    quick: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (
            ("dyads", 20, MAX_DYADS),
            ("sessions", 15, MAX_SESSIONS),
            ("seed", 0, 2**63 - 1),
        ):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not low <= value <= high:
                raise SettingError(name, value, f"a whole number from {low:,} to {high:,}")

    @property
    def cell_dyads(self) -> int:
        """Dyads in each setting of a sweep."""
        return max(4, self.dyads // 10)

    @property
    def map_dyads(self) -> int:
        """Dyads in each field of the map of match and speed."""
        return max(2, self.dyads // 50)

    @property
    def last(self) -> int:
        """Sessions at the end over which outcomes are averaged: 30 of 150."""
        return self.sessions // 5

    @property
    def first(self) -> int:
        """Sessions at the beginning over which predictors are taken: 10 of 150."""
        return self.sessions // 15

    @property
    def late(self) -> int:
        """Sessions at the end over which the outcomes of random dyads are taken: 20 of 150."""
        return max(1, self.sessions * 2 // 15)

    @property
    def therapy_sessions(self) -> int:
        """Sessions of a therapy: 60 where a childhood has 150."""
        return self.sessions * 2 // 5

    @property
    def leaving_sessions(self) -> int:
        """Sessions by which leaving is counted: 40 of 60."""
        return self.therapy_sessions * 2 // 3

    @property
    def block(self) -> int:
        """Sessions in each of the 16 steps of the ramp: 10 where a course has 150."""
        return self.first
