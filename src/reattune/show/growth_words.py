"""Growth over sessions in sentences: what was seen, what it can stand for, what it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from reattune.growth import SlopeDifference, SlopeFit
from reattune.growth.planning import challenge_power
from reattune.growth.words import (
    ratio,
    say_challenge,
    say_dyad,
    say_expectancy,
    say_growth,
    say_repeats,
    say_rivals,
    share,
)
from reattune.growth_pipeline import DyadGrowth, GrowthAnalysis
from reattune.growth_pipeline.slopes import TURNS
from reattune.measures import Value
from reattune.show.phrases import count, listed, percent, phase_name, start_upper

NO_VERDICT = (
    "Nobody is given a single number for growth. What is counted here is what was shown, not what "
    "anybody feels or expects."
)


@dataclass(frozen=True)
class GrowthSentences:
    """What there is to say, by what it speaks about.

    Attributes
    ----------
    basis : tuple of str
        What was looked at, and how.
    growth : tuple of str
        Challenge, slopes, groups: negative affect never without matching and repair.
    record : tuple of str
        Repair expectancy and the accounts of a rating.
    described : tuple of str
        What nothing is concluded from.
    sure : tuple of str
        What limits the reading.
    """

    basis: tuple[str, ...]
    growth: tuple[str, ...]
    record: tuple[str, ...]
    described: tuple[str, ...]
    sure: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """All of them, in order."""
        return [*self.basis, *self.growth, *self.record, *self.described, *self.sure]


def summarize_growth(growth: GrowthAnalysis) -> list[str]:
    """The lines of a growth summary."""
    return ["Growth over sessions", *describe_growth(growth).lines]


def describe_growth(growth: GrowthAnalysis) -> GrowthSentences:
    """Everything there is to say about a study's growth."""
    return GrowthSentences(
        basis=(basis_sentence(growth),),
        growth=tuple(_growth_sentences(growth)),
        record=tuple(_record_sentences(growth)),
        described=tuple(description_sentences(growth)),
        sure=tuple(_sure_sentences(growth)),
    )


def basis_sentence(growth: GrowthAnalysis) -> str:
    """Whose affect was followed, over what, and what counts as negative."""
    by = f"by {growth.time_name!r}" if growth.time_name else "in the order of each dyad's sessions"
    states = listed(repr(name) for name in growth.negative)
    return (
        f"{count(len(growth.sessions), 'session')} of {count(len(growth.dyads), 'dyad')}, {by}. "
        f"The affect of the {growth.focal} is followed; negative: {states}."
    )


def _growth_sentences(growth: GrowthAnalysis) -> list[str]:
    said = []
    found = growth.challenge
    if found is not None:
        where = start_upper(phase_name(found.label))
        said.append(f"{where}: {say_challenge(found.comparison, found.match, found.repair)}")
        if found.together is not None:
            said.append(
                "Both groups together, without a comparison: "
                + say_challenge(found.together, found.match, found.repair)
            )
    elif growth.no_challenge and growth.growth is not None:
        said.append(f"No challenge is compared: {growth.no_challenge}.")
    if growth.growth is not None:
        said.append(say_growth(growth.growth))
    elif growth.no_growth:
        said.append(f"{start_upper(growth.no_growth)}.")
    return said + group_sentences(growth)


def group_sentences(growth: GrowthAnalysis) -> list[str]:
    """The slopes of two groups: turns at equal load, and always matching and repair with them."""
    if not growth.groups:
        return []
    told = [
        _say_pair(what, growth.groups[name])
        for name, what in (
            (TURNS, "Turns to negative affect at equal load"),
            ("matched time", "Matched time"),
            ("repair hazard", "The repair hazard"),
        )
        if name in growth.groups
    ]
    lead = ""
    if TURNS not in growth.groups:
        lead = "Between the groups nothing is said of negative affect: the codes are too coarse. "
    return [lead + " ".join(told)]


def _say_pair(what: str, pair: SlopeDifference) -> str:
    if pair.difference.refused:
        return f"{what} is not compared between the groups: {pair.difference.refused}."
    return (
        f"{what}, end over start: {ratio(pair.second)} in {pair.groups[1]}, {ratio(pair.first)} in "
        f"{pair.groups[0]}; {_told_apart(pair.difference)}."
    )


def _told_apart(fit: SlopeFit) -> str:
    if fit.ratio_low > 1 or fit.ratio_high < 1:
        return f"one over the other {ratio(fit)}"
    return f"not told apart, one over the other {ratio(fit)}"


def _record_sentences(growth: GrowthAnalysis) -> list[str]:
    said = [pooled_sentence(growth)]
    if growth.rivals is not None:
        name = growth.chosen.rating.replace("_", " ")
        said.append(f"Accounts of {name!r}: {say_rivals(growth.rivals)}")
    return said


def pooled_sentence(growth: GrowthAnalysis) -> str:
    """The repair record of all dyads together, with the null beside it."""
    total, plain = growth.pooled_outcomes, growth.pooled
    if total.known == 0:
        return "No rupture with a known outcome was seen: nothing can be said of expected repair."
    null = (
        f"shifted streams of the same sessions give {_value(growth.pooled_chance)}"
        if growth.pooled_chance is not None
        else "no comparison with chance was made"
    )
    cut = ""
    if total.undecided:
        cut = f"; {total.undecided} {'was' if total.undecided == 1 else 'were'} cut off before that"
    counted = (
        f"{total.hits:.0f} of {total.known:.0f} ruptures with a known outcome were repaired within "
        f"{growth.chosen.window_s:g} s"
        if growth.chosen.weight == "plain"
        else f"{total.known:.0f} ruptures had a known outcome, quick repairs counting more"
    )
    return (
        f"All dyads together: {counted}{cut}. As one record that is {_value(plain)}; {null}. It is "
        f"evidence from which somebody could learn to expect repair, not what anybody expects."
    )


