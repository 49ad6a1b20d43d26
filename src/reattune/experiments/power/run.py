"""Run: many simulated studies of one design, in as many processes as are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from math import isnan
from typing import Protocol

from reattune.core.errors import SettingError
from reattune.core.study import Progress
from reattune.experiments.power.challenge import run_challenge
from reattune.experiments.power.chance import count_surrogates, run_chance
from reattune.experiments.power.design import Design
from reattune.experiments.power.estimates import Bias, Finding, Limit, average
from reattune.experiments.power.groups import PERMUTATIONS, run_groups
from reattune.experiments.power.load import run_load
from reattune.experiments.power.outcome import Key, Outcome
from reattune.experiments.power.precision import run_precision
from reattune.experiments.power.questions import EFFECT
from reattune.experiments.power.result import PowerResult
from reattune.surrogates.decide import WORDS

MAX_STUDIES, MAX_WORKERS = 100_000, 256
# Sessions times minutes that one run may simulate: some days of computing.
MAX_MINUTES_IN_ALL = 1e9
_CHUNK = 5


class Runner(Protocol):
    """Simulates one study of a design."""

    def __call__(self, design: Design, seed: int, study: int) -> Outcome:
        """What the study comes to."""


RUNNERS: dict[str, Runner] = {
    "group_difference": run_groups,
    "above_chance": run_chance,
    "growth_challenge": run_challenge,
    "growth_load": run_load,
    "precision": run_precision,
}


def estimate_power(
    design: Design | None = None,
    *,
    studies: int | None = None,
    seed: int = 1,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> PowerResult:
    """How often a study of this design finds what there is to find, by simulation.

    Parameters
    ----------
    design : Design, optional
        Two groups of 20 dyads and 5 minutes each by default.
    studies : int, optional
        Whole studies to simulate; the question's usual number by default.
    seed : int, default 1
        Equal seeds give equal results, whatever ``workers``. Two designs with one seed meet the
        same dyads and chances.
    workers : int, default 1
        Processes.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    PowerResult

    Raises
    ------
    SettingError
        For numbers out of range.

    Notes
    -----
    Dyads are drawn around a preset of the mechanistic model, live, are coded as the design says,
    and are tested by the functions that test real studies. That the model is right, and the rule
    the right one for it, is taken for granted: read power as an upper bound. Beside the planned
    effect every test meets a world in which there is nothing to find.

    Examples
    --------
    >>> from reattune.experiments.power import Design, estimate_power
    >>> found = estimate_power(Design("growth-challenge", dyads=12), studies=10)
    >>> found.power.rate.value > found.false_positive.rate.value
    True
    """
    plan = design or Design()
    n = plan.asked.studies if studies is None else studies
    _check("studies", n, 2, MAX_STUDIES)
    _check("seed", seed, 0, 2**63 - 1)
    _check("workers", workers, 1, MAX_WORKERS)
    total = n * plan.size("dyads") * plan.size("sessions") * plan.amount("minutes")
    if total > MAX_MINUTES_IN_ALL:
        raise SettingError("studies", n, f"a smaller plan: this one has {total:.2g} dyad-minutes")
    outcomes = []
    for found in _run_all(plan, seed, n, workers):
        outcomes += found
        if on_progress:
            on_progress(len(outcomes), n, "simulated studies")
    return _pool(plan, outcomes, seed)


def _check(name: str, got: object, low: int, high: int) -> None:
    if isinstance(got, bool) or not isinstance(got, int) or not low <= got <= high:
        raise SettingError(name, got, f"a whole number from {low:,} to {high:,}")


def _run_all(design: Design, seed: int, n: int, workers: int) -> Iterator[list[Outcome]]:
    chunks = [range(at, min(at + _CHUNK, n)) for at in range(0, n, _CHUNK)]
    if workers == 1:
        for chunk in chunks:
            yield _run(design, seed, chunk)
        return
    with ProcessPoolExecutor(min(workers, len(chunks))) as pool:
        jobs = [pool.submit(_run, design, seed, chunk) for chunk in chunks]
        for job in jobs:
            yield job.result()


def _run(design: Design, seed: int, chunk: Sequence[int]) -> list[Outcome]:
    runner = RUNNERS[design.question]
    return [runner(design, seed, study) for study in chunk]


def _pool(design: Design, outcomes: Sequence[Outcome], seed: int) -> PowerResult:
    asked = design.asked
    quantities = {(q.world, name) for q in asked.quantities for name in (q.naive, q.truth)}
    others = [
        (world, name)
        for world, name in outcomes[0].values
        if (world, name) not in quantities and world == EFFECT and not name.startswith("close ")
    ]
    return PowerResult(
        design,
        tuple(_find_all(design, outcomes)),
        tuple(
            Bias(
                *(q.name, q.label, q.unit, q.world),
                average(_take(outcomes, (q.world, q.naive))),
                average(_take(outcomes, (q.world, q.truth))),
                average(o.values[q.world, q.naive] - o.values[q.world, q.truth] for o in outcomes),
            )
            for q in asked.quantities
        ),
        tuple(_limit(outcomes)),
        {name: average(_take(outcomes, (world, name))) for world, name in others},
        len(outcomes),
        _settings(design, len(outcomes), seed),
    )


def _take(outcomes: Sequence[Outcome], key: Key) -> list[float]:
    return [outcome.values[key] for outcome in outcomes]


def _find_all(design: Design, outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    n = len(outcomes)
    for world in design.asked.worlds:
        for test in design.asked.tests:
            close = (world, f"close {test.name}")
            if close in outcomes[0].values:
                values = _take(outcomes, close)
                hits = [value == 1 for value in values]
            elif (world, test.name) in outcomes[0].p:
                values = [outcome.p[world, test.name] for outcome in outcomes]
                hits = [p <= design.alpha for p in values]
            else:
                continue
            refused = sum(isnan(value) for value in values)
            yield Finding(world, test.name, test.label, test.naive, sum(hits), n, refused)


def _limit(outcomes: Sequence[Outcome]) -> Iterator[Limit]:
    found: dict[str, float] = {}
    for outcome in outcomes:
        for code, share in outcome.codes.items():
            found[code] = found.get(code, 0.0) + share
    for code, total in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        share = min(1.0, round(total / len(outcomes), 9))
        name = code.removeprefix("study ")
        whole = name != code or name not in WORDS
        yield Limit(name if name in WORDS else "", WORDS.get(name, name), share, whole)


def _settings(design: Design, studies: int, seed: int) -> dict[str, object]:
    from reattune.experiments.power.see import make_rule

    return {
        "design": design.to_dict(),
        "effect_is": design.asked.effect_is,
        "rule": make_rule(design.codebook).match.describe(),
        "studies": studies,
        "seed": seed,
        "permutations": PERMUTATIONS,
        "surrogates": count_surrogates(design),
        "versions": {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")},
    }
