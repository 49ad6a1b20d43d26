"""A chance test of courses in sentences: what was seen, what each null gives, what it can mean."""

from __future__ import annotations

from math import isfinite, isinf, isnan

from reattune.course_tests.results import CourseChance, CourseStatistic

ALPHA = 0.05
# Below this many expected, a difference of ordinary size would not have been seen.
ENOUGH = 40


def sentences(test: CourseChance) -> list[str]:
    """The test as the sentences a report prints: ruptures, repairs, latency, then notes.

    Both nulls are named with what they keep, because a p beside shuffled ratings alone would be
    taken for more than it says.
    """
    seen = test["ruptures"]
    if isnan(seen.observed):
        return [f"No case has enough ratings for {test.criterion.describe()}."]
    applied = sum(not case.refused for case in test.cases)
    cases = test["cases_with_rupture"]
    said = [
        f"{_count(seen.observed, 'rupture')} in {cases.observed:.0f} of "
        f"{_count(applied, 'case')}: {test.criterion.describe()}."
    ]
    said += [null_sentence(each) for each in (test, *([test.beside] if test.beside else []))]
    if seen.observed:
        drop = test["mean_drop"]
        if not drop.refused and drop.p <= ALPHA:
            more = "deeper" if drop.observed > drop.null_median else "shallower"
            said.append(
                f"They are {more} than those of trend and wobble alone: {drop.observed:.2f} points "
                f"on average, not {drop.null_mean:.2f} ({drop.null_low:.2f} to "
                f"{drop.null_high:.2f}), {_p(drop.p)}."
                if test.null == "trend_ar1"
                else f"They are {more} than in shuffled ratings, {_p(drop.p)}."
            )
        said += _repair_sentences(test)
    starts = test["signals_at_start"]
    if starts.observed:
        said.append(
            f"{_count(starts.observed, 'signal')} at a first rating: no rupture was seen to begin "
            "there, and none is counted."
        )
    return said + [str(note) for note in test.notes]


def null_sentence(test: CourseChance) -> str:
    """How many ruptures one null gives, and what a difference from it can mean."""
    row = test["ruptures"]
    band = f"{_figure(row.null_mean)} ({_figure(row.null_low)} to {_figure(row.null_high)})"
    if test.null == "permutation":
        return f"Shuffled ratings give {band}, {_p(row.p)}, {_shuffled(row)}."
    return (
        f"Ratings that only follow each case's straight trend and wobble around it (carry-over "
        f"{_share(test.phi)} from meeting to meeting) give {band}, {verdict(row)}."
    )


def _shuffled(row: CourseStatistic) -> str:
    if row.p > ALPHA:
        return "so the order of the ratings makes no difference that could be seen"
    if row.observed < row.null_median:
        return (
            "which only says that ratings change smoothly: shuffling destroys trend and carry-over"
        )
    return "more than the same ratings in random order: drops come next to high ratings"


def verdict(row: CourseStatistic) -> str:
    """The p with what may be said about it; "does not differ" only where 40 were expected."""
    if row.refused:
        return f"no p ({row.refused})"
    if row.p <= ALPHA:
        if row.observed > row.null_median:
            return f"{_p(row.p)}, more than that"
        return (
            f"{_p(row.p)}, fewer than that (a few large drops can do this: they widen the wobble "
            "that the surrogates share)"
        )
    enough = row.null_mean >= ENOUGH
    return f"{_p(row.p)}: " + ("does not differ from that" if enough else "too little to tell")


def _repair_sentences(test: CourseChance) -> list[str]:
    repaired, share = test["repaired"], test["repaired_share"]
    nulls = [
        f"{_null_name(each)} {100 * each['repaired_share'].null_mean:.0f} % "
        f"({100 * each['repaired_share'].null_low:.0f} to "
        f"{100 * each['repaired_share'].null_high:.0f} %), {_p(each['repaired_share'].p)}"
        for each in (test, *([test.beside] if test.beside else []))
        if not each["repaired_share"].refused
    ]
    said = [
        f"{repaired.observed:.0f} were repaired ({100 * share.observed:.0f} %), "
        f"{test['unrepaired'].observed:.0f} not while the window lasted, "
        f"{test['censored'].observed:.0f} cut off before it was decided"
        + (f"; repaired with {'; with '.join(nulls)}." if nulls else ".")
    ]
    latency = test["median_latency"]
    if isinf(latency.observed):
        said.append("Fewer than half were repaired while watched: no median latency.")
    elif isfinite(latency.observed):
        row = f"; {_null_name(test)} alone gives {_figure(latency.null_median)}, {_p(latency.p)}"
        said.append(
            f"Half were repaired within {_count(latency.observed, 'meeting')} (Kaplan-Meier)"
            + ("." if latency.refused else f"{row}.")
        )
    return said


def _null_name(test: CourseChance) -> str:
    return "trend and wobble" if test.null == "trend_ar1" else "shuffled ratings"


def _count(number: float, what: str) -> str:
    return f"{number:g} {what}" if number == 1 else f"{number:g} {what}s"


def _figure(value: float) -> str:
    if isinf(value):
        return "beyond what was watched"
    if isnan(value):
        return "nothing defined"
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def _share(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1)


def _p(p: float) -> str:
    if isnan(p):
        return "no p"
    if p < 0.001:
        return "p < .001"
    if p >= 0.995:
        return "p = 1"
    return f"p = {p:.3f}".replace("0.", ".") if p < 0.01 else f"p = {p:.2f}".replace("0.", ".")
