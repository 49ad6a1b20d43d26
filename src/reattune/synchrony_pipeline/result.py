"""SynchronyAnalysis: the synchrony of one record or of many, beside chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.intervals import Intervals
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.prepare.signals import Artefacts
from reattune.results import MEASURE_COLUMNS, Failure
from reattune.synchrony import CrossCorrelation, CrossTable
from reattune.synchrony_pipeline.part import NAN, SignalFacts, SignalPart
from reattune.synchrony_pipeline.prepare import Preparation
from reattune.synchrony_tests import SignalPairings, SynchronyChance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

CHANCE_COLUMNS = (
    *("phase", "condition", "test", "statistic", "observed", "null_mean", "null_median"),
    *("null_low", "null_high", "p", "n_defined", "refused", "n_records", "n_dyads"),
)
WINDOW_COLUMNS = (
    *(
        "session",
        "dyad",
        "phase",
        "time_s",
        "mean_z",
        "mean_abs_z",
        "null_mean_abs",
        "null_low_abs",
    ),
    *("null_high_abs", "p_abs", "first_leads_z", "second_leads_z", "lag_zero_z", "best_lag_s"),
    *("best_z", "path_lag_s", "path_z", "n_cells"),
)
LAG_COLUMNS = (
    *("session", "dyad", "phase", "lag_s", "mean_z", "null_mean", "null_low", "null_high", "p"),
    *("mean_abs_z", "null_mean_abs", "null_low_abs", "null_high_abs", "p_abs"),
)
ARTEFACT_COLUMNS = ("session", "dyad", "kind", "partner", "start_s", "end_s", "value")


@dataclass(frozen=True, eq=False)
class SignalRecord:
    """One session: its two signals, raw and prepared, and every phase of them.

    Attributes
    ----------
    session : Session
        As it was read.
    stream : str
        Name of the signal that was compared.
    raw : (Signal, Signal)
        As recorded (brought to one rate where they differed).
    prepared : (Signal, Signal)
        What was correlated.
    artefacts : Artefacts
        What looks suspicious in the raw signals: one camera that saw both (either sign), equal
        movements, long zeros, clipping; share of simultaneous zeros beside what unrelated
        signals would have.
    identical : bool
        Both partners' signals are one and the same (or exact mirrors): no part has a table then.
    parts : tuple of SignalPart
        In order of time.
    whole : CrossTable or None
        Of the whole record, phases ignored; only where epochs that are phases were asked for.
    epochs : mapping of str to Intervals
        The epochs that were asked for, by name, in this session.
    notes : tuple of Note
        What reading, preparing and looking found.
    """

    session: Session
    stream: str
    raw: tuple[Signal, Signal]
    prepared: tuple[Signal, Signal]
    artefacts: Artefacts
    identical: bool
    parts: tuple[SignalPart, ...]
    whole: CrossTable | None = None
    epochs: Mapping[str, Intervals] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.id

    @property
    def partners(self) -> tuple[str, str]:
        """First and second; at a positive lag the first leads."""
        return self.session.partners

    def __getitem__(self, label: str) -> SignalPart:
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


@dataclass(frozen=True, eq=False)
class StudySynchrony:
    """The two tests of many records in one phase; they answer different questions.

    Attributes
    ----------
    phase : str
    condition : str
        Value of the condition column within which partners were re-paired; empty for all records.
    n_records, n_dyads : int
        Records with a table.
    pairing : SynchronyChance or None
        Partners re-paired between dyads: are partners closer than strangers in the same setting?
    combined : SynchronyChance or None
        Every record's windows moved by themselves: is timing within records closer than the same
        records at other moments?
    no_pairing, no_combined : str
        Why one is missing.
    pairings : SignalPairings or None
        Every signal with every other one: ``values[name][i, N + i]`` is dyad i, the rest of that
        quarter are strangers in the same roles.
    """

    phase: str
    condition: str = ""
    n_records: int = 0
    n_dyads: int = 0
    pairing: SynchronyChance | None = None
    combined: SynchronyChance | None = None
    no_pairing: str = ""
    no_combined: str = ""
    pairings: SignalPairings | None = None


@dataclass(frozen=True, eq=False)
class EpochTest:
    """Synchrony inside coded epochs beside the same epochs placed elsewhere.

    Attributes
    ----------
    name : str
        What the epochs are: ``"cry=yes"``, ``"phase still_face"``, ``"ruptures of ..."``.
    phase : str
        Phase in which epochs were placed; ``"all"`` for the whole record.
    kind : {"absolute", "signed"}
        Of the windows' values.
    n_epochs, n_records : int
        Epochs, and records that have any.
    chance : SynchronyChance or None
        ``inside``, ``outside``, ``difference`` and the profile ``around_onset``.
    no_chance : str
        Why there is none.
    """

    name: str
    phase: str
    kind: str
    n_epochs: int
    n_records: int
    chance: SynchronyChance | None = None
    no_chance: str = ""


@dataclass(frozen=True, eq=False)
class SynchronyAnalysis:
    """The synchrony of one record, or of a study. Synchrony is not attunement.

    Attributes
    ----------
    name : str
    stream : str
        Name of the signal that was compared.
    options : CrossCorrelation
    preparation : Preparation
    records : tuple of SignalRecord
        Including those in which nothing could be correlated (their parts say why).
    failures : tuple of Failure
        Sessions that could not be read or prepared; the others went on.
    study : tuple of StudySynchrony
        Per phase and condition; empty for one record.
    epochs : tuple of EpochTest
        Where epochs were asked for.
    covariates : mapping of str to mapping
        Session id -> covariate -> value.
    settings : mapping
        Everything the numbers depend on, seed and input hashes included; no clock time.
    notes : tuple of Note
        Of the study; those of each record are with the record.
    """

    name: str
    stream: str
    options: CrossCorrelation
    preparation: Preparation
    records: tuple[SignalRecord, ...]
    failures: tuple[Failure, ...] = ()
    study: tuple[StudySynchrony, ...] = ()
    epochs: tuple[EpochTest, ...] = ()
    covariates: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __getitem__(self, session: str) -> SignalRecord:
        """The record of that session.

        Raises
        ------
        SettingError
            Naming the sessions there are.
        """
        for record in self.records:
            if record.id == session:
                return record
        known = [record.id for record in self.records]
        raise SettingError("session", session, "a session" + did_you_mean(session, known))

    @property
    def partners(self) -> tuple[str, str]:
        """Of the first record."""
        return self.records[0].partners

    @property
    def phases(self) -> tuple[str, ...]:
        """Phase labels in order of first appearance."""
        return tuple(
            dict.fromkeys(part.phase.label for record in self.records for part in record.parts)
        )

    @property
    def conditions(self) -> tuple[str, ...]:
        """Values of the condition column that was asked for; empty without one."""
        return tuple(dict.fromkeys(row.condition for row in self.study if row.condition))

    def all_notes(self) -> tuple[Note, ...]:
        """Notes of the study, then of every record, naming its session."""
        told = [
            Note(n.code, n.message, f"{r.id}: {n.where}" if n.where else r.id, n.count, n.level)
            for r in self.records
            for n in r.notes
        ]
        return (*self.notes, *told)

    def to_frame(self) -> pd.DataFrame:
        """Every measure of every record and phase, columns as in ``measures.csv``."""
        import pandas as pd

        from reattune.synchrony_pipeline.frames import measure_rows

        return pd.DataFrame(measure_rows(self), columns=list(MEASURE_COLUMNS))

    def chance_frame(self) -> pd.DataFrame:
        """The tests over records: see ``CHANCE_COLUMNS``; test is pairing, combined or epochs."""
        from reattune.synchrony_pipeline.frames import chance_frame

        return chance_frame(self)

    def windows_frame(self) -> pd.DataFrame:
        """One row per record, phase and window: see ``WINDOW_COLUMNS``."""
        from reattune.synchrony_pipeline.frames import windows_frame

        return windows_frame(self)

    def lags_frame(self) -> pd.DataFrame:
        """One row per record, phase and lag: see ``LAG_COLUMNS``."""
        from reattune.synchrony_pipeline.frames import lags_frame

        return lags_frame(self)

    def artefacts_frame(self) -> pd.DataFrame:
        """One row per suspicious stretch: see ``ARTEFACT_COLUMNS``."""
        from reattune.synchrony_pipeline.frames import artefacts_frame

        return artefacts_frame(self)

    def wide_frame(self) -> pd.DataFrame:
        """One row per session: covariates, then a ``measure__phase`` column each."""
        from reattune.synchrony_pipeline.frames import wide_frame

        return wide_frame(self)

    def summary(self) -> str:
        """What was seen, beside chance, in sentences."""
        from reattune.show.synchrony_words import summarize_synchrony

        return "\n".join(summarize_synchrony(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Windows over time beside chance for one record; for several, records beside strangers."""
        from reattune.show.plots.synchrony import plot_synchrony

        return plot_synchrony(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from reattune.show.synchrony_export import synchrony_to_dict

        return synchrony_to_dict(self)

    def __repr__(self) -> str:
        return (
            f"SynchronyAnalysis({self.name!r}: {len(self.records)} records of {self.stream!r}, "
            f"windows of {self.options.windows.window_s:g} s)"
        )


__all__ = [
    "ARTEFACT_COLUMNS",
    "CHANCE_COLUMNS",
    "LAG_COLUMNS",
    "NAN",
    "WINDOW_COLUMNS",
    "EpochTest",
    "SignalFacts",
    "SignalPart",
    "SignalRecord",
    "StudySynchrony",
    "SynchronyAnalysis",
]
