"""What every result of this room answers: a table, a JSON-safe copy, a line of words, settings."""

from __future__ import annotations

from dataclasses import Field, asdict, fields, is_dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


class CouplingResult:
    """Base of the frozen results. A subclass names its measure and has a field ``used``.

    ``used`` holds the settings the numbers were made with.
    """

    measure: ClassVar[str] = ""

    @property
    def settings(self) -> dict[str, object]:
        """The measure and what it was made with, JSON-safe."""
        used = getattr(self, "used", None)
        kept = asdict(used) if is_dataclass(used) and not isinstance(used, type) else {}
        return {"measure": self.measure, **{key: json_safe(value) for key, value in kept.items()}}

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy: undefined numbers are None."""
        own = {f.name: json_safe(getattr(self, f.name)) for f in _fields(self) if f.name != "used"}
        return {**own, "settings": self.settings}

    def to_frame(self) -> pd.DataFrame:
        """One row with the single numbers of the result."""
        import pandas as pd

        row = {f.name: getattr(self, f.name) for f in _fields(self)}
        kept = {k: v for k, v in row.items() if isinstance(v, bool | int | float | str)}
        return pd.DataFrame([{"measure": self.measure, **kept}])

    def summary(self) -> str:
        """The single numbers in one line."""
        row = {f.name: getattr(self, f.name) for f in _fields(self)}
        told = [f"{k} {v:.4g}" for k, v in row.items() if _is_number(v)]
        return f"{self.measure}: " + ", ".join(told)

    def __str__(self) -> str:
        return self.summary()


def json_safe(value: object) -> object:
    """The value as JSON can hold it: arrays as lists, nan as None, infinite as text."""
    if isinstance(value, np.ndarray):
        return [json_safe(item) for item in value.tolist()]
    if isinstance(value, tuple | list):
        return [json_safe(item) for item in value]
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: json_safe(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.generic):
        return json_safe(value.item())
    if isinstance(value, float) and not isfinite(value):
        return None if isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def _fields(result: CouplingResult) -> tuple[Field[Any], ...]:
    return fields(result) if is_dataclass(result) else ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
