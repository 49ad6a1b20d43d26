"""Reading any coding file: the format is recognised by content."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from reattune.core.checks import check_option
from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.register import FORMATS, HEAD_BYTES, Format

# The order in which formats are asked, whatever was imported first; a table is anything with
# columns, so it comes last.
_MODULES = (
    "eaf",
    "boris",
    "textgrid",
    "chat",
    "subtitles",
    "rttm",
    "whisper",
    "boris_export",
    "interact",
    "datavyu",
    "datavyu_csv",
    "elan_tab",
    "observer",
    "sdis",
    "gridware",
    "transcript_table",
    "openface",
    "pyfeat",
    "openpose",
    "landmarks",
    "physio",
    "empatica",
    "edf",
    "mea",
    "segments",
    "ratings",
    "table",
)


def known_formats() -> tuple[Format, ...]:
    """Every format that can be read, in the order in which they are tried."""
    for module in _MODULES:
        import_module(f"reattune.io.{module}")

    def place(format_: Format) -> tuple[float, str]:
        module = format_.read.__module__.removeprefix("reattune.io.")
        # Formats added by others come before the table, which would take their files.
        at = _MODULES.index(module) if module in _MODULES else len(_MODULES) - 1.5
        return (at, format_.name)

    return tuple(sorted(FORMATS.values(), key=place))


def sniff(path: str | Path) -> Format:
    """The format that the file's content belongs to; its name and ending do not count.

    Raises
    ------
    ReadError
        When it cannot be opened, is empty, or nothing is known of that kind.
    """
    path = Path(path)
    formats = known_formats()
    # A folder can be a recording too: one file per video frame.
    head = b"" if path.is_dir() else _head(path)
    for format_ in formats:
        if format_.sniff(path, head):
            return format_
    if path.is_dir():
        raise ReadError("is a folder, and no recording of one file per frame.", path=path)
    raise ReadError(
        "is in no format that can be read.",
        path=path,
        found=_looks_like(head),
        expected="one of: " + ", ".join(f"{f.title} ({f.name})" for f in formats),
    )


def read_recordings(
    path: str | Path,
    *,
    format: str | None = None,
    options: Mapping[str, object] | None = None,
) -> tuple[Recording, ...]:
    """What a file holds: one recording per observation in it.

    Parameters
    ----------
    path : path-like
        The file; gzip and xz are unpacked on the way.
    format : str, optional
        Name of the format to read it as. By default it is recognised by content.
    options : mapping, optional
        Words the format needs, such as column names; what it does not know it ignores.

    Raises
    ------
    ReadError
        When it cannot be read as that format, or the format is not known.
    SettingError
        When ``format`` is not the name of a format.
    """
    path = Path(path)
    if format is None:
        chosen = sniff(path)
    else:
        by_name = {format_.name: format_ for format_ in known_formats()}
        chosen = by_name[check_option("format", format, tuple(by_name))]
    return chosen.read(path, dict(options or {}))


def _head(path: Path) -> bytes:
    """The first bytes of the (unpacked) content."""
    try:
        if path.is_dir():
            raise ReadError("is a folder, not a file.", path=path)
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(path) as unpacked:
                head = unpacked.read(HEAD_BYTES)
        elif head[:6] == b"\xfd7zXZ\x00":
            with lzma.open(path) as packed:
                head = packed.read(HEAD_BYTES)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise ReadError(f"is a damaged compressed file ({error}).", path=path) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else ""
        raise ReadError(f"cannot be opened ({reason or error}).", path=path) from error
    if not head:
        raise ReadError("is empty.", path=path)
    return head


def _looks_like(head: bytes) -> str:
    """What the beginning looks like, for a person."""
    if head.startswith(b"PK"):
        return "a zip archive (perhaps a document or spreadsheet of another kind)"
    if head.startswith(b"%PDF"):
        return "a PDF document"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "an old Office document (save it as .xlsx)"
    if head[4:8] == b"ftyp" or head.startswith((b"RIFF", b"\x1aE\xdf\xa3", b"ID3", b"OggS")):
        return "a video or sound file"
    plain = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if plain.startswith(b"<"):
        return f"XML or HTML beginning {_shown(plain)}"
    if plain.startswith((b"{", b"[")):
        return f"JSON beginning {_shown(plain)}"
    if b"\x00" in head:
        return f"binary content beginning {head[:8].hex(' ')}"
    return f"text beginning {_shown(plain)}"


def _shown(plain: bytes) -> str:
    return repr(plain[:60].decode("utf-8", errors="replace"))
