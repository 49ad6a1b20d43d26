"""Large files: read piece by piece with the same outcome, and in little room."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io import boris_json, cell_store, cells, safe, sample_grid, textgrid
from reattune.io.boris import read_boris
from reattune.io.cell_store import StoredRows
from reattune.io.cells import read_cells
from reattune.io.columns import parse_times
from reattune.io.eaf import read_eaf
from reattune.io.table import read_table
from reattune.io.textgrid import read_textgrid

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_readers.py"
MESSY = """\
dyad,visit,who,track,start,end,code,note
1.0,a,infant,face,0.00,0.48,smile,same
1.0,a,infant,face,0.48,0.96,cry,same
1.0,a,mother,face,0.48,NA,smile,same
1.0,a,mother,face,1.00,1.48,smile,same
2.0,a,infant,face,0:01,0:02,"two
lines",x
2.0,a,infant,face,2.00,1.00,cry,y

2.0,a,infant,face,3.00,4.00
,,,,,,,
2.0,,infant,face,5.00,6.00,cry,x
2.0,a,infant,face,6.00,7.00,cry,x,too,many
1.0,a,infant,gaze,0.20,0.40,away,same
1.0,a,infant,gaze,0.10,0.20,away,same
1.0,a,infant,gaze,NAN,0.20,away,same
,,,
,,
"""


def told(recordings: tuple[Recording, ...]) -> list[object]:
    """All that is in recordings, in a form that can be compared."""
    return [
        ((r.id, r.span, r.media, dict(r.meta), r.notes), [told_track(track) for track in r.tracks])
        for r in recordings
    ]


def told_track(track: Track) -> tuple[object, ...]:
    """All that is in a track."""
    values = None if track.values is None else track.values.tobytes()
    return (
        *(track.name, track.kind, track.person, track.labels, track.tick_s, dict(track.meta)),
        *(track.starts.tolist(), track.ends.tolist(), values, track.start_s, repr(track.rate_hz)),
    )


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the readers take pieces of two or three rows, as if the files were huge."""

    def shrink() -> None:
        for module, name, size in (
            (cell_store, "CHUNK_ROWS", 3),
            (cell_store, "_REPEATS", 1.5),
            (cells, "_ROWS_AT_ONCE", 2),
            (boris_json, "_LARGE", 0),
            (textgrid, "_EVENTS_AT_ONCE", 2),
            (safe, "_PIECE_BYTES", 37),
            (sample_grid, "_PIECE", 8),
        ):
            monkeypatch.setattr(module, name, size)

    return shrink


# -- the same outcome ----------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"session": "visit"}, {"code": ["code", "note"]}])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_messy_table_is_read_alike_in_pieces(
    tmp_path: Path, in_pieces: Callable[[], None], options: dict[str, object], encoding: str
) -> None:
    path = tmp_path / "messy.csv"
    path.write_bytes(MESSY.replace("cry", "crié").encode(encoding))
    whole = told(read_table(path, options))
    in_pieces()
    assert isinstance(read_cells(path, path.read_bytes()).rows, StoredRows)
    assert told(read_table(path, options)) == whole
    assert "crié" in str(whole)


def test_rows_kept_by_column_are_the_rows(in_pieces: Callable[[], None]) -> None:
    plain = read_cells(Path("x"), MESSY.encode())
    in_pieces()
    kept = read_cells(Path("x"), MESSY.encode())
    assert isinstance(plain.rows, list)
    assert isinstance(kept.rows, StoredRows)
    assert len(kept.rows) == len(plain.rows) == 13
    assert list(kept.rows) == plain.rows
    assert [kept.line(row) for row in range(13)] == [plain.line(row) for row in range(13)]
    assert kept.notes == plain.notes
    for index in range(len(plain.header)):
        assert kept.column(index) == plain.column(index)
        for table in (plain, kept):
            codes, words = table.coded(index)
            assert [words[code] for code in codes] == plain.column(index)
    assert kept.rows[-1] == plain.rows[-1]
    assert kept.rows[2:9:3] == plain.rows[2:9:3]
    with pytest.raises(IndexError):
        kept.rows[13]
    below = kept.rows.with_first(kept.header)
    assert list(below) == [plain.header, *plain.rows]


def test_rows_may_be_visited_in_any_order(in_pieces: Callable[[], None]) -> None:
    plain = list(read_cells(Path("x"), MESSY.encode()).rows)
    in_pieces()
    kept = read_cells(Path("x"), MESSY.encode()).rows
    order = np.random.default_rng(3).integers(0, len(plain), 200).tolist()
    assert [kept[at] for at in order] == [plain[at] for at in order]
    assert list(kept) == plain


def test_cells_with_the_mark_between_cells_are_kept() -> None:
    rows = [("a\x00b", "\ud800"), ("", "x"), ("é", "\x00")]
    kept = StoredRows(2)
    kept.add(rows)
    assert list(kept) == rows


