"""One phase of one session: attunement, ruptures, measures, chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from reattune.core.checks import check_not_negative, check_option, check_positive
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
Null = Literal[
    "blocks",
    "whole",
    "circular_shift",
    "run_permutation",
    "fitted_semi_markov",
    "stationary_bootstrap",
]
NULLS: tuple[Null, ...] = get_args(Null)
# What the literature's circular shift leaves out around the real alignment.
CIRCULAR_MIN_OFFSET_S = 10.0


@dataclass(frozen=True)
class Surrogates:
    """How chance is computed.

    Attributes
    ----------
    n : int
        Surrogates; 0 for no chance test.
    block_s : float or None
        Length of the rotation's blocks; None chooses it from the data.
    seed : int
    null : str
        ``"blocks"`` (recommended) or ``"whole"`` rotation; for comparison only, each with its
        measured error rate in a warning: ``"circular_shift"`` of at least ten seconds,
        ``"run_permutation"``, ``"fitted_semi_markov"``, ``"stationary_bootstrap"``.
    """

    n: int = 999
    block_s: float | None = None
    seed: int = 1
    null: Null = "blocks"

    def __post_init__(self) -> None:
        check_not_negative("surrogates", self.n)
        check_option("null", self.null, NULLS)
        if self.block_s is not None:
            check_positive("blocks", self.block_s)

    def to_dict(self) -> dict[str, object]:
        """JSON-safe, in the form of the study file."""
        return asdict(self)


def make_surrogates(settings: Mapping[str, object]) -> Surrogates:
    """The settings that a study file describes under ``[surrogates]``.

    Raises
    ------
    SettingError
        For an unknown key or a value of the wrong kind.
    """
    known = [field.name for field in fields(Surrogates)]
    values: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in known:
            raise SettingError(
                f"surrogates.{key}", value, "one of the settings." + did_you_mean(key, known)
            )
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if (key == "null") == number:
            raise SettingError(
                f"surrogates.{key}", value, "a word" if key == "null" else "a number"
            )
        values[key] = int(value) if key in ("n", "seed") else value  # type: ignore[call-overload]
    return Surrogates(**values)


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
    surrogates: Surrogates,
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
    chance = None if no_chance else _compare(pair, rule, criteria, surrogates, rng)
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


def why_no_chance(rule: Rule, pair: Pair, surrogates: Surrogates, *, imposed: bool) -> str:
    """Why no chance test can be made, in words; empty when one can."""
    if surrogates.n <= 0:
        return SWITCHED_OFF
    if imposed:
        return IMPOSED
    if isinstance(rule, Coded):
        return CODED
    if pair.table.one_sided:
        return ONE_PARTNER
    return ""


def _compare(
    pair: Pair,
    rule: Rule,
    criteria: Criteria,
    surrogates: Surrogates,
    rng: np.random.Generator,
) -> ChanceTest:
    """The chance test of one phase under the null that was asked for."""
    n, null = surrogates.n, surrogates.null
    width: Blocks = "auto" if surrogates.block_s is None else surrogates.block_s
    if not rule.by_moment:
        from reattune.surrogates.generic import rotate_generic

        if null not in ("blocks", "whole"):
            raise SettingError("null", null, '"blocks" or "whole" for a rule with a time window')
        turned = None if null == "whole" else width
        evaluate = _evaluator(rule, criteria)
        own = rule.compare(pair, evaluate, rng=rng, n=n, blocks=turned)
        if isinstance(own, ChanceTest):
            return own
        return rotate_generic(pair, evaluate, rng=rng, n=n, blocks=turned, keep_draws=True)
    from reattune.surrogates.options import compare_redrawn
    from reattune.surrogates.rotate import rotate_blocks, rotate_whole

    if null == "blocks":
        return rotate_blocks(pair, rng=rng, n=n, blocks=width, criteria=criteria, keep_draws=True)
    if null == "whole":
        return rotate_whole(pair, rng=rng, n=n, criteria=criteria, keep_draws=True)
    if null == "circular_shift":
        return rotate_whole(
            pair,
            rng=rng,
            n=n,
            criteria=criteria,
            seam="join",
            min_offset_s=CIRCULAR_MIN_OFFSET_S,
            keep_draws=True,
        )
    return compare_redrawn(pair, null, rng=rng, n=n, criteria=criteria)


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
        found["n_repairs"] = float(tally.n_repairs)
        # A quantile that is not reached lies beyond every value: that is known, not undefined.
        for name in names:
            if "_q" in name and np.isnan(found[name]) and tally.durations.size:
                found[name] = float("inf")
        return found

    return evaluate
