"""Finding files, and reading each of them once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingABC
from functools import lru_cache
from pathlib import Path

from reattune.core.recording import Recording
from reattune.io.read import known_formats, read_recordings

ReadFile = Callable[[Path], tuple[Recording, ...]]


def list_files(folder: Path) -> tuple[Path, ...]:
    """The files below a folder whose ending belongs to a known format, by name; none hidden."""
    endings = {ending for format_ in known_formats() for ending in format_.suffixes}
    packed = {f"{ending}{pack}" for ending in endings for pack in (".gz", ".xz")}
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name.lower().endswith((*endings, *packed))
        and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
    ]
    return tuple(found)


def make_reader(
    format: str | None = None, options: MappingABC[str, object] | None = None
) -> ReadFile:
    """A function that reads files and keeps the last few, so that listing costs no second read."""

    @lru_cache(maxsize=4)
    def read(path: Path) -> tuple[Recording, ...]:
        return read_recordings(path, format=format, options=options)

    return read


def unique_ids(names: Sequence[tuple[str, str]]) -> list[str]:
    """The name of each (name, prefix) where it is unique; else with prefix, else numbered."""
    plain = [name or "session" for name, _ in names]
    ids = [
        name if plain.count(name) == 1 or not prefix else f"{prefix}/{name}"
        for name, (_, prefix) in zip(plain, names, strict=True)
    ]
    seen: dict[str, int] = {}
    unique = []
    for one in ids:
        seen[one] = seen.get(one, 0) + 1
        unique.append(one if seen[one] == 1 else f"{one} ({seen[one]})")
    return unique
