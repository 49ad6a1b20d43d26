"""Over sessions: pooled measures, and the study's two chance tests."""

from __future__ import annotations

from collections.abc import Iterable

from reattune.core.criteria import Criteria
from reattune.core.pair import Pair
from reattune.measures import compute_pooled, pool_tallies
from reattune.phase_analysis import Surrogates, why_no_chance
from reattune.provenance import make_rng
from reattune.results import Analysis, PhaseAnalysis, PhaseChance, Pooled
from reattune.rules import Rule

MIN_DYADS = 6


def _parts_by_phase(analyses: Iterable[Analysis]) -> dict[str, list[tuple[str, PhaseAnalysis]]]:
    found: dict[str, list[tuple[str, PhaseAnalysis]]] = {}
    for analysis in analyses:
        for part in analysis.parts:
            found.setdefault(part.phase.label, []).append((analysis.session.dyad, part))
    return found


def pool_sessions(analyses: list[Analysis]) -> list[Pooled]:
    """Pooled measures: per phase the study (dyads as units) and every dyad seen more than once."""
    pooled = []
    for label, rows in _parts_by_phase(analyses).items():
        by_dyad: dict[str, list[PhaseAnalysis]] = {}
        for dyad, part in rows:
            by_dyad.setdefault(dyad, []).append(part)
        totals = [pool_tallies([part.tally for part in parts]) for parts in by_dyad.values()]
        measures, interval = compute_pooled(totals, "dyads")
        pooled.append(Pooled("", label, len(rows), len(by_dyad), measures, interval))
        for dyad, parts in by_dyad.items():
            if len(parts) > 1:
                measures, interval = compute_pooled([part.tally for part in parts])
                pooled.append(Pooled(dyad, label, len(parts), 1, measures, interval))
    return pooled


def compare_with_chance(
    analyses: list[Analysis],
    rule: Rule,
    criteria: Criteria,
    surrogates: Surrogates,
) -> list[PhaseChance]:
    """The pairing permutation and the combined rotations of every phase."""
    from reattune.surrogates.combine import combine_rotations
    from reattune.surrogates.permute import permute_pairs

    tests = []
    for label in _parts_by_phase(analyses):
        found = [
            (analysis.session, part)
            for analysis in analyses
            for part in analysis.parts
            if part.phase.label == label and part.attunement.observed
        ]
        windows = [(session, part.phase.window) for session, part in found]
        dyads = {session.dyad for session, _ in windows}
        if len(windows) < 2:
            continue
        pairs = rule.read_many(windows)
        imposed = any(part.phase.imposed for _, part in found)
        why = why_no_chance(rule, pairs[0], surrogates, imposed=imposed)
        if not why and not rule.by_moment:
            why = "Over sessions, chance is computed for rules that compare moment by moment."
        if why:
            tests.append(PhaseChance(label, no_pairing=why, no_combined=why))
            continue
        by_dyad: dict[str, list[Pair]] = {}
        for (session, _), pair in zip(windows, pairs, strict=True):
            by_dyad.setdefault(session.dyad, []).append(pair)
        enough = len(dyads) >= MIN_DYADS
        pairing = (
            permute_pairs(
                by_dyad,
                rng=make_rng(surrogates.seed, "pairing", label),
                n=surrogates.n,
                criteria=criteria,
            )
            if enough
            else None
        )
        combined = combine_rotations(
            pairs,
            rng=make_rng(surrogates.seed, "combined", label),
            n=surrogates.n,
            blocks="auto" if surrogates.block_s is None else surrogates.block_s,
            criteria=criteria,
            beside_pairing=enough,
        )
        few = f"{len(dyads)} dyads: re-pairing strangers needs {MIN_DYADS} or more."
        tests.append(PhaseChance(label, pairing, combined, no_pairing="" if enough else few))
    return tests
