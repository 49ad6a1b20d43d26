"""Cells: groups of dyads that live under one setting, and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.experiments.claims.plan import Plan
from reattune.models import (
    DyadParameters,
    DyadState,
    Paradigm,
    SimulatedCourse,
    simulate_course,
    simulate_study,
)

FloatArray = NDArray[np.float64]

LATENTS = ("tolerance", "trust", "confident_trust")
TALLY = ("matched_prop", "latency_mean_s", "repaired_soon_prop", "ruptures_per_min")
# Far below ordinary arousal: the model's dyad does not come back from there by itself.
COLLAPSED = 0.5


@dataclass(frozen=True, eq=False)
class Lived:
    """What the dyads of a cell came to.

    Attributes
    ----------
    values : mapping of name to float array, shape (dyads,)
    courses : mapping of name to float array, shape (dyads, sessions)
        What is followed from session to session.
    """

    values: Mapping[str, FloatArray]
    courses: Mapping[str, FloatArray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> FloatArray:
        return self.values[name]


@dataclass(frozen=True, eq=False)
class Cell:
    """One setting.

    Attributes
    ----------
    part : str
        Which sweep it belongs to.
    name : str
        Unique within the part.
    x : float
        What the sweep varies; nan where it is no number.
    live : callable
        Simulates the dyads with the generator it is given.
    """

    part: str
    name: str
    x: float
    live: Callable[[np.random.Generator], Lived]


# (part, name) -> what was lived, in the order of the cells.
Found = Mapping[tuple[str, str], Lived]


def take_part(found: Found, part: str) -> dict[str, Lived]:
    """The cells of one part by name, in order."""
    return {name: lived for (where, name), lived in found.items() if where == part}


def make_cell(
    part: str,
    name: str,
    x: float,
    dyad: DyadParameters,
    plan: Plan,
    paradigm: Paradigm | None = None,
    *,
    dyads: int | None = None,
) -> Cell:
    """A cell of equal dyads; outcomes are those of the last fifth of their sessions."""
    n = dyads or plan.cell_dyads

    def live(rng: np.random.Generator) -> Lived:
        study = simulate_study([dyad] * n, plan.sessions, paradigm, rng=rng, keep_events=False)
        return Lived(summarise(study, slice(-plan.last, None)))

    return Cell(part, name, x, live)


def summarise(courses: Iterable[SimulatedCourse], window: slice) -> dict[str, FloatArray]:
    """Latents and the model's own tally over some sessions, one value per dyad."""
    rows = []
    for course in courses:
        held = course.latents[window, : len(LATENTS)].mean(axis=0)
        told = course.describe_sums(course.sums[window].sum(axis=(0, 1)))
        collapsed = float(held[0] < COLLAPSED)
        rows.append([*map(float, held), *(told[name] for name in TALLY), collapsed])
    table = np.array(rows)
    names = (*LATENTS, *TALLY, "collapsed_prop")
    return {name: table[:, at] for at, name in enumerate(names)}


def live_blocks(
    blocks: Sequence[DyadParameters],
    sessions: int,
    paradigm: Paradigm,
    *,
    rng: np.random.Generator,
) -> tuple[DyadState, FloatArray]:
    """One dyad through blocks of sessions with other parameters in each.

    Returns
    -------
    state : DyadState
        At the end.
    tolerance : float array, shape (blocks x sessions,)
        At the start of each session.
    """
    state: DyadState | None = None
    followed = []
    for dyad in blocks:
        course = simulate_course(dyad, sessions, paradigm, rng=rng, state=state, keep_events=False)
        state = course.state
        followed.append(course.latents[:, 0])
    if state is None:
        raise SettingError("blocks", blocks, "one block or more")
    return state, np.concatenate(followed)
