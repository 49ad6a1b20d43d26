"""Generated sessions on a frame grid, with missing time, cuts, ties and tables of every kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from reattune.core.session import Session
from reattune.core.streams import States
from reattune.rules import OwnTable

CODES = ("a", "b", "c", "d")
PARTNERS = ("child", "adult")
TICKS = (0.04, 1 / 30, 0.1, 0.5, 1.0, 10.0)
Frames = tuple[str | None, ...]


@dataclass(frozen=True)
class Coded:
    """Two partners' codes frame by frame; None is missing."""

    first: Frames
    second: Frames
    tick_s: float
    cuts: tuple[int, ...] = ()

    @property
    def span(self) -> tuple[float, float]:
        return (0.0, len(self.first) * self.tick_s)

    def session(self, name: str = "s") -> Session:
        streams = [
            to_states(partner, frames, self.tick_s)
            for partner, frames in zip(PARTNERS, (self.first, self.second), strict=True)
        ]
        cuts = tuple(cut * self.tick_s for cut in self.cuts)
        return Session(name, PARTNERS, self.span, tuple(streams), cuts=cuts)


def runs_of(frames: Frames) -> list[tuple[int, int, str | None]]:
    """(first frame, frame after the last, code) of every run, missing ones included."""
    runs: list[tuple[int, int, str | None]] = []
    for i, code in enumerate(frames):
        if runs and runs[-1][2] == code:
            runs[-1] = (runs[-1][0], i + 1, code)
        else:
            runs.append((i, i + 1, code))
    return runs


def to_states(partner: str, frames: Frames, tick_s: float, name: str = "state") -> States:
    rows = [run for run in runs_of(frames) if run[2] is not None]
    return States(
        partner,
        name,
        np.array([a for a, _, _ in rows], dtype=float) * tick_s,
        np.array([b for _, b, _ in rows], dtype=float) * tick_s,
        [str(code) for _, _, code in rows],
        tick_s,
    )


@st.composite
def frame_lists(draw: st.DrawFn, length: int, codes: tuple[str, ...] = CODES[:3]) -> Frames:
    """``length`` frames in runs, some of them missing."""
    frames: list[str | None] = []
    kinds = st.sampled_from((*codes, *codes, None))
    while len(frames) < length:
        frames += [draw(kinds)] * draw(st.integers(1, 9))
    return tuple(frames[:length])


@st.composite
def coded(draw: st.DrawFn, *, cuts: bool = True, ticks: tuple[float, ...] = TICKS) -> Coded:
    length = draw(st.integers(2, 60))
    return Coded(
        draw(frame_lists(length)),
        draw(frame_lists(length)),
        draw(st.sampled_from(ticks)),
        tuple(sorted(draw(st.sets(st.integers(1, length - 1), max_size=2)))) if cuts else (),
    )


@st.composite
def own_tables(draw: st.DrawFn) -> OwnTable:
    pairs = st.lists(
        st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)), max_size=6, unique=True
    )
    order = draw(st.sampled_from(((), CODES, CODES[:2], ("c", "a", "b"))))
    negative = draw(st.sampled_from(((), ("a",), ("a", "b"))))
    match = draw(pairs.filter(bool))
    return OwnTable(tuple(match), tuple(draw(pairs)[:3]), order, negative)


def transpose(table: OwnTable) -> OwnTable:
    """The same table with the partners exchanged."""
    return OwnTable(
        tuple((b, a) for a, b in table.match),
        tuple((b, a) for a, b in table.excluded),
        table.order,
        table.negative,
    )
