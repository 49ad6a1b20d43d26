"""The parameters of a dyad in the mechanistic model: names, symbols, defaults and ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from reattune.core.errors import SettingError, did_you_mean

FOCAL_STATES = ("negative", "away", "monitor", "positive")
RESPONDER_STATES = ("soothe", "wait", "attend", "play", "off")
NEGATIVE, AWAY, MONITOR, POSITIVE = range(4)
SOOTHE, WAIT, ATTEND, PLAY, OFF = range(5)

# Every response answers one state of the focal partner; "off" answers none.
FIT = tuple(tuple(int(x == y) for y in range(5)) for x in range(4))

_RATE = (0.0, 1e3)
_SHARE = (0.0, 1.0)
_LOGIT = (-20.0, 20.0)
_SLOPE = (0.0, 20.0)
# Lowest and highest value allowed, both included. Wide: they keep the arithmetic finite, no more.
RANGES: dict[str, tuple[float, float]] = {
    "focal_agenda_per_s": _RATE,
    "focal_follow_per_s": _RATE,
    "responder_agenda_per_s": _RATE,
    "responder_look_per_s": _RATE,
    "reading_prob": _SHARE,
    "readiness_prob": _SHARE,
    "logit_negative": _LOGIT,
    "logit_away": _LOGIT,
    "logit_positive": _LOGIT,
    "slope_negative": _SLOPE,
    "slope_away": _SLOPE,
    "slope_positive": _SLOPE,
    "arousal_gain_per_s": (0.0, 100.0),
    "off_gain": (0.0, 1e3),
    "recovery_per_s": (0.0, 100.0),
    "matched_recovery_per_s": (0.0, 100.0),
    "negative_recovery": (0.0, 10.0),
    "away_recovery": (0.0, 10.0),
    "tolerance_exponent": (0.0, 5.0),
    "stress_gain": (0.0, 100.0),
    "learning_rate": (0.0, 10.0),
    "generalisation": (1e-3, 10.0),
    "prior_weight": (1e-3, 1e6),
    "prior_width": (0.02, 100.0),
    "tolerance_prior": (0.35, 3.0),
    "late_s": (1e-2, 1e9),
    "overwhelm": (1e-2, 1e9),
    "self_repair_credit": (0.0, 10.0),
    "evidence_saturation": (1e-3, 1e9),
    "forgetting": _SHARE,
    "stress_sessions": (1.0, 1e9),
    "depth_base": (0.0, 1.5),
    "depth_slope": (0.0, 10.0),
    "start_arousal": (0.0, 10.0),
    "time_unit_s": (1e-3, 3600.0),
}


@dataclass(frozen=True)
class DyadParameters:
    """One dyad of the model; the defaults are an ordinary dyad at play.

    The **focal** partner (infant, patient) carries arousal and learns. The **responder**
    (caregiver, therapist) reads and answers. Rates are per *time unit*: a second for infants, about
    one turn of speech (10 s) for therapy; ``_per_s`` and ``_s`` in the names hold for the unit of
    one second.

    Parameters
    ----------
    focal_agenda_per_s : float, default 0.45
        g_I. How often the focal partner chooses a state anew, by arousal.
    focal_follow_per_s : float, default 0.10
        phi_0. How often it may join a responder who attends or plays; it does with probability T.
    responder_agenda_per_s : float, default 0.15
        g_C. How often the responder does something of its own accord.
    responder_look_per_s : float, default 1
        omega. How often the responder looks.
    reading_prob : float, default 0.35
        s. Chance that a look reads the state; otherwise one of the three others is seen.
    readiness_prob : float, default 0.35
        rho. Chance that the response to what was seen is adopted.
    responder_agenda : 5 floats, default (.1, .2, .3, .25, .15)
        pi. Chances of soothe, wait, attend, play, off in a move of the responder's own; sum 1.
    logit_negative, logit_away, logit_positive : float, default -0.8, 0, 0.4
        b_N, b_A, b_P: how likely each state is chosen, against monitor (0).
    slope_negative, slope_away, slope_positive : float, default 2.5, 0.6, 1.5
        theta_N, theta_A, theta_P: how much z = min(a / W, 2) tilts the choice.
    arousal_gain_per_s : float, default 0.06
        alpha. Rise of arousal in a mismatch.
    off_gain : float, default 1.2
        w_off. Factor of that rise while the responder is off.
    recovery_per_s : float, default 0.045
        b_0. Own recovery, times W ** nu_S.
    matched_recovery_per_s : float, default 0.15
        b_1. Further recovery in a match.
    negative_recovery : float, default 0.4
        b_1N. Factor of b_1 while negative.
    away_recovery : float, default 0.25
        eta_A. Recovery in a mismatch is 1 + eta_A times as fast while away.
    tolerance_exponent : float, default 0.5
        nu_S.
    stress_gain : float, default 0.2
        psi. Rise of arousal grows by 1 + psi S with chronic stress S.
    learning_rate : float, default 0.0015
        c, per observed session: one coded session stands for many lived hours.
    generalisation : float, default 0.4
        sigma. How far around the depths of a rupture its outcome is believed to hold. Theory.
    prior_weight : float, default 2
        n_0. Weight of the prior belief, in pseudo-observations.
    prior_width : float, default 1
        kappa_0. How gradually the prior belief falls with depth.
    tolerance_prior : float, default 1
        W_0. Tolerance at the prior; the unit of arousal.
    late_s : float, default 10
        L_st, in time units. A repair so late counts half. Theory.
    overwhelm : float, default 2
        z_c. A repair at so many times the tolerance counts half. Theory.
    self_repair_credit : float, default 0.4
        Weight of a rupture that the focal partner ended.
    evidence_saturation : float, default 10
        d_0. One rupture's evidence saturates at this area of arousal.
    forgetting : float, default 0.05
        epsilon, per session.
    stress_sessions : float, default 10
        N_S. Sessions over which chronic stress is averaged.
    depth_base, depth_slope : float, default 1, 0
        d_0, d_1 of the depth of the material: delta = clip(d_0 + d_1 T W, 0, 1.5).
    start_focal, start_responder : str, default "monitor", "attend"
        States at the start of every session.
    start_arousal : float, default 0.3
        Arousal at the start of a single session (courses start at 0).
    fit : 4 x 5 of 0 and 1, optional
        G[x][y]: whether response y fits state x, i.e. the dyad is attuned. By default soothe fits
        negative, wait away, attend monitor, play positive; off fits none. It decides when the dyad
        is attuned; which response a look leads to, and which state following leads to, stay one to
        one.
    time_unit_s : float, default 1
        Seconds in one time unit.

    Raises
    ------
    SettingError
        For a value out of range; it names the field.

    Notes
    -----
    From coded events only kappa, nu and g_C are identified, not omega, rho and s one by one.
    """

    focal_agenda_per_s: float = 0.45
    focal_follow_per_s: float = 0.10
    responder_agenda_per_s: float = 0.15
    responder_look_per_s: float = 1.0
    reading_prob: float = 0.35
    readiness_prob: float = 0.35
    responder_agenda: tuple[float, ...] = (0.1, 0.2, 0.3, 0.25, 0.15)
    logit_negative: float = -0.8
    logit_away: float = 0.0
    logit_positive: float = 0.4
    slope_negative: float = 2.5
    slope_away: float = 0.6
    slope_positive: float = 1.5
    arousal_gain_per_s: float = 0.06
    off_gain: float = 1.2
    recovery_per_s: float = 0.045
    matched_recovery_per_s: float = 0.15
    negative_recovery: float = 0.4
    away_recovery: float = 0.25
    tolerance_exponent: float = 0.5
    stress_gain: float = 0.2
    learning_rate: float = 0.0015
    generalisation: float = 0.4
    prior_weight: float = 2.0
    prior_width: float = 1.0
    tolerance_prior: float = 1.0
    late_s: float = 10.0
    overwhelm: float = 2.0
    self_repair_credit: float = 0.4
    evidence_saturation: float = 10.0
    forgetting: float = 0.05
    stress_sessions: float = 10.0
    depth_base: float = 1.0
    depth_slope: float = 0.0
    start_focal: str = "monitor"
    start_responder: str = "attend"
    start_arousal: float = 0.3
    fit: tuple[tuple[int, ...], ...] | None = None
    time_unit_s: float = 1.0

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name, (low, high) in RANGES.items():
            put(self, name, _check_range(name, getattr(self, name), low, high))
        put(self, "responder_agenda", _check_agenda(self.responder_agenda))
        for name, states in (("start_focal", FOCAL_STATES), ("start_responder", RESPONDER_STATES)):
            if getattr(self, name) not in states:
                raise SettingError(name, getattr(self, name), f"one of {', '.join(states)}")
        if self.fit is not None:
            put(self, "fit", _check_fit(self.fit))

    @property
    def contingent_per_s(self) -> float:
        """Rate of the fitting response to the state that is there: kappa = omega rho s."""
        return self.responder_look_per_s * self.readiness_prob * self.reading_prob

    @property
    def misread_per_s(self) -> float:
        """Rate of each response to a misread state: nu = omega rho (1 - s) / 3."""
        return self.responder_look_per_s * self.readiness_prob * (1 - self.reading_prob) / 3

    @property
    def fit_table(self) -> tuple[tuple[int, ...], ...]:
        """G, the default filled in."""
        return FIT if self.fit is None else self.fit

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy; ``fit`` is absent where it is the default."""
        out: dict[str, object] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "fit":
                if value is not None:
                    out[item.name] = [list(row) for row in value]
            else:
                out[item.name] = list(value) if isinstance(value, tuple) else value
        return out


