"""Mangold INTERACT exports: the layout, its oddities, and three real sessions."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.interact import read_interact
from reattune.io.register import FORMATS

Write = Callable[..., Path]

SMALL = """Level,Description,Number,Onset_Time,Offset_Time,Duration_Time,Mother,Infant,Problem
1,play A,1,100,110,10,,,
2,play A,2,100,110,10,,,
3,,3,104.04,109.96,5.92,-1,,
3,,4,100,104,4,1,,
3,,5,100,106.2,6.2,,A,
3,,6,106.24,106.24,0,,N,
3,,7,106.28,110,3.72,,,XX
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "mangold_1.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_interact(path, options)
    return recording


def counts(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def test_each_class_is_a_track_and_the_group_is_the_span(write: Write) -> None:
    recording = one(write(SMALL))
    assert (recording.id, recording.format) == ("mangold_1", "interact")
    assert recording.span == (100.0, 110.0)
    assert recording.meta["description"] == "play A"
    mother, infant, problem = recording.tracks
    assert [t.name for t in recording.tracks] == ["Mother", "Infant", "Problem"]
    assert mother.starts.tolist() == [100.0, 104.04]
    assert mother.ends.tolist() == [104.0, 109.96]
    assert mother.labels == ("1", "-1")
    # The offset is the last frame: one frame long, and no gap is closed here.
    assert (infant.starts[1], infant.ends[1]) == (106.24, 106.24)
    assert problem.labels == ("XX",)
    assert {(t.tick_s, t.person, t.kind) for t in recording.tracks} == {(0.04, "", "intervals")}
    assert counts(recording) == {"rows_read": 7}


def test_columns_are_found_by_name_in_any_order(write: Write) -> None:
    rows = list(csv.DictReader(SMALL.splitlines()))
    names = ["Infant", "offset time", "Mother", "LEVEL", "Problem", "Onset_Time", "Number"]
    keys = ["Infant", "Offset_Time", "Mother", "Level", "Problem", "Onset_Time", "Number"]
    text = "\n".join([",".join(names), *(",".join(row[key] for key in keys) for row in rows)])
    found = {t.name: (t.labels, t.starts.tolist()) for t in one(write(text)).tracks}
    assert found == {t.name: (t.labels, t.starts.tolist()) for t in one(write(SMALL)).tracks}
    assert list(found) == ["Infant", "Mother", "Problem"]


def test_semicolons_decimal_commas_and_quotes(write: Write) -> None:
    text = (
        SMALL.replace(".", "?").replace(",", ";").replace("?", ",").replace("play A", '"play; A"')
    )
    recording = one(write(text.encode("utf-16")))
    assert recording.meta["description"] == "play; A"
    assert recording.tracks[0].starts.tolist() == [100.0, 104.04]


def test_rows_without_a_code_are_skipped_and_counted(write: Write) -> None:
    recording = one(write(SMALL + "3,,8,101,102,1,,,\n3,,9,103,104,1, ,,\n"))
    assert counts(recording) == {"rows_read": 7, "rows_without_code": 2}
    assert sum(len(track) for track in recording.tracks) == 5
    assert "line 9" in str(recording.notes[1])


def test_odd_rows_are_counted_with_their_reason(write: Write) -> None:
    recording = one(
        write(
            SMALL
            + "x,,8,101,102,1,1,,\n"
            + "3,,9,soon,102,1,1,,\n"
            + "3,,9,,102,1,1,,\n"
            + "3,,9,inf,inf,1,1,,\n"
            + "3,,9,-1,102,1,1,,\n"
            + "3,,9,105,102,1,1,,\n"
            + "3,,9,105,112,7,1,,\n"
            + ",,,,,,,,\n"
        )
    )
    assert counts(recording) == {
        **{"rows_read": 8, "rows_without_level": 1, "rows_without_time": 2, "rows_not_finite": 1},
        **{"rows_negative": 1, "rows_reversed": 1, "events_outside_span": 1},
    }
    assert {n.level for n in recording.notes if n.code != "rows_read"} == {"warning"}


def test_the_span_falls_back_to_the_set_then_to_nothing(write: Write) -> None:
    lines = SMALL.splitlines(keepends=True)
    without_group = one(write("".join(lines[:1] + lines[2:])))
    assert without_group.span == (100.0, 110.0)
    without_any = one(write("".join(lines[:1] + lines[3:])))
    assert without_any.span is None
    assert counts(without_any)["span_unknown"] == 1
    two = one(write(SMALL + "1,play B,8,120,130,10,,,\n"))
    assert two.span == (100.0, 130.0)
    assert counts(two)["several_sets"] == 2


def test_frame_times_need_the_frame_rate(write: Write) -> None:
    text = (
        "Level,Onset_Time,Offset_Time,Infant\n"
        "3,00:01:40:00,00:01:44:00,A\n3,00:01:44:01,00:01:50:24,N\n"
    )
    with pytest.raises(ReadError, match=r"2 row\(s\) have an onset or offset that is no time"):
        one(write(text))
    (track,) = one(write(text), fps=25).tracks
    assert track.starts.tolist() == [100.0, 104.04]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("Level,Onset_Time,Infant\n3,1,A\n", "no header row"),
        ("Level,Onset_Time,Offset_Time\n3,1,2\n", "no class column"),
        ("Level,Onset_Time,Offset_Time,Infant\n", "no event row"),
        ("Level,Onset_Time,Offset_Time,Infant\n1,0,5,\n", "no event row"),
        (SMALL.encode("utf-16-le"), "NUL"),
        (SMALL.replace("3,,5", '3,"'), "cannot be cut into cells"),
    ],
)
def test_broken_exports(write: Write, content: str | bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        one(write(content))


def test_sniffing_wants_level_onset_and_offset() -> None:
    sniff = FORMATS["interact"].sniff
    nowhere = Path("nowhere.csv")
    assert sniff(nowhere, SMALL.encode())
    assert sniff(nowhere, b"\xef\xbb\xbf" + SMALL.replace(",", ";").encode())
    assert sniff(nowhere, SMALL.encode("utf-16"))
    for other in (b"", b"\x00\x01", b"onset,offset,code\n1,2,a\n", b"PK\x03\x04", b'"\n'):
        assert not sniff(nowhere, other)


def test_the_example_of_the_page_is_read(write: Write) -> None:
    page = Path(__file__).parents[2] / "docs" / "formats" / "interact.md"
    example = page.read_text().partition("```csv\n")[2].partition("```")[0]
    recording = one(write(example))
    assert recording.span == (100.0, 110.0)
    assert [(t.name, len(t)) for t in recording.tracks] == [
        ("Mother", 2),
        ("Infant", 1),
        ("Infant Problem", 1),
    ]


# -- real sessions -------------------------------------------------------------------------


@pytest.mark.parametrize("dyad", ["3367", "3414"])
def test_real_sessions_hold_what_the_reference_says(shared: Path, dyad: str) -> None:
    path = shared / "infant_affect_xu2020" / "interact" / f"mangold_{dyad}goodman.csv"
    with (shared / "reference" / "infant_affect" / "import.csv").open(newline="") as stream:
        facts = {
            (row["partner"], row["item"]): float(row["value"])
            for row in csv.DictReader(stream)
            if row["dyad"] == dyad and row["gap_rule"] == "none"
        }
    recording = one(path)
    found: dict[tuple[str, str], float] = {}
    for partner, word in (("infant", "Infant"), ("mother", "Maternal")):
        (affect,) = recording.find(f"{word} Affect")
        (problem,) = recording.find(f"{word} Problem Data")
        found[partner, "events_with_code"] = len(affect)
        found[partner, "uncodable_rows"] = len(problem)
    assert recording.span is not None
    found["", "span_s"] = round(recording.span[1] - recording.span[0], 6)
    found["", "rows_without_any_code"] = counts(recording).get("rows_without_code", 0)
    assert found == {key: facts[key] for key in found}
    assert {track.tick_s for track in recording.tracks} == {0.04}


def test_a_session_without_reference_keeps_every_coded_row(shared: Path) -> None:
    path = shared / "infant_affect_xu2020" / "interact" / "mangold_3532goodman.csv"
    recording = one(path)
    with path.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["Level"] == "3"]
    for track in recording.tracks:
        own = sorted(
            (float(row["Onset_Time"]), float(row["Offset_Time"]), row[track.name])
            for row in rows
            if row[track.name]
        )
        read = list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))
        assert read == own
    assert recording.span == (1999.0, 2300.0)
