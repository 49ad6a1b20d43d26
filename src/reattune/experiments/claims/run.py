"""Run the claims: simulate every cell, take assumptions away one by one, judge every statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from math import nan

from reattune.core.errors import SettingError
from reattune.core.study import Progress
from reattune.experiments.claims import speed
from reattune.experiments.claims.ablations import ABLATIONS, WHOLE, Ablation
from reattune.experiments.claims.catalogue import CLAIMS
from reattune.experiments.claims.cells import Cell, FloatArray, Found, Lived
from reattune.experiments.claims.claim import Claim
from reattune.experiments.claims.designs import ORDINARY
from reattune.experiments.claims.estimates import Estimate, estimate_mean, estimate_share
from reattune.experiments.claims.plan import QUICK_DYADS, Plan
from reattune.experiments.claims.result import ClaimsResult, Finding, Number
from reattune.models import new_state
from reattune.provenance import make_rng

# The model keeps tolerance within these.
TOLERANCE_FLOOR, TOLERANCE_CAP = 0.35, 3.0
Task = tuple[Claim, Ablation, Cell]


def run_claims(
    *,
    dyads: int | None = None,
    sessions: int = 150,
    claims: Iterable[int] = (1, 2, 3, 4, 5),
    ablations: bool = True,
    quick: bool = False,
    seed: int = 1,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> ClaimsResult:
    """The theory's five claims, rerun on the mechanistic model.

    Parameters
    ----------
    dyads : int, default 400
        Random dyads of claim 2. Every setting of the other sweeps gets a tenth of them, every
        field of the map a fiftieth. 40 where ``quick``.
    sessions : int, default 150
        Of ten minutes, that every dyad lives; therapies have two fifths of them.
    claims : iterable of int, default (1, 2, 3, 4, 5)
    ablations : bool, default True
        Run each claim again without one assumption after the other, six times in all.
    quick : bool, default False
        A run of seconds to see what comes out; too small to judge by.
    seed : int, default 1
        Equal seeds give equal results, whatever ``workers`` and the other claims are.
    workers : int, default 1
        Threads.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    ClaimsResult

    Raises
    ------
    SettingError
        For a claim there is not, or a size out of range.

    Notes
    -----
    The claims are those of Tronick (1989, American Psychologist 44, 112-119), Schore (1994, Affect
    Regulation and the Origin of the Self) and Safran and Muran (2000, Negotiating the Therapeutic
    Alliance), as far as a simulation can take them up. A statement *holds* when the limits of its
    difference lie above the smallest one that counts (.05 unless it says otherwise). That it holds
    says what follows from the model's rules; it is no evidence that people follow them.

    Examples
    --------
    >>> from reattune.experiments.claims import run_claims
    >>> found = run_claims(claims=[4], ablations=False, dyads=40, sessions=60)
    >>> found.find(4, "small repairs assure").verdict
    'holds'
    """
    chosen = _choose(claims)
    plan = Plan(
        dyads=dyads if dyads is not None else QUICK_DYADS if quick else 400,
        sessions=sessions,
        seed=seed,
        quick=quick,
    )
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 256:
        raise SettingError("workers", workers, "a whole number from 1 to 256")
    variants = (WHOLE, *ABLATIONS) if ablations else (WHOLE,)
    tasks = [
        (claim, variant, cell)
        for variant in variants
        for claim in chosen
        for cell in claim.build(plan, variant)
    ]
    lived = _live_all(tasks, plan, workers, on_progress)
    numbers: list[Number] = []
    findings: list[Finding] = []
    columns: dict[str, tuple[float, ...]] = {}
    for claim in chosen:
        for variant in variants:
            found = {
                (cell.part, cell.name): result
                for (own, at, cell), result in zip(tasks, lived, strict=True)
                if own is claim and at is variant
            }
            cells = [cell for own, at, cell in tasks if own is claim and at is variant]
            numbers += _count(claim, variant, cells, found, plan)
            findings += _judge(claim, variant, found, plan, findings)
            if claim.build is speed.build and variant is WHOLE:
                columns = {key: tuple(map(float, v)) for key, v in speed.join(found).items()}
    return ClaimsResult(
        tuple(numbers), tuple(findings), columns, _settings(plan, chosen, variants[1:])
    )


def _choose(claims: Iterable[int]) -> list[Claim]:
    wanted = set()
    for number in claims:
        if isinstance(number, bool) or number not in CLAIMS:
            raise SettingError("claims", number, f"some of {', '.join(map(str, CLAIMS))}")
        wanted.add(int(number))
    if not wanted:
        raise SettingError("claims", (), "one claim or more")
    return [CLAIMS[number] for number in sorted(wanted)]


def _live_all(
    tasks: Sequence[Task], plan: Plan, workers: int, on_progress: Progress | None
) -> list[Lived]:
    """What every cell lived; each has a generator of its own, named after claim, part and cell.

    A cell without an assumption gets the same generator as with it, so that what differs is the
    assumption.
    """

    def live(task: Task) -> Lived:
        claim, _, cell = task
        return cell.live(make_rng(plan.seed, "claims", str(claim.number), cell.part, cell.name))

    out = []
    with ThreadPoolExecutor(workers) as pool:
        for (claim, variant, _), found in zip(tasks, pool.map(live, tasks), strict=True):
            out.append(found)
            if on_progress:
                without = f", {variant.name.replace('_', ' ')}" if variant.name else ""
                on_progress(len(out), len(tasks), f"claim {claim.number}{without}")
    return out


def _count(
    claim: Claim, variant: Ablation, cells: Sequence[Cell], found: Found, plan: Plan
) -> list[Number]:
    rows = []
    for cell in cells:
        lived = found[cell.part, cell.name]
        head = (claim.number, cell.part, variant.name, cell.name, cell.x)
        if cell.part != speed.RANDOM:
            for outcome, values in lived.values.items():
                rows.append(Number(*head, 0, outcome, _estimate(outcome, values)))
        if variant is WHOLE:
            for outcome, table in lived.courses.items():
                for at in range(table.shape[1]):
                    rows.append(Number(*head, at + 1, outcome, _estimate(outcome, table[:, at])))
    for (part, name, outcome), estimate in claim.count(found, plan).items():
        rows.append(Number(claim.number, part, variant.name, name, nan, 0, outcome, estimate))
    return rows


def _estimate(outcome: str, values: FloatArray) -> Estimate:
    """Over dyads, within what the outcome can be."""
    if outcome == "collapsed_prop":
        return estimate_share(values)
    if outcome.endswith("_prop") or outcome.startswith("trust"):
        return estimate_mean(values, 0.0, 1.0)
    if outcome.startswith("confident_trust"):  # a lower limit, which may lie under 0
        return estimate_mean(values, highest=1.0)
    if outcome.startswith("tolerance"):
        return estimate_mean(values, TOLERANCE_FLOOR, TOLERANCE_CAP)
    return estimate_mean(values, 0.0)


def _judge(
    claim: Claim, variant: Ablation, found: Found, plan: Plan, before: Sequence[Finding]
) -> list[Finding]:
    whole = {f.statement.name: f for f in before if f.claim == claim.number and not f.ablation}
    estimates = claim.judge(found, plan)
    out = []
    for statement in claim.statements:
        estimate = estimates[statement.name]
        full = whole.get(statement.name)
        kept = nan
        if full is not None and full.verdict == "holds":
            kept = estimate.value / full.estimate.value
        out.append(Finding(claim.number, statement, variant.name, estimate, kept))
    return out


def _start() -> dict[str, float]:
    """What a dyad that has lived nothing begins with."""
    state = new_state(ORDINARY)
    return {
        "tolerance": state.tolerance,
        "trust": state.trust,
        "confident_trust": state.confident_trust,
    }


def _settings(
    plan: Plan, chosen: Sequence[Claim], left_out: Sequence[Ablation]
) -> dict[str, object]:
    return {
        "claims": {str(claim.number): claim.title for claim in chosen},
        "dyads": plan.dyads,
        "dyads_per_setting": plan.cell_dyads,
        "dyads_per_field_of_the_map": plan.map_dyads,
        "sessions": plan.sessions,
        "session_s": 600,
        "therapy_sessions": plan.therapy_sessions,
        "quick": plan.quick,
        "start": _start(),
        "seed": plan.seed,
        "ablations": {item.name: dict(item.changes) for item in left_out},
        "versions": {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")},
    }
