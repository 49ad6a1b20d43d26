"""The claims in sentences: what the model says, what carries it, for and against, what would test.

Every sentence about the model is made from the numbers of a result.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from reattune.experiments.claims import (
    ABLATIONS,
    CLAIMS,
    ClaimsResult,
    Estimate,
    Evidence,
    Finding,
    loads,
    quality,
    speed,
    therapy,
)
from reattune.experiments.claims.designs import THERAPISTS
from reattune.experiments.claims.evidence import POWERED
from reattune.show import claims_data as data
from reattune.show.phrases import count, listed, number, percent, percent_range

LATENTS = (
    "Tolerance (W) and confident trust (Tc) are quantities inside the model. They are not measured "
    "in people, here or anywhere."
)
CAUTIONS = (
    LATENTS,
    "A statement that holds says what follows if the model's rules hold. It is no evidence that "
    "people follow them. The model was not fitted to any recording.",
    "Three rules are theory and no findings: that a late repair counts little, that the repair of "
    "an overwhelming rupture counts little, and that what was lived at one depth is believed of "
    "depths nearby. What falls without them rests on them.",
    "No match, latency or number of ruptures here is a norm or a target. Nothing in the model aims "
    "at 30 %, and nothing special happens there.",
    "The limits are Monte-Carlo (95 %, over simulated dyads). More dyads make them narrower, and "
    "say no more about people.",
    "Where a late repair counts fully, a rupture that stays open is not held against the dyad "
    "either: the model ties the two.",
)
QUICK = (
    "This was a quick run: few dyads in each setting. See what comes out, and judge by a full run."
)
# How an assumption is called in a sentence.
_SHORT = {
    "no_latency_discount": "a late repair counts little",
    "no_overwhelm": "the repair of an overwhelming rupture counts little",
    "little_generalisation": "what was lived at one depth is believed nearby",
    "self_repair_counts_fully": "own repair counts less than the responder's",
    "no_forgetting": "a part is forgotten between sessions",
    "no_saturation": "one rupture teaches only so much",
}


def summarize_claims(result: ClaimsResult) -> list[str]:
    """The claims as short lines for the terminal, one block each."""
    lines = [heading(result), LATENTS]
    lines.append(CAUTIONS[1])
    if result.quick:
        lines.append(QUICK)
    for claim in result.claims:
        lines += ["", f"{claim}. {CLAIMS[claim].title}: {CLAIMS[claim].theory}"]
        for head, texts in describe_claim(result, claim).items():
            lines += [f"  {head}"] + [f"    {text}" for text in texts]
    return lines


def heading(result: ClaimsResult) -> str:
    """How large the run was."""
    settings = result.settings
    taken = len(result.ablations)
    without = f", and again without each of {taken} assumptions" if taken else ""
    return (
        f"{count(len(result.claims), 'claim')} of the theory, rerun on the model of a dyad"
        f"{without}: {settings['sessions']} sessions of 10 minutes, {settings['dyads']} random "
        f"dyads, {settings['dyads_per_setting']} in each setting."
    )


def describe_claim(result: ClaimsResult, claim: int) -> dict[str, list[str]]:
    """Sentences about one claim, by what they are about.

    Returns
    -------
    dict of str to list of str
        Keys "The model", "It rests on", "For, in people", "Against, or beside it", "What would
        test it".
    """
    item = CLAIMS[claim]
    out = {"The model": [*describe_model(result, claim), *describe_verdicts(result, claim)]}
    if result.ablations:
        out["It rests on"] = describe_carriers(result, claim)
    supports = [e.text for e in item.evidence if e.side == "for"]
    others = [_aside(e) for e in item.evidence if e.side != "for"]
    out["For, in people"] = supports or ["Nothing known to us."]
    out["Against, or beside it"] = others or ["Nothing known to us."]
    small = [e for e in item.evidence if e.small]
    if small:
        out["Against, or beside it"].append(
            f"Small: fewer than the {POWERED} that a correlation of .25 needs (80 % power)."
        )
    out["What would test it"] = list(item.tests)
    return out


def _aside(evidence: Evidence) -> str:
    return f"Beside it: {evidence.text}" if evidence.side == "beside" else evidence.text


# -- what the model says ---------------------------------------------------------------------------


def describe_model(result: ClaimsResult, claim: int) -> list[str]:
    """What came out, as sentences with figures and limits."""
    return _MODEL[claim](result)


def _range(estimate: Estimate, decimals: int = 2) -> str:
    """``1.23 (1.21 to 1.25)``."""
    text = number(estimate.value, decimals)
    if estimate.low != estimate.low:
        return text
    return f"{text} ({number(estimate.low, decimals)} to {number(estimate.high, decimals)})"


def _began(result: ClaimsResult, outcome: str = "tolerance") -> str:
    return number(data.start_of(result, outcome), 2)


def _say_middle(result: ClaimsResult) -> list[str]:
    rows = data.part_data(result, 1, quality.KNOB).to_dict("records")
    low, high = rows[0], rows[-1]
    out = []
    for outcome, word, most in (
        ("tolerance", "Tolerance", "widest"),
        ("confident_trust", "Confident trust", "highest"),
    ):
        best = max(rows, key=lambda row, outcome=outcome: row[outcome])  # type: ignore[misc]
        out.append(
            f"{word} began at {_began(result, outcome)}. It ends {most}, {_row(best, outcome)}, at "
            f"a match of {percent(best['matched_prop'])}; {_row(low, outcome)} where least is read "
            f"(match {percent(low['matched_prop'])}) and {_row(high, outcome)} where everything is "
            f"(match {percent(high['matched_prop'])})."
        )
    near = min(rows, key=lambda row: abs(row["matched_prop"] - 0.3))
    out.append(
        f"At a match of {percent(near['matched_prop'])} tolerance ends at "
        f"{_row(near, 'tolerance')}: nothing special happens there."
    )
    return out


def _row(row: Mapping[Hashable, Any], outcome: str) -> str:
    """An outcome of a row of `claims_data.part_data`."""
    value, low, high = (float(row[f"{outcome}{end}"]) for end in ("", "_low", "_high"))
    return _range(Estimate(value, low, high, int(row["n"])))


def _say_speed(result: ClaimsResult) -> list[str]:
    def say(name: str, outcome: str) -> str:
        return _range(result.value(2, speed.RANDOM, outcome, name))

    out = [
        f"Between random dyads, later {word} goes with the match of the first sessions "
        f"{say('r_match', outcome)} and with the share of ruptures repaired within 5 s "
        f"{say('r_repair', outcome)}; both in one regression: {say('beta_match', outcome)} and "
        f"{say('beta_repair', outcome)}."
        for outcome, word in (("tolerance", "tolerance"), ("confident_trust", "confident trust"))
    ]
    frame = data.speed_data(result)
    told = [
        f"{row['latency_mean_s']:.1f} s {_row(row, 'tolerance')}"
        for row in frame.to_dict("records")
    ]
    low, high = frame["matched_prop"].min(), frame["matched_prop"].max()
    out.append(
        f"One dyad with everything faster or slower is matched {percent(low)} to {percent(high)} "
        f"of the time. Tolerance by mean latency of repair: {'; '.join(told)}."
    )
    began = data.start_of(result, "tolerance")
    wider = frame[frame["tolerance"] > began]
    narrower = frame[frame["tolerance"] < began]
    last, first = wider["latency_mean_s"].max(), narrower["latency_mean_s"].min()
    if last < first:
        out.append(
            f"It tips between {last:.1f} and {first:.1f} s: quicker repair widens, slower repair "
            "narrows."
        )
    return out


def _say_loads(result: ClaimsResult) -> list[str]:
    out = []
    for part, who in (
        (loads.DURATION, "a mostly matched dyad"),
        (loads.ORDINARY_DURATION, "an ordinary dyad"),
    ):
        frame = data.part_data(result, 3, part)
        none, *rest = frame.to_dict("records")
        told = "; ".join(f"{row['cell']} {_row(row, 'tolerance')}" for row in rest)
        out.append(
            f"On {who} (tolerance {_row(none, 'tolerance')} without), absences of 120 s per "
            f"session in all: {told}."
        )
    strains = data.intensity_data(result)
    told = "; ".join(
        f"{row['x']:g} times {_row(row, 'tolerance')}" for row in strains.to_dict("records")
    )
    out.append(f"By strain, 20 absences of 3 s: {told}.")
    ends = []
    for name in ("by steps", "at once"):
        share = result.value(3, loads.RAMP, name, "collapsed_prop")
        ends.append(
            f"{name} {_range(result.value(3, loads.RAMP, name, 'tolerance'))}, "
            f"{percent(share.value)} ({percent_range(share.low, share.high)}) of dyads collapsed "
            "(under .5)"
        )
    out.append(f"Up to {loads.RAMP_TO:g} times the strain: {'; '.join(ends)}.")
    return out


def _say_repairs(result: ClaimsResult) -> list[str]:
    frame = data.repairs_data(result)
    rows = frame.to_dict("records")
    return [
        f"{word} with {', '.join(row['cell'] for row in rows)} repaired ruptures of 3 s per "
        f"session: {', '.join(_row(row, outcome) for row in rows)}; it began at "
        f"{_began(result, outcome)}."
        for outcome, word in (("tolerance", "Tolerance"), ("confident_trust", "Confident trust"))
    ]


def _say_therapy(result: ClaimsResult) -> list[str]:
    def say(name: str, outcome: str) -> Estimate:
        return result.value(5, therapy.THERAPY, name, outcome)

    names = list(dict.fromkeys(data.therapy_data(result)["cell"]))
    first = names[0]
    sessions = result.settings["therapy_sessions"]
    out = [
        f"Patients from years of little repair begin with tolerance "
        f"{_range(say(first, 'tolerance_start'))} and confident trust "
        f"{_range(say(first, 'confident_trust_start'))}. After {sessions} sessions, by therapist:"
    ]
    for name in names:
        out.append(
            f"Therapist \u201c{name}\u201d, matched {percent(say(name, 'matched_prop').value)}: "
            f"tolerance {_range(say(name, 'tolerance'))}, confident trust "
            f"{_range(say(name, 'confident_trust'))}, depth {_range(say(name, 'depth'))}; "
            f"{percent(say(name, 'early_over_prop').value)} of early time over tolerance; "
            f"{percent(say(name, 'left_prop').value)} expected to have left."
        )
    return out


_MODEL: dict[int, Callable[[ClaimsResult], list[str]]] = {
    1: _say_middle,
    2: _say_speed,
    3: _say_loads,
    4: _say_repairs,
    5: _say_therapy,
}


# -- verdicts and what carries them ----------------------------------------------------------------

_WORDS = {
    "holds": "Holds",
    "gone": "Does not hold",
    "reversed": "The other way round",
    "open": "Too little to tell",
}


def describe_verdicts(result: ClaimsResult, claim: int, *, exceptions: bool = False) -> list[str]:
    """Every statement with its verdict; with ``exceptions`` limits and what does not hold alone."""
    return [
        f"{'Where it ends: ' if f.statement.limit else ''}{_WORDS[f.verdict]}: {f.statement.says} "
        f"Difference {_range(f.estimate)}."
        for f in result.findings
        if f.claim == claim
        and not f.ablation
        and not (exceptions and f.verdict == "holds" and not f.statement.limit)
    ]


def count_evidence(claim: int) -> str:
    """How many studies stand for and against, how many are small, how many found nothing."""
    known = CLAIMS[claim].evidence
    return (
        f"Studies of people named here: {sum(e.side == 'for' for e in known)} for, "
        f"{sum(e.side == 'against' for e in known)} against, "
        f"{sum(e.side == 'beside' for e in known)} beside it; "
        f"{sum(e.small for e in known)} of them small, {sum(e.null for e in known)} of them nulls. "
        "The table below has each."
    )


def describe_carriers(result: ClaimsResult, claim: int) -> list[str]:
    """What becomes of the statements that hold when each assumption is taken away.

    Made from the verdicts: which are gone, reversed, left at less than half, or open.
    """
    held = [
        f.statement.name
        for f in result.findings
        if f.claim == claim and not f.ablation and f.verdict == "holds"
    ]
    if not held:
        return ["Nothing holds here, so nothing can be carried."]
    out, fallen = [], set()
    for ablation in ABLATIONS:
        if ablation.name not in result.ablations:
            continue
        found = [result.find(claim, name, ablation.name) for name in held]
        parts = [
            f"{words}: {listed([f.statement.name for f in chosen])}"
            for words, chosen in _sort(found)
            if chosen
        ]
        fallen |= {f.statement.name for f in found if f.verdict in ("gone", "reversed")}
        if parts:
            out.append(f"Without \u201c{_SHORT[ablation.name]}\u201d: {'; '.join(parts)}.")
    left = [
        name
        for name in held
        if all(result.find(claim, name, a).verdict == "holds" for a in result.ablations)
    ]
    if left:
        out.append(f"Holds whatever is taken away: {listed(left)}.")
    elif not fallen:
        out.append("Nothing falls, but not all is decided.")
    if claim == 5 and result.ablations:
        out.append(_other_patients(result))
    return out


def _other_patients(result: ClaimsResult) -> str:
    """The years before therapy lose the assumption too: with what tolerance patients then begin."""
    cell = next(iter(THERAPISTS))
    told = [
        f"{number(result.value(5, therapy.THERAPY, cell, 'tolerance_start', name).value, 2)} "
        f"without \u201c{_SHORT[name]}\u201d"
        for name in result.ablations
    ]
    return (
        "The years before are lived without the assumption too, so these are other patients. They "
        f"begin with tolerance {listed(told)}."
    )


def _sort(found: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """Findings by what became of them; those that hold as before are left out."""
    return [
        ("gone", [f for f in found if f.verdict == "gone"]),
        ("the other way round", [f for f in found if f.verdict == "reversed"]),
        ("less than half is left", [f for f in found if f.verdict == "holds" and f.kept < 0.5]),
        ("too little to tell", [f for f in found if f.verdict == "open"]),
    ]
