"""The full posterior of one or many dyads, by NumPyro (extra ``bayes``).

Where `fit_dyads` takes every dyad's likelihood as normal around its maximum and the distribution of
dyads as known, this takes both as they are. Slower by far; for few dyads, or to check the other.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import require
from reattune.core.errors import SettingError
from reattune.models.coordinates import COORDINATES, FREE, REPORTED, check_free
from reattune.models.path import Path
from reattune.models.pooling import group_dyads
from reattune.models.priors import Prior
from reattune.models.reading import Data, read_data
from reattune.models.scan import make_log_likelihood

if TYPE_CHECKING:
    import pandas as pd

    from reattune.models.codebooks import Codebook

FloatArray = NDArray[np.float64]

# R-hat above which the chains have not settled.
_RHAT = 1.02
_NOT_OFFERED = ("tolerance_prior", "learning_rate")


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws from the posterior.

    Attributes
    ----------
    dyads : tuple of str, length n
    free : tuple of str, length d
    draws : float array, shape (m, n, d)
        On the moved scale.
    mean_draws, sd_draws : float arrays, shape (m, d)
        Of the distribution of dyads; empty for a single dyad.
    divergences : int
    rhat : float
        The largest of all.
    time_unit_s : float
    settings : dict
    """

    dyads: tuple[str, ...]
    free: tuple[str, ...]
    draws: FloatArray
    mean_draws: FloatArray
    sd_draws: FloatArray
    divergences: int
    rhat: float
    time_unit_s: float
    settings: dict[str, object] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """One row per dyad and reported parameter: dyad, parameter, value, low, high.

        Medians and central 95 % intervals; rates per second.
        """
        import pandas as pd

        rows = []
        for at, dyad in enumerate(self.dyads):
            for name in REPORTED:
                values = self.values(name, at)
                if values.size:
                    low, centre, high = np.quantile(values, [0.025, 0.5, 0.975])
                    rows.append((dyad, name, centre, low, high))
        return pd.DataFrame(rows, columns=["dyad", "parameter", "value", "low", "high"])

    def values(self, name: str, dyad: int = 0) -> FloatArray:
        """Draws of one parameter of one dyad, as it is reported; empty when it was not moved."""
        draws = self.draws[:, dyad]
        if name == "reading_prob":
            parts = [n for n in ("contingent_per_s", "misread_per_s") if n in self.free]
            if len(parts) < 2:
                return np.empty(0)
            kappa, nu = (np.exp(draws[:, self.free.index(n)]) for n in parts)
            return np.asarray(kappa / (kappa + 3 * nu))
        if name not in self.free:
            return np.empty(0)
        item = COORDINATES[name]
        values = draws[:, self.free.index(name)]
        return np.asarray(np.exp(values) if item.log else values) / (
            self.time_unit_s if item.per_time else 1.0
        )

    def summary(self) -> str:
        """Whether the sampler can be trusted, and what it found, in sentences."""
        out = [
            f"{len(self.dyads)} dyads, {self.draws.shape[0]} draws, {self.divergences} "
            f"divergences, largest R-hat {self.rhat:.3f}."
        ]
        if self.divergences or not self.rhat < _RHAT:
            out.append("Warning: the chains have not settled; draw more before reading anything.")
        if len(self.dyads) == 1:
            out += [
                f"{row.parameter}: {row.value:.3g} ({row.low:.3g} to {row.high:.3g})."
                for row in self.to_frame().itertuples()
            ]
        return "\n".join(out)

    def __repr__(self) -> str:
        return self.summary()


def sample_posterior(
    dyads: Sequence[Data | Sequence[Data]],
    *,
    names: Sequence[str] | None = None,
    codebook: Codebook | None = None,
    prior: Prior | None = None,
    free: Sequence[str] = FREE,
    draws: int = 500,
    warmup: int = 500,
    chains: int = 2,
    seed: int,
    progress: bool = False,
) -> Posterior:
    """Draws from the posterior of several dyads with a common distribution, or of one.

    Parameters
    ----------
    dyads, names, codebook, prior, free
        As in `fit_dyads`; events only, no learning between sessions.
    draws, warmup : int, default 500
        Per chain.
    chains : int, default 2
    seed : int
    progress : bool, default False

    Returns
    -------
    Posterior

    Raises
    ------
    MissingExtraError
        When NumPyro is not installed.

    Notes
    -----
    With two dyads or more: theta_i = mu + tau z_i, z_i ~ N(0, 1), mu ~ N(prior centre, prior
    spread), tau ~ half-normal(prior spread). One dyad: theta ~ N(prior centre, prior spread).
    No-U-Turn sampler (Hoffman & Gelman 2014) of NumPyro (Phan, Pradhan & Jankowiak 2019).
    """
    numpyro: Any = require("bayes", "sampling the posterior of a fit")
    infer: Any = importlib.import_module("numpyro.infer")
    dist: Any = importlib.import_module("numpyro.distributions")
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    chosen = check_free(free)
    for name in chosen:
        if name in _NOT_OFFERED:
            raise SettingError("free", name, "parameters that act within a session")
    base = prior or Prior()
    base = base if codebook is None else base.seen_through(codebook)
    grouped, labels = group_dyads(dyads, names)
    paths: list[Path] = []
    owner: list[int] = []
    for at, many in enumerate(grouped):
        _, data, _ = read_data(many, codebook, "events", base.base)
        paths += [item for item in data if isinstance(item, Path)]
        owner += [at] * len(data)
    likelihood = make_log_likelihood(base.base, chosen, paths)
    centre, spread = jnp.array(base.mean(chosen)), jnp.array(base.sd(chosen))
    n, d, of = len(grouped), len(chosen), jnp.array(owner)

    def model() -> None:
        z = numpyro.sample("z", dist.Normal(jnp.zeros((n, d)), 1.0).to_event(2))
        if n > 1:
            mean = numpyro.sample("mean", dist.Normal(centre, spread).to_event(1))
            sd = numpyro.sample("sd", dist.HalfNormal(spread).to_event(1))
        else:
            mean, sd = centre, spread
        theta = numpyro.deterministic("theta", mean + sd * z)
        numpyro.factor("seen", likelihood(theta[of]).sum())

    sampler = infer.MCMC(
        infer.NUTS(model),
        num_warmup=warmup,
        num_samples=draws,
        num_chains=chains,
        chain_method="sequential",
        progress_bar=progress,
    )
    sampler.run(jax.random.PRNGKey(seed))
    found = sampler.get_samples()
    split = numpyro.diagnostics.split_gelman_rubin
    by_chain = sampler.get_samples(group_by_chain=True)
    rhat = max(float(np.max(split(np.asarray(by_chain[k])))) for k in by_chain)
    empty = np.empty((0, d))
    return Posterior(
        dyads=tuple(labels),
        free=chosen,
        draws=np.asarray(found["theta"], dtype=np.float64),
        mean_draws=np.asarray(found["mean"], dtype=np.float64) if n > 1 else empty,
        sd_draws=np.asarray(found["sd"], dtype=np.float64) if n > 1 else empty,
        divergences=int(np.sum(sampler.get_extra_fields()["diverging"])),
        rhat=rhat,
        time_unit_s=base.base.time_unit_s,
        settings={
            "free": list(chosen),
            "prior": base.to_dict(),
            "draws": draws,
            "warmup": warmup,
            "chains": chains,
            "seed": seed,
        },
    )
