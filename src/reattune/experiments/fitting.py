"""The model fitted to a study: every dyad, what it can tell, and whether the model fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from reattune.core.errors import ReadError, ReattuneError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.study import Progress, Study
from reattune.experiments.choosing import choose_codebook
from reattune.experiments.fit_result import DyadFit, StudyFit
from reattune.experiments.predictive import check_predictions
from reattune.experiments.predictive_result import Predictive, pool_predictive
from reattune.experiments.simulating import TRUTH
from reattune.models.codebooks import Codebook
from reattune.models.coordinates import FREE, REPORTED, check_free
from reattune.models.fit import Design, fit_session
from reattune.models.fit_comparison import MIN_DYADS as MIN_PER_GROUP
from reattune.models.fit_comparison import FitComparison, compare_fits
from reattune.models.fitted import Fit
from reattune.models.identifiability import identify
from reattune.models.pooling import MIN_DYADS, PooledFit, fit_dyads
from reattune.models.priors import Prior
from reattune.models.reading import read_path
from reattune.models.residuals import Residuals, find_residuals
from reattune.provenance import make_rng
from reattune.results import Failure


def fit_study(
    study: Study | Iterable[Session],
    *,
    codebook: str | Path | Codebook | None = None,
    stream: str | None = None,
    focal: str | None = None,
    prior: Prior | None = None,
    design: Design = "auto",
    free: Sequence[str] = FREE,
    pooled: bool | None = None,
    learning: bool = False,
    by: str | None = None,
    simulations: int = 200,
    uncertainty: bool = True,
    permutations: int = 999,
    seed: int = 1,
    on_progress: Progress | None = None,
) -> StudyFit:
    """The model fitted to every dyad of a study, with what speaks for and against it.

    Parameters
    ----------
    study : Study or iterable of Session
    codebook, stream, focal
        As in `choosing.choose_codebook`.
    prior : Prior, optional
        Dyads in general, and the time unit; the ordinary dyad at play when absent. See
        `choosing.make_prior`.
    design, free, learning
        As in `fit_session`.
    pooled : bool, optional
        Fit dyads together, each leaning on the others. By default from 5 dyads on.
    by : str, optional
        A column of the sessions table with two values: compare these groups of dyads.
    simulations : int, default 200
        For the predictive check; 0 leaves it out.
    uncertainty : bool, default True
        Whether the predictive check draws parameters as uncertain as the fit is.
    permutations : int, default 999
        For the comparison of groups.
    seed : int, default 1
        Every dyad has a generator of its own made from it.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    StudyFit

    Raises
    ------
    ReadError
        When nothing can be read.
    SettingError
        When no codebook fits, or the column does not make two groups.
    """
    chosen = check_free(free)
    study = study if isinstance(study, Study) else Study.from_sessions(study)
    groups = find_groups(study, by) if by is not None else {}
    prior = prior or Prior()
    sessions, lost = study.load_all(on_progress)
    failures = [Failure(f.session, f.file, f.message) for f in lost]
    if not sessions:
        told = failures[0].message if failures else "it holds no session"
        raise ReadError(f"no session could be read: {told}")
    book = choose_codebook(sessions, codebook, stream=stream, focal=focal)
    by_dyad: dict[str, list[Session]] = {}
    for session in sessions:
        try:
            read_path(session, book, prior.base)
        except ReattuneError as error:
            source = str(session.meta.get("source", ""))
            failures.append(Failure(session.id, source, str(error)))
        else:
            by_dyad.setdefault(session.dyad, []).append(session)
    if not by_dyad:
        raise SettingError(
            "codebook", book.name, f"one that some session fits: {failures[-1].message}"
        )
    how = {"codebook": book, "design": design, "prior": prior, "free": chosen}
    own = _fit_each(by_dyad, how, learning, failures, on_progress)
    if not own:
        raise SettingError(
            "codebook", book.name, f"one that the model can produce: {failures[-1].message}"
        )
    sound = [dyad for dyad, fit in own.items() if fit.converged]
    together = _fit_together(
        {dyad: by_dyad[dyad] for dyad in sound}, how, learning, pooled, on_progress
    )
    fits = {dyad: fit if together is None or dyad not in sound else together[dyad]
            for dyad, fit in own.items()}  # fmt: skip
    dyads = []
    for at, (dyad, fit) in enumerate(fits.items()):
        if on_progress:
            on_progress(at, len(fits), f"checking {dyad}")
        dyads.append(
            DyadFit(
                dyad,
                groups.get(dyad, ""),
                tuple(by_dyad[dyad]),
                own[dyad],
                fit,
                identify(fit),
                _residuals([fit]),
                _predict(fit, by_dyad[dyad], book, simulations, uncertainty, seed),
                _find_truth(by_dyad[dyad]),
            )
        )
    notes = list(study.notes)
    return StudyFit(
        name=study.name,
        codebook=book,
        dyads=tuple(dyads),
        pooled=together,
        residuals=_residuals([one.fit for one in dyads]) if len(dyads) > 1 else None,
        predictive=_predict_all(dyads),
        comparison=_compare(dyads, groups, permutations, seed, notes) if groups else None,
        failures=tuple(failures),
        settings={
            "prior": prior.to_dict(),
            "codebook": describe_codebook(book),
            "design": design,
            "free": list(chosen),
            "pooled": together is not None,
            "learning": learning,
            "by": by,
            "simulations": simulations,
            "uncertainty": uncertainty,
            "permutations": permutations,
            "seed": seed,
            "versions": find_versions(),
            "inputs": [
                {
                    "session": session.id,
                    "source": session.meta.get("source", ""),
                    "sha256": session.meta.get("sha256", ""),
                }
                for one in dyads
                for session in one.sessions
            ],
        },
        notes=tuple(notes),
    )


def find_groups(study: Study, by: str) -> dict[str, str]:
    """Dyad -> one of two values of a column.

    Raises
    ------
    SettingError
        When there is no such column, a dyad has several values, or there are not two of them.
    """
    known = dict.fromkeys(key for row in study.covariates.values() for key in row)
    if by not in known:
        raise SettingError("by", by, "a column of the sessions table." + did_you_mean(by, known))
    found: dict[str, str] = {}
    for entry in study.entries:
        value = entry.covariates.get(by)
        if value is None or value == "":
            continue
        if found.setdefault(entry.dyad, str(value)) != str(value):
            told = f"a column that is the same in all sessions of a dyad; {entry.dyad} has several"
            raise SettingError("by", by, told)
    values = sorted(set(found.values()))
    if len(values) != 2:
        shown = ", ".join(values[:8]) + (", ..." if len(values) > 8 else "")
        raise SettingError("by", by, f"a column with two values; it has {len(values)}: {shown}")
    return found


def _fit_each(
    by_dyad: dict[str, list[Session]],
    how: Mapping[str, object],
    learning: bool,
    failures: list[Failure],
    on_progress: Progress | None,
) -> dict[str, Fit]:
    """Every dyad by itself; sessions the model cannot produce leave ``by_dyad``."""
    fits: dict[str, Fit] = {}
    for at, dyad in enumerate(list(by_dyad)):
        if on_progress:
            on_progress(at, len(by_dyad), f"fitting {dyad}")

        def fit(sessions: Sequence[Session], dyad: str = dyad) -> Fit:
            lived = learning and len(sessions) > 1
            return fit_session(sessions, **how, learning=lived, name=dyad)  # type: ignore[arg-type]

        try:
            fits[dyad] = fit(by_dyad[dyad])
            continue
        except ReattuneError as error:
            if len(by_dyad[dyad]) == 1:
                failures.append(Failure(by_dyad[dyad][0].id, "", str(error)))
                continue
        kept = _drop_impossible(by_dyad[dyad], fit, failures)
        by_dyad[dyad] = kept
        try:
            if kept:
                fits[dyad] = fit(kept)
        except ReattuneError as error:
            failures.append(Failure(dyad, "", str(error)))
    return fits


def _drop_impossible(
    sessions: Sequence[Session],
    fit: Callable[[Sequence[Session]], Fit],
    failures: list[Failure],
) -> list[Session]:
    kept = []
    for session in sessions:
        try:
            fit([session])
        except ReattuneError as error:
            source = str(session.meta.get("source", ""))
            failures.append(Failure(session.id, source, str(error)))
        else:
            kept.append(session)
    return kept


def _fit_together(
    by_dyad: Mapping[str, Sequence[Session]],
    how: Mapping[str, object],
    learning: bool,
    pooled: bool | None,
    on_progress: Progress | None,
) -> PooledFit | None:
    if pooled is False or not by_dyad or (pooled is None and len(by_dyad) < MIN_DYADS):
        return None
    if on_progress:
        on_progress(0, 1, f"fitting {len(by_dyad)} dyads together")
    return fit_dyads(
        list(by_dyad.values()),
        names=list(by_dyad),
        **how,  # type: ignore[arg-type]
        learning=learning,
    )


def _residuals(fits: Sequence[Fit]) -> Residuals | None:
    known = [fit for fit in fits if fit.design == "events"]
    return find_residuals(known) if known else None


def _predict(
    fit: Fit,
    sessions: Sequence[Session],
    book: Codebook,
    n: int,
    uncertainty: bool,
    seed: int,
) -> Predictive | None:
    if n == 0:
        return None
    rng = make_rng(seed, "predictive", fit.id)
    return check_predictions(fit, sessions, codebook=book, n=n, uncertainty=uncertainty, rng=rng)


def _predict_all(dyads: Sequence[DyadFit]) -> Predictive | None:
    found = [one.predictive for one in dyads if one.predictive is not None and one.fit.converged]
    return pool_predictive(found) if len(found) > 1 else None


def _compare(
    dyads: Sequence[DyadFit],
    groups: Mapping[str, str],
    permutations: int,
    seed: int,
    notes: list[Note],
) -> FitComparison | None:
    names = tuple(sorted(set(groups.values())))
    sides = [
        [one.own for one in dyads if one.group == name and one.own.converged] for name in names
    ]
    if min(map(len, sides)) < MIN_PER_GROUP:
        told = " and ".join(
            f"{len(side)} in {name}" for side, name in zip(sides, names, strict=True)
        )
        message = (
            f"Groups were not compared: {told}; at least {MIN_PER_GROUP} fitted dyads in each."
        )
        notes.append(Note("not_compared", message, level="warning"))
        return None
    return compare_fits(
        *sides,
        groups=(names[0], names[1]),
        n_permutations=permutations,
        rng=make_rng(seed, "groups"),
    )


def _find_truth(sessions: Sequence[Session]) -> dict[str, float]:
    """The parameters a simulated dyad has in its sessions' ``meta``."""
    found: dict[str, float] = {}
    for name in (*FREE, *REPORTED):
        value = sessions[0].meta.get(TRUTH + name)
        if isinstance(value, int | float) and np.isfinite(value):
            found[name] = float(value)
    return found


def find_versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    from importlib.metadata import version

    return {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")}


def describe_codebook(book: Codebook) -> dict[str, object]:
    """JSON-safe: every code, and the state it is read as."""
    return {
        "name": book.name,
        "stream": book.stream,
        "focal": book.partners[0],
        "responder": book.partners[1],
        "focal_codes": list(book.focal),
        "responder_codes": list(book.responder),
        "read_as": {
            "focal": dict(book.focal_back),
            "responder": dict(book.responder_back),
        },
        "approximate": book.approximate,
        "source": book.source,
    }
