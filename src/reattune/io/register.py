"""The register of file formats: one entry, one small file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reattune.core.recording import Recording

# Bytes of a file's beginning that a sniffer gets to see.
HEAD_BYTES = 8192


@dataclass(frozen=True)
class Format:
    """A file format reattune can read.

    Attributes
    ----------
    name : str
        Short name, e.g. ``"elan"``.
    title : str
        The program and file kind, as people know it.
    suffixes : tuple of str
        Usual endings, lower case with the dot; a hint, never proof.
    sniff : callable(path, head) -> bool
        Whether the first bytes look like this format. Must not raise.
    read : callable(path, options) -> tuple of Recording
        Reads the whole file; one recording per observation in it. Raises only `ReadError`.
        ``options`` are format-specific words from the study file (e.g. column names); unknown
        keys are ignored.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path, bytes], bool]
    read: Callable[[Path, Mapping[str, object]], tuple[Recording, ...]]


FORMATS: dict[str, Format] = {}


def register_reader(format_: Format) -> Format:
    """Add a format to the register; the first that recognises a file reads it."""
    FORMATS[format_.name] = format_
    return format_
