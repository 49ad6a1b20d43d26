"""How long repair takes: Kaplan-Meier quantiles and shares repaired within some seconds."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from statistics import median

from reattune.measures.cards import Value, measure
from reattune.measures.facts import Facts
from reattune.measures.survival import fit_survival

_KAPLAN = "Kaplan & Meier 1958, J Am Stat Assoc 53, 457-481, over ruptures seen to begin"
_QUANTILE_INTERVAL = "Brookmeyer & Crowley 1982, log(-log) band; an open side is nan"
_CAVEAT = "nan where not reached. Its chance test may miss, does not invent."


def _quantile(q: float) -> Callable[[Facts, int], Value]:
    def compute(facts: Facts, side: int) -> Value:
        return Value(*facts.survival.quantile(q), facts.survival.n)

    return compute


def _within(seconds: float) -> Callable[[Facts, int], Value]:
    def compute(facts: Facts, side: int) -> Value:
        return Value(*facts.survival.repaired_by(seconds), facts.survival.n)

    return compute


@measure(
    "mismatch_duration_q50_s",
    label="median length of a mismatch",
    unit="s",
    formula="Kaplan-Meier median over entered mismatch runs, before any criteria",
    interval=_QUANTILE_INTERVAL,
    source=_KAPLAN,
    caveat=_CAVEAT,
)
def _mismatch_duration(facts: Facts, side: int) -> Value:
    return Value(*facts.raw_survival.quantile(0.5), facts.raw_survival.n)


for _percent in (25, 50, 75):
    measure(
        f"repair_latency_q{_percent}_s",
        label=f"time by which {_percent} % of ruptures are repaired",
        unit="s",
        formula=f"smallest t with S(t) <= {1 - _percent / 100:g}",
        interval=_QUANTILE_INTERVAL,
        source=_KAPLAN,
        caveat=_CAVEAT,
    )(_quantile(_percent / 100))

for _seconds in (1, 3, 5, 10):
    measure(
        f"repaired_within_{_seconds}s",
        label=f"share repaired within {_seconds} s",
        unit="share",
        formula=f"1 - S({_seconds})",
        interval="Greenwood, log(-log)",
        source=_KAPLAN,
        caveat="nan beyond the longest rupture observed. Its chance test may miss, does not "
        "invent.",
        smooth=True,
    )(_within(float(_seconds)))


@measure(
    "first_repair_latency_q50_s",
    label="time from the onset of the phase to the first match",
    unit="s",
    formula="Kaplan-Meier median of the seconds from the phase's onset to the first match; 0 when "
    "it begins matched",
    interval=_QUANTILE_INTERVAL,
    source="as in Müller et al. 2015; missing time censors",
    caveat="Only for a phase that follows one of imposed non-response (reunion after still-face). "
    "One session gives one time, so no interval; nan when no match was seen.",
    only_with="first_waits",
)
def _first_repair(facts: Facts, side: int) -> Value:
    waits = fit_survival(facts.tally.first_waits, facts.tally.first_events)
    return Value(*waits.quantile(0.5), waits.n)


@measure(
    "depth_q50",
    label="median depth of a rupture",
    unit="1",
    formula="median of the peak distance, entered ruptures, 0 to 1",
    caveat="Censored ruptures count with the depth seen so far. 1 throughout for rules without "
    "ranks.",
)
def _depth(facts: Facts, side: int) -> Value:
    depths = facts.tally.depths.tolist()
    return Value(median(depths) if depths else nan, n=len(depths))


@measure(
    "legacy_latency_mean_s",
    label="mean duration of repaired ruptures (legacy)",
    unit="s",
    formula="mean length of entered repaired ruptures",
    source="as in much of the literature",
    caveat="Biased: leaves out the ruptures that were cut off, which are the long ones. A true "
    "mean of 40 s looks like 20 s in a minute of observation. Given for comparison only.",
)
def _legacy(facts: Facts, side: int) -> Value:
    repaired = facts.tally.durations[facts.tally.events]
    return Value(float(repaired.mean()) if repaired.size else nan, n=repaired.size)
