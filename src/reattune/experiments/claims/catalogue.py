"""The five claims."""

from __future__ import annotations

from types import MappingProxyType

from reattune.experiments.claims import evidence, loads, quality, small, speed, therapy
from reattune.experiments.claims.claim import Claim

_ALL = (
    Claim(
        1,
        "Best in the middle",
        "Neither little attunement nor nearly complete attunement builds most, but something "
        "between.",
        quality.STATEMENTS,
        quality.build,
        quality.judge,
        evidence=evidence.MIDDLE,
        tests=(
            "Many dyads with an outcome later on. `reattune analyze` gives matched_prop and, "
            "beyond base rates, match_kappa; `reattune compare` sets them beside the outcome.",
            "Test the middle as a middle (two lines or a spline). A straight line cannot show one, "
            "and a square finds one too easily.",
        ),
    ),
    Claim(
        2,
        "How soon, not how much",
        "How soon ruptures are repaired matters more than how much of the time is matched.",
        speed.STATEMENTS,
        speed.build,
        speed.judge,
        speed.count,
        evidence=evidence.REPAIR,
        tests=(
            "repair_hazard_per_s or repaired_within_5s and matched_prop of the same dyads, both in "
            "one model of a later outcome; sessions_wide.csv of `reattune analyze` has them. We "
            "know of no study that did. They are tied (match = bout / (bout + latency)), so report "
            "their correlation too.",
            "Codes with exact times: a grid of 1 s cannot measure repairs of 3 s.",
        ),
    ),
    Claim(
        3,
        "Small and graded, not massive",
        "Small ruptures, and strain that grows by steps, widen tolerance; massive ruptures narrow "
        "it.",
        loads.STATEMENTS,
        loads.build,
        loads.judge,
        evidence=evidence.SIZE,
        tests=(
            "No direct test is known to us. It would take several sessions in which absences of "
            "other lengths are imposed, equal in all, or sessions in which ruptures of all sizes "
            "happen: ruptures.csv has depth, latency and outcome of each.",
            "The growth section of a study (`reattune analyze study.toml`) then follows turns to "
            "negative affect at equal load.",
        ),
    ),
    Claim(
        4,
        "Many small repairs",
        "Repairing many small ruptures builds tolerance and trust that complete attunement does "
        "not.",
        small.STATEMENTS,
        small.build,
        small.judge,
        evidence=evidence.MANY,
        tests=(
            "Many sessions of the same dyads: repairs_per_min and the growth section of a study, "
            "which asks whether earlier repair foretells later turns to negative affect beyond "
            "what else is known. Whether anything is learned from session to session is open.",
        ),
    ),
    Claim(
        5,
        "Therapy with paced depth",
        "A therapist who repairs, at a depth that trust and tolerance can bear, widens what a "
        "patient from little repair can bear.",
        therapy.STATEMENTS,
        therapy.build,
        therapy.judge,
        evidence=evidence.THERAPY,
        tests=(
            "Ratings of every meeting or observer codes: `reattune analyze` gives ruptures, "
            "repaired share and latency beside chance; `reattune compare` sets them beside the "
            "outcome.",
            "We know of no test of pacing. It needs a rating of how deep each meeting went, and "
            "leaving early counted as cut off, not as an outcome.",
        ),
    ),
)
CLAIMS: MappingProxyType[int, Claim] = MappingProxyType({claim.number: claim for claim in _ALL})
