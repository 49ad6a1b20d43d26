"""Event logs of The Observer XT, as others describe them: no original export was at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.observer import read_observer, sniff_observer

Write = Callable[..., Path]

HEADER = (
    "Date_Time_Absolute_dmy_hmsf,Time_Relative_hms,Time_Relative_sf,Duration_sf,Observation,"
    "Event_Log,Subject,Behavior,Modifier_1,Modifier_2,Event_Type,Comment"
)
LOG = f"""{HEADER}
x,00:00:00,0.000,2.520,dyad 1,Event Log0001,Infant,smile,open,,State start,
x,00:00:02,2.520,0.000,dyad 1,Event Log0001,Infant,smile,open,,State stop,
x,00:00:02,2.520,1.000,dyad 1,Event Log0001,Infant,fuss,,,State start,
x,00:00:03,3.520,0.000,dyad 1,Event Log0001,Infant,fuss,,,State stop,
x,00:00:03,3.000,,dyad 1,Event Log0001,Mother,touch,,,Point,
x,00:00:04,4.000,0.000,dyad 1,Event Log0001,Mother,touch,face,soft,State point,
x,00:00:01,1.000,1.000,dyad 2,Event Log0001,Mother,gaze,,,State start,
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def counts(recording: Recording) -> dict[str, int]:
    found: dict[str, int] = {}
    for note in recording.notes:
        found[note.code] = found.get(note.code, 0) + note.count
    return found


def shape(recording: Recording) -> list[tuple[object, ...]]:
    return [
        (t.name, t.person, t.kind, t.starts.tolist(), t.ends.tolist(), t.labels)
        for t in recording.tracks
    ]


EXPECTED = [
    ("behaviours", "Infant", "intervals", [0.0, 2.52], [2.52, 3.52], ("smile", "fuss")),
    ("behaviours", "Mother", "points", [3.0, 4.0], [3.0, 4.0], ("touch", "touch")),
]


def test_starts_with_durations_are_intervals_and_points_points(write: Write) -> None:
    first, second = read_observer(write(LOG), {})
    assert (first.id, second.id, first.format) == ("dyad 1", "dyad 2", "observer")
    assert shape(first) == EXPECTED
    assert shape(second) == [("behaviours", "Mother", "intervals", [1.0], [2.0], ("gaze",))]
    assert first.tracks[0].meta["modifiers"] == {"open": 1}
    assert first.tracks[1].meta["modifiers"] == {"face|soft": 1}
    assert first.meta["covariates"] == {"Event_Log": "Event Log0001"}


def test_every_recording_says_that_the_reader_is_untested(write: Write) -> None:
    for recording in read_observer(write(LOG), {}):
        (note,) = [n for n in recording.notes if n.code == "format_untested"]
        assert note.level == "warning"
        assert "not tested on an original export" in note.message


def test_without_durations_starts_and_stops_are_paired(write: Write) -> None:
    text = LOG.replace("Duration_sf", "Duration_of_rest")
    first, second = read_observer(write(text), {})
    assert shape(first) == EXPECTED
    # The start in the second observation has no stop.
    assert second.tracks == ()
    assert counts(second)["unpaired_state"] == 1
    assert "unpaired_state" not in counts(first)


def test_a_start_with_a_duration_does_not_need_its_stop(write: Write) -> None:
    text = "".join(line for line in LOG.splitlines(keepends=True) if "State stop" not in line)
    first, _ = read_observer(write(text), {})
    assert shape(first) == EXPECTED


def test_unpaired_starts_and_stops_are_dropped_and_told(write: Write) -> None:
    lines = [
        "Observation,Time_Relative_sf,Duration_sf,Subject,Behavior,Modifier_1,Event_Type",
        "a,1.0,,i,smile,,State start",
        "a,2.0,,i,smile,,State start",
        "a,3.0,,i,smile,,State stop",
        "a,4.0,,i,fuss,,State stop",
        "a,5.0,,i,cry,loud,State start",
        "a,6.0,,i,cry,,State stop",
        "a,7.0,,i,cry,,State start",
    ]
    (recording,) = read_observer(write("\n".join(lines)), {})
    assert shape(recording) == [
        ("behaviours", "i", "intervals", [2.0, 5.0], [3.0, 6.0], ("smile", "cry"))
    ]
    places = [n.where for n in recording.notes if n.code == "unpaired_state"]
    assert places == ["line 2", "line 5", "line 8"]


