"""vary_settings: every combination of settings through the engine and its null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.study import Progress
from reattune.surrogates.decide import MIN_DYADS
from reattune.synchrony_multiverse.nested import make_nests
from reattune.synchrony_multiverse.outcomes import TOO_LONG, join_outcomes
from reattune.synchrony_multiverse.pairing import repair_partners
from reattune.synchrony_multiverse.records import Record, Records, Smoothed, collect
from reattune.synchrony_multiverse.redraw import redraw
from reattune.synchrony_multiverse.result import JointTest, Outcome, SynchronyMultiverse
from reattune.synchrony_multiverse.settings import SettingsGrid
from reattune.synchrony_pipeline.prepare import Preparation, choose_rate
from reattune.synchrony_pipeline.result import SynchronyAnalysis

# With fewer a two-sided p cannot reach .05.
FEWEST = 39


def vary_settings(
    records: Records,
    grid: SettingsGrid | None = None,
    *,
    stream: str | None = None,
    phase: str | None = None,
    preparation: Preparation | None = None,
    surrogates: int = 199,
    blocks: float | str | None = "auto",
    seed: int = 1,
    notes: Sequence[Note] = (),
    on_progress: Progress | None = None,
) -> SynchronyMultiverse:
    """The synchrony of records beside chance under every combination of settings.

    Parameters
    ----------
    records : Session, SynchronyAnalysis, (Signal, Signal), a sequence of these, or a mapping
        A mapping takes dyads to a pair of raw signals or a sequence of them, one per session.
    grid : SettingsGrid, optional
    stream : str, optional
        Name of the signal, where sessions have several.
    phase : str, optional
        One phase of every session, or ``"all"`` for whole records. Needed where there are several.
    preparation : Preparation, optional
        Rate and outliers, those of a result by default; its smoothing is replaced by the grid's.
    surrogates : int, default 199
        Per null.
    blocks : "auto", float or None
        Of the rotation, see `reattune.synchrony_tests.plan_moves`. All window lengths share the
        blocks of the longest, so that they share their surrogates.
    seed : int, default 1
    notes : sequence of Note
        What reading found, to stand with the result.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    SynchronyMultiverse

    Raises
    ------
    SettingError
        Where nothing can be compared: no records, signals both partners do not have, fewer than
        six dyads for pairing, or windows longer than every record.

    Notes
    -----
    All lags and steps of one window length use the windows that fit its largest lag, so they differ
    in nothing else. With the largest lag and the densest step the statistic equals that of
    `reattune.synchrony_tests.compare_record`. A record with fewer than ten windows for a
    combination is left out of it. How the joint tests work is said in
    `reattune.synchrony_multiverse.joint.join`.

    Examples
    --------
    >>> import numpy as np
    >>> from reattune import Signal
    >>> rng = np.random.default_rng(3)
    >>> x, y = (Signal(who, "motion", rng.normal(size=1500), 5.0) for who in ("a", "b"))
    >>> grid = SettingsGrid(window_s=(10, 20), max_lag_s=(2,), step_s=(5,), smoothing_s=(0,))
    >>> found = vary_settings((x, y), grid, surrogates=39)
    >>> len(found.outcomes), found.joint[0].n_combinations
    (4, 2)
    """
    grid = grid or SettingsGrid()
    if preparation is None:
        preparation = (
            records.preparation if isinstance(records, SynchronyAnalysis) else Preparation()
        )
    if surrogates < FEWEST:
        raise SettingError("surrogates", surrogates, f"at least {FEWEST}, for a p of .05")
    found = collect(records, stream, phase, preparation)
    n_dyads = len({record.dyad for record in found})
    nulls = grid.null or ("rotate", *(["pairing"] if n_dyads >= MIN_DYADS else []))
    if "pairing" in nulls and n_dyads < MIN_DYADS:
        raise SettingError("null", "pairing", f"at least {MIN_DYADS} dyads; there are {n_dyads}")
    rate, resample, rate_note = choose_rate([(r.first, r.second) for r in found], preparation)
    nests = make_nests(grid, rate)
    made = [Smoothed(record, preparation, rate, resample=resample) for record in found]
    rounds = _count_rounds(found)
    tell = _counter(
        on_progress, sum(rounds * len(nests) if n == "pairing" else len(found) for n in nulls)
    )
    outcomes: list[Outcome] = []
    joint: list[JointTest] = []
    limits = [str(note) for note in notes]
    limits += [str(rate_note)] if rate_note is not None else []
    for null in nulls:
        if null == "pairing":
            rows = repair_partners(
                found, made, nests, grid, surrogates=surrogates, seed=seed, tell=tell
            )
        else:
            rows, told = redraw(
                null, made, nests, grid, surrogates=surrogates, seed=seed, blocks=blocks, tell=tell
            )
            limits += told
        outcomes += [row.outcome for row in rows]
        joint += join_outcomes(rows, grid, null)
    if all(outcome.refused == TOO_LONG for outcome in outcomes):
        longest = max(one.n_samples / one.rate_hz for one in made)
        told_ = f"windows that, with the largest lag, fit the longest record ({longest:g} s)"
        raise SettingError("window_s", grid.window_s, told_)
    return SynchronyMultiverse(
        outcomes=tuple(outcomes),
        joint=tuple(joint),
        grid=grid,
        partners=made[0].partners,
        n_records=len(found),
        n_dyads=n_dyads,
        n_drawn=surrogates,
        notes=tuple(limits),
        settings={
            "grid": grid.to_dict(),
            "nulls": list(nulls),
            "preparation": {**preparation.to_dict(), "smooth_s": "as in the grid"},
            "rate_hz": rate,
            "stream": stream or found[0].first.name,
            "phase": phase,
            "surrogates": surrogates,
            "blocks": blocks,
            "seed": seed,
            "inputs": [{"session": r.id, "source": r.source, "sha256": r.sha256} for r in found],
            "versions": {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")},
        },
    )


def _counter(on_progress: Progress | None, total: int) -> Callable[[str], None]:
    done = 0

    def tell(what: str) -> None:
        nonlocal done
        if on_progress:
            on_progress(done, total, what)
        done += 1

    return tell


def _count_rounds(records: Sequence[Record]) -> int:
    """The largest number of sessions of a dyad."""
    counts: dict[str, int] = {}
    for record in records:
        counts[record.dyad] = counts.get(record.dyad, 0) + 1
    return max(counts.values())
