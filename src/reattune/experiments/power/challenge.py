"""Growth by a challenge at both ends: a still-face before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan

import numpy as np

from reattune.experiments.power.design import Design
from reattune.experiments.power.dyads import (
    MATCHING_RATIO,
    answer_more,
    draw_dyads,
    find_window,
    grow,
    live,
)
from reattune.experiments.power.outcome import Outcome, name_rng
from reattune.experiments.power.questions import EFFECT, MATCHING, NONE
from reattune.experiments.power.see import make_rule, read_pairs
from reattune.growth import (
    Affect,
    ChallengeVisit,
    compare_challenges,
    compare_ends,
    count_affect,
    measure_challenge,
    read_affect,
)
from reattune.models import DyadParameters, SimulatedCourse
from reattune.rules.join import join

_SHARE = "challenge_negative_prop"
# Both ends of one dyad: negative share of each challenge, and of the play before them together.
End = tuple[list[float], float]


def run_challenge(design: Design, seed: int, study: int) -> Outcome:
    """One study: challenges before and after, in three worlds, and the play before them."""
    drawn = draw_dyads(design, design.size("dyads"), name_rng(seed, study, "dyads"))
    before = _see(design, drawn, name_rng(seed, study, "before"))
    changes: dict[str, Callable[[DyadParameters], DyadParameters]] = {
        EFFECT: lambda dyad: grow(dyad, design.amount("effect")),
        NONE: lambda dyad: dyad,
        MATCHING: lambda dyad: answer_more(dyad, MATCHING_RATIO),
    }
    p: dict[tuple[str, str], float] = {}
    values: dict[tuple[str, str], float] = {(MATCHING, "nothing"): 0.0}
    codes: dict[str, float] = {}
    for world, change in changes.items():
        after = _see(design, [change(dyad) for dyad in drawn], name_rng(seed, study, "after"))
        visits = [
            ChallengeVisit(str(i), bool(end), share, design.phase_s, design.phase_s)
            for i, ends in enumerate(zip(before, after, strict=True))
            for end, (shares, _) in enumerate(ends)
            for share in shares
        ]
        found = compare_challenges(visits)
        p[world, _SHARE] = found.change.p
        values[world, "challenge_change"] = found.change.difference
        played = compare_ends([play for _, play in before], [play for _, play in after])
        p[world, "play_negative_prop"] = played.p
        values[world, "play_change"] = played.difference
        if found.refused:
            codes[found.refused] = 1.0
    return Outcome(p, values, codes)


def _see(design: Design, dyads: Sequence[DyadParameters], rng: np.random.Generator) -> list[End]:
    lived = live(design, dyads, design.size("sessions"), rng)
    return [_see_dyad(design, sessions) for sessions in lived]


def _see_dyad(design: Design, sessions: Sequence[SimulatedCourse]) -> End:
    challenges = read_affects(design, sessions, "still_face")
    plays = [count_affect(affect) for affect in read_affects(design, sessions, "play")]
    coded_s = sum(count.coded_s for count in plays)
    negative_s = sum(count.negative_s for count in plays)
    shares = [measure_challenge(affect)[_SHARE].value for affect in challenges]
    return shares, negative_s / coded_s if coded_s > 0 else nan


def read_affects(design: Design, sessions: Sequence[SimulatedCourse], phase: str) -> list[Affect]:
    """The focal partner's affect in one phase of every session."""
    rule, window = make_rule(design.codebook), find_window(design, phase)
    ways = [design.observation()]
    pairs = [read_pairs(course, ways, rule, window)[0] for course in sessions]
    return [read_affect(join(pair), pair.partners[0], [rule.negative]) for pair in pairs]
