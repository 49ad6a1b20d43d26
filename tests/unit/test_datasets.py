"""Public data sets: register, checksums, loaders."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.datasets import DATASETS, fetch_dataset, find_dataset, load_dataset
from reattune.datasets.ffsf import read_timing


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REATTUNE_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_register_names_all_that_is_needed(name: str) -> None:
    dataset = DATASETS[name]
    assert len(dataset.commit) == 40
    assert dataset.licence
    assert dataset.citation
    for file in dataset.files:
        assert len(file.sha256) == 64
        assert file.bytes > 0
        assert dataset.commit in dataset.address(file)


def test_unknown_names_are_refused_with_a_hint() -> None:
    with pytest.raises(SettingError, match="ffsf_klein2020"):
        find_dataset("ffsf_klein")


def test_a_data_set_that_was_not_fetched_says_how_to(cache: Path) -> None:
    with pytest.raises(ReadError, match="reattune fetch infant_affect_xu2020"):
        load_dataset("infant_affect_xu2020")


def test_a_changed_file_is_refused_and_nothing_is_written(cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "interact"
    copy.mkdir(parents=True)
    (copy / "mangold_3367goodman.csv").write_text("Level,Description\n")
    with pytest.raises(ReadError, match="differs from the registered"):
        fetch_dataset("infant_affect_xu2020", from_dir=tmp_path / "copy")
    assert not list(cache.rglob("*goodman.csv"))


def test_an_empty_copy_is_refused(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="holds no file"):
        fetch_dataset("infant_affect_xu2020", from_dir=tmp_path)


def test_fetching_from_a_copy_checks_and_loads(cache: Path, shared: Path) -> None:
    fetched = fetch_dataset("infant_affect_xu2020", from_dir=shared / "infant_affect_xu2020")
    assert fetched.missing == ()
    for file in fetched.dataset.files:
        data = (fetched.folder / file.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file.sha256
    study = load_dataset("infant_affect_xu2020")
    assert study.ids == ("3367", "3414", "3532")
    assert [s.partners for s in study] == [("infant", "mother")] * 3


def test_still_face_visits_load_with_their_phases(cache: Path, shared: Path) -> None:
    fetched = fetch_dataset("ffsf_klein2020", from_dir=shared / "ffsf_klein2020")
    assert len(fetched.missing) == 2 * 19
    study = load_dataset("ffsf_klein2020")
    assert len(study) == 48
    session = study["t0809"]
    assert [(p.label, p.start, p.end, p.imposed) for p in session.phases] == [
        ("play", 9, 134, False),
        ("still_face", 134, 254, True),
        ("reunion", 254, 378, False),
    ]
    assert session.dyad == "infant08"


def test_a_damaged_timing_table_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "timing.csv"
    path.write_text("visit,start_play,start_sf,end_sf,end_play,infant_side\nt0102,0:01:00,x,,,l\n")
    with pytest.raises(ReadError, match="line 2"):
        read_timing(path)
