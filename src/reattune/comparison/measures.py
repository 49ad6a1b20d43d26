"""What is compared: each measure as events over exposure, or as one value per dyad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Literal

from reattune.comparison.source import Source
from reattune.core.errors import SettingError, did_you_mean
from reattune.measures import find_card

Counts = Mapping[str, float]
# "rate": sum of events / sum of exposure, compared as a ratio. "share": the same as a difference.
# "mean": one value of each dyad, compared as a difference of means. "latency": time to repair.
Form = Literal["rate", "share", "mean", "latency"]
LATENCY = "repair_latency"


@dataclass(frozen=True)
class Measure:
    """One measure of a comparison.

    Attributes
    ----------
    name, label, unit : str
    form : {"rate", "share", "mean", "latency"}
    above, below : str
        Counts whose sums are divided.
    value : callable, optional
        For ``"mean"``: the value of a dyad's pooled counts.
    beside : tuple of str
        Measures that are described with it: what base rates or chance give.
    needs_both : bool
        Not compared where one partner was asked not to respond: repair is not defined there, and K
        is 0 for anybody who shows one thing only.
    caveat : str
    scale_factor : float
        From the unit of the counts to the unit shown.
    """

    name: str
    label: str
    unit: str
    form: Form
    above: str = ""
    below: str = ""
    value: Callable[[Counts], float] | None = None
    beside: tuple[str, ...] = ()
    needs_both: bool = False
    caveat: str = ""
    scale_factor: float = 1.0

    @property
    def ratio(self) -> bool:
        """Whether groups are compared by a ratio; otherwise by a difference."""
        return self.form in ("rate", "latency")


def divide(top: float, bottom: float) -> float:
    """The quotient; nan without a bottom."""
    return top / bottom if bottom > 0 else nan


def _kappa(c: Counts) -> float:
    chance = divide(c["expected_matched"], c["observed"])
    value = divide(divide(c["matched"], c["observed"]) - chance, 1 - chance)
    # A partner who shows one thing only gives exactly 0, not what rounding leaves of it.
    return 0.0 if abs(value) < 1e-9 else value


BASE_RATES = (
    "Mixes base rates with timing: groups that show other states match and repair at other rates "
    "without any difference in how the two respond to each other."
)
_SESSIONS = (
    Measure(
        "match_kappa", "matching beyond base rates (K)", "1", "mean", value=_kappa, needs_both=True
    ),
    Measure(
        *("repair_ratio", "repairs over what base rates give", "1", "rate"),
        *("repairs", "expected_repairs"),
        needs_both=True,
    ),
    Measure(
        *("matched_prop", "share of time matched", "share", "mean", "matched", "observed"),
        value=lambda c: divide(c["matched"], c["observed"]),
        beside=("expected_prop", "match_kappa"),
        caveat=BASE_RATES,
    ),
    Measure(
        *("repair_hazard_per_s", "repairs per second of mismatch", "1/s", "rate"),
        *("repairs", "time_mismatched"),
        beside=("expected_repair_hazard_per_s", "repair_ratio"),
        needs_both=True,
        caveat=BASE_RATES,
    ),
    Measure(
        *("rupture_hazard_per_s", "ruptures per second of match", "1/s", "rate"),
        *("ruptures", "time_matched"),
        needs_both=True,
        caveat=BASE_RATES,
    ),
    Measure(LATENCY, "speed of repair (Cox)", "1", "latency", needs_both=True, caveat=BASE_RATES),
    Measure(
        *("expected_prop", "share expected to match by base rates", "share", "mean"),
        *("expected_matched", "observed"),
        value=lambda c: divide(c["expected_matched"], c["observed"]),
    ),
    Measure(
        *("expected_repair_hazard_per_s", "repairs per second of mismatch by base rates", "1/s"),
        *("rate", "expected_repairs", "time_mismatched"),
        needs_both=True,
    ),
    Measure(
        *("negative_match_prop", "share of time in which both are negative", "share", "mean"),
        *("both_negative", "observed"),
        value=lambda c: divide(c["both_negative"], c["observed"]),
    ),
    Measure(
        *("repairs_per_min", "repairs per observed minute", "1/min", "rate"),
        *("repairs", "observed"),
        needs_both=True,
        caveat=BASE_RATES,
        scale_factor=60.0,
    ),
    Measure(
        *("ruptures_per_min", "ruptures per observed minute", "1/min", "rate"),
        *("ruptures", "observed"),
        needs_both=True,
        caveat=BASE_RATES,
        scale_factor=60.0,
    ),
)
_COURSES = (
    Measure(
        *("ruptures_per_rating", "ruptures per rated meeting", "1", "rate", "ruptures", "ratings"),
        beside=("expected_ruptures_per_rating", "rupture_ratio"),
        caveat="Longer courses with a larger wobble have more drops by chance alone.",
    ),
    Measure(
        *("rupture_ratio", "ruptures over what chance gives", "1", "rate"),
        *("ruptures", "expected_ruptures"),
    ),
    Measure(
        *("repaired_prop", "share of ruptures repaired", "share", "share", "repaired", "ruptures"),
        beside=("expected_repaired_prop",),
        caveat="Counts cut-off ruptures as not repaired; longer courses see more repairs.",
    ),
    Measure(LATENCY, "speed of repair (Cox)", "1", "latency"),
    Measure(
        *("expected_ruptures_per_rating", "ruptures per rated meeting by chance", "1", "rate"),
        *("expected_ruptures", "ratings"),
    ),
    Measure(
        *("expected_repaired_prop", "share repaired by chance", "share", "share"),
        *("expected_repaired", "expected_ruptures"),
    ),
)
_TESTED = (
    *("match_kappa", "repair_ratio", "matched_prop", "repair_hazard_per_s"),
    *("rupture_hazard_per_s", "ruptures_per_rating", "rupture_ratio", "repaired_prop", LATENCY),
)


def known_measures(source: Source) -> dict[str, Measure]:
    """Every measure this result can be compared on, by name."""
    rows = _SESSIONS if source.unit == "dyad" else _COURSES
    return {measure.name: measure for measure in rows}


def choose_measures(source: Source, names: tuple[str, ...] | None) -> tuple[Measure, ...]:
    """The measures that are tested: those named, or the usual ones the result holds numbers for.

    Raises
    ------
    SettingError
        For a name that is not known here.
    """
    known = known_measures(source)
    if names is not None:
        for name in names:
            if name not in known:
                raise SettingError("measures", name, "measures to compare." + _hint(name, known))
        return tuple(dict.fromkeys(known[name] for name in names))
    return tuple(known[name] for name in _TESTED if name in known and _held(source, known[name]))


def _hint(name: str, known: Mapping[str, Measure]) -> str:
    other = "" if find_card(name) is None else " It cannot be compared between groups here."
    return other + did_you_mean(name, known)


def _held(source: Source, measure: Measure) -> bool:
    """Whether the counts behind a measure are defined anywhere (chance may not have been drawn)."""
    needed = [name for name in (measure.above, measure.below) if name]
    if measure.name == "match_kappa":
        needed = ["expected_matched"]
    return all(
        any(
            record.counts.get(name, nan) == record.counts.get(name, nan)
            for record in source.records
        )
        for name in needed
    )
