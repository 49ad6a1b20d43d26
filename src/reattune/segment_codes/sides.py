"""The two people a table of segment codes is about."""

from __future__ import annotations

from collections.abc import Sequence

from reattune.core.errors import ReadError, did_you_mean
from reattune.io.columns import Table

_PAIRS = (("patient", "therapist"), ("client", "therapist"), ("client", "counsellor"))
UNNAMED = ("unnamed side", "other side")


def find_sides(table: Table, named: Sequence[str]) -> tuple[str, str]:
    """The two people, in the order of colours."""
    found = {name.casefold(): name for name in reversed(named) if name}
    order = [found[key] for key in dict.fromkeys(n.casefold() for n in named if n)]
    asked = table.options.get("sides")
    if asked is not None:
        sides = tuple(str(s) for s in asked) if isinstance(asked, list | tuple) else ()
        if len(sides) != 2:
            raise ReadError(
                f"sides = {asked!r} is not allowed.", path=table.path, expected="two names"
            )
        for name in order:
            if name.casefold() not in {s.casefold() for s in sides}:
                raise ReadError(
                    f"codes a side {name!r}." + did_you_mean(name, sides), path=table.path
                )
        return sides[0], sides[1]
    if len(order) > 2:
        raise ReadError(
            "codes more than two sides.",
            path=table.path,
            found=", ".join(map(repr, order[:8])),
            expected="two; name them with the option sides, or correct the spelling",
        )
    keys = {name.casefold() for name in order}
    for pair in _PAIRS:
        if keys and keys <= set(pair):
            return (found.get(pair[0], pair[0]), found.get(pair[1], pair[1]))
    if len(order) == 2:
        return order[0], order[1]
    return (order[0] if order else UNNAMED[0], UNNAMED[1])


def own_side(side: str, sides: tuple[str, str]) -> str:
    """The side as it is called in the results, whatever its case in the row."""
    return next(name for name in sides if name.casefold() == side.casefold())
