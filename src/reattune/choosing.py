"""The study and the rule behind what a command was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reattune.core.errors import ReadError, SettingError
from reattune.core.session import Session
from reattune.core.streams import Events, States
from reattune.core.study import Study
from reattune.reading import read_many, read_study
from reattune.rules import Rule, StateMatch, make_rule
from reattune.rules.valence import find_valence

DATASET = "dataset:"
# Words whose option has another name.
_OPTIONS = {
    "type": "rule",
    "partners": "contact_of",
    "compare": "synchrony",
    "file_rate_hz": "rate",
    "rate_hz": "resample_hz",
    "roles": "any_roles",
    "criteria": "criterion",
    "options": "instrument and other options of ratings",
}


def is_one_file(path: str) -> bool:
    """Whether a path is a data file: no folder, no study file."""
    return Path(path).is_file() and Path(path).suffix.lower() != ".toml"


def open_study(path: str, partners: tuple[str, str] | None = None) -> Study:
    """The sessions behind a path as a study.

    Raises
    ------
    ReadError
        When there is nothing to read.
    """
    if path.startswith(DATASET):
        from reattune.datasets import load_dataset

        return load_dataset(path.removeprefix(DATASET))
    place = Path(path)
    if not place.exists():
        raise ReadError("does not exist.", path=place)
    if place.is_dir() or place.suffix.lower() == ".toml":
        return read_study(place, partners=partners)
    return read_many(place, partners=partners)


def choose_rule(study: Study, given: dict[str, Any]) -> Rule | None:
    """The rule from the options over the study file's; None when neither says anything."""
    if not given and not study.rule:
        return None
    base = dict(study.rule)
    if given.get("type", base.get("type")) != base.get("type"):
        base = {}
    merged = {"type": "StateMatch", **base, **given}
    if merged["type"] == "StateMatch" and "stream" not in merged:
        session = next(iter(study))
        merged["stream"] = _only_stream(session)
    return make_rule(merged)


def guess_rule(session: Session) -> Rule:
    """`StateMatch` on the only stream both partners have, by sign where all states have one.

    Raises
    ------
    SettingError
        When it cannot be guessed; the message says what to choose from.
    """
    stream = _only_stream(session)
    labels = {
        label
        for partner in session.partners
        for label in session.stream(stream, partner, States).categories
    }
    signed = all(find_valence(label) is not None for label in labels)
    return StateMatch(stream, "same_valence" if signed else "same_category")


def _only_stream(session: Session) -> str:
    first, second = session.partners
    shared = [
        name
        for name in session.stream_names
        if session.has(name, first)
        and session.has(name, second)
        and isinstance(session.stream(name, first), States)
        and isinstance(session.stream(name, second), States)
    ]
    if len(shared) == 1:
        return shared[0]
    events = [s.name for s in session.streams if isinstance(s, Events)]
    hint = "; for events use rule Contact with patience_s" if events else ""
    known = ", ".join(repr(name) for name in (shared or session.stream_names))
    raise SettingError(
        "stream", None, f"the stream to compare, one of {known or 'none at all'}{hint}"
    )


def asks_for_signals(path: str, rule: Mapping[str, Any], synchrony: Mapping[str, Any]) -> bool:
    """Whether signals are compared: they were asked for, or there is nothing else."""
    if path.startswith(DATASET):
        return False
    from reattune.synchrony_pipeline.asked import wants_signals

    return wants_signals(path, rule, synchrony)


def open_for_rule(
    path: str,
    partners: tuple[str, str] | None,
    rule: dict[str, Any],
    synchrony: Mapping[str, Any],
) -> tuple[Study, dict[str, Any]]:
    """The study behind a path, and the rule as asked for; signals prepared for rule Synchrony."""
    from reattune.synchrony_pipeline.asked import SYNCHRONY, prepare_for_rule, read_asked

    if rule.get("type") == SYNCHRONY and not path.startswith(DATASET):
        study = read_asked(path, partners, synchrony, rule.get("stream"))
    else:
        study = open_study(path, partners)
    if rule.get("type", study.rule.get("type")) == SYNCHRONY:
        return prepare_for_rule(study, rule, synchrony)
    if synchrony:
        told = f"signals, or --rule {SYNCHRONY}, for {name_options(synchrony)}"
        raise SettingError("path", path, told)
    return study, rule


def refuse_for(what: str, path: str, *tables: Mapping[str, object], **given: object) -> None:
    """Options that mean nothing for a kind of data; ignoring them would mislead.

    Raises
    ------
    SettingError
        Naming the options that were given.
    """
    used = [key for table in tables for key, value in table.items() if value is not None]
    used += [name for name, value in given.items() if value is not None]
    if not used:
        return
    if what == "ratings":
        told = f"coded sessions for {name_options(used)}; ratings take --criterion"
    else:
        told = f"data that {name_options(used)} {'is' if len(used) == 1 else 'are'} for, not {what}"
    raise SettingError("path", path, told)


def name_options(words: Iterable[str]) -> str:
    """Words of the library as the options of the command line."""
    return ", ".join("--" + _OPTIONS.get(word, word).replace("_", "-") for word in words)
