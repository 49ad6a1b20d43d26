"""From coded sessions to what the likelihoods read: paths of changes, or grids of codes.

What is decided here: time in which either partner was not coded is integrated through as unknown.
Nobody is scored in it; arousal meanwhile goes back toward what is ordinary at play, at the mean
rate of recovery, so that a hole of a second changes next to nothing and after a minute nothing is
left of what was before. A state that is found changed afterwards counts as nobody's change.
Splitting the session there and starting anew would forget what a short hole cannot have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.steps import MISSING, SAME_MOMENT_S, find_moments, merge_edges
from reattune.core.streams import States
from reattune.models.codebooks import PLAIN, Codebook
from reattune.models.panel import Grid, sample_grid
from reattune.models.parameters import FOCAL_STATES, OFF, RESPONDER_STATES, DyadParameters
from reattune.models.path import (
    FOCAL,
    MODE,
    RESPONDER,
    SET_FOCAL,
    SET_RESPONDER,
    UNOBSERVED,
    Path,
    build_path,
    path_of,
)
from reattune.models.record import FREE, STILL_FACE, Record

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Data = Session | Record | Path | Grid

# Codes with a longer step (in time units) are read as interval codes unless said otherwise.
COARSE = 0.25
# Share of all changes at which both partners change at once, above which it is said.
_MANY_TIES = 0.05


def read_data(
    sessions: Data | Sequence[Data],
    codebook: Codebook | None,
    design: str,
    base: DyadParameters,
) -> tuple[str, tuple[Path, ...] | tuple[Grid, ...], tuple[Note, ...]]:
    """Name of the dyad, its sessions as paths or as grids, and what was noticed."""
    check_option("design", design, ("auto", "events", "interval"))
    many: list[Data] = [sessions] if isinstance(sessions, Data) else list(sessions)
    if not many:
        raise SettingError("session", [], "at least one session")
    coded = [item for item in many if isinstance(item, Session)]
    names = {item.dyad for item in coded}
    if len(names) > 1:
        raise SettingError("session", sorted(names), "sessions of one dyad; use fit_dyads")
    steps = [find_step(item, codebook) / base.time_unit_s for item in coded]
    coarse = any(step > COARSE for step in steps)
    grids = [item for item in many if isinstance(item, Grid)]
    interval = design == "interval" or bool(grids) or (design == "auto" and coarse)
    if grids and (design == "events" or len(grids) < len(many)):
        raise SettingError("design", design, "'interval' for grids, and grids only")
    name = next(iter(names), "")
    if interval:
        made = [
            item if isinstance(item, Grid) else _read_grid(item, codebook, base) for item in many
        ]
        return name, tuple(made), tuple(note for item in made for note in item.notes)
    paths = [_read_one(item, codebook, base) for item in many]
    notes = [note for path in paths for note in path.notes]
    if coarse:
        told = (
            f"Codes every {max(steps):g} time units are taken for moments of change: rates come "
            'out too low, by a fifth to a quarter at one unit. Use design="interval".'
        )
        notes.append(Note("coarse_codes", told, where=name, level="warning"))
    return name, tuple(paths), tuple(notes)


def _read_one(item: Data, codebook: Codebook | None, base: DyadParameters) -> Path:
    if isinstance(item, Session):
        return read_path(item, codebook, base)
    if isinstance(item, Record):
        return path_of(item)
    if isinstance(item, Path):
        return item
    raise SettingError("session", type(item).__name__, "a Session, Record, Path or Grid")


def _read_grid(item: Data, codebook: Codebook | None, base: DyadParameters) -> Grid:
    if not isinstance(item, Session):
        raise SettingError("design", "interval", "sessions or grids; see sample_grid for records")
    step = find_step(item, codebook) / base.time_unit_s
    # The last code holds to the end of its interval; the moment after it was not coded.
    return sample_grid(read_path(item, codebook, base), step, last=False)


def find_step(session: Session, codebook: Codebook | None = None) -> float:
    """Seconds of one step of the coding: the coarser of the two partners' time bases."""
    return max(stream.tick_s for stream in find_streams(session, codebook))


def find_streams(session: Session, codebook: Codebook | None = None) -> tuple[States, States]:
    """The focal partner's and the responder's coded stream.

    Partners go by the codebook's names when the session has both of them, otherwise by their order.
    """
    book = codebook or PLAIN
    partners = book.partners if set(book.partners) == set(session.partners) else session.partners
    focal, responder = (session.stream(book.stream, who, States) for who in partners)
    return focal, responder


def merge_states(codebook: Codebook) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """As which state each of the 4 focal states and 5 responses is coded."""
    focal = tuple(codebook.read_focal(label) for label in codebook.focal)
    responder = tuple(codebook.read_responder(label) for label in codebook.responder)
    for side, seen, states in (
        ("focal", focal, FOCAL_STATES),
        ("responder", responder, RESPONDER_STATES),
    ):
        for state, to in zip(states, seen, strict=True):
            if to is None or seen[to] != to:
                raise SettingError(
                    f"codebook.{side}_back",
                    state,
                    "a state that its own label is read as, for every label",
                )
    return tuple(int(k or 0) for k in focal), tuple(int(k or 0) for k in responder)


