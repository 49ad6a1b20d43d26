"""The JSON of a BORIS project, with its many events packed as they are read."""

from __future__ import annotations

import json
import re

# Time, subject, behaviour, modifiers, comment; further fields in newer versions.
EVENT_FIELDS = 5
# Smaller projects are read as they are.
_LARGE = 1_000_000
_KEY = re.compile(r'(?<!\\)"events"[ \t\n\r]*:[ \t\n\r]*\[[ \t\n\r]*')
_NEXT = re.compile(r"[ \t\n\r]*([,\]])[ \t\n\r]*")
_MARK = "events cut out by reattune"


class PackedEvent(tuple[object, ...]):
    """Time, subject, behaviour and modifiers of an event; equal texts are one object."""

    __slots__ = ()


def load_project(text: str) -> object:
    """What ``json.loads`` gives, but in a large project the events are `PackedEvent`.

    As lists of texts of their own, the events take five times the room of the file.

    Raises
    ------
    ValueError, RecursionError
        As ``json.loads`` does.
    """
    if len(text) > _LARGE and _MARK not in text:
        try:
            return _load_packed(text)
        except (ValueError, RecursionError):
            # The plain way below says what is wrong, and where.
            pass
    return json.loads(text)


def _load_packed(text: str) -> object:
    """The project read without its lists of events, which are read one by one and put back."""
    lists: list[list[object]] = []
    rest: list[str] = []
    at = 0
    while key := _KEY.search(text, at):
        events, end = _load_events(text, key.end())
        rest += (text[at : key.end()].rstrip()[:-1], f'{{"{_MARK}":{len(lists)}}}')
        lists.append(events)
        at = end
    rest.append(text[at:])

    def put_back(found: dict[str, object]) -> object:
        number = found.get(_MARK)
        if isinstance(number, int) and 0 <= number < len(lists):
            return lists[number]
        return found

    return json.loads("".join(rest), object_hook=put_back)


def _load_events(text: str, at: int) -> tuple[list[object], int]:
    """The elements of the list that begins before ``at``, and the place behind it."""
    decode = json.JSONDecoder().raw_decode
    known: dict[object, object] = {}
    events: list[object] = []
    if text[at : at + 1] == "]":
        return events, at + 1
    mark = ","
    while mark == ",":
        event, at = decode(text, at)
        if isinstance(event, list) and len(event) >= EVENT_FIELDS:
            event = PackedEvent(
                known.setdefault(value, value) if isinstance(value, str) else value
                for value in event[: EVENT_FIELDS - 1]
            )
        events.append(event)
        found = _NEXT.match(text, at)
        if found is None:
            raise ValueError("no comma")
        mark, at = found[1], found.end()
    return events, at
