"""See: from a simulated session to what a study would count in it, by the ordinary rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reattune.core.pair import MatchTable, Pair
from reattune.core.session import Session
from reattune.core.steps import Steps, make_steps
from reattune.core.streams import States
from reattune.core.ticks import FINEST_TICK_S
from reattune.measures import Tally, make_tally
from reattune.models import Codebook, Observation, SimulatedCourse, find_codebook
from reattune.repair import find_ruptures
from reattune.rules import StateMatch
from reattune.rules.join import join
from reattune.rules.tables import OwnTable, build_table
from reattune.surrogates.decide import Information, information

FloatArray = NDArray[np.float64]
Window = tuple[float, float]

# Three signs of affect: soothing answers distress, waiting and attending are neutral.
_VALENCE = Codebook(
    "valence",
    focal=("negative", "neutral", "neutral", "positive"),
    responder=("negative", "neutral", "neutral", "positive", "neutral"),
    source="three signs of affect; soothing counts as fitting distress",
)


def make_codebook(name: str) -> Codebook:
    """The codebook of that name, three signs of affect among them."""
    return _VALENCE if name == _VALENCE.name else find_codebook(name)


@dataclass(frozen=True, eq=False)
class Rule:
    """`StateMatch` with the model's own fit, as far as a codebook shows it, made once.

    Attributes
    ----------
    match : StateMatch
    table : MatchTable
        With every label of the codebook, whether a session shows it or not.
    codes : (mapping, mapping)
        Label -> code of the table, for each partner.
    places : (int array, int array)
        State of the model -> code of the table, for each partner.
    negative : str
        Label of the focal partner's negative state.
    """

    match: StateMatch
    table: MatchTable
    codes: tuple[Mapping[str, int], Mapping[str, int]]
    places: tuple[NDArray[np.int64], NDArray[np.int64]]
    negative: str


@lru_cache(maxsize=8)
def make_rule(codebook: str) -> Rule:
    """The rule for a codebook by name."""
    book = make_codebook(codebook)
    # Named negative, a state keeps a code of its own where it matches as another one does.
    own = OwnTable(match=book.match_pairs(), negative=(book.focal[0],))
    sides = (book.focal, book.responder)
    first, second = (tuple(dict.fromkeys(labels)) for labels in sides)
    table, *maps = build_table(own, first, second)
    codes = (maps[0], maps[1])
    places = tuple(
        np.array([code[label] for label in labels], dtype=np.int64)
        for code, labels in zip(codes, sides, strict=True)
    )
    match = StateMatch(book.stream, own)
    return Rule(match, table, codes, (places[0], places[1]), book.focal[0])


def read_pairs(
    course: SimulatedCourse,
    observations: Sequence[Observation],
    rule: Rule,
    window: Window,
) -> list[Pair]:
    """Both partners' codes in a window of a course of one session, as ``rule.match.read`` has them.

    One pair for every way of coding. Exact codes are taken from the record of the session without
    making a `Session` of it; coder error and missing time need one.
    """
    pairs = []
    record = None
    for seen in observations:
        if seen.coder_error is not None or seen.missing_per_min > 0:
            pairs.append(_read_session(course.session(0, seen), seen, rule, window))
            continue
        record = record or course.record(0).steps()
        unit_s, end_s = course.parameters.time_unit_s, course.paradigm.duration_s
        sides = [
            _follow(starts * unit_s, places[states], end_s, seen.step_s, window)
            for starts, states, places in zip(record[::2], record[1::2], rule.places, strict=True)
        ]
        ticks = (seen.step_s or FINEST_TICK_S,) * 2
        pairs.append(Pair(seen.names, sides[0], sides[1], rule.table, ticks))
    return pairs


def _read_session(session: Session, seen: Observation, rule: Rule, window: Window) -> Pair:
    streams = [
        session.stream(seen.codebook.stream, partner, States) for partner in session.partners
    ]
    sides = [stream.steps(window, codes) for stream, codes in zip(streams, rule.codes, strict=True)]
    ticks = (streams[0].tick_s, streams[1].tick_s)
    return Pair(session.partners, sides[0], sides[1], rule.table, ticks, session.cuts)


def _follow(
    starts: FloatArray,
    codes: NDArray[np.int64],
    end_s: float,
    step_s: float | None,
    window: Window,
) -> Steps:
    if step_s is not None:
        n = int(np.ceil(end_s / step_s - 1e-9))
        grid: FloatArray = np.arange(n, dtype=np.float64) * step_s
        codes = codes[np.searchsorted(starts, grid, side="right") - 1]
        starts = grid
    return make_steps(starts, np.append(starts[1:], end_s), codes, window)


@dataclass(frozen=True, eq=False)
class Seen:
    """One session as it was coded.

    Attributes
    ----------
    pair : Pair
    tally : Tally
    """

    pair: Pair
    tally: Tally

    @property
    def information(self) -> Information:
        """What refusals and warnings of a test of this session look at."""
        tally = self.tally
        chance = tally.observed_s - tally.expected_matched_s
        used = tally.run_mismatched_s
        # A tally holds the repairs expected in the mismatch seen; a test asks for those expected
        # in the mismatch that base rates give.
        repairs = tally.expected_repairs * chance / used if used > 0 else float("nan")
        return information(self.pair, expected_repairs=repairs)

    @property
    def latency_s(self) -> float:
        """Mean duration of the ruptures that were seen to begin and to be repaired; nan of none."""
        repaired = self.tally.durations[self.tally.events]
        return float(repaired.mean()) if repaired.size else float("nan")


def see_pair(pair: Pair) -> Seen:
    """The tally of a pair: rule, ruptures, counts, as in every analysis."""
    attunement = join(pair)
    return Seen(pair, make_tally(attunement, find_ruptures(attunement)))


@dataclass(frozen=True)
class Lived:
    """What happened in some sessions, in exact time and the model's own states.

    Attributes
    ----------
    observed_s, matched_s : float
    ruptures, repairs : float
    """

    observed_s: float = 0.0
    matched_s: float = 0.0
    ruptures: float = 0.0
    repairs: float = 0.0

    def __add__(self, other: Lived) -> Lived:
        """Both together."""
        return Lived(
            self.observed_s + other.observed_s,
            self.matched_s + other.matched_s,
            self.ruptures + other.ruptures,
            self.repairs + other.repairs,
        )

    @property
    def latency_s(self) -> float:
        """Seconds of mismatch per repair: the mean latency, without cutting off any."""
        return divide(self.observed_s - self.matched_s, self.repairs)


def read_lived(course: SimulatedCourse, phase: str) -> Lived:
    """What happened in one phase of a course."""
    from reattune.models import kernel as k

    sums = course.sums[:, course.paradigm.groups.index(phase)].sum(axis=0)
    unit_s = course.parameters.time_unit_s
    return Lived(
        float(sums[k.OBSERVED]) * unit_s,
        float(sums[k.MATCHED]) * unit_s,
        float(sums[k.RUPTURES]),
        float(sums[k.REPAIRS]),
    )


def divide(top: float, bottom: float) -> float:
    """The quotient; nan where there is nothing below."""
    return top / bottom if bottom > 0 else float("nan")
