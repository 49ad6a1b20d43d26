"""How fast mismatches are repaired, and matches lost: hazards, rates, counts."""

from __future__ import annotations

from math import nan

from reattune.measures.cards import Value, measure
from reattune.measures.facts import Facts
from reattune.measures.limits import poisson_limits, wilson_limits

_POISSON = (
    "exact Poisson (gamma) limits; without events 0 and the one-sided -ln(.05) / exposure. From "
    "five sessions of a dyad on a delete-one-session jackknife, since Poisson limits describe the "
    "recording rather than the dyad"
)
_HAZARD_SOURCE = "events / exposure; repair as in Tronick & Cohn 1989, Child Development 60, 85-92"


def _rate(events: int, exposure: float, factor: float = 1.0) -> Value:
    if not exposure > 0:
        return Value(nan, n=events)
    low, high = poisson_limits(events, exposure)
    return Value(factor * events / exposure, factor * low, factor * high, events)


@measure(
    "repair_hazard_per_s",
    label="repairs per second of mismatch",
    unit="1/s",
    formula="h = mismatch -> match transitions / U",
    interval=_POISSON,
    source=_HAZARD_SOURCE,
    caveat="Not distorted by short recordings or censored mismatches. Depends on base rates: read "
    "it beside expected_repair_hazard_per_s.",
    smooth=True,
    log_scale=True,
)
def _repair_hazard(facts: Facts, side: int) -> Value:
    return _rate(facts.tally.n_repairs, facts.tally.run_mismatched_s)


@measure(
    "expected_repair_hazard_per_s",
    label="repairs per second of mismatch expected by base rates",
    unit="1/s",
    formula="h_E = e / (V (1 - E)); e sums each change times the chance that it hits a match",
    caveat="Keeps how often each partner shows and changes what; knows nothing of their timing.",
    smooth=True,
    log_scale=True,
)
def _expected_hazard(facts: Facts, side: int) -> Value:
    exposure = facts.tally.run_mismatched_s
    return Value(facts.tally.expected_repairs / exposure if exposure > 0 else nan)


@measure(
    "repair_ratio",
    label="repair hazard over its expectation",
    unit="1",
    formula="h / h_E",
    interval="jackknife over sessions from five sessions of a dyad on; none below",
    caveat="1 is what two streams not timed to each other would give.",
    smooth=True,
    log_scale=True,
)
def _ratio(facts: Facts, side: int) -> Value:
    expected = facts.tally.expected_repairs
    return Value(facts.tally.n_repairs / expected if expected > 0 else nan, n=facts.tally.n_repairs)


@measure(
    "excess_repairs",
    label="repairs beyond expectation",
    unit="count",
    formula="n_rep - h_E U",
    caveat="A count: longer recordings give larger numbers.",
    smooth=True,
)
def _excess(facts: Facts, side: int) -> Value:
    tally = facts.tally
    excess = tally.n_repairs - tally.expected_repairs if tally.observed_s > 0 else nan
    return Value(excess, n=tally.n_repairs)


@measure(
    "repairs_per_min",
    label="repairs per observed minute",
    unit="1/min",
    formula="60 n_rep / V",
    interval=_POISSON,
    source="reparation rate: Weinberg, Tronick, Cohn & Olson 1999, Dev Psychol 35, 175-188",
    caveat="Mixes how often matches are lost with how fast they are found again; the rotation test "
    "of it may miss, does not invent.",
    smooth=True,
    log_scale=True,
)
def _repairs_per_min(facts: Facts, side: int) -> Value:
    return _rate(facts.tally.n_repairs, facts.tally.observed_s, 60.0)


@measure(
    "seconds_per_repair",
    label="seconds of mismatch per repair",
    unit="s",
    formula="U / n_rep = 1 / h",
    interval="the inverse of the hazard's limits",
    source=_HAZARD_SOURCE,
    smooth=True,
    log_scale=True,
)
def _seconds_per_repair(facts: Facts, side: int) -> Value:
    hazard = _rate(facts.tally.n_repairs, facts.tally.run_mismatched_s)
    invert = [1 / v if v > 0 else nan for v in hazard[:3]]
    return Value(invert[0], invert[2], invert[1], facts.tally.n_repairs)


@measure(
    "rupture_hazard_per_s",
    label="ruptures per second of match",
    unit="1/s",
    formula="g = match -> mismatch transitions / M",
    interval=_POISSON,
    source=_HAZARD_SOURCE,
    caveat="P is close to h / (h + g): matching and repair are linked by arithmetic.",
    smooth=True,
    log_scale=True,
)
def _rupture_hazard(facts: Facts, side: int) -> Value:
    return _rate(facts.tally.n_onsets, facts.tally.run_matched_s)


@measure(
    "ruptures_per_min",
    label="ruptures per observed minute",
    unit="1/min",
    formula="60 n_rup / V",
    interval=_POISSON,
    smooth=True,
    log_scale=True,
)
def _ruptures_per_min(facts: Facts, side: int) -> Value:
    return _rate(facts.tally.n_onsets, facts.tally.observed_s, 60.0)


@measure(
    "n_ruptures",
    label="ruptures seen to begin",
    unit="count",
    formula="mismatch runs that begin with an observed match -> mismatch transition",
)
def _n_ruptures(facts: Facts, side: int) -> Value:
    return Value(float(sum(facts.tally.outcomes)))


@measure(
    "n_repaired",
    label="ruptures repaired",
    unit="count",
    formula="entered ruptures that end in a match",
)
def _n_repaired(facts: Facts, side: int) -> Value:
    return Value(float(facts.tally.outcomes[0]))


@measure(
    "n_censored",
    label="ruptures cut off",
    unit="count",
    formula="entered ruptures that outlast the window or run into missing time",
    caveat="Neither repaired nor failed: we stopped seeing them.",
)
def _n_censored(facts: Facts, side: int) -> Value:
    return Value(float(facts.tally.outcomes[1]))


@measure(
    "n_unrepaired",
    label="ruptures not repaired in the stated window",
    unit="count",
    formula="entered ruptures that outlast the criteria's repair window",
    caveat="Always 0 without such a window.",
)
def _n_unrepaired(facts: Facts, side: int) -> Value:
    return Value(float(facts.tally.outcomes[2]))


@measure(
    "n_not_entered",
    label="mismatches already running",
    unit="count",
    formula="mismatch runs that begin at the window's edge, after missing time or at a cut",
    caveat="They count as mismatched time and in the hazard, but in no count and no latency.",
)
def _n_not_entered(facts: Facts, side: int) -> Value:
    return Value(float(facts.tally.n_not_entered))


@measure(
    "n_repair_events",
    label="repairs, whether or not their rupture was seen to begin",
    unit="count",
    formula="n_rep: every mismatch -> match transition with nothing missing between",
)
def _n_repair_events(facts: Facts, side: int) -> Value:
    return Value(float(facts.tally.n_repairs))


@measure(
    "cues_picked_up_prop",
    label="share of cues picked up",
    unit="share",
    formula="cues answered within the window / (answered + late + missed)",
    interval="Wilson",
    caveat="Only under the rule Contingent. Undecided cues and cues during a rupture are left out.",
    only_with="cues",
)
def _picked_up(facts: Facts, side: int) -> Value:
    extras = facts.tally.extras
    hits = extras.get("picked_up", 0)
    n = hits + extras.get("late_at_expiry", 0) + extras.get("missed", 0)
    return Value(hits / n if n else nan, *wilson_limits(hits, n), n)
