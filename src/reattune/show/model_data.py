"""What the pictures of the model draw, as one tidy frame per picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.session import Session
from reattune.core.streams import States
from reattune.experiments.fit_result import StudyFit
from reattune.experiments.latents import ArousalTrace, BeliefCourse
from reattune.experiments.predictive_result import Predictive
from reattune.models.codebooks import Codebook
from reattune.models.coordinates import COORDINATES, REPORTED
from reattune.models.course import SimulatedCourse, SimulatedStudy
from reattune.models.fitted import Z95, Fit
from reattune.models.pooling import PooledFit
from reattune.models.residuals import Residuals
from reattune.results import Analysis
from reattune.show.data import timeline_data

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
PARTNERS = ("focal partner", "responder")
LABELS = {
    "contingent_per_s": "{1} moves to the fitting response, kappa",
    "misread_per_s": "{1} moves to each other response, nu",
    "reading_prob": "share of looks that read the state, s",
    "focal_agenda_per_s": "{0}'s own moves, gI",
    "responder_agenda_per_s": "{1}'s own moves, gC",
    "focal_follow_per_s": "{0} follows, phi",
    "logit_negative": "leaning to negative, bN",
    "logit_away": "leaning to away, bA",
    "logit_positive": "leaning to positive, bP",
    "arousal_gain_per_s": "rise of arousal in a mismatch, alpha",
    "slope_scale": "pull of arousal on the choice, theta",
    "tolerance_prior": "tolerance at the start, W0",
    "learning_rate": "learning per session, c",
}
# Curves of a belief that are drawn.
MAX_CURVES = 6


def label_parameter(name: str, partners: Sequence[str] = PARTNERS) -> str:
    """A parameter in words."""
    if name.startswith("agenda_"):
        state = name.removeprefix("agenda_")
        return f"{partners[1]}'s own moves to {state}, pi {state}"
    return LABELS.get(name, name).format(*partners)


def show_number(value: float) -> str:
    """A number with three decimals below 1, two above, and two digits where it is very small."""
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    if 0 < abs(value) < 0.01:
        text = f"{value:.2g}"
    return text.replace("-", "−")


def kind_of(name: str) -> str:
    """The scale a parameter is drawn on: "rate", "share" or "number"."""
    if name == "reading_prob":
        return "share"
    return "rate" if COORDINATES[name].per_time else "number"


def find_prior_range(fit: Fit, name: str) -> tuple[float, float]:
    """Where 95 in 100 dyads lie before anything is seen; rates per second."""
    if name == "reading_prob":
        pair = ("contingent_per_s", "misread_per_s")
        mean, sd = fit.prior.mean(pair), fit.prior.sd(pair)
        centre, spread = mean[0] - mean[1] - math.log(3), math.hypot(*sd.tolist())
        low, high = (1 / (1 + math.exp(-(centre + k * spread))) for k in (-Z95, Z95))
        return low, high
    item = COORDINATES[name]
    mean, sd = fit.prior.mean([name])[0], fit.prior.sd([name])[0]
    unit = fit.parameters.time_unit_s if item.per_time else 1.0
    ends = [float(mean + k * sd) for k in (-Z95, Z95)]
    low, high = ((math.exp(v) if item.log else v) / unit for v in ends)
    return low, high


def forest_data(fit: Fit, partners: Sequence[str] = PARTNERS) -> pd.DataFrame:
    """One row per parameter: parameter, label, kind, value, low, high, prior and its range.

    ``kind`` is the scale: "rate" (per second), "share" or "number".
    """
    frame = fit.to_frame()
    ranges = [find_prior_range(fit, name) for name in frame["parameter"]]
    frame["prior_low"] = [low for low, _ in ranges]
    frame["prior_high"] = [high for _, high in ranges]
    frame.insert(1, "label", [label_parameter(name, partners) for name in frame["parameter"]])
    frame.insert(2, "kind", [kind_of(name) for name in frame["parameter"]])
    return frame


def pooled_data(pooled: PooledFit | StudyFit, partners: Sequence[str] = PARTNERS) -> pd.DataFrame:
    """One row per dyad and reported parameter: the dyad's value, its own, and dyads in general.

    Columns: dyad, group, parameter, label, kind, value, low, high, own_value, own_low, own_high
    (without the other dyads; nan where not known), prior_value, prior_low, prior_high, true,
    converged.
    """
    import pandas as pd

    dyads: list[tuple[str, str, Fit, Fit | None, Mapping[str, float]]]
    if isinstance(pooled, StudyFit):
        partners = pooled.codebook.partners
        dyads = [(one.dyad, one.group, one.fit, one.own, one.truth) for one in pooled.dyads]
    else:
        dyads = [(fit.id, "", fit, None, {}) for fit in pooled.fits]
    rows = []
    for dyad, group, fit, own, truth in dyads:
        for name in REPORTED:
            if name != "reading_prob" and name not in fit.free:
                continue
            rows.append(
                {
                    "dyad": dyad,
                    "group": group,
                    "parameter": name,
                    "label": label_parameter(name, partners),
                    "kind": kind_of(name),
                    **dict(zip(("value", "low", "high"), fit.value(name), strict=True)),
                    **dict(
                        zip(
                            ("own_value", "own_low", "own_high"),
                            own.value(name) if own is not None else (NAN, NAN, NAN),
                            strict=True,
                        )
                    ),
                    "prior_value": fit.prior_value(name),
                    "prior_low": find_prior_range(fit, name)[0],
                    "prior_high": find_prior_range(fit, name)[1],
                    "true": truth.get(name, NAN),
                    "converged": fit.converged,
                }
            )
    return pd.DataFrame(rows)


def residual_data(residuals: Residuals, partners: Sequence[str] = PARTNERS) -> pd.DataFrame:
    """Waiting times beside those a true model gives: process, label, expected, seen, low, high.

    Both in units in which the model waits 1 on average. ``low`` and ``high``: where a true model
    stays from end to end 95 times in 100 (Kolmogorov-Smirnov); nan where open.
    """
    import pandas as pd

    frames = []
    for process, who in zip(("focal", "responder"), partners, strict=True):
        curve = residuals.curve_frame(process)
        n = len(curve)
        if n == 0:
            continue
        shares = curve["seen"].to_numpy()
        band = 1.358 / math.sqrt(n)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = (-np.log1p(-np.clip(shares + k * band, 0, 1)) for k in (-1, 1))
        frames.append(
            pd.DataFrame(
                {
                    "process": process,
                    "label": f"changes of the {who}",
                    "expected": -np.log1p(-shares),
                    "seen": curve["residual"].to_numpy(),
                    "low": low,
                    "high": np.where(np.isfinite(high), high, NAN),
                }
            )
        )
    columns = ["process", "label", "expected", "seen", "low", "high"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def predictive_data(predictive: Predictive) -> pd.DataFrame:
    """Rows of `Predictive.to_frame` with ``label``, and ``place`` on a scale common to all rows.

    ``place`` is 0 at the median of the simulations and 1 (-1) at the upper (lower) end of their
    middle 95 %; nan where either is undefined or has no width.
    """
    frame = predictive.to_frame()
    places = []
    for row in frame.to_dict("records"):
        away = row["seen"] - row["predicted"]
        width = row["high"] - row["predicted"] if away >= 0 else row["predicted"] - row["low"]
        known = np.isfinite(away) and np.isfinite(width) and width > 0
        places.append(away / width if known else (0.0 if away == 0 else NAN))
    frame["place"] = places
    frame.insert(3, "label", [label_measure(name) for name in frame["measure"]])
    return frame


_MEASURES = {
    "matched_prop": "share of time matched",
    "expected_prop": "share that base rates give",
    "match_kappa": "matching beyond base rates (K)",
    "repair_hazard_per_s": "repairs per s of mismatch",
    "rupture_hazard_per_s": "ruptures per s of match",
    "ruptures_per_min": "ruptures per minute",
    "repair_latency_q25_s": "a quarter repaired within (s)",
    "repair_latency_q50_s": "half repaired within (s)",
    "repair_latency_q75_s": "three quarters repaired within (s)",
}


def label_measure(name: str) -> str:
    """A compared measure in words."""
    if name in _MEASURES:
        return _MEASURES[name]
    words = name.removesuffix("_prop").replace("_", " ")
    if " by " in words:
        return words
    return f"{words}, share of time"


def arousal_data(
    trace: ArousalTrace, analysis: Analysis, codebook: Codebook | None = None
) -> pd.DataFrame:
    """The timeline's rows, and arousal: layer "arousal" (start, value), "tolerance", "drifting".

    ``value`` is in units of the initial tolerance. In "drifting" stretches nobody looked. With a
    codebook, every code that is shown has a lane, in its order.
    """
    import pandas as pd

    below = timeline_data(analysis)
    if codebook is not None:
        below = _name_lanes(below, analysis.session, codebook)
    below["value"] = NAN
    rows = pd.DataFrame(
        {
            "layer": "arousal",
            "start": trace.time_s,
            "end": trace.time_s,
            "value": trace.arousal,
        }
    )
    window = (float(trace.time_s[0]), float(trace.time_s[-1]))
    more = [("tolerance", *window, trace.tolerance)]
    more += [("drifting", start, end, NAN) for start, end in trace.unseen]
    extra = pd.DataFrame(more, columns=["layer", "start", "end", "value"])
    return pd.concat([below, rows, extra], ignore_index=True)


def _name_lanes(frame: pd.DataFrame, session: Session, codebook: Codebook) -> pd.DataFrame:
    """A lane for every code; a table of one's own joins codes that it treats alike."""
    import pandas as pd

    rows = []
    for who, labels in zip(codebook.partners, (codebook.focal, codebook.responder), strict=True):
        stream = session.stream(codebook.stream, who, States)
        shown = [label for label in dict.fromkeys(labels) if label in stream.categories]
        rows += [("lane", who, label, NAN, NAN) for label in shown]
        rows += [
            ("state", who, label, start, end)
            for label, start, end in zip(
                stream.labels, stream.starts.tolist(), stream.ends.tolist(), strict=True
            )
        ]
    codes = pd.DataFrame(rows, columns=["layer", "who", "label", "start", "end"])
    return pd.concat([codes, frame[~frame["layer"].isin(("lane", "state"))]], ignore_index=True)


