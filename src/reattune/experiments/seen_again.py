"""Paths of the model as sessions again, in the codes and the coding step of the real ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.models.codebooks import PLAIN, Codebook
from reattune.models.path import FOCAL, MODE, RESPONDER, SET_FOCAL, SET_RESPONDER, UNOBSERVED, Path
from reattune.models.reading import find_streams

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# Codes with a finer time base are taken as exact.
FINE_S = 1e-3


def find_origin(session: Session, codebook: Codebook | None = None) -> float:
    """The moment of the session's clock at which its path begins: both partners coded at last.

    Instructions not to respond count as coded, time outside all phases does not, as in
    `models.reading.read_path`.
    """
    book = codebook or PLAIN
    seen = []
    for stream, read in zip(
        find_streams(session, book), (book.read_focal, book.read_responder), strict=True
    ):
        kept = np.array([read(label) is not None for label in stream.labels], dtype=np.bool_)
        seen.append(Intervals(stream.starts[kept], stream.ends[kept]))
    told = Intervals.from_pairs([phase.window for phase in session.phases if phase.imposed])
    both = seen[0] & (seen[1] | told)
    if session.phases:
        both = both & Intervals.from_pairs([phase.window for phase in session.phases])
    return both.clip(*session.span).span[0]


def show_path(
    path: Path,
    session: Session,
    codebook: Codebook | None = None,
    *,
    unit_s: float = 1.0,
    step_s: float = 0.0,
    origin_s: float | None = None,
) -> Session:
    """A path as a session: the phases and partners of ``session``, codes of the codebook.

    Parameters
    ----------
    path : Path
        The session's own, or one drawn with its design.
    session : Session
    codebook : Codebook, optional
    unit_s : float
        Seconds in a time unit.
    step_s : float, default 0
        Seconds between codes; the state at the start of each step is coded. 0: every change.
    origin_s : float, optional
        Where the path begins on the session's clock; found when absent.
    """
    book = codebook or PLAIN
    origin = find_origin(session, book) if origin_s is None else origin_s
    if step_s >= FINE_S:
        count = max(int(np.ceil(path.length * unit_s / step_s - 1e-6)), 1)
        moments: FloatArray = np.arange(count, dtype=np.float64) * (step_s / unit_s)
        # A change that falls on a step is seen from that step on, whatever rounding did to it.
        look: FloatArray = moments + 1e-9 * step_s
    else:
        moments = np.unique(np.concatenate([[0.0], path.times[path.times < path.length]]))
        look = moments
    edges = np.append(moments, path.length) * unit_s + origin
    x, y = find_states(path, look)
    streams = []
    for stream, codes, labels in zip(
        find_streams(session, book), (x, y), (book.focal, book.responder), strict=True
    ):
        streams.append(_make_stream(stream, edges, codes, labels))
    return replace(session, streams=tuple(streams), notes=())


def find_states(path: Path, at: FloatArray) -> tuple[IntArray, IntArray]:
    """States of both partners from these moments on, -1 where they were not seen; like ``at``."""
    upto = np.searchsorted(path.times, at, side="right")
    columns = []
    for kinds, first in (
        ((FOCAL, SET_FOCAL), path.start_focal),
        ((RESPONDER, SET_RESPONDER), path.start_responder),
        ((MODE,), path.mode),
    ):
        chosen = np.flatnonzero(np.isin(path.kinds, kinds))
        values = np.concatenate([[first], path.states[chosen]]).astype(np.int64)
        columns.append(values[np.searchsorted(chosen, upto, side="left")])
    hidden = columns[2] == UNOBSERVED
    return np.where(hidden, -1, columns[0]), np.where(hidden, -1, columns[1])


def _make_stream(
    like: States, edges: FloatArray, codes: IntArray, labels: tuple[str, ...]
) -> States:
    # Labels that stand for several states are one state of the stream.
    first = np.array([labels.index(label) for label in labels])
    shown = np.where(codes >= 0, first[codes], -1)
    new = np.append(True, shown[1:] != shown[:-1])
    starts, kept = edges[:-1][new], shown[new]
    ends = np.append(starts[1:], edges[-1])
    there = (kept >= 0) & (ends > starts)
    return States(
        like.partner,
        like.name,
        starts[there],
        ends[there],
        [labels[code] for code in kept[there]],
        tick_s=like.tick_s,
    )
