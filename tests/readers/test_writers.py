"""Each writer: what it writes, what it tells, and what it refuses."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import ReadError, SettingError
from reattune.core.pair import MatchTable, Pair
from reattune.core.recording import Recording, Track
from reattune.core.steps import Steps
from reattune.io.eaf import read_eaf
from reattune.io.eaf_append import append_tiers
from reattune.io.fitting import Made, samples_to_runs
from reattune.io.write import write_eaf
from reattune.io.write_boris import make_boris
from reattune.io.write_eaf import make_eaf
from reattune.io.write_gridware import make_gridware
from reattune.io.write_sdis import make_sdis
from reattune.io.write_textgrid import make_textgrid
from reattune.io.write_tidy import apim_rows, csv_bytes, make_tidy
from reattune.io.write_vtt import clock, make_vtt

ORDER = [
    "LICENSE", "HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE",
    "CONSTRAINT", "CONTROLLED_VOCABULARY", "LEXICON_REF", "REF_LINK_SET", "EXTERNAL_REF",
]  # fmt: skip


def check_eaf(data: bytes) -> ElementTree.Element:
    """The root, after the rules of EAF 3.0 were checked that the readers here do not check."""
    root = ElementTree.fromstring(data)
    tags = [node.tag for node in root]
    assert tags == sorted(tags, key=ORDER.index), "elements out of order"
    assert tags.count("HEADER") == 1 and tags.count("TIME_ORDER") == 1
    assert {"AUTHOR", "DATE", "VERSION"} <= set(root.attrib)
    slots = root.find("TIME_ORDER")
    assert slots is not None
    identifiers = [s.attrib["TIME_SLOT_ID"] for s in slots]
    known = set(identifiers)
    parents, references = {}, []
    types = {n.attrib["LINGUISTIC_TYPE_ID"]: n for n in root.iterfind("LINGUISTIC_TYPE")}
    stereotypes = {n.attrib["STEREOTYPE"] for n in root.iterfind("CONSTRAINT")}
    vocabularies = {n.attrib["CV_ID"] for n in root.iterfind("CONTROLLED_VOCABULARY")}
    for node in types.values():
        assert node.get("CONSTRAINTS") in {None, *stereotypes}
        assert node.get("CONTROLLED_VOCABULARY_REF") in {None, *vocabularies}
    names = [t.attrib["TIER_ID"] for t in root.iterfind("TIER")]
    assert len(names) == len(set(names)), "two tiers of one name"
    times = {s.attrib["TIME_SLOT_ID"]: s.get("TIME_VALUE") for s in slots}
    for tier in root.iterfind("TIER"):
        assert tier.attrib["LINGUISTIC_TYPE_REF"] in types
        assert tier.get("PARENT_REF") in {None, *names}
        for inner in (a[0] for a in tier):
            assert [n.tag for n in inner] == ["ANNOTATION_VALUE"]
            identifiers.append(inner.attrib["ANNOTATION_ID"])
            parents[inner.attrib["ANNOTATION_ID"]] = tier
            if inner.tag == "ALIGNABLE_ANNOTATION":
                one, two = inner.attrib["TIME_SLOT_REF1"], inner.attrib["TIME_SLOT_REF2"]
                assert {one, two} <= known
                if times[one] is not None and times[two] is not None:
                    assert 0 <= int(times[one]) <= int(times[two])
            else:
                references.append(inner.attrib["ANNOTATION_REF"])
    assert len(identifiers) == len(set(identifiers)), "an identifier stands twice"
    assert set(references) <= set(parents)
    return root


def track(
    name: str = "affect",
    rows: list[tuple[float, float, str]] | None = None,
    person: str = "",
    kind: str = "intervals",
) -> Track:
    rows = rows if rows is not None else [(0.0, 1.0, "a"), (1.0, 2.5, "b")]
    starts, ends, labels = ([row[k] for row in rows] for k in range(3))
    return Track(name, kind, starts, ends, tuple(labels), person=person)  # type: ignore[arg-type]


def recording(*tracks: Track, **more: object) -> Recording:
    return Recording("s1", "made", Path("made"), tracks, **more)  # type: ignore[arg-type]


def codes(made: Made) -> list[str]:
    return [note.code for note in made.notes]


# -- samples -----------------------------------------------------------------------------------


def test_samples_of_codes_become_runs_and_empty_cells_holes() -> None:
    values = np.array([1, 1, np.nan, np.nan, 0, 0, 0, 1], dtype=float)
    one = samples_to_runs(
        Track("v", "samples", [], [], (), values=values, start_s=2.0, rate_hz=4.0)
    )
    assert one.labels == ("1", "0", "1")
    assert one.starts.tolist() == [2.0, 3.0, 3.75] and one.ends.tolist() == [2.5, 3.75, 4.0]
    words = ("x", "x", "", "y", "x")
    two = samples_to_runs(Track("v", "samples", [], [], words, rate_hz=1.0))
    assert two.labels == ("x", "y", "x") and two.ends.tolist() == [2.0, 4.0, 5.0]
    none = samples_to_runs(Track("v", "samples", [], [], (), values=np.zeros(0), rate_hz=1.0))
    assert len(none) == 0


@pytest.mark.parametrize("values", [np.array([0.5, 1.0]), np.arange(25.0)])
def test_measured_values_are_refused_or_left_out_with_a_warning(values: np.ndarray) -> None:
    measured = Track("energy", "samples", [], [], (), values=values, rate_hz=2.0)
    with pytest.raises(SettingError, match="codes: words, or at most 24"):
        make_eaf(recording(measured))
    made = make_eaf(recording(measured, track()))
    assert "samples_left_out" in codes(made)
    assert len(samples_to_runs(Track("v", "samples", [], [], (), values=np.arange(24.0),
                                     rate_hz=1.0))) == 24  # fmt: skip


# -- elan --------------------------------------------------------------------------------------


def test_elan_gets_points_overlaps_and_odd_letters_with_notes(tmp_path: Path) -> None:
    made = make_eaf(
        recording(
            track("smile", [(1.0, 1.0, "p"), (1.0, 1.0, "q")], "infant", "points"),
            track("gaze", [(0.0, 3.0, "x"), (1.0, 2.0, "y"), (2.0001, 4.0, "z\x07")]),
            track("early", [(-2.0, -1.0, "gone"), (-1.0, 1.0, "cut")]),
        )
    )
    check_eaf(made.data)
    assert codes(made) == [
        "characters_replaced", "before_zero", "cut_at_zero", "times_rounded",
        "points_lengthened", "overlaps_spread", "overlaps_spread",
    ]  # fmt: skip
    path = tmp_path / "a.eaf"
    path.write_bytes(made.data)
    (read,) = read_eaf(path)
    rows = {t.name: list(zip(t.starts.tolist(), t.ends.tolist(), t.labels, strict=True))
            for t in read.tracks}  # fmt: skip
    assert rows == {
        "smile": [(1.0, 1.001, "p")],
        "smile +2": [(1.0, 1.001, "q")],
        "gaze": [(0.0, 3.0, "x")],
        "gaze +2": [(1.0, 2.0, "y"), (2.0, 4.0, "z\ufffd")],
        "early": [(0.0, 1.0, "cut")],
    }
    assert read.notes == ()


def test_slots_of_their_own_are_never_shared() -> None:
    both = [track("a", person="i"), track("b", person="c")]
    root = check_eaf(make_eaf(recording(*both)).data)
    used = [n.attrib[k] for n in root.iter("ALIGNABLE_ANNOTATION")
            for k in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")]  # fmt: skip
    assert len(used) == len(set(used)) == 8
    values = [int(s.attrib["TIME_VALUE"]) for s in root.iter("TIME_SLOT")]
    assert values == sorted(values)


# -- adding tiers ------------------------------------------------------------------------------

OTHER = """<?xml version="1.0" encoding="{encoding}"?>
<!-- <TIER TIER_ID="no tier"/> </TIME_ORDER> -->
<ANNOTATION_DOCUMENT AUTHOR="Ä &gt; B" DATE="2024-01-01T00:00:00+01:00" FORMAT="3.0" VERSION="3.0">
    <LICENSE LICENSE_URL=""/>
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL="file:///a>b.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="500"/>
        <PROPERTY NAME="lastUsedAnnotationId">7</PROPERTY>
    </HEADER>
    <TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
        <TIME_SLOT TIME_SLOT_ID="ts2"/>
        <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="2000"/>
    </TIME_ORDER>
    <TIER LINGUISTIC_TYPE_REF="sub" PARENT_REF="t" TIER_ID="child"/>
    <TIER LINGUISTIC_TYPE_REF="plain" PARTICIPANT="infant" TIER_ID="t">
        <ANNOTATION>
            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3">
                <ANNOTATION_VALUE><![CDATA[</TIER>]]></ANNOTATION_VALUE>
            </ALIGNABLE_ANNOTATION>
        </ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="plain" TIER_ID="RUPTURE"/>
    <LINGUISTIC_TYPE CONTROLLED_VOCABULARY_REF="cv" LINGUISTIC_TYPE_ID="plain"/>
    <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" LINGUISTIC_TYPE_ID="sub"/>
    <LOCALE LANGUAGE_CODE="en"/>
    <CONSTRAINT STEREOTYPE="Symbolic_Association"/>
    <CONTROLLED_VOCABULARY CV_ID="cv"><DESCRIPTION LANG_REF="u"/></CONTROLLED_VOCABULARY>
