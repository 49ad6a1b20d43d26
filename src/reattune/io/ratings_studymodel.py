"""The keys of a study file for ratings and what each may hold (loaded with the file)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic import model_validator as check_all

from reattune.io.studymodel import Finite, Names, Section

# A column or rater may be called 1: names all the same.
Name = Annotated[
    str, BeforeValidator(lambda v: str(v) if isinstance(v, int) and v is not True else v)
]
Whole = Annotated[int, Field(ge=0, le=10_000_000)]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


class RatingsSection(Section):
    """``[ratings]``."""

    file: Names
    sheet: str = ""
    delimiter: str = ""
    decimal: Literal["", ",", "."] = ""
    case: Name = ""
    meeting: Name = ""
    date: Name = ""
    date_order: Literal["", "dmy", "mdy"] = ""
    rater: Name = ""
    person: str = ""
    partners: Any = None
    raters: Any = None
    scores: Names = Field(default_factory=list)
    items: dict[str, Names] = Field(default_factory=dict)
    min_items: Any = None
    reversed: Names = Field(default_factory=list)
    reverse: Names = Field(default_factory=list)
    range: tuple[Finite, Finite] | None = None
    instrument: str = ""
    wide: dict[str, str] = Field(default_factory=dict)
    remarks: Name = ""
    marks: Name = ""
    scale: str = ""
    judge: str = ""

    # Values of several shapes are checked here: a list of what each shape lacks would help nobody.
    @field_validator("partners")
    @classmethod
    def _two_partners(cls, value: Any) -> Any:
        names = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(names, list) or len(names) != 2 or not all(map(_is_name, names)):
            raise ValueError(
                'needs two names, ["patient", "therapist"], or { patient = "P", therapist = "T" }.'
            )
        return value

    @field_validator("raters")
    @classmethod
    def _columns_of_raters(cls, value: Any) -> Any:
        def fits(columns: object) -> bool:
            if isinstance(columns, dict):
                return all(map(_is_name, (*columns, *columns.values())))
            return all(map(_is_name, columns if isinstance(columns, list) else [columns]))

        if not isinstance(value, dict) or not value or not all(map(fits, value.values())):
            raise ValueError(
                'needs a column for each rater, { patient = "wai_p", therapist = "wai_t" }.'
            )
        return value

    @field_validator("min_items")
    @classmethod
    def _enough_items(cls, value: Any) -> Any:
        for number in value.values() if isinstance(value, dict) else [value]:
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ValueError("needs a whole number of at least 1, or { scale = number }.")
        return value

    @check_all(mode="after")
    def _fitting(self) -> RatingsSection:
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError("range needs the lowest possible rating first, e.g. [1, 7].")
        if self.reversed and self.range is None and not self.instrument:
            raise ValueError("reversed items need range = [lowest, highest] or an instrument.")
        return self


class DrawsSection(Section):
    """``[surrogates]``."""

    n: Whole | None = None
    seed: Whole | None = None


class NamedSection(Section):
    """``[study]``."""

    name: str = ""
    sessions: str = ""
    cases: str = ""

    @check_all(mode="after")
    def _one_table(self) -> NamedSection:
        if self.sessions and self.cases:
            raise ValueError("sessions and cases mean the same here; please keep one.")
        return self


class RatingsStudyModel(Section):
    """A whole study file for ratings."""

    study: NamedSection = NamedSection()
    ratings: RatingsSection
    criteria: list[str | dict[str, Any]] = Field(default_factory=list)
    surrogates: DrawsSection = DrawsSection()


_TABLES: dict[str, type[Section]] = {
    "study": NamedSection,
    "ratings": RatingsSection,
    "surrogates": DrawsSection,
}


def allowed_ratings_keys(location: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that may stand where the last part of ``location`` stands."""
    if len(location) == 1:
        return tuple(RatingsStudyModel.model_fields)
    model = _TABLES.get(str(location[0]))
    return tuple(model.model_fields) if model else ()
