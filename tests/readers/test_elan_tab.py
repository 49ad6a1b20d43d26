"""ELAN tab-delimited exports: long, wide, every way to write a time, several files in one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.elan_tab import read_elan_tab, sniff_elan_tab

Write = Callable[..., Path]

ROWS = (("gaze", "infant", 500, 1500, "at"), ("affect", "mother", 1500, 3661250, "pos"))
FORMS = {
    "msec": lambda ms: str(ms),
    "ss.msec": lambda ms: f"{ms / 1000:.3f}",
    "hh:mm:ss.ms": lambda ms: (
        f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
    ),
}


def long(*forms: str, header: bool = True, roles: str = "Begin End Duration") -> str:
    lines = []
    if header:
        times = [
            f"{role}{'' if role == 'Duration' else ' Time'} - {form}"
            for role in roles.split()
            for form in forms
        ]
        lines.append("\t".join(["Tier", "Participant", *times, "Annotation"]))
    for tier, person, begin, end, code in ROWS:
        values = {"Begin": begin, "End": end, "Duration": end - begin}
        times = [FORMS[form](values[role]) for role in roles.split() for form in forms]
        lines.append("\t".join([tier, person, *times, code]))
    return "\n".join(lines) + "\n"


WIDE = """Family\tSite\tBegin Time - msec\tEnd Time - msec\tDuration - msec\t\
infant\tmother\tFile Name
f1\tA\t0\t1000\t1000\tat\t\tD:\\coding\\day one.eaf
f1\tA\t500\t1000\t500\t\tpos\tD:\\coding\\day one.eaf
f2\tB\t0\t2000\t2000\taway\tneg\tD:\\coding\\day two.eaf
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "export.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_elan_tab(path, options)
    return recording