def _value(value: Value | None) -> str:
    if value is None:
        return "nothing"
    if not isfinite(value.low):
        return share(value.value)
    return f"{share(value.value)} ({share(value.low)} to {share(value.high)})"


def description_sentences(growth: GrowthAnalysis) -> list[str]:
    """Recovery, sizes, trait and state, depth: described, nothing is concluded."""
    found = growth.described
    said = []
    recovery = found.recovery
    if recovery.above + recovery.below:
        null = (
            f" (shifted streams give {_value(found.recovery_chance)})"
            if found.recovery_chance is not None
            else ""
        )
        said.append(
            f"In the {found.around_s:g} s after a repair the partners matched more than in the "
            f"{found.around_s:g} s before the rupture in {recovery.above} and less in "
            f"{recovery.below} of {recovery.above + recovery.below + recovery.level} repairs that "
            f"could be compared: share {_value(recovery.share)}{null}."
        )
    sized = [(low, high, o) for low, high, o in found.sizes if o.known]
    if sized:
        told = listed(
            f"{o.hits:.0f} of {o.known:.0f} that began at a distance {_between(low, high)}"
            for low, high, o in sized
        )
        said.append(f"Repaired within {growth.chosen.window_s:g} s: {told}.")
    levels = found.levels
    if isfinite(levels["trait_share"]):
        said.append(
            f"Matching varied between dyads with SD {share(levels['between_sd'])} and within a "
            f"dyad from session to session with SD {share(levels['within_sd'])}; "
            f"{_trait(levels['trait_share'])} of the variance lies between dyads."
        )
    seen = [row for row in found.depth if row.mismatched_s > 0]
    if len(seen) > 1:
        told = listed(
            f"{60 * row.hazard_per_s.value:.1f} while {row.distance} ({row.repairs} repairs)"
            for row in seen
        )
        said.append(
            f"Repairs per minute of mismatch by current distance: {told}. That describes the "
            "codes: near ones need one step."
        )
    return said


def _between(low: float, high: float) -> str:
    if low == 0:
        return f"below {share(high)}"
    return (
        f"of {share(low)} or more" if not isfinite(high) else f"from {share(low)} to {share(high)}"
    )


def _trait(value: float) -> str:
    return "none" if value <= 0 else percent(value)


def _sure_sentences(growth: GrowthAnalysis) -> list[str]:
    said = []
    if growth.no_chance:
        said.append(f"Repair expectancy stands without a null. {growth.no_chance}")
    if growth.challenge is not None:
        n = min(
            len(growth.challenge.comparison.before), growth.challenge.comparison.change.dyads or 999
        )
        if n >= 2:
            said.append(
                f"Of 100 simulated studies with {n} dyads and one challenge at each end, "
                f"{100 * challenge_power(n):.0f} would find tolerance grown by a third."
            )
    elif growth.growth is not None and not growth.growth.turns.refused:
        said.append(
            "Turns at equal load find growth by a third in about .5 of simulated studies of 20 "
            "dyads x 10 sessions and .9 of 40 x 10; a challenge at both ends finds more."
        )
    if growth.growth is not None:
        without = growth.growth.turns.without_event
        if without:
            said.append(
                f"{count(without, 'dyad')} never turned negative and are not part of the slope."
            )
    return [*said, NO_VERDICT]


def dyad_sentences(growth: GrowthAnalysis, dyad: DyadGrowth) -> list[str]:
    """One dyad: its record, its course with what it could have shown, and no verdict."""
    said = [say_expectancy(dyad.expectancy, growth.focal, chance=dyad.chance)]
    ratio_ = dyad.turn_ratio
    if isfinite(ratio_.value):
        mark = f" These codes are {growth.load.mark}." if growth.load.mark else ""
        limits = ""
        if isfinite(ratio_.low):
            limits = f" ({ratio_.low:.2f} to {ratio_.high:.2f}, {dyad.interval})"
        said.append(
            f"Turns to negative affect were {ratio_.value:.2f} times those expected at equal load "
            f"in this study{limits}.{mark}"
        )
    else:
        said.append(
            "Too little time at risk to say how many turns to negative were to be expected."
        )
    if growth.growth is not None:
        said.append(say_dyad(dyad.slope, dyad.match_slope, dyad.repair_slope))
    if dyad.reliable is not None:
        said.append(say_repeats(dyad.reliable))
    follows = dyad.follows
    if follows is not None and isfinite(follows.value):
        said.append(
            f"The {growth.focal} changed into contact {_signed(60 * follows.value)} times a minute "
            f"more often ({_signed(60 * follows.low)} to {_signed(60 * follows.high)}) while the "
            f"{growth.other} showed what fits: a description of give and take."
        )
    return said


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


__all__ = ["GrowthSentences", "describe_growth", "dyad_sentences", "summarize_growth"]
