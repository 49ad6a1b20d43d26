"""What a fitted study hands back: every dyad, all together, groups, and what was not fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.experiments.predictive_result import COLUMNS, Predictive
from reattune.models.codebooks import Codebook
from reattune.models.fit_comparison import FitComparison
from reattune.models.fitted import Fit
from reattune.models.identifiability import Identifiability
from reattune.models.pooling import PooledFit
from reattune.models.residuals import Residuals
from reattune.results import Failure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

RECOVERY_COLUMNS = (
    *("dyad", "parameter", "symbol", "unit", "true"),
    *("value", "low", "high", "inside", "standing"),
)


@dataclass(frozen=True, eq=False)
class DyadFit:
    """One dyad of a fitted study.

    Attributes
    ----------
    dyad, group : str
    sessions : tuple of Session
        Those that were fitted.
    own : Fit
        From its own sessions and dyads in general.
    fit : Fit
        Leaning on the study's other dyads where dyads were fitted together, else ``own``.
    identifiability : Identifiability
    residuals : Residuals or None
        None for interval codes, whose changes have no moments.
    predictive : Predictive or None
    truth : mapping of str to float
        Parameters it was simulated from; empty for real ones.
    """

    dyad: str
    group: str
    sessions: tuple[Session, ...]
    own: Fit
    fit: Fit
    identifiability: Identifiability
    residuals: Residuals | None = None
    predictive: Predictive | None = None
    truth: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StudyFit:
    """The model fitted to the dyads of a study.

    Attributes
    ----------
    name : str
    codebook : Codebook
    dyads : tuple of DyadFit
    pooled : PooledFit or None
        Where dyads were fitted together.
    residuals : Residuals or None
        Of all dyads, one after the other.
    predictive : Predictive or None
        Of all dyads together, where there are several.
    comparison : FitComparison or None
        Of two groups.
    failures : tuple of Failure
        Sessions, or dyads, that could not be fitted; the others went on.
    settings : dict
    notes : tuple of Note
    """

    name: str
    codebook: Codebook
    dyads: tuple[DyadFit, ...]
    pooled: PooledFit | None = None
    residuals: Residuals | None = None
    predictive: Predictive | None = None
    comparison: FitComparison | None = None
    failures: tuple[Failure, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __getitem__(self, dyad: str) -> DyadFit:
        """The dyad of that name."""
        for one in self.dyads:
            if one.dyad == dyad:
                return one
        known = [one.dyad for one in self.dyads]
        raise SettingError("dyad", dyad, "a dyad that was fitted." + did_you_mean(dyad, known))

    @property
    def simulated(self) -> bool:
        """Whether the parameters behind the sessions are known."""
        return any(one.truth for one in self.dyads)

    def to_frame(self) -> pd.DataFrame:
        """The rows of every dyad's `Fit.to_frame`, with dyad, group and sessions in front.

        ``own_value`` is the estimate without the other dyads; ``true`` what the dyad was simulated
        from, nan for a real one.
        """
        import pandas as pd

        frames = []
        for one in self.dyads:
            frame = one.fit.to_frame()
            frame.insert(0, "dyad", one.dyad)
            frame.insert(1, "group", one.group)
            frame.insert(2, "n_sessions", len(one.sessions))
            frame["own_value"] = [one.own.value(name)[0] for name in frame["parameter"]]
            frame["true"] = [one.truth.get(name, nan) for name in frame["parameter"]]
            frame["converged"] = one.fit.converged
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def predictive_frame(self) -> pd.DataFrame:
        """Rows of every dyad's predictive check, those of all dyads together last."""
        import pandas as pd

        found = [one.predictive for one in self.dyads] + [self.predictive]
        frames = [one.to_frame() for one in found if one is not None]
        return (
            pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
        )

    def recovery_frame(self) -> pd.DataFrame:
        """For simulated dyads, true values beside fitted ones; empty for real ones."""
        import pandas as pd

        rows = []
        for one in self.dyads:
            for row in one.fit.to_frame().to_dict("records"):
                true = one.truth.get(row["parameter"], nan)
                if true == true and one.fit.converged:
                    inside = bool(row["low"] <= true <= row["high"])
                    rows.append(
                        (
                            one.dyad, row["parameter"], row["symbol"], row["unit"], true,
                            row["value"], row["low"], row["high"], inside, row["standing"],
                        )
                    )  # fmt: skip
        return pd.DataFrame(rows, columns=list(RECOVERY_COLUMNS))

    def summary(self) -> str:
        """What was found, how sure one can be, and what the model misses, in sentences."""
        from importlib import import_module

        words = import_module("reattune.show.model_words")
        return "\n".join(words.summarize_study_fit(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Reported parameters: of one dyad beside dyads in general, of several each and all."""
        if self.pooled is not None:
            return self.pooled.plot(ax)
        from importlib import import_module

        if len(self.dyads) == 1:
            return self.dyads[0].fit.plot(ax)
        plots = import_module("reattune.show.plots.model_shrinkage")
        return plots.plot_study_fit(self, ax=ax)  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from importlib import import_module

        export = import_module("reattune.show.model_export")
        return export.study_fit_to_dict(self)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return self.summary()
