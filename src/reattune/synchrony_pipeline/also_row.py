"""CouplingRow: one value of another measure of coupling, beside its null or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType

NAN = float("nan")
# Code of the note on a session without the events a measure needs.
NO_EVENTS = "no_events"

# Measure that is asked for -> its values -> unit and meaning.
ALSO: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "recurrence": {
            "recurrence_peak": ("proportion", "highest share of near moments at any one lag"),
            "recurrence_peak_lag_s": ("s", "lag of that share; positive: the first leads"),
            "recurrence_prop": ("proportion", "near moments among all pairs of moments (RR)"),
            "determinism_prop": ("proportion", "near moments that lie in diagonal lines (DET)"),
        },
        "coherence": {
            "coherence": ("proportion", "coherence of the band; above 0 by chance"),
            "coherence_phase_rad": ("rad", "its phase; positive: the first leads"),
        },
        "phase": {
            "phase_locking": ("proportion", "phase-locking value; above 0 by chance"),
            "phase_difference_rad": ("rad", "mean phase difference; positive: the first leads"),
        },
        "entropy": {
            "joint_entropy": ("nat", "entropy of joint terciles; low where one tells the other"),
            "joint_entropy_lowest": ("nat", "the lowest it can be here: one tells all"),
            "joint_entropy_highest": ("nat", "the highest it can be here: nothing in common"),
        },
        "information": {
            "mutual_information": ("nat", "information shared by the terciles of both signals"),
            "mutual_information_share": ("proportion", "the same over the smaller own entropy"),
        },
        "inertia": {
            "inertia_first": ("weight", "weight of the first partner's own earlier value"),
            "inertia_second": ("weight", "weight of the second partner's own earlier value"),
            "coordination_first": ("weight", "weight of the second's earlier value for the first"),
            "coordination_second": ("weight", "weight of the first's earlier value for the second"),
            "inertia_r2": ("proportion", "adjusted R2 of both partners' lines"),
        },
        "oscillator": {
            "oscillator_period_first_s": ("s", "period by the first partner's level term"),
            "oscillator_period_second_s": ("s", "period by the second partner's level term"),
            "oscillator_pull_first": ("1/s^2", "weight of the second's level for the first"),
            "oscillator_pull_second": ("1/s^2", "weight of the first's level for the second"),
            "oscillator_r2": ("proportion", "adjusted R2 of both partners' oscillators"),
        },
        "events": {
            "event_synchrony": ("proportion", "Q: onsets that have a close onset of the other"),
            "event_lead": ("proportion", "q: positive where the first partner's onsets come first"),
        },
        "floor": {
            "floor_latency_first_s": ("s", "median latency of the first; below 0 in overlap"),
            "floor_latency_second_s": ("s", "median latency of the second; below 0 in overlap"),
            "floor_silence_prop": ("proportion", "observed time in which nobody is on"),
            "floor_overlap_prop": ("proportion", "observed time in which both are on"),
        },
    }
)


@dataclass(frozen=True, eq=False)
class CouplingRow:
    """One value of one phase of one record.

    Attributes
    ----------
    of : str
        The measure that was asked for: a key of ``ALSO``.
    measure : str
        Name of the value.
    value : float
        nan where it is undefined.
    n : int
        What it rests on: samples, segments, pairs of moments, onsets or answers.
    null_mean, null_low, null_high : float
        Mean and central 95 % of the surrogates; nan where there are none.
    p : float
        Two-sided.
    refused : str
        Why there is no value or no null, in words; empty when there are both.
    settings : mapping
        What it was made with, JSON-safe.
    """

    of: str
    measure: str
    value: float
    n: int
    null_mean: float = NAN
    null_low: float = NAN
    null_high: float = NAN
    p: float = NAN
    refused: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """The unit of the value."""
        return ALSO[self.of][self.measure][0]

    @property
    def null(self) -> tuple[float, float, float, float]:
        """Null mean, its 2.5 and 97.5 % limits, and p."""
        return (self.null_mean, self.null_low, self.null_high, self.p)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy: undefined numbers are None."""
        numbers = {
            key: value if isfinite(value) else None
            for key, value in (
                *(("value", self.value), ("null_mean", self.null_mean)),
                *(("null_low", self.null_low), ("null_high", self.null_high), ("p", self.p)),
            )
        }
        return {
            "of": self.of,
            "measure": self.measure,
            "n": self.n,
            "unit": self.unit,
            **numbers,
            "refused": self.refused,
            "settings": dict(self.settings),
        }


def rows_without(
    of: str, why: str, settings: Mapping[str, object] | None = None
) -> tuple[CouplingRow, ...]:
    """Every value of a measure as nan, with the reason."""
    kept = settings or {}
    return tuple(CouplingRow(of, name, NAN, 0, refused=why, settings=kept) for name in ALSO[of])
