"""Motion energy files: the layout, its variants, refusals, and a real dyad."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.mea import read_mea
from reattune.io.register import FORMATS

SMALL = '"pat" "th"\n1550 6948\n1317 0\n1291 4115\n0 5162\n'


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_mea(path, {"rate_hz": 25, **options})
    return recording


def put(folder: Path, text: str, name: str = "200_01.txt") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def claims(path: Path) -> bool:
    return FORMATS["mea"].sniff(path, path.read_bytes()[:8192])


def test_each_column_is_a_persons_motion_energy(tmp_path: Path) -> None:
    recording = one(put(tmp_path, SMALL))
    assert (recording.id, recording.format, recording.span) == ("200_01", "mea", (0.0, 4 / 25))
    assert recording.people == ("pat", "th")
    patient, therapist = recording.tracks
    assert {t.name for t in recording.tracks} == {"motion_energy"}
    assert patient.values is not None and therapist.values is not None
    assert patient.values.tolist() == [1550, 1317, 1291, 0]
    assert therapist.values.tolist() == [6948, 0, 4115, 5162]
    assert {(t.kind, t.rate_hz, t.start_s, t.tick_s) for t in recording.tracks} == {
        ("samples", 25.0, 0.0, 0.04)
    }


@pytest.mark.parametrize(
    "text",
    [
        SMALL.replace(" ", "\t"),
        SMALL.replace(" ", ","),
        SMALL.replace(" ", ";"),
        SMALL.replace('"', ""),
        SMALL.replace("\n", "\r\n").replace(" ", "   "),
        # R writes the numbers of rows when asked to.
        '"pat" "th"\n"1" 1550 6948\n"2" 1317 0\n"3" 1291 4115\n"4" 0 5162\n',
        "\n" + SMALL + "\n\n",
    ],
)
def test_other_marks_headers_and_row_numbers_give_the_same(tmp_path: Path, text: str) -> None:
    found = one(put(tmp_path, text))
    plain = one(put(tmp_path, SMALL))
    assert found.people == plain.people
    for a, b in zip(found.tracks, plain.tracks, strict=True):
        assert np.array_equal(a.values, b.values)


def test_names_come_from_the_options_or_are_numbers(tmp_path: Path) -> None:
    path = put(tmp_path, "1 2\n3 4\n0 9\n")
    assert one(path).people == ("1", "2")
    assert one(path, people=["infant", "caregiver"]).people == ("infant", "caregiver")
    with pytest.raises(ReadError, match="another number of columns"):
        one(path, columns=["infant"])


def test_without_a_rate_nothing_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"samples per second.*rate_hz"):
        read_mea(put(tmp_path, SMALL), {})
    assert one(put(tmp_path, SMALL), rate_hz=29.97).tracks[0].rate_hz == 29.97
    with pytest.raises(ReadError, match="above 0"):
        one(put(tmp_path, SMALL), rate_hz=0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SMALL + "7\n", "line 6: has rows of unequal length"),
        ('"pat" "th"\n1 2\n\n3 4\n', "line 3: has rows of unequal length"),
        ('"pat" "th"\n1 2\n3 4x\n', "line 3, column 2: holds a cell that is no number"),
        ('"pat" "th" "x"\n1 2\n', "another number of names"),
        ('"pat" "pat"\n1 2\n', "two columns alike"),
        ('"pat" "th"\n', "no rows"),
        ("   \n", "no numbers"),
        ("1,5;2,5\n1,5;3,5\n", "decimal points"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        one(put(tmp_path, text))


def test_odd_values_and_twins_are_told(tmp_path: Path) -> None:
    recording = one(put(tmp_path, "a b\n1 1\n-2 -2\ninf inf\nNA NA\n"))
    assert {note.code: note.count for note in recording.notes} == {
        **{"rows_read": 4, "values_not_finite": 2, "values_negative": 2, "values_missing": 4},
        "identical_partners": 1,
    }
    assert recording.tracks[0].values is not None
    assert np.array_equal(recording.tracks[0].values, [1, -2, np.nan, np.nan], equal_nan=True)


def test_the_sniffer_takes_blanks_and_leaves_tables(tmp_path: Path) -> None:
    assert claims(put(tmp_path, SMALL))
    assert claims(put(tmp_path, "1\t2\n3\t4\n0\t9\n5\t5\n"))
    assert not claims(put(tmp_path, SMALL.replace(" ", ",")))
    assert not claims(put(tmp_path, "1 2\n2 4\n3 9\n4 5\n"))
    assert not claims(put(tmp_path, "a b c\nsome text here\n1 2 3\n"))
    assert not claims(put(tmp_path, "time\tx\n1\t2\n0\t4\n"))


def test_a_real_dyad(shared: Path) -> None:
    path = shared / "formats/mea/200_01.txt"
    assert claims(path)
    recording = one(path)
    assert recording.people == ("pat", "th")
    assert recording.span == (0.0, 600.0)
    rows = [line.split() for line in path.read_text().splitlines()[1:]]
    for column, track in enumerate(recording.tracks):
        assert track.values is not None
        assert track.values.tolist() == [float(row[column]) for row in rows]
    # Values as the peer program's own check file holds them.
    check = shared / "rmea/raw/normal/200_01.txt"
    assert check.read_bytes() == path.read_bytes()
