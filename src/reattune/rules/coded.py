"""Coded: ruptures that people coded, e.g. segments of an observer system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.pair import MATCH, MISMATCH, MatchTable, Pair
from reattune.core.session import Session
from reattune.core.steps import Steps, constant_steps
from reattune.core.streams import Events
from reattune.rules.base import Rule, find_window
from reattune.rules.join import join
from reattune.rules.shown import find_shown, make_on_off


@dataclass(frozen=True)
class Coded(Rule):
    """Mismatched while a coder marked a rupture of either partner; matched otherwise.

    Parameters
    ----------
    stream : str
        Name of the stream with the marks. One partner or both may have it.
    labels : tuple of str, optional
        Which codes are ruptures; all by default (needed for exclusive states).

    Raises
    ------
    SettingError
        On reading marks without length: they say nothing about the end of a rupture.

    Notes
    -----
    The partner in whose stream a mark begins opened the rupture. Who repaired it is not in such
    data and stays empty. Marks are judgements of the whole exchange, so rotating one partner's
    marks against the other's says nothing: no chance test is made.
    """

    by_moment: ClassVar[bool] = False

    stream: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        fixed = (self.labels,) if isinstance(self.labels, str) else tuple(self.labels)
        object.__setattr__(self, "labels", fixed)

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """Each partner marked (1) or not (0)."""
        span = find_window(session, window)
        sides: list[Steps] = []
        ticks = []
        for partner in session.partners:
            if not session.has(self.stream, partner):
                sides.append(constant_steps(span))
                continue
            on, observed, stream = find_shown(session, self.stream, partner, self.labels)
            if isinstance(stream, Events):
                _refuse_points(stream, self.labels)
            sides.append(make_on_off(on, observed - on, span))
            ticks.append(stream.tick_s)
        if not ticks:
            raise MissingStreamError(
                f"Session {session.id!r} has no stream {self.stream!r}."
                + did_you_mean(self.stream, session.stream_names)
            )
        states = ("no mark", "rupture")
        match = np.array([[MATCH, MISMATCH], [MISMATCH, MISMATCH]], dtype=np.int64)
        table = MatchTable(
            "coded",
            (states, states),
            match,
            (1 - match).astype(np.float64),
            np.zeros((2, 2), dtype=np.bool_),
        )
        return Pair(
            session.partners, sides[0], sides[1], table, (ticks[0], ticks[-1]), session.cuts
        )

    def judge(self, pair: Pair) -> Attunement:
        """The dyad over time; only beginnings of marks are anybody's change."""
        joined = join(pair, rule=self.describe())
        middles = (joined.edges[:-1] + joined.edges[1:]) / 2
        begins = np.zeros_like(joined.changed)
        for side, steps in enumerate((pair.x, pair.y)):
            codes = steps.at(middles)
            begins[side, 1:-1] = joined.changed[side, 1:-1] & (codes[1:] == 1)
        return Attunement(
            partners=joined.partners,
            edges=joined.edges,
            state=joined.state,
            distance=joined.distance,
            negative=joined.negative,
            changed=begins,
            cut=joined.cut,
            tick_s=joined.tick_s,
            tie_s=joined.tie_s,
            rule=joined.rule,
        )

    def describe(self) -> str:
        """The rule in words."""
        which = f" ({', '.join(self.labels)})" if self.labels else ""
        return f"ruptures as coded in {self.stream}{which}"


def _refuse_points(stream: Events, labels: tuple[str, ...]) -> None:
    """A mark without length says that there was a rupture, not when it ended."""
    points = [
        start
        for start, end, label in zip(stream.starts, stream.ends, stream.labels, strict=True)
        if end == start and (not labels or label in labels)
    ]
    if points:
        raise SettingError(
            f"stream {stream.name!r} of {stream.partner}",
            f"{len(points)} marks without length, the first at {points[0]:g} s",
            "marks with a start and an end",
        )
