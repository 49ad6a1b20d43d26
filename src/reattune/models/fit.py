"""Fitting the mechanistic model to the coded sessions of one dyad."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.models.coordinates import FREE, check_free, place
from reattune.models.fitted import Fit
from reattune.models.likelihood import explain_impossible
from reattune.models.objective import Objective
from reattune.models.panel import Grid
from reattune.models.path import FOCAL, RESPONDER, Path
from reattune.models.priors import Prior
from reattune.models.reading import Data, read_data

if TYPE_CHECKING:
    from reattune.models.codebooks import Codebook

FloatArray = NDArray[np.float64]
Design = Literal["auto", "events", "interval"]

# Fewer scored changes of both partners together: the prior is given back, with a note.
MIN_CHANGES = 2


def fit_session(
    session: Data | Sequence[Data],
    *,
    codebook: Codebook | None = None,
    design: Design = "auto",
    prior: Prior | None = None,
    free: Sequence[str] = FREE,
    learning: bool = False,
    name: str = "",
) -> Fit:
    """The parameters of one dyad from one or several of its sessions.

    Parameters
    ----------
    session : Session, Record, Path, Grid, or a sequence of them in order of time
    codebook : Codebook, optional
        Which label of a `Session` stands for which state. The model's own names
        when absent.
    design : {"auto", "events", "interval"}, default "auto"
        "events": times of change are known. "interval": states are known on a grid, changes
        between its moments are not. "auto": interval where the coding step of a session is longer
        than 0.25 time units; a `Record` is taken as events.
    prior : Prior, optional
        Dyads in general; the ordinary dyad at play when absent.
    free : sequence of str
        What is moved; the rest is held at the prior's centre. See `coordinates.COORDINATES`.
    learning : bool, default False
        With several sessions coded as events: let tolerance and trust move between them.
    name : str, optional
        What the fit is called; the session's dyad when absent.

    Returns
    -------
    Fit

    Raises
    ------
    SettingError
        When a change was seen that the model cannot produce, with the change.

    Notes
    -----
    Maximum of log likelihood + log prior by L-BFGS-B (Byrd, Lu, Nocedal & Zhu 1995), on the log
    scale for rates; standard errors from the curvature there (Laplace). With fewer than two scored
    changes the prior is handed back, with a note.

    Examples
    --------
    >>> from reattune.models.record import Record
    >>> seen = Record([2.0, 5.0, 7.5], [0, 1, 0], [3, 3, 2], [0.0], [0], 2, 2, 0.3, 10.0)
    >>> fit = fit_session(seen)
    >>> fit.converged, fit.focal_changes, fit.standing("contingent_per_s")
    (True, 2, 'mostly prior')
    """
    check_option("design", design, ("auto", "events", "interval"))
    names = check_free(free)
    base = prior or Prior()
    label, data, notes = read_data(session, codebook, design, base.base)
    if codebook is not None:
        base = base.seen_through(codebook)
    if learning and (len(data) < 2 or not isinstance(data[0], Path)):
        raise SettingError("learning", True, "False, unless several sessions have events")
    return fit_data(data, names, base, learning=learning, name=name or label, notes=notes)


def fit_data(
    data: tuple[Path, ...] | tuple[Grid, ...],
    free: tuple[str, ...],
    prior: Prior,
    *,
    learning: bool = False,
    name: str = "",
    notes: Sequence[Note] = (),
    start: FloatArray | None = None,
) -> Fit:
    """`fit_session` for sessions that are already read; ``start`` is where the search begins."""
    from scipy.optimize import minimize

    goal = Objective(data, free, prior, learning)
    centre = prior.mean(free)
    found = list(notes)
    counts = [sum(item.count(who) for item in data) for who in (FOCAL, RESPONDER)]
    if sum(counts) < MIN_CHANGES:
        message = f"{sum(counts)} scored changes: too few to fit; the prior is given back"
        found.append(Note("too_little_seen", message + ".", where=name, level="warning"))
        moved, converged = centre, False
        information = np.zeros((len(free), len(free)))
    else:
        if not math.isfinite(goal.likelihood(centre)):
            raise SettingError("session", name or "session", _explain(prior, data, free, centre))
        done = minimize(
            goal.penalised,
            centre if start is None else start,
            jac=True,
            method="L-BFGS-B",
            bounds=goal.bounds,
            options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-6},
        )
        moved, information = np.asarray(done.x), goal.information(np.asarray(done.x))
        converged, message = _judge(goal, moved, information, str(done.message))
    edge = [
        n
        for n, v, (low, high) in zip(free, moved, goal.bounds, strict=True)
        if v - low < 1e-6 or high - v < 1e-6
    ]
    covariance, sound = _invert(information + np.diag(prior.sd(free) ** -2.0))
    if not sound and sum(counts) >= MIN_CHANGES:
        converged, message = False, "the curvature at the end is not that of a maximum"
    parameters = place(prior.base, free, moved)
    unit = parameters.time_unit_s
    grid = data[0] if data and isinstance(data[0], Grid) else None
    found += _warn(converged, message, edge, name, sum(counts))
    return Fit(
        id=name,
        parameters=parameters,
        free=free,
        estimate=moved,
        covariance=covariance,
        information=information,
        prior=prior,
        log_likelihood=goal.likelihood(moved),
        design="events" if grid is None else "interval",
        converged=converged,
        message=message,
        at_bounds=tuple(edge),
        sessions=len(data),
        focal_changes=counts[0],
        responder_changes=counts[1],
        observed_s=sum(item.observed for item in data) * unit,
        challenged_s=sum(item.challenged for item in data) * unit,
        step_s=float("nan") if grid is None else grid.step * unit,
        learning=learning,
        settings={
            "design": "events" if grid is None else "interval",
            "free": list(free),
            "prior": prior.to_dict(),
            "learning": learning,
        },
        notes=tuple(found),
        data=data,
    )


def _judge(
    goal: Objective, moved: FloatArray, information: FloatArray, message: str
) -> tuple[bool, str]:
    """Whether the search ended at a maximum: how far one more Newton step would go."""
    _, gradient = goal.penalised(moved)
    inside = np.array(
        [low + 1e-6 < v < high - 1e-6 for v, (low, high) in zip(moved, goal.bounds, strict=True)]
    )
    curvature = information + np.diag(goal.prior.sd(goal.free) ** -2.0)
    if not inside.any():
        return True, message
    part = curvature[np.ix_(inside, inside)]
    try:
        step = np.linalg.solve(part, gradient[inside])
        spread = np.sqrt(np.abs(np.diag(np.linalg.inv(part))))
    except np.linalg.LinAlgError:
        return False, "the curvature at the end cannot be inverted"
    further = float(np.max(np.abs(step) / np.maximum(spread, 1e-12)))
    if further > 0.02:
        return False, f"the search stopped {further:.2g} standard errors away from a maximum"
    return True, message


def _invert(curvature: FloatArray) -> tuple[FloatArray, bool]:
    values, vectors = np.linalg.eigh(curvature)
    sound = bool(values.min() > 1e-8)
    kept = np.maximum(values, 1e-8)
    return (vectors / kept) @ vectors.T, sound


def _explain(
    prior: Prior,
    data: tuple[Path, ...] | tuple[Grid, ...],
    free: tuple[str, ...],
    centre: FloatArray,
) -> str:
    parameters = place(prior.base, free, centre)
    paths = [item for item in data if isinstance(item, Path)]
    reason = explain_impossible(parameters, paths)
    if not reason:
        reason = "two neighbouring interval codes cannot follow each other"
    return f"changes the model can produce; {reason}. Change the codebook or the prior."


def _warn(converged: bool, message: str, edge: Sequence[str], name: str, n: int) -> list[Note]:
    notes = []
    if not converged and n >= MIN_CHANGES:
        told = f"The search did not end at a maximum: {message}."
        notes.append(Note("not_converged", told, where=name, level="warning"))
    if edge:
        told = "At the edge of what is allowed: " + ", ".join(edge) + ". Their limits mean nothing."
        notes.append(Note("at_bounds", told, where=name, count=len(edge), level="warning"))
    return notes
