"""Identifiability: what the sessions at hand can tell of each parameter, and what they cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reattune.models.coordinates import COORDINATES
from reattune.models.fitted import TOLD, Fit
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES

if TYPE_CHECKING:
    import pandas as pd

# Share of the prior's variance taken away, from which a value is called told.
_WELL = 0.75
# Correlation of two estimates from which they are named as hard to tell apart.
_TANGLED = 0.8
COLUMNS = ("parameter", "symbol", "told_prop", "verdict", "minutes_needed", "why")
_NEVER_ALONE = {
    "responder_look_per_s, reading_prob, readiness_prob": (
        "om, s, rho",
        "coded behaviour shows how often a response follows, not how often somebody looked, read "
        "and was ready; only kappa, nu and s = kappa / (kappa + 3 nu) follow from it",
    ),
    "learning_rate": (
        "c",
        "how fast one dyad learns cannot be told even from 20 sessions; a change of tolerance can",
    ),
}


@dataclass(frozen=True, eq=False)
class Identifiability:
    """What one fit's design can tell.

    Attributes
    ----------
    rows : tuple of tuple
        As the columns of `to_frame`.
    tangled : tuple of (str, str, float)
        Pairs whose estimates are correlated by .8 or more.
    design : dict
        Minutes seen, minutes under an instruction not to respond, sessions, coding step.
    """

    rows: tuple[tuple[object, ...], ...]
    tangled: tuple[tuple[str, str, float], ...]
    design: dict[str, float]

    def to_frame(self) -> pd.DataFrame:
        """One row per parameter: parameter, symbol, told_prop, verdict, minutes_needed, why.

        ``verdict`` is "told", "partly", "not told" (the value is the prior's) or "pooled only" (not
        to be read for one dyad, whatever told_prop is). ``minutes_needed`` are minutes of the same
        kind that would take away three quarters of the prior's variance; nan where more of the same
        would not help.
        """
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(COLUMNS))

    def verdict(self, parameter: str) -> str:
        """The verdict on one parameter."""
        return next(str(row[3]) for row in self.rows if row[0] == parameter)

    def summary(self) -> str:
        """What can be told and what cannot, in sentences."""
        d = self.design
        step = "times of change" if np.isnan(d["step_s"]) else f"codes every {d['step_s']:g} s"
        out = [
            f"{d['minutes']:.1f} minutes in {d['sessions']:.0f} session(s), {step}, "
            f"{d['challenged_minutes']:.1f} minutes of imposed non-response."
        ]
        for verdict in ("told", "partly", "not told", "pooled only"):
            names = [f"{row[0]} ({row[1]})" for row in self.rows if row[3] == verdict]
            if names:
                out.append(f"{verdict.capitalize()}: {', '.join(names)}.")
        out += [f"Hard to tell apart: {a} and {b} (r = {r:.2f})." for a, b, r in self.tangled]
        return "\n".join(out)

    def __repr__(self) -> str:
        return self.summary()


def identify(fit: Fit) -> Identifiability:
    """What the sessions behind a fit can tell of each parameter.

    Parameters
    ----------
    fit : Fit
        Of real sessions, or of simulated ones of a planned design.

    Notes
    -----
    ``told_prop`` is 1 - (posterior variance / prior variance), the share of what was unknown that
    the data took away. Some verdicts do not rest on it: what theory and design leave open stays
    open however narrow the curvature is.
    """
    minutes = fit.observed_s / 60
    rows: list[tuple[object, ...]] = []
    for name in fit.free:
        told = fit.told[name]
        why = _reason(fit, name)
        verdict = "told" if told >= _WELL else "partly" if told >= TOLD else "not told"
        needed = _minutes(told, minutes)
        if _pooled_only(fit, name):
            verdict, needed = "pooled only", float("nan")
        rows.append((name, COORDINATES[name].symbol, told, verdict, needed, why))
    held = [name for name in ("arousal_gain_per_s", "slope_scale") if name not in fit.free]
    rows += [
        (name, COORDINATES[name].symbol, 0.0, "not told", float("nan"), "held at the prior")
        for name in held
    ]
    rows += [
        (name, symbol, float("nan"), "pooled only", float("nan"), why)
        for name, (symbol, why) in _NEVER_ALONE.items()
        if name not in fit.free
    ]
    correlation = fit.covariance / np.outer(fit.se, fit.se)
    tangled = tuple(
        (fit.free[i], fit.free[j], float(correlation[i, j]))
        for i in range(len(fit.free))
        for j in range(i)
        if abs(correlation[i, j]) >= _TANGLED
    )
    design = {
        "minutes": minutes,
        "challenged_minutes": fit.challenged_s / 60,
        "sessions": float(fit.sessions),
        "step_s": fit.step_s,
    }
    return Identifiability(tuple(rows), tangled, design)


def _minutes(told: float, minutes: float) -> float:
    """Information grows with time: told = i t / (1 + i t)."""
    if not 0 < told < 1 or minutes <= 0:
        return float("nan")
    return minutes * 3.0 * (1 - told) / told


def _pooled_only(fit: Fit, name: str) -> bool:
    if name in ("logit_negative", "learning_rate", "tolerance_prior"):
        return True
    if name in ("arousal_gain_per_s", "slope_scale") and fit.challenged_s == 0:
        return True
    return bool(_shares_code(fit, name))


def _shares_code(fit: Fit, name: str) -> str:
    """Other states that are coded as the one a parameter is about; empty when there are none."""
    if not fit.data:
        return ""
    first = fit.data[0]
    for start, states, seen in (
        ("logit_", FOCAL_STATES, first.seen_focal),
        ("agenda_", RESPONDER_STATES, first.seen_responder),
    ):
        state = name.removeprefix(start)
        if name.startswith(start) and state in states:
            at = states.index(state)
            others = [s for k, s in enumerate(states) if seen[k] == seen[at] and k != at]
            return ", ".join(others)
    return ""


def _reason(fit: Fit, name: str) -> str:
    shared = _shares_code(fit, name)
    if shared:
        return f"coded like {shared}"
    if name == "logit_negative":
        return "goes with how steeply arousal turns into distress, with its gain and with tolerance"
    if name in ("arousal_gain_per_s", "slope_scale"):
        if fit.challenged_s == 0:
            return (
                "needs a challenge (still-face) or a physiological signal: play alone tells it "
                "only as far as all else in the model is right"
            )
        return "told by the contrast between challenge and play"
    if name in ("learning_rate", "tolerance_prior"):
        return _NEVER_ALONE["learning_rate"][1]
    if name == "focal_follow_per_s" and fit.told[name] < _WELL:
        return "following is rarely the reason of a change; ten minutes tell little of it"
    agenda = any(other.startswith("agenda_") for other in fit.free)
    if name in ("misread_per_s", "responder_agenda_per_s") and not agenda:
        return "only with the responder's own agenda (how its own moves are spread) as assumed"
    if name.startswith("agenda_"):
        return "a spread-out agenda and misreading look alike; the prior decides between them"
    if fit.step_s > 0.5:
        return f"from codes every {fit.step_s:g} s; changes in between are inferred"
    return ""
