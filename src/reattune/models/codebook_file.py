"""Codebooks in TOML files: which state each code of somebody's own scheme stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.toml_file import read_toml
from reattune.models.codebooks import Codebook
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES

_SIDES = {"focal": FOCAL_STATES, "responder": RESPONDER_STATES}
_KEYS = ("name", "stream", "partners", "source", *_SIDES)


def read_codebook(path: str | Path) -> Codebook:
    """The codebook in a TOML file.

    Tables ``[focal]`` and ``[responder]`` name a state for every code. A code that does not tell
    some states apart has a list of them, the one it is read as first. Several codes may stand for
    one state. ``name``, ``stream``, ``partners`` (focal first) and ``source`` may stand above.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    ReadError
        When it is no TOML, a key or a state is unknown (with the closest one), or a state has no
        code.

    Notes
    -----
    For codes of valence::

        stream = "affect"
        [focal]
        neg = "negative"
        neu = ["monitor", "away"]
        pos = "positive"
        [responder]
        neg = ["soothe", "off"]
        neu = ["attend", "wait"]
        pos = "play"
    """
    path = Path(path)
    values = read_toml(path)
    for key in values:
        if key not in _KEYS:
            told = f"There is no key {key!r} here." + did_you_mean(key, _KEYS)
            raise ReadError(told, path=path)
    partners = values.get("partners", ("focal", "responder"))
    if not isinstance(partners, list | tuple) or len(partners) != 2:
        raise ReadError("partners are two names, focal first.", path=path, found=repr(partners))
    sides = {name: _read_side(path, name, values.get(name)) for name in _SIDES}
    try:
        return Codebook(
            str(values.get("name", path.stem)),
            focal=sides["focal"][0],
            responder=sides["responder"][0],
            stream=str(values.get("stream", "affect")),
            partners=(str(partners[0]), str(partners[1])),
            focal_back=sides["focal"][1],
            responder_back=sides["responder"][1],
            source=str(values.get("source", path.name)),
        )
    except SettingError as error:
        raise ReadError(str(error), path=path) from error


def _read_side(path: Path, side: str, table: object) -> tuple[tuple[str, ...], dict[str, str]]:
    """The code of every state, and as which state each code is read."""
    states = _SIDES[side]
    if not isinstance(table, Mapping) or not table:
        raise ReadError(
            f"has no table [{side}].", path=path, expected=f'lines such as code = "{states[0]}"'
        )
    asked: dict[str, list[str]] = {}
    for label, given in table.items():
        named = [given] if isinstance(given, str) else given
        if not isinstance(named, list) or not named or not all(isinstance(s, str) for s in named):
            raise ReadError(
                "is no state.", path=path, where=f"[{side}] {label!r}", found=repr(given),
                expected="the name of a state, or a list of them",
            )  # fmt: skip
        for state in named:
            if state not in states:
                raise ReadError(
                    f"{state!r} is no state of the {side} partner." + did_you_mean(state, states),
                    path=path,
                    where=f"[{side}] {label!r}",
                )
        asked[str(label)] = list(dict.fromkeys(named))
    shared = {label: named for label, named in asked.items() if len(named) > 1}
    owner: dict[str, str] = {}
    for label, named in [*shared.items(), *asked.items()]:
        for state in named:
            other = owner.setdefault(state, label)
            # A further code for a state that is not told apart would be one the model never shows.
            if other in shared and other != label and (named[1:] or state != shared[other][0]):
                raise ReadError(
                    f"{state!r} stands under {other!r} and under {label!r}; where codes do not "
                    "tell states apart, each state belongs to one of them.",
                    path=path,
                    where=f"[{side}]",
                )
    missing = [state for state in states if state not in owner]
    if missing:
        raise ReadError(
            f"no code stands for {', '.join(missing)}.",
            path=path,
            where=f"[{side}]",
            expected="every state once; one that is not coded by itself joins the code that covers "
            f'it, e.g. code = ["{states[-2]}", "{missing[0]}"]',
        )
    return tuple(owner[state] for state in states), {k: named[0] for k, named in asked.items()}


def draft_codebook(
    stream: str, partners: Sequence[str], focal: Sequence[str], responder: Sequence[str]
) -> str:
    """The text of a codebook file for these codes, with a ``?`` for every state to be named.

    Parameters
    ----------
    stream : str
    partners : sequence of 2 str
        Focal partner and responder.
    focal, responder : sequence of str
        Codes that were seen.
    """
    lines = [
        f"stream = {json.dumps(stream, ensure_ascii=False)}",
        f"partners = {json.dumps(list(partners[:2]), ensure_ascii=False)}",
    ]
    for (side, states), labels, who in zip(
        _SIDES.items(), (focal, responder), partners, strict=True
    ):
        lines += ["", f"[{side}]  # {' '.join(who.split())}: {', '.join(states)}"]
        lines += [f'{json.dumps(str(label), ensure_ascii=False)} = "?"' for label in labels]
    return "\n".join(lines) + "\n"
