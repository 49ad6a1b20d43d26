"""How much the partners match, against what their base rates would give."""

from __future__ import annotations

from reattune.measures.cards import Value, measure
from reattune.measures.facts import Facts

_NO_INTERVAL = (
    "none for one session (no closed form; runs are not independent seconds); jackknife over "
    "sessions from five sessions of a dyad on"
)
_TRONICK = "Tronick & Cohn 1989, Child Development 60, 85-92"


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else float("nan")


@measure(
    "observed_s",
    label="time in which the rule is defined",
    unit="s",
    formula="V: both partners coded and the pair not excluded",
    caveat="Not the length of the recording: uncodable and missing time is left out.",
)
def _observed(facts: Facts, side: int) -> Value:
    return Value(facts.tally.observed_s)


@measure("matched_s", label="matched time", unit="s", formula="M, seconds of V that match")
def _matched_s(facts: Facts, side: int) -> Value:
    return Value(facts.tally.matched_s)


@measure("mismatched_s", label="mismatched time", unit="s", formula="U = V - M")
def _mismatched_s(facts: Facts, side: int) -> Value:
    return Value(facts.tally.mismatched_s)


@measure(
    "matched_prop",
    label="share of time matched",
    unit="share",
    formula="P = M / V",
    interval=_NO_INTERVAL,
    source=_TRONICK,
    caveat="Depends on codes, table and time base: no value is a norm. Read it beside "
    "expected_prop.",
    smooth=True,
)
def _matched(facts: Facts, side: int) -> Value:
    return Value(_ratio(facts.tally.matched_s, facts.tally.observed_s))


@measure(
    "expected_prop",
    label="share expected to match by base rates",
    unit="share",
    formula="E = sum over pairs of p_a q_b R(a, b), with the partners' shares of V in each state",
    source="chance agreement as in Cohen 1960, Educ Psychol Meas 20, 37-46, on seconds",
    caveat="The centre of the null, without a spread: it proves nothing by itself.",
    smooth=True,
)
def _expected(facts: Facts, side: int) -> Value:
    return Value(_ratio(facts.tally.expected_matched_s, facts.tally.observed_s))


@measure(
    "match_kappa",
    label="matching beyond base rates (kappa)",
    unit="1",
    formula="K = (P - E) / (1 - E)",
    interval=_NO_INTERVAL,
    source="Cohen 1960, Educ Psychol Meas 20, 37-46, on seconds",
    caveat="Seconds follow one another; only a rotation or pairing test says whether K exceeds 0.",
    smooth=True,
)
def _kappa(facts: Facts, side: int) -> Value:
    tally = facts.tally
    chance = _ratio(tally.expected_matched_s, tally.observed_s)
    return Value(_ratio(_ratio(tally.matched_s, tally.observed_s) - chance, 1 - chance))


@measure(
    "negative_match_prop",
    label="share of time in which both are negative",
    unit="share",
    formula="seconds with both negative / V",
    interval=_NO_INTERVAL,
    caveat="Counted as match where the table says so: shared distress is reported apart because "
    "it is not attunement in the everyday sense. nan when no state is known to be negative.",
    smooth=True,
)
def _negative(facts: Facts, side: int) -> Value:
    return Value(_ratio(facts.tally.negative_s, facts.tally.observed_s))


@measure(
    "match_duration_s",
    label="matched seconds per rupture",
    unit="s",
    formula="M / number of match -> mismatch transitions",
    source="exposure mean; " + _TRONICK,
    caveat="An exposure mean: spells cut by the edge or by missing time count with what was seen.",
)
def _match_duration(facts: Facts, side: int) -> Value:
    tally = facts.tally
    return Value(_ratio(tally.run_matched_s, tally.n_onsets), n=tally.n_onsets)