def test_a_table_without_header_and_one_without_end_are_read_alike_in_pieces(
    tmp_path: Path, in_pieces: Callable[[], None]
) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("".join(f"{at * 0.04:.2f},{at % 5},w{at % 3}\n" for at in range(40)) + ",,\n")
    options = {"columns": ["time", "value", "word"]}
    whole = told(read_table(path, options))
    in_pieces()
    assert told(read_table(path, options)) == whole


def test_an_open_quote_far_down_is_told_of_first(in_pieces: Callable[[], None]) -> None:
    in_pieces()
    text = ",".join(f"c{at}" for at in range(20_000)) + "\n" + "1\n" * 9 + '"open'
    with pytest.raises(ReadError, match=r"line 11: cannot be cut"):
        read_cells(Path("x"), text.encode())
    with pytest.raises(ReadError, match="too many columns"):
        read_cells(Path("x"), text.replace('"', "").encode())


@pytest.mark.parametrize("decimals", [0, 2, 3, 6])
def test_clock_times_by_column_are_those_of_one_cell(decimals: int) -> None:
    ticks = np.random.default_rng(decimals).integers(0, 400_000 * 10**decimals, 300)
    texts = []
    for tick in ticks.tolist():
        whole, rest = divmod(tick, 10**decimals)
        text = f"{whole // 3600:03d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
        texts.append(f"{text}.{rest:0{decimals}d}" if decimals else text)
    values, odd = parse_times(texts)
    # A word among them makes every cell be looked at alone.
    alone, odd_alone = parse_times([*texts, "word"])
    assert values.tolist() == alone[:-1].tolist() == (ticks / 10**decimals).tolist()
    assert not odd.any()
    assert odd_alone.tolist() == [False] * 300 + [True]


def test_a_missing_word_counts_as_one_only_among_numbers() -> None:
    # "NAN" is a number to Python; a column with anything else in it shows it is none.
    assert parse_times(["1", "NAN"])[1].tolist() == [False, False]
    assert parse_times(["1", "NAN", ""])[1].tolist() == [False, True, False]
    assert parse_times(["1", "-inf", "NA"])[1].tolist() == [False, False, False]


