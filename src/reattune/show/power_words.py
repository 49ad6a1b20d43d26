"""Power in sentences: the answer, the test without an effect, naive analyses, what it rests on."""

from __future__ import annotations

from math import isfinite, isnan

from reattune.experiments.power import PowerResult
from reattune.experiments.power.design import Design
from reattune.experiments.power.estimates import Bias, Estimate
from reattune.experiments.power.questions import EFFECT, MATCHING, MOOD, NONE
from reattune.show.phrases import count, listed, number, percent, percent_range, start_upper

USUAL = 0.8
# Correlations of caregivers' sensitivity with attachment in two meta-analyses: of two measures that
# theory ties to each other as closely as repair is tied to anything.
LITERATURE = (0.24, 0.27)
SOURCES = (
    "De Wolff and van IJzendoorn 1997, Child Development 68, 571-591 (21 studies, 1,099 dyads)",
    "Atkinson and others 2000, J Soc Pers Relat 17, 791-810 (41 studies, 2,243 dyads; smaller the "
    "more time lay between the two)",
)
UPPER_BOUND = (
    "All of this holds for simulated dyads. The model was not fitted to recordings, and here its "
    "rules are true and rule, codes and test are the right ones for it. Real studies find less: "
    "read every power as an upper bound."
)
_IN_WORLD = {
    MATCHING: "where nothing grows and the responder only answers cues three times as often in the "
    "end",
    MOOD: "where partners share a mood and take no notice of each other",
}
SHORT = {
    EFFECT: "with the effect",
    NONE: "without any",
    MATCHING: "where only matching improves",
    MOOD: "where only a mood is shared",
}
# A naive value that is as close as this to what is so, as a share of it, is told as right.
_SAME = 0.02
# What limits fewer sessions than this is not told.
_RARE = 0.01


def summarize_power(result: PowerResult) -> list[str]:
    """The whole answer, line by line."""
    return [
        heading(result.design),
        "",
        *answer(result),
        *naive_sentences(result),
        "",
        *limit_sentences(result),
        *rests_on(result),
    ]


def heading(design: Design) -> str:
    """The question, and the study that would ask it."""
    return f"{design.asked.title} {start_upper(describe_design(design))}."


def describe_design(design: Design, but: str = "") -> str:
    """The design in words: ``20 dyads in each group, 1 session of 5 minutes, event times``.

    Parameters
    ----------
    design : Design
    but : str
        A dimension that is left out.
    """
    dyads, sessions = design.size("dyads"), design.size("sessions")
    length = f" of {show_value('minutes', design.amount('minutes'))}" if but != "minutes" else ""
    told = []
    if but == "dyads":
        pass
    elif design.question == "group_difference":
        told.append(f"{count(dyads, 'dyad')} in each group")
    elif design.question != "precision":
        told.append(count(dyads, "dyad"))
    if design.question == "growth_challenge":
        told.append(f"{count(sessions, 'challenge')}{length} at each end")
    elif design.still_face:
        phases = f" with phases{length}" if length else ""
        told.append(f"{count(sessions, 'still-face')}{phases}, reunion measured")
    else:
        some = count(sessions, "session") if but != "sessions" else "sessions"
        told.append(f"{some}{length}")
    step = design.step_s
    if but != "step":
        told.append("event times" if step == 0 else f"one code every {step:g} s")
    if design.accuracy < 1:
        told.append(f"{percent(design.accuracy)} of codes right")
    if design.missing_per_min:
        told.append(f"out of view {design.missing_per_min:g} times a minute")
    if design.codebook != "plain":
        told.append(f"codes {design.codebook}")
    if design.preset != "infant_caregiver":
        told.append(f"preset {design.preset}")
    return ", ".join(told)


def show_value(vary: str, value: float) -> str:
    """A value with its unit: ``5 minutes``, ``1 s``."""
    if vary == "step":
        return "event times" if value == 0 else f"{value:.3g} s"
    if vary == "effect":
        return number(value, 2)
    if vary == "minutes":
        return f"{value:.3g} minute{'s' * (value != 1)}"
    return count(value, vary.removesuffix("s"))


