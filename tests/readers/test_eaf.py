"""ELAN files: spans of every kind of tier, what is skipped or refused; the writer's way back."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import ReadError, SettingError
from reattune.core.recording import Recording, Track
from reattune.io.eaf import read_eaf, sniff_eaf
from reattune.io.write import write_eaf, write_tidy_csv

TYPES = """
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="free" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="words" CONSTRAINTS="Time_Subdivision" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="inside" CONSTRAINTS="Included_In" TIME_ALIGNABLE="true"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="parts" CONSTRAINTS="Symbolic_Subdivision"/>
<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="said" CONSTRAINTS="Symbolic_Association"/>
"""


def slots(*times: int | None) -> str:
    rows = [
        f'<TIME_SLOT TIME_SLOT_ID="ts{at}"'
        + (f' TIME_VALUE="{time}"/>' if time is not None else "/>")
        for at, time in enumerate(times, start=1)
    ]
    return "<TIME_ORDER>" + "".join(rows) + "</TIME_ORDER>"


def own(name: str, first: int, last: int, text: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" TIME_SLOT_REF1="ts{first}" '
        f'TIME_SLOT_REF2="ts{last}"><ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


def ref(name: str, parent: str, text: str, previous: str = "") -> str:
    before = f' PREVIOUS_ANNOTATION="{previous}"' if previous else ""
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}"{before}>'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
    )


def tier(name: str, kind: str, *rows: str, parent: str = "", person: str = "") -> str:
    more = (f' PARENT_REF="{parent}"' if parent else "") + (
        f' PARTICIPANT="{person}"' if person else ""
    )
    return (
        f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="{kind}" ANNOTATOR="rater 1"{more}>'
        + "".join(rows)
        + "</TIER>"
    )


def document(order: str, *tiers: str, header: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ANNOTATION_DOCUMENT AUTHOR="me" DATE="2024-01-01T00:00:00+00:00" FORMAT="3.0">'
        f'<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">{header}</HEADER>'
        f"{order}{''.join(tiers)}{TYPES}</ANNOTATION_DOCUMENT>"
    )


def read(folder: Path, text: str | bytes) -> Recording:
    path = folder / "play.eaf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (recording,) = read_eaf(path, {})
    return recording


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def test_aligned_tiers_keep_their_times_people_and_metadata(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        document(
            slots(0, 480, 520, 1000),
            tier("affect", "free", own("a2", 3, 4, " pos "), own("a1", 1, 2, "neg"), person="Mia"),
            tier("gaze", "free", person="Mother"),
            header='<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/secret folder/cam1.mp4" '
            'MIME_TYPE="video/mp4" TIME_ORIGIN="1600"/>'
            '<MEDIA_DESCRIPTOR MEDIA_URL="file:///C:\\other\\cam2.mp4" MIME_TYPE="video/mp4"/>',
        ),
    )
    assert recording.format == "elan" and recording.id == "play" and recording.span is None
    affect, gaze = recording.tracks
    assert events(affect) == [(0.0, 0.48, "neg"), (0.52, 1.0, "pos")]
    assert (affect.person, affect.kind, affect.tick_s) == ("Mia", "intervals", None)
    assert affect.meta["annotator"] == "rater 1" and affect.meta["linguistic_type"] == "free"
    assert len(gaze) == 0 and gaze.person == "Mother"
    assert [dict(m) for m in recording.media] == [
        {"name": "cam1.mp4", "origin_s": 1.6},
        {"name": "cam2.mp4", "origin_s": 0.0},
    ]
    assert recording.notes == ()


def test_symbolic_association_takes_the_parents_span_over_two_levels(tmp_path: Path) -> None:
    # Children stand before their parents in the file.
    recording = read(
        tmp_path,
        document(
            slots(100, 900),
            tier("deep", "said", ref("c", "b", "C"), parent="child"),
            tier("child", "said", ref("b", "a", "B"), parent="top"),
            tier("top", "free", own("a", 1, 2, "A")),
        ),
    )
    assert [events(track) for track in recording.tracks] == [
        [(0.1, 0.9, "C")],
        [(0.1, 0.9, "B")],
        [(0.1, 0.9, "A")],
    ]
    assert recording.tracks[0].meta["parent"] == "child"
    assert recording.tracks[0].meta["constraint"] == "Symbolic_Association"


def test_symbolic_subdivision_shares_the_span_in_chain_order(tmp_path: Path) -> None:
    rows = [ref("p3", "a", "three", "p2"), ref("p1", "a", "one"), ref("p2", "a", "two", "p1")]
    recording = read(
        tmp_path,
        document(
            slots(0, 900),
            tier("top", "free", own("a", 1, 2, "A")),
            tier("parts", "parts", *rows, parent="top"),
            tier("gloss", "said", ref("g", "p2", "zwei"), parent="parts"),
        ),
    )
    assert events(recording.tracks[1]) == [
        (0.0, 0.3, "one"),
        (0.3, 0.6, "two"),
        (0.6, 0.9, "three"),
    ]
    assert events(recording.tracks[2]) == [(0.3, 0.6, "zwei")]
    assert recording.notes == ()


@pytest.mark.parametrize("previous", [("p2", "p1"), ("", ""), ("zz", "p1"), ("p1", "p2")])
def test_a_broken_chain_keeps_the_files_order_and_says_so(
    tmp_path: Path, previous: tuple[str, str]
) -> None:
    rows = [ref("p1", "a", "one", previous[0]), ref("p2", "a", "two", previous[1])]
    recording = read(
        tmp_path,
        document(
            slots(0, 800),
            tier("top", "free", own("a", 1, 2, "A")),
            tier("parts", "parts", *rows, parent="top"),
        ),
    )
    assert events(recording.tracks[1]) == [(0.0, 0.4, "one"), (0.4, 0.8, "two")]
    assert codes(recording) == {"order_unclear": 1}


def test_slots_without_time_lie_evenly_between_their_neighbours(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        document(
            slots(0, None, None, 900, 2000, None),
            tier("top", "free", own("a", 1, 4, "A")),
            tier(
                "words",
                "words",
                own("w1", 1, 2, "x"),
                own("w2", 2, 3, "y"),
                own("w3", 3, 4, "z"),
                parent="top",
            ),
            tier("open", "free", own("o", 5, 6, "never ends")),
        ),
    )
    words, open_ = recording.tracks[1:]
    np.testing.assert_allclose(words.starts, [0.0, 0.3, 0.6], atol=1e-12)
    np.testing.assert_allclose(words.ends, [0.3, 0.6, 0.9], atol=1e-12)
    assert len(open_) == 0
    assert codes(recording) == {"slots_interpolated": 2, "no_time": 1}


def test_seamless_words_with_two_slots_at_a_seam_leave_no_gap(tmp_path: Path) -> None:
    words = [own("w1", 1, 2, "x"), own("w2", 3, 4, "y")]
    text = document(
        slots(0, None, None, 1000),
        tier("top", "free", own("a", 1, 4, "A")),
        tier("words", "words", *words, parent="top"),
    )
    assert events(read(tmp_path, text).tracks[1]) == [(0.0, 0.5, "x"), (0.5, 1.0, "y")]
    # Where gaps are allowed the two slots are two moments.
    loose = read(tmp_path, text.replace('REF="words"', 'REF="inside"')).tracks[1]
    np.testing.assert_allclose(loose.ends - loose.starts, [1 / 3, 1 / 3], atol=1e-12)


def test_an_empty_value_is_an_event_and_odd_annotations_are_counted(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        document(
            slots(-500, 0, 100, 300, 400),
            tier(
                "t",
                "free",
                own("a", 2, 3, ""),
                own("b", 4, 3, "reversed"),
                own("c", 1, 2, "negative"),
                own("d", 3, 5, "x"),
                own("e", 4, 5, "overlap"),
            ),
            tier("below", "said", ref("f", "b", "orphan"), ref("g", "d", "kept"), parent="t"),
        ),
    )
    assert events(recording.tracks[0]) == [(0.0, 0.1, ""), (0.1, 0.4, "x"), (0.3, 0.4, "overlap")]
    assert events(recording.tracks[1]) == [(0.1, 0.4, "kept")]
    found = codes(recording)
    assert found == {"reversed": 1, "negative_time": 1, "overlap": 1, "parent_skipped": 1}
    assert all(note.level == "warning" and note.where for note in recording.notes)


def test_doubled_identifiers_are_told(tmp_path: Path) -> None:
    rows = (own("a", 1, 2, "x"), own("a", 2, 3, "y"))
    recording = read(tmp_path, document(slots(0, 400, 800), tier("t", "free", *rows)))
    assert recording.tracks[0].labels == ("x", "y")
    assert codes(recording) == {"doubled_identifier": 1}


GOOD = document(slots(0, 400), tier("t", "free", own("a", 1, 2, "pos")))
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {b} "&{a};&{a};&{a};">' for a, b in zip("abcdef", "bcdefg", strict=True))
    + "]><ANNOTATION_DOCUMENT><HEADER/><TIER TIER_ID='&g;'/></ANNOTATION_DOCUMENT>"
)
EXTERNAL = GOOD.replace(
    "<ANNOTATION_DOC", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><ANNOTATION_DOC', 1
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (GOOD[: len(GOOD) // 2], "not well-formed"),
        (BOMB, "refused"),
        (EXTERNAL, "refused"),
        ("<TextGrid/>", "not an ELAN file"),
        ("start,end\n0,1\n", "not well-formed"),
        (GOOD.encode("utf-16"), "not well-formed"),  # the declaration says UTF-8
        (GOOD.replace("pos", "\xe9").encode("cp1252"), "not well-formed"),
        (GOOD.replace('="400"', '="nan"'), "not a time"),
        (GOOD.replace('="400"', '="4e2"'), "not a time"),
        (GOOD.replace('="400"', f'="{"9" * 30}"'), "not a time"),
        (GOOD.replace('="400"', f'="{"9" * 9000}"'), "not a time"),
        (GOOD.replace("milliseconds", "PAL-frames"), "not supported"),
        (GOOD.replace('REF2="ts2"', 'REF2="ts99"'), "time slot 'ts99'"),
        (GOOD.replace('TIER_ID="t"', ""), "TIER_ID"),
        (document(slots(0), tier("t", "said", ref("a", "zz", "x"))), "annotation 'zz'"),
    ],
)
def test_broken_files_are_refused_with_the_place(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    with pytest.raises(ReadError, match=says) as caught:
        read(tmp_path, text)
    assert "play.eaf" in str(caught.value)


def test_a_file_of_a_huge_size_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.eaf"
    with path.open("wb") as stream:
        stream.write(GOOD.encode())
        stream.truncate(10**12)  # sparse: takes no room
    with pytest.raises(ReadError, match="too large"):
        read_eaf(path, {})


def test_parents_in_a_circle_do_not_hang(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        document(
            slots(0, 1),
            tier("a", "said", ref("x", "y", "1"), parent="b"),
            tier("b", "said", ref("y", "x", "2"), parent="a"),
        ),
    )
    assert [note.code for note in recording.notes] == ["parent_skipped", "parent_skipped"]
    assert [len(track) for track in recording.tracks] == [0, 0]


def test_other_encodings_and_gzip_are_read(tmp_path: Path) -> None:
    latin = GOOD.replace("UTF-8", "ISO-8859-1").replace("pos", "fr\xf6hlich")
    assert read(tmp_path, latin.encode("latin-1")).tracks[0].labels == ("fr\xf6hlich",)
    wide = GOOD.replace("UTF-8", "UTF-16").encode("utf-16")
    assert sniff_eaf(tmp_path, wide[:8192])
    assert read(tmp_path, wide).tracks[0].labels == ("pos",)
    packed = read(tmp_path, gzip.compress(GOOD.encode()))
    assert packed.tracks[0].labels == ("pos",)


# -- real files ----------------------------------------------------------------------------


def test_real_mother_and_child(shared: Path) -> None:
    (recording,) = read_eaf(shared / "formats/eaf/mother_child_vcm.eaf", {})
    sizes = {track.name: len(track) for track in recording.tracks}
    assert (sizes["CHI"], sizes["FA1"]) == (67, 58)
    linked = ("vcm@CHI", "vcm@FA1", "vcm@FA2", "vcm@MA1", "vcm@MC1")
    assert tuple(sizes[name] for name in linked) == (67, 58, 51, 5, 41)
    assert sum(sizes.values()) == 514
    (mother,), (vcm,) = recording.find("FA1"), recording.find("vcm@FA1")
    assert mother.person == "Mother"
    np.testing.assert_array_equal(mother.starts, vcm.starts)
    np.testing.assert_array_equal(mother.ends, vcm.ends)
    assert recording.notes == ()


def test_real_play_of_two_without_participants(shared: Path) -> None:
    (recording,) = read_eaf(shared / "formats/eaf/dyad_play_cv.eaf", {})
    assert sum(len(track) for track in recording.tracks) == 71
    assert recording.people == ()
    (child,) = recording.find("ID_2_Gesture _amplitude_R1")
    assert child.meta["constraint"] == "Included_In" and child.codes == {"High": 2}
    assert sum(len(track) == 0 for track in recording.tracks) >= 8


@pytest.mark.parametrize("name", ["mother_child_vcm.eaf", "dyad_play_cv.eaf"])
def test_times_agree_with_pympi(shared: Path, name: str) -> None:
    elan = pytest.importorskip("pympi").Elan
    path = shared / "formats/eaf" / name
    other = elan.Eaf(str(path))
    (recording,) = read_eaf(path, {})
    assert [track.name for track in recording.tracks] == list(other.get_tier_names())
    for track in recording.tracks:
        theirs = sorted(row[:3] for row in other.get_annotation_data_for_tier(track.name))
        ours = sorted((round(a * 1000), round(b * 1000), text) for a, b, text in events(track))
        assert ours == [(a, b, text.strip()) for a, b, text in theirs]


# -- writing -------------------------------------------------------------------------------

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=8
).map(str.strip)


@st.composite
def interval_tracks(draw: st.DrawFn) -> list[Track]:
    names = draw(st.lists(TEXT, max_size=4, unique=True))
    tracks = []
    for name in names:
        edges = sorted(draw(st.sets(st.integers(0, 10_000_000), max_size=12)))
        edges = edges[: len(edges) // 2 * 2]
        starts, ends = np.array(edges[::2]) / 1000, np.array(edges[1::2]) / 1000
        labels = tuple(draw(TEXT) for _ in starts)
        tracks.append(Track(name, "intervals", starts, ends, labels, person=draw(TEXT)))
    return tracks


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tracks=interval_tracks(), author=TEXT)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, tracks: list[Track], author: str
) -> None:
    path = tmp_path_factory.mktemp("eaf") / "made.eaf"
    media = [{"name": "a & b.mp4", "origin_s": 1.25}]
    write_eaf(path, tracks, media=media, author=author)
    (recording,) = read_eaf(path, {})
    assert [t.name for t in recording.tracks] == [t.name for t in tracks]
    assert [t.person for t in recording.tracks] == [t.person for t in tracks]
    assert [events(t) for t in recording.tracks] == [events(t) for t in tracks]
    assert [dict(m) for m in recording.media] == media
    assert recording.meta["author"] == author and recording.notes == ()


def test_the_written_file_is_one_pympi_accepts_and_equal_each_time(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi").Elan
    track = Track("affect", "intervals", [0.04, 1.0], [1.0, 2.5], ("neg", "<pos>"), person="infant")
    path = write_eaf(tmp_path / "a.eaf", [track])
    first = path.read_bytes()
    assert write_eaf(tmp_path / "b.eaf", [track]).read_bytes() == first
    assert sorted(elan.Eaf(str(path)).get_annotation_data_for_tier("affect")) == [
        (40, 1000, "neg"),
        (1000, 2500, "<pos>"),
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.eaf", "b.eaf"]


def test_tracks_of_one_name_get_tiers_of_their_own(tmp_path: Path) -> None:
    tracks = [Track("affect", "intervals", [0.0], [1.0], ("x",), person=p) for p in "iii"]
    (recording,) = read_eaf(write_eaf(tmp_path / "a.eaf", tracks), {})
    assert [t.name for t in recording.tracks] == ["affect", "affect@i", "affect@i (2)"]


@pytest.mark.parametrize(
    "track",
    [
        Track("t", "points", [1.0], [1.0], ("x",)),
        Track("t", "samples", [], [], (), values=np.zeros(3), rate_hz=2.0),
        Track("t", "intervals", [-1.0], [1.0], ("x",)),
        Track("t", "intervals", [float("nan")], [1.0], ("x",)),
        Track("t", "intervals", [2.0], [1.0], ("x",)),
        Track("t", "intervals", [0.0], [1.0], ("bell \x07",)),
    ],
)
def test_what_elan_cannot_hold_is_refused_and_leaves_the_old_file(
    tmp_path: Path, track: Track
) -> None:
    path = tmp_path / "a.eaf"
    path.write_text("old")
    with pytest.raises(SettingError):
        write_eaf(path, [track])
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_tidy_csv_has_one_row_per_event_and_no_formula(tmp_path: Path) -> None:
    tracks = [
        Track("affect", "intervals", [0.0, 0.1 + 0.2], [0.25, 1.5], ("-1", "=1+1"), person="i"),
        Track("@cue", "points", [2.0], [2.0], ("a, b",)),
    ]
    text = write_tidy_csv(tmp_path / "a.csv", tracks).read_text(encoding="utf-8")
    assert text.splitlines() == [
        "person,track,start_s,end_s,code",
        "i,affect,0.0,0.25,-1",
        "i,affect,0.30000000000000004,1.5,'=1+1",
        ',\'@cue,2.0,2.0,"a, b"',
    ]
    samples = Track("s", "samples", [], [], (), values=np.zeros(3), rate_hz=2.0)
    with pytest.raises(SettingError):
        write_tidy_csv(tmp_path / "a.csv", [samples])
