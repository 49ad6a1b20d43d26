"""Growth over sessions as files and as a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reattune.growth import Change, DyadSlope, Outcomes, SlopeDifference, SlopeFit
from reattune.growth.planning import PLANNING
from reattune.growth_pipeline import DyadGrowth, GrowthAnalysis
from reattune.growth_pipeline.frames import slope_value
from reattune.growth_pipeline.result import ChallengeGrowth
from reattune.measures import Value
from reattune.results import SCHEMA
from reattune.show.document import json_safe
from reattune.show.export import to_csv
from reattune.show.growth_data import course_data, load_data, sensitivity_data
from reattune.show.growth_words import describe_growth, dyad_sentences


def growth_files(growth: GrowthAnalysis) -> dict[str, str]:
    """``growth.csv`` (every number) and ``expectancy.csv`` (session by session) as texts."""
    return {
        "growth.csv": to_csv(growth.to_frame()),
        "expectancy.csv": to_csv(growth.expectancy_frame()),
    }


def growth_to_dict(growth: GrowthAnalysis) -> dict[str, object]:
    """Everything, JSON-safe: nan is None, infinity ``"inf"``."""
    found = growth.growth
    contest = growth.rivals
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "growth",
        "study": growth.study,
        "focal": growth.focal,
        "other": growth.other,
        "negative": list(growth.negative),
        "time": growth.time_name,
        "group": growth.group_name,
        "sentences": asdict(describe_growth(growth)),
        "repair_expectancy": _value(growth.pooled),
        "outcomes": _outcomes(growth.pooled_outcomes),
        "chance": None if growth.pooled_chance is None else _value(growth.pooled_chance),
        "no_chance": growth.no_chance,
        "load": {
            "up_s": growth.load.up_s,
            "down_s": growth.load.down_s,
            "separable": growth.load.separable,
            "mark": growth.load.mark,
        },
        "slopes": {} if found is None else {k: _slope(v) for k, v in found.forest.items()},
        "no_slopes": growth.no_growth,
        "start": None if found is None else found.start._asdict(),
        "end": None if found is None else found.end._asdict(),
        "groups": {name: _pair(pair) for name, pair in growth.groups.items()},
        "challenge": None if growth.challenge is None else _challenge(growth.challenge),
        "no_challenge": growth.no_challenge,
        "rivals": None
        if contest is None
        else {
            "verdict": contest.verdict,
            "refused": contest.refused,
            "dyads": list(contest.dyads),
            "sessions": contest.sessions,
            "repair_over_attunement": _value(contest.repair_over_attunement.mean),
            "repair_over_baseline": _value(contest.repair_over_baseline.mean),
            "attunement_over_baseline": _value(contest.attunement_over_baseline.mean),
            "per_dyad": contest.repair_over_attunement.per_dyad,
        },
        "load_curve": load_data(growth).to_dict("records"),
        "sensitivity": sensitivity_data(growth).to_dict("records"),
        "described": {
            "recovery": asdict(growth.described.recovery),
            "recovery_share": _value(growth.described.recovery.share),
            "depth": [
                {
                    "distance": row.distance,
                    "repairs": row.repairs,
                    "mismatched_s": row.mismatched_s,
                    "hazard_per_s": _value(row.hazard_per_s),
                }
                for row in growth.described.depth
            ],
            "sizes": [
                {"size_from": low, "size_to": high, **_outcomes(o)}
                for low, high, o in growth.described.sizes
            ],
            "matched_prop_levels": dict(growth.described.levels),
        },
        "planning": [asdict(row) for row in PLANNING],
        "dyads": [_dyad(growth, dyad) for dyad in growth.dyads],
        "notes": [note.to_dict() for note in growth.notes],
        "settings": growth.settings,
    }
    safe = json_safe(document)
    return dict(safe)


def _value(value: Value) -> dict[str, float]:
    return value._asdict()


def _outcomes(outcomes: Outcomes) -> dict[str, float]:
    return {
        "hits": outcomes.hits,
        "misses": outcomes.misses,
        "undecided": outcomes.undecided,
    }


def _slope(fit: SlopeFit | DyadSlope) -> dict[str, object]:
    """Ratio end over start with limits; why there is none, or what must be said beside it."""
    dyads = {"dyads": fit.dyads, "mark": fit.mark} if isinstance(fit, SlopeFit) else {}
    return {**_value(slope_value(fit)), **dyads, "refused": fit.refused}


def _pair(pair: SlopeDifference) -> dict[str, object]:
    return {
        pair.groups[0]: _slope(pair.first),
        pair.groups[1]: _slope(pair.second),
        "difference": _slope(pair.difference),
    }


def _companion(fit: SlopeFit | Change | None) -> dict[str, object] | None:
    if fit is None:
        return None
    return dict(asdict(fit)) if isinstance(fit, Change) else _slope(fit)


def _challenge(found: ChallengeGrowth) -> dict[str, object]:
    comparison = found.comparison
    return {
        "phase": found.label,
        "groups": list(comparison.groups),
        "change": asdict(comparison.change),
        "comparison": comparison.comparison and asdict(comparison.comparison),
        "difference": comparison.difference and asdict(comparison.difference),
        "together": found.together and asdict(found.together.change),
        "refused": comparison.refused,
        "left_out": [list(row) for row in comparison.left_out],
        "match": _companion(found.match),
        "repair": _companion(found.repair),
        "first_negative_s": {end: _value(value) for end, value in found.first_negative_s.items()},
        "visits": [
            {"session": session, "time": time, "end": end, **asdict(visit)}
            for session, time, end, visit in found.visits
        ],
    }


def _dyad(growth: GrowthAnalysis, dyad: DyadGrowth) -> dict[str, object]:
    return {
        "dyad": dyad.dyad,
        "group": dyad.group,
        "sentences": dyad_sentences(growth, dyad),
        "repair_expectancy": _value(dyad.expectancy.plain),
        "outcomes": _outcomes(dyad.expectancy.total),
        "chance": None if dyad.chance is None else _value(dyad.chance),
        "negative_turn_ratio": _value(dyad.turn_ratio),
        "affect": {name: _value(value) for name, value in dyad.affect.items()},
        "slopes": {
            "negative turns at equal load": _slope(dyad.slope),
            "matched time": _slope(dyad.match_slope),
            "repair hazard": _slope(dyad.repair_slope),
        },
        "reliable_change": dyad.reliable and asdict(dyad.reliable),
        "course": course_data(growth, dyad.dyad).to_dict("records"),
    }
