"""Segment codes in sentences: what was seen, the null beside it, and what limits the reading."""

from __future__ import annotations

from math import isnan

from reattune.segment_codes import SegmentAnalysis
from reattune.segment_codes.cards import INDEPENDENT
from reattune.segment_codes.coders import AgreementRow
from reattune.segment_codes.following import WORDS as FOLLOWING_WORDS
from reattune.segment_codes.following import Contrast
from reattune.segment_codes.measures import MeasureRow
from reattune.segment_codes.rotation import WORDS, verdict
from reattune.segment_codes.transitions import Transition
from reattune.show.phrases import (
    count,
    interval,
    listed,
    number,
    p_value,
    percent,
    percent_range,
    start_upper,
)

ALPHA = 0.05
MOST_NAMED = 5
MUCH_MISSING = 0.2
NO_NULL = (
    "How many ruptures there are has no null: markers are a coder's judgement of the whole "
    "exchange, so turning one side against the other would say nothing."
)


def summarize_segments(analysis: SegmentAnalysis) -> list[str]:
    """The result as text: ruptures, sequences beside chance, the next meeting, coders, cautions."""
    blocks = (
        [heading(analysis)],
        describe_ruptures(analysis),
        describe_transitions(analysis),
        describe_sequences(analysis),
        describe_following(analysis),
        describe_agreement(analysis),
        cautions(analysis),
    )
    lines: list[str] = []
    for block in blocks:
        if block:
            lines += [*([""] if lines else []), *block]
    return lines


def heading(analysis: SegmentAnalysis) -> str:
    """Meetings, dyads, segments, coders."""
    coded, missing = (analysis.value(m).value for m in ("segments_coded", "segments_missing"))
    coders = [coder for coder in analysis.coders if coder]
    by = f" by {count(len(coders), 'coder')}" if len(coders) > 1 else ""
    gone = f"; {number(missing, 0)} more were not coded" if missing else ""
    return (
        f"{count(len(analysis.meetings), 'meeting')} of {count(len(analysis.dyads), 'dyad')}, "
        f"{count(coded, 'segment')} coded{by}{gone}."
    )


def _share(row: MeasureRow) -> str:
    """``42 % (28 to 57 %)``."""
    if isnan(row.low):
        return percent(row.value)
    return f"{percent(row.value)} ({percent_range(row.low, row.high)})"


def describe_ruptures(analysis: SegmentAnalysis) -> list[str]:
    """Shares of rupture segments, ruptures and how they ended, whose they were."""
    share = analysis.value("rupture_segment_prop")
    if isnan(share.value):
        return ["No segment says rupture or no rupture: nothing can be counted."]
    if not share.value:
        return [
            "No segment is a rupture segment: no marker exceeds the threshold in any of "
            f"{count(share.n, 'coded segment')}. That is what was coded; it does not say that "
            "nothing happened."
        ]
    kinds = []
    for kind in analysis.meetings[0].states.kinds:
        row = analysis.value(f"{kind}_segment_prop")
        kinds.append(f"{percent(row.value)} {_KINDS[kind]}")
    told = f"{_share(share)} of {count(share.n, 'coded segment')} are rupture segments"
    if len(kinds) > 1:
        told += f" ({listed(kinds)}; one segment can hold several)"
    if share.interval == INDEPENDENT:
        told += ". The interval takes segments as independent of each other and is too narrow"
    return [f"{told}. {_ruptures(analysis)}", NO_NULL]


_KINDS = {
    "withdrawal": "with withdrawal",
    "confrontation": "with confrontation",
    "rupture": "with a rupture",
    "other": "with other markers",
}


def _ruptures(analysis: SegmentAnalysis) -> str:
    seen = analysis.entered
    before = len(analysis.ruptures) - len(seen)
    early = ""
    if before:
        many = "One more was" if before == 1 else f"{before} more were"
        early = (
            f" {many} already there when coding began or went on after a gap: no beginning was "
            "seen, and none is counted."
        )
    if not seen:
        return f"No rupture was seen to begin.{early}"
    ends = [r.outcome for r in seen]
    parts = [f"{ends.count('resolved')} resolved"]
    parts += [f"{ends.count('unresolved')} unresolved"] if "unresolved" in ends else []
    parts += [f"{ends.count('censored')} cut off"] if "censored" in ends else []
    told = f"{count(len(seen), 'rupture')} {'was' if len(seen) == 1 else 'were'} seen to begin: "
    told += listed(parts) + "."
    length = analysis.value("rupture_length_q50_min")
    if not isnan(length.value):
        segments = _segments(analysis)
        told += (
            f" Half of them were over within {number(length.value)} min"
            f"{interval(length.low, length.high)}{segments}."
        )
    return told + early


def _segments(analysis: SegmentAnalysis) -> str:
    row = analysis.value("rupture_length_q50_segments")
    return "" if isnan(row.value) else f", {count(round(row.value), 'segment')}"


