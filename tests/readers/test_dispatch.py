"""The dispatcher: formats are recognised by content, whatever the file is called."""

from __future__ import annotations

import gzip
import json
import lzma
import subprocess
import sys
from pathlib import Path

import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.core.recording import Track
from reattune.io.read import known_formats, read_recordings, sniff
from reattune.io.register import FORMATS, Format, register_reader
from reattune.io.write import write_eaf, write_tidy_csv

BORIS = json.dumps(
    {
        "project_format_version": "7.0",
        "behaviors_conf": {"0": {"code": "touch", "type": "Point event", "category": ""}},
        "observations": {
            "one": {"events": [[1.0, "infant", "touch", "", ""]]},
            "two": {"events": []},
        },
    }
).encode()
EXPORT = (
    b"Observation id\tSubject\tBehavior\tBehavior type\tStart (s)\tStop (s)\n"
    b"one\tinfant\tsmile\tSTATE\t1.0\t2.0\n"
)
TRACK = Track("affect", "intervals", [0.0], [1.0], ("pos",), person="infant")


def elan(folder: Path) -> bytes:
    return write_eaf(folder / "made", [TRACK]).read_bytes()


def test_each_content_finds_its_reader_under_any_name(tmp_path: Path) -> None:
    contents = {"elan": elan(tmp_path), "boris": BORIS, "boris_export": EXPORT}
    for name, data in contents.items():
        for packed in (data, gzip.compress(data), lzma.compress(data)):
            path = tmp_path / "anything.dat"
            path.write_bytes(packed)
            assert sniff(path).name == name
            recordings = read_recordings(str(path))
            assert {recording.format for recording in recordings} == {name}
    path.write_bytes(BORIS)
    assert [recording.id for recording in read_recordings(path)] == ["one", "two"]


def test_a_tidy_table_is_read_as_a_table(tmp_path: Path) -> None:
    path = write_tidy_csv(tmp_path / "a.csv", [TRACK])
    assert sniff(path).name == "table"
    (recording,) = read_recordings(path)
    (track,) = [t for t in recording.tracks if t.kind == "intervals"]
    assert (track.person, track.labels) == ("infant", ("pos",))
    assert (track.starts.tolist(), track.ends.tolist()) == ([0.0], [1.0])


def test_the_order_does_not_depend_on_what_was_imported_first() -> None:
    code = (
        "import reattune.io.table, reattune.io.boris_export\n"
        "from reattune.io.read import known_formats\n"
        "print(' '.join(f.name for f in known_formats()))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert out[:2] == ["elan", "boris"] and out[-2:] == ["ratings", "table"]
    assert out == [format_.name for format_ in known_formats()]


def test_importing_the_dispatcher_loads_no_heavy_package() -> None:
    code = (
        "import sys, reattune.io.read as r; r.known_formats()\n"
        "print([m for m in ('pandas', 'openpyxl', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_format_of_ones_own_comes_before_the_table(tmp_path: Path) -> None:
    path = write_tidy_csv(tmp_path / "a.csv", [TRACK])
    own = Format(
        "own", "Own", (".csv",), lambda p, head: head.startswith(b"person,"), lambda p, o: ()
    )
    register_reader(own)
    try:
        assert sniff(path) is own
        assert read_recordings(path) == ()
    finally:
        del FORMATS["own"]


def test_format_forces_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(EXPORT)
    assert read_recordings(path, format="boris_export")[0].format == "boris_export"
    with pytest.raises(ReadError, match="well-formed"):
        read_recordings(path, format="elan")
    with pytest.raises(SettingError, match="'elan'"):
        read_recordings(path, format="elam")


@pytest.mark.parametrize(
    ("data", "looks_like"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04" + b"\x00" * 60, "zip archive"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 40, "video"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 40, "old Office"),
        (b"<html><body></body></html>", "XML or HTML beginning '<html>"),
        (b'{"a": 1}', "JSON beginning"),
        (bytes(range(256)), "binary content beginning 00 01"),
        (b"Dear all", "text beginning 'Dear all'"),
    ],
)
def test_unknown_content_is_described(tmp_path: Path, data: bytes, looks_like: str) -> None:
    path = tmp_path / "letter.eaf"
    path.write_bytes(data)
    with pytest.raises(ReadError) as caught:
        read_recordings(path)
    message = str(caught.value)
    assert looks_like in message and "ELAN annotation file (elan)" in message
    assert message.startswith("letter.eaf: ")


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    empty, cut = tmp_path / "empty.csv", tmp_path / "cut.gz"
    empty.write_bytes(b"")
    cut.write_bytes(gzip.compress(BORIS)[:15])
    (tmp_path / "nothing.gz").write_bytes(gzip.compress(b""))
    for path, says in [
        (empty, "is empty"),
        (tmp_path / "nothing.gz", "is empty"),
        (cut, "damaged"),
        (tmp_path, "is a folder"),
        (tmp_path / "missing.eaf", "cannot be opened"),
        (tmp_path / "bad\x00name", "cannot be opened"),
    ]:
        with pytest.raises(ReadError, match=says):
            read_recordings(path)
        with pytest.raises(ReadError, match=says):
            sniff(path)


def test_real_files_are_recognised(shared: Path) -> None:
    folder = shared / "formats"
    assert sniff(folder / "eaf/mother_child_vcm.eaf").name == "elan"
    assert sniff(folder / "boris/test.boris").name == "boris"
    assert sniff(folder / "boris/aggregated_events_old_header.tsv").name == "boris_export"
    assert sniff(folder / "boris/events_tabular_preamble.xlsx").name == "boris_export"
    assert sniff(folder / "interact/mangold_3367goodman.csv").name == "interact"
