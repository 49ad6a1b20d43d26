"""Analyses made by hand, without the pipeline: what the tests of `show` draw and describe."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reattune.core.criteria import Criteria
from reattune.core.notes import Note
from reattune.core.session import Phase, Session
from reattune.core.streams import States
from reattune.measures import compute_measures, compute_pooled, make_tally
from reattune.repair import find_first_repair, find_ruptures
from reattune.results import (
    WHOLE,
    Analysis,
    Failure,
    PhaseAnalysis,
    PhaseChance,
    Pooled,
    StudyAnalysis,
)
from reattune.rules import Rule, StateMatch
from reattune.surrogates.combine import combine_rotations
from reattune.surrogates.permute import permute_pairs
from reattune.surrogates.rotate import rotate_blocks

RULE = StateMatch("affect", "same_valence")
STATES = ("negative", "neutral", "positive")
SETTINGS = {
    "rule": RULE.to_dict(),
    "surrogates": {"n": 99, "block_s": None, "seed": 1},
    "versions": {"reattune": "0.1.0"},
    "inputs": [{"session": "a", "source": "a.eaf", "sha256": "00ff"}],
}


def make_session(
    id: str = "d1",
    *,
    seed: int = 0,
    duration: float = 240.0,
    dwell: float = 5.0,
    partners: tuple[str, str] = ("infant", "caregiver"),
    phases: tuple[Phase, ...] = (),
    dyad: str = "",
    missing: tuple[float, float] | None = (100.0, 106.0),
    notes: tuple[Note, ...] = (),
) -> Session:
    """Two independent streams of affect, 10 codes a second, with one hole in the second."""
    rng = np.random.default_rng(seed)
    streams = []
    for who, partner in enumerate(partners):
        starts, ends, labels, at, state = [], [], [], 0.0, int(rng.integers(3))
        while at < duration:
            end = min(duration, round(at + max(0.2, rng.exponential(dwell)), 1))
            hole = missing if who == 1 else None
            if hole is None or end <= hole[0] or at >= hole[1]:
                starts.append(at)
                ends.append(end)
                labels.append(STATES[state])
            at, state = end, (state + int(rng.integers(1, 3))) % 3
        streams.append(States(partner, "affect", starts, ends, labels, 0.1))
    return Session(
        id, partners, (0.0, duration), tuple(streams), dyad=dyad, phases=phases, notes=notes
    )


def make_analysis(
    session: Session | None = None,
    rule: Rule = RULE,
    criteria: Criteria | None = None,
    *,
    chance: bool = True,
    no_chance: str = "",
    whole: bool = False,
) -> Analysis:
    """The analysis of a session, its phases apart (or the whole)."""
    session = session or make_session()
    criteria = criteria or Criteria()
    phases = session.phases
    if whole or not phases:
        phases = (Phase(WHOLE, *session.span),)
    parts = []
    for phase in phases:
        attunement = rule(session, phase.window)
        ruptures = find_ruptures(attunement, criteria)
        tally = make_tally(attunement, ruptures, find_ruptures(attunement))
        after = any(p.imposed and p.end == phase.start for p in session.phases)
        test = None
        if chance:
            pair = rule.read(session, phase.window)
            test = rotate_blocks(pair, rng=np.random.default_rng(1), n=99, keep_draws=True)
        parts.append(
            PhaseAnalysis(
                phase,
                attunement,
                ruptures,
                tally,
                compute_measures(tally),
                test,
                no_chance,
                find_first_repair(attunement) if after else None,
            )
        )
    return Analysis(session, rule, criteria, tuple(parts), SETTINGS)


def make_study(
    sessions: Iterable[Session] | None = None,
    rule: Rule = RULE,
    *,
    name: str = "made",
    pairing: bool = True,
    whole: bool = False,
    failures: tuple[Failure, ...] = (),
) -> StudyAnalysis:
    """A study of eight short sessions, each of its own dyad, in two groups."""
    sessions = list(sessions or (make_session(f"d{i}", seed=i, duration=120) for i in range(8)))
    analyses = tuple(make_analysis(session, rule, whole=whole) for session in sessions)
    pooled, chance = [], []
    for label in dict.fromkeys(part.phase.label for a in analyses for part in a.parts):
        parts = [(a, part) for a in analyses for part in a.parts if part.phase.label == label]
        measures, interval = compute_pooled([part.tally for _, part in parts])
        pooled.append(Pooled("", label, len(parts), len(parts), measures, interval))
        pairs = rule.read_many([(a.session, part.phase.window) for a, part in parts])
        rng = np.random.default_rng(2)
        by_dyad = {a.session.dyad: [pair] for (a, _), pair in zip(parts, pairs, strict=True)}
        enough = pairing and len(by_dyad) >= 6
        chance.append(
            PhaseChance(
                label,
                permute_pairs(by_dyad, rng=rng, n=99) if enough else None,
                combine_rotations(pairs, rng=rng, n=99, beside_pairing=enough),
                no_pairing="" if enough else "Re-pairing strangers needs six dyads or more.",
            )
        )
    covariates = {
        session.id: {"group": "a" if i % 2 else "b", "age_weeks": 20 + i}
        for i, session in enumerate(sessions)
    }
    return StudyAnalysis(
        name, analyses, failures, tuple(pooled), tuple(chance), covariates, SETTINGS
    )


def three_phases(duration: float = 240.0) -> tuple[Phase, ...]:
    """Play, still-face, reunion of equal length."""
    third = duration / 3
    return (
        Phase("play", 0, third),
        Phase("still_face", third, 2 * third, imposed=True),
        Phase("reunion", 2 * third, duration),
    )
