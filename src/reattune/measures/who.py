"""Who opened the ruptures and who repaired them, beside who changes how often."""

from __future__ import annotations

from math import nan

from reattune.measures.cards import Value, measure
from reattune.measures.facts import Facts
from reattune.measures.limits import wilson_limits

_INTERVAL = "Wilson 1927; from five sessions of a dyad on jackknife"
_CAVEAT = "Compare with change_share_<partner>: who changes more often also repairs more often."


def _share(counts: tuple[int, int, int], at: int) -> Value:
    # Under a rule that cannot say who (Coded, for repairs) all three are 0: undefined.
    n = sum(counts)
    if n == 0:
        return Value(nan, n=0)
    return Value(counts[at] / n, *wilson_limits(counts[at], n), counts[at])


@measure(
    "opened_by_<partner>_prop",
    label="share of ruptures opened by <partner>",
    unit="share",
    formula="entered ruptures at whose onset only this partner changed / entered ruptures",
    interval=_INTERVAL,
    caveat=_CAVEAT,
    smooth=True,
)
def _opened(facts: Facts, side: int) -> Value:
    return _share(facts.tally.opened, side)


@measure(
    "opened_by_both_prop",
    label="share of ruptures opened by both at once",
    unit="share",
    formula="entered ruptures at whose onset both changed within the tie window / entered ruptures",
    interval=_INTERVAL,
    smooth=True,
)
def _opened_both(facts: Facts, side: int) -> Value:
    return _share(facts.tally.opened, 2)


@measure(
    "repaired_by_<partner>_prop",
    label="share of repairs made by <partner>",
    unit="share",
    formula="entered repaired ruptures that this partner's change alone closed / all such",
    interval=_INTERVAL,
    caveat=_CAVEAT,
    smooth=True,
)
def _repaired(facts: Facts, side: int) -> Value:
    return _share(facts.tally.repaired, side)


@measure(
    "repaired_by_both_prop",
    label="share of repairs made by both at once",
    unit="share",
    formula="entered repaired ruptures that both closed within the tie window / all such",
    interval=_INTERVAL,
    smooth=True,
)
def _repaired_both(facts: Facts, side: int) -> Value:
    return _share(facts.tally.repaired, 2)


@measure(
    "repair_events_by_<partner>",
    label="share of all repairs made by <partner>",
    unit="share",
    formula="as repaired_by_<partner>_prop, over every repair, entered or not",
    interval=_INTERVAL,
    caveat=_CAVEAT,
    smooth=True,
)
def _events(facts: Facts, side: int) -> Value:
    return _share(facts.tally.repair_events, side)


@measure(
    "repair_events_by_both",
    label="share of all repairs made by both at once",
    unit="share",
    formula="as repaired_by_both_prop, over every repair, entered or not",
    interval=_INTERVAL,
    smooth=True,
)
def _events_both(facts: Facts, side: int) -> Value:
    return _share(facts.tally.repair_events, 2)


@measure(
    "change_share_<partner>",
    label="share of all changes of state made by <partner>",
    unit="share",
    formula="this partner's changes of mapped state inside V / both partners' changes",
    caveat="The chance share of who opens and who repairs.",
    smooth=True,
)
def _changes(facts: Facts, side: int) -> Value:
    changes = facts.tally.changes
    total = sum(changes)
    return Value(changes[side] / total if total else nan, n=changes[side])
