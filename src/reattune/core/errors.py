"""Every error and warning reattune raises on purpose."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class ReattuneError(Exception):
    """Root of all errors raised on purpose."""


class ReadError(ReattuneError, ValueError):
    """A file could not be read as what it claims to be.

    Parameters
    ----------
    message : str
        What is wrong, in one sentence.
    path : path-like, optional
        The file.
    where : str, optional
        The place in it: "line 12", "tier 'mom_affect'", "sheet 2".
    found, expected : str, optional
        What stands there and what should.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        where: str = "",
        found: str = "",
        expected: str = "",
    ) -> None:
        self.path = None if path is None else Path(path)
        self.where, self.found, self.expected = where, found, expected
        place = ", ".join(part for part in (self.path.name if self.path else "", where) if part)
        text = f"{place}: {message}" if place else message
        if found:
            text += f" Found {found}."
        if expected:
            text += f" Expected {expected}."
        super().__init__(text)


class SettingError(ReattuneError, ValueError):
    """A parameter has a value that is not allowed."""

    def __init__(self, parameter: str, got: object, allowed: str) -> None:
        self.parameter, self.got, self.allowed = parameter, got, allowed
        end = "" if allowed.endswith((".", "?")) else "."
        super().__init__(f"{parameter} = {got!r} is not allowed; expected {allowed}{end}")


class MissingStreamError(ReattuneError, LookupError):
    """A stream, partner, tier or column that was asked for is not in the session."""


class MissingExtraError(ReattuneError, ImportError):
    """An optional dependency is needed and not installed."""


class DataWarning(UserWarning):
    """Something in the data that a user should know before believing a result."""


def did_you_mean(asked: str, known: Iterable[str]) -> str:
    """A sentence that lists what there is and names the closest match, or an empty string."""
    names = list(dict.fromkeys(known))
    if not names:
        return " There is none."
    shown = ", ".join(repr(name) for name in names[:12]) + (", ..." if len(names) > 12 else "")
    text = f" There is {shown}."
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(asked.casefold(), list(folded), n=1)
    if close:
        text += f" Did you mean {folded[close[0]]!r}?"
    return text