def there(design: Design) -> str:
    """What there is to find, as a sentence with a space before it."""
    if design.no_effect:
        return f" There to find: nothing; an effect of {design.amount('effect'):g} is none."
    return f" There to find: {_effect(design)}."


def answer(result: PowerResult) -> list[str]:
    """How often the effect is found, what is found without one, and how large it is."""
    design = result.design
    if design.question == "precision":
        return _precision(result)
    power, null = result.power, result.false_positive
    label = power.label
    said = [there(design).strip()]
    studies = count(result.studies, "simulated study", "simulated studies")
    found = f"{share(power.rate)} of {studies}"
    if design.no_effect:
        said.append(
            f"{found} find something all the same, by {label}, where {percent(design.alpha)} is "
            "meant."
        )
        return said
    said.append(f"{found} find it by {label} (two-sided, p at most {correlation(design.alpha)}).")
    if null is not None:
        said[-1] += f" Without any effect {share(null.rate)} find one all the same."
    said.append(_verdict(power.rate))
    said += _others(result)
    if "r" in result.numbers:
        said.append(_effect_size(result.numbers["r"]))
    if power.refused:
        said.append(
            f"In {count(power.refused, 'study', 'studies')} the test could not be made; they count "
            "as not found."
        )
    return said


def _effect(design: Design) -> str:
    effect = design.amount("effect")
    ratio = number(effect, 2)
    if design.question == "group_difference":
        return f"the second group's responders answer cues {ratio} times as often"
    if design.question == "above_chance":
        return f"partners take {ratio} times as much notice of each other as the preset's"
    return f"tolerance at the end is {ratio} times that at the start"


def _verdict(rate: Estimate) -> str:
    missed = "the others come to 'too little to tell', which is no evidence of no effect"
    if rate.low >= USUAL:
        return f"That is enough by the usual {percent(USUAL)}; {missed}."
    if rate.high < USUAL:
        return f"That is less than the usual {percent(USUAL)}; {missed}."
    return f"So many simulated studies do not tell it from the usual {percent(USUAL)}; {missed}."


def _others(result: PowerResult) -> list[str]:
    """The other tests that may be used, and worlds in which only something else changes."""
    design = result.design
    other = [
        result.find(test.name)
        for test in design.asked.tests
        if not test.naive and test.name != design.measure
    ]
    said = []
    if other:
        told = listed(f"{f.label} {percent(f.rate.value)}" for f in other)
        said.append(f"Other tests of the same studies: {told}.")
    for world, words in _IN_WORLD.items():
        if world in design.asked.worlds:
            finding = result.find(str(design.measure), world)
            said.append(f"{start_upper(words)}, it is found in {share(finding.rate)} of studies.")
    return said


def _effect_size(r: Estimate) -> str:
    size = abs(r.value)
    low, high = LITERATURE
    told = (
        "As a correlation of group and the dyads' repair hazards the difference is "
        f"r = {correlation(size)} on average. For scale: sensitivity of caregivers and attachment "
        f"correlate {correlation(low)} and {correlation(high)} in two meta-analyses"
    )
    if size > high:
        return f"{told}. Plan with a smaller effect unless you know that yours is larger."
    return f"{told}; do not expect more than these of repair."


def correlation(value: float) -> str:
    """A number below 1 without its nought: ``.27``."""
    return f"{value:.3g}".removeprefix("0") if value < 0.01 else f"{value:.2f}".removeprefix("0")


