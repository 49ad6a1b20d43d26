"""Criteria by name and parameters: as a study file, a settings file or a command writes them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

from reattune.core.errors import SettingError, did_you_mean
from reattune.courses.centred import PersonCentred
from reattune.courses.changepoint import ChangePoint
from reattune.courses.chart import ControlChart
from reattune.courses.criteria import Criterion
from reattune.courses.cusum import Cusum
from reattune.courses.decline import Decline
from reattune.courses.drop import Drop
from reattune.courses.ewma import Ewma
from reattune.courses.presets import PRESETS, gumz_like, stiles_like, strauss_like
from reattune.courses.reliable import ReliableChange

CRITERIA: dict[str, type[Criterion]] = {
    kind.__name__: kind
    for kind in (
        *(Decline, Drop, ControlChart, Cusum, Ewma, ChangePoint, PersonCentred, ReliableChange),
    )
}
# Words that stand for several criteria.
SETS = ("default", "all")
_WORDS: dict[str, object] = {"true": True, "yes": True, "false": False, "no": False, "none": None}


def default_criteria() -> tuple[Criterion, ...]:
    """Declines and drops of 1 and 2 SDs, and the 3-sigma chart."""
    return (Decline(k=1.0), Decline(k=2.0), Drop(k=1.0), Drop(k=2.0), ControlChart())


def all_criteria() -> tuple[Criterion, ...]:
    """Every criterion that can be computed without a norm: the default ones, then the others.

    `ReliableChange` is not among them: its SD and reliability are never assumed.
    """
    return (
        *default_criteria(),
        *(Cusum(detrend=True), Ewma(detrend=True), ChangePoint(), ChangePoint(method="bayes")),
        *(PersonCentred(), stiles_like(), strauss_like(), gumz_like()),
    )


def make_criterion(settings: Mapping[str, object]) -> Criterion:
    """The criterion that a study file or ``settings.json`` describes.

    Parameters
    ----------
    settings : mapping
        ``{"type": "Decline", "k": 2}``, or a preset: ``{"type": "gumz_like", "k": 2}``. The words
        that results add (``name``, ``approximation``, ``in_words``) may stand there as well.

    Raises
    ------
    SettingError
        For an unknown type or parameter, or one that is missing.

    Examples
    --------
    >>> make_criterion({"type": "Decline", "k": 2}).label()
    'Decline(k=2)'
    """
    told = ("type", "name", "approximation", "in_words")
    values = {str(key): value for key, value in settings.items() if key not in told}
    name = _known_name(str(settings.get("type", "")))
    if name in PRESETS:
        make = PRESETS[name]
        known = list(inspect.signature(make).parameters)
        _check_names(name, values, known)
        return make(**values)
    kind = CRITERIA[name]
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    _check_names(name, values, known)
    missing = [
        field.name
        for field in fields(kind)  # type: ignore[arg-type]
        if field.default is MISSING and field.name not in values
    ]
    if missing:
        raise SettingError(f"{name}", values or "nothing", f"also {' and '.join(missing)}")
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return kind(**plain)


def parse_criterion(text: str) -> Criterion:
    """The criterion that one word of a command describes.

    Parameters
    ----------
    text : str
        A name, and its parameters behind a colon: ``"Decline"``, ``"Decline:k=2,sd=own"``,
        ``"ControlChart:rules=R1+R2,limit=2"``, ``"stiles_like"``. Numbers, ``true``, ``false`` and
        ``none`` are read as such.

    Raises
    ------
    SettingError
        For an unknown name or parameter, or a part without "=".

    Examples
    --------
    >>> parse_criterion("Drop:k=2,window=none").label()
    'Drop(k=2, window=None)'
    """
    name, _, rest = text.partition(":")
    settings: dict[str, object] = {"type": name.strip()}
    for part in filter(None, (piece.strip() for piece in rest.split(","))):
        key, sign, value = part.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise SettingError(
                f"criterion {name.strip()}", part, "parameter=value, e.g. Decline:k=2,sd=own"
            )
        settings[key.strip()] = _read_value(value.strip())
    return make_criterion(settings)


def choose_criteria(given: Iterable[str | Mapping[str, object] | Criterion]) -> list[Criterion]:
    """The criteria of a list in which each is written in any of the ways above.

    ``"default"`` stands for `default_criteria`, ``"all"`` for `all_criteria`.
    """
    found: list[Criterion] = []
    for each in given:
        if isinstance(each, Criterion):
            found.append(each)
        elif isinstance(each, Mapping):
            found.append(make_criterion(each))
        elif each.strip() in SETS:
            found += all_criteria() if each.strip() == "all" else default_criteria()
        else:
            found.append(parse_criterion(each))
    return found


def _known_name(name: str) -> str:
    folded = {_fold(known): known for known in (*CRITERIA, *PRESETS)}
    if _fold(name) in folded:
        return folded[_fold(name)]
    raise SettingError(
        "criterion", name, "the name of a criterion." + did_you_mean(name, (*CRITERIA, *PRESETS))
    )


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").strip().casefold()


def _check_names(name: str, values: Mapping[str, object], known: list[str]) -> None:
    for key in values:
        if key not in known:
            told = f"a parameter of {name}." + did_you_mean(key, known)
            raise SettingError(f"criterion {name}: {key}", values[key], told)


def _read_value(text: str) -> object:
    if text.casefold() in _WORDS:
        return _WORDS[text.casefold()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return tuple(part.strip() for part in text.split("+")) if "+" in text else text
