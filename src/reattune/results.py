"""Results: what analysing a session or a study hands back.

Every result answers the same five calls: ``to_frame()`` (tidy table), ``summary()`` (short text),
``plot()``, ``to_dict()`` (JSON-safe) and ``settings`` (rule, criteria, versions, input hashes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.notes import Note
from reattune.core.ruptures import Ruptures
from reattune.core.session import Phase, Session
from reattune.measures import CARDS, Tally, Value, find_card
from reattune.repair import FirstRepair
from reattune.rules import Rule

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from reattune.surrogates.chance import ChanceTest

SCHEMA = "reattune/1"
MEASURE_COLUMNS = (
    "study",
    "session",
    "dyad",
    "phase",
    "measure",
    "value",
    "low",
    "high",
    "n",
    "unit",
    "null_mean",
    "null_low",
    "null_high",
    "p",
)
RUPTURE_COLUMNS = (
    "session",
    "dyad",
    "phase",
    "rupture",
    "onset_s",
    "end_s",
    "latency_s",
    "depth",
    "area",
    "by",
    "outcome",
    "reason",
    "repaired_by",
    "entered",
)
NAN = float("nan")
WHOLE = "all"


def unit_of(name: str, partners: tuple[str, str]) -> str:
    """The unit of a measure."""
    card = find_card(name, partners)
    return card.unit if card is not None else "count"


@dataclass(frozen=True, eq=False)
class PhaseAnalysis:
    """One phase of one session (or all of it), analysed by itself.

    Attributes
    ----------
    phase : Phase
        Label ``"all"`` when the session is taken as a whole.
    attunement : Attunement
    ruptures : Ruptures
    tally : Tally
    measures : mapping of str to Value
        ``(value, low, high, n)`` by name.
    chance : ChanceTest or None
    no_chance : str
        Why there is no chance test, in words; empty when there is one.
    first_repair : FirstRepair or None
        Only for a phase that follows one of imposed non-response.
    """

    phase: Phase
    attunement: Attunement
    ruptures: Ruptures
    tally: Tally
    measures: Mapping[str, Value]
    chance: ChanceTest | None = None
    no_chance: str = ""
    first_repair: FirstRepair | None = None

    def null(self, name: str) -> tuple[float, float, float, float]:
        """Null mean, its 2.5 and 97.5 % limits, and p of a measure; nan where not tested."""
        if self.chance is None or name not in self.chance:
            return (NAN, NAN, NAN, NAN)
        row = self.chance[name]
        return (row.null_mean, row.null_low, row.null_high, row.p)


@dataclass(frozen=True, eq=False)
class Analysis:
    """One session under one rule.

    Attributes
    ----------
    session : Session
    rule : Rule
    criteria : Criteria
    parts : tuple of PhaseAnalysis
        In order of time.
    settings : mapping
        Rule, criteria, surrogates, versions, input hashes, seed. No clock time, so equal inputs
        give equal results to the byte.
    """

    session: Session
    rule: Rule
    criteria: Criteria
    parts: tuple[PhaseAnalysis, ...]
    settings: Mapping[str, object]

    @property
    def notes(self) -> tuple[Note, ...]:
        """What reading and preparing the session found."""
        return self.session.notes

    def __getitem__(self, label: str) -> PhaseAnalysis:
        """The phase of that name.

        Raises
        ------
        KeyError
            Naming the phases there are.
        """
        for part in self.parts:
            if part.phase.label == label:
                return part
        known = ", ".join(part.phase.label for part in self.parts)
        raise KeyError(f"no phase {label!r}; there is {known}")

    def to_frame(self, study: str = "") -> pd.DataFrame:
        """The measures, one row each, columns as in ``measures.csv``."""
        import pandas as pd

        return pd.DataFrame(self.rows(study), columns=list(MEASURE_COLUMNS))

    def rows(self, study: str = "") -> list[tuple[object, ...]]:
        """The rows of `to_frame`."""
        session = self.session
        rows: list[tuple[object, ...]] = []
        for part in self.parts:
            for name, value in part.measures.items():
                rows.append(
                    (
                        study,
                        session.id,
                        session.dyad,
                        part.phase.label,
                        name,
                        *value,
                        unit_of(name, session.partners),
                        *part.null(name),
                    )
                )
        return rows

    def ruptures_frame(self) -> pd.DataFrame:
        """All ruptures, one row each, columns as in ``ruptures.csv``."""
        import pandas as pd

        frames = []
        for part in self.parts:
            frame = part.ruptures.to_frame()
            frame.insert(0, "phase", part.phase.label)
            frame.insert(0, "dyad", self.session.dyad)
            frame.insert(0, "session", self.session.id)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)[list(RUPTURE_COLUMNS)]

    def summary(self) -> str:
        """What was seen and how sure one can be, in sentences."""
        from reattune.show.words import summarize_analysis

        return "\n".join(summarize_analysis(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Both partners, match, ruptures and repairs over time."""
        from reattune.show.plots.timeline import plot_timeline

        return plot_timeline(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document: measures, ruptures, chance, notes, settings."""
        from reattune.show.document import analysis_to_dict

        return analysis_to_dict(self)

    def __repr__(self) -> str:
        return self.summary()


@dataclass(frozen=True)
class Failure:
    """A session that could not be analysed; the others went on."""

    session: str
    file: str
    message: str


@dataclass(frozen=True, eq=False)
class Pooled:
    """Measures of several sessions pooled by summing events and exposure.

    Attributes
    ----------
    dyad : str
        Empty for the whole study.
    phase : str
    n_sessions, n_dyads : int
    measures : mapping of str to Value
    interval : str
        How the limits were made.
    """

    dyad: str
    phase: str
    n_sessions: int
    n_dyads: int
    measures: Mapping[str, Value]
    interval: str


@dataclass(frozen=True, eq=False)
class PhaseChance:
    """The two chance tests of a study for one phase; they answer different questions.

    Attributes
    ----------
    phase : str
    pairing : ChanceTest or None
        Partners re-paired between dyads.
    combined : ChanceTest or None
        Every session's second stream rotated inside blocks.
    no_pairing, no_combined : str
        Why one is missing.
    """

    phase: str
    pairing: ChanceTest | None = None
    combined: ChanceTest | None = None
    no_pairing: str = ""
    no_combined: str = ""


class GrowthResult(Protocol):
    """What a study's growth over sessions answers (`reattune.growth_pipeline.GrowthAnalysis`)."""

    @property
    def settings(self) -> Mapping[str, object]:
        """What was chosen, beside the settings of the study."""

    def to_frame(self) -> pd.DataFrame:
        """Every number with limits, null and count, columns as in ``growth.csv``."""

    def summary(self) -> str:
        """What was seen, in sentences."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """The slopes over the study's span."""

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""


@dataclass(frozen=True, eq=False)
class StudyAnalysis:
    """Many sessions under one rule.

    Attributes
    ----------
    name : str
    analyses : tuple of Analysis
    failures : tuple of Failure
    pooled : tuple of Pooled
        For the study and for each dyad with two or more sessions, per phase.
    chance : tuple of PhaseChance
    covariates : mapping of str to mapping
        Session id -> covariate -> value.
    settings : mapping
    notes : tuple of Note
    growth : GrowthResult or None
        Growth over sessions, where the study file asks for it or the data plainly allow it.
    """

    name: str
    analyses: tuple[Analysis, ...]
    failures: tuple[Failure, ...]
    pooled: tuple[Pooled, ...]
    chance: tuple[PhaseChance, ...]
    covariates: Mapping[str, Mapping[str, object]]
    settings: Mapping[str, object]
    notes: tuple[Note, ...] = field(default=())
    growth: GrowthResult | None = None

    @property
    def phases(self) -> tuple[str, ...]:
        """Phase labels in order of first appearance."""
        return tuple(
            dict.fromkeys(part.phase.label for analysis in self.analyses for part in analysis.parts)
        )

    def to_frame(self) -> pd.DataFrame:
        """The measures of every session and phase, columns as in ``measures.csv``."""
        import pandas as pd

        rows = [row for analysis in self.analyses for row in analysis.rows(self.name)]
        return pd.DataFrame(rows, columns=list(MEASURE_COLUMNS))

    def pooled_frame(self) -> pd.DataFrame:
        """The pooled measures: dyad, phase, n_sessions, n_dyads, measure, value, ..., interval."""
        import pandas as pd

        rows = [
            (pool.dyad, pool.phase, pool.n_sessions, pool.n_dyads, name, *value, pool.interval)
            for pool in self.pooled
            for name, value in pool.measures.items()
        ]
        columns = ["dyad", "phase", "n_sessions", "n_dyads", "measure"]
        return pd.DataFrame(rows, columns=[*columns, "value", "low", "high", "n", "interval"])

    def ruptures_frame(self) -> pd.DataFrame:
        """All ruptures of all sessions, columns as in ``ruptures.csv``."""
        import pandas as pd

        if not self.analyses:
            return pd.DataFrame(columns=list(RUPTURE_COLUMNS))
        return pd.concat([a.ruptures_frame() for a in self.analyses], ignore_index=True)

    def wide_frame(self) -> pd.DataFrame:
        """One row per session: covariates, then a ``measure__phase`` column each."""
        import pandas as pd

        rows = []
        for analysis in self.analyses:
            session = analysis.session
            row: dict[str, object] = {"session": session.id, "dyad": session.dyad}
            row |= {str(k): v for k, v in self.covariates.get(session.id, {}).items()}
            for part in analysis.parts:
                for name, value in part.measures.items():
                    row[f"{name}__{part.phase.label}"] = value.value
            rows.append(row)
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """What was seen over the study and how sure one can be, in sentences."""
        from reattune.show.words import summarize_study

        return "\n".join(summarize_study(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every session's matched share beside its chance expectation."""
        from reattune.show.plots.overview import plot_overview

        return plot_overview(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document of everything."""
        from reattune.show.document import study_to_dict

        return study_to_dict(self)

    def __repr__(self) -> str:
        return self.summary()


__all__ = [
    "CARDS",
    "MEASURE_COLUMNS",
    "RUPTURE_COLUMNS",
    "SCHEMA",
    "WHOLE",
    "Analysis",
    "Failure",
    "PhaseAnalysis",
    "PhaseChance",
    "Pooled",
    "StudyAnalysis",
    "unit_of",
]
