"""Precision: how close a recording of one dyad comes to what the dyad is like in the long run."""

from __future__ import annotations

from math import isfinite, log, nan, sqrt

import numpy as np

from reattune.experiments.power.design import Design
from reattune.experiments.power.dyads import draw_dyads, find_window, live
from reattune.experiments.power.groups import ONE_SECOND, average_latency
from reattune.experiments.power.outcome import Outcome, count_codes, name_rng
from reattune.experiments.power.questions import EFFECT
from reattune.experiments.power.see import (
    Lived,
    Seen,
    make_codebook,
    make_rule,
    read_lived,
    read_pairs,
    see_pair,
)
from reattune.measures import compute_measures, compute_pooled
from reattune.models import DyadParameters, Observation, play, simulate_study
from reattune.models import preset as find_preset

# K and shares count as close within this difference.
CLOSE = 0.1
# Minutes of the recording that stands for the long run, where the model's unit is a second.
LONG_RUN_MIN = 240.0
RATIOS = ("repair_hazard_per_s", "repair_latency_q50_s", "legacy_latency_mean_s")
SHARES = ("match_kappa", "matched_prop")


def run_precision(design: Design, seed: int, study: int) -> Outcome:
    """One dyad: its recording beside a long one of the same dyad, exactly coded."""
    dyads = draw_dyads(design, 1, name_rng(seed, study, "one"))
    coded, at_1s, lived = _see(design, dyads, name_rng(seed, study, "one", "live"))
    truth = _measure_long(design, dyads, name_rng(seed, study, "one", "long"))
    seen, _ = compute_pooled([one.tally for one in coded])
    hazard = seen["repair_hazard_per_s"]
    factor = design.amount("effect")
    values = {
        f"close {name}": _within_factor(seen[name].value, truth[name], factor) for name in RATIOS
    }
    for name in SHARES:
        away = abs(seen[name].value - truth[name])
        values[f"close {name}"] = nan if away != away else float(away <= CLOSE)
        values[f"distance {name}"] = away
    values |= {
        # The half width of the interval as a factor: its ends are value / f and value x f.
        "interval_factor": sqrt(hazard.high / hazard.low) if hazard.low > 0 else nan,
        "interval_holds": float(hazard.low <= truth["repair_hazard_per_s"] <= hazard.high),
        "repairs": float(sum(one.tally.n_repairs for one in coded)),
        "legacy_latency": average_latency(coded),
        "legacy_latency_at_1s": average_latency(at_1s),
        "true_latency": lived,
    }
    return Outcome(
        {},
        {(EFFECT, name): value for name, value in values.items()},
        count_codes(one.information for one in coded),
    )


def _see(
    design: Design, dyads: list[DyadParameters], rng: np.random.Generator
) -> tuple[list[Seen], list[Seen], float]:
    """A dyad's sessions as coded and once a second, and its mean latency as lived."""
    rule, window = make_rule(design.codebook), find_window(design, design.measured)
    ways = [design.observation(), design.observation(max(ONE_SECOND, design.step_s))]
    (sessions,) = live(design, dyads, design.size("sessions"), rng)
    rows = [
        [see_pair(pair) for pair in read_pairs(course, ways, rule, window)] for course in sessions
    ]
    lived = sum((read_lived(course, "play") for course in sessions), Lived())
    return [row[0] for row in rows], [row[1] for row in rows], lived.latency_s


def _measure_long(
    design: Design, dyads: list[DyadParameters], rng: np.random.Generator
) -> dict[str, float]:
    """The dyad's own values, from a long recording with event times."""
    rule = make_rule(design.codebook)
    length_s = 60 * LONG_RUN_MIN * find_preset(design.preset).time_unit_s
    (course,) = simulate_study(dyads, 1, play(length_s), rng=rng).courses
    (pair,) = read_pairs(
        course, [Observation(make_codebook(design.codebook))], rule, (0.0, length_s)
    )
    measures = compute_measures(see_pair(pair).tally)
    return {name: measures[name].value for name in (*RATIOS, *SHARES)}


def _within_factor(value: float, truth: float, factor: float) -> float:
    if not (isfinite(value) and value > 0 and isfinite(truth) and truth > 0):
        # An estimate that is not there is not close.
        return 0.0
    return float(abs(log(value / truth)) <= log(factor) + 1e-12)