def _precision(result: PowerResult) -> list[str]:
    design = result.design
    hazard, chosen = result.find("repair_hazard_per_s"), result.power
    mean = {name: estimate.value for name, estimate in result.numbers.items()}
    close = {f.test: percent(f.rate.value) for f in result.findings}
    factor = number(design.amount("effect"), 2)
    wide = number(mean["interval_factor"], 2)
    said = [
        f"{share(hazard.rate)} of {count(result.studies, 'simulated recording')} come within a "
        f"factor of {factor} of the repair hazard that the same dyad has in the long run; they "
        f"hold {number(mean['repairs'], 0)} repairs on average.",
        f"The interval of the hazard reaches from value / {wide} to value × {wide} on average and "
        f"holds the long-run value in {percent(mean['interval_holds'])} of recordings: it "
        "describes the recording, and days of one dyad differ.",
        f"K lies {number(mean['distance match_kappa'], 2)} from its long-run value on average, the "
        f"matched share {number(mean['distance matched_prop'], 2)}; {close['match_kappa']} and "
        f"{close['matched_prop']} of recordings come within .1.",
        f"The median latency comes within the factor in {close['repair_latency_q50_s']}.",
    ]
    if chosen.test != hazard.test:
        said.append(f"Asked for: {chosen.label}, {share(chosen.rate)}.")
    return said


def naive_sentences(result: PowerResult) -> list[str]:
    """What naive analyses would give."""
    said = [_bias(bias) for bias in result.biases if isfinite(bias.bias.value)]
    for test in result.design.asked.tests:
        if test.naive and result.design.question != "precision":
            told = _naive_rates(result, test.name)
            if told:
                said.append(told)
    if not said:
        return []
    return ["", "What naive analyses would give:", *said]


def _naive_rates(result: PowerResult, test: str) -> str:
    rows = [f for f in result.findings if f.test == test]
    told = [f"{percent(f.rate.value)} {SHORT[f.world]}" for f in rows]
    return f"{start_upper(rows[0].label)} finds something in {listed(told)}." if rows else ""


def _bias(bias: Bias) -> str:
    naive, truth, away = bias.naive.value, bias.truth.value, bias.bias
    show = percent if bias.unit == "share" else _number
    unit = f" {bias.unit}" if bias.unit in ("s", "1/min") else ""
    label = start_upper(bias.label)
    limits = f"{_signed(away.low, bias.unit)} to {_signed(away.high, bias.unit)}"
    if bias.unit == "share" and truth == 0:
        return f"{label}: {_signed(naive, bias.unit)} where there is none ({limits})."
    if abs(naive - truth) <= _SAME * abs(truth):
        return f"{label}: {show(naive)}{unit}, as it is."
    return (
        f"{label}: {show(naive)}{unit} where {show(truth)}{unit} is so "
        f"({_signed(away.value, bias.unit)}; {limits})."
    )


def _number(value: float) -> str:
    return number(value, 2 if abs(value) < 2 else 1)


def _signed(value: float, unit: str) -> str:
    if isnan(value):
        return "not defined"
    told = f"{number(100 * value, 1)} points" if unit == "share" else number(value, 2)
    return told if value < 0 else f"+{told}"


def limit_sentences(result: PowerResult) -> list[str]:
    """What the program would refuse or warn about in such a study."""
    said = []
    for limit in result.limits:
        if limit.share < _RARE:
            continue
        code = f" ({limit.code})" if limit.code else ""
        what = "studies" if limit.whole else "sessions, taken alone"
        words = limit.words.removesuffix(".")
        said.append(f"Of {percent(limit.share)} of {what} the program would say: {words}{code}.")
    return said


def rests_on(result: PowerResult) -> list[str]:
    """What the answer is an answer to."""
    design = result.design
    said = [UPPER_BOUND]
    if design.spread > 0:
        factor = number(2.718281828**design.spread, 1)
        said.append(
            f"Dyads were drawn around the preset {design.preset}: two in three within a factor of "
            f"{factor} in every rate. How much yours differ decides how many you need."
        )
    else:
        said.append("All dyads were taken to be alike, which no dyads are.")
    if design.question == "group_difference":
        said.append(f"The correlations: {'; '.join(SOURCES)}.")
    return said


def share(rate: Estimate) -> str:
    """``38 % (29 to 48 %)``, Monte-Carlo limits."""
    if isnan(rate.low):
        return percent(rate.value)
    return f"{percent(rate.value)} ({percent_range(rate.low, rate.high)})"
