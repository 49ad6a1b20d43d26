"""Recurrence, rhythm, information, inertia and oscillators of two prepared signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from reattune.coupling import (
    Band,
    Inertia,
    Oscillator,
    PhaseBand,
    Recurrence,
    Symbols,
    fit_inertia,
    fit_oscillator,
    measure_coherence,
    measure_information,
    measure_phase_synchrony,
    measure_recurrence,
    measure_symbolic_entropy,
    profile_recurrence,
)
from reattune.coupling.lines import remove_line
from reattune.coupling.pairs import FloatArray

Values = Mapping[str, tuple[float, int]]
Compute = Callable[[FloatArray, FloatArray], Values]

RADIUS_SD = 0.1
# The whole plot has as many cells as samples squared.
MOST_SAMPLES = 20_000
BINS = 3
LAG_S = 1.0
SPACING_S = 0.5
TURNED = "turning one partner's signal in time"
PLACE = "A place, not a size: read it only where the size beside it differs from its null."
_WHOLE_PLOT = (
    f"The whole plot holds every lag, so {TURNED} changes next to nothing in it; the peak of the "
    "profile has a null."
)
_LONG_PLOT = (
    "More than {most:,} samples: the whole plot would be too large. Bring the signals to a lower "
    "rate (--resample-hz)."
)
_LIMITS = "A limit the joint entropy can reach, not a finding."
_OWN = f"It is about one person alone: {TURNED} says nothing about it."
_PERIOD = "Any signal that returns to its mean has one, and its length follows the embedding."


@dataclass(frozen=True)
class Setup:
    """What the measures take from the analysis.

    Attributes
    ----------
    rate_hz : float
    max_lag_s : float
        Largest lag of the correlation, and so of the recurrence profile.
    smooth_s : float
        Of the preparation: within it samples say nearly the same.
    """

    rate_hz: float
    max_lag_s: float
    smooth_s: float = 0.0

    def samples(self, seconds: float, least: int = 1) -> int:
        """Seconds as samples."""
        return max(least, round(seconds * self.rate_hz))

    @property
    def max_lag(self) -> int:
        """In samples."""
        return self.samples(self.max_lag_s, 0)

    @property
    def reach(self) -> int:
        """Samples between two turns that have no lag in common."""
        return 2 * self.max_lag + 1


@dataclass(frozen=True)
class Measured:
    """How one measure is computed.

    Attributes
    ----------
    settings : mapping
        JSON-safe.
    compute : callable
        ``compute(first, second)`` gives value and n by name.
    turned : callable or None
        The same for surrogates where less is needed; None: ``compute``.
    no_null : mapping
        Value -> why turning gives it no null.
    no_value : str
        Why a value may be nan.
    too_long : mapping
        Value -> why there is none beyond ``MOST_SAMPLES``.
    detrend : bool
        Take each partner's line over time away before turning, so that the seam has no jump.
    over_lags : bool
        The value is the highest over lags, so turns must leave all of them behind.
    """

    settings: Mapping[str, object]
    compute: Compute
    turned: Compute | None = None
    no_null: Mapping[str, str] = field(default_factory=dict)
    no_value: str = "Too few samples of both, or a signal that does not vary."
    too_long: Mapping[str, str] = field(default_factory=dict)
    detrend: bool = False
    over_lags: bool = False


def default_band(rate_hz: float) -> tuple[float, float]:
    """A fifth of 1 Hz to 1 Hz; of slow signals, up to a quarter of the rate."""
    high = min(1.0, rate_hz / 4)
    return high / 5, high


def make_recurrence(setup: Setup, radius: float | None = None) -> Measured:
    """Profile over the lags, and recurrence rate and determinism of the whole plot."""
    used = Recurrence(radius=RADIUS_SD if radius is None else radius, normalize="z")

    def profile(one: FloatArray, two: FloatArray) -> Values:
        found = profile_recurrence(one, two, setup.max_lag, used)
        lag = found.peak_lag
        best = int(found.n[found.profile == found.peak].max(initial=0))
        return {
            "recurrence_peak": (found.peak, best),
            "recurrence_peak_lag_s": (lag / setup.rate_hz, best),
        }

    def whole(one: FloatArray, two: FloatArray) -> Values:
        nothing = {"recurrence_prop": (float("nan"), 0), "determinism_prop": (float("nan"), 0)}
        if one.size > MOST_SAMPLES:
            return {**profile(one, two), **nothing}
        found = measure_recurrence(one, two, used)
        return {
            **profile(one, two),
            "recurrence_prop": (found.recurrence_prop, found.n_cells),
            "determinism_prop": (found.determinism_prop, found.n_recurrent),
        }

    settings = {
        "radius_sd": used.radius,
        "normalize": "z",
        "max_lag_s": setup.max_lag_s,
        "shortest_line_samples": used.min_diagonal,
    }
    refused = {
        "recurrence_peak_lag_s": PLACE,
        "recurrence_prop": _WHOLE_PLOT,
        "determinism_prop": _WHOLE_PLOT,
    }
    too_long = _LONG_PLOT.format(most=MOST_SAMPLES)
    long = dict.fromkeys(("recurrence_prop", "determinism_prop"), too_long)
    told = "Too few samples of both, or no single peak."
    return Measured(settings, whole, profile, refused, told, too_long=long, over_lags=True)


def make_coherence(setup: Setup, band: tuple[float, float] | None = None) -> Measured:
    """Coherence in a band; segments hold four cycles of its slow end."""
    low, high = band or default_band(setup.rate_hz)
    used = Band(low, high, segment_s=4 / low)

    def compute(one: FloatArray, two: FloatArray) -> Values:
        found = measure_coherence(one, two, setup.rate_hz, used)
        return {
            "coherence": (found.coherence, found.n_segments),
            "coherence_phase_rad": (found.phase_rad, found.n_segments),
        }

    settings = {"low_hz": low, "high_hz": high, "segment_s": used.segment_s, "overlap": 0.5}
    told = (
        f"Fewer than two segments of {used.segment_s:g} s without a gap, or no power in the band."
    )
    return Measured(settings, compute, None, {"coherence_phase_rad": PLACE}, told)


def make_phase(setup: Setup, band: tuple[float, float] | None = None) -> Measured:
    """Phase locking in a narrow band: from the low end of the default to 2.5 times it."""
    start = default_band(setup.rate_hz)[0]
    low, high = band or (start, 2.5 * start)
    used = PhaseBand(low, high)

    def compute(one: FloatArray, two: FloatArray) -> Values:
        found = measure_phase_synchrony(one, two, setup.rate_hz, used)
        return {
            "phase_locking": (found.plv, found.n),
            "phase_difference_rad": (found.phase_rad, found.n),
        }

    settings = {"low_hz": low, "high_hz": high, "order": used.order, "trim_cycles": 1.0}
    told = (
        f"No stretch without a gap is longer than two cycles of {1 / low:g} s with their ends, or "
        "a signal does not vary."
    )
    return Measured(settings, compute, None, {"phase_difference_rad": PLACE}, told)


def make_entropy(setup: Setup, _: None = None) -> Measured:
    """Joint entropy of terciles, with its limits."""

    def compute(one: FloatArray, two: FloatArray) -> Values:
        found = measure_symbolic_entropy(one, two, Symbols(BINS))
        return {
            "joint_entropy": (found.entropy, found.n),
            "joint_entropy_lowest": (found.lowest, found.n),
            "joint_entropy_highest": (found.highest, found.n),
        }

    refused = dict.fromkeys(("joint_entropy_lowest", "joint_entropy_highest"), _LIMITS)
    return Measured({"bins": BINS}, compute, None, refused)


def make_information(setup: Setup, _: None = None) -> Measured:
    """Mutual information of terciles."""

    def compute(one: FloatArray, two: FloatArray) -> Values:
        found = measure_information(one, two, Symbols(BINS))
        return {
            "mutual_information": (found.information, found.n),
            "mutual_information_share": (found.share, found.n),
        }

    return Measured({"bins": BINS}, compute)


def make_inertia(setup: Setup, _: None = None) -> Measured:
    """Inertia and coordination; looking back by more than the smoothing joins."""
    lag = setup.samples(max(LAG_S, setup.smooth_s))
    used = Inertia(lag=lag, detrend=False)

    def compute(one: FloatArray, two: FloatArray) -> Values:
        found = fit_inertia(one, two, used)
        first, second = found.first, found.second
        return {
            "inertia_first": (first.inertia, first.n),
            "inertia_second": (second.inertia, second.n),
            "coordination_first": (first.coordination, first.n),
            "coordination_second": (second.coordination, second.n),
            "inertia_r2": (found.r2_adjusted, found.n),
        }

    refused = dict.fromkeys(("inertia_first", "inertia_second"), _OWN)
    settings = {"lag_s": lag / setup.rate_hz, "detrend": True}
    return Measured(settings, compute, None, refused, detrend=True)


def make_oscillator(setup: Setup, _: None = None) -> Measured:
    """Coupled oscillators; five samples so far apart that smoothing does not join them."""
    tau = setup.samples(max(SPACING_S, setup.smooth_s))
    used = Oscillator(tau=tau, detrend=False)

    def compute(one: FloatArray, two: FloatArray) -> Values:
        found = fit_oscillator(one, two, setup.rate_hz, used)
        first, second = found.first, found.second
        return {
            "oscillator_period_first_s": (first.period_s, first.n),
            "oscillator_period_second_s": (second.period_s, second.n),
            "oscillator_pull_first": (first.partner_level, first.n),
            "oscillator_pull_second": (second.partner_level, second.n),
            "oscillator_r2": (found.r2_adjusted, found.n),
        }

    refused = dict.fromkeys(("oscillator_period_first_s", "oscillator_period_second_s"), _PERIOD)
    settings = {"embed": used.embed, "spacing_s": tau / setup.rate_hz, "detrend": True}
    return Measured(settings, compute, None, refused, detrend=True)


def without_lines(one: FloatArray, two: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both signals without their own straight line over time."""
    return np.asarray(remove_line(one)), np.asarray(remove_line(two))
