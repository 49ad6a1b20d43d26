"""CourseChance: ruptures and repairs in ratings beside what ratings without ruptures give."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import inf, isnan, nan
from typing import TYPE_CHECKING

from reattune.core.notes import Note
from reattune.course_tests.surrogates import Null
from reattune.courses import Criterion

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CourseStatistic:
    """One count or figure beside its null.

    Attributes
    ----------
    name : str
    observed : float
        nan where undefined; a median latency is infinite where half were not repaired while
        watched.
    null_mean, null_median, null_low, null_high : float
        Of the surrogates that define it; low and high are 2.5 and 97.5 %.
    p : float
        Two-sided; nan where ``refused``.
    n_defined : int
        Surrogates behind it.
    refused : str
        Why there is no p, in words.
    """

    name: str
    observed: float
    null_mean: float = nan
    null_median: float = nan
    null_low: float = nan
    null_high: float = nan
    p: float = nan
    n_defined: int = 0
    refused: str = ""


@dataclass(frozen=True)
class CaseChance:
    """One case: its statistics beside their null, or why the criterion does not apply.

    Attributes
    ----------
    case : str
    n_ratings : int
    statistics : tuple of CourseStatistic
    refused : str
    """

    case: str
    n_ratings: int
    statistics: tuple[CourseStatistic, ...]
    refused: str = ""

    def __getitem__(self, name: str) -> CourseStatistic:
        """The statistic of that name."""
        return _pick(self.statistics, name)


@dataclass(frozen=True, eq=False)
class CourseChance:
    """What a criterion found in a sample of courses, beside ratings without ruptures.

    Attributes
    ----------
    criterion : Criterion
    null : {"trend_ar1", "permutation"}
    n, seed : int
        Surrogates of every case, and what they were drawn with.
    phi : float
        Autocorrelation of the trend null; nan under the permutation.
    clip : bool
    statistics : tuple of CourseStatistic
        Of the sample.
    cases : tuple of CaseChance
        In the order given.
    notes : tuple of Note
    beside : CourseChance or None
        The same under the other null.
    """

    criterion: Criterion
    null: Null
    n: int
    seed: int
    phi: float
    clip: bool
    statistics: tuple[CourseStatistic, ...]
    cases: tuple[CaseChance, ...]
    notes: tuple[Note, ...] = ()
    beside: CourseChance | None = None

    def __getitem__(self, name: str) -> CourseStatistic:
        """The sample's statistic of that name.

        Raises
        ------
        KeyError
            Naming the statistics there are.
        """
        return _pick(self.statistics, name)

    @property
    def settings(self) -> dict[str, object]:
        """What was done, JSON-safe; equal inputs give equal settings."""
        return {
            "criterion": self.criterion.to_dict(),
            "null": self.null,
            "n": self.n,
            "seed": self.seed,
            "phi": _plain(self.phi),
            "clip": self.clip,
        }

    def to_frame(self) -> pd.DataFrame:
        """One row per null, level (sample or case) and statistic; case is empty for the sample."""
        import pandas as pd

        rest = [name for name in CourseStatistic.__dataclass_fields__ if name != "name"]
        rows: list[tuple[object, ...]] = []
        for test in (self, *([self.beside] if self.beside else [])):
            for level, case, refused, statistics in (
                ("sample", "", "", test.statistics),
                *(("case", c.case, c.refused, c.statistics) for c in test.cases),
            ):
                head = (test.null, level, case)
                for row in statistics:
                    told = [getattr(row, name) for name in rest[:-1]]
                    rows.append((*head, row.name, *told, refused or row.refused))
        return pd.DataFrame(rows, columns=["null", "level", "case", "statistic", *rest])

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy: undefined numbers are None, infinite ones ``"inf"``."""
        return {
            **self.settings,
            "statistics": [_row(row) for row in self.statistics],
            "cases": [
                {
                    "case": case.case,
                    "n_ratings": case.n_ratings,
                    "refused": case.refused,
                    "statistics": [_row(row) for row in case.statistics],
                }
                for case in self.cases
            ],
            "notes": [note.to_dict() for note in self.notes],
            "beside": None if self.beside is None else self.beside.to_dict(),
        }

    def summary(self) -> str:
        """The test in sentences."""
        from reattune.course_tests.words import sentences

        return "\n".join(sentences(self))

    def __str__(self) -> str:
        return self.summary()


def _pick(statistics: tuple[CourseStatistic, ...], name: str) -> CourseStatistic:
    for row in statistics:
        if row.name == name:
            return row
    raise KeyError(f"no statistic {name!r}; there is {', '.join(r.name for r in statistics)}")


def _row(row: CourseStatistic) -> dict[str, object]:
    return {k: _plain(v) if isinstance(v, float) else v for k, v in asdict(row).items()}


def _plain(value: float) -> float | str | None:
    return None if isnan(value) else "inf" if value == inf else value
