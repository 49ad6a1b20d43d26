"""Growth in plain sentences, matching and repair always beside negative affect."""

from __future__ import annotations

from math import isfinite

from reattune.growth.challenge import MIN_DYADS, ChallengeComparison, Change
from reattune.growth.course import Growth
from reattune.growth.expectancy import Expectancy
from reattune.growth.groups import DyadSlope
from reattune.growth.repeats import ReliableChange
from reattune.growth.rival_words import say_repair_adds, say_rivals
from reattune.growth.slope import SlopeFit
from reattune.measures.cards import Value

# A change of matching or repair within these limits is called none.
_SAME = (0.9, 1.1)
_PER_MIN = "the number of repairs per minute of mismatch"
_AGE = "age alone could look the same"


def share(value: float) -> str:
    """A share with two decimals and no leading zero: ``.75``."""
    if not isfinite(value):
        return "not defined"
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and "0." in text else text


def ratio(fit: SlopeFit) -> str:
    """A ratio with its limits: ``0.79 (0.70 to 0.90)``."""
    return f"{fit.ratio:.2f} ({fit.ratio_low:.2f} to {fit.ratio_high:.2f})"


def say_expectancy(expectancy: Expectancy, focal: str, *, chance: Value | None = None) -> str:
    """What the dyad's repair record says, with the null beside it.

    Parameters
    ----------
    expectancy : Expectancy
    focal : str
        The partner whose expectation somebody might think of.
    chance : Value, optional
        From `expect_by_chance`.
    """
    total, unit = expectancy.total, "s" if expectancy.clock == "second" else "meetings"
    if expectancy.refused:
        return f"Repair expectancy is not given for this course: {expectancy.refused}."
    if total.known == 0:
        return "No rupture with a known outcome was seen: nothing can be said of expected repair."
    plain = expectancy.plain
    window = f"within {expectancy.window:g} {unit}"
    counted = (
        f"{total.hits:.0f} of {total.known:.0f} ruptures with a known outcome were repaired "
        f"{window}"
        if expectancy.weight == "plain"
        else f"{total.known:.0f} ruptures had a known outcome, quick repairs counting more"
    )
    was = "was" if total.undecided == 1 else "were"
    left = f"; {total.undecided} {was} cut off before that" if total.undecided else ""
    null = (
        f" Shifted streams of the same dyad give {share(chance.value)} "
        f"({share(chance.low)} to {share(chance.high)})."
        if chance is not None
        else " No comparison with chance was made."
    )
    few = " Fewer than five outcomes are known." if expectancy.few else ""
    return (
        f"{counted}{left}. Someone who had lived only these would expect repair with "
        f"{share(plain.value)} ({share(plain.low)} to {share(plain.high)}).{null}{few} "
        f"This describes what happened, not what the {focal} expects."
    )


def say_companion(fit: SlopeFit | Change, what: str, *, also: bool = False) -> str:
    """Whether matching or repair changed over the same span, in one sentence.

    Parameters
    ----------
    fit : SlopeFit or Change
        A slope over the span, or the mean change from its start to its end.
    what : str
        "matching", "the repair hazard".
    also : bool
        Whether a change before it had the direction that this one would explain.
    """
    name = what[0].upper() + what[1:]
    too = " too" if also else ""
    if isinstance(fit, Change):
        if not isfinite(fit.low):
            told = f"{fit.dyads} dyads at both ends, at least {MIN_DYADS} are needed"
            return f"Whether {what} changed cannot be said: {told}."
        if fit.low > 0:
            return f"{name} rose{too}: by {_signed(fit)}."
        if fit.high < 0:
            return f"{name} fell: by {_signed(fit)}."
        return f"No change of {what} can be told from none: {_signed(fit)}."
    if fit.refused:
        return f"Whether {what} changed cannot be said: {fit.refused}."
    if fit.ratio_low > 1:
        return f"{name} rose{too}: {ratio(fit)}."
    if fit.ratio_high < 1:
        return f"{name} fell: {ratio(fit)}."
    if _SAME[0] <= fit.ratio_low and fit.ratio_high <= _SAME[1]:
        return f"{name} did not change: {ratio(fit)}."
    return f"Whether {what} changed is too little known: {ratio(fit)}."


