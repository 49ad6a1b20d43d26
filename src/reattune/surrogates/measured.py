"""How often tests that are offered for comparison only reject a true null, as measured.

Independent partners (three states, event-exact, no drift), nominal 5 % two-sided, 1000 sessions
with 199 surrogates per cell. docs/concepts/chance.md describes the generator; the slow tests repeat
it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reattune.surrogates.decide import WORDS, ChanceWarning, caution


@dataclass(frozen=True)
class OffsetRate:
    """False-positive rates of a whole rotation with a minimum offset of 10 s.

    Attributes
    ----------
    dwell_s, session_s : float
        Mean run of a state and length of the session, in seconds.
    matching, repair : float
        Rejections for the share of matched time and for the repair hazard.
    """

    dwell_s: float
    session_s: float
    matching: float
    repair: float


OFFSET_RATES = (
    OffsetRate(2, 60, 0.129, 0.114),
    OffsetRate(7, 60, 0.247, 0.236),
    OffsetRate(7, 120, 0.136, 0.126),
    OffsetRate(7, 300, 0.079, 0.071),
    OffsetRate(25, 60, 0.196, 0.246),
    OffsetRate(25, 120, 0.148, 0.177),
)


def nearest_offset_rate(mean_run_s: float, session_s: float) -> OffsetRate:
    """The measured row nearest in mean run and session length (by ratio)."""
    run, session = max(mean_run_s, 1e-3), max(session_s, 1e-3)
    return min(
        OFFSET_RATES,
        key=lambda row: math.hypot(math.log(row.dwell_s / run), math.log(row.session_s / session)),
    )


def offset_warning(mean_run_s: float, session_s: float) -> ChanceWarning:
    """``W_OFFSET`` with the rate measured nearest to such a session."""
    row = nearest_offset_rate(mean_run_s, session_s)
    return caution(
        "W_OFFSET",
        f"{WORDS['W_OFFSET']}: with 10 s, in independent streams with runs of {row.dwell_s:g} s "
        f"over {row.session_s:g} s, it rejected {row.matching:.1%} of the time for matching and "
        f"{row.repair:.1%} for repair where 5 % was meant.",
    )


@dataclass(frozen=True)
class ModelRate:
    """False-positive rates of a test whose surrogates break up or redraw one partner's runs.

    Attributes
    ----------
    dwell_s, session_s : float
        Mean run of a state and length of the session, in seconds.
    drift : bool
        Both partners drift slowly in the same direction.
    matching, repair : float
        Rejections for the share of matched time and for the repair hazard.
    """

    dwell_s: float
    session_s: float
    drift: bool
    matching: float
    repair: float


MODEL_RATES: dict[str, tuple[ModelRate, ...]] = {
    "run_permutation": (
        ModelRate(7, 60, False, 0.034, 0.067),
        ModelRate(7, 300, False, 0.041, 0.161),
        ModelRate(2, 300, True, 0.352, 0.913),
    ),
    "fitted_semi_markov": (
        ModelRate(7, 60, False, 0.043, 0.038),
        ModelRate(7, 300, False, 0.049, 0.023),
        ModelRate(2, 300, True, 0.402, 0.324),
    ),
    "stationary_bootstrap": (
        ModelRate(7, 60, False, 0.026, 0.040),
        ModelRate(7, 300, False, 0.047, 0.035),
        ModelRate(2, 300, True, 0.329, 0.172),
    ),
}


def model_warning(method: str) -> ChanceWarning:
    """``W_MODEL`` with the rates measured for that way of redrawing a stream."""
    rates = "; ".join(
        f"{row.matching:.1%} for matching and {row.repair:.1%} for repair (runs of "
        f"{row.dwell_s:g} s over {row.session_s:g} s"
        f"{', slow change common to both' if row.drift else ''})"
        for row in MODEL_RATES[method]
    )
    return caution(
        "W_MODEL",
        f"{WORDS['W_MODEL']}: in independent streams this rejected {rates} where 5 % was meant.",
    )