</ANNOTATION_DOCUMENT>
"""
RESULTS = [
    track("MATCH", [(0.5, 1.0, "match")]),
    track("RUPTURE", [(1.0, 2.5, "opened by Ångström <&>")]),
    track("REPAIR", []),
]


def keeps_lines(old: bytes, new: bytes) -> bool:
    """Whether all lines of the old file stand in the new one in their order, to the byte."""
    lines = iter(new.splitlines(keepends=True))
    return all(any(line == one for one in lines) for line in old.splitlines(keepends=True))


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO-8859-1", "UTF-16"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_tiers_are_added_and_all_other_bytes_stay(encoding: str, line: str) -> None:
    data = OTHER.format(encoding=encoding).replace("\n", line).encode(encoding)
    added = append_tiers(data, RESULTS, Path("a.eaf"))
    root = check_eaf(added)
    names = [t.attrib["TIER_ID"] for t in root.iterfind("TIER")]
    assert names == ["child", "t", "RUPTURE", "MATCH", "RUPTURE (reattune)", "REPAIR"]
    types = [n.attrib["LINGUISTIC_TYPE_ID"] for n in root.iterfind("LINGUISTIC_TYPE")]
    assert types == ["plain", "sub", "reattune"]
    slots = [(s.attrib["TIME_SLOT_ID"], s.get("TIME_VALUE")) for s in root.iter("TIME_SLOT")]
    assert slots == [
        ("ts1", "0"), ("ts2", None), ("ts4", "500"), ("ts5", "1000"), ("ts6", "1000"),
        ("ts3", "2000"), ("ts7", "2500"),
    ]  # fmt: skip
    words = [n.text for n in root.iter("ANNOTATION_VALUE")]
    assert words == ["</TIER>", "match", "opened by Ångström <&>"]
    # Every line of the input is still there, in its order.
    plain = data if encoding != "UTF-16" else OTHER.format(encoding="UTF-8").replace(
        "\n", line).encode()  # fmt: skip
    assert keeps_lines(plain, added)
    assert append_tiers(added, RESULTS, Path("a.eaf")) == added


def test_an_earlier_result_is_replaced_and_the_counter_only_rises() -> None:
    data = OTHER.format(encoding="UTF-8").encode()
    many = [track("MATCH", [(float(i), i + 0.5, "match") for i in range(9)])]
    once = append_tiers(data, many, Path("a.eaf"))
    assert b'"lastUsedAnnotationId">12<' in once and b'"a12"' in once
    again = append_tiers(once, RESULTS, Path("a.eaf"))
    assert again.replace(b">12<", b">7<") == append_tiers(data, RESULTS, Path("a.eaf"))


def test_tiers_can_be_added_to_files_with_nothing_in_them() -> None:
    for order in ("<TIME_ORDER/>", "<TIME_ORDER></TIME_ORDER>", "<TIME_ORDER />"):
        text = (
            f'<ANNOTATION_DOCUMENT AUTHOR="" DATE="" VERSION="3.0"><HEADER/>{order}'
            "</ANNOTATION_DOCUMENT>"
        )
        added = append_tiers(text.encode(), RESULTS, Path("a.eaf"))
        assert len(list(check_eaf(added).iter("TIME_SLOT"))) == 4
        assert append_tiers(added, RESULTS, Path("a.eaf")) == added


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<A/>", "not an ELAN file"),
        ("<ANNOTATION_DOCUMENT><HEADER/></ANNOTATION_DOCUMENT>", "no list of time slots"),
        ("<ANNOTATION_DOCUMENT>", "not well-formed"),
        ('<!DOCTYPE A [<!ENTITY x "y">]><ANNOTATION_DOCUMENT/>', "refused for safety"),
    ],
)
def test_tiers_are_not_added_to_what_is_no_elan_file(text: str, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        append_tiers(text.encode(), RESULTS, Path("a.eaf"))


def test_tiers_of_others_on_a_result_tier_stop_the_replacement() -> None:
    added = append_tiers(OTHER.format(encoding="UTF-8").encode(), RESULTS, Path("a.eaf"))
    hung = added.replace(b'PARENT_REF="t"', b'PARENT_REF="MATCH"')
    with pytest.raises(ReadError, match="hangs on a result tier"):
        append_tiers(hung, RESULTS, Path("a.eaf"))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    times=st.lists(st.integers(0, 90_000), max_size=8),
    new=st.lists(st.integers(0, 100_000), max_size=16, unique=True),
)
def test_adding_keeps_what_is_there_and_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], new: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("append")
    old = track("t", [(ms / 1000, ms / 1000 + 1, f"c{ms}") for ms in sorted(times)], "infant")
    before = write_eaf(folder / "a.eaf", [old]).read_bytes()
    pairs = sorted(new)[: len(new) // 2 * 2]
    rows = [(a / 1000, b / 1000, "match") for a, b in zip(pairs[::2], pairs[1::2], strict=True)]
    data = append_tiers(before, [track("MATCH", rows)], folder / "a.eaf")
    check_eaf(data)
    (folder / "b.eaf").write_bytes(data)
    (read,), (first,) = read_eaf(folder / "b.eaf"), read_eaf(folder / "a.eaf")
    for one, two in ((read.tracks[0], first.tracks[0]), (read.tracks[1], track("MATCH", rows))):
        assert one.starts.tolist() == two.starts.tolist() and one.labels == two.labels
        assert one.ends.tolist() == two.ends.tolist()
    assert append_tiers(data, [track("MATCH", [])], folder / "b.eaf").count(b"<TIME_SLOT ") == (
        before.count(b"<TIME_SLOT ")
    )


@pytest.mark.parametrize("name", ["mother_child_vcm.eaf", "dyad_play_cv.eaf"])
def test_real_files_take_the_tiers_and_pympi_reads_them(
    shared: Path, tmp_path: Path, name: str
) -> None:
    elan = pytest.importorskip("pympi").Elan
    data = (shared / "formats" / "eaf" / name).read_bytes()
    added = append_tiers(data, RESULTS, Path(name))
    check_eaf(data)
    check_eaf(added)
    path = tmp_path / name
    path.write_bytes(added)
    before, after = elan.Eaf(str(shared / "formats" / "eaf" / name)), elan.Eaf(str(path))
    assert after.get_annotation_data_for_tier("MATCH") == [(500, 1000, "match")]
    for tier in before.get_tier_names():
        assert after.get_annotation_data_for_tier(tier) == before.get_annotation_data_for_tier(tier)
    assert append_tiers(added, RESULTS, path) == added
    counter = re.compile(rb'(lastUsedAnnotationId">)\d+')
    assert keeps_lines(counter.sub(rb"\1", data), counter.sub(rb"\1", added))


# -- boris -------------------------------------------------------------------------------------


def test_boris_projects_hold_ethogram_subjects_and_key_presses() -> None:
    made = make_boris(
        [
            recording(
                track("affect", [(0.0, 1.0, "pos"), (1.0, 2.0, "pos")], "infant"),
                track("cue", [(0.5, 0.5, "pos")], "caregiver", "points"),
                span=(0.0, 9.0),
                media=({"name": "v.mp4", "origin_s": 1.5},),
            )
        ]
    )
    project = json.loads(made.data)
    assert project["project_format_version"] == "7.0"
    assert [s["name"] for s in project["subjects_conf"].values()] == ["infant", "caregiver"]
    found = {b["code"]: (b["type"], b["category"]) for b in project["behaviors_conf"].values()}
    assert found == {
        "pos": ("State event", "affect"),
        "cue: pos (point)": ("Point event", "cue"),
    }
    observation = project["observations"]["s1"]
    assert observation["observation time interval"] == [0.0, 9.0]
    assert observation["file"] == {"1": ["v.mp4"]} and observation["type"] == "MEDIA"
    assert observation["media_info"]["offset"] == {"1": -1.5}
    assert [e[:3] for e in observation["events"]] == [
        [0.0, "infant", "pos"], [0.5, "caregiver", "cue: pos (point)"], [1.0, "infant", "pos"],
        [1.0, "infant", "pos"], [2.0, "infant", "pos"],
    ]  # fmt: skip
    assert codes(made) == ["codes_renamed"]


# -- praat -------------------------------------------------------------------------------------


def test_praatio_reads_the_textgrid(tmp_path: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    made = make_textgrid(
        recording(
            track("affect", [(0.5, 1.25, 'say "a"'), (2.0, 3.0, "b")], "infant"),
            track("cue", [(1.0, 1.0, "x"), (2.5, 2.5, "y")], "", "points"),
            span=(0.0, 4.0),
        )
    )
    path = tmp_path / "a.TextGrid"
    path.write_bytes(made.data)
    read = textgrid.openTextgrid(str(path), includeEmptyIntervals=True)
    assert (read.minTimestamp, read.maxTimestamp) == (0.0, 4.0)
    assert list(read.tierNames) == ["affect@infant", "cue"]
    rows = [tuple(entry) for entry in read.getTier("affect@infant").entries]
    assert [row[:2] for row in rows] == [(0.0, 0.5), (0.5, 1.25), (1.25, 2.0), (2.0, 3.0),
                                         (3.0, 4.0)]  # fmt: skip
    assert [row[2].replace('""', '"') for row in rows] == ["", 'say "a"', "", "b", ""]
    assert [tuple(e) for e in read.getTier("cue").entries] == [(1.0, "x"), (2.5, "y")]
    assert codes(made) == ["person_in_name"]


def test_empty_textgrids_are_sound(tmp_path: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    path = tmp_path / "a.TextGrid"
    path.write_bytes(make_textgrid(recording(track("t", []))).data)
    assert list(textgrid.openTextgrid(str(path), includeEmptyIntervals=True).tierNames) == ["t"]


# -- gseq, gridware, captions ------------------------------------------------------------------


def test_sdis_has_one_word_per_code_and_tells_which() -> None:
    made = make_sdis(
        [
            recording(
                track("affect", [(0.0, 1.0, "-1"), (1.0, 2.0, "1")], "infant"),
                track("gaze", [(0.0, 1.5, "at mother"), (2.0, 2.0, "1")], "infant"),
                track("cue", [(0.25, 0.25, "x")], "care giver", "points"),
                span=(0.0, 3.0),
            )
        ]
    )
    assert made.data.decode().splitlines() == [
        "% Codes begin with the person: infant, care_giver %",
        "Timed <seconds>;",
        "",
        "<s1>",
        ",0.000",
        "infant_minus1,0.000-1.000",
        "infant_at_mother,0.000-1.500",
        "care_giver_x,0.250",
        "infant_affect_1,1.000-2.000",
        "infant_gaze_1,2.000-2.000",
        ",3.000",
        "/",
    ]
    assert codes(made) == ["codes_renamed", "track_names_lost"]
    assert "'-1' of infant is infant_minus1" in made.notes[0].message


def test_gridware_has_a_row_per_change_and_dashes_where_nothing_is_coded() -> None:
    made = make_gridware(
        [
            recording(
                track("affect", [(0.0, 2.0, "1"), (3.0, 4.0, "-1")], "infant"),
                track("affect", [(1.0, 5.0, "0")], "caregiver"),
                track("cue", [(1.0, 1.0, "x")], "infant", "points"),
                span=(0.0, 6.0),
            )
        ],
        "grid",
    )
    assert made.beside["grid.trj"].decode().split("\n") == [
        "Onset\tinfant_affect\tcaregiver_affect",
        "0\t1\t--", "1\t1\t0", "2\t--\t0", "3\t-1\t0", "4\t--\t0", "5\t--\t--", "6", "",
    ]  # fmt: skip
    project = made.data.decode()
    assert "state\tcategorical\tinfant_affect\t-1\t1\n" in project
    assert "s1\tgrid.trj" in project
    assert codes(made) == ["points_left_out", "states_cut"]


def test_gridware_tells_of_overlaps_repeats_and_a_third_variable() -> None:
    rows = [(0.0, 3.0, "a"), (1.0, 2.0, "b"), (3.0, 4.0, "a")]
    tracks = [track("x", rows, "i"), track("x", [], "c"), track("y", [(0.0, 1.0, "--")], "c")]
    made = make_gridware([recording(*tracks)], "g")
    assert codes(made) == [
        "overlaps_lost", "empty_codes_lost", "not_two_variables", "states_cut",
    ]  # fmt: skip
    column = [line.split("\t")[1:2] for line in made.beside["g.trj"].decode().splitlines()]
    assert column == [["i_x"], ["a"], ["b"], ["a"], []]
    again = make_gridware([recording(track("x", [(0.0, 1.0, "a"), (1.0, 2.0, "a")]))], "g")
    assert "repeats_joined" in codes(again)
    with pytest.raises(SettingError, match="at least one track of states"):
        make_gridware([recording(track("p", [(1.0, 1.0, "x")], "i", "points"))], "g")


def test_captions_are_escaped_sorted_and_voiced() -> None:
    made = make_vtt(
        recording(
            track("talk", [(3600.0, 3601.5, "a --> b & <i>\nc")], "the mother"),
            track("cue", [(1.0, 1.0, "x")], "", "points"),
        )
    )
    assert made.data.decode().split("\n\n") == [
        "WEBVTT",
        "00:00:01.000 --> 00:00:01.001\nx",
        "01:00:00.000 --> 01:00:01.500\n<v the mother>a --&gt; b &amp; &lt;i&gt; c\n",
    ]
    assert codes(made) == ["characters_replaced", "points_lengthened", "track_names_lost"]
    assert clock(59.9996) == "00:01:00.000"


# -- tables ------------------------------------------------------------------------------------


def test_tidy_tables_leave_the_end_of_points_empty_and_escape_formulas() -> None:
    made = make_tidy(
        [
            recording(
                track("affect", [(0.1 + 0.2, 1.0, "=1+1"), (1.0, 2.0, "-1")], "@i"),
                track("affect", [(0.5, 0.5, "p")], "@i", "points"),
                track("cue", [(0.5, 0.5, ""), (1.5, 1.5, "NA")], "c", "points"),
                track("none", []),
            )
        ]
    )
    assert made.notes[-1].count == 2
    assert made.data.decode().splitlines() == [
        "person,track,start_s,end_s,code",
        "'@i,affect,0.30000000000000004,1.0,'=1+1",
        "'@i,affect,1.0,2.0,-1",
        "'@i,affect,0.5,0.5,p",
        "c,cue,0.5,,",
        "c,cue,1.5,,NA",
    ]
    assert codes(made) == [
        "points_as_intervals", "empty_tracks_lost", "formulas_escaped", "empty_codes",
    ]  # fmt: skip
    two = make_tidy([recording(track()), recording(track())])
    assert two.data.decode().splitlines()[:2] == ["session,person,track,start_s,end_s,code",
                                                  "s1,,affect,0.0,1.0,a"]  # fmt: skip


def test_csv_cells() -> None:
    rows = [(None, math.nan, 0.1, 3, True, "=x", "-1", "a,b")]
    assert csv_bytes(tuple("abcdefgh"), rows).decode() == (
        'a,b,c,d,e,f,g,h\n,,0.1,3,1,\'=x,-1,"a,b"\n'
    )


def make_pair(states: tuple[str, str] = ("0", "1")) -> Pair:
    empty = np.zeros((2, 2))
    table = MatchTable("t", (states, states), empty.astype(np.int64), empty, empty.astype(bool))
    x = Steps(np.array([10.0, 11.5, 12.0, 14.5]), np.array([0, 1, -1]))
    y = Steps(np.array([10.0, 14.5]), np.array([1]))
    return Pair(("infant", "caregiver"), x, y, table, (0.5, 0.5))


def test_bins_hold_the_share_of_observed_time_and_the_bin_before() -> None:
    rows = apim_rows(make_pair())
    assert len(rows) == 4 * 2 * 3  # four whole bins, two partners, states 0, 1 and their mean
    nan = pytest.approx(math.nan, nan_ok=True)
    means = [row for row in rows if row[4] == "mean"]
    assert means == [
        ("infant", "caregiver", 1, 10.0, "mean", 0.0, nan, nan, 1.0),
        ("caregiver", "infant", 1, 10.0, "mean", 1.0, nan, nan, 1.0),
        ("infant", "caregiver", 2, 11.0, "mean", 0.5, 0.0, 1.0, 1.0),
        ("caregiver", "infant", 2, 11.0, "mean", 1.0, 1.0, 0.0, 1.0),
        ("infant", "caregiver", 3, 12.0, "mean", nan, 0.5, 1.0, 0.0),
        ("caregiver", "infant", 3, 12.0, "mean", 1.0, 1.0, 0.5, 1.0),
        ("infant", "caregiver", 4, 13.0, "mean", nan, nan, 1.0, 0.0),
        ("caregiver", "infant", 4, 13.0, "mean", 1.0, 1.0, nan, 1.0),
    ]
    named = apim_rows(make_pair(("calm", "upset")), bin_s=4.5)
    assert [row[4:6] for row in named if row[0] == "infant"] == [("calm", 0.75), ("upset", 0.25)]
    assert [row[8] for row in named] == pytest.approx([2 / 4.5, 2 / 4.5, 1.0, 1.0])
    with pytest.raises(SettingError):
        apim_rows(make_pair(), 0.0)
