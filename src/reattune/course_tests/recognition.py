"""Recognition: which of one partner's ruptures the other one noticed, and what came after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.errors import SettingError
from reattune.course_tests.spans import correlate, leave_one_out, mean, share_above
from reattune.courses import Course, Criterion, SampleConstants, sample_constants
from reattune.courses.ratings import observed
from reattune.measures.limits import wilson_limits
from reattune.measures.survival import Z

if TYPE_CHECKING:
    import pandas as pd

CELLS = ("hit", "miss", "false_alarm", "correct_rejection")


@dataclass(frozen=True)
class Meeting:
    """One meeting that both said something about.

    Attributes
    ----------
    case : str
    meeting : int
    rupture, noticed : bool
        By the first partner's ratings, and by the second partner.
    next_change : float
        First partner's rating at the next meeting minus that at this one; nan without both.
    """

    case: str
    meeting: int
    rupture: bool
    noticed: bool
    next_change: float

    @property
    def cell(self) -> str:
        """``hit``, ``miss``, ``false_alarm`` or ``correct_rejection``."""
        if self.rupture:
            return "hit" if self.noticed else "miss"
        return "false_alarm" if self.noticed else "correct_rejection"


@dataclass(frozen=True, eq=False)
class Recognition:
    """Ruptures of one partner against what the other one noticed.

    Attributes
    ----------
    meetings : tuple of Meeting
    criterion : Criterion
    how : str
        Where "noticed" comes from, in words.
    """

    meetings: tuple[Meeting, ...]
    criterion: Criterion
    how: str

    @property
    def counts(self) -> dict[str, int]:
        """Meetings in each cell."""
        cells = [meeting.cell for meeting in self.meetings]
        return {cell: cells.count(cell) for cell in CELLS}

    def rates(self) -> dict[str, tuple[float, float, float]]:
        """Hit rate and false-alarm rate with Wilson 95 % limits; nan without such meetings."""
        n = self.counts
        out = {}
        for name, part, rest in (
            ("hit_rate", "hit", "miss"),
            ("false_alarm_rate", "false_alarm", "correct_rejection"),
        ):
            total = n[part] + n[rest]
            share = n[part] / total if total else nan
            out[name] = (share, *wilson_limits(n[part], total))
        return out

    def sensitivity(self) -> tuple[float, float, float]:
        """Sensitivity d' with its 95 % interval; see `find_d_prime`."""
        return find_d_prime(**self.counts)

    def next_changes(self) -> pd.DataFrame:
        """Change of the rating to the next meeting by cell, and hit minus miss.

        Columns ``cell``, ``n``, ``cases``, ``change`` (mean), ``low``, ``high``. After a drop
        ratings rise by themselves, noticed or not: read hit minus miss, not the hit alone. Limits
        leave out one case at a time (t with cases - 1); nan with fewer than five cases.
        """
        import pandas as pd

        known = [m for m in self.meetings if m.next_change == m.next_change]
        rows = []
        for name, cells in (*((c, (c,)) for c in CELLS), ("hit_minus_miss", ("hit", "miss"))):
            inside = [m for m in known if m.cell in cells]

            def value(some: list[Meeting], cells: tuple[str, ...] = cells) -> float:
                means = [mean([m.next_change for m in some if m.cell == c]) for c in cells]
                return means[0] - means[1] if len(means) == 2 else means[0]

            low, high = leave_one_out(inside, lambda m: m.case, value)
            cases = len({m.case for m in inside})
            rows.append((name, len(inside), cases, value(inside), low, high))
        return pd.DataFrame(rows, columns=["cell", "n", "cases", "change", "low", "high"])

    def to_frame(self) -> pd.DataFrame:
        """One row per meeting: case, meeting, rupture, noticed, cell, next_change."""
        import pandas as pd

        rows = [
            (m.case, m.meeting, m.rupture, m.noticed, m.cell, m.next_change) for m in self.meetings
        ]
        columns = ["case", "meeting", "rupture", "noticed", "cell", "next_change"]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, object]:
        """Counts, rates and d', JSON-safe: undefined numbers are None."""
        named = {**self.rates(), "d_prime": self.sensitivity()}
        return {
            "criterion": self.criterion.to_dict(),
            "how": self.how,
            "counts": self.counts,
            **{k: [v if v == v else None for v in values] for k, values in named.items()},
        }

    def summary(self) -> str:
        """The table in words."""
        n, d = self.counts, self.sensitivity()
        ruptures, quiet = n["hit"] + n["miss"], n["false_alarm"] + n["correct_rejection"]
        told = (
            f"{n['hit']} of {ruptures} meetings with a rupture were noticed, and "
            f"{n['false_alarm']} of {quiet} without one were taken for one ({self.how})."
        )
        if d[0] != d[0]:
            return f"{told} d' needs both kinds of meetings."
        return f"{told} d' = {d[0]:.2f} ({d[1]:.2f} to {d[2]:.2f}); 0 is guessing."


