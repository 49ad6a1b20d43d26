"""Tables of segment codes: what is read, what stays missing, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.segment_codes import (
    CodedMeeting,
    Marker,
    analyze_segments_path,
    find_kind,
    is_segments,
    read_coded_meetings,
)

LONG = """dyad,meeting,segment,coder,side,marker,salience,strategy
7,2,1,a,patient,,1,
7,2,2,a,patient,withdrawal,3,
7,2,2,a,therapist,Complains of progress,2,clarifies; validates
7,2,4,a,patient,,1,
7,2,1,b,patient,,1,
7,2,2,b,patient,withdrawal,2,clarifies
7,2,4,b,patient,,1,
"""


def table(path: Path, text: str) -> Path:
    file = path / "codes.csv"
    file.write_text(text, "utf-8")
    return file


def one(path: Path, text: str, **options: object) -> CodedMeeting:
    (meeting,) = read_coded_meetings(table(path, text), {"segment_s": 300, **options})
    return meeting


def test_coders_stand_side_by_side_and_are_averaged(tmp_path: Path) -> None:
    meeting = one(tmp_path, LONG)
    assert (meeting.id, meeting.dyad, meeting.number) == ("7_2", "7", 2)
    assert meeting.coders == ("a", "b")
    assert [m.name for m in meeting.markers] == [
        "patient withdrawal",
        "therapist Complains of progress",
    ]
    assert [m.kind for m in meeting.markers] == ["withdrawal", "confrontation"]
    # b did not name the therapist's marker in a segment that was coded: none, which is 1.
    assert meeting.mean_salience()[1].tolist() == [2.5, 1.5]
    assert meeting.strategies == ("clarifies", "validates")
    assert meeting.mean_shown()[1].tolist() == [1.0, 0.5]


def test_a_segment_without_a_row_stays_missing(tmp_path: Path) -> None:
    meeting = one(tmp_path, LONG)
    assert meeting.names == ("1", "2", "", "4")
    assert meeting.coded.tolist() == [True, True, False, True]
    assert np.isnan(meeting.mean_salience()[2]).all()
    assert any(note.code == "segments_missing" for note in meeting.notes)


def test_numbered_segments_that_begin_late_leave_the_beginning_missing(tmp_path: Path) -> None:
    meeting = one(tmp_path, "segment,side,marker,salience\n3,patient,withdrawal,2\n4,patient,,1\n")
    assert meeting.names == ("", "", "3", "4")
    assert meeting.starts.tolist() == [0, 300, 600, 900]


def test_wide_tables_keep_blank_cells_missing(tmp_path: Path) -> None:
    text = "segment,patient_withdrawal,therapist_confrontation,patient_resolution\n"
    meeting = one(tmp_path, text + "1,1,1,\n2,4,1,1\n3,,,\n4,1,1,4\n")
    assert meeting.coded.tolist() == [True, True, False, True]
    assert meeting.strategies == ("resolution",)
    assert meeting.mean_shown()[[0, 1, 3], 0].tolist() == [0, 0, 1]
    assert meeting.mean_extent()[3] == 4


def test_ratings_of_the_whole_meeting_are_kept_by_coder(tmp_path: Path) -> None:
    text = "segment,coder,side,marker,salience,extent_resolved\n"
    rows = "1,a,patient,,1,3\n2,a,patient,withdrawal,2,3\n1,b,patient,,1,4\n2,b,patient,,1,\n"
    assert one(tmp_path, text + rows).overall["extent_resolved"].tolist() == [3, 4]
    with pytest.raises(ReadError, match=r"line 3: .*differently from row to row"):
        one(tmp_path, text + "1,a,patient,,1,3\n2,a,patient,,1,4\n")


def test_strategies_that_are_numbers_are_extents(tmp_path: Path) -> None:
    text = "segment,side,marker,salience,resolution\n1,patient,withdrawal,2,1\n2,patient,,1,4\n"
    meeting = one(tmp_path, text)
    assert meeting.mean_extent().tolist() == [1, 4]
    assert meeting.mean_shown()[:, 0].tolist() == [0, 1]


def test_without_saliences_a_named_marker_counts(tmp_path: Path) -> None:
    meeting = one(tmp_path, "segment,side,marker\n1,patient,\n2,patient,withdrawal\n")
    assert meeting.mean_salience()[:, 0].tolist() == [1, 2]
    assert any(note.code == "salience_absent" for note in meeting.notes)


def test_a_user_says_what_a_marker_is(tmp_path: Path) -> None:
    text = "segment,side,marker,salience\n1,patient,sighs,2\n2,patient,self-assertion,3\n"
    kinds = {"Sighs": "withdrawal", "self-assertion": "none"}
    assert [m.kind for m in one(tmp_path, text, kinds=kinds).markers] == ["withdrawal", "none"]
    unclear = one(tmp_path, text)
    assert [m.kind for m in unclear.markers] == ["other", "other"]
    assert any(note.code == "kind_unclear" for note in unclear.notes)
    with pytest.raises(SettingError, match="kinds"):
        one(tmp_path, text, kinds={"sighs": "retreat"})


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("withdrawal", "withdrawal"),
        ("Minimal_Response", "withdrawal"),
        ("rejects intervention", "confrontation"),
        ("defends self", "confrontation"),
        ("deferential", "withdrawal"),
        ("rupture", "rupture"),
    ],
)
def test_known_words(word: str, kind: str) -> None:
    assert find_kind(word) == kind


def test_uncodable_segments_are_missing(tmp_path: Path) -> None:
    text = "segment,side,marker,salience\n1,patient,,1\n2,patient,uncodable,\n3,patient,,1\n"
    assert one(tmp_path, text).coded.tolist() == [True, False, True]


HEAD = "segment,coder,side,marker,salience\n"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,a,patient,withdrawal,7\n", "outside its range.*line 2|line 2.*outside its range"),
        ("1,a,patient,withdrawal,0\n", "outside its range"),
        ("1,a,patient,withdrawal,many\n", "no number"),
        ("1,a,patient,withdrawal,3\n1,a,patient,withdrawal,4\n", "twice"),
        ("1,a,patient,,1\n2,a,therapist,,1\n3,a,nurse,withdrawal,2\n", "more than two sides"),
    ],
)
def test_bad_rows_are_refused_with_their_place(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        one(tmp_path, HEAD + rows)


def test_the_same_code_twice_counts_once_and_is_told(tmp_path: Path) -> None:
    meeting = one(tmp_path, HEAD + "1,a,patient,withdrawal,3\n" * 2 + "2,a,patient,,1\n")
    assert meeting.mean_salience()[:, 0].tolist() == [3, 1]
    assert any(note.code == "codes_twice" for note in meeting.notes)


def test_an_unknown_side_is_named_where_sides_were_stated(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"side 'pateint'.*Did you mean 'patient'"):
        one(tmp_path, HEAD + "1,a,pateint,,1\n", sides=("patient", "therapist"))


def test_overlapping_segments_are_refused(tmp_path: Path) -> None:
    text = "start,end,side,marker,salience\n0,60,patient,,1\n30,90,patient,withdrawal,2\n"
    with pytest.raises(ReadError, match="overlap"):
        read_coded_meetings(table(tmp_path, text))


def test_the_length_of_a_segment_is_never_guessed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="segment_s"):
        read_coded_meetings(table(tmp_path, LONG))


def test_another_range_of_saliences_can_be_stated(tmp_path: Path) -> None:
    meeting = one(tmp_path, HEAD + "1,a,patient,withdrawal,7\n2,a,patient,,0\n",
                  salience_range=(0, 7))  # fmt: skip
    assert meeting.scale == (0, 7)
    assert meeting.mean_salience()[:, 0].tolist() == [7, 0]
    with pytest.raises(ReadError, match="salience_range"):
        one(tmp_path, HEAD + "1,a,patient,,1\n", salience_range=(5, 1))


def test_arrays_of_a_meeting_must_fit() -> None:
    marker = (Marker("p", "withdrawal", "withdrawal"),)
    given = {
        **{"id": "m", "dyad": "d", "number": 1, "sides": ("p", "t"), "coders": ("a",)},
        **{"starts": [0, 60], "ends": [60, 120], "names": ("1", "2"), "markers": marker},
    }
    with pytest.raises(SettingError, match="shape"):
        CodedMeeting(**given, salience=np.ones((1, 3, 1)))  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="from 1 to 5"):
        CodedMeeting(**given, salience=np.full((1, 2, 1), 9.0))  # type: ignore[arg-type]


def test_a_table_is_recognised(tmp_path: Path) -> None:
    assert is_segments(table(tmp_path, LONG))
    other = tmp_path / "ratings.csv"
    other.write_text("case,session,rater,wai\n1,1,patient,5\n1,2,patient,4\n", "utf-8")
    assert not is_segments(other)
    assert not is_segments(tmp_path)
    assert not is_segments(tmp_path / "nothing.csv")


def test_options_reach_reader_and_criteria(tmp_path: Path) -> None:
    path = table(tmp_path, LONG)
    found = analyze_segments_path(path, options={"segment_s": 300, "threshold": 2.6}, surrogates=0)
    assert found.criteria.threshold == 2.6
    assert not found.ruptures
    assert found.settings["inputs"][0]["source"] == "codes.csv"  # type: ignore[index]
    with pytest.raises(SettingError, match="resolved_by"):
        analyze_segments_path(path, options={"segment_s": 300, "resolved_by": "luck"})