def say_growth(growth: Growth) -> str:
    """Negative affect at equal load over the study's span, never without matching and repair.

    Where the codes are too coarse, no statement about growth is made.
    """
    fit, load = growth.turns, growth.load
    fell = not fit.refused and fit.ratio_high < 1
    companions = (
        f"{say_companion(growth.match, 'matching', also=fell)} "
        f"{say_companion(growth.repair, 'the repair hazard', also=fell)}"
    )
    standing = (
        f"Matching was {share(growth.start.matched_prop)} in the first third and "
        f"{share(growth.end.matched_prop)} in the last, mean load {growth.start.mean_load_s:.1f} "
        f"and {growth.end.mean_load_s:.1f} s (load gathers over {load.up_s:g} s and wears off over "
        f"{load.down_s:g} s)."
    )
    if fit.refused:
        return (
            f"No statement about growth is made from turns to negative affect: {fit.refused}. "
            f"{companions} {standing}"
        )
    marked = f" These codes are {fit.mark}." if fit.mark else ""
    size = (
        f"{fit.ratio:.2f} of the start ({fit.ratio_low:.2f} to {fit.ratio_high:.2f}; "
        f"{fit.dyads} dyads, {growth.sessions} sessions)"
    )
    if fell:
        seen = f"At equal mismatch load, turns to negative affect fell to {size}."
        means = (
            f"This is what growing tolerance would look like; {_AGE}."
            if not fit.mark
            else "Better matching alone can look like this in such codes."
        )
    elif fit.ratio_low > 1:
        seen = f"At equal mismatch load, turns to negative affect rose to {size}."
        means = "Harder sessions, or age, could look the same."
    else:
        seen = (
            "At equal mismatch load, no change in turns to negative affect can be told from the "
            f"differences between dyads: they were {size}."
        )
        means = (
            f"A fall to less than {fit.ratio_low:.2f} of the start is unlikely; load counts how "
            "long a mismatch lasted, not how deep it was."
        )
    return f"{seen}{marked} {companions} {standing} {means}"


def say_challenge(
    comparison: ChallengeComparison,
    match: SlopeFit | Change | None,
    repair: SlopeFit | Change | None,
) -> str:
    """The challenge before against after, with matching and repair beside it.

    Parameters
    ----------
    comparison : ChallengeComparison
    match, repair : SlopeFit, Change or None
        Over the same span, or from its start to its end, in the first group where two are compared;
        None where no play was coded, which is said.
    """
    left = (
        f" {len(comparison.left_out)} dyads were left out "
        f"({comparison.left_out[0][0]}: {comparison.left_out[0][1]})."
        if comparison.left_out
        else ""
    )
    if comparison.refused:
        return f"The challenge is not compared: {comparison.refused}.{left}"
    change = comparison.change
    text = (
        f"The negative share of the challenge changed by {_signed(change)} in {change.dyads} dyads."
    )
    if comparison.comparison is not None and comparison.difference is not None:
        text += (
            f" In {comparison.groups[1]} it changed by {_signed(comparison.comparison)}; the "
            f"difference is {_signed(comparison.difference)}."
        )
        open_end = "being used to the procedure more in one group could look the same"
    else:
        open_end = f"{_AGE}, and so could being used to the procedure: compare with a group"
    decisive = comparison.difference or change
    where = f" in {comparison.groups[0]}" if comparison.comparison is not None else ""
    fell = decisive.high < 0
    companions = " ".join(
        say_companion(fit, what, also=fell)
        if fit is not None
        else f"Whether {what} changed is not known: no play was coded."
        for fit, what in (
            (match, f"matching{where}"),
            (repair, (_PER_MIN if isinstance(repair, Change) else "the repair hazard") + where),
        )
    )
    if fell:
        means = f"This is what growing tolerance would look like; {open_end}."
    elif decisive.low > 0:
        means = "More of the challenge was negative at the end than at the start."
    else:
        means = "This is too little to tell a change from none."
    return f"{text} {companions} {means}{left}"


def _signed(change: Change) -> str:
    def sign(value: float) -> str:
        return ("+" if value >= 0 else "−") + share(abs(value))

    if not isfinite(change.low):
        return sign(change.difference)
    return f"{sign(change.difference)} ({sign(change.low)} to {sign(change.high)})"


def say_dyad(slope: DyadSlope, match: DyadSlope, repair: DyadSlope) -> str:
    """One dyad's course with its band and what could have been shown; no verdict.

    Parameters
    ----------
    slope : DyadSlope
        Turns to negative at equal load.
    match, repair : DyadSlope
        The same for matched time and for repairs.
    """
    if slope.refused:
        return f"No slope is given for this dyad alone: {slope.refused}."

    def told(fit: DyadSlope) -> str:
        if fit.refused:
            return f"not given ({fit.refused})"
        return f"{fit.ratio:.2f} ({fit.limits[0]:.2f} to {fit.limits[1]:.2f})"

    return (
        f"Over {slope.sessions} sessions, turns to negative affect at equal load were at the end "
        f"{told(slope)} of the start; matched time {told(match)}, the repair hazard "
        f"{told(repair)}. What this recording could have shown: a fall to "
        f"{slope.detectable_fall:.2f} or a rise to {slope.detectable_rise:.1f} times, with 80 % "
        "probability. Whether anything changed in this dyad cannot be concluded from one such line."
    )


def say_repeats(change: ReliableChange) -> str:
    """One dyad's change over repeated challenges beside what repetition alone gives."""
    beyond = "more" if change.reliable else "not more"
    return (
        f"The negative share of the challenge changed by {change.difference:+.2f} "
        f"({change.n_before} before, {change.n_after} after): {beyond} than the "
        f"{change.needed:.2f} that repetition alone exceeds in one of twenty dyads."
    ).replace("-0.", "−0.")


__all__ = [
    "say_challenge",
    "say_companion",
    "say_dyad",
    "say_expectancy",
    "say_growth",
    "say_repair_adds",
    "say_repeats",
    "say_rivals",
    "share",
]