def find_recognition(
    courses: Iterable[Course],
    criterion: Criterion,
    *,
    scale: str,
    rater: str,
    other: str,
    marks: Mapping[str, Mapping[int, bool]] | None = None,
    other_scale: str | None = None,
    other_criterion: Criterion | None = None,
    constants: SampleConstants | None = None,
) -> Recognition:
    """Which meetings with a rupture in one partner's ratings the other partner noticed.

    Parameters
    ----------
    courses : iterable of Course
    criterion : Criterion
        Finds the ruptures; a meeting has one when it is the onset of one that was seen to begin.
    scale, rater : str
        Series in which ruptures are found.
    other : str
        The other partner; named in the words, and rater of the series without marks.
    marks : mapping of case to mapping of meeting to bool, optional
        What the other partner said: True = there was a rupture. Meetings without a mark are left
        out.
    other_scale : str, optional
        Without marks: the other partner's own ratings; noticed = a rupture begins in them at the
        same meeting. By default the same scale.
    other_criterion : Criterion, optional
        For the other's ratings; by default the same, with the SDs of the other's ratings.
    constants : SampleConstants, optional
        Of the rater's ratings; by default of these courses.

    Notes
    -----
    Only meetings that both said something about. The first rating of a case is left out under
    either source: nothing can drop there.

    Raises
    ------
    MissingStreamError
        When a course has no such ratings.
    """
    chosen = list(courses)
    own = {c.case: observed(c.select(scale, rater)) for c in chosen}
    if len(own) < len(chosen):
        raise SettingError("courses", "a case twice", "each case once")
    found = _onsets(own, criterion, constants)
    if marks is None:
        rated = {c.case: observed(c.select(other_scale or scale, other)) for c in chosen}
        theirs = _onsets(rated, other_criterion or criterion, None)
        said = {case: {m: m in theirs[case] for m in rated[case][1][1:]} for case in rated}
        how = f"ratings of the {other}: {(other_criterion or criterion).describe()}"
    else:
        said = {case: {int(m): bool(v) for m, v in marks.get(case, {}).items()} for case in own}
        how = f"marks by the {other}"
    meetings = []
    for case, (values, numbers) in own.items():
        rating = dict(zip(numbers, values, strict=True))
        for meeting in numbers[1:]:
            if meeting in said[case]:
                change = rating.get(meeting + 1, nan) - rating[meeting]
                known = (meeting in found[case], said[case][meeting])
                meetings.append(Meeting(case, meeting, *known, change))
    return Recognition(tuple(meetings), criterion, how)


def _onsets(
    series: Mapping[str, tuple[list[float], list[int]]],
    criterion: Criterion,
    constants: SampleConstants | None,
) -> dict[str, set[int]]:
    known = constants or sample_constants([np.array(values) for values, _ in series.values()])
    return {
        case: {e.onset for e in criterion.find(values, numbers, known) if e.entered}
        for case, (values, numbers) in series.items()
    }


def find_d_prime(
    hit: int, miss: int, false_alarm: int, correct_rejection: int
) -> tuple[float, float, float]:
    """Sensitivity d' = z(hit rate) - z(false-alarm rate), 95 % limits; nan without both kinds.

    Notes
    -----
    Log-linear correction (Hautus 1995, Behav Res Methods 27, 46-51), always applied:
    (hits + .5) / (ruptures + 1), (false alarms + .5) / (others + 1). Variance after Gourevitch and
    Galanter (1967, Psychometrika 32, 25-33): H (1 - H) / (n phi(z_H)^2) of both, with the corrected
    rates. Meetings count as independent, which they are not inside a case: the true interval is
    wider.

    Examples
    --------
    >>> [round(v, 3) for v in find_d_prime(8, 2, 3, 17)]
    [1.715, 0.634, 2.796]
    """
    from scipy.special import ndtri

    ruptures, others = hit + miss, false_alarm + correct_rejection
    if not ruptures or not others:
        return (nan, nan, nan)
    value, variance = 0.0, 0.0
    for part, total, sign in ((hit, ruptures, 1), (false_alarm, others, -1)):
        rate = (part + 0.5) / (total + 1)
        z = float(ndtri(rate))
        density = np.exp(-z * z / 2) / sqrt(2 * np.pi)
        value += sign * z
        variance += rate * (1 - rate) / (total * density * density)
    half = Z * sqrt(variance)
    return (value, value - half, value + half)


def find_discrepancy(
    courses: Iterable[Course], *, scale: str, rater: str, other: str
) -> pd.DataFrame:
    """How far the other partner's rating lies above the first one's, per case and over all.

    One row per case and a last one with an empty ``case``: ``n`` meetings rated by both,
    ``difference`` (mean of other minus rater), ``low``, ``high`` (over all: leaving out one case at
    a time, five cases or more), ``other_higher`` (share of meetings, ties left out), ``r`` (within
    the case; over all, of the deviations from case means). Both must use one scale.
    """
    import pandas as pd

    pairs: list[tuple[str, float, float]] = []
    rows: list[tuple[object, ...]] = []
    for course in courses:
        a, b = course.series(scale, rater), course.series(scale, other)
        both = np.isfinite(a) & np.isfinite(b)
        x, y = a[both], b[both]
        pairs += [(course.case, float(p), float(q)) for p, q in zip(x, y, strict=True)]
        gap = y - x
        rows.append(
            (course.case, x.size, mean(gap.tolist()), nan, nan, share_above(gap), correlate(x, y))
        )
    low, high = leave_one_out(
        pairs, lambda pair: pair[0], lambda some: mean([q - p for _, p, q in some])
    )
    gap = np.array([q - p for _, p, q in pairs])
    centred = []
    for name in dict.fromkeys(case for case, _, _ in pairs):
        inside = np.array([(p, q) for case, p, q in pairs if case == name])
        centred.append(inside - inside.mean(axis=0))
    state = np.concatenate(centred) if centred else np.empty((0, 2))
    r = correlate(state[:, 0], state[:, 1])
    rows.append(("", len(pairs), mean(gap.tolist()), low, high, share_above(gap), r))
    names = ["case", "n", "difference", "low", "high", "other_higher", "r"]
    return pd.DataFrame(rows, columns=names)
