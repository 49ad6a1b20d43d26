"""The keys of a study file and what each may hold (pydantic models; loaded with the file)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic import model_validator as check_all


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | int | float) else value


def _as_text(value: object) -> object:
    # Codes and ids are often written as numbers; they are names all the same.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[list[Text], BeforeValidator(_as_list)]
Names = Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)]
Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Pair = tuple[Any, Any]


class Section(BaseModel):
    """A table in which a key that is not named here is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StudySection(Section):
    """``[study]``."""

    name: str = ""
    sessions: str = ""
    files: Names = []
    format: str = ""


class PartnersSection(Section):
    """``[partners]``: ``names = [...]``, or ``first`` and ``second``."""

    names: list[str] = []
    first: str = ""
    second: str = ""

    @check_all(mode="after")
    def _two(self) -> PartnersSection:
        names = self.names or [name for name in (self.first, self.second) if name]
        if len(names) != 2 or names[0] == names[1] or not all(names):
            raise ValueError('needs two different names, e.g. names = ["infant", "caregiver"].')
        return self

    @property
    def pair(self) -> tuple[str, str]:
        """The two names."""
        first, second = self.names or (self.first, self.second)
        return (first, second)


class SourceSection(Section):
    """``[streams.<name>.<partner>]``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    track: Names = []
    subject: str = ""
    kind: Literal["states", "events", "signal"] = "states"
    codes: dict[str, Text] | None = None
    uncodable: Texts = []
    uncodable_track: Names = []
    fps: Positive | None = None
    threshold: Finite | None = None
    file: str = ""
    offset_s: Finite = 0.0

    @check_all(mode="before")
    @classmethod
    def _one_name(cls, values: Any) -> Any:
        """Tier, column, class and track are words of different programs for the same thing."""
        if not isinstance(values, dict):
            return values
        given = [key for key in TRACK_WORDS if key in values]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} mean the same; please keep one.")
        if given and given[0] != "track":
            values = {**values, "track": values[given[0]]}
            del values[given[0]]
        return values

    @check_all(mode="after")
    def _somewhere(self) -> SourceSection:
        if not self.track and not self.subject:
            raise ValueError(
                "does not say where it comes from: tier, column, class or track (or a subject)."
            )
        if self.threshold is not None and self.kind != "events":
            raise ValueError('a threshold needs kind = "events".')
        return self


TRACK_WORDS = ("track", "tier", "column", "class")


class PhasesSection(Section):
    """``[phases]``."""

    times: dict[str, Pair] = {}
    track: str = ""
    labels: dict[str, str] = {}
    columns: dict[str, tuple[str, str]] = {}
    imposed: Names = []
    ignore: bool = False
    time_format: Literal["clock", "mm:ss:ff"] = "clock"

    @check_all(mode="after")
    def _one_origin(self) -> PhasesSection:
        if sum(map(bool, (self.times, self.track, self.columns))) > 1:
            raise ValueError("times, track and columns exclude one another; please keep one.")
        return self


class GapsSection(Section):
    """``[gaps]``."""

    max_frames: NotNegative = 2.5
    max_s: NotNegative = 0.1


Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Shares = Annotated[list[Share], BeforeValidator(_as_list)]


class GrowthSection(Section):
    """``[growth]``."""

    compute: bool = True
    focal: str = ""
    negative: Texts = []
    contact: Texts = []
    time: str = ""
    group: str = ""
    comparison: Text = ""
    challenge: str = ""
    phases: Names = []
    rating: str = ""
    window_s: Positive = 10.0
    forgetting: Share = 0.95
    weight: Literal["plain", "latency"] = "plain"
    sizes: Shares = []
    around_s: Positive = 10.0
    force: bool = False

    @check_all(mode="after")
    def _in_order(self) -> GrowthSection:
        if any(b <= a for a, b in pairwise(self.sizes)):
            raise ValueError("sizes must increase, e.g. sizes = [0.5, 1.0].")
        if self.comparison and not self.group:
            raise ValueError("comparison names one group of a column: please name it as `group`.")
        return self


class SynchronySection(Section):
    """``[synchrony]``."""

    stream: str = ""
    preset: Literal["", "rmea", "susy", "boker", "syncpy"] = ""
    window_s: Positive | None = None
    step_s: Positive | None = None
    max_lag_s: NotNegative | None = None
    anchor: Literal["", "leader", "follower", "centre", "segment"] = ""
    rate_hz: Positive | None = None
    smooth_s: NotNegative = 0.5
    outlier_sd: Positive | Literal["none"] = 10.0
    scaling: Literal["none", "z", "unit", "sd", "robust"] = "none"
    speed_of: Names = []
    null: Literal["rotate", "phase_randomised", "iaaft", "segment_shuffle"] = "rotate"
    block_s: Positive | None = None
    roles: bool = True
    by_condition: str = ""
    epochs: Names = []
    also: Names = []


class SessionSection(BaseModel):
    """``[[session]]``; every other key is a covariate."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Text = ""
    dyad: Text = ""
    file: Names = []
    observation: Text = ""
    start_s: Finite | None = None
    end_s: Finite | None = None
    phases: dict[str, Pair] = {}

    @check_all(mode="before")
    @classmethod
    def _files(cls, values: Any) -> Any:
        if isinstance(values, dict) and "files" in values:
            if "file" in values:
                raise ValueError("file and files mean the same; please keep one.")
            values = {**values, "file": values["files"]}
            del values["files"]
        return values


class StudyModel(Section):
    """A whole study file."""

    study: StudySection = StudySection()
    sessions: str = ""
    files: Names = []
    format: str = ""
    partners: PartnersSection
    streams: dict[str, dict[str, SourceSection]]
    phases: PhasesSection = PhasesSection()
    gaps: GapsSection = GapsSection()
    table: dict[str, Any] = {}
    rule: dict[str, Any] = {}
    criteria: dict[str, Any] = {}
    surrogates: dict[str, Any] = {}
    growth: GrowthSection | None = None
    synchrony: SynchronySection | None = None
    session: list[SessionSection] = []

    @field_validator("streams")
    @classmethod
    def _some_stream(
        cls, streams: dict[str, dict[str, SourceSection]], info: ValidationInfo
    ) -> dict[str, dict[str, SourceSection]]:
        if not any(streams.values()):
            raise ValueError("names no stream, e.g. [streams.affect.infant].")
        return streams

    @field_validator("rule")
    @classmethod
    def _typed(cls, rule: dict[str, Any]) -> dict[str, Any]:
        if rule and not isinstance(rule.get("type"), str):
            raise ValueError('needs a type, e.g. type = "StateMatch".')
        return rule


_TABLES: dict[str, type[BaseModel]] = {
    "study": StudySection,
    "partners": PartnersSection,
    "phases": PhasesSection,
    "gaps": GapsSection,
    "growth": GrowthSection,
    "synchrony": SynchronySection,
}


def allowed_keys(location: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that may stand where the last part of ``location`` stands."""
    if len(location) == 1:
        return tuple(StudyModel.model_fields)
    if location[0] == "streams":
        names = [name for name in SourceSection.model_fields if name != "track"]
        return (*TRACK_WORDS, *names)
    model = _TABLES.get(str(location[0]))
    return tuple(model.model_fields) if model else ()