def test_many_unpaired_rows_are_all_counted(write: Write) -> None:
    rows = [f"a,{at}.0,,i,b{at},,State start" for at in range(45)]
    rows.append("a,1.0,2.0,i,x,,State start")
    head = "Observation,Time_Relative_sf,Duration_sf,Subject,Behavior,Modifier_1,Event_Type"
    (recording,) = read_observer(write("\n".join([head, *rows])), {})
    assert counts(recording)["unpaired_state"] == 45
    assert counts(recording)["time_backwards"] == 1


def test_groups_make_tracks(write: Write) -> None:
    groups = {"affect": ["smile", "fuss"], "contact": "touch"}
    first, second = read_observer(write(LOG), {"groups": groups})
    assert [(t.name, t.person) for t in first.tracks] == [
        ("affect", "Infant"),
        ("contact", "Mother"),
    ]
    assert [t.name for t in second.tracks] == ["behaviours"]
    with pytest.raises(ReadError, match="groups"):
        read_observer(write(LOG), {"groups": ["affect"]})


def test_columns_are_found_by_name_with_blanks_and_semicolons(write: Write) -> None:
    text = (
        LOG.replace(",", ";").replace(".", ",").replace("_", " ").replace("Behavior", "Behaviour")
    )
    first, _ = read_observer(write(text), {})
    assert shape(first) == EXPECTED


def test_clock_times_are_read_where_seconds_are_not_exported(write: Write) -> None:
    text = LOG.replace("Time_Relative_sf", "Other").replace("Time_Relative_hms", "Time_Relative_f")
    with pytest.raises(ReadError, match="fps"):
        read_observer(write(text.replace("00:00:0", "")), {})
    first, _ = read_observer(write(text.replace("00:00:0", "")), {"fps": 2})
    assert first.tracks[0].starts.tolist() == [0.0, 1.0]
    text = LOG.replace("Time_Relative_sf", "Other")
    first, _ = read_observer(write(text), {})
    assert first.tracks[0].starts.tolist() == [0.0, 2.0]


def test_a_workbook_with_rows_above_the_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["The Observer XT"])
    for line in LOG.splitlines():
        book.active.append(
            [float(c) if c.replace(".", "").isdigit() else c for c in line.split(",")]
        )
    path = tmp_path / "log.xlsx"
    book.save(path)
    assert sniff_observer(path, path.read_bytes()[:8192])
    first, _ = read_observer(path, {})
    assert shape(first) == EXPECTED


def test_odd_rows_are_counted_with_their_reason(write: Write) -> None:
    more = "\n".join(
        f"x,,{time},{duration},dyad 1,L,Infant,{code},,,{kind},"
        for time, duration, code, kind in [
            ("-1.0", "5", "a", "State start"),
            ("1.0", "-0.5", "a", "State start"),
            ("1.0", "long", "a", "State start"),
            ("NaN", "1", "a", "State start"),
            ("soon", "1", "a", "State start"),
            ("1e300", "1", "a", "State start"),
            ("1.0", "1e300", "a", "State start"),
            ("1.0", "1", "", "State start"),
            ("1.0", "1", "a", "Start"),
            ("", "", "", ""),
        ]
    )
    first, _ = read_observer(write(LOG + more), {})
    assert shape(first) == EXPECTED
    found = counts(first)
    assert {key: found[key] for key in found if key.startswith("rows_")} == {
        **{"rows_read": 6, "rows_without_time": 3, "rows_not_finite": 2, "rows_negative": 1},
        **{"rows_reversed": 1, "rows_without_code": 1, "rows_of_other_kinds": 2},
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no header row"),
        (HEADER + "\n", "no event"),
        (HEADER + "\nx,,soon,1,d,L,i,smile,,,State start,\n", "not readable"),
        (LOG.replace("Comment", "Subject"), "two columns of one name"),
        (b"\x00\x01\x02,\x03", "NUL"),
        (b"PK\x03\x04rest", "zip"),
    ],
)
def test_what_is_no_log_is_refused(write: Write, content: str | bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        read_observer(write(content), {})


def test_only_its_own_files_are_recognised(write: Write, shared: Path) -> None:
    assert sniff_observer(write(LOG), LOG.encode())
    claimed = [
        path.name
        for path in sorted((shared / "formats").rglob("*"))
        if path.is_file() and sniff_observer(path, path.read_bytes()[:8192])
    ]
    assert claimed == []
    for text in ("Time,Behavior,Status\n1,a,START\n", "onset,offset,behavior\n0,1,a\n"):
        assert not sniff_observer(write(text), text.encode())
