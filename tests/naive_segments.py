"""Slow, obvious versions of what is computed from segment codes; imports nothing it checks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product


def count_pairs(
    given: Sequence[bool], target: Sequence[bool], known: Sequence[bool], lag: int
) -> tuple[int, int, int, int]:
    """Pairs with both, with the given state, with the target, and all; ``lag`` segments apart."""
    both = with_given = with_target = pairs = 0
    for at in range(len(known)):
        later = at + lag
        if later >= len(known) or not known[at] or not known[later]:
            continue
        pairs += 1
        with_given += bool(given[at])
        with_target += bool(target[later])
        both += bool(given[at] and target[later])
    return both, with_given, with_target, pairs


def rotate(stream: Sequence[bool], places: Sequence[int], offset: int) -> list[bool]:
    """The stream with its values at these places moved ``offset`` places on, round the circle."""
    out = [False] * len(stream)
    for rank, place in enumerate(places):
        out[places[(rank + offset) % len(places)]] = bool(stream[place])
    return out


def rotation_counts(
    meetings: Sequence[tuple[Sequence[bool], Sequence[bool], Sequence[bool]]], lag: int
) -> list[int]:
    """Counts of given -> target over every combination of offsets; the observed one first.

    Each meeting: given (stays), target (turns along all known segments), known.
    """
    per_meeting = []
    for given, target, known in meetings:
        places = [at for at, there in enumerate(known) if there]
        per_meeting.append(
            [count_pairs(given, rotate(target, places, k), known, lag)[0]
             for k in range(len(places))]
        )  # fmt: skip
    return [sum(combination) for combination in product(*per_meeting)]


def two_sided(observed: float, everything: Sequence[float]) -> float:
    """Twice the smaller share at least as far out, among all including the observed."""
    up = sum(value >= observed for value in everything) / len(everything)
    down = sum(value <= observed for value in everything) / len(everything)
    return min(1.0, 2 * min(up, down))


def count_sequence(states: Sequence[Sequence[bool]], within: int) -> int:
    """Runs of the first state from which the other states follow one after the other."""

    def follows(at: int, number: int) -> bool:
        if number == len(states):
            return True
        for step in range(1, within + 1):
            there = at + step
            if there < len(states[0]) and states[number][there] and follows(there, number + 1):
                return True
        return False

    runs = 0
    counted = False
    for at, on in enumerate(states[0]):
        if not on:
            counted = False
            continue
        if not counted and follows(at, 1):
            runs += 1
            counted = True
    return runs


def alpha(units: Sequence[Sequence[float]], ordinal: bool) -> float:
    """Krippendorff's alpha from pairs; each unit = the ratings it was given."""
    units = [unit for unit in units if len(unit) > 1]
    ratings = [value for unit in units for value in unit]
    size = len(ratings)
    totals = {value: ratings.count(value) for value in sorted(set(ratings))}

    def away(a: float, b: float) -> float:
        if a == b:
            return 0.0
        if not ordinal:
            return 1.0
        low, high = min(a, b), max(a, b)
        between = sum(count for value, count in totals.items() if low <= value <= high)
        return (between - (totals[a] + totals[b]) / 2) ** 2

    observed = sum(
        away(a, b) / (len(unit) - 1)
        for unit in units
        for i, a in enumerate(unit)
        for j, b in enumerate(unit)
        if i != j
    )
    expected = sum(
        away(a, b) for i, a in enumerate(ratings) for j, b in enumerate(ratings) if i != j
    )
    return 1 - observed * (size - 1) / expected


def icc(rows: Sequence[Sequence[float]]) -> tuple[float, float]:
    """ICC(2,1) and ICC(2,k) of targets (rows) by coders (columns)."""
    n, k = len(rows), len(rows[0])
    grand = sum(sum(row) for row in rows) / (n * k)
    by_target = [sum(row) / k for row in rows]
    by_coder = [sum(row[j] for row in rows) / n for j in range(k)]
    r = k * sum((m - grand) ** 2 for m in by_target) / (n - 1)
    c = n * sum((m - grand) ** 2 for m in by_coder) / (k - 1)
    e = sum(
        (rows[i][j] - by_target[i] - by_coder[j] + grand) ** 2 for i in range(n) for j in range(k)
    ) / ((n - 1) * (k - 1))
    return (r - e) / (r + (k - 1) * e + k * (c - e) / n), (r - e) / (r + (c - e) / n)


def runs_of_ruptures(words: Sequence[str]) -> list[tuple[int, int, bool, str]]:
    """First, last, whether its beginning was seen, and how it ended, of every run of ruptures.

    Each segment: ``"rupture"``, ``"none"`` or ``"missing"``.
    """
    found = []
    at = 0
    while at < len(words):
        if words[at] != "rupture":
            at += 1
            continue
        end = at
        while end < len(words) and words[end] == "rupture":
            end += 1
        entered = at > 0 and words[at - 1] == "none"
        if end == len(words):
            how = "end"
        else:
            how = "over" if words[end] == "none" else "missing"
        found.append((at, end - 1, entered, how))
        at = end
    return found