def read_path(
    session: Session, codebook: Codebook | None = None, base: DyadParameters | None = None
) -> Path:
    """The changes of one session in time units, from the first moment both partners were coded.

    Parameters
    ----------
    session : Session
    codebook : Codebook, optional
        Which label stands for which state; the model's own names when absent.
    base : DyadParameters, optional
        For the time unit and the arousal at the start.

    Returns
    -------
    Path
        In imposed phases (still-face) the responder is taken as "off", whatever was coded, and is
        not scored. Time outside all phases, when there are any, is not scored either.

    Raises
    ------
    SettingError
        When no label is known to the codebook, or both partners were never coded at once.
    MissingStreamError
        When a partner has no such stream.
    """
    book = codebook or PLAIN
    base = base or DyadParameters()
    streams = find_streams(session, book)
    seen = merge_states(book)
    notes: list[Note] = []
    codes = [
        _read_labels(stream, read, notes, book)
        for stream, read in zip(streams, (book.read_focal, book.read_responder), strict=True)
    ]
    x, y = (s.steps(session.span, c) for s, c in zip(streams, codes, strict=True))
    borders = [edge for phase in session.phases for edge in phase.window]
    cuts = [cut for cut in session.cuts if session.span[0] < cut < session.span[1]]
    inside = [edge for edge in borders if session.span[0] < edge < session.span[1]]
    edges = merge_edges(x.edges, y.edges, np.array(inside + cuts, dtype=np.float64))
    middles = (edges[1:] + edges[:-1]) / 2
    states_x, states_y = x.at(middles), y.at(middles)
    modes = np.array([_mode(session, t) for t in middles])
    states_y = np.where(modes == STILL_FACE, OFF, states_y)
    modes = np.where((states_x == MISSING) | (states_y == MISSING), UNOBSERVED, modes)
    both = np.flatnonzero(modes != UNOBSERVED)
    if both.size == 0:
        raise SettingError("session", session.id, "time in which both partners were coded")
    pieces = slice(both[0], both[-1] + 1)
    cut = find_moments(edges[:-1], np.array(sorted(cuts), dtype=np.float64))
    path = _walk(
        edges[pieces.start : pieces.stop + 1],
        states_x[pieces],
        states_y[pieces],
        modes[pieces],
        cut[pieces],
        base,
    )
    notes += _look(path, session, base.time_unit_s)
    return replace(path, seen_focal=seen[0], seen_responder=seen[1], notes=tuple(notes))


def _read_labels(
    stream: States, read: Callable[[str], int | None], notes: list[Note], book: Codebook
) -> dict[str, int]:
    known: dict[str, int] = {}
    unknown: list[str] = []
    for label in stream.categories:
        state = read(label)
        if state is None:
            unknown.append(label)
        else:
            known[label] = state
    if stream.categories and not known:
        raise SettingError(
            f"codebook {book.name!r}",
            list(stream.categories),
            f"at least one code of the {stream.partner} that it knows",
        )
    if unknown:
        lost = float((stream.ends - stream.starts)[np.isin(stream.labels, unknown)].sum())
        told = f"Codes {', '.join(unknown)} are not in the codebook: {lost:g} s taken as not seen."
        where = f"{stream.partner} {stream.name}"
        notes.append(Note("unknown_codes", told, where, len(unknown), "warning"))
    return known


def _mode(session: Session, t: float) -> int:
    if not session.phases:
        return FREE
    for phase in session.phases:
        if phase.start <= t < phase.end:
            return STILL_FACE if phase.imposed else FREE
    return UNOBSERVED


def _walk(
    edges: FloatArray,
    xs: IntArray,
    ys: IntArray,
    modes: IntArray,
    cut: NDArray[np.bool_],
    base: DyadParameters,
) -> Path:
    unit, origin = base.time_unit_s, edges[0]
    moments: list[tuple[float, int, int]] = []
    x, y, mode = int(xs[0]), int(ys[0]), int(modes[0])
    for i in range(1, xs.size):
        t = float(edges[i] - origin) / unit
        new_x, new_y, new_mode = int(xs[i]), int(ys[i]), int(modes[i])
        fresh = mode == UNOBSERVED or bool(cut[i])
        told = fresh or new_mode != mode
        if new_mode != mode:
            moments.append((t, MODE, new_mode))
        mode = new_mode
        if mode == UNOBSERVED:
            continue
        if new_x != x:
            moments.append((t, SET_FOCAL if fresh else FOCAL, new_x))
        if new_y != y:
            moments.append((t, SET_RESPONDER if told or mode != FREE else RESPONDER, new_y))
        x, y = new_x, new_y
    return build_path(
        moments,
        start_focal=int(xs[0]),
        start_responder=int(ys[0]),
        start_arousal=base.start_arousal,
        length=float(edges[-1] - origin) / unit,
        mode=int(modes[0]),
    )


def _look(path: Path, session: Session, unit: float) -> list[Note]:
    scored = (path.kinds == FOCAL) | (path.kinds == RESPONDER)
    times = path.times[scored]
    ties = int((np.diff(times) * unit <= SAME_MOMENT_S).sum())
    notes = []
    if times.size and ties > _MANY_TIES * times.size:
        told = (
            f"At {ties} of {times.size} changes both partners change at once; the focal partner's "
            "is taken first."
        )
        notes.append(Note("simultaneous_changes", told, session.id, ties))
    whole = session.span[1] - session.span[0]
    lost = whole - path.observed * unit
    if lost > 0.01 * whole:
        told = f"{lost:.1f} of {whole:.1f} s are not scored: not coded for both, or in no phase."
        notes.append(Note("not_scored", told, session.id))
    return notes
