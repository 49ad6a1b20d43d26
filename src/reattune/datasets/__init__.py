"""Public data sets by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.study import Study
from reattune.datasets import ffsf, infant_affect
from reattune.datasets.fetch import Fetched, data_folder, fetch_files
from reattune.datasets.register import Dataset

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name=ffsf.NAME,
            title="Face-to-face still-face: voices of infants and mothers, 67 visits",
            repository="LaurenKlein/mother-infant-interactions",
            commit="7584adcdea2444d9606b405e582825699dff9507",
            licence="MIT",
            citation="Klein, Ardulov, Hu, Soleymani, Gharib, Thompson, Levitt, Mataric (2020), "
            "ICMI '20, doi 10.1145/3382507.3418870",
            about="Who vocalised in each of 30 video frames a second, in play, still-face and "
            "reunion at 2 to 18 months; de-identified by its authors.",
            folders=(("F0_csv_infant", "F0_infant"), ("F0_csv_mom", "F0_mom")),
            load=ffsf.load_ffsf,
        ),
        Dataset(
            name=infant_affect.NAME,
            title="Infant and maternal affect in free play, 3 dyads",
            repository="findstructureintime/Time-Series-Analysis",
            commit="754e74f69bdfab8ca1ea29984935a0724740afd0",
            licence="MIT",
            citation="Xu, de Barbaro, Abney, Cox (2020), Frontiers in Psychology 11:1457, "
            "doi 10.3389/fpsyg.2020.01457",
            about="Five minutes of free play each, coded from video at 25 frames a second.",
            folders=(("Module_1_Basics/data", "interact"), ("Module_1_Basics/data", ".")),
            load=infant_affect.load_infant_affect,
        ),
    )
}


def find_dataset(name: str) -> Dataset:
    """The registered data set of that name.

    Raises
    ------
    SettingError
        For a name that is not registered.
    """
    if name not in DATASETS:
        raise SettingError("NAME", name, "a registered data set." + did_you_mean(name, DATASETS))
    return DATASETS[name]


def fetch_dataset(
    name: str,
    *,
    from_dir: Path | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Fetched:
    """Get a data set's files, from the network or a local copy; every checksum is compared."""
    return fetch_files(find_dataset(name), from_dir=from_dir, on_progress=on_progress)


def load_dataset(name: str) -> Study:
    """The sessions of a data set that was fetched before.

    Parameters
    ----------
    name : str
        A name from `reattune datasets`.

    Returns
    -------
    Study
        With the rule and the phases that go with the data; both can be overridden.

    Raises
    ------
    ReadError
        When it was not fetched yet.
    """
    dataset = find_dataset(name)
    folder = data_folder(dataset)
    if not folder.is_dir():
        raise ReadError(f"data set {name} was not fetched yet. Get it with: reattune fetch {name}")
    return dataset.load(folder)


def describe_datasets() -> str:
    """The register as text."""
    parts = []
    for dataset in DATASETS.values():
        size = sum(file.bytes for file in dataset.files) / 1e6
        here = "fetched" if data_folder(dataset).is_dir() else "not fetched"
        parts.append(
            f"{dataset.name} ({here})\n  {dataset.title}\n  {dataset.about}\n"
            f"  {len(dataset.files)} files, {size:.1f} MB, licence {dataset.licence}, "
            f"github.com/{dataset.repository} at {dataset.commit[:12]}\n  Cite: {dataset.citation}"
        )
    return "\n\n".join(parts)


__all__ = [
    "DATASETS",
    "Dataset",
    "Fetched",
    "describe_datasets",
    "fetch_dataset",
    "find_dataset",
    "load_dataset",
]
