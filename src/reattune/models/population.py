"""Population: centre and spread of dyads from what each one's data say, in closed form.

Each dyad's likelihood is taken as normal around its maximum, summed up by its curvature L and by
r = L times the maximum. Neither has to be invertible: a dyad whose data say nothing of a parameter
takes no part in its estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from reattune.models.fitted import Fit

FloatArray = NDArray[np.float64]

SD_FLOOR = 0.02
_ROUNDS, _DONE = 2000, 1e-6
# What the spread that was expected is worth, in dyads; how far the centre may go, in spreads.
_WORTH, _LEASH = 2.0, 3.0
_TOLD = 0.05
_FURTHER = 1.5


@dataclass(frozen=True, eq=False)
class Population:
    """Dyads as normal around a line in their covariates.

    Attributes
    ----------
    effects : float array, shape (q, d)
        Centre (first row) and what each covariate adds, on the moved scale.
    covariance : float array, shape (q d, q d)
        Of the effects, row after row.
    sd : float array, shape (d,)
        Spread between dyads beside the covariates.
    settled : bool
    """

    effects: FloatArray
    covariance: FloatArray
    sd: FloatArray
    settled: bool


def sum_up(fits: Sequence[Fit]) -> tuple[FloatArray, FloatArray]:
    """Curvature L, (n, d, d), and r, (n, d), of each dyad's likelihood, its prior taken out.

    Directions in which the data took away less than a twentieth of what the prior left open are
    taken as not told at all: there the likelihood is no hill, and its top cannot be extrapolated.
    """
    curvatures, pulls = [], []
    for fit in fits:
        sd = fit.prior.sd(fit.free)
        values, vectors = np.linalg.eigh(fit.information * np.outer(sd, sd))
        kept = np.where(values > _TOLD, values, 0.0)
        curvatures.append((vectors * kept) @ vectors.T / np.outer(sd, sd))
        # At the maximum of the posterior the likelihood's slope is what the prior pulls with.
        away = (fit.estimate - fit.prior.mean(fit.free)) / sd
        pull = vectors.T @ away + kept * (vectors.T @ (fit.estimate / sd))
        pulls.append(vectors @ np.where(kept > 0, pull, 0.0) / sd)
    return np.array(curvatures), np.array(pulls)


def step_population(
    estimates: FloatArray,
    covariances: FloatArray,
    centre: FloatArray,
    sd: FloatArray,
    expected: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """The next centre and spread, from dyads fitted under the present ones.

    Parameters
    ----------
    estimates, covariances : float arrays, shapes (n, d) and (n, d, d)
        Of the dyads' posteriors.
    centre, sd : float arrays, shape (d,)
    expected : (float array, float array)
        Centre and spread before any data: the centre is held near it by a leash of 3 spreads, and
        for the spread it counts as 2 dyads.

    Notes
    -----
    The centre takes a Newton step, of at most one spread, toward where the dyads' pulls balance
    (EM would go the same way in many small steps where dyads tell little). The spread takes an EM
    step and half as much again on the log scale.
    """
    n = len(estimates)
    hold = (_LEASH * expected[1]) ** -2.0
    precision = np.diag(sd**-2.0)
    pull = ((estimates - centre) * sd**-2.0).sum(axis=0) + (expected[0] - centre) * hold
    stiffness = (precision - precision @ covariances @ precision).sum(axis=0) + np.diag(hold)
    step = np.linalg.solve(stiffness, pull)
    fresh = centre + step * min(1.0, 1.0 / max(float(np.abs(step / sd).max()), 1e-12))
    squares = (estimates - fresh) ** 2 + np.einsum("nii->ni", covariances)
    spread = np.sqrt((squares.sum(axis=0) + _WORTH * expected[1] ** 2) / (n - 1 + _WORTH))
    return fresh, np.maximum(sd * (spread / sd) ** _FURTHER, SD_FLOOR)


def estimate_population(
    curvatures: FloatArray,
    pulls: FloatArray,
    sd: FloatArray,
    covariates: FloatArray | None = None,
    *,
    hold_sd: bool = False,
) -> Population:
    """Centre, covariate effects and spread, by EM from spread ``sd``, (d,).

    Parameters
    ----------
    curvatures, pulls : float arrays, shapes (n, d, d) and (n, d)
        Of `sum_up`.
    sd : float array, shape (d,)
        Where the spread starts; it counts as much as what 2 further dyads would show.
    covariates : float array, shape (n, q), optional
        The first column 1; only that when absent.
    hold_sd : bool
        Leave the spread as it is.

    Notes
    -----
    For a given spread the effects are generalised least squares with weights
    (L^-1 + Omega)^-1 = L - L (L + Omega^-1)^-1 L. The spread is the mean squared distance of the
    dyads from the line plus what is not known of each, over n - q in place of n, with the expected
    spread counted in as 2 dyads (without that, a parameter that no dyad tells would run away).
    """
    n, d = pulls.shape
    x = np.ones((n, 1)) if covariates is None else covariates
    q = x.shape[1]
    sd = np.maximum(np.array(sd, dtype=np.float64), SD_FLOOR)
    expected = sd.copy()
    settled = hold_sd
    effects, covariance = np.zeros((q, d)), np.eye(q * d)
    for _ in range(_ROUNDS):
        effects, covariance = fit_line(*weigh(curvatures, pulls, sd), x)
        if hold_sd:
            break
        inverse = np.linalg.inv(curvatures + np.diag(sd**-2.0))
        lines = x @ effects
        centres = np.einsum("nij,nj->ni", inverse, pulls + lines * sd**-2.0)
        squares = (centres - lines) ** 2 + np.einsum("nii->ni", inverse)
        known = squares.sum(axis=0) + _WORTH * expected**2
        fresh = np.maximum(np.sqrt(known / (max(n - q, 1) + _WORTH)), SD_FLOOR)
        moved = float(np.max(np.abs(np.log(fresh / sd))))
        sd = fresh
        if moved < _DONE:
            settled = True
            effects, covariance = fit_line(*weigh(curvatures, pulls, sd), x)
            break
    return Population(effects, covariance, sd, settled)


def weigh(
    curvatures: FloatArray, pulls: FloatArray, sd: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weights (L^-1 + Omega)^-1, (n, d, d), and weights times estimates, (n, d)."""
    inverse = np.linalg.inv(curvatures + np.diag(sd**-2.0))
    weights = curvatures - curvatures @ inverse @ curvatures
    weighted = pulls - np.einsum("nij,njk,nk->ni", curvatures, inverse, pulls)
    return weights, weighted


def fit_line(
    weights: FloatArray, weighted: FloatArray, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Generalised least squares: effects (q, d) and their covariance (q d, q d)."""
    q, d = x.shape[1], weighted.shape[1]
    left = np.einsum("na,nb,nij->aibj", x, x, weights).reshape(q * d, q * d)
    right = np.einsum("na,ni->ai", x, weighted).reshape(q * d)
    # A parameter no dyad says anything about stays where it is put: near nought, unknown.
    left = left + 1e-9 * np.eye(q * d)
    covariance = np.linalg.inv(left)
    return (covariance @ right).reshape(q, d), covariance
