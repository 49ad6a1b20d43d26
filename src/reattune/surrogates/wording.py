"""A chance test in sentences: what was seen, what the null gives, and what p can mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reattune.surrogates.chance import ChanceTest
from reattune.surrogates.decide import WORDS, is_enough
from reattune.surrogates.ranks import ChanceStatistic

ALPHA = 0.05
_TOO_LITTLE = "too little to tell"
_NO_DIFFERENCE = "does not differ from chance"


def format_p(p: float) -> str:
    """``p = .41``, ``p = .004`` or ``p < .001``.

    Examples
    --------
    >>> format_p(0.41), format_p(0.004), format_p(1.0)
    ('p = .41', 'p = .004', 'p = 1')
    """
    if p < 0.001:
        return "p < .001"
    if p >= 0.995:
        return "p = 1"
    return f"p = {p:.3f}".replace("0.", ".") if p < 0.01 else f"p = {p:.2f}".replace("0.", ".")


def _plain(value: float) -> str:
    """Two decimals without a leading zero; ``beyond reach`` where no quartile was reached."""
    if math.isinf(value):
        return "beyond what was observed"
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}"


def verdict(row: ChanceStatistic, expected_repairs: float) -> str:
    """The p with what may be said about it.

    "does not differ from chance" only where 40 repairs or more were expected, so that a
    difference could have been seen; below that "too little to tell".
    """
    if row.refused:
        return f"no p ({WORDS[row.refused].rstrip('.')})"
    if row.p <= ALPHA:
        side = "more" if row.observed > row.null_median else "less"
        return f"{format_p(row.p)}, {side} than chance gives"
    said = _NO_DIFFERENCE if is_enough(expected_repairs) else _TOO_LITTLE
    return f"{format_p(row.p)}: {said}"


def matching_sentence(test: ChanceTest) -> str:
    """How much they matched and how much the moved streams match."""
    row = test["matched_prop"]
    if math.isnan(row.observed):
        return "Nothing was observed of both partners at once."
    seen = f"Matched {_percent(row.observed)} % of {test.observed_s:.0f} s."
    if math.isnan(row.null_mean):
        return f"{seen} {verdict(row, test.information.expected_repairs).capitalize()}."
    return (
        f"{seen} {_null_clause(test)} they match {_percent(row.null_mean)} % "
        f"({_percent(row.null_low)} to {_percent(row.null_high)} %), "
        f"{verdict(row, test.information.expected_repairs)}."
    )


def _null_clause(test: ChanceTest) -> str:
    first, second = test.partners
    if test.method == "move_windows":
        return f"When windows of the {second} meet those of the {first} at other moments,"
    moved = f"When the {second}'s codes are rotated against the {first}'s"
    keeps = "keeping how long and how often each shows what,"
    if test.blocks > 1:
        return f"{moved} inside blocks of {test.block_s:.0f} s, {keeps}"
    if test.method.startswith("rotate"):
        return f"{moved} over the whole phase, {keeps}"
    return f"When the {second}'s codes are redrawn ({test.method.replace('_', ' ')}),"


def repair_sentence(test: ChanceTest) -> str:
    """How fast they repaired and how fast streams not timed to each other do."""
    row = test["repair_hazard_per_s"]
    if math.isnan(row.observed):
        return "There was no mismatch, so no rate of repair."
    if math.isnan(row.null_mean):
        return f"{60 * row.observed:.1f} repairs per minute of mismatch."
    ratio = test["repair_ratio" if "repair_ratio" in test else row.name]
    if row.refused == "R_GRID" and not ratio.refused:
        return (
            f"{60 * row.observed:.1f} repairs per minute of mismatch, {ratio.observed:.2f} times "
            f"what base rates give; in two streams like these, not timed to each other, "
            f"{ratio.null_mean:.2f} times ({ratio.null_low:.2f} to {ratio.null_high:.2f}), "
            f"{verdict(ratio, test.information.expected_repairs)}."
        )
    return (
        f"{60 * row.observed:.1f} repairs per minute of mismatch; two streams like these, not "
        f"timed to each other, give {60 * row.null_mean:.1f} ({60 * row.null_low:.1f} to "
        f"{60 * row.null_high:.1f}), {verdict(row, test.information.expected_repairs)}."
    )


def sentences(test: ChanceTest) -> list[str]:
    """The test as the sentences a report prints.

    Returns
    -------
    list of str
        Matching, repair, then what limits the reading.
    """
    if test.method == "permute_pairs":
        return _study_rows(test, "re-paired strangers give")
    if test.method == "combine_rotations":
        return _study_rows(test, f"rotation in blocks of about {test.block_s:.0f} s gives")
    said = []
    if "matched_prop" in test:
        said.append(matching_sentence(test))
    if "repair_hazard_per_s" in test:
        said.append(repair_sentence(test))
    if test.method == "rotate_blocks" and test.blocks == 1:
        said.append(
            "The phase is too short to separate slow change common to both partners from timing; "
            "p takes both together."
        )
    elif test.method == "rotate_whole":
        said.append(
            "The phase was rotated as a whole, which does not separate slow change common to both "
            "partners from timing; p takes both together."
        )
    for warning in test.warnings:
        if warning.code == "W_FEW":
            repairs = test.information.expected_repairs
            amount = "none" if math.isnan(repairs) else f"{repairs:.0f}"
            said.append(
                f"Expected repairs: {amount}. A session this short shows a difference about one "
                "time in ten even where coupling is strong."
            )
        elif warning.code == "W_DRIFT" and test.method.startswith("rotate"):
            continue
        else:
            said.append(warning.message)
    return said


_STUDY_NAMES = {
    "match_kappa": "mean K",
    "excess_repairs": "mean excess repairs",
    "repair_ratio": "repair ratio",
    "repaired_within_3s": "share repaired within 3 s",
    "matched_prop": "mean share matched",
    "repair_hazard_per_s": "repairs per second of mismatch",
}


def _study_rows(test: ChanceTest, null: str) -> list[str]:
    over = (
        f"Over {test.n_dyads} dyads"
        if test.method == "permute_pairs"
        else f"Over {test.n_sessions} sessions"
    )
    said = [
        f"{over}, {_STUDY_NAMES[row.name]} is {_plain(row.observed)}; {null} "
        f"{_plain(row.null_mean)} ({_plain(row.null_low)} to {_plain(row.null_high)}), "
        f"{verdict(row, test.information.expected_repairs)}."
        for row in test.statistics
        if not math.isnan(row.observed)
    ]
    return said + [warning.message for warning in test.warnings]


def study_sentences(pairing: ChanceTest, rotation: ChanceTest) -> list[str]:
    """What the two nulls of a study say together.

    Parameters
    ----------
    pairing : ChanceTest
        From `permute_pairs`.
    rotation : ChanceTest
        From `combine_rotations`.
    """
    own, turned = pairing["match_kappa"], rotation["matched_prop"]
    if own.refused or turned.refused:
        return [*sentences(pairing), *sentences(rotation)]
    strangers, blocks = own.p <= ALPHA, turned.p <= ALPHA
    rises = own.observed > own.null_median
    figures = f"(mean K {_plain(own.observed)}, {format_p(own.p)})"
    if strangers and blocks and rises == (turned.observed > turned.null_median):
        verb = "exceeds" if rises else "stays below"
        return [
            f"Over {pairing.n_dyads} dyads matching {verb} that of re-paired strangers {figures} "
            f"and that of rotated streams ({format_p(turned.p)})."
        ]
    said = [
        f"Over {pairing.n_dyads} dyads, matching beside re-paired strangers: mean K "
        f"{_plain(own.observed)}, {format_p(own.p)}; beside rotated streams: {format_p(turned.p)}."
    ]
    if strangers and not blocks:
        more = "more" if rises else "less"
        said.append(
            f"Partners fit each other {more} than strangers do, but not beyond what slow change "
            "inside each session explains."
        )
    elif blocks and not strangers:
        side = "more" if turned.observed > turned.null_median else "less"
        said.append(
            f"Their changes are timed to each other within seconds, so that they match {side} than "
            "rotated streams; beside strangers under the same task no difference was seen."
        )
    elif strangers and blocks:
        said.append("The two nulls point in opposite directions; look at the sessions one by one.")
    else:
        enough = is_enough(rotation.information.expected_repairs)
        said.append(
            f"Matching {_NO_DIFFERENCE} under either null."
            if enough
            else f"Under either null: {_TOO_LITTLE}."
        )
    return said


def warning_codes(tests: Sequence[ChanceTest]) -> tuple[str, ...]:
    """All warning codes of several tests, each once, in order of first appearance."""
    return tuple(dict.fromkeys(code for test in tests for code in test.warning_codes))
