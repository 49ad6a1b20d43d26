"""Reading untrusted bytes: size caps, decoding, XML, gzip, zip."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reattune.core.errors import ReadError

if TYPE_CHECKING:
    from pyexpat import XMLParserType
    from xml.etree.ElementTree import Element

MAX_BYTES = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_MEMBERS = 1000
_PIECE_BYTES = 1 << 20


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The file's bytes, unpacked when it is gzip or xz.

    Raises
    ------
    ReadError
        When it is missing, empty, a folder, or larger than ``max_bytes`` (packed or unpacked).
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ReadError("is a folder, not a file.", path=path)
        size = path.stat().st_size
        if size > max_bytes:
            raise ReadError(
                "is too large to read.",
                path=path,
                found=f"{size / 1e6:.0f} MB",
                expected=f"at most {max_bytes / 1e6:.0f} MB",
            )
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"cannot be opened ({error.strerror or error}).", path=path) from error
    if data[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            data = _unpack(stream, path, max_bytes, len(data))
    elif data[:6] == b"\xfd7zXZ\x00":
        with lzma.LZMAFile(io.BytesIO(data)) as packed:
            data = _unpack(packed, path, max_bytes, len(data))
    if not data:
        raise ReadError("is empty.", path=path)
    return data


def _unpack(stream: gzip.GzipFile | lzma.LZMAFile, path: Path, cap: int, packed: int) -> bytes:
    # A ratio alone would refuse small files of repeated rows, so it counts from 10 MB on.
    limit = min(cap, max(MAX_RATIO * packed, 10 * 1024 * 1024))
    try:
        data = stream.read(limit + 1)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise ReadError(f"is a damaged compressed file ({error}).", path=path) from error
    if len(data) > limit:
        raise ReadError(
            "unpacks to more than is allowed.",
            path=path,
            found=f"over {limit / 1e6:.0f} MB from {packed / 1e6:.2f} MB",
            expected="a file that is not a decompression bomb",
        )
    return data


def sha256(data: bytes) -> str:
    """Hexadecimal digest for provenance."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes, path: Path) -> tuple[str, str]:
    """Text and the encoding it was read with: a byte order mark, UTF-8, or Windows-1252.

    Raises
    ------
    ReadError
        When the bytes are not text (they hold NUL without a Unicode byte order mark).
    """
    encoding = find_encoding(data, path)
    return data.decode(encoding, errors=_on_error(encoding)), encoding


def open_text(data: bytes, path: Path) -> tuple[io.TextIOWrapper, str]:
    """A stream over the text and its encoding, as `decode` finds it, without a second copy.

    Line ends are left as they are.

    Raises
    ------
    ReadError
        As `decode` does.
    """
    encoding = find_encoding(data, path)
    stream = io.TextIOWrapper(
        io.BytesIO(data), encoding=encoding, errors=_on_error(encoding), newline=""
    )
    return stream, encoding


def find_encoding(data: bytes, path: Path) -> str:
    """The encoding `decode` reads the bytes with.

    Raises
    ------
    ReadError
        As `decode` does.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            try:
                _decode_all(data, encoding)
            except UnicodeDecodeError as error:
                raise ReadError(
                    f"starts with a mark for {encoding} but is not {encoding} ({error.reason}).",
                    path=path,
                ) from error
            return encoding
    if b"\x00" in data[:65536]:
        raise ReadError("is not a text file (it holds NUL bytes).", path=path)
    try:
        if not data.isascii():
            _decode_all(data, "utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decode_all(data: bytes, encoding: str) -> None:
    """Decode everything, a piece at a time, and keep nothing."""
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    for start in range(0, len(data), _PIECE_BYTES):
        decoder.decode(view[start : start + _PIECE_BYTES])
    decoder.decode(b"", final=True)


def _on_error(encoding: str) -> str:
    # Windows-1252 leaves five bytes without a letter.
    return "replace" if encoding == "cp1252" else "strict"


def parse_xml(data: bytes, path: Path) -> Element:
    """Root element, with entities, external references and DTD tricks refused.

    Raises
    ------
    ReadError
        When it is not well-formed XML, or tries any of those.
    """
    from defusedxml.ElementTree import fromstring

    with _refusing_xml(path):
        root: Element = fromstring(data, forbid_dtd=False)
    return root


def scan_xml(data: bytes, path: Path, begin: Callable[[XMLParserType], None]) -> None:
    """Go through XML without making a tree; what `parse_xml` refuses is refused.

    Parameters
    ----------
    data : bytes
    path : Path
        For messages only.
    begin : callable
        Given the expat parser before it starts, sets its handlers of elements and of text (of
        both: text that nobody takes would count as an undefined entity).

    Raises
    ------
    ReadError
        As `parse_xml` does.
    """
    from defusedxml.ElementTree import DefusedXMLParser

    class Nothing:
        """A target that takes nothing; the handlers do."""

        def data(self, text: str) -> None: ...

        def close(self) -> None: ...

    with _refusing_xml(path):
        parser = DefusedXMLParser(target=Nothing(), forbid_dtd=False)
        begin(parser.parser)
        view = memoryview(data)
        for start in range(0, len(data), _PIECE_BYTES):
            parser.feed(view[start : start + _PIECE_BYTES])
        parser.close()


@contextmanager
def _refusing_xml(path: Path) -> Iterator[None]:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException

    try:
        yield
    except DefusedXmlException as error:
        raise ReadError(
            "declares XML entities or external references, which are refused for safety.",
            path=path,
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise ReadError(f"is not well-formed XML ({error}).", path=path) from error


def open_zip(data: bytes, path: Path, max_bytes: int = MAX_BYTES) -> zipfile.ZipFile:
    """The archive, after counting its members and the sizes they claim.

    Raises
    ------
    ReadError
        When it is damaged, has more than a thousand members or claims more than is allowed.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ReadError(f"is not a sound zip archive ({error}).", path=path) from error
    claimed = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS:
        raise ReadError(
            "holds too many members.",
            path=path,
            found=str(len(members)),
            expected=f"at most {MAX_MEMBERS}",
        )
    if claimed > max_bytes or claimed > max(MAX_RATIO * len(data), 10 * 1024 * 1024):
        raise ReadError(
            "unpacks to more than is allowed.",
            path=path,
            found=f"{claimed / 1e6:.0f} MB from {len(data) / 1e6:.2f} MB",
            expected="a file that is not a decompression bomb",
        )
    return archive


def read_member(
    archive: zipfile.ZipFile, name: str, path: Path, max_bytes: int = MAX_BYTES
) -> bytes:
    """One member's bytes, read by name and never extracted; sizes in headers are not believed.

    Raises
    ------
    ReadError
        When it is missing, damaged, encrypted or longer than ``max_bytes``.
    """
    try:
        with archive.open(name) as stream:
            data = stream.read(max_bytes + 1)
    except (KeyError, zipfile.BadZipFile, OSError, RuntimeError, zlib.error, EOFError) as error:
        raise ReadError(f"member {name!r} cannot be read ({error}).", path=path) from error
    if len(data) > max_bytes:
        raise ReadError(f"member {name!r} is too large.", path=path)
    return data
