"""Two groups of dyads, the second of which answers cues more (or less) often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from reattune.comparison.between import Plan, compare_groups
from reattune.comparison.measures import Measure, known_measures
from reattune.comparison.rows import Row, take_numbers
from reattune.comparison.source import Record, Source, add_counts, count_tally
from reattune.experiments.power.design import Design
from reattune.experiments.power.dyads import answer_more, draw_dyads, find_window, live
from reattune.experiments.power.outcome import Outcome, count_codes, name_rng
from reattune.experiments.power.questions import EFFECT, GROUPS, NONE
from reattune.experiments.power.see import (
    Lived,
    Seen,
    divide,
    make_rule,
    read_lived,
    read_pairs,
    see_pair,
)
from reattune.models import SimulatedCourse

FloatArray = NDArray[np.float64]

PERMUTATIONS = 999
ONE_SECOND = 1.0
LEVELS = ("one", "other")


@dataclass(frozen=True, eq=False)
class Group:
    """The sessions of one group, dyad by dyad.

    Attributes
    ----------
    coded, at_1s : lists of sessions of each dyad
        As the study codes them, and once a second (the same where it codes no finer).
    lived : Lived
        What happened in all of them, in exact time.
    """

    coded: list[list[Seen]]
    at_1s: list[list[Seen]]
    lived: Lived


def run_groups(design: Design, seed: int, study: int) -> Outcome:
    """One study: the test, the naive ones, and what a mean latency at 1 s says."""
    n, sessions = design.size("dyads"), design.size("sessions")
    drawn = {side: draw_dyads(design, n, name_rng(seed, study, side)) for side in LEVELS}
    changed = [answer_more(dyad, design.amount("effect")) for dyad in drawn["other"]]
    groups: dict[str, Group] = {}
    for name, side, dyads in (
        ("one", "one", drawn["one"]),
        (NONE, "other", drawn["other"]),
        (EFFECT, "other", changed),
    ):
        if name == EFFECT and design.no_effect:
            groups[EFFECT] = groups[NONE]
            continue
        # The other group lives under the same chances with and without the effect.
        lived = live(design, dyads, sessions, name_rng(seed, study, side, "live"))
        groups[name] = _see(design, lived)
    p: dict[tuple[str, str], float] = {}
    codes: dict[str, float] = {}
    values: dict[tuple[str, str], float] = {}
    for world in (EFFECT, NONE):
        found, why = compare(groups["one"].coded, groups[world].coded, seed=study)
        p |= {(world, test): value for test, value in found.items()}
        codes |= dict.fromkeys(why, 1.0)
        for name, which in (("latency_t", "coded"), ("latency_t_at_1s", "at_1s")):
            sides = [getattr(groups[side], which) for side in ("one", world)]
            p[world, name] = welch([_latencies(side) for side in sides])
        values[world, "r"] = _correlate(groups["one"].coded, groups[world].coded)
    values |= _describe(groups["one"], groups[EFFECT])
    both = [*groups["one"].coded, *groups[EFFECT].coded]
    return Outcome(p, values, codes | count_codes(s.information for row in both for s in row))


def _see(design: Design, dyads: Sequence[Sequence[SimulatedCourse]]) -> Group:
    rule, window = make_rule(design.codebook), find_window(design, design.measured)
    observation = design.observation()
    coarse = design.observation(ONE_SECOND) if design.step_s < ONE_SECOND else None
    ways = [observation] if coarse is None else [observation, coarse]
    coded, at_1s, lived = [], [], Lived()
    for sessions in dyads:
        rows = [
            [see_pair(pair) for pair in read_pairs(course, ways, rule, window)]
            for course in sessions
        ]
        coded.append([row[0] for row in rows])
        at_1s.append([row[-1] for row in rows])
        for course in sessions:
            lived += read_lived(course, design.measured)
    return Group(coded, at_1s, lived)


def compare(
    first: Sequence[Sequence[Seen]], second: Sequence[Sequence[Seen]], *, seed: int
) -> tuple[dict[str, float], tuple[str, ...]]:
    """The p of every test as `reattune.comparison.compare` gives it, and why one is not made."""
    rows = [
        _row(f"{level}{at:05d}", level, sessions)
        for level, group in zip(LEVELS, (first, second), strict=True)
        for at, sessions in enumerate(group)
    ]
    found, why = {}, []
    for measure in tested_measures():
        plan = Plan("", PERMUTATIONS, seed, "dyad")
        (effect,), _ = compare_groups(take_numbers(rows, measure), measure, LEVELS, plan)
        found[measure.name] = effect.p
        if np.isnan(effect.p):
            why.append(effect.remark or "the groups do not differ at all")
    return found, tuple(dict.fromkeys(why))


def tested_measures() -> list[Measure]:
    """The measures of the comparison that are tested here."""
    known = known_measures(Source.of([Record.of("")], {}))
    return [known[test.name] for test in GROUPS.tests if not test.naive]


def _row(unit: str, level: str, sessions: Sequence[Seen]) -> Row:
    none = np.zeros(0)
    records = [
        Record(unit, f"{unit} {at}", "", count_tally(seen.tally), none, none.astype(np.bool_))
        for at, seen in enumerate(sessions)
    ]
    return Row(unit, level, nan, add_counts(records), none, none.astype(np.bool_), len(records))


def welch(sides: Sequence[FloatArray]) -> float:
    """The p of Welch's t-test on two sets of numbers, undefined ones left out."""
    from scipy.special import stdtr

    first, second = (side[np.isfinite(side)] for side in sides)
    if min(first.size, second.size) < 2:
        return nan
    parts = [float(side.var(ddof=1)) / side.size for side in (first, second)]
    if not sum(parts) > 0:
        return nan
    sizes = (first.size - 1, second.size - 1)
    df = sum(parts) ** 2 / sum(v**2 / n for v, n in zip(parts, sizes, strict=True))
    t = float(second.mean() - first.mean()) / sum(parts) ** 0.5
    return 2 * float(stdtr(df, -abs(t)))


