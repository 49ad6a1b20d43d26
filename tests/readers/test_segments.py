"""Segment codes: ruptures and resolutions per person, saliences, and when segments were."""

from __future__ import annotations

from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.register import FORMATS
from reattune.io.segments import read_segment_codes

LONG = """session,segment,side,marker,salience,resolution
s1,1,patient,,1,
s1,2,patient,withdrawal,3,
s1,2,therapist,confrontation,2.5,
s1,3,patient,withdrawal,1,
s1,4,patient,confrontation,5,validates
s1,4,therapist,,1,
"""


def put(folder: Path, text: str = LONG, name: str = "3rs.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def read(path: Path, **options: object) -> dict[str, Recording]:
    return {r.id: r for r in read_segment_codes(path, {"segment_s": 300, **options})}


def track(recording: Recording, name: str, person: str) -> Track:
    (found,) = recording.find(name, person)
    return found


def spans(found: Track) -> list[tuple[float, float, str]]:
    return list(zip(found.starts.tolist(), found.ends.tolist(), found.labels, strict=True))


def test_marks_of_each_person_lie_in_their_segments(tmp_path: Path) -> None:
    recording = read(put(tmp_path))["s1"]
    assert (recording.span, recording.people) == ((0.0, 1200.0), ("patient", "therapist"))
    rupture = track(recording, "rupture", "patient")
    assert spans(rupture) == [(300, 600, "withdrawal"), (900, 1200, "confrontation")]
    assert rupture.meta["salience"] == (3.0, 5.0) and rupture.tick_s == 300.0
    assert spans(track(recording, "rupture", "therapist")) == [(300, 600, "confrontation")]
    assert spans(track(recording, "resolution", "patient")) == [(900, 1200, "validates")]
    assert spans(track(recording, "resolution", "therapist")) == []
    assert track(recording, "salience", "patient").labels == ("1", "3", "1", "5")
    assert spans(track(recording, "segment", "")) == [
        *[(0, 300, "1"), (300, 600, "2"), (600, 900, "3"), (900, 1200, "4")]
    ]
    assert {n.code: n.count for n in recording.notes} == {
        "rows_read": 6,
        "marks_below_salience": 1,
    }


def test_the_least_salience_is_a_choice(tmp_path: Path) -> None:
    strict = read(put(tmp_path), min_salience=4)["s1"]
    assert spans(track(strict, "rupture", "patient")) == [(900, 1200, "confrontation")]
    assert spans(track(strict, "rupture", "therapist")) == []
    without = "segment,side,marker\n1,p,none\n2,p,shut down\n"
    (recording,) = read(put(tmp_path, without)).values()
    assert spans(track(recording, "rupture", "p")) == [(300, 600, "shut down")]


def test_starts_and_ends_may_be_times(tmp_path: Path) -> None:
    text = "start,end,side,marker,salience\n0:00,1:00,p,withdrawal,2\n1:00,2:00,p,,1\n"
    (recording,) = read_segment_codes(put(tmp_path, text), {})
    assert spans(track(recording, "rupture", "p")) == [(0, 60, "withdrawal")]
    assert recording.span == (0.0, 120.0)
    starts = "start_min,side,marker,salience\n0,p,withdrawal,2\n5,p,,1\n"
    (recording,) = read(put(tmp_path, starts)).values()
    assert recording.span == (0.0, 600.0)


def test_without_a_length_nothing_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="segment_s"):
        read_segment_codes(put(tmp_path), {})


def test_numbers_from_zero_and_missing_segments_are_told(tmp_path: Path) -> None:
    text = "segment,side,marker\n0,p,withdrawal\n3,p,\n"
    (recording,) = read(put(tmp_path, text)).values()
    assert spans(track(recording, "rupture", "p")) == [(0, 300, "withdrawal")]
    found = {note.code: note.message for note in recording.notes}
    assert "600 s in 1 place" in found["segments_missing"]
    assert "segments_from_zero" in found


