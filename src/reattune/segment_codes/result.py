"""SegmentAnalysis: what observer codes of one or many meetings show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.segment_codes.coders import AgreementRow
from reattune.segment_codes.criteria import SegmentCriteria
from reattune.segment_codes.following import Following
from reattune.segment_codes.measures import MeasureRow
from reattune.segment_codes.rotation import SequenceTest
from reattune.segment_codes.ruptures import CodedRupture, MeetingAnalysis
from reattune.segment_codes.sequences import SequenceCount

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

RUPTURE_COLUMNS = (
    *("meeting", "dyad", "number", "rupture", "onset_s", "end_s", "onset_segment"),
    *("length_segments", "latency_min", "kind", "side", "opened_by", "peak_salience"),
    *("mean_salience", "strategies", "first_strategy_segments", "extent_resolved", "outcome"),
    *("reason", "over", "entered"),
)


@dataclass(frozen=True, eq=False)
class SegmentAnalysis:
    """Observer codes of segments: ruptures, what followed them, and how far coders agree.

    Attributes
    ----------
    name : str
    meetings : tuple of MeetingAnalysis
    criteria : SegmentCriteria
    rows : tuple of MeasureRow
        Every measure of every meeting, dyad, and of all.
    transitions : SequenceTest
    sequences : tuple of SequenceCount
    agreement : tuple of AgreementRow
        Empty with one coder.
    following : Following or None
        Joined with ratings of every meeting, where courses were given.
    compared : tuple
        (criterion of resolution, ruptures, resolved, unresolved, censored).
    settings : mapping
        Criteria, lags, surrogates, seed, versions, input; no clock time.
    notes : tuple of Note
    """

    name: str
    meetings: tuple[MeetingAnalysis, ...]
    criteria: SegmentCriteria
    rows: tuple[MeasureRow, ...]
    transitions: SequenceTest
    sequences: tuple[SequenceCount, ...] = ()
    agreement: tuple[AgreementRow, ...] = ()
    following: Following | None = None
    compared: tuple[tuple[str, int, int, int, int], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def ruptures(self) -> tuple[CodedRupture, ...]:
        """All ruptures of all meetings, those not seen to begin included."""
        return tuple(rupture for one in self.meetings for rupture in one.ruptures)

    @property
    def entered(self) -> tuple[CodedRupture, ...]:
        """The ruptures whose beginning was seen: those that are counted."""
        return tuple(rupture for rupture in self.ruptures if rupture.entered)

    @property
    def dyads(self) -> tuple[str, ...]:
        """The dyads, in order of first appearance."""
        return tuple(dict.fromkeys(one.meeting.dyad for one in self.meetings))

    @property
    def coders(self) -> tuple[str, ...]:
        """Everybody who coded."""
        return tuple(dict.fromkeys(c for one in self.meetings for c in one.meeting.coders))

    @property
    def sides(self) -> tuple[str, str]:
        """The two people, in the order of colours."""
        return self.meetings[0].meeting.sides

    def meeting(self, name: str | None = None) -> MeetingAnalysis:
        """The meeting of that name; the first by default.

        Raises
        ------
        SettingError
            When there is none of that name.
        """
        names = [one.meeting.id for one in self.meetings]
        if name is None:
            return self.meetings[0]
        if name not in names:
            raise SettingError(
                "meeting", name, "a meeting of the table" + did_you_mean(name, names)
            )
        return self.meetings[names.index(name)]

    def value(self, measure: str, level: str = "all", meeting: str = "") -> MeasureRow:
        """One measure: over all meetings, or of one of them.

        Raises
        ------
        SettingError
            When there is none of that name.
        """
        for row in self.rows:
            if (row.level, row.measure) == (level, measure) and meeting in ("", row.meeting):
                return row
        known = dict.fromkeys(row.measure for row in self.rows if row.level == level)
        raise SettingError("measure", measure, "a measure" + did_you_mean(measure, known))

    def to_frame(self) -> pd.DataFrame:
        """Measures: level, dyad, meeting, measure, value, low, high, n, unit, interval."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(MeasureRow._fields))

    def ruptures_frame(self) -> pd.DataFrame:
        """One row per rupture: when, kind, whose, how salient, what was tried, how it ended."""
        import pandas as pd

        rows = [
            (
                *(r.meeting, r.dyad, r.number, r.rupture, r.onset_s, r.end_s, r.first + 1),
                *(r.segments, r.latency_min, r.kind, r.side, r.opened_by, r.peak, r.mean),
                *("; ".join(r.strategies), r.first_strategy, r.extent, r.outcome, r.reason),
                *(r.over, r.entered),
            )
            for r in self.ruptures
        ]
        return pd.DataFrame(rows, columns=list(RUPTURE_COLUMNS))

    def transitions_frame(self) -> pd.DataFrame:
        """One row per cell: block, given, target, lag, count, expected, residual, null, p."""
        import pandas as pd

        from reattune.segment_codes.transitions import Transition

        names = list(Transition.__dataclass_fields__)
        return pd.DataFrame([asdict(cell) for cell in self.transitions.cells], columns=names)

    def sequences_frame(self) -> pd.DataFrame:
        """Named sequences: name, states, within, reached, count, null, p."""
        import pandas as pd

        rows = [
            (s.sequence.name, " -> ".join(s.sequence.states), s.sequence.within,
             " / ".join(map(str, s.reached)), s.count, s.null_mean, s.null_low, s.null_high,
             s.p, s.refused)
            for s in self.sequences
        ]  # fmt: skip
        columns = ["sequence", "states", "within", "reached", "count", "null_mean", "null_low"]
        return pd.DataFrame(rows, columns=[*columns, "null_high", "p", "refused"])

    def agreement_frame(self) -> pd.DataFrame:
        """Agreement of coders: item, about, statistic, value, low, high, n, prevalence."""
        import pandas as pd

        names = list(AgreementRow.__dataclass_fields__)
        return pd.DataFrame([asdict(row) for row in self.agreement], columns=names)

    def following_frame(self) -> pd.DataFrame:
        """Contrasts of the next rating by class of meeting; empty without courses."""
        import pandas as pd

        from reattune.segment_codes.following import Contrast

        rows = [] if self.following is None else [asdict(c) for c in self.following.contrasts]
        return pd.DataFrame(rows, columns=list(Contrast.__dataclass_fields__))

    def all_notes(self) -> tuple[Note, ...]:
        """What reading and analysing found, each once."""
        found = (*self.notes, *(n for one in self.meetings for n in one.meeting.notes))
        return tuple(dict.fromkeys(found))

    def summary(self) -> str:
        """What was seen, beside chance where there is a null, in short sentences."""
        from reattune.show.segment_words import summarize_segments

        return "\n".join(summarize_segments(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """The heat map of a meeting; for several meetings, all of them over their segments."""
        from reattune.show.plots import segments

        if len(self.meetings) == 1:
            return segments.plot_segments(self, ax=ax)
        return segments.plot_meetings(self, ax=ax)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document."""
        from reattune.show.segment_export import segments_to_dict

        return segments_to_dict(self)

    def __repr__(self) -> str:
        return (
            f"SegmentAnalysis({self.name!r}: {len(self.meetings)} meetings of {len(self.dyads)} "
            f"dyads, {len(self.entered)} ruptures seen to begin)"
        )
