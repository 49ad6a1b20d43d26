"""Residuals: does the fitted model tick as the data do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.models.fitted import Fit
from reattune.models.likelihood import Slow, as_packed, follow_slow, pass_arrays
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES, DyadParameters
from reattune.models.path import Path

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

PROCESSES = (
    *("focal", "responder"),
    *(f"focal to {state}" for state in FOCAL_STATES),
    *(f"responder to {state}" for state in RESPONDER_STATES),
)
# Fewer changes of a process: no test.
MIN_CHANGES = 10


@dataclass(frozen=True, eq=False)
class Residuals:
    """Rescaled waiting times of the observed changes, by process.

    Attributes
    ----------
    values : dict of str to float array
        Process -> waiting times in units in which the model expects Exp(1). Processes: "focal",
        "responder" (any change of that partner) and "focal to positive" and so on.
    expected : dict of str to float
        Changes the model expects over the time that was seen.
    settings : dict
    """

    values: dict[str, FloatArray]
    expected: dict[str, float]
    settings: dict[str, object]

    def to_frame(self) -> pd.DataFrame:
        """One row per process: n, expected, ratio, mean, ks, p.

        ``ratio`` is seen over expected; ``ks`` the largest distance between the distribution of
        residuals and Exp(1), ``p`` its Kolmogorov-Smirnov p; nan with fewer than 10 changes.
        """
        import pandas as pd

        rows = []
        for name, values in self.values.items():
            ks, p = compare_with_exponential(values)
            expected = self.expected[name]
            ratio = values.size / expected if expected > 0 else float("nan")
            mean = float(values.mean()) if values.size else float("nan")
            rows.append((name, values.size, expected, ratio, mean, ks, p))
        columns = ["process", "n", "expected", "ratio", "mean", "ks", "p"]
        return pd.DataFrame(rows, columns=columns)

    def curve_frame(self, process: str = "focal") -> pd.DataFrame:
        """Points of the residuals' distribution beside Exp(1): residual, seen, model, low, high.

        ``low`` and ``high`` are the 95 % band of a Kolmogorov-Smirnov test around ``model``.
        """
        import pandas as pd

        if process not in self.values:
            raise SettingError("process", process, "one of " + ", ".join(self.values))
        values = np.sort(self.values[process])
        n = values.size
        model = -np.expm1(-values)
        band = 1.358 / np.sqrt(n) if n else 0.0
        return pd.DataFrame(
            {
                "residual": values,
                "seen": (np.arange(n) + 0.5) / max(n, 1),
                "model": model,
                "low": np.clip(model - band, 0, 1),
                "high": np.clip(model + band, 0, 1),
            }
        )

    def summary(self) -> str:
        """How well the two partners' changes follow the model, in sentences."""
        out = []
        for name in ("focal", "responder"):
            ks, p = compare_with_exponential(self.values[name])
            n, expected = self.values[name].size, self.expected[name]
            text = f"Changes of the {name}: {n} seen, {expected:.1f} expected"
            if np.isfinite(p):
                text += f"; waiting times depart from the model by {ks:.2f} (p = {p:.2g})"
            out.append(text + ".")
        out.append("The parameters were fitted to the same changes, which makes p too large.")
        return "\n".join(out)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Distribution of the residuals beside the one the model expects."""
        from reattune.show.plots.model_residuals import plot_residuals

        return plot_residuals(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        return {
            "schema": "reattune.residuals/1",
            "values": {name: values.tolist() for name, values in self.values.items()},
            "expected": dict(self.expected),
            "settings": self.settings,
        }


def compare_with_exponential(values: FloatArray) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance from Exp(1) and its p; nan with fewer than 10 values."""
    if values.size < MIN_CHANGES:
        return float("nan"), float("nan")
    from scipy.stats import kstest

    found = kstest(values, "expon")
    return float(found.statistic), float(found.pvalue)


def find_residuals(fits: Fit | Sequence[Fit]) -> Residuals:
    """Time-rescaling residuals of one fit, or of several one after the other.

    Notes
    -----
    Between two changes of a process the model's hazard is integrated. If the model is true, these
    integrals are independent Exp(1) (Brown, Barbieri, Ventura, Kass & Frank 2002, Neural
    Computation 14:325), for each partner and for each target state. What is left at the end of a
    session is carried into the next, so that no waiting time is cut short.

    Raises
    ------
    SettingError
        For interval codes: the moments of change are not known there.
    """
    many = [fits] if isinstance(fits, Fit) else list(fits)
    waited = np.zeros(len(PROCESSES))
    parts: list[tuple[NDArray[np.int8], FloatArray]] = []
    for fit in many:
        paths = [item for item in fit.data if isinstance(item, Path)]
        if len(paths) < len(fit.data):
            raise SettingError("design", fit.design, "'events': changes with their times")
        slow = follow_slow(fit.parameters, paths, learning=fit.learning)
        parts += rescale_paths(fit.parameters, paths, slow, waited)
    settings: dict[str, object] = {"fits": [fit.id for fit in many]}
    return collect(parts, waited, settings)


def rescale_paths(
    parameters: DyadParameters, paths: Sequence[Path], slow: Sequence[Slow], waited: FloatArray
) -> list[tuple[NDArray[np.int8], FloatArray]]:
    """Processes and rescaled waiting times of each path; ``waited``, (11,), is carried on."""
    from reattune.models.rescale import rescale

    p = as_packed(parameters)
    return [
        rescale(p, *pass_arrays(path), before.vector(p), waited)
        for path, before in zip(paths, slow, strict=True)
    ]


def collect(
    parts: Sequence[tuple[NDArray[np.int8], FloatArray]],
    waited: FloatArray,
    settings: dict[str, object],
) -> Residuals:
    """Residuals by process from what `rescale_paths` gave, with what was waited in vain."""
    which = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int8)
    values = np.concatenate([part[1] for part in parts]) if parts else np.empty(0)
    by_process = {name: values[which == i] for i, name in enumerate(PROCESSES)}
    expected = {name: float(by_process[name].sum() + waited[i]) for i, name in enumerate(PROCESSES)}
    return Residuals(by_process, expected, settings)