def test_one_row_per_segment_with_saliences_in_columns(tmp_path: Path) -> None:
    text = (
        "segment,patient_withdrawal,patient_confrontation,therapist_withdrawal,patient_resolution\n"
        "1,1,1,1,1\n2,4,2,1,3\n3,,,,\n"
    )
    path = put(tmp_path, text)
    (recording,) = read(path).values()
    assert spans(track(recording, "rupture", "patient")) == [
        (300, 600, "withdrawal"),
        (300, 600, "confrontation"),
    ]
    assert track(recording, "rupture", "patient").meta["salience"] == (4.0, 2.0)
    assert spans(track(recording, "resolution", "patient")) == [(300, 600, "resolution")]
    assert spans(track(recording, "rupture", "therapist")) == []
    assert FORMATS["segments"].sniff(path, path.read_bytes())


def test_several_coders_and_sessions_are_several_recordings(tmp_path: Path) -> None:
    text = "session,coder,segment,side,marker\n" + "".join(
        f"{s},{c},{n},p,{'withdrawal' if n == 2 else ''}\n"
        for s in ("a", "b")
        for c in ("K", "L")
        for n in (1, 2)
    )
    found = read(put(tmp_path, text))
    assert list(found) == ["a_K", "a_L", "b_K", "b_L"]
    for recording in found.values():
        assert spans(track(recording, "rupture", "p")) == [(300, 600, "withdrawal")]
    assert found["a_L"].meta["coder"] == "L"


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (("yes", "no", ""), ["resolution"]),
        (("1", "0", "0"), ["resolution"]),
        (("1", "4", "2"), ["resolution", "resolution"]),
        (("clarifies", "none", "redirects"), ["clarifies", "redirects"]),
    ],
)
def test_resolutions_are_words_yes_or_no_or_an_extent(
    tmp_path: Path, cells: tuple[str, ...], labels: list[str]
) -> None:
    text = "segment,side,marker,resolution\n" + "".join(
        f"{i + 1},p,withdrawal,{cell}\n" for i, cell in enumerate(cells)
    )
    (recording,) = read(put(tmp_path, text)).values()
    assert list(track(recording, "resolution", "p").labels) == labels


def test_odd_rows_are_told(tmp_path: Path) -> None:
    text = LONG + "s1,x,patient,withdrawal,2,\ns1,5,,withdrawal,2,\ns1,5,patient,avoids,9,\n"
    text += "s1,2,patient,withdrawal,3,\ns1,5,patient,masks,strong,\n"
    recording = read(put(tmp_path, text))["s1"]
    found = {note.code: note.count for note in recording.notes}
    assert found["rows_without_segment"] == found["rows_without_side"] == 1
    assert found["salience_outside_range"] == found["marks_twice"] == 1
    assert found["cells_not_numeric"] == 1
    assert "masks" in track(recording, "rupture", "patient").labels


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("side,marker\np,withdrawal\n", "which segment"),
        ("segment,side\n1,p\n", "what was coded"),
        ("segment,side,marker\nx,p,withdrawal\n", "no row that could be read"),
        ("segment,side,marker\n", "no rows"),
        ("segment,p_withdrawal,t_withdrawal\n1,,\n", "no salience"),
    ],
)
def test_refusals(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        read(put(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (LONG, True),
        ("start,end,side,marker,salience\n0,60,p,withdrawal,2\n", True),
        ("start,end,person,code\n0,60,p,withdrawal\n", False),
        ("onset,offset,subject,behavior,type\n0,1,a,b,c\n", False),
        ("case,session,rating\nc,1,5\n", False),
        ("segment,x,y\n1,2,3\n", False),
    ],
)
def test_the_sniffer(tmp_path: Path, text: str, claimed: bool) -> None:
    path = put(tmp_path, text)
    assert FORMATS["segments"].sniff(path, path.read_bytes()) is claimed
