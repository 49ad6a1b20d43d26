"""Ratings of meetings: long and wide, raters, dates, items, and a real trial."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.ratings import read_ratings
from reattune.io.register import FORMATS

LONG = """case,session,rater,wai,group
c1,1,patient,5.5,a
c1,1,therapist,5,a
c1,2,patient,4,a
c1,4,patient,,a
c1,4,therapist,6,a
c2,2,patient,3,b
c2,3,patient,3.5,b
"""
Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    def write(text: str, name: str = "wai.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def read(path: Path, **options: object) -> dict[str, Recording]:
    return {recording.id: recording for recording in read_ratings(path, options)}


def values(recording: Recording, name: str, person: str | None = None) -> list[float]:
    (track,) = recording.find(name, person)
    assert track.values is not None
    return track.values.tolist()


def same(found: list[float], wanted: list[float]) -> bool:
    return np.array_equal(found, wanted, equal_nan=True)


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


NAN = float("nan")


def test_a_course_runs_on_the_clock_of_meetings(put: Put) -> None:
    found = read(put(LONG))
    first, second = found["c1"], found["c2"]
    assert first.meta["clock"] == "meeting" and first.format == "ratings"
    assert (first.span, second.span) == ((1.0, 5.0), (2.0, 4.0))
    assert first.people == ("patient", "therapist")
    assert same(values(first, "wai", "patient"), [5.5, 4, NAN, NAN])
    assert same(values(first, "wai", "therapist"), [5, NAN, NAN, 6])
    assert {(t.kind, t.rate_hz, t.start_s) for t in first.tracks} == {("samples", 1.0, 1.0)}
    assert second.tracks[0].start_s == 2.0 and second.people == ("patient",)
    assert first.meta["covariates"] == {"group": "a"}
    assert codes(first) == {"rows_read": 5, "meetings_missing": 1}


def test_columns_may_have_other_names_or_be_named(put: Put) -> None:
    text = LONG.replace("case,session,rater", "Klient,Sitzung,Quelle")
    with pytest.raises(ReadError, match="which meeting"):
        read(put(text))
    found = read(put(text), case="Klient", meeting="Sitzung", rater="Quelle")
    assert same(values(found["c1"], "wai", "patient"), [5.5, 4, NAN, NAN])
    with pytest.raises(ReadError, match=r"no column 'Fall'"):
        read(put(text), case="Fall")


def test_one_case_needs_no_column_of_cases(put: Put) -> None:
    (recording,) = read_ratings(put("Session;SRS\nS1;31,5\nS2;30\nS3;NA\n"), {"person": "patient"})
    assert (recording.id, recording.people) == ("wai", ("patient",))
    assert same(values(recording, "SRS"), [31.5, 30, NAN])


def test_dates_are_put_in_order_and_their_days_kept(put: Put) -> None:
    text = "case,date,rater,wai\n" + "".join(
        f"c1,{day},{who},{k}\n"
        for k, (day, who) in enumerate(
            [
                *[("2024-03-08", "p"), ("2024-03-01 10:30", "p"), ("2024-03-08", "t")],
                ("2024-04-01", "p"),
            ]
        )
    )
    recording = read(put(text))["c1"]
    assert same(values(recording, "wai", "p"), [1, 0, 3])
    assert same(values(recording, "wai", "t"), [NAN, 2, NAN])
    assert recording.meta["days"] == (0.0, 7.0, 31.0)
    assert "meetings_by_date" in codes(recording)


def test_numbers_that_never_change_are_covariates_unless_named(put: Put) -> None:
    text = "case,session,age,wai\nc1,1,34,5\nc1,2,34,4\nc2,1,51,3\nc2,2,51,6\n"
    recording = read(put(text))["c2"]
    assert [t.name for t in recording.tracks] == ["wai"]
    assert recording.meta["covariates"] == {"age": "51"}
    assert codes(recording)["constant_columns"] == 1
    named = read(put(text), scores=["age"])["c2"]
    assert same(values(named, "age"), [51, 51]) and named.meta["covariates"] == {}


def test_numbers_go_before_dates(put: Put) -> None:
    text = "case,session,date,wai\nc1,1,1.3.2024,5\nc1,3,15.3.2024,6\n"
    recording = read(put(text))["c1"]
    assert same(values(recording, "wai"), [5, NAN, 6])
    days = recording.meta["days"]
    assert isinstance(days, tuple) and same(list(days), [0, NAN, 14])


def test_dates_that_can_be_read_twice_are_asked_for(put: Put) -> None:
    text = "case,date,wai\nc1,1/3/2024,5\nc1,2/3/2024,6\n"
    with pytest.raises(ReadError, match="date_order"):
        read(put(text))
    assert read(put(text), date_order="dmy")["c1"].meta["days"] == (0.0, 1.0)
    assert read(put(text), date_order="mdy")["c1"].meta["days"] == (0.0, 31.0)
    shown = read(put(text + "c1,3/14/2024,7\n"))["c1"]
    assert shown.meta["days"] == (0.0, 31.0, 71.0)


ITEMS = "case,session,t1,t2,t3,b1\nc1,1,1,2,3,7\nc1,2,1,,3,7\nc1,3,1,,,7\nc1,4,,,,\n"


def test_items_become_means_by_a_stated_rule(put: Put) -> None:
    options = {"items": {"alliance": ["t*", "b1"]}}
    recording = read(put(ITEMS), **options)["c1"]
    assert same(values(recording, "alliance"), [13 / 4, 11 / 3, NAN, NAN])
    (note,) = [n for n in recording.notes if n.code == "scale_of_items"]
    assert "of 4, where at least 3 are; 1 row(s) are means of fewer than all, 1" in note.message
    fewer = read(put(ITEMS), **options, min_items=2)["c1"]
    assert same(values(fewer, "alliance"), [13 / 4, 11 / 3, 4, NAN])
    both = read(put(ITEMS), **options, scores="b1")["c1"]
    assert [t.name for t in both.tracks] == ["alliance", "b1"]


def test_reversed_items_need_their_scale(put: Put) -> None:
    options = {"items": {"a": ["t1", "b1"]}, "reversed": ["b1"]}
    with pytest.raises(ReadError, match="scale_range"):
        read(put(ITEMS), **options)
    recording = read(put(ITEMS), **options, scale_range=[1, 7])["c1"]
    assert same(values(recording, "a"), [1, 1, 1, NAN])
    assert "items_reversed" in codes(recording)
    outside = read(put(ITEMS), **options, scale_range=[1, 5])["c1"]
    assert codes(outside)["values_outside_range"] == 3


def test_raters_in_columns(put: Put) -> None:
    text = "case,session,wai_p,wai_t\nc1,1,5,6\nc1,2,4,6\n"
    kept = read(put(text), raters={"patient": "wai_p", "therapist": ["wai_t"]})["c1"]
    assert [(t.name, t.person) for t in kept.tracks] == [
        ("wai_p", "patient"),
        ("wai_t", "therapist"),
    ]
    named = read(put(text), raters={"patient": {"wai_p": "wai"}, "therapist": {"wai_t": "wai"}})
    assert same(values(named["c1"], "wai", "therapist"), [6, 6])


def test_scores_given_twice_are_left_empty_unless_equal(put: Put) -> None:
    recording = read(put("case,session,wai\nc1,1,5\nc1,2,4\nc1,2,4\nc1,3,4\nc1,3,6\nc1,4,1\n"))[
        "c1"
    ]
    assert same(values(recording, "wai"), [5, 4, NAN, 1])
    assert codes(recording)["ratings_twice"] == 1


def test_rows_that_say_too_little_are_skipped_and_told(put: Put) -> None:
    text = LONG + ",3,patient,1,\nc1,soon,patient,1,\nc1,3,,1,\nc1,5,patient,high,a\n"
    recording = read(put(text))["c1"]
    found = codes(recording)
    assert found["rows_without_case"] == found["rows_without_meeting"] == 1
    assert found["rows_without_rater"] == found["cells_not_numeric"] == 1
    assert same(values(recording, "wai", "patient"), [5.5, 4, NAN, NAN, NAN])


WIDE = "patient,age,s1,s2,s3,s5\np1,34,5,,4,6\np2,51,3,3,x,\n"


def test_a_row_per_case_and_a_column_per_meeting(put: Put) -> None:
    found = read(put(WIDE), person="patient")
    assert same(values(found["p1"], "rating", "patient"), [5, NAN, 4, NAN, 6])
    assert same(values(found["p2"], "rating"), [3, 3, NAN, NAN, NAN])
    assert found["p1"].span == (1.0, 6.0)
    assert found["p1"].meta["covariates"] == {"age": "34"}
    assert codes(found["p1"])["cells_not_numeric"] == 1


def test_wide_tables_by_rater_and_by_prefix(put: Put) -> None:
    text = "case,rater,wai_1,wai_2,wai_3,ors 1,ors 2\nc,p,1,2,3,9,8\nc,t,4,5,6,7,6\n"
    found = read(put(text))["c"]
    assert same(values(found, "wai", "t"), [4, 5, 6])
    both = read(put(text), wide={"wai_": "alliance", "ors": "wellbeing"})["c"]
    assert same(values(both, "alliance", "p"), [1, 2, 3])
    assert same(values(both, "wellbeing", "t"), [7, 6, NAN])
    with pytest.raises(ReadError, match="no columns named 'srs'"):
        read(put(text), wide={"srs": "x"})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"items": {"a": ["zz"]}}, "no column 'zz'"),
        ({"items": "wai"}, "items = 'wai' is not allowed"),
        ({"items": {"a": ["wai"]}, "min_items": 2}, "min_items = 2 is not allowed"),
        ({"scale_range": [7, 1]}, "scale_range"),
        ({"scores": ["wai"], "reversed": ["group"], "scale_range": [1, 7]}, "in no scale"),
        ({"raters": "patient"}, "raters = 'patient' is not allowed"),
        ({"wide": {}}, "wide = {} is not allowed"),
        ({"date": "wai", "date_order": "ymd", "meeting": "session"}, "date_order"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    put: Put, options: dict[str, object], told: str
) -> None:
    with pytest.raises(ReadError, match=told):
        read(put(LONG), **options)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case,session,wai\n", "no rows"),
        ("case,wai\nc1,5\n", "which meeting"),
        ("case,session,wai\nc1,x,5\n", "no row that could be read"),
        ("case,session,name\nc1,1,a\nc1,2,b\n", "no column with scores"),
        ("age,s1,s2,s3\n34,1,2,3\n35,1,2,3\n", "which case"),
    ],
)
def test_tables_that_hold_no_ratings_are_refused(put: Put, text: str, told: str) -> None:
    with pytest.raises(ReadError, match=told):
        read(put(text))


def test_a_workbook_is_read_and_recognised(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in csv.reader(LONG.splitlines()):
        book.active.append([float(c) if c.replace(".", "").isdigit() else c for c in row])
    path = tmp_path / "wai.xlsx"
    book.save(path)
    assert FORMATS["ratings"].sniff(path, path.read_bytes()[:8192])
    assert same(values(read(path)["c1"], "wai", "patient"), [5.5, 4, NAN, NAN])


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (LONG, True),
        (WIDE.replace("x", ""), True),
        (ITEMS, True),
        ("session,srs\n1,30\n2,31\n", True),
        ("case,date,wai\nc,2024-01-01,3\nc,2024-01-08,4\n", True),
        # Samples of sessions, events, a table of sessions with files, another kind of wide table.
        ("dyad,session,x\nd,1,0.1\nd,1,0.2\nd,1,0.3\n", False),
        ("session,start,end,code\n1,0,1,a\n2,1,2,b\n", False),
        ("session,time_s,x\n1,0,1\n1,1,2\n", False),
        ("dyad,visit,file\nd1,1,a.eaf\nd1,2,b.eaf\n", False),
        ("couple,A1,A2,A3\nc1,0,1,1\nc2,1,0,0\n", False),
        ("session,x\n7,1\n9,2\n", False),
        ("patient,therapist\n1,1\n2,1\n", False),
    ],
)
def test_the_sniffer(put: Put, text: str, claimed: bool) -> None:
    path = put(text)
    assert FORMATS["ratings"].sniff(path, path.read_bytes()) is claimed


def test_a_real_trial(shared: Path) -> None:
    path = shared / "wai_sessions_flueckiger/wai_bai_long.csv"
    assert FORMATS["ratings"].sniff(path, path.read_bytes()[:8192])
    found = read(path, items={"alliance": ["task*", "goal*", "bond*"]}, person="patient")
    assert len(found) == 57
    table = np.array([values(recording, "alliance") for recording in found.values()])
    # Figures of the data's own page; a scale needs 7 of 9 items.
    assert table.shape == (57, 15)
    assert round(100 * np.isnan(table).mean(), 1) == 17.3
    assert (np.isnan(table[:, 1]).sum(), np.isnan(table[:, 14]).sum()) == (3, 22)
    means = np.nanmean(table, axis=0)
    assert np.round(means[[0, 4, 9, 14]], 3).tolist() == [0.012, 0.294, 0.471, 0.689]
    assert round(float(np.median(np.nanstd(table, axis=1, ddof=1))), 3) == 0.329


def test_the_synthetic_cases(shared: Path) -> None:
    path = shared / "alliance/synthetic_reference_series.csv"
    found = read(path)
    assert len(found) == 10
    spread = [np.std(values(recording, "rating"), ddof=1) for recording in found.values()]
    assert np.mean(spread) == pytest.approx(0.5428357852, abs=5e-11)
    assert {recording.span for recording in found.values()} == {(1.0, 13.0)}


def test_no_other_specimen_is_taken_for_ratings(shared: Path) -> None:
    sniff = FORMATS["ratings"].sniff
    own = {"wai_bai_long.csv", "synthetic_reference_series.csv"}
    for folder in ("formats", "alliance", "wai_sessions_flueckiger", "rmea", "crqa", "rties"):
        for path in sorted((shared / folder).rglob("*")):
            if path.is_file() and path.stat().st_size:
                head = path.read_bytes()[:8192]
                assert sniff(path, head) is (path.name in own), path.name


def test_remarks_and_marks_stand_by_meeting(put: Put) -> None:
    text = (
        "case,session,rater,wai,Notes,noticed\n"
        "c1,1,patient,5,,no\nc1,1,therapist,5,,\n"
        "c1,2,patient,4,late  again,\nc1,2,therapist,4,fees,yes\n"
        "c1,3,patient,5,late again,\n"
    )
    found = read(put(text), marks="noticed")["c1"]
    assert found.meta["remarks"] == {2: "late again; fees", 3: "late again"}
    assert found.meta["marks"] == {1: False, 2: True}
    assert {track.name for track in found.tracks} == {"wai"}
    assert "remarks" not in read(put(text.replace("Notes", "x")))["c1"].meta
    assert read(put(text.replace("Notes", "x")), remarks="x")["c1"].meta["remarks"]
    with pytest.raises(ReadError, match=r"line 3, column 'noticed'.*'maybe'"):
        read(put(text.replace("c1,1,therapist,5,,", "c1,1,therapist,5,,maybe")), marks="noticed")
    with pytest.raises(ReadError, match="with yes and with no"):
        read(put(text.replace("c1,1,therapist,5,,", "c1,1,therapist,5,,yes")), marks="noticed")


FORM = {
    "name": "F",
    "items": 3,
    "range": (1, 5),
    "subscales": {"bond": [1, 3], "task": [2]},
    "reversed": [2],
}


def test_items_of_a_form_are_scored_by_their_numbers(put: Put) -> None:
    text = "case,session,f_1,f_2,f_3,mood\nc1,1,5,1,4,9\nc1,2,3,3,,8\n"
    found = read(put(text), form=FORM)["c1"]
    assert {track.name for track in found.tracks} == {"f", "bond", "task"}
    # The second item is reversed: 1 becomes 5; two of three answers are too few for the total.
    assert same(values(found, "f"), [(5 + 5 + 4) / 3, NAN])
    assert same(values(found, "bond"), [4.5, NAN])
    assert same(values(found, "task"), [5, 3])
    assert {"form_scored", "items_reversed"} <= codes(found).keys()
    # Without its items, or with two sets of them, nothing is scored.
    for other in (text.replace("f_3", "g_3"), "case,session,a1,a2,a3,b1,b2,b3\nc,1,1,2,3,1,2,3\n"):
        kept = read(put(other), form=FORM)
        assert "form_scored" not in [n.code for r in kept.values() for n in r.notes]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("case,session,rater,wai\n07,1,patient,5.2\n", True),
        ("case,session,wai\n07,1,5\n07,2,5\n07,2,4\n07,4,5\n07,5,5\n", True),
        ("case,session,wai\n07,1,5\n07,1,5\n07,1,4\n07,2,5\n", False),
        ("case,session,wai\n07,1,5\n07,2,five\n07,3,4\n", True),
        ("case,session,wai\n07,1,yes\n07,2,no\n07,3,4\n", False),
        ("dyad,session,group\nd1,1,3\n", False),
        ("dyad,session,x\nd1,1,3\nd1,1,4\nd1,2,3\nd1,2,9\nd2,1,1\nd2,1,2\n", False),
    ],
)
def test_small_tables_and_slips_are_recognised(put: Put, text: str, wanted: bool) -> None:
    path = put(text)
    assert FORMATS["ratings"].sniff(path, path.read_bytes()) is wanted


def test_flat_ratings_stay_ratings(put: Put) -> None:
    both = read(put("case,session,wai\na,1,5\na,2,5\nb,1,4\nb,2,4\n"))
    assert same(values(both["a"], "wai"), [5, 5])
    one = read(put("case,session,mood,age\na,1,5,30\na,2,4,30\n"))["a"]
    assert one.meta["covariates"] == {"age": "30"}
    assert {track.name for track in one.tracks} == {"mood"}
    flat = read(put("case,session,mood,wai\na,1,5,6\na,2,4,6\n"))["a"]
    assert {track.name for track in flat.tracks} == {"mood", "wai"}
