"""The options of `analyze` that are about tables of ratings, as words of `read_courses`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from reattune.core.errors import SettingError

PANEL = "Ratings of meetings"
_EXAMPLE = '"patient=P,therapist=T"'

Criterion = Annotated[
    list[str] | None,
    typer.Option(
        "--criterion",
        help="What a rupture is, with parameters: Decline:k=2, Drop, ControlChart:rules=R1+R2, "
        "Cusum, Ewma, ChangePoint, PersonCentred, ReliableChange:sd=..,reliability=..; presets "
        "stiles_like, strauss_like, gumz_like; or all. May be repeated; the first one is shaded.",
        show_default="declines and drops of 1 and 2 SD, 3-sigma chart",
        rich_help_panel=PANEL,
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        help="Which score to judge, of several.", show_default=False, rich_help_panel=PANEL
    ),
]
Rater = Annotated[
    str | None,
    typer.Option(help="Whose ratings to judge.", show_default="first", rich_help_panel=PANEL),
]
Items = Annotated[
    list[str] | None,
    typer.Option(
        help='A scale as the mean of items: "bond=wai_1,wai_2" or "wai=task*,bond*". May be '
        "repeated.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
MinItems = Annotated[
    int | None,
    typer.Option(
        help="Items that must be there.", show_default="three quarters", rich_help_panel=PANEL
    ),
]
Instrument = Annotated[
    str | None,
    typer.Option(
        help="wai_s, wai_sr, srs, haq, haq_ii or calpas: range, direction, and the items where "
        "there are columns of them.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Range = Annotated[
    str | None,
    typer.Option(
        "--range",
        help="Lowest and highest possible rating: 1,7.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
ReversedItems = Annotated[
    str | None,
    typer.Option(
        "--reversed-items",
        help="Items worded the other way round, with commas.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Reverse = Annotated[
    str | None,
    typer.Option(
        help="Scores in which lower is better.", show_default=False, rich_help_panel=PANEL
    ),
]
RaterColumns = Annotated[
    str | None,
    typer.Option(
        help='A column for each rater: "patient=wai_p,therapist=wai_t".',
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="Columns with other names: case=Fall,meeting=Sitzung; also rater, date, remarks "
        "and marks (yes or no).",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
DateOrder = Annotated[
    str | None,
    typer.Option(
        help="dmy or mdy, for dates such as 1/3/2024.", show_default=False, rich_help_panel=PANEL
    ),
]
Cases = Annotated[
    Path | None,
    typer.Option(
        help="A table with a row per case: outcome, group, ...",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
_ROLES = ("case", "meeting", "date", "rater", "remarks", "marks")


def split_pairs(option: str, text: str, example: str = _EXAMPLE) -> dict[str, str]:
    """``"patient=P,therapist=T"`` as a mapping.

    Raises
    ------
    SettingError
        For a part without "=", or a name that stands there twice.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not name or not value or name in found:
            raise SettingError(option, text, f"pairs with commas, e.g. {example}")
        found[name] = value
    return found


def rating_options(
    *,
    partners: str | None = None,
    items: Sequence[str] | None = None,
    min_items: int | None = None,
    instrument: str | None = None,
    range_: str | None = None,
    reversed_items: str | None = None,
    reverse: str | None = None,
    rater_columns: str | None = None,
    columns: str | None = None,
    date_order: str | None = None,
) -> dict[str, object]:
    """The words of `read_courses` that options stand for; empty where none was given.

    Raises
    ------
    SettingError
        For an option that is not written as it should be.
    """
    found: dict[str, object] = {}
    if partners is not None and "=" in partners:
        found["partners"] = split_pairs("--partners", partners)
    if items:
        found["items"] = _split_items(items)
    if min_items is not None:
        found["min_items"] = min_items
    if instrument is not None:
        found["instrument"] = instrument
    if range_ is not None:
        found["scale_range"] = _split_range(range_)
    if reversed_items is not None:
        found["reversed"] = _split_names(reversed_items)
    if reverse is not None:
        found["reverse"] = _split_names(reverse)
    if rater_columns is not None:
        example = '"patient=wai_p,therapist=wai_t"'
        found["raters"] = split_pairs("--rater-columns", rater_columns, example)
    if columns is not None:
        found |= _split_columns(columns)
    if date_order is not None:
        found["date_order"] = date_order
    return found


def _split_columns(text: str) -> Mapping[str, str]:
    pairs = split_pairs("--columns", text, '"case=Fall,meeting=Sitzung"')
    for role in pairs:
        if role not in _ROLES:
            raise SettingError("--columns", role, "one of " + ", ".join(_ROLES))
    return pairs


def _split_items(given: Sequence[str]) -> dict[str, list[str]]:
    scales: dict[str, list[str]] = {}
    for text in given:
        name, sign, rest = text.partition("=")
        names = _split_names(rest)
        if not sign or not name.strip() or not names or name.strip() in scales:
            raise SettingError("--items", text, 'a scale and its items, e.g. "bond=wai_1,wai_2"')
        scales[name.strip()] = names
    return scales


def _split_names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _split_range(text: str) -> list[float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise SettingError("--range", text, "lowest and highest with a comma, e.g. 1,7") from None
    return [low, high]
