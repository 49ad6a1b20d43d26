"""StateMatch: attuned while the partners' coded states match by a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reattune.core.attunement import Attunement
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.pair import Pair
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.rules.base import Rule, find_window, named_streams
from reattune.rules.join import join
from reattune.rules.tables import APPROXIMATIONS, PRESETS, OwnTable, build_table


@dataclass(frozen=True)
class StateMatch(Rule):
    """Attuned while the two partners' states match.

    Parameters
    ----------
    stream : str or (str, str)
        Name of the coded stream; two names when the partners' streams are called differently.
    table : str or OwnTable, default "same_category"
        ``"same_category"`` (equal states), ``"same_valence"`` (equal sign of affect),
        ``"social_positive_only"`` (both positive) or ``"congruent_nonnegative"`` (equal and not
        negative; watched object play matches), the last two being approximations of published
        rules; or a table of your own.

    Notes
    -----
    Matching as the share of time in the same state follows Tronick and Cohn (1989, Child
    Development 60, 85-92). Which pairs count is a choice: results differ several-fold between
    tables, so every result prints its own.

    Examples
    --------
    >>> StateMatch("affect", table="same_valence").describe()
    "affect matches when both have the same sign (table 'same_valence')"
    """

    stream: str | tuple[str, str]
    table: str | OwnTable = "same_category"

    def __post_init__(self) -> None:
        put = object.__setattr__
        if isinstance(self.table, dict):
            put(self, "table", OwnTable.from_dict(self.table))
        if isinstance(self.stream, list):
            put(self, "stream", tuple(self.stream))
        if isinstance(self.stream, tuple) and len(self.stream) != 2:
            raise SettingError("stream", self.stream, "one name, or one for each partner")
        if not isinstance(self.table, OwnTable) and self.table not in PRESETS:
            raise SettingError(
                "table",
                self.table,
                "a preset or an own table." + did_you_mean(str(self.table), PRESETS),
            )

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """The partners' states as codes of the match table."""
        first, second = self._streams(session)
        return self._read(session, window, first.categories, second.categories)

    def read_many(self, windows: Sequence[tuple[Session, tuple[float, float]]]) -> list[Pair]:
        """The pairs of several sessions on one table with the states of all of them."""
        sides = [self._streams(session) for session, _ in windows]
        known = [dict.fromkeys(c for side in sides for c in side[k].categories) for k in (0, 1)]
        return [
            self._read(session, window, tuple(known[0]), tuple(known[1]))
            for session, window in windows
        ]

    def _streams(self, session: Session) -> tuple[States, States]:
        first, second = named_streams(self.stream)
        return (
            session.stream(first, session.partners[0], States),
            session.stream(second, session.partners[1], States),
        )

    def _read(
        self,
        session: Session,
        window: tuple[float, float] | None,
        first: tuple[str, ...],
        second: tuple[str, ...],
    ) -> Pair:
        streams = self._streams(session)
        table, *maps = build_table(self.table, first, second)
        span = find_window(session, window)
        x, y = (s.steps(span, codes) for s, codes in zip(streams, maps, strict=True))
        return Pair(
            session.partners,
            x,
            y,
            table,
            (streams[0].tick_s, streams[1].tick_s),
            session.cuts,
        )

    def judge(self, pair: Pair) -> Attunement:
        """The dyad over time; negative pairs are marked when the table knows any."""
        knows = bool(pair.table.negative.any())
        return join(pair, rule=self.describe(), grades_negative=knows)

    def describe(self) -> str:
        """The rule in words."""
        first, second = named_streams(self.stream)
        what = first if first == second else f"{first} / {second}"
        if isinstance(self.table, OwnTable):
            pairs = ", ".join(f"{a}+{b}" for a, b in self.table.match[:6])
            more = ", ..." if len(self.table.match) > 6 else ""
            return f"{what} matches for the pairs {pairs}{more} (own table)"
        words = {
            "same_category": "when both are in the same category",
            "same_valence": "when both have the same sign",
            "social_positive_only": "only when both are positive",
            "congruent_nonnegative": "when both are in the same non-negative state",
        }[self.table]
        mark = ", an approximation" if self.table in APPROXIMATIONS else ""
        return f"{what} matches {words} (table {self.table!r}{mark})"

    def to_dict(self) -> dict[str, Any]:
        """Type and parameters, JSON-safe."""
        stream = list(self.stream) if isinstance(self.stream, tuple) else self.stream
        table = self.table.to_dict() if isinstance(self.table, OwnTable) else self.table
        return {"type": "StateMatch", "stream": stream, "table": table}
