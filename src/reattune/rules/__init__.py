"""Rules: a session in, the dyad over time out."""

from __future__ import annotations

from collections.abc import Mapping

from reattune.core.errors import SettingError, did_you_mean
from reattune.rules.base import Rule
from reattune.rules.coded import Coded
from reattune.rules.contact import Contact
from reattune.rules.contingent import Contingent
from reattune.rules.courses import COURSE_RULES, make_course_rule
from reattune.rules.join import join
from reattune.rules.states import StateMatch
from reattune.rules.synchrony import Synchrony
from reattune.rules.tables import PRESETS, OwnTable

RULES: dict[str, type[Rule]] = {
    rule.__name__: rule
    for rule in (StateMatch, Contact, Contingent, Coded, Synchrony, *COURSE_RULES)
}


def make_rule(settings: Mapping[str, object]) -> Rule:
    """The rule that a study file or ``settings.json`` describes.

    Parameters
    ----------
    settings : mapping
        ``{"type": "StateMatch", "stream": "affect", "table": "same_valence"}``.

    Raises
    ------
    SettingError
        For an unknown type or parameter.
    """
    from dataclasses import MISSING, fields

    values = dict(settings)
    name = str(values.pop("type", ""))
    if name not in RULES:
        raise SettingError("rule.type", name, "the name of a rule." + did_you_mean(name, RULES))
    rule = RULES[name]
    known = {field.name: field for field in fields(rule)}
    for key in values:
        if key not in known:
            raise SettingError(
                f"rule.{key}", values[key], f"a parameter of {name}." + did_you_mean(key, known)
            )
    missing = [
        key
        for key, field in known.items()
        if field.default is MISSING and field.default_factory is MISSING and key not in values
    ]
    if missing:
        raise SettingError(f"rule of type {name}", sorted(values), f"also {', '.join(missing)}")
    return rule(**values)


__all__ = [
    "PRESETS",
    "RULES",
    "Coded",
    "Contact",
    "Contingent",
    "OwnTable",
    "Rule",
    "StateMatch",
    "Synchrony",
    "join",
    "make_course_rule",
    "make_rule",
]
