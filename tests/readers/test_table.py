"""Tidy tables: every shape, every way in which they go wrong, and real files."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.cells import read_cells
from reattune.io.columns import ROLES, parse_numbers, parse_times, split_unit
from reattune.io.register import FORMATS
from reattune.io.table import read_table

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: str | bytes, name: str = "play.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def workbook(rows: list[list[object]], *more: tuple[str, list[list[object]]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheets = [(book.active, rows)] + [(book.create_sheet(title), body) for title, body in more]
    for sheet, body in sheets:
        for row in body:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_member(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one member changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for member in old.namelist():
            body = old.read(member)
            new.writestr(member, change(body) if member == name else body)
    return out.getvalue()


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_table(path, options)
    return recording


def codes_of(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


# -- interval rows -------------------------------------------------------------------------

INTERVALS = """onset,offset,code,person,tier
0,2.5,neutral,infant,affect
1.0,4.0,looks,infant,gaze
2.5,4,positive,infant,affect
0,4,positive,caregiver,affect
"""


def test_interval_rows_become_a_track_per_person_and_stream(write: Write) -> None:
    recording = one(write(INTERVALS))
    assert recording.id == "play"
    assert recording.format == "table"
    assert recording.people == ("infant", "caregiver")
    found = {(t.person, t.name): t for t in recording.tracks}
    assert list(found) == [("infant", "affect"), ("infant", "gaze"), ("caregiver", "affect")]
    affect = found["infant", "affect"]
    assert affect.kind == "intervals"
    assert affect.starts.tolist() == [0.0, 2.5]
    assert affect.ends.tolist() == [2.5, 4.0]
    assert affect.labels == ("neutral", "positive")
    assert len(str(recording.meta["sha256"])) == 64
    assert codes_of(recording)["rows_read"] == 4


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("start,end,label", "2,3,a"),
        ("Onset_Time,Offset_Time,Behavior", "2,3,a"),
        ("Start (s),Stop (s),Behaviour", "2,3,a"),
        ("begin_ms,end_ms,code", "2000,3000,a"),
        ("Begin Time - msec,Duration - msec,annotation", "2000,1000,a"),
        ("start_s,duration_s,state", "2,1,a"),
        ("ONSET,OFFSET,CODE", "00:00:02,00:00:03.000,a"),
        ("onset,offset,code", "0:02,00:03.000,a"),
        ("onset,offset,code", "00:00:02:000,00:00:03:000,a"),
        ("time,duration,event", "2,1,a"),
        ("start_min,end_min,code", f"{2 / 60!r},{3 / 60!r},a"),
    ],
)
def test_names_and_units_of_columns(write: Write, header: str, row: str) -> None:
    (track,) = one(write(f"{header}\n{row}\n")).tracks
    np.testing.assert_allclose([track.starts[0], track.ends[0]], [2.0, 3.0], rtol=1e-15)
    assert track.labels == ("a",)


def test_options_name_columns_and_units(write: Write) -> None:
    path = write("von,bis,wer,was,wo,tag\n25,50,kind,lacht,mimik,1\n50,75,kind,weint,mimik,2\n")
    first, second = read_table(
        path,
        {
            **{"start": "von", "end": "BIS ", "person": "wer", "code": "was", "track": "wo"},
            **{"session": "tag", "unit": "frame", "fps": 25},
        },
    )
    assert (first.id, second.id) == ("1", "2")
    (track,) = first.tracks
    assert (track.name, track.person, track.labels) == ("mimik", "kind", ("lacht",))
    assert (track.starts[0], track.ends[0], track.tick_s) == (1.0, 2.0, 0.04)


def test_several_code_columns_are_several_tracks(write: Write) -> None:
    path = write("onset,offset,hand,look\n0,1,left,\n1,2,,yes\n2,3,right,no\n3,4,,\n")
    recording = one(path, code=["hand", "look"])
    assert {t.name: t.labels for t in recording.tracks} == {
        "hand": ("left", "right"),
        "look": ("yes", "no"),
    }
    assert codes_of(recording)["rows_without_code"] == 1


def test_rows_without_an_end_column_are_points(write: Write) -> None:
    (track,) = one(write("onset,code\n3,smile\n1,cry\n")).tracks
    assert track.kind == "points"
    assert track.starts.tolist() == track.ends.tolist() == [1.0, 3.0]
    assert track.labels == ("cry", "smile")


def test_points_and_intervals_in_one_table_are_told_apart_by_track(write: Write) -> None:
    recording = one(write("onset,offset,code,tier\n0,1,a,x\n2,,b,x\n3,,c,y\n"))
    kinds = {track.name: (track.kind, len(track)) for track in recording.tracks}
    assert kinds == {"x": ("intervals", 1), "y": ("points", 1)}
    assert codes_of(recording)["rows_without_end"] == 1


def test_a_semicolon_brings_the_decimal_comma(write: Write) -> None:
    (track,) = one(write("start;end;code\n0,04;1,5;a\n1,5;2.25;b, c\n")).tracks
    assert track.starts.tolist() == [0.04, 1.5]
    assert track.ends.tolist() == [1.5, 2.25]
    assert track.labels == ("a", "b, c")
    (tabs,) = one(write("start\tend\tcode\n0,04\t1,5\ta\n"), decimal=",").tracks
    assert tabs.starts.tolist() == [0.04]


def test_rows_that_cannot_be_placed_are_counted_with_their_first_line(write: Write) -> None:
    path = write(
        "session,start,end,code\n"
        "s,0,1,a\n"
        "s,soon,1,a\n"  # line 3
        "s,5,4,a\n"  # reversed, line 4
        "s,-1,4,a\n"  # line 5
        "s,inf,inf,a\n"  # line 6
        "s,1e300,1e301,a\n"
        "s,1,NaN,\n"  # line 8
        "s,2,then,a\n"  # line 9
        ",2,3,a\n"  # line 10
        "\n"
        ",,,\n"
        "s,5,3,a\n"
        "s,1,2,b\n"
    )
    recording = one(path)
    (track,) = recording.tracks
    assert track.labels == ("a", "b")
    assert codes_of(recording) | {"columns_used": 1} == {
        **{"rows_read": 2, "rows_without_session": 1, "rows_without_start": 1},
        **{"rows_with_unreadable_end": 1, "rows_not_finite": 2, "rows_negative": 1},
        **{"rows_reversed": 2, "rows_without_code": 1, "columns_used": 1},
    }
    told = {n.code: n.message for n in recording.notes if n.level == "warning"}
    assert "line 4" in told["rows_reversed"]
    assert "line 10" in told["rows_without_session"]
    assert "line 8" in told["rows_without_code"]


def test_nothing_left_is_an_error_that_says_why(write: Write) -> None:
    with pytest.raises(ReadError, match=r"2 row\(s\) end before they start .*line 2"):
        one(write("start,end,code\n2,1,a\n3,1,b\n"))


def test_sessions_split_and_join_their_columns(write: Write) -> None:
    path = write("dyad,visit,sex,start,end,code\n7,1,f,0,1,a\n7,2,f,0,1,b\n7,1,f,1,2,c\n")
    first, second = read_table(path, {})
    assert (first.id, second.id) == ("7_1", "7_2")
    assert first.tracks[0].labels == ("a", "c")
    assert first.meta["covariates"] == {"sex": "f"}


def test_sessions_that_would_be_joined_to_one_name_stay_apart(write: Write) -> None:
    path = write("dyad,visit,start,end,code\n1_2,3,0,1,a\n1,2_3,0,1,b\n")
    assert [r.id for r in read_table(path, {})] == ["dyad=1_2, visit=3", "dyad=1, visit=2_3"]


def test_an_id_that_never_repeats_is_a_row_number(write: Write) -> None:
    assert len(one(write("id,start,end,code\n1,0,1,a\n2,1,2,b\n")).tracks[0]) == 2
    assert len(read_table(write("id,start,end,code\n1,0,1,a\n1,1,2,b\n2,0,1,b\n"), {})) == 2


def test_whole_numbers_beyond_ten_hours_are_questioned(write: Write) -> None:
    path = write("onset,offset,code\n28846,157944,left\n")
    assert "unit_suspect" in codes_of(one(path))
    assert "unit_suspect" not in codes_of(one(path, unit="ms"))
    assert one(path, unit="ms").tracks[0].starts[0] == 28.846


# -- sampled columns -----------------------------------------------------------------------


def test_sampled_columns_are_numbers_or_words(write: Write) -> None:
    recording = one(write("time_s,infant,caregiver,voice\n10,1,smile,0.5\n10.5,,,\n11,3,cry,NA\n"))
    infant, caregiver, voice = recording.tracks
    np.testing.assert_array_equal(infant.values, [1, np.nan, 3])
    assert infant.labels == ()
    assert caregiver.values is None
    assert caregiver.labels == ("smile", "", "cry")
    np.testing.assert_array_equal(voice.values, [0.5, np.nan, np.nan])
    assert {(t.kind, t.start_s, t.rate_hz, t.tick_s) for t in recording.tracks} == {
        ("samples", 10.0, 2.0, 0.5)
    }


@pytest.mark.parametrize(
    ("column", "times", "options", "rate"),
    [
        ("ms", [0, 40, 80], {}, 25.0),
        ("frame", [0, 1, 2], {"fps": 29.97}, 29.97),
        ("frame", [0, 3, 6], {"fps": 30}, 10.0),
        ("sample", [5, 6, 7], {"rate_hz": 10}, 10.0),
        ("Time (s)", [f"{i / 30:.3f}" for i in range(8)], {}, 30.0),
        ("time", [f"{7 + i * 1001 / 30000:.3f}" for i in range(900)], {}, 30000 / 1001),
        ("time", [f"{i / 17:.9f}" for i in range(50)], {}, 17.0),
        ("t", ["00:00", "00:02", "00:04"], {}, 0.5),
        ("time", [0, 0.04, 0.08], {"rate_hz": 25}, 25.0),
        ("stamp", [1, 2, 3], {"time": "stamp"}, 1.0),
    ],
)
def test_rates_come_from_the_time_column(
    write: Write, column: str, times: list[object], options: dict[str, object], rate: float
) -> None:
    rows = "".join(f"{time},{i}\n" for i, time in enumerate(times))
    recording = one(write(f"{column},x\n{rows}"), **options)
    (track,) = recording.tracks
    assert track.rate_hz == pytest.approx(rate, rel=1e-12)
    assert track.values is not None
    assert track.values.tolist() == list(range(len(times)))
    assert set(codes_of(recording)) == {"rows_read"}


def test_without_a_time_column_a_rate_is_asked_for(write: Write) -> None:
    path = write("listener,narrator\n10,2\n2,2\n")
    with pytest.raises(ReadError, match=r"'listener', 'narrator'.*rate_hz"):
        one(path)
    assert one(path, rate_hz=30).tracks[1].rate_hz == 30.0
    assert one(path, fps="30").tracks[1].rate_hz == 30.0


def test_holes_in_the_grid_stay_empty_and_are_told(write: Write) -> None:
    recording = one(write("sec,x,word\n0,1,a\n1,2,b\n4,3,c\n5,4,d\n"))
    x, word = recording.tracks
    np.testing.assert_array_equal(x.values, [1, 2, np.nan, np.nan, 3, 4])
    assert word.labels == ("a", "b", "", "", "c", "d")
    (note,) = [n for n in recording.notes if n.code == "grid_holes"]
    assert (note.count, note.level) == (2, "warning")
    assert "after line 3" in note.message


def test_irregular_steps_are_a_warning(write: Write) -> None:
    recording = one(write("time,x\n0,1\n1.0,2\n2.2,3\n3.0,4\n4.0,5\n5.0,6\n"))
    assert recording.tracks[0].values is not None
    assert recording.tracks[0].values.tolist() == [1, 2, 3, 4, 5, 6]
    (note,) = [n for n in recording.notes if n.code == "irregular_steps"]
    assert note.count == 2
    assert "line 4" in note.message


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0,1\n1,2\n0.5,3\n", r"line 4: time runs backwards"),
        ("0,1\n1,2\n1,3\n", r"line 4: time runs on without a step"),
        ("0,1\n1,2\n2,2\n3,3\n3.1,3\n4.2,3\n", r"line 6: .*do not lie on a grid"),
        ("0,1\n1,2\n2,3\n1e9,4\n", r"line 5: time jumps by 1e\+09 s"),
        ("0,1\n", r"only one sample at line 2"),
        ("NaN,1\n-1,2\ninf,3\n", r"no row that could be read"),
    ],
)
def test_samples_are_never_reordered_nor_squeezed(write: Write, rows: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        one(write("time,x\n" + rows))


def test_a_rate_that_contradicts_the_times_is_refused(write: Write) -> None:
    with pytest.raises(ReadError, match=r"Found 40 s. Expected 0.0333333 s"):
        one(write("time,x\n0,1\n40,2\n80,3\n"), rate_hz=30)


def test_samples_split_by_session_and_person(write: Write) -> None:
    path = write(
        "couple,person,sec,rating\n1,a,0,1\n1,a,1,2\n1,b,0,3\n1,b,1,4\n2,a,0,5\n2,a,1,6\n,a,2,7\n"
    )
    first, second = read_table(path, {})
    assert [(t.person, t.values.tolist()) for t in first.tracks if t.values is not None] == [
        ("a", [1, 2]),
        ("b", [3, 4]),
    ]
    assert (second.id, codes_of(second)["rows_read"]) == ("2", 2)
    assert codes_of(first)["rows_without_session"] == 1
    with pytest.raises(ReadError, match="session and person"):
        read_table(write("sec,rating\n0,1\n1,2\n0,3\n1,4\n"), {})


def test_odd_cells_among_numbers_are_told(write: Write) -> None:
    rows = "".join(f"{i},{i}\n" for i in range(20))
    recording = one(write("sec,x\n" + rows + "20,?\n"))
    assert recording.tracks[0].labels[-1] == "?"
    assert codes_of(recording)["mixed_column"] == 1
    recording = one(write("sec,x\n" + rows + "20,inf\n"))
    assert recording.tracks[0].values is not None
    assert np.isnan(recording.tracks[0].values[-1])
    assert codes_of(recording)["values_not_finite"] == 1


# -- one row per session -------------------------------------------------------------------


def test_wide_rows_are_sessions(write: Write) -> None:
    path = write("couple,A02,A01,A03,B1,B2,B3,score\n7,1,0,,x,,y,2.5\n9,0,1,1,,z,,3\n")
    first, second = read_table(path, {"wide": {"A": "stress", "B": "words"}, "interval_s": 10})
    stress, words = first.tracks
    assert (first.id, second.id) == ("7", "9")
    np.testing.assert_array_equal(stress.values, [0, 1, np.nan])
    assert (stress.rate_hz, stress.tick_s) == (0.1, 10.0)
    assert words.labels == ("x", "", "y")
    assert first.span == (0.0, 30.0)
    assert first.meta["covariates"] == {"score": "2.5"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wide": {"A": "a"}}, "interval_s"),
        ({"wide": {"C": "a"}, "interval_s": 10}, "no columns named 'C'"),
        ({"wide": "A", "interval_s": 10}, "wide = 'A' is not allowed"),
        ({"wide": {"Z": "a"}, "interval_s": 10}, "numbers up to 999999"),
        ({"wide": {"A": "a"}, "interval_s": 0}, "interval_s = 0 is not allowed"),
    ],
)
def test_wide_needs_its_words(write: Write, options: dict[str, object], message: str) -> None:
    with pytest.raises(ReadError, match=message):
        read_table(write("couple,A1,A2,Z999999\n7,1,0,1\n"), options)


def test_a_missing_interval_column_is_left_empty_and_told(write: Write) -> None:
    recording = one(write("couple,A1,A3\n7,1,0\n"), wide={"A": "a"}, interval_s=5)
    np.testing.assert_array_equal(recording.tracks[0].values, [1, np.nan, 0])
    assert codes_of(recording)["columns_missing"] == 1


# -- headers and cells ---------------------------------------------------------------------


def test_a_table_without_header_asks_for_one(write: Write) -> None:
    path = write("2325,2645.4,NaN\n2325,2325.3,-1\n\n2325.3,2334.9,1\n")
    with pytest.raises(ReadError, match=r"line 1: has no header.*'2325'.*columns"):
        one(path)
    recording = one(path, columns=["onset", "offset", "code"])
    assert recording.tracks[0].labels == ("-1", "1")
    assert "line 1" in str(next(n for n in recording.notes if n.code == "rows_without_code"))
    with pytest.raises(ReadError, match=r"Found 3\. Expected 2"):
        one(path, columns=["onset", "offset"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"code": "behaviuor"}, r"no column 'behaviuor' \(option code\).*Did you mean 'behavior'"),
        ({"unit": "hours"}, "unit = 'hours' is not known"),
        ({"fps": "many", "unit": "frame"}, "fps = 'many' is not allowed"),
        ({"unit": "frame"}, "counts frames.*fps"),
        ({"delimiter": "x"}, "delimiter = 'x' is not known"),
        ({"decimal": "'"}, "decimal = .* is not known"),
        ({"session": ["nobody"]}, "no column 'nobody'"),
    ],
)
def test_wrong_options_are_named(write: Write, options: dict[str, object], message: str) -> None:
    with pytest.raises(ReadError, match=message):
        one(write("start,end,behavior\n0,1,a\n"), **options)


def test_a_start_without_codes_asks_for_the_code_column(write: Write) -> None:
    with pytest.raises(ReadError, match=r"none with codes.*'hand'.*option code"):
        one(write("onset,offset,hand\n0,1,left\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(write: Write, delimiter: str) -> None:
    rows = [["start", "end", "code"], ["0", "1.5", "a"], ["1.5", "2", "b"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert one(write(text)).tracks[0].ends.tolist() == [1.5, 2.0]
    assert FORMATS["table"].sniff(Path("x"), text.encode())


def test_quoted_cells_and_ragged_rows(write: Write) -> None:
    path = write('start,end,code\n0,1,"a, b"\n1,2,"two\nlines"\n2,3,c,,\n3,4,d,e\n4,5\n6,7,f\n')
    recording = one(path)
    assert recording.tracks[0].labels == ("a, b", "two\nlines", "c", "f")
    told = {note.code: note.message for note in recording.notes}
    assert "first at line 6" in told["rows_too_long"]
    assert "first at line 7" in told["rows_too_short"]
    assert "first at line 7" in told["rows_without_code"]


def test_a_row_too_long_keeps_its_place_among_samples(write: Write) -> None:
    recording = one(write("x,y\n1,1\n2,2,2\n3,3\n"), rate_hz=1)
    np.testing.assert_array_equal(recording.tracks[0].values, [1, np.nan, 3])


def test_double_and_nameless_columns_are_told(write: Write) -> None:
    recording = one(write("sec,x,x,,\n0,1,2,3,\n1,1,2,3,\n"))
    assert [t.name for t in recording.tracks] == ["x", "x (2)"]
    assert codes_of(recording)["columns_without_name"] == 1


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)],
)
def test_encodings(write: Write, encoding: str, told: bool) -> None:
    recording = one(write("start,end,code\n0,1,fröhlich\n".encode(encoding)))
    assert recording.tracks[0].labels == ("fröhlich",)
    assert ("encoding_assumed" in codes_of(recording)) is told


def test_gzip_and_the_plain_name(write: Write) -> None:
    path = write(gzip.compress(INTERVALS.encode()), "t07.csv.gz")
    assert one(path).id == "t07"
    assert FORMATS["table"].sniff(path, path.read_bytes()[:8192])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "has no header row"),
        (b"start,end,code\n", "no rows below its header"),
        (b"start,end,code\n,,\n,,\n", "no rows below its header"),
        (b"start,end\x00,code\n0,1,a\n", "NUL"),
        (b"start,end,code\n" + b"0,1,a\n" * 12000 + b"1,2,\x00\n", "line 12002.*NUL"),
        (b"\xff\xfes\x00t", "not utf-16"),
        (b'start,end,code\n0,1,"a\n1,2,b\n', "cannot be cut into cells"),
        (b"\x1f\x8b\x08\x00damaged", "damaged compressed"),
        (b"PK\x03\x04damaged", "zip"),
        (b",".join(b"c%d" % i for i in range(20000)) + b"\n", "too many columns"),
    ],
)
def test_broken_text(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        one(write(content))


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(ReadError):
            read_table(path, {})


def test_too_many_sessions_are_a_row_number(write: Write) -> None:
    rows = "".join(f"{i},0,1,a\n" for i in range(10_001))
    with pytest.raises(ReadError, match="10001 sessions"):
        one(write("session,start,end,code\n" + rows))


# -- spreadsheets --------------------------------------------------------------------------


def test_a_workbook_reads_as_the_same_text_would(write: Write) -> None:
    rows: list[list[object]] = [["onset", "offset", "code"], [0, 1.5, "a"], [1.5, 2, 3.0]]
    path = write(workbook(rows, ("zwei", [["sec", "x"], [0, 1], [1, 2]])), "b.xlsx")
    recording = one(path)
    assert recording.tracks[0].ends.tolist() == [1.5, 2.0]
    assert recording.tracks[0].labels == ("a", "3")
    assert "other_sheets" in codes_of(recording)
    assert FORMATS["table"].sniff(path, path.read_bytes()[:8192])
    assert one(path, sheet="zwei").tracks[0].name == "x"
    assert one(path, sheet=2).tracks[0].name == "x"
    with pytest.raises(ReadError, match="no sheet 'drei'"):
        one(path, sheet="drei")


def test_lines_of_a_sheet_are_its_rows(write: Write) -> None:
    rows: list[list[object]] = [[], ["start", "end", "code"], [0, 1, "a"], [], [5, 4, "b"], [], []]
    recording = one(write(workbook(rows), "r.xlsx"))
    (note,) = [n for n in recording.notes if n.code == "rows_reversed"]
    assert "line 5" in note.message
    assert codes_of(recording)["rows_read"] == 1


def test_formulas_stay_text(write: Write) -> None:
    rows: list[list[object]] = [["start", "end", "code"], [0, 1, "=1+1"], [1, "=A3+1", "b"]]
    recording = one(write(workbook(rows), "f.xlsx"))
    assert recording.tracks[0].labels == ("=1+1",)
    assert codes_of(recording)["formula_cells"] == 2
    assert codes_of(recording)["rows_with_unreadable_end"] == 1


def test_times_of_day_are_told(write: Write) -> None:
    import datetime

    rows: list[list[object]] = [["start", "end", "code"], [0, datetime.time(1, 30), "a"]]
    recording = one(write(workbook(rows), "t.xlsx"))
    assert recording.tracks[0].ends.tolist() == [5400.0]
    assert codes_of(recording)["clock_cells"] == 1


SHEET = "xl/worksheets/sheet1.xml"
SMALL: list[list[object]] = [["start", "end", "code"], [0, 1, "a"], [1, 2, "b"]]


def test_a_sheet_that_claims_a_billion_rows_is_read_by_its_cells(write: Write) -> None:
    def claim(xml: bytes) -> bytes:
        assert b'<dimension ref="A1:C3"' in xml
        return xml.replace(b'ref="A1:C3"', b'ref="A1:XFD1048576"')

    assert len(one(write(with_member(workbook(SMALL), SHEET, claim), "c.xlsx")).tracks[0]) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b'<row r="3"', b'<row r="2000000000"', "is too large", marks=pytest.mark.slow),
        (b'r="A3"', b'r="ZZZZZZ3"', "not a sound .xlsx"),
        (b"</sheetData>", b"</sheet", "not a sound .xlsx"),
        (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', "not a sound .xlsx"),
    ],
)
def test_broken_sheets(write: Write, old: bytes, new: bytes, message: str) -> None:
    data = workbook(SMALL)
    changed = with_member(data, SHEET, lambda xml: xml.replace(old, new))
    assert changed != data
    with pytest.raises(ReadError, match=message):
        one(write(changed, "d.xlsx"))


def test_zip_bombs_and_other_archives(write: Write) -> None:
    bomb = with_member(workbook(SMALL), SHEET, lambda xml: xml + b" " * 30_000_000)
    with pytest.raises(ReadError, match="decompression bomb"):
        one(write(bomb, "bomb.xlsx"))
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("db", "#4")
    path = write(other.getvalue(), "x.opf")
    assert not FORMATS["table"].sniff(path, path.read_bytes())
    with pytest.raises(ReadError, match=r"not an \.xlsx"):
        one(path)


@pytest.mark.parametrize("at", [30, 200, 1000, 3000])
def test_truncated_workbooks(write: Write, at: int) -> None:
    with pytest.raises(ReadError):
        one(write(workbook(SMALL)[:at], "t.xlsx"))


# -- parts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"hello\nworld\n",
        b"1\n00:00:01,000 --> 00:00:02,000\nhi, you\n",
        b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n",
        b'{"a": 1,\n"b": 2}',
        b'<?xml version="1.0"?>\n<a b="1,2">,</a>',
        b"\x00\x01,\x02\n\x03,\x04\n",
        b"a,b\n\x07,\x08\n",
        b"@UTF8\n@Begin\n@Languages:\teng\n*CHI:\thi .\n",
        b"Dear all, I write,\nas you know, to say, that\nwe do not\nagree\n",
    ],
)
def test_other_texts_are_not_tables(head: bytes) -> None:
    assert not FORMATS["table"].sniff(Path("nowhere.csv"), head)


def test_a_header_below_other_lines_can_be_found() -> None:
    text = b"Observation;x\n\nDate;2020\nTime;Subject;Behavior\n1;a;b\n\n2;a;c\n"
    cells = read_cells(Path("x"), text, delimiter="semicolon", is_header=lambda row: "Time" in row)
    assert cells.header == ("Time", "Subject", "Behavior")
    assert cells.rows == [("1", "a", "b"), ("2", "a", "c")]
    assert [cells.line(row) for row in range(2)] == [5, 7]
    assert cells.preamble == (("Observation", "x"), ("Date", "2020"))
    with pytest.raises(ReadError, match="no header row"):
        read_cells(Path("x"), text, is_header=lambda row: False)


def test_known_names_are_in_plain_form_and_in_one_role_only() -> None:
    seen: dict[str, str] = {}
    for role, names in ROLES.items():
        for name in names:
            assert split_unit(name)[0] == name, name
            assert seen.setdefault(name, role) == role


def test_numbers_are_plain_decimal_numbers() -> None:
    cells = ["1", " 2.5 ", "-3e-1", "1_000", "\u0663", "0x10", "", "NA", "1,5", "inf", "--1"]
    values, odd = parse_numbers(cells)
    np.testing.assert_array_equal(values[[0, 1, 2, 9]], [1, 2.5, -0.3, np.inf])
    assert np.isnan(values[[3, 4, 5, 6, 7, 8, 10]]).all()
    assert odd.tolist() == [c in ("1_000", "\u0663", "0x10", "1,5", "--1") for c in cells]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:02:03", 3723.0),
        ("01:02:03.250", 3723.25),
        ("01:02:03,250", 3723.25),
        ("90:00", 5400.0),
        ("00:00:01:12", 1.48),
        ("00:00:01:040", 1.04),
        ("00:60", np.nan),
        ("1:60:00", np.nan),
        ("00:00:01:25", np.nan),
        ("1:2:3:4:5", np.nan),
        ("12.03.2020", np.nan),
    ],
)
def test_clock_times(text: str, seconds: float) -> None:
    values, odd = parse_times([text], rate_hz=25)
    np.testing.assert_allclose(values, [seconds], rtol=1e-15)
    assert odd[0] == np.isnan(seconds)


# -- real files ----------------------------------------------------------------------------


def test_therapy_codes_second_by_second(shared: Path) -> None:
    recordings = read_table(shared / "therapy_nonverbal_mhmm" / "nonverbal.csv", {})
    assert [r.id for r in recordings] == [str(i) for i in range(1, 11)]
    names = ["p_vocalizing", "p_looking", "t_vocalizing", "t_looking"]
    for recording in recordings:
        assert [t.name for t in recording.tracks] == names
        assert {(len(t), t.rate_hz, t.start_s) for t in recording.tracks} == {(900, 1.0, 0.0)}
    together = [np.concatenate([r.tracks[i].values for r in recordings]) for i in range(4)]
    for track, code, percent in [(0, 1, 38.81), (0, 2, 53.64), (2, 3, 6.80), (3, 2, 83.79)]:
        assert 100 * (together[track] == code).mean() == pytest.approx(percent, abs=0.0051)
    mutual = (together[1] == 2) & (together[3] == 2)
    assert 100 * mutual.mean() == pytest.approx(67.46, abs=0.0051)


def test_still_face_voice_at_30_rows_a_second(shared: Path) -> None:
    paths = sorted((shared / "ffsf_klein2020" / "F0_mom").glob("*.csv.gz"))[:3]
    assert paths
    for path in paths:
        recording = one(path, rate_hz=30)
        with gzip.open(path, "rt", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert recording.id == path.name.removesuffix(".csv.gz")
        pitch, baby, mom = recording.tracks
        assert (pitch.name, baby.name, mom.name) == ("pitch", "baby", "mom")
        assert mom.rate_hz == 30.0
        assert mom.values is not None and pitch.values is not None
        assert mom.values.tolist() == [float(row["mom"]) for row in rows]
        assert int(np.isnan(pitch.values).sum()) == sum(row["pitch"] == "" for row in rows)


def test_couples_give_the_golden_transitions(shared: Path) -> None:
    path = shared / "formats" / "couples" / "CouplesCope.csv"
    options = {"wide": {"IKCB": "IKCB", "DCCB": "DCCB"}, "interval_s": 10}
    recordings = read_table(path, options)
    assert len(recordings) == 64
    counts = np.zeros((4, 4), dtype=int)
    for recording in recordings:
        first, second = (track.values for track in recording.tracks)
        assert first is not None and second is not None
        assert first.size == second.size == 48
        state = (first + 2 * second).astype(int)
        np.add.at(counts, (state[:-1], state[1:]), 1)
    golden = [[692, 50, 53, 86], [53, 91, 22, 110], [85, 13, 82, 86], [85, 124, 102, 1274]]
    assert counts.tolist() == golden


def test_infant_streams(shared: Path) -> None:
    folder = shared / "infant_affect_xu2020" / "streams"
    total = 0
    for path in sorted(folder.glob("sample*_events.csv")):
        trials = read_table(path, {"rate_hz": 10})
        assert [t.id for t in trials] == ["1", "2", "3"]
        with path.open(newline="") as stream:
            total += len(list(csv.DictReader(stream)))
        total -= sum(len(trial.tracks[0]) for trial in trials)
        assert {track.rate_hz for trial in trials for track in trial.tracks} == {10.0}
    assert total == 0
    children = one(folder / "two_children_collaboration_1hz.csv")
    first, second = (t.values for t in children.tracks)
    assert first is not None and second is not None
    assert 100 * (first == second).mean() == pytest.approx(23.37, abs=0.0051)


def test_events_without_a_header(shared: Path) -> None:
    path = shared / "infant_affect_xu2020" / "events" / "InfantAffect_Events_3367.csv"
    with pytest.raises(ReadError, match="no header"):
        one(path)
    (track,) = one(path, columns=["onset", "offset", "code"]).tracks
    assert track.codes == {"1": 20, "-1": 6, "2": 2}
