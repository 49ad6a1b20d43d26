"""Numbers and names as a sentence prints them: rounded once, with their unit, never ``nan``."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, isinf, isnan

from reattune.core.session import Clock
from reattune.surrogates.wording import format_p

UNDEFINED = "not defined"


def percent(share: float) -> str:
    """A share as a whole percentage, but never 0 or 100 where that is rounding alone.

    Examples
    --------
    >>> percent(0.307), percent(0.001), percent(1.0)
    ('31 %', 'under 1 %', '100 %')
    """
    if not isfinite(share):
        return UNDEFINED
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def percent_range(low: float, high: float) -> str:
    """Two limits as whole percentages with the sign written once."""
    return f"{_whole(low)} to {_whole(high)} %"


def _whole(share: float) -> str:
    return f"{100 * share:.0f}" if isfinite(share) else UNDEFINED


def number(value: float, decimals: int = 1) -> str:
    """A plain number with thousands marked; ``beyond what was observed`` for infinity.

    Examples
    --------
    >>> number(4.25), number(5432.0, 0)
    ('4.2', '5,432')
    >>> number(-1.604, 2)
    '−1.60'
    """
    if isnan(value):
        return UNDEFINED
    if isinf(value):
        return "beyond what was observed"
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        return text.removeprefix("-")
    return text.replace("-", "−")


def unit(clock: Clock, many: bool = True) -> str:
    """``s``, or ``meetings`` in a course."""
    if clock == "second":
        return "s"
    return "meetings" if many else "meeting"


def length(value: float, clock: Clock = "second") -> str:
    """A duration with its unit, one decimal: ``4.2 s``."""
    if not isfinite(value):
        return number(value)
    if 0 < value < 0.05:
        return f"under 0.1 {unit(clock)}"
    return f"{number(value)} {unit(clock)}"


def total(value: float, clock: Clock = "second") -> str:
    """A sum of time, whole from ten on: ``178``."""
    return number(value, 0 if value >= 10 or clock == "meeting" else 1)


def observed(value: float, clock: Clock = "second") -> str:
    """``178 observed seconds``."""
    return f"{total(value, clock)} observed {'seconds' if clock == 'second' else 'meetings'}"


def moment(value: float, clock: Clock = "second") -> str:
    """A time on the session's clock: ``2:05`` (min:s), or the number of a meeting."""
    if clock == "meeting":
        return f"meeting {value:g}"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes}:{seconds:02d}"


def interval(low: float, high: float, decimals: int = 1, what: str = "95 % interval ") -> str:
    """`` (95 % interval 2.9 to 7.8)``; says so where a side is open; empty without any limit."""
    if isnan(low) and isnan(high):
        return ""
    if isnan(high) or isinf(high):
        return f" ({what}from {number(low, decimals)} on)"
    if isnan(low):
        return f" ({what}up to {number(high, decimals)})"
    return f" ({what}{number(low, decimals)} to {number(high, decimals)})"


def count(n: float, one: str, many: str = "") -> str:
    """``1 rupture``, ``14 ruptures``."""
    return f"{number(n, 0)} {one if n == 1 else many or one + 's'}"


def p_value(p: float) -> str:
    """``p = .41``; ``no p`` where there is none."""
    return "no p" if isnan(p) else format_p(p)


def phase_name(label: str) -> str:
    """A phase's name for reading: ``still_face`` -> ``still face``."""
    return label.replace("_", " ")


def start_upper(text: str) -> str:
    """The text with its first letter in capitals and the rest untouched."""
    return text[:1].upper() + text[1:]


def listed(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    items = list(parts)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