def _latencies(group: Sequence[Sequence[Seen]]) -> FloatArray:
    return np.array([seen.latency_s for sessions in group for seen in sessions])


def _correlate(*groups: Sequence[Sequence[Seen]]) -> float:
    """The r of the dyads' repair hazards with their group."""
    hazards, member = [], []
    for at, group in enumerate(groups):
        for sessions in group:
            exposure = sum(seen.tally.run_mismatched_s for seen in sessions)
            if exposure > 0:
                hazards.append(sum(seen.tally.n_repairs for seen in sessions) / exposure)
                member.append(at)
    if len(hazards) < 3 or np.ptp(hazards) == 0 or np.ptp(member) == 0:
        return nan
    return float(np.corrcoef(hazards, member)[0, 1])


def average_latency(sessions: Iterable[Seen]) -> float:
    """Mean over all repaired ruptures, the legacy measure, of several sessions together."""
    durations = [seen.tally.durations[seen.tally.events] for seen in sessions]
    joined = np.concatenate([*durations, np.empty(0)])
    return float(joined.mean()) if joined.size else nan


def _describe(one: Group, other: Group) -> dict[tuple[str, str], float]:
    """Naive values beside what was lived, in the first group; and the ratio of mean latencies."""
    at_1s = [seen for row in one.at_1s for seen in row]
    others = average_latency(seen for row in other.at_1s for seen in row)
    seen_s = sum(seen.tally.observed_s for seen in at_1s)
    legacy, lived = average_latency(at_1s), one.lived
    values = {
        "legacy_latency": average_latency(seen for row in one.coded for seen in row),
        "legacy_latency_at_1s": legacy,
        "true_latency": lived.latency_s,
        "ruptures_at_1s": 60 * divide(sum(seen.tally.n_onsets for seen in at_1s), seen_s),
        "true_ruptures": 60 * divide(lived.ruptures, lived.observed_s),
        "matched_at_1s": divide(sum(seen.tally.matched_s for seen in at_1s), seen_s),
        "true_matched": divide(lived.matched_s, lived.observed_s),
        "latency_ratio_at_1s": divide(legacy, others),
        "true_latency_ratio": divide(lived.latency_s, other.lived.latency_s),
    }
    return {(EFFECT, name): value for name, value in values.items()}
