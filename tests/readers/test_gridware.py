"""GridWare projects and trajectories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.gridware import read_gridware, sniff_gridware

Write = Callable[..., Path]

TRJ = "Onset\tinfant\tmother\n0\tneg\tpos\n1.5\tneu\t--\n2.25\tneu\tneg\n4\n"
GWF = """<GridWare>
<Config>
identifier\tcategorical\tID\t01\t02\t03
trajectory\tcategorical\tphase\tplay\treunion
state\tcategorical\tinfant\tneg\tneu\tpos
state\tinteger\tmother\t1\t4
MinReturns\t2
MissingValueSymbol\t--
</Config>
<Trajectories>
ID\tphase\tFilename
01\tplay\tone.trj
02\tplay\ttwo.trj
02\treunion\tthree.trj
</Trajectories>
</GridWare>
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "one.trj") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def counts(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def shape(recording: Recording) -> list[tuple[object, ...]]:
    return [
        (t.name, t.kind, t.starts.tolist(), t.ends.tolist(), t.labels) for t in recording.tracks
    ]


EXPECTED = [
    ("infant", "intervals", [0.0, 1.5, 2.25], [1.5, 2.25, 4.0], ("neg", "neu", "neu")),
    ("mother", "intervals", [0.0, 2.25], [1.5, 4.0], ("pos", "neg")),
]


@pytest.mark.parametrize("change", [("\t", "\t"), ("\t", ","), ("\n", "\r\n"), ("4\n", "4")])
def test_a_trajectory_alone(write: Write, change: tuple[str, str]) -> None:
    text = TRJ.replace(*change)
    path = write(text)
    assert sniff_gridware(path, text.encode())
    (recording,) = read_gridware(path, {})
    assert (recording.id, recording.format, recording.span) == ("one", "gridware", (0.0, 4.0))
    assert shape(recording) == EXPECTED
    assert counts(recording) == {"rows_read": 3, "values_missing": 1}


def test_another_sign_for_missing_values(write: Write) -> None:
    (recording,) = read_gridware(write(TRJ.replace("--", "9")), {"missing": "9"})
    assert shape(recording) == EXPECTED


def test_without_an_end_time_the_last_values_are_left_out(write: Write) -> None:
    (recording,) = read_gridware(write(TRJ.removesuffix("4\n")), {})
    assert [len(track) for track in recording.tracks] == [2, 1]
    assert recording.span == (0.0, 2.25)
    assert counts(recording)["end_not_known"] == 1


def test_short_rows_and_rows_without_length_are_told(write: Write) -> None:
    text = TRJ.replace("2.25\tneu\tneg\n", "2.25\tneu\tpos\n2.25\tneu\n")
    (recording,) = read_gridware(write(text), {})
    assert recording.tracks[1].labels == ("pos",)
    assert {k: counts(recording)[k] for k in ("rows_without_length", "rows_too_short")} == {
        **{"rows_without_length": 1, "rows_too_short": 1}
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("a\tb\n", "not a GridWare trajectory"),
        ("Onset\n0\n1\n", "not a GridWare trajectory"),
        ("Onset\tx\n", "no rows"),
        (TRJ.replace("1.5", "soon"), "line 3.*no time"),
        (TRJ.replace("1.5", "-1"), "no time"),
        (TRJ.replace("1.5", "NaN"), "no time"),
        (TRJ.replace("4\n", "1e300\n"), "no time"),
        (TRJ.replace("4\n", "2\n"), "goes back in time"),
        (TRJ.replace("neg\tpos", "neg\tpos\tpos"), "more values"),
        (b"Onset\t\x00", "NUL"),
    ],
)
def test_broken_trajectories_are_refused(write: Write, content: str | bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_gridware(write(content), {})


def test_a_project_reads_its_trajectories(write: Write) -> None:
    for name in ("one.trj", "two.trj", "three.trj"):
        write(TRJ.replace("neg\tpos", f"{name[:3]}\tpos"), name)
    path = write(GWF, "study.gwf")
    assert sniff_gridware(path, GWF.encode())
    recordings = read_gridware(path, {})
    assert [r.id for r in recordings] == ["01", "02_two", "02_three"]
    assert [r.tracks[0].labels[0] for r in recordings] == ["one", "two", "thr"]
    assert [r.path.name for r in recordings] == ["study.gwf"] * 3
    assert recordings[2].meta["covariates"] == {"ID": "02", "phase": "reunion"}
    assert recordings[0].tracks[0].meta == {"scale": "categorical", "values": ("neg", "neu", "pos")}
    assert recordings[0].meta["sha256"] != recordings[1].meta["sha256"]
    assert counts(recordings[0])["codes_not_declared"] == 1


def test_a_missing_trajectory_is_told_and_the_others_are_read(write: Write) -> None:
    write(TRJ, "one.trj")
    write("broken", "two.trj")
    (recording,) = read_gridware(write(GWF, "study.gwf"), {})
    assert recording.id == "01"
    told = [n for n in recording.notes if n.code == "trajectory_not_read"]
    assert [n.where for n in told] == ["line 13", "line 14"]
    assert "two.trj" in told[0].message and "three.trj" in told[1].message


def test_a_trajectory_named_twice_is_told(write: Write) -> None:
    write(TRJ)
    recordings = read_gridware(write(GWF.replace("two.trj", "one.trj"), "study.gwf"), {})
    assert [r.id for r in recordings] == ["01", "02_one"]
    assert counts(recordings[0])["trajectory_listed_twice"] == 1


@pytest.mark.parametrize(
    "name",
    ["../one.trj", "sub/one.trj", "..\\one.trj", "C:\\one.trj", "/etc/passwd", "..", ".", "a\x01b"],
)
def test_only_plain_names_in_the_same_folder_are_opened(
    write: Write, tmp_path: Path, name: str
) -> None:
    # The file is there, so only the refusal keeps it from being read.
    folder = tmp_path / "study"
    (folder / "sub").mkdir(parents=True)
    for place in (tmp_path / "one.trj", folder / "sub" / "one.trj"):
        place.write_text(TRJ)
    project = folder / "study.gwf"
    project.write_text(GWF.replace("two.trj", name).replace("three.trj", name))
    with pytest.raises(
        ReadError, match=r"none of its trajectories .*(own folder|cannot be|folder, not)"
    ):
        read_gridware(project, {})
    (folder / "one.trj").write_text(TRJ)
    assert [r.id for r in read_gridware(project, {})] == ["01"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<GridWare>\n", "no list of trajectories"),
        (GWF.replace("Filename", "File"), "no column Filename"),
        (GWF.split("01\tplay")[0], "lists no trajectory"),
        (GWF, "none of its trajectories"),
    ],
)
def test_broken_projects_are_refused(write: Write, content: str, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_gridware(write(content, "study.gwf"), {})


def test_only_its_own_files_are_recognised(write: Write, shared: Path) -> None:
    long = "Onset\tx\n" + "".join(f"{at}\ta\n" for at in range(5000))
    assert sniff_gridware(write(long + "5000\n"), long.encode()[:8192])
    assert not sniff_gridware(write(long), long.encode()[:8192])
    for text in ("onset,offset,code\n0,1,a\n", "Onset,code\n0,a\n1,b\n", "Onset\tx\n"):
        assert not sniff_gridware(write(text), text.encode())
    claimed = [
        path.name
        for path in sorted((shared / "formats").rglob("*"))
        if path.is_file() and sniff_gridware(path, path.read_bytes()[:8192])
    ]
    assert claimed == []
