"""Getting a data set, from the network or from a local copy, with every checksum compared."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.datasets.register import Dataset, RegisteredFile
from reattune.io.safe import read_bytes

Progress = Callable[[int, int, str], None]
_ENDINGS = ("", ".gz", ".xz", ".csv", ".csv.gz", ".csv.xz")


@dataclass(frozen=True)
class Fetched:
    """What was fetched.

    Attributes
    ----------
    dataset : Dataset
    folder : Path
        Where the files are now.
    n_files : int
    missing : tuple of str
        Registered files that a local copy did not hold.
    """

    dataset: Dataset
    folder: Path
    n_files: int
    missing: tuple[str, ...]

    def summary(self) -> str:
        """What there is now, under which licence, and how to go on."""
        lines = [
            f"{self.dataset.title}",
            f"{self.n_files} files in {self.folder}, each equal to its registered checksum.",
        ]
        if self.missing:
            lines.append(
                f"{len(self.missing)} registered files are not in the local copy; the sessions "
                "they belong to are left out."
            )
        lines += [
            f"Licence: {self.dataset.licence}. Cite: {self.dataset.citation}",
            f"Next: reattune analyze dataset:{self.dataset.name} --out results",
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return {
            "schema": "reattune/1",
            **self.dataset.to_dict(),
            "folder": str(self.folder),
            "fetched": self.n_files,
            "missing": list(self.missing),
        }


def data_folder(dataset: Dataset) -> Path:
    """Where a fetched data set is kept: below ``REATTUNE_DATA``, or the user's cache folder."""
    root = os.environ.get("REATTUNE_DATA")
    if root:
        base = Path(root)
    else:
        import pooch

        base = Path(pooch.os_cache("reattune"))
    return base / dataset.name / dataset.commit[:12]


def fetch_files(
    dataset: Dataset, *, from_dir: Path | None = None, on_progress: Progress | None = None
) -> Fetched:
    """The data set's files in `data_folder`, each checked against its checksum.

    Parameters
    ----------
    dataset : Dataset
    from_dir : Path, optional
        A local copy to take the files from (plain, gzip or xz). Without it they are downloaded
        from the registered repository at the registered commit.
    on_progress : callable(done, total, what), optional

    Raises
    ------
    ReadError
        When a file differs from its checksum, cannot be downloaded, or the local copy holds none.
    """
    folder = data_folder(dataset)
    registered = dataset.files
    missing = []
    for done, file in enumerate(registered):
        if on_progress:
            on_progress(done, len(registered), file.path)
        target = folder / file.path
        if target.is_file() and _digest(target.read_bytes()) == file.sha256:
            continue
        if from_dir is None:
            _download(dataset, file, target)
            continue
        source = _find_local(dataset, file, from_dir)
        if source is None:
            missing.append(file.path)
            continue
        data = read_bytes(source)
        if _digest(data) != file.sha256:
            raise ReadError(
                "differs from the registered file.",
                path=source,
                found=f"sha256 {_digest(data)[:12]}...",
                expected=f"{file.sha256[:12]}... ({dataset.name}, {file.path})",
            )
        _write(target, data)
    if len(missing) == len(registered):
        raise ReadError(
            f"holds no file of {dataset.name}.",
            path=from_dir,
            expected=f"files such as {registered[0].path}",
        )
    return Fetched(dataset, folder, len(registered) - len(missing), tuple(missing))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _find_local(dataset: Dataset, file: RegisteredFile, folder: Path) -> Path | None:
    """The file in a local copy, whose folders may be renamed and whose files packed."""
    head, _, name = file.path.rpartition("/")
    heads = [head, *(other for source, other in dataset.folders if source == head)]
    for candidate in heads:
        for ending in _ENDINGS:
            path = folder / candidate / f"{name}{ending}"
            if path.is_file():
                return path
    return None


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(data)
    part.replace(target)


def _download(dataset: Dataset, file: RegisteredFile, target: Path) -> None:
    import pooch

    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooch.retrieve(
            dataset.address(file),
            known_hash=f"sha256:{file.sha256}",
            fname=target.name,
            path=target.parent,
            progressbar=False,
        )
    except (OSError, ValueError) as error:
        raise ReadError(
            f"{file.path} could not be fetched from github.com/{dataset.repository} "
            f"({type(error).__name__}). With a local copy: "
            f"reattune fetch {dataset.name} --from FOLDER."
        ) from error
