"""Small settings files in TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path

from reattune.core.errors import ReadError

MAX_BYTES = 1_000_000


def read_toml(path: str | Path) -> dict[str, object]:
    """What a TOML file of settings holds.

    Parameters
    ----------
    path : path-like
        UTF-8, at most 1 MB.

    Raises
    ------
    ReadError
        When it cannot be read, is too large, or is no TOML; the message says where.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ReadError("is too large for a file of settings.", path=path)
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ReadError("The file cannot be read.", path=path, found=str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError("This is not valid TOML.", path=path, found=str(error)) from error
