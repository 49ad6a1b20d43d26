"""Which kind of rupture a marker stands for: words of observer systems, as data."""

from __future__ import annotations

from collections.abc import Mapping

from reattune.core.errors import SettingError

WITHDRAWAL, CONFRONTATION, RUPTURE, OTHER, NONE = (
    "withdrawal",
    "confrontation",
    "rupture",
    "other",
    "none",
)
# The order of tables and pictures.
KINDS = (WITHDRAWAL, CONFRONTATION, RUPTURE, OTHER)
BOTH = "both"

# Beginnings and parts of marker names, lower case, as forms of the 3RS and its relatives use them.
# A table with other words says so itself: kinds = {"their word": "withdrawal"}.
_WORDS: Mapping[str, tuple[str, ...]] = {
    WITHDRAWAL: (
        *("withdraw", "rückzug", "denial", "minimal response", "shutting down", "shut down"),
        *("abstract", "avoid", "storytelling", "topic shift", "shifting topic", "masking"),
        *("defer", "appeas", "affect split", "self-critic", "hopeless", "giving up"),
    ),
    CONFRONTATION: (
        *("confront", "konfront", "complain", "reject", "defends self", "self-defen"),
        *("controlling", "pressur"),
    ),
}


def find_kind(label: str, kinds: Mapping[str, str] | None = None) -> str:
    """The kind of a marker: ``withdrawal``, ``confrontation``, ``rupture``, ``other``, ``none``.

    Parameters
    ----------
    label : str
        The marker as the table names it.
    kinds : mapping of marker to kind, optional
        What the user says of single markers; wins over the words known here. ``none`` is a code
        that marks no rupture (for named sequences).

    Raises
    ------
    SettingError
        For a kind that does not exist.

    Examples
    --------
    >>> find_kind("Complaints about the therapist"), find_kind("sighs")
    ('confrontation', 'other')
    """
    plain = label.strip().casefold()
    given = {key.strip().casefold(): value for key, value in (kinds or {}).items()}
    if plain in given:
        kind = given[plain]
        if kind not in (*KINDS, NONE):
            raise SettingError(f"kinds[{label!r}]", kind, "one of " + ", ".join((*KINDS, NONE)))
        return kind
    if plain in ("rupture", ""):
        return RUPTURE
    spaced = plain.replace("_", " ")
    for kind, words in _WORDS.items():
        if any(word in spaced for word in words):
            return kind
    return OTHER