def what_chance_is(analysis: SegmentAnalysis) -> list[str]:
    """The null of the sequences, named as what it is."""
    test = analysis.transitions
    if not test.n_drawn:
        return ["No surrogates were drawn: counts of sequences stand without what chance gives."]
    along = "rupture segments" if test.along == "ruptures" else "coded segments"
    looked = "every alignment was looked at" if test.exact else f"{test.n_drawn} were drawn"
    return [
        f"Chance here: inside each meeting the strategies are turned on a circle along the {along} "
        "against the ruptures. How often, how long and in which order strategies come stays, and "
        f"the ruptures stay; only the timing between them goes ({looked}). What follows a strategy "
        "is asked by turning strategies along rupture segments alone. p is corrected for the "
        f"{count(len(test.tested), 'sequence')} that can be tested."
    ]


def describe_transitions(analysis: SegmentAnalysis) -> list[str]:
    """Sequences from rupture to strategy and from strategy to no rupture, beside chance."""
    test = analysis.transitions
    if not any(cell.block != "course" for cell in test.cells):
        return ["No resolution strategies were coded, so no sequence can be tested."]
    said = what_chance_is(analysis)
    if not test.n_drawn:
        return said
    if not test.tested:
        reasons = dict.fromkeys(WORDS[c.refused] for c in test.cells if c.block != "course")
        return [*said, f"No sequence has a p. {' '.join(reasons)}"]
    for block, lead in (
        ("answer", "After a rupture"),
        ("relief", "After a strategy in a rupture segment"),
    ):
        cells = [cell for cell in test.tested if cell.block == block]
        if not cells:
            continue
        clear = sorted((c for c in cells if c.p_max <= ALPHA), key=lambda c: c.p_max)
        if clear:
            said += [f"{lead}: {_cell(c)}." for c in clear[:MOST_NAMED]]
            rest = len(cells) - len(clear[:MOST_NAMED])
            if rest:
                more = len(clear[MOST_NAMED:])
                said.append(
                    f"{count(rest, 'further sequence')} of this kind in the table"
                    + (f", {more} of them beyond chance." if more else ", none beyond chance.")
                )
        else:
            best = min(cells, key=lambda c: c.p_max)
            few = max(c.null_mean for c in cells) < 40
            said.append(
                f"{lead}: none of {count(len(cells), 'sequence')} "
                + ("can be told from chance" if few else "differs from chance")
                + f"; closest is {_cell(best)}."
            )
    return said


def _cell(cell: Transition) -> str:
    later = "in the same segment" if cell.lag == 0 else f"{count(cell.lag, 'segment')} later"
    return (
        f"{cell.given}, then {cell.target} {later}, {number(cell.count, 0)} times; chance gives "
        f"{number(cell.null_mean)} ({number(cell.null_low, 0)} to {number(cell.null_high, 0)}), "
        f"{verdict(cell.p_max, cell.count, cell.null_mean, cell.refused)}"
    )


def describe_sequences(analysis: SegmentAnalysis) -> list[str]:
    """Every named sequence: how far it went, and the null beside the whole."""
    said = []
    for found in analysis.sequences:
        steps = [f"{found.reached[0]} {found.sequence.states[0]}"]
        steps += [
            f"{n} followed by {state}"
            for n, state in zip(found.reached[1:], found.sequence.states[1:], strict=True)
        ]
        null = (
            ""
            if isnan(found.null_mean)
            else f"; chance gives {number(found.null_mean)} ({number(found.null_low, 0)} to "
            f"{number(found.null_high, 0)})"
        )
        said.append(
            f"{start_upper(found.sequence.describe())}: {', of these '.join(steps)}{null}, "
            f"{found.verdict()}."
        )
    return said


def describe_following(analysis: SegmentAnalysis) -> list[str]:
    """Whether a meeting with resolved ruptures precedes a rise in the next rating."""
    found = analysis.following
    if found is None:
        return []
    told = (
        f"{len(found.meetings)} of {count(found.n_coded, 'coded meeting')} have a rating of "
        f"{found.scale} by the {found.rater} there and at the next meeting."
    )
    if found.left_out:
        told += f" Left out: {listed(found.left_out)}."
    said = [told]
    means = [
        f"{number(change, 2)} after {_CLASSES[kind]} ({count(n, 'meeting')})"
        for kind, n, _, change, _, _ in found.by_class()
        if n
    ]
    if means:
        said.append(f"Mean change to the next meeting: {'; '.join(means)}.")
    plain = [c for c in found.contrasts if c.outcome == "change"]
    said += [f"{_contrast(c)}." for c in plain]
    beyond = [c for c in found.contrasts if c.outcome == "beyond" and not c.refused]
    for c in beyond:
        said.append(
            f"Beyond what this meeting's rating alone lets expect: {_classes(c)}, "
            f"{number(c.difference, 2)}, {p_value(c.p)}."
        )
    if plain:
        said.append(
            "A meeting with a rupture often has a lower rating, and a low rating is followed by a "
            "higher one by itself. Read resolved beside unresolved or open; resolved beside none "
            "mixes this return with what resolution does."
        )
    return said