def check_names(names: Sequence[str], what: str = "parameter") -> None:
    """Nothing, when all are fields of `DyadParameters`.

    Raises
    ------
    SettingError
        With the closest name, for the first that is not.
    """
    known = [item.name for item in fields(DyadParameters)]
    for name in names:
        if name not in known:
            raise SettingError(what, name, "a name of the model." + did_you_mean(name, known))


def _check_range(name: str, got: object, low: float, high: float) -> float:
    allowed = f"a number from {low:g} to {high:g}"
    if isinstance(got, bool | str):
        raise SettingError(name, got, allowed)
    try:
        value = float(got)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SettingError(name, got, allowed) from error
    if not (math.isfinite(value) and low <= value <= high):
        raise SettingError(name, got, allowed)
    return value


def _check_agenda(got: object) -> tuple[float, ...]:
    allowed = f"5 chances that sum to 1, for {', '.join(RESPONDER_STATES)}"
    if isinstance(got, str) or not isinstance(got, Sequence) or len(got) != len(RESPONDER_STATES):
        raise SettingError("responder_agenda", got, allowed)
    chances = tuple(_check_range("responder_agenda", value, 0.0, 1.0) for value in got)
    if abs(sum(chances) - 1) > 1e-9:
        raise SettingError("responder_agenda", got, allowed)
    return chances


def _check_fit(got: object) -> tuple[tuple[int, ...], ...]:
    allowed = "4 rows (focal states) of 5 values 0 or 1 (responses)"
    if not isinstance(got, Sequence) or len(got) != len(FOCAL_STATES):
        raise SettingError("fit", got, allowed)
    for row in got:
        if not isinstance(row, Sequence) or len(row) != len(RESPONDER_STATES):
            raise SettingError("fit", got, allowed)
        if any(value not in (0, 1) for value in row):
            raise SettingError("fit", got, allowed)
    return tuple(tuple(int(value) for value in row) for row in got)