def test_equal_labels_are_one_object(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    rows = (f"{at},{at + 1},{('positive', 'negative')[at % 2]}\n" for at in range(20_000))
    path.write_text("start,end,code\n" + "".join(rows))
    (recording,) = read_table(path, {})
    (track,) = recording.tracks
    assert isinstance(track.labels, tuple)
    assert len(track.labels) == 20_000
    assert len({id(label) for label in track.labels}) == 2


def grid(*labels: str, cut: int = 0) -> bytes:
    rows = "".join(f"{at}\n{at + 1}\n{label}\n" for at, label in enumerate(labels))
    text = '"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n1\n"IntervalTier"\n"a"\n0\n9\n'
    return f"{text}{len(labels) + cut}\n{rows}".encode()


def test_a_textgrid_is_read_alike_in_pieces(tmp_path: Path, in_pieces: Callable[[], None]) -> None:
    path = tmp_path / "a.TextGrid"
    sound = grid('"x"', '"say ""x"""', '""', '"x"', '"two\nlines"')
    broken = [grid('"x"', "7", '"y"'), grid('"x"', '"y"', '"z"', cut=1), grid('"x"', '"y" z "w"')]
    path.write_bytes(sound)
    whole = told(read_textgrid(path))
    messages = []
    for shrunk in (False, True):
        if shrunk:
            in_pieces()
            path.write_bytes(sound)
            assert told(read_textgrid(path)) == whole
        for data in broken[:2]:
            path.write_bytes(data)
            with pytest.raises(ReadError) as error:
                read_textgrid(path)
            messages.append(str(error.value))
    assert messages[:2] == messages[2:]
    assert "text in double quotes" in messages[0]
    assert "ends before it is complete" in messages[1]


def boris(events: object, **more: object) -> str:
    ethogram = {"0": {"type": "State event", "code": "play", "category": ""}}
    observation = {"file": [], "type": "LIVE", "events": events, **more}
    return json.dumps({"behaviors_conf": ethogram, "observations": {"one": observation}}, indent=1)


@pytest.mark.parametrize(
    "text",
    [
        boris([[0.5, "a", "play", "", ""], [1.5, "a", "play", "", "", 7], [2, "", "gone", "", ""]]),
        boris([]),
        boris([], independent_variables={"events": [1, [2]], 'x"events': "[1"}),
        boris([[0.5, "a", "play", "None|x", '"events": [1'], [1.0, "a", "play", "None|x", ""]]),
        boris([[0.5, "a", "play", ""]]),
        boris([{"events": []}]),
        boris({"events": 3}),
        boris([["0.5", "a", "play", "", ""]]),
        boris([[0.5, "a", "play", "", ""]]).replace("]\n ", ",]\n ", 1),
        boris([[0.5, "a", "play", "", ""]])[:-30],
        boris([{"events cut out by reattune": 0}]),
    ],
)
def test_a_boris_project_is_read_alike_in_pieces(
    tmp_path: Path, in_pieces: Callable[[], None], text: str
) -> None:
    def outcome() -> object:
        try:
            return told(read_boris(path))
        except ReadError as error:
            return str(error)

    path = tmp_path / "a.boris"
    path.write_text(text)
    whole = outcome()
    in_pieces()
    assert outcome() == whole


# -- ELAN without a tree -------------------------------------------------------------------


def eaf(body: str, head: str = "") -> bytes:
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="s{at}" TIME_VALUE="{at}000"/>' for at in range(4))
    order = f"<TIME_ORDER>{slots}</TIME_ORDER>"
    return f"{head}<ANNOTATION_DOCUMENT>{order}{body}</ANNOTATION_DOCUMENT>".encode()


def annotation(inside: str) -> str:
    kind = '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a" TIME_SLOT_REF1="s1" TIME_SLOT_REF2="s2">'
    inner = f"<ANNOTATION>{kind}{inside}</ALIGNABLE_ANNOTATION></ANNOTATION>"
    return f'<TIER TIER_ID="t">{inner}</TIER>'


@pytest.mark.parametrize(
    ("inside", "label"),
    [
        ("<ANNOTATION_VALUE> a &amp; &#98;\n</ANNOTATION_VALUE>", "a & b"),
        ("<ANNOTATION_VALUE>a<i>b</i>c</ANNOTATION_VALUE>", "a"),
        ("<ANNOTATION_VALUE>a</ANNOTATION_VALUE><ANNOTATION_VALUE>b</ANNOTATION_VALUE>", "a"),
        ("<ANNOTATION_VALUE/><ANNOTATION_VALUE>b</ANNOTATION_VALUE>", ""),
        ("x<i>y</i><ANNOTATION_VALUE>a<!-- b -->c</ANNOTATION_VALUE>", "ac"),
        ("<i><ANNOTATION_VALUE>a</ANNOTATION_VALUE></i>", ""),
        ("", ""),
    ],
)
def test_the_text_of_an_annotation(tmp_path: Path, inside: str, label: str) -> None:
    path = tmp_path / "a.eaf"
    path.write_bytes(
        eaf(annotation(inside) + "<TIME_ORDER><TIME_SLOT TIME_VALUE='x'/></TIME_ORDER>")
    )
    (track,) = read_eaf(path)[0].tracks
    assert (track.labels, track.starts.tolist(), track.ends.tolist()) == ((label,), [1.0], [2.0])


@pytest.mark.parametrize("where", ["<ANNOTATION_VALUE>&x;</ANNOTATION_VALUE>", "&x;"])
@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]>', "refused for safety"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]>', "refused for safety"),
        ('<!DOCTYPE a SYSTEM "x.dtd">', "undefined entity"),
        ("", "undefined entity"),
    ],
)
def test_entities_are_refused_also_without_a_tree(
    tmp_path: Path, head: str, message: str, where: str
) -> None:
    path = tmp_path / "a.eaf"
    path.write_bytes(eaf(annotation(where), head))
    with pytest.raises(ReadError, match=message):
        read_eaf(path)


# -- room ----------------------------------------------------------------------------------


@pytest.fixture
def benchmark() -> dict[str, Any]:
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak of a process is read from /proc")
    if not BENCHMARK.exists():
        pytest.skip("the benchmarks are not beside the tests")
    return runpy.run_path(str(BENCHMARK))


def multiple(benchmark: dict[str, Any], name: str, folder: Path) -> float:
    """By how many times the size of a file a process grows while it reads it."""
    file_name, make, _ = benchmark["CASES"][name]
    path = folder / file_name
    expected = make(path)
    _, grown = benchmark["read_here"](path, expected)
    times_its_size: float = grown / path.stat().st_size
    return times_its_size


def test_a_table_of_two_hundred_thousand_rows_takes_little_room(
    tmp_path: Path, benchmark: dict[str, Any]
) -> None:
    benchmark["make_intervals"].__globals__["ROWS"] = 200_000
    assert multiple(benchmark, "intervals", tmp_path) <= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("intervals", "one_session", "samples", "words", "elan", "textgrid", "short_textgrid"),
        *("boris", "boris_table"),
    ],
)
def test_large_files_take_at_most_four_times_their_size(
    tmp_path: Path, benchmark: dict[str, Any], name: str
) -> None:
    assert multiple(benchmark, name, tmp_path) <= 4