def counts(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def shape(recording: Recording) -> list[tuple[object, ...]]:
    return [
        (t.name, t.person, t.kind, t.starts.tolist(), t.ends.tolist(), t.labels)
        for t in recording.tracks
    ]


EXPECTED = [
    ("gaze", "infant", "intervals", [0.5], [1.5], ("at",)),
    ("affect", "mother", "intervals", [1.5], [3661.25], ("pos",)),
]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(
    "forms",
    [
        ("msec",),
        ("ss.msec",),
        ("hh:mm:ss.ms",),
        ("hh:mm:ss.ms", "ss.msec"),
        ("hh:mm:ss.ms", "ss.msec", "msec"),
    ],
)
def test_long_form_in_every_way_to_write_a_time(
    write: Write, forms: tuple[str, ...], header: bool
) -> None:
    text = long(*forms, header=header)
    path = write(text)
    assert sniff_elan_tab(path, text.encode())
    recording = one(path)
    assert (recording.id, recording.format) == ("export", "elan_tab")
    assert shape(recording) == EXPECTED
    assert counts(recording) == {"rows_read": 2, "end_not_known": 1}


def test_an_end_is_the_begin_and_the_duration(write: Write) -> None:
    assert shape(one(write(long("msec", roles="Begin Duration")))) == EXPECTED


def test_the_most_exact_time_is_used(write: Write) -> None:
    text = long("ss.msec", "msec").replace("0.500\t500", "0.600\t500")
    assert one(write(text)).tracks[0].starts.tolist() == [0.5]


def test_commas_and_utf16_and_windows_line_ends(write: Write) -> None:
    text = long("msec", "hh:mm:ss.ms")
    assert shape(one(write(text.replace("\t", ",")))) == EXPECTED
    assert shape(one(write(text.replace("\n", "\r\n").encode("utf-16")))) == EXPECTED


def test_quotes_are_ordinary_between_tabs(write: Write) -> None:
    text = long("msec").replace("\tat\n", '\t"at" once\n').replace("\tpos\n", '\t"say ""a"""\n')
    recording = one(write(text))
    assert [t.labels for t in recording.tracks] == [('"at" once',), ('say "a"',)]


def test_an_empty_annotation_is_an_event_in_the_long_form(write: Write) -> None:
    assert one(write(long("msec").replace("\tat\n", "\t\n"))).tracks[0].labels == ("",)


def test_a_tier_of_two_people_is_two_tracks(write: Write) -> None:
    recording = one(write(long("msec").replace("affect", "gaze")))
    assert [(t.name, t.person) for t in recording.tracks] == [
        ("gaze", "infant"),
        ("gaze", "mother"),
    ]


def test_wide_form_with_several_files(write: Write) -> None:
    first, second = read_elan_tab(write(WIDE), {})
    assert (first.id, second.id) == ("day one", "day two")
    assert shape(first) == [
        ("infant", "", "intervals", [0.0], [1.0], ("at",)),
        ("mother", "", "intervals", [0.5], [1.0], ("pos",)),
    ]
    assert first.meta["covariates"] == {"Family": "f1", "Site": "A"}
    assert second.meta["covariates"] == {"Family": "f2", "Site": "B"}
    assert second.meta["shape"] == "wide"


def test_the_column_of_the_files_can_be_named(write: Write) -> None:
    first, second = read_elan_tab(write(WIDE), {"file": "family"})
    assert (first.id, second.id) == ("f1", "f2")
    with pytest.raises(ReadError, match="no column 'Clip'"):
        read_elan_tab(write(WIDE), {"file": "Clip"})


def test_odd_rows_are_counted_with_their_reason(write: Write) -> None:
    text = long("msec") + (
        "gaze\ta\t-5\t10\t15\tx\n"
        "gaze\ta\t20\t10\t-10\tx\n"
        "gaze\ta\tsoon\t10\t1\tx\n"
        "gaze\ta\tNaN\t10\t1\tx\n"
        "gaze\ta\t1e300\t1e301\t1\tx\n"
        "gaze\ta\t2000\n"
        "gaze\ta\t3000\t4000\t1000\tx\ttoo\tmuch\n"
        "\t\t\t\t\t\n"
    )
    recording = one(write(text))
    assert counts(recording) == {
        **{"rows_read": 3, "rows_without_time": 3, "rows_not_finite": 1, "rows_negative": 1},
        **{"rows_reversed": 1, "rows_too_long": 1, "end_not_known": 1},
    }


def test_a_point_is_a_track_of_points(write: Write) -> None:
    text = long("msec") + "gaze\tinfant\t2000\t2000\t0\tblink\n"
    assert [(t.name, t.kind) for t in one(write(text)).tracks] == [
        ("gaze", "intervals"),
        ("gaze", "points"),
        ("affect", "intervals"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\t\n\t\n", "only blanks"),
        ("Tier\tAnnotation\ngaze\tat\n", "no begin and end times"),
        (long("msec").splitlines()[0] + "\n", "no rows"),
        ("a\x00\tb\n", "NUL"),
        (b"PK\x03\x04\x00\x00", "zip archive"),
    ],
)
def test_what_is_no_export_is_refused(write: Write, content: str | bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_elan_tab(write(content), {})


def test_the_specimen_gives_two_clips_with_every_cell(shared: Path) -> None:
    path = shared / "formats" / "elan_tab" / "elan_tab_export.txt"
    recordings = read_elan_tab(path, {})
    assert [r.id for r in recordings] == [
        "09.01.17_Example GApS coding1_Sex_KZ_KLN_R1",
        "16.01.17_Example GAps coding2_Play_KU_CLB_R1",
    ]
    assert [counts(r)["rows_read"] for r in recordings] == [37, 39]
    # Each filled cell of the 43 tier columns, counted by another way of reading.
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream, delimiter="\t")
    for recording in recordings:
        own = [row for row in rows if row[1] == recording.id]
        expected = {
            name: sorted(
                (int(row[9]) / 1000, int(row[10]) / 1000, row[at].strip())
                for row in own
                if row[at].strip()
            )
            for at, name in enumerate(header)
            if at > 11
        }
        found: dict[str, list[tuple[float, float, str]]] = {}
        for track in recording.tracks:
            found.setdefault(track.name, []).extend(
                zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True)
            )
        assert {name: sorted(events) for name, events in found.items()} == expected
    assert recordings[0].meta["covariates"]["ID_1"] == "KZ"  # type: ignore[index]


def test_only_its_own_files_are_recognised(shared: Path) -> None:
    claimed = [
        path.name
        for path in sorted((shared / "formats").rglob("*"))
        if path.is_file() and sniff_elan_tab(path, path.read_bytes()[:8192])
    ]
    assert claimed == ["elan_tab_export.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "onset,offset,code\n0,1,a\n",
        "tier\tbegin\tend\tvalue\na\t0\t1\tx\n",
        "a\t\t1\t2\t2\tx\na\t\t2\t3\t2\tx\n",
        "07\t\t1\t3\t2\tx\n08\t\t2\t3\t1\tx\n",
        "1\t2\t3\t4\t5\t6\n1\t2\t3\t4\t5\t6\n",
    ],
)
def test_tables_are_left_to_the_table_reader(write: Write, text: str) -> None:
    assert not sniff_elan_tab(write(text), text.encode())