def belief_data(course: BeliefCourse) -> pd.DataFrame:
    """Belief by depth: session (0: before the first), depth, belief, drawn (for the picture)."""
    import pandas as pd

    n = course.sessions.size
    drawn = set(np.unique(np.linspace(0, n - 1, min(n, MAX_CURVES)).round().astype(int)).tolist())
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "session": int(session),
                    "depth": course.depths,
                    "belief": course.belief[at],
                    "drawn": at in drawn,
                }
            )
            for at, session in enumerate(course.sessions)
        ],
        ignore_index=True,
    )


def course_data(source: SimulatedCourse | SimulatedStudy) -> pd.DataFrame:
    """The model's latents by dyad and session: tolerance, trust, confident_trust, matched_prop."""
    columns = ["dyad", "session", "tolerance", "trust", "confident_trust", "matched_prop"]
    return source.to_frame()[columns]


def recovery_data(study: StudyFit) -> pd.DataFrame:
    """True beside fitted values of a simulated study, with ``label`` and ``kind``."""
    frame = study.recovery_frame()
    partners = study.codebook.partners
    frame.insert(2, "label", [label_parameter(name, partners) for name in frame["parameter"]])
    frame.insert(3, "kind", [kind_of(name) for name in frame["parameter"]])
    return frame
