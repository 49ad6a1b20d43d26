"""Coordinates: what a fit moves, on the scale it is moved on, and the way back to parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError, did_you_mean
from reattune.models.likelihood import set_rates
from reattune.models.parameters import RESPONDER_STATES, DyadParameters

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Coordinate:
    """One number a fit may move.

    Attributes
    ----------
    name : str
    symbol : str
        In the equations.
    log : bool
        Moved on the log scale; otherwise as it is (logits).
    per_time : bool
        A rate: reported per second.
    sd : float
        Spread between dyads before anything is known, on the moved scale.
    low, high : float
        Bounds, on the moved scale.
    """

    name: str
    symbol: str
    log: bool = True
    per_time: bool = False
    sd: float = 0.5
    low: float = math.log(1e-4)
    high: float = math.log(50.0)


def _rate(name: str, symbol: str, sd: float = 0.5) -> Coordinate:
    return Coordinate(name, symbol, per_time=True, sd=sd)


def _logit(name: str, symbol: str, sd: float = 0.5) -> Coordinate:
    return Coordinate(name, symbol, log=False, sd=sd, low=-8.0, high=8.0)


COORDINATES: dict[str, Coordinate] = {
    item.name: item
    for item in (
        _rate("focal_agenda_per_s", "gI"),
        _rate("focal_follow_per_s", "phi0"),
        _rate("responder_agenda_per_s", "gC"),
        _rate("contingent_per_s", "kappa"),
        _rate("misread_per_s", "nu"),
        _logit("logit_negative", "bN"),
        _logit("logit_away", "bA"),
        _logit("logit_positive", "bP"),
        _rate("arousal_gain_per_s", "alpha", sd=0.4),
        Coordinate("slope_scale", "theta", sd=0.3, low=math.log(0.05), high=math.log(8.0)),
        *(
            _logit(f"agenda_{state}", f"pi_{state}")
            for state in RESPONDER_STATES
            if state != "attend"
        ),
        Coordinate("tolerance_prior", "W0", sd=0.3, low=math.log(0.36), high=math.log(2.99)),
        Coordinate("learning_rate", "c", sd=0.7, low=math.log(1e-6), high=math.log(1.0)),
    )
}
# What one session is fitted with.
FREE = tuple(list(COORDINATES)[:8])
# What may be told for one dyad, and with an interval.
REPORTED = (
    *("contingent_per_s", "misread_per_s", "reading_prob"),
    *("focal_agenda_per_s", "responder_agenda_per_s"),
)
_SLOPES = ("slope_negative", "slope_away", "slope_positive")
_ATTEND = RESPONDER_STATES.index("attend")


def check_free(free: Sequence[str]) -> tuple[str, ...]:
    """``free`` as a tuple, each a known coordinate and named once."""
    for name in free:
        if name not in COORDINATES:
            raise SettingError(
                "free", name, "what a fit can move." + did_you_mean(name, COORDINATES)
            )
    if not free or len(set(free)) != len(free):
        raise SettingError("free", tuple(free), "at least one name, each once")
    return tuple(free)


def read_coordinate(parameters: DyadParameters, name: str) -> float:
    """Value of a coordinate on the scale it is moved on; a rate of 0 is at its lower bound."""
    item = COORDINATES[name]
    if name == "slope_scale":
        return 0.0
    if name.startswith("agenda_"):
        pi = parameters.responder_agenda
        share = pi[RESPONDER_STATES.index(name.removeprefix("agenda_"))]
        if share <= 0 or pi[_ATTEND] <= 0:
            return item.low
        return math.log(share / pi[_ATTEND])
    value = float(getattr(parameters, name))
    if not item.log:
        return value
    return max(math.log(value), item.low) if value > 0 else item.low


def place(base: DyadParameters, free: Sequence[str], vector: FloatArray) -> DyadParameters:
    """``base`` with the free coordinates set to ``vector``, shape (d,), on the moved scale."""
    at = dict(zip(free, (float(v) for v in vector), strict=True))
    kappa, nu = base.contingent_per_s, base.misread_per_s
    changes: dict[str, object] = {}
    agenda = dict.fromkeys(RESPONDER_STATES, 0.0)
    for name, value in at.items():
        if name == "slope_scale":
            changes |= {slope: getattr(base, slope) * math.exp(value) for slope in _SLOPES}
        elif name == "contingent_per_s":
            kappa = math.exp(value)
        elif name == "misread_per_s":
            nu = math.exp(value)
        elif name.startswith("agenda_"):
            agenda[name.removeprefix("agenda_")] = value
        else:
            changes[name] = math.exp(value) if COORDINATES[name].log else value
    if any(name.startswith("agenda_") for name in at):
        changes["responder_agenda"] = _agenda(base, agenda, at)
    out = replace(base, **changes)  # type: ignore[arg-type]
    if "contingent_per_s" in at or "misread_per_s" in at:
        out = set_rates(out, kappa, nu)
    return out


def _agenda(
    base: DyadParameters, logits: Mapping[str, float], free: Mapping[str, float]
) -> tuple[float, ...]:
    attend = base.responder_agenda[_ATTEND]
    weights = [
        attend * math.exp(logits[state]) if f"agenda_{state}" in free else share
        for state, share in zip(RESPONDER_STATES, base.responder_agenda, strict=True)
    ]
    total = math.fsum(weights)
    shares = [weight / total for weight in weights]
    shares[_ATTEND] += 1 - math.fsum(shares)
    return tuple(shares)


def place_packed(packed: FloatArray, free: Sequence[str], vector: FloatArray) -> FloatArray:
    """The same as `place`, from and to the vector of `arousal.pack`; many times as fast."""
    from reattune.models import arousal as ar

    out = packed.copy()
    looks = out[ar.LOOK] * out[ar.READINESS]
    kappa, nu = looks * out[ar.READING], looks * (1.0 - out[ar.READING]) / 3.0
    for name, value in zip(free, vector.tolist(), strict=True):
        if name == "slope_scale":
            out[ar.SLOPE_NEGATIVE : ar.SLOPE_POSITIVE + 1] *= math.exp(value)
        elif name == "contingent_per_s":
            kappa = math.exp(value)
        elif name == "misread_per_s":
            nu = math.exp(value)
        elif name.startswith("agenda_"):
            at = ar.AGENDA + RESPONDER_STATES.index(name.removeprefix("agenda_"))
            out[at] = packed[ar.AGENDA + _ATTEND] * math.exp(value)
        else:
            out[ar.PACKED.index(name)] = math.exp(value) if COORDINATES[name].log else value
    out[ar.AGENDA : ar.FIT] /= out[ar.AGENDA : ar.FIT].sum()
    taken = kappa + 3.0 * nu
    out[ar.LOOK] = max(1.0, taken)
    out[ar.READINESS] = taken / out[ar.LOOK]
    if taken > 0:
        out[ar.READING] = kappa / taken
    return out


def chain(
    packed: FloatArray, free: Sequence[str], vector: FloatArray, natural: FloatArray
) -> FloatArray:
    """Gradient on the moved scale from that of a pass; nan where only differences can give it."""
    from reattune.models import arousal as ar
    from reattune.models import passes

    places = {
        "focal_agenda_per_s": passes.G_FOCAL,
        "focal_follow_per_s": passes.G_FOLLOW,
        "responder_agenda_per_s": passes.G_AGENDA,
        "contingent_per_s": passes.G_CONTINGENT,
        "misread_per_s": passes.G_MISREAD,
        "logit_negative": passes.G_NEGATIVE,
        "logit_away": passes.G_AWAY,
        "logit_positive": passes.G_POSITIVE,
        "arousal_gain_per_s": passes.G_GAIN,
    }
    out = np.full(len(free), np.nan)
    for i, name in enumerate(free):
        if name in places:
            scale = math.exp(vector[i]) if COORDINATES[name].log else 1.0
            out[i] = natural[places[name]] * scale
        elif name == "slope_scale":
            slopes = packed[ar.SLOPE_NEGATIVE : ar.SLOPE_POSITIVE + 1]
            first = passes.G_SLOPE_NEGATIVE
            out[i] = float(np.dot(natural[first : first + 3], slopes))
        elif name.startswith("agenda_"):
            out[i] = natural[passes.G_PI + RESPONDER_STATES.index(name.removeprefix("agenda_"))]
    return out
