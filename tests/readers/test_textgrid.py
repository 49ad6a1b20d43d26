"""TextGrids: both forms, every encoding, what is skipped or refused; praatio as oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.textgrid import read_textgrid, sniff_textgrid

Entry = tuple[object, ...]
HEAD = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def long_form(*tiers: tuple[str, str, list[Entry]], end: object = 10) -> str:
    out = f"{HEAD}xmin = 0 \nxmax = {end} \ntiers? <exists> \nsize = {len(tiers)} \nitem []: \n"
    for number, (class_, name, rows) in enumerate(tiers, start=1):
        kind = "intervals" if class_ == "IntervalTier" else "points"
        out += (
            f'    item [{number}]:\n        class = "{class_}" \n        name = {quoted(name)} \n'
        )
        out += f"        xmin = 0 \n        xmax = {end} \n        {kind}: size = {len(rows)} \n"
        for at, row in enumerate(rows, start=1):
            out += f"        {kind} [{at}]:\n"
            if kind == "intervals":
                out += f"            xmin = {row[0]} \n            xmax = {row[1]} \n"
                out += f"            text = {quoted(str(row[2]))} \n"
            else:
                out += (
                    f"            number = {row[0]} \n            mark = {quoted(str(row[1]))} \n"
                )
    return out


def short_form(*tiers: tuple[str, str, list[Entry]], end: object = 10) -> str:
    out = f"{HEAD}0\n{end}\n<exists>\n{len(tiers)}\n"
    for class_, name, rows in tiers:
        out += f'"{class_}"\n{quoted(name)}\n0\n{end}\n{len(rows)}\n'
        for row in rows:
            out += "\n".join(str(cell) for cell in row[:-1]) + f"\n{quoted(str(row[-1]))}\n"
    return out


def intervals(name: str, *rows: Entry) -> tuple[str, str, list[Entry]]:
    return "IntervalTier", name, list(rows)


def points(name: str, *rows: Entry) -> tuple[str, str, list[Entry]]:
    return "TextTier", name, list(rows)


def read(folder: Path, text: str | bytes) -> Recording:
    path = folder / "play.TextGrid"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (recording,) = read_textgrid(path, {})
    return recording


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


FORMS = pytest.mark.parametrize("form", [long_form, short_form])


@FORMS
def test_tiers_become_tracks_and_empty_intervals_are_no_event(tmp_path: Path, form) -> None:
    recording = read(
        tmp_path,
        form(
            intervals("infant", (0, 1.5, ""), (1.5, 2.25, " neg "), (2.25, 10, "  ")),
            points("touch", (3, "a"), ("4.5", "")),
            intervals("nothing"),
        ),
    )
    infant, touch, nothing = recording.tracks
    assert recording.format == "textgrid" and recording.id == "play"
    assert recording.span == (0.0, 10.0)
    assert events(infant) == [(1.5, 2.25, "neg")] and infant.meta["unlabelled"] == 2
    assert touch.kind == "points" and events(touch) == [(3.0, 3.0, "a"), (4.5, 4.5, "")]
    assert nothing.kind == "intervals" and len(nothing) == 0
    assert recording.notes == () and recording.people == ()


@FORMS
def test_labels_with_quotes_newlines_and_words_of_the_format(tmp_path: Path, form) -> None:
    labels = ['"Come!"', "one\ntwo", "see item [2] and intervals [3]", 'text = "x"', '"', "! not"]
    rows = [(at, at + 1, label) for at, label in enumerate(labels)]
    recording = read(tmp_path, form(intervals('the "talk"', *rows), points("p", (1, 'say "hi"'))))
    assert recording.tracks[0].labels == tuple(labels)
    assert recording.tracks[0].name == 'the "talk"'
    assert recording.tracks[1].labels == ('say "hi"',)


@FORMS
def test_names_are_kept_and_only_repeated_ones_renamed(tmp_path: Path, form) -> None:
    row = (0, 1, "x")
    recording = read(
        tmp_path,
        form(*(intervals(name, row) for name in ("  CHI* ", "", "a", "a", "a_2", "a"))),
    )
    names = [track.name for track in recording.tracks]
    assert names == ["  CHI* ", "", "a", "a_2", "a_2_2", "a_3"]
    assert recording.find("chi*")[0] is recording.tracks[0]
    assert [n.code for n in recording.notes] == ["tier_renamed"] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_encodings(tmp_path: Path, encoding: str) -> None:
    text = long_form(intervals("Bär", (0, 1, "süß ☺")))
    for ends in ("\n", "\r\n", "\r"):
        recording = read(tmp_path, text.replace("\n", ends).encode(encoding))
        assert recording.tracks[0].name == "Bär" and recording.tracks[0].labels == ("süß ☺",)
        assert recording.notes == ()


def test_windows_text_is_read_with_a_warning(tmp_path: Path) -> None:
    recording = read(tmp_path, short_form(intervals("Bär", (0, 1, "süß"))).encode("cp1252"))
    assert recording.tracks[0].labels == ("süß",) and codes(recording) == {"encoding_assumed": 1}


@FORMS
def test_minus_zero_is_zero_and_small_numbers_are_read(tmp_path: Path, form) -> None:
    recording = read(tmp_path, form(intervals("a", ("-0.0", "1e-05", "x"), ("1e-05", 2, "y"))))
    starts = recording.tracks[0].starts
    assert starts.tolist() == [0.0, 1e-05] and not np.signbit(starts).any()


@FORMS
def test_odd_times_are_skipped_and_told(tmp_path: Path, form) -> None:
    recording = read(
        tmp_path,
        form(
            intervals(
                "a", (-1, 1, "n"), (3, 2, "r"), (5, 6, "late"), (4, 5, "early"), (-3, -2, "")
            ),
            intervals("b", (0, 2, "x"), (1, 3, "y"), (0, "1e12", "far")),
        ),
    )
    assert events(recording.tracks[0]) == [(4.0, 5.0, "early"), (5.0, 6.0, "late")]
    assert codes(recording) == {
        "times_negative": 1,
        "times_reversed": 1,
        "time_backwards": 1,
        "times_too_large": 1,
        "overlap": 1,
    }


def test_a_span_that_its_labels_exceed_is_not_used(tmp_path: Path) -> None:
    recording = read(tmp_path, long_form(intervals("a", (0, 12, "x")), end=10))
    assert recording.span is None and codes(recording) == {"span_not_used": 1}
    recording = read(tmp_path, long_form(intervals("a", (0, "10.0000000001", "x")), end=10))
    assert recording.span == (0.0, 10.0000000001) and recording.notes == ()


@FORMS
def test_a_file_cut_anywhere_is_refused_or_was_whole(tmp_path: Path, form) -> None:
    text = form(intervals("a", (0, 1, "x"), (1, 2.25, "y")), points("p", (1.5, "end")))
    whole = text.rstrip()
    for cut in range(1, len(whole)):
        with pytest.raises(ReadError):
            read(tmp_path, whole[:cut])
    assert len(read(tmp_path, whole).tracks) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"\x00\x01\x02 TextGrid", "NUL"),
        (b"ooBinaryFile\x08TextGrid" + b"\x00" * 40, "binary form"),
        (b'"Praat chronological TextGrid text file"\n0 1\n', "chronological"),
        (b'File type = "ooTextFile"\nObject class = "PitchTier"\n0\n1\n', "not a TextGrid"),
        (HEAD.encode() + b"0\n1\n<exists>\n999999999\n", "too many tiers"),
        (HEAD.encode() + b'0\n1\n<exists>\n1\n"FooTier"\n', "unknown class"),
        (short_form(intervals("a", ("nan", 1, "x"))).encode(), "text|number|ends"),
        (short_form(intervals("a", ("1_0", 1, "x"))).encode(), "number"),
        (short_form(intervals("a", ("1e999", 1, "x"))).encode(), "number"),
        (HEAD.encode() + b'0\n1\n<exists>\n1\n"IntervalTier"\n"a"\n0\n1\n99999999999\n', "ends"),
        (HEAD.encode() + b"0\n1\nmaybe\n", "ends"),
        (b"\xff\xfe\x00", "mark for utf-16"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, text)
    assert "play.TextGrid" in str(caught.value)


def test_no_tiers_and_a_rest(tmp_path: Path) -> None:
    assert read(tmp_path, HEAD + "0\n1\n<absent>\n").tracks == ()
    recording = read(tmp_path, short_form(intervals("a", (0, 1, "x"))) + '5\n6\n"more"\n')
    assert len(recording.tracks[0]) == 1 and codes(recording) == {"rest_not_read": 3}


def test_the_sniffer(tmp_path: Path) -> None:
    text = long_form(intervals("a"))
    for encoding in ("utf-8", "utf-16", "utf-8-sig"):
        assert sniff_textgrid(tmp_path, text.encode(encoding))
    assert not sniff_textgrid(tmp_path, b"start,end,TextGrid\n")
    assert not sniff_textgrid(tmp_path, b'File type = "ooTextFile"\nObject class = "Sound"\n')


plain_labels = st.text("ab \"'ü[]=", max_size=6).map(str.strip)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 5000), plain_labels), max_size=8), st.booleans())
def test_praatio_reads_the_same(tmp_path_factory, rows: list[tuple[int, str]], long: bool) -> None:
    """praatio is the oracle where both can read: ordered intervals with plain labels."""
    textgrid = pytest.importorskip("praatio.textgrid")
    at, made = 0.0, []
    for step, label in rows:
        made.append((at, at + step / 1000, label))
        at += step / 1000
    form = long_form if long else short_form
    path = tmp_path_factory.mktemp("tg") / "a.TextGrid"
    path.write_text(form(intervals("tier", *made), end=at or 1), encoding="utf-8")
    theirs = textgrid.openTextgrid(str(path), includeEmptyIntervals=False).tiers[0].entries
    (ours,) = read_textgrid(path)[0].tracks
    assert events(ours) == [(e.start, e.end, e.label) for e in theirs]


def test_real_file(shared: Path) -> None:
    path = shared / "formats" / "textgrid" / "padded_tier_names.TextGrid"
    (recording,) = read_textgrid(path)
    assert len(recording.tracks) == 11 and recording.span == (0.0, 10.0)
    assert [t.name for t in recording.tracks][:3] == ["    CHI*", "    MOT*", "    C1"]
    (chi,) = recording.find("CHI*")
    assert events(chi) == [(1.602202475775698, 2.2149350364643396, "1")]
    textgrid = pytest.importorskip("praatio.textgrid")
    for ours, theirs in zip(recording.tracks, textgrid.openTextgrid(str(path), False), strict=True):
        assert events(ours) == [(e.start, e.end, e.label) for e in theirs.entries]
