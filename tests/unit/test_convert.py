"""`convert` and `export_results`: files back to the programs they came from."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reattune.convert import RESULT_FORMATS, convert, export_results
from reattune.convert.files import find_target, safe_stem
from reattune.convert.results import choose_formats
from reattune.core.errors import ReadError, SettingError
from reattune.core.recording import Recording, Track
from reattune.core.session import Phase, Session
from reattune.core.streams import Signal, States
from reattune.io.boris import read_boris
from reattune.io.eaf import read_eaf
from reattune.io.result_tracks import describe_rupture
from reattune.io.subtitles import read_subtitles
from reattune.io.textgrid import read_textgrid
from reattune.io.write import write_eaf
from reattune.io.write_boris import make_boris
from reattune.pipeline import analyze
from reattune.reading import read_session
from reattune.results import Analysis, StudyAnalysis
from reattune.rules import StateMatch
from tests.readers.test_writers import check_eaf

RULE = StateMatch("affect", "same_category")
INFANT = [(2.0, 5.0, "1"), (5.0, 9.0, "0"), (9.0, 12.0, "1"), (13.0, 15.0, "0")]
CAREGIVER = [(2.0, 7.0, "1"), (7.0, 10.0, "0"), (10.0, 15.0, "1")]


def made_track(person: str, rows: list[tuple[float, float, str]]) -> Track:
    starts, ends, labels = ([row[k] for row in rows] for k in range(3))
    return Track("affect", "intervals", starts, ends, tuple(labels), person=person)  # type: ignore[arg-type]


TRACKS = (made_track("infant", INFANT), made_track("caregiver", CAREGIVER))
# By hand, on the file's clock: both change at 5, 7, 9, 10; the infant is not coded from 12 to 13.
RUPTURES = [
    (5.0, 7.0, "opened by infant; repaired by caregiver"),
    (9.0, 10.0, "opened by infant; repaired by caregiver"),
    (13.0, 15.0, "already running; cut off (end)"),
]
MATCHES = [(2.0, 5.0), (7.0, 9.0), (10.0, 12.0)]
REPAIRS = [7.0, 10.0]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    media = [{"name": "v.mp4", "origin_s": -1.5}]
    return write_eaf(folder / "dyad 7.eaf", TRACKS, media=media, author="Ä")


def analysis_of(path: Path) -> Analysis:
    session = read_session(path, ("infant", "caregiver"))
    assert session.meta["clock_origin_s"] == 2.0 and session.span == (0.0, 13.0)
    return analyze(session, RULE, surrogates=0)


def rows_of(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


# -- convert -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.csv", "table"), ("a.boris", "boris"), ("a.TextGrid", "textgrid"), ("a.sds", "sdis"),
        ("a.gwf", "gridware"), ("a.trj", "gridware"), ("a.vtt", "vtt"), ("a.EAF", "elan"),
    ],
)  # fmt: skip
def test_every_ending_gives_its_format_and_is_read_again(
    source: Path, tmp_path: Path, name: str, format_: str
) -> None:
    from reattune.io.read import read_recordings

    written = convert(source, tmp_path / "new folder" / name)
    (read,) = read_recordings(written.paths[0])
    assert read.format == format_
    assert sum(len(t) for t in read.tracks if t.kind == "intervals") >= 7
    expected = {"a.gwf", "a.trj"} if format_ == "gridware" else {name}
    assert {p.name for p in written.paths} == expected
    assert {p.name for p in (tmp_path / "new folder").iterdir()} == expected


def test_equal_inputs_give_equal_bytes(source: Path, tmp_path: Path) -> None:
    for name in ("eaf", "csv", "boris", "TextGrid", "sds", "gwf", "vtt"):
        one = convert(source, tmp_path / f"one/x.{name}")
        two = convert(source, tmp_path / f"two/x.{name}")
        assert [p.read_bytes() for p in one.paths] == [p.read_bytes() for p in two.paths]


def test_to_overrides_the_ending_and_has_other_names(source: Path, tmp_path: Path) -> None:
    path = convert(source, tmp_path / "a.txt", to="ELAN").paths[0]
    check_eaf(path.read_bytes())
    assert find_target("csv", Path("x")) == "tidy" and find_target(None, Path("x.SDS")) == "sdis"


@pytest.mark.parametrize(
    ("out", "to", "words"),
    [
        ("a.csv", "borris", "Did you mean 'boris'?"),
        ("a.eav", None, "Did you mean '.eaf'?"),
        ("a", None, "an ending that says the format"),
    ],
)
def test_unknown_formats_are_refused(
    source: Path, tmp_path: Path, out: str, to: str | None, words: str
) -> None:
    with pytest.raises(SettingError, match=re.escape(words)):
        convert(source, tmp_path / out, to=to)


def test_the_input_is_never_written_over(source: Path) -> None:
    before = source.read_bytes()
    link = source.with_name("link.eaf")
    link.symlink_to(source)
    for out in (source, source.parent / "." / source.name, link):
        with pytest.raises(SettingError, match="another file than the one that is read"):
            convert(source, out)
    assert source.read_bytes() == before


def test_a_trajectory_beside_the_input_is_not_written_over_it(source: Path) -> None:
    trajectory = convert(source, source.parent / "a.gwf").paths[1]
    before = trajectory.read_bytes()
    with pytest.raises(SettingError, match="another file"):
        convert(trajectory, source.parent / "a.gwf")
    assert trajectory.read_bytes() == before


def test_what_cannot_be_written_leaves_nothing_behind(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="a file that can be written"):
        convert(source, tmp_path / "file" / "a.csv")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SettingError, match="Permission denied"):
        convert(source, tmp_path / "a.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "file"]


def test_missing_input_and_observation(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be opened"):
        convert(tmp_path / "none.eaf", tmp_path / "a.csv")
    with pytest.raises(ReadError, match=r"no observation 'x'.*'dyad 7'"):
        convert(source, tmp_path / "a.csv", observation="x")


def test_observations_get_a_file_each_or_share_one(source: Path, tmp_path: Path) -> None:
    one = Recording("a/1", "made", Path("x"), TRACKS)
    two = Recording("a:1", "made", Path("x"), TRACKS[:1], span=(0.0, 20.0))
    (tmp_path / "p.boris").write_bytes(make_boris([one, two]).data)
    many = convert(tmp_path / "p.boris", tmp_path / "o" / "x.eaf")
    assert [p.name for p in many.paths] == ["x_a_1.eaf", "x_a_1_2.eaf"]
    assert "files_for_observations" in {note.code for note in many.notes}
    (single,) = convert(tmp_path / "p.boris", tmp_path / "x.eaf", observation="a:1").paths
    assert len(read_eaf(single)[0].tracks) == 1
    rows = table(convert(tmp_path / "p.boris", tmp_path / "x.csv").paths[0])
    assert {row["session"] for row in rows} == {"a/1", "a:1"}
    grid = convert(tmp_path / "p.boris", tmp_path / "x.gwf")
    assert [p.name for p in grid.paths] == ["x.gwf", "x_a_1.trj", "x_a_1_2.trj"]


def test_what_a_target_has_no_place_for_is_told(tmp_path: Path) -> None:
    track = replace(TRACKS[0], meta={"modifiers": {"left": 2}, "annotator": "KU"})
    media = ({"name": "v.mp4", "origin_s": 0.0},)
    recording = Recording("a", "made", Path("x"), (track,), span=(0.0, 20.0), media=media)
    (tmp_path / "p.boris").write_bytes(make_boris([recording]).data)
    notes = {n.code: n.message for n in convert(tmp_path / "p.boris", tmp_path / "x.csv").notes}
    assert notes["not_carried"] == (
        "tidy has no place for: when the observation began and ended, the media files. The input "
        "keeps them."
    )


def test_a_study_file_gives_mapped_streams_on_the_files_clock(source: Path, tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(
        '[partners]\nnames = ["infant", "caregiver"]\n'
        + "".join(
            f'[streams.affect.{who}]\ntrack = "{name}"\ncodes = {{ "1" = "up", "0" = "down" }}\n'
            for who, name in (("infant", "affect"), ("caregiver", "affect@caregiver"))
        )
    )
    try:
        written = convert(source, tmp_path / "m.eaf", study=study)
    except ReadError as error:
        pytest.fail(str(error))
    (read,) = read_eaf(written.paths[0])
    assert [t.person for t in read.tracks] == ["infant", "caregiver"]
    assert rows_of(read.tracks[0])[0] == (2.0, 5.0, "up")


# -- results out -------------------------------------------------------------------------------


def test_elan_gets_its_own_file_back_with_three_more_tiers(source: Path, tmp_path: Path) -> None:
    analysis = analysis_of(source)
    written = export_results(analysis, tmp_path / "out", "eaf", source=source)
    assert [p.name for p in written.paths] == ["dyad_7_ruptures.eaf"] and written.notes == ()
    data = written.paths[0].read_bytes()
    check_eaf(data)
    (read,) = read_eaf(written.paths[0])
    assert [t.name for t in read.tracks] == [
        "affect", "affect@caregiver", "MATCH", "RUPTURE", "REPAIR",
    ]  # fmt: skip
    assert [t.person for t in read.tracks] == ["infant", "caregiver", "", "", ""]
    assert rows_of(read.tracks[0]) == INFANT and rows_of(read.tracks[1]) == CAREGIVER
    match, rupture, repair = read.tracks[2:]
    assert rows_of(rupture) == RUPTURES
    assert [row[:2] for row in rows_of(match)] == MATCHES and set(match.labels) == {"match"}
    assert repair.starts.tolist() == REPAIRS and repair.ends.tolist() == [7.5, 10.5]
    assert repair.labels == ("repaired by caregiver after 2.0 s",
                             "repaired by caregiver after 1.0 s")  # fmt: skip
    for line in source.read_bytes().splitlines():
        assert line in data or b"lastUsed" in line
    # The same from the copy: analysed again, exported again, the tiers are there once.
    again = export_results(
        analysis_of(written.paths[0]), tmp_path / "two", "eaf", source=written.paths[0]
    )
    assert again.paths[0].read_bytes() == data


def test_the_input_is_found_in_a_folder_by_content(source: Path, tmp_path: Path) -> None:
    analysis = analysis_of(source)
    (source.parent / "other").mkdir()
    (source.parent / "other" / source.name).write_bytes(b"<ANNOTATION_DOCUMENT/>")
    here = export_results(analysis, tmp_path / "a", "eaf", source=source.parent)
    assert here.notes == () and b'AUTHOR="\xc3\x84"' in here.paths[0].read_bytes()
    source.write_bytes(source.read_bytes() + b"\n")
    changed = export_results(analysis, tmp_path / "b", "eaf", source=source)
    assert [n.code for n in changed.notes][:1] == ["source_not_found"]
    root = check_eaf(changed.paths[0].read_bytes())
    assert [t.attrib["TIER_ID"] for t in root.iterfind("TIER")][-3:] == [
        "MATCH", "RUPTURE", "REPAIR",
    ]  # fmt: skip


def test_an_output_never_replaces_the_input(source: Path) -> None:
    same = source.with_name("x_ruptures.eaf")
    source.rename(same)
    analysis = analysis_of(same)
    before = same.read_bytes()
    session = replace(analysis.session, id="x")
    with pytest.raises(SettingError, match="another file"):
        export_results(replace(analysis, session=session), same.parent, "eaf", source=same)
    assert same.read_bytes() == before


def test_boris_gets_the_dyad_as_a_third_subject(source: Path, tmp_path: Path) -> None:
    path = export_results(analysis_of(source), tmp_path, "boris").paths[0]
    assert path.name == "dyad_7_ruptures.boris"
    (read,) = read_boris(path)
    assert set(read.people) == {"infant", "caregiver", "dyad"} and read.span == (2.0, 15.0)
    states = next(t for t in read.tracks if t.person == "dyad" and t.kind == "intervals")
    points = next(t for t in read.tracks if t.person == "dyad" and t.kind == "points")
    expected = [(*m, "match") for m in MATCHES] + [(a, b, "rupture") for a, b, _ in RUPTURES]
    assert sorted(rows_of(states)) == sorted(expected)
    assert rows_of(points) == [(t, t, "repair") for t in REPAIRS]
    assert dict(points.meta["modifiers"]) == {"caregiver": 2}  # type: ignore[call-overload]
    project = json.loads(path.read_text())
    repair = next(b for b in project["behaviors_conf"].values() if b["code"] == "repair")
    assert repair["modifiers"]["0"]["values"] == ["caregiver"]


def test_praat_and_chapters(source: Path, tmp_path: Path) -> None:
    written = export_results(analysis_of(source), tmp_path, ["vtt", "textgrid"])
    (grid,) = read_textgrid(written.paths[0])
    tracks = {t.name: t for t in grid.tracks}
    assert rows_of(tracks["rupture@dyad"]) == RUPTURES
    assert tracks["repair@dyad"].kind == "points"
    assert tracks["repair@dyad"].starts.tolist() == REPAIRS
    # v.mp4 began 1.5 s after the coding's clock.
    (chapters,) = read_subtitles(written.paths[1], {"speakers": []})
    assert rows_of(chapters.tracks[0]) == [
        (3.5, 5.5, "rupture 1: opened by infant, repaired by caregiver after 2.0 s"),
        (7.5, 8.5, "rupture 2: opened by infant, repaired by caregiver after 1.0 s"),
        (11.5, 13.5, "rupture 3: already running, cut off (end)"),
    ]
    assert "media_clock" in {note.code for note in written.notes}


def test_tables_are_on_the_sessions_clock(source: Path, tmp_path: Path) -> None:
    events, bins = export_results(analysis_of(source), tmp_path, "tidy,apim").paths
    rows = table(events)
    assert [r["code"] for r in rows if r["track"] == "rupture"] == [r[2] for r in RUPTURES]
    first = next(r for r in rows if r["track"] == "rupture")
    assert (first["start_s"], first["end_s"], first["duration_s"]) == ("3", "5", "2")
    assert (first["clock_origin_s"], first["source"]) == ("2", "dyad 7.eaf")
    assert len([r for r in rows if r["person"] in ("infant", "caregiver")]) == 7
    means = [r for r in table(bins) if r["state"] == "mean" and r["role"] == "infant"]
    assert [r["outcome"] for r in means] == [
        "1", "1", "1", "0", "0", "0", "0", "1", "1", "1", "", "0", "0",
    ]  # fmt: skip
    # What stands in actor and partner is what stood in outcome one bin before.
    other = [r for r in table(bins) if r["state"] == "mean" and r["role"] == "caregiver"]
    assert [r["actor"] for r in means[1:]] == [r["outcome"] for r in means[:-1]]
    assert [r["partner"] for r in means[1:]] == [r["outcome"] for r in other[:-1]]


def make_session(**more: object) -> Session:
    streams = [
        States(who, "affect", [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
        for who, rows in (("infant", INFANT), ("caregiver", CAREGIVER))
    ]
    given = {"id": "=s", "partners": ("infant", "caregiver"), "span": (0.0, 16.0)} | more
    return Session(streams=tuple(streams), **given)  # type: ignore[arg-type]


def test_phases_are_named_and_overlapping_ones_get_tiers_of_their_own(tmp_path: Path) -> None:
    phases = (Phase("play", 0.0, 8.0), Phase("reunion", 8.0, 16.0))
    session = make_session(phases=phases)
    apart = analyze(session, RULE, surrogates=0)
    both = analyze(session, RULE, phases=["all", "play"], surrogates=0)
    one, two = (
        read_eaf(export_results(a, tmp_path / str(k), "eaf").paths[0])[0]
        for k, a in enumerate((apart, both))
    )
    assert [t.name for t in one.tracks][-3:] == ["MATCH", "RUPTURE", "REPAIR"]
    assert {"MATCH all", "RUPTURE play", "REPAIR play"} <= {t.name for t in two.tracks}
    rows = table(export_results(apart, tmp_path, "tidy").paths[0])
    assert {r["phase"] for r in rows if r["track"] == "rupture"} == {"play", "reunion"}
    assert {r["session"] for r in rows} == {"'=s"}
    text = export_results(apart, tmp_path, "vtt").paths[0].read_text()
    assert "play, rupture 1:" in text and "reunion, rupture 1:" in text


def test_a_study_gives_a_file_per_session_and_one_table(tmp_path: Path) -> None:
    analyses = tuple(analyze(make_session(id=i), RULE, surrogates=0) for i in ("a 1", "a/1"))
    study = StudyAnalysis("My study", analyses, (), (), (), {}, {})
    written = export_results(study, tmp_path, RESULT_FORMATS)
    assert sorted(p.name for p in written.paths) == [
        "My_study_ruptures.boris", "a_1_2_ruptures.TextGrid", "a_1_2_ruptures.eaf",
        "a_1_2_ruptures.vtt", "a_1_ruptures.TextGrid", "a_1_ruptures.eaf", "a_1_ruptures.vtt",
        "apim.csv", "events.csv",
    ]  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in written.paths)
    assert [r.id for r in read_boris(tmp_path / "My_study_ruptures.boris")] == ["a 1", "a/1"]
    again = export_results(study, tmp_path / "again", "vtt,tidy,apim,boris,textgrid,eaf")
    assert {p.name: p.read_bytes() for p in again.paths} == {
        p.name: p.read_bytes() for p in written.paths
    }


def test_courses_have_tables_in_meetings_and_no_timelines(tmp_path: Path) -> None:
    analysis = analyze(make_session(clock="meeting"), RULE, surrogates=0)
    with pytest.raises(SettingError, match="a course counts meetings"):
        export_results(analysis, tmp_path, "tidy,eaf")
    assert list(tmp_path.iterdir()) == []
    header = export_results(analysis, tmp_path, "tidy").paths[0].read_text().splitlines()[0]
    assert "start_meeting,end_meeting,duration_meeting" in header


def test_measured_streams_are_left_out_of_events_and_told(tmp_path: Path) -> None:
    signal = Signal("infant", "energy", np.linspace(0, 1, 40), 2.5)
    analysis = analyze(make_session().with_streams(signal), RULE, surrogates=0)
    for name in ("tidy", "eaf", "boris", "textgrid"):
        written = export_results(analysis, tmp_path, name)
        assert "samples_left_out" in {note.code for note in written.notes}, name


def test_formats_and_folders_that_cannot_be(tmp_path: Path) -> None:
    analysis = analyze(make_session(), RULE, surrogates=0)
    with pytest.raises(SettingError, match="Did you mean 'textgrid'"):
        export_results(analysis, tmp_path, "textgird")
    with pytest.raises(SettingError, match="one of eaf, boris"):
        export_results(analysis, tmp_path, " , ")
    with pytest.raises(SettingError, match="bin_s"):
        export_results(analysis, tmp_path, "apim", bin_s=float("nan"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="a file that can be written"):
        export_results(analysis, tmp_path / "file", "tidy")
    assert choose_formats(" VTT, elan,vtt") == ("eaf", "vtt")
    assert safe_stem("../..") == "session" and safe_stem("ä b:c") == "ä_b_c"


def test_every_ending_of_a_rupture_has_words(tmp_path: Path) -> None:
    analysis = analyze(make_session(), RULE, surrogates=0)
    words = [describe_rupture(r) for part in analysis.parts for r in part.ruptures]
    assert words == [row[2].replace("(end)", "(missing)") for row in RUPTURES]
    some = analysis.parts[0].ruptures[0]
    assert describe_rupture(replace(some, outcome="unrepaired", reason="window")) == (
        "opened by infant; not repaired within the window"
    )
    assert describe_rupture(replace(some, by="", repaired_by="")) == "opened; repaired"
