"""SynchronyMultiverse: every combination of settings beside chance, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.synchrony_multiverse.joint import ALPHA
from reattune.synchrony_multiverse.settings import SettingsGrid

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Specification:
    """One combination of settings, with the null it was judged by."""

    window_s: float
    max_lag_s: float
    step_s: float
    smoothing_s: float
    statistic: str
    null: str


@dataclass(frozen=True)
class Outcome:
    """What one combination gives.

    Attributes
    ----------
    specification : Specification
    observed : float
        Mean over records (pairing: over dyads).
    null_mean, null_sd, null_low, null_high : float
        Of the surrogates; low and high are their 2.5 and 97.5 %.
    effect, effect_low, effect_high : float
        Observed less null mean in null SDs, and the null's limits on that scale. With pairing all
        three are of the studentised mean, which p ranks.
    p : float
        Two-sided, of this combination alone; nan where refused.
    n_windows, n_records : int
        Windows with a value, and records it rests on.
    refused : str
        Why there is no p; empty where there is one.
    """

    specification: Specification
    observed: float
    null_mean: float
    null_sd: float
    null_low: float
    null_high: float
    effect: float
    effect_low: float
    effect_high: float
    p: float
    n_windows: int
    n_records: int
    refused: str = ""


@dataclass(frozen=True)
class JointTest:
    """All combinations of one statistic under one null, together.

    Attributes
    ----------
    statistic, null : str
    n_combinations : int
        With a p; ``n_refused`` more have none.
    n_refused : int
    median_effect : float
        Over combinations, in null SDs.
    median_low, median_high : float
        Middle 95 % of the same median in the surrogates.
    p_median : float
        Two-sided rank of the median among those of the surrogates.
    effect_least, effect_most : float
        Smallest and largest effect of all combinations.
    same_sign_prop : float
        Share of combinations whose effect has the sign of the median.
    n_significant : int
        Combinations with a bare p of at most .05.
    significant_prop : float
    null_significant, null_significant_high : float
        Mean number of those in the surrogates, and what one surrogate in twenty exceeds.
    p_significant : float
        Share of surrogates with at least as many (one-sided).
    """

    statistic: str
    null: str
    n_combinations: int
    n_refused: int
    median_effect: float
    median_low: float
    median_high: float
    p_median: float
    effect_least: float
    effect_most: float
    same_sign_prop: float
    n_significant: int
    significant_prop: float
    null_significant: float
    null_significant_high: float
    p_significant: float


@dataclass(frozen=True, eq=False)
class SynchronyMultiverse:
    """The conclusion under every combination of settings. None of them is picked.

    Attributes
    ----------
    outcomes : tuple of Outcome
        In the order of the grid.
    joint : tuple of JointTest
        One per statistic and null; those with fewer than two combinations are left out.
    grid : SettingsGrid
    partners : (str, str)
    n_records, n_dyads : int
    n_drawn : int
        Surrogates per null.
    notes : tuple of str
        What limits the reading.
    settings : mapping
        Everything the numbers depend on; no clock time.
    """

    outcomes: tuple[Outcome, ...]
    joint: tuple[JointTest, ...]
    grid: SettingsGrid
    partners: tuple[str, str]
    n_records: int
    n_dyads: int
    n_drawn: int
    notes: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def nulls(self) -> tuple[str, ...]:
        """The nulls that were drawn, in order."""
        return tuple(dict.fromkeys(o.specification.null for o in self.outcomes))

    def select(self, statistic: str, null: str) -> tuple[Outcome, ...]:
        """The outcomes of one statistic under one null."""
        return tuple(
            o
            for o in self.outcomes
            if (o.specification.statistic, o.specification.null) == (statistic, null)
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per combination: its settings, then the attributes of `Outcome`."""
        import pandas as pd

        rows = []
        for outcome in self.outcomes:
            row = asdict(outcome)
            rows.append({**row.pop("specification"), **row})
        return pd.DataFrame(rows)

    def joint_frame(self) -> pd.DataFrame:
        """One row per statistic and null: the attributes of `JointTest`."""
        import pandas as pd

        names = list(JointTest.__dataclass_fields__)
        return pd.DataFrame([asdict(row) for row in self.joint], columns=names)

    def summary(self) -> str:
        """What holds over all combinations, in sentences."""
        from reattune.show.synchrony_multiverse import summarize_multiverse

        return "\n".join(summarize_multiverse(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The specification curve of the first statistic and null."""
        from reattune.show.plots.synchrony_multiverse import plot_synchrony_multiverse

        return plot_synchrony_multiverse(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from reattune.show.synchrony_multiverse import multiverse_to_dict

        return multiverse_to_dict(self)

    def __repr__(self) -> str:
        p = [o.p for o in self.outcomes if not o.refused]
        small = sum(value <= ALPHA for value in p)
        return (
            f"SynchronyMultiverse({self.n_records} records, {len(self.outcomes)} combinations, "
            f"{small} with p <= .05)"
        )
