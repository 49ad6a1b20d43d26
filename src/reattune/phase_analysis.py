"""One phase of one session: attunement, ruptures, measures, chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.pair import Pair
from reattune.core.session import Phase, Session
from reattune.measures import compute_measures, make_tally
from reattune.repair import find_first_repair, find_ruptures
from reattune.results import WHOLE, PhaseAnalysis
from reattune.rules import Coded, Rule
from reattune.surrogates.chance import ChanceTest

if TYPE_CHECKING:
    from reattune.surrogates.alignments import Blocks

ONE_PARTNER = (
    "The rule looks at one partner only: there is nothing to rotate against the other, so no "
    "chance test."
)
CODED = "Ruptures were coded by people, who saw both partners: no chance test by rotation."
IMPOSED = "One partner was asked not to respond in this phase: no chance test."
SWITCHED_OFF = "Chance tests were switched off."


def choose_phases(session: Session, phases: str | Iterable[str]) -> tuple[Phase, ...]:
    """The phases to analyse, as `reattune.analyze` describes them."""
    whole = Phase(WHOLE, session.span[0], session.span[1])
    if phases == "ignore" or (phases == "apart" and not session.phases):
        return (whole,)
    if phases == "apart":
        return session.phases
    if isinstance(phases, str):
        raise SettingError("phases", phases, '"apart", "ignore" or a list of phase names')
    known = {phase.label: phase for phase in session.phases} | {WHOLE: whole}
    chosen = []
    for label in phases:
        if label not in known:
            raise SettingError(
                "phases", label, f"a phase of session {session.id!r}." + did_you_mean(label, known)
            )
        chosen.append(known[label])
    return tuple(chosen)


def analyze_phase(
    session: Session,
    rule: Rule,
    criteria: Criteria,
    phase: Phase,
    surrogates: int,
    blocks: float | None,
    rng: np.random.Generator,
) -> PhaseAnalysis:
    """Everything about one phase."""
    pair = rule.read(session, phase.window)
    attunement = rule.judge(pair)
    ruptures = find_ruptures(attunement, criteria)
    raw = None if criteria.drops_nothing else find_ruptures(attunement)
    tally = make_tally(attunement, ruptures, raw)
    after_imposed = any(p.imposed and abs(p.end - phase.start) < 1e-6 for p in session.phases)
    first = find_first_repair(attunement) if after_imposed else None
    if first is not None:
        tally = replace(
            tally,
            first_waits=np.array([first.latency_s]),
            first_events=np.array([first.status != "censored"]),
        )
    no_chance = why_no_chance(rule, pair, surrogates, imposed=phase.imposed)
    chance = None if no_chance else _rotate(pair, rule, criteria, surrogates, blocks, rng)
    return PhaseAnalysis(
        phase=phase,
        attunement=attunement,
        ruptures=ruptures,
        tally=tally,
        measures=compute_measures(tally),
        chance=chance,
        no_chance=no_chance,
        first_repair=first,
    )


def why_no_chance(rule: Rule, pair: Pair, surrogates: int, *, imposed: bool) -> str:
    """Why no chance test can be made, in words; empty when one can."""
    if surrogates <= 0:
        return SWITCHED_OFF
    if imposed:
        return IMPOSED
    if isinstance(rule, Coded):
        return CODED
    if pair.table.one_sided:
        return ONE_PARTNER
    return ""


def _rotate(
    pair: Pair,
    rule: Rule,
    criteria: Criteria,
    surrogates: int,
    blocks: float | None,
    rng: np.random.Generator,
) -> ChanceTest:
    width: Blocks = "auto" if blocks is None else blocks
    if rule.by_moment:
        from reattune.surrogates.rotate import rotate_blocks

        return rotate_blocks(
            pair, rng=rng, n=surrogates, blocks=width, criteria=criteria, keep_draws=True
        )
    from reattune.surrogates.generic import rotate_generic

    return rotate_generic(
        pair, _evaluator(rule, criteria), rng=rng, n=surrogates, blocks=width, keep_draws=True
    )


def _evaluator(rule: Rule, criteria: Criteria) -> Callable[[Pair], Mapping[str, float]]:
    """The statistics of a rotated pair for a rule that is not judged moment by moment."""
    names = (
        "matched_prop",
        "repair_hazard_per_s",
        "rupture_hazard_per_s",
        "repairs_per_min",
        "repair_latency_q25_s",
        "repair_latency_q50_s",
        "repair_latency_q75_s",
        "repaired_within_1s",
        "repaired_within_3s",
        "repaired_within_5s",
        "repaired_within_10s",
    )

    def evaluate(pair: Pair) -> dict[str, float]:
        attunement = rule.judge(pair)
        tally = make_tally(attunement, find_ruptures(attunement, criteria))
        measures = compute_measures(tally)
        found = {name: measures[name].value for name in names}
        # A quantile that is not reached lies beyond every value: that is known, not undefined.
        for name in names:
            if "_q" in name and np.isnan(found[name]) and tally.durations.size:
                found[name] = float("inf")
        return found

    return evaluate