_CLASSES = {
    "none": "a meeting without rupture",
    "resolved": "one with all ruptures resolved",
    "unresolved": "one with an unresolved rupture",
    "open": "one with a rupture cut off",
}


def _classes(contrast: Contrast) -> str:
    return f"{contrast.first} minus {contrast.second}"


def _contrast(contrast: Contrast) -> str:
    told = (
        f"{start_upper(_classes(contrast))}, within {count(contrast.cases, 'case')} that have both "
        f"({contrast.n_first} and {contrast.n_second} meetings): "
        f"{number(contrast.difference, 2)}{interval(contrast.low, contrast.high, 2)}"
    )
    if contrast.refused:
        return f"{told}. {FOLLOWING_WORDS[contrast.refused].rstrip('.')}"
    told += (
        f"; classes shuffled within cases give {number(contrast.null_low, 2)} to "
        f"{number(contrast.null_high, 2)}, {p_value(contrast.p)}"
    )
    return told if contrast.p <= ALPHA else f"{told}: too little to tell"


def describe_agreement(analysis: SegmentAnalysis) -> list[str]:
    """How far the coders agree, in a sentence for each kind of code."""
    if not analysis.agreement:
        return ["One coder: how far another would agree is not known."]
    said = []
    kind = next(row for row in analysis.agreement if row.about == "kind")
    said.append(
        f"Coders agree on the kind of each segment with alpha {_agree(kind)} (Krippendorff, "
        f"nominal; 0 = by chance, 1 = always; {count(kind.n, 'segment')})."
    )
    alphas = [r for r in analysis.agreement if r.about == "salience"
              and r.statistic == "alpha_ordinal"]  # fmt: skip
    if alphas:
        each = [f"{row.item} {_agree(row)}" for row in alphas[:MOST_NAMED]]
        said.append(f"On salience, alpha (ordinal): {listed(each)}.")
    counts = [r for r in analysis.agreement if r.about in ("frequency", "overall")
              and r.statistic == "icc_2_k" and not isnan(r.value)]  # fmt: skip
    if counts:
        each = [f"{_what(row)} {_agree(row)}" for row in counts[:MOST_NAMED]]
        said.append(f"ICC(2,k) of the mean over coders: {listed(each)}.")
    return said


def _what(row: AgreementRow) -> str:
    return f"segments with {row.item} per meeting" if row.about == "frequency" else row.item


def _agree(row: AgreementRow) -> str:
    return f"{number(row.value, 2)}{interval(row.low, row.high, 2, what='')}"


def cautions(analysis: SegmentAnalysis) -> list[str]:
    """What limits the reading."""
    said = [WORDS[code] for code in analysis.transitions.warnings if code != "W_ALONG"]
    if "W_ALONG" in analysis.transitions.warnings:
        said.insert(0, WORDS["W_ALONG"])
    coded, missing = (analysis.value(m).value for m in ("segments_coded", "segments_missing"))
    if missing > MUCH_MISSING * (coded + missing):
        said.append(
            f"{percent(missing / (coded + missing))} of the segments were not coded: a rupture "
            "next to a gap is cut off or not seen to begin."
        )
    if len(analysis.compared) > 1:
        each = [f"{_BY[by]} {resolved} of {n}" for by, n, resolved, _, _ in analysis.compared]
        said.append(f"Resolved, by what is asked for: {', '.join(each)}.")
    if any(one.meeting.number is None for one in analysis.meetings) and len(analysis.meetings) > 1:
        said.append("Some meetings have no number: their order within the dyad is not known.")
    return said


_BY = {
    "quiet": "over",
    "strategy": "over with a strategy",
    "extent": "over with the extent reached",
}


def describe_meeting(analysis: SegmentAnalysis, meeting: str) -> list[str]:
    """One meeting: segments, ruptures, strategies, ratings of the whole."""
    one = analysis.meeting(meeting)
    known, ruptured = int(one.states.known.sum()), int(one.states.rupture.sum())
    said = [f"{known} of {count(len(one.meeting), 'segment')} coded, {ruptured} with a rupture."]
    for r in one.ruptures:
        last = f" to {r.last + 1}" if r.segments > 1 else ""
        by = f", {r.side}" if r.side != "both" else ", both sides"
        tried = f"; {listed(r.strategies)}" if r.strategies else ""
        end = str(r.outcome) if r.outcome != "censored" else "cut off"
        end += f" ({r.reason})" if r.reason else ""
        start = "" if r.entered else ", not seen to begin"
        said.append(
            f"Segment {r.first + 1}{last}: {r.kind}{by}, salience up to {number(r.peak)}{tried}; "
            f"{end}{start}."
        )
    for row in analysis.rows:
        if row.level == "meeting" and row.meeting == meeting and row.measure.startswith("overall_"):
            name = row.measure.removeprefix("overall_").replace("_", " ")
            said.append(f"{start_upper(name)}, rated for the meeting: {number(row.value)}.")
    return said
