"""The register of public data sets: where each comes from, under which licence, how to cite it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from reattune.core.study import Study

# Where a repository's files can be had by commit.
_HOST = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class RegisteredFile:
    """One file of a data set at its source: path, length and checksum of the plain bytes."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """A public data set.

    Attributes
    ----------
    name, title : str
    repository, commit : str
        Where it is published.
    licence, citation : str
    about : str
        One sentence: who did what.
    folders : tuple of (str, str)
        Folder at the source -> other names that folder may have in a local copy.
    load : callable(folder) -> Study
        Makes sessions of the files in a folder laid out as the source.
    """

    name: str
    title: str
    repository: str
    commit: str
    licence: str
    citation: str
    about: str
    folders: tuple[tuple[str, str], ...]
    load: Callable[[Path], Study]

    @property
    def files(self) -> tuple[RegisteredFile, ...]:
        """Every file of the data set that reattune uses."""
        text = (files("reattune.datasets") / f"{self.name}.csv").read_text(encoding="utf-8")
        return tuple(
            RegisteredFile(row["path"], int(row["bytes"]), row["sha256"])
            for row in csv.DictReader(text.splitlines())
        )

    def address(self, file: RegisteredFile) -> str:
        """Where a file can be downloaded, at the registered commit."""
        return f"{_HOST}/{self.repository}/{self.commit}/{file.path}"

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return {
            "name": self.name,
            "title": self.title,
            "repository": self.repository,
            "commit": self.commit,
            "licence": self.licence,
            "citation": self.citation,
            "about": self.about,
            "files": len(self.files),
            "bytes": sum(file.bytes for file in self.files),
        }
