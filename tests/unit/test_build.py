from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.intervals import Intervals
from reattune.core.mapping import Mapping, PhaseSource, Source
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.session import Phase
from reattune.core.streams import Events, Signal, States
from reattune.prepare.build import build_session
from reattune.prepare.phases import (
    clip,
    find_phases,
    fit_phases,
    note_short_phases,
    parse_time,
    phases_from_row,
)
from reattune.prepare.recode import cut_and_merge, make_exclusive, recode, run_lengths, tidy_code

PARTNERS = ("infant", "caregiver")


def intervals(name, rows, person="", tick_s=0.04):
    starts, ends, labels = zip(*rows, strict=True) if rows else ((), (), ())
    return Track(name, "intervals", np.array(starts), np.array(ends), labels, person, tick_s=tick_s)


def samples(name, values, rate_hz=2.0, person="", start_s=0.0):
    words = any(isinstance(v, str) for v in values)
    return Track(
        name,
        "samples",
        np.zeros(0),
        np.zeros(0),
        tuple(values) if words else (),
        person,
        None if words else np.array(values, dtype=float),
        start_s,
        rate_hz,
    )


def recording(*tracks, span=None, name="d1.csv", **more):
    return Recording(Path(name).stem, "test", Path(name), tracks, span, **more)


def build(tracks, *sources, span=None, phase_source=None, **more):
    mapping = Mapping(PARTNERS, sources, phase_source or PhaseSource())
    return build_session([recording(*tracks, span=span)], mapping, session_id="s", **more)


def rows_of(stream):
    return list(zip(stream.starts.tolist(), stream.ends.tolist(), stream.labels, strict=True))


def codes(session):
    return [note.code for note in session.notes]


# -- states ------------------------------------------------------------------------------------

A = Source("infant", "affect", ("a",))


def test_the_clock_starts_at_zero_and_the_origin_is_kept():
    track = intervals("a", [(100.0, 102.0, "x"), (102.0, 105.0, "y")])
    session = build([track], A, span=(100.0, 110.0))
    assert session.span == (0.0, 10.0)
    assert session.meta["clock_origin_s"] == 100.0
    assert rows_of(session.stream("affect", "infant")) == [(0, 2, "x"), (2, 5, "y")]


def test_codes_uncodable_and_undocumented():
    track = intervals("a", [(0, 1, "P"), (1, 2, "U"), (2, 3, "Q"), (3, 4, "N")])
    source = Source("infant", "affect", ("a",), codes={"P": "1", "N": "-1"}, uncodable=("U",))
    session = build([track], source)
    assert rows_of(session.stream("affect", "infant")) == [(0, 1, "1"), (3, 4, "-1")]
    unknown = next(n for n in session.notes if n.code == "undocumented_codes")
    assert unknown.level == "warning" and unknown.count == 1 and "'Q'" in unknown.message
    assert next(n for n in session.notes if n.code == "uncodable").message.startswith("1 s")


def test_uncodable_track_cuts_what_was_coded_meanwhile():
    tracks = [intervals("a", [(0, 10, "x")]), intervals("problem", [(4, 6, "XX")])]
    source = Source("infant", "affect", ("a",), codes={"x": "1"}, uncodable_tracks=("problem",))
    session = build(tracks, source)
    assert rows_of(session.stream("affect", "infant")) == [(0, 4, "1"), (6, 10, "1")]
    assert "undocumented_codes" not in codes(session)


def test_gaps_are_closed_over_codes_and_uncodable_rows_together():
    tracks = [
        intervals("a", [(0, 0.96, "x"), (2.0, 3.0, "y")]),
        intervals("problem", [(1.0, 1.96, "XX")]),
    ]
    source = Source("infant", "affect", ("a",), uncodable_tracks=("problem",))
    session = build(tracks, source)
    assert rows_of(session.stream("affect", "infant")) == [(0, 1, "x"), (2, 3, "y")]
    note = next(n for n in session.notes if n.code == "gaps_closed")
    assert note.count == 2 and "0.08 s in all" in note.message


def test_the_longest_hole_depends_on_the_time_base_and_a_cap():
    rows = [(0, 1, "x"), (1.08, 2, "y")]
    one_frame = build([intervals("a", rows, tick_s=0.02)], A)
    assert "gaps_closed" not in codes(one_frame)
    assert "gaps_closed" in codes(build([intervals("a", rows, tick_s=0.04)], A))
    # Ten-second intervals do not turn a missing interval into a code.
    coarse = build([intervals("a", [(0, 10, "x"), (20, 30, "y")], tick_s=10.0)], A)
    assert coarse.stream("affect", "infant").observed.total == 20


def test_two_tracks_of_one_source_are_one_stream():
    tracks = [intervals("a", [(0, 1, "x")]), intervals("b", [(1, 2, "y")])]
    session = build(tracks, Source("infant", "affect", ("a", "b")))
    assert rows_of(session.stream("affect", "infant")) == [(0, 1, "x"), (1, 2, "y")]


def test_touching_equal_states_are_one():
    table = {"1": "1", "2": "1"}
    session = build(
        [intervals("a", [(0, 1, "1"), (1, 2, "2")])],
        Source("infant", "affect", ("a",), codes=table),
    )
    assert rows_of(session.stream("affect", "infant")) == [(0, 2, "1")]


def test_duplicates_are_counted_once_and_overlaps_cut_the_earlier():
    rows = [(0, 4, "x"), (0, 4, "x"), (3, 6, "y"), (5, 8, "y")]
    session = build([intervals("a", rows)], A)
    assert rows_of(session.stream("affect", "infant")) == [(0, 3, "x"), (3, 8, "y")]
    note = next(n for n in session.notes if n.code == "overlaps")
    assert note.level == "warning" and note.count == 1 and "3 s" in note.message
    assert next(n for n in session.notes if n.code == "duplicates").count == 1
    assert next(n for n in session.notes if n.code == "overlaps_joined").count == 1


def test_rows_that_run_backwards_or_last_no_time_are_left_out_and_said():
    session = build([intervals("a", [(0, 1, "x"), (2, 1, "y"), (3, 3, "z")])], A)
    assert rows_of(session.stream("affect", "infant")) == [(0, 1, "x")]
    assert {"time_backwards", "zero_length"} <= set(codes(session))


def test_points_are_no_states():
    moments = Track("a", "points", np.array([1.0]), np.array([1.0]), ("x",))
    with pytest.raises(ReadError, match="needs a duration"):
        build([moments], A, span=(0.0, 5.0))
    session = build([moments, intervals("a", [(0, 1, "y")])], A)
    assert rows_of(session.stream("affect", "infant")) == [(0, 1, "y")]
    assert "points_left_out" in codes(session)


def test_an_empty_stream_is_said():
    session = build([intervals("a", [])], A, span=(0.0, 5.0))
    assert [n.level for n in session.notes if n.code == "stream_empty"] == ["warning"]


# -- samples -----------------------------------------------------------------------------------


def test_samples_become_states_and_missing_cells_stay_missing():
    session = build([samples("a", [1, 1, np.nan, 2, -1, -1])], A)
    stream = session.stream("affect", "infant", States)
    assert rows_of(stream) == [(0, 1, "1"), (1.5, 2, "2"), (2, 3, "-1")]
    assert stream.tick_s == 0.5


def test_a_partner_whose_column_ends_earlier_is_missing_there():
    tracks = [samples("a", [1, 1, 2, 2, 2, 2]), samples("b", [1, 1])]
    sources = (A, Source("caregiver", "affect", ("b",)))
    session = build(tracks, *sources)
    assert session.span == (0.0, 3.0)
    assert session.stream("affect", "caregiver").observed == Intervals([0], [1])


def test_words_and_a_frame_rate_of_the_study_file():
    session = build(
        [samples("a", ["x", "x", "", "y"], rate_hz=1.0)],
        Source("infant", "affect", ("a",), fps=4.0),
    )
    assert rows_of(session.stream("affect", "infant")) == [(0, 0.5, "x"), (0.75, 1.0, "y")]
    assert session.span == (0.0, 1.0)


def test_threshold_signal_and_measured_values():
    values = [0.0, 0.6, 1.0, np.nan, 0.2, 0.5]
    events = build(
        [samples("a", values)], Source("infant", "v", ("a",), kind="events", threshold=0.5)
    ).stream("v", "infant", Events)
    assert rows_of(events) == [(0.5, 1.5, ""), (2.5, 3.0, "")]
    assert events.observed == Intervals([0, 2], [1.5, 3])
    signal = build([samples("a", values)], Source("infant", "v", ("a",), kind="signal"))
    assert signal.stream("v", "infant", Signal).rate_hz == 2.0
    many = samples("a", list(np.linspace(0, 1, 80)))
    with pytest.raises(ReadError, match="measured values"):
        build([many], A)


def test_zero_is_absence_and_an_empty_cell_is_nobody_looking():
    source = Source("infant", "gaze", ("a",), kind="events")
    events = build([samples("a", [0, 1, np.nan, 1])], source).stream("gaze", "infant")
    assert rows_of(events) == [(0.5, 1.0, "1"), (1.5, 2.0, "1")]
    assert events.observed == Intervals([0, 1.5], [1, 2])


# -- events --------------------------------------------------------------------------------------


def test_events_keep_overlaps_and_empty_texts():
    rows = [(0, 2, ""), (1, 3, "")]
    source = Source("infant", "voice", ("a",), kind="events")
    session = build([intervals("a", rows)], source, span=(0.0, 10.0))
    stream = session.stream("voice", "infant", Events)
    assert len(stream) == 2 and stream.observed.total == 10


def test_events_that_are_undocumented_are_unobserved_time():
    source = Source("infant", "voice", ("a",), kind="events", codes={"v": "voice", "-": ""})
    session = build([intervals("a", [(0, 1, "v"), (1, 2, "-"), (4, 6, "?")])], source)
    stream = session.stream("voice", "infant", Events)
    assert rows_of(stream) == [(0, 1, "voice")]
    assert stream.observed == Intervals([0], [4])


# -- who and which file --------------------------------------------------------------------------


def test_a_missing_track_names_what_there_is():
    with pytest.raises(ReadError, match=r"infant affect: 'afect' not found.*Did you mean 'affect'"):
        build([intervals("affect", [(0, 1, "x")])], Source("infant", "affect", ("afect",)))


def test_all_tracks_of_a_person():
    tracks = [intervals("a", [(0, 1, "x")], "Tom"), intervals("a", [(0, 1, "y")], "Ann")]
    session = build(tracks, Source("infant", "affect", (), "ann"))
    assert rows_of(session.stream("affect", "infant")) == [(0, 1, "y")]
    with pytest.raises(ReadError, match=r"'Bob' not found. There is 'Tom', 'Ann'"):
        build(tracks, Source("infant", "affect", (), "Bob"))


def test_one_file_for_each_partner():
    files = [
        recording(intervals("a", [(0, 4, "x")]), name="voice/infant.csv"),
        recording(intervals("a", [(1, 9, "y")]), name="voice/mother.csv"),
    ]
    sources = (
        Source("infant", "affect", ("a",), file="infant*"),
        Source("caregiver", "affect", ("a",), file="voice/mother.csv", offset_s=0.5),
    )
    session = build_session(files, Mapping(PARTNERS, sources), session_id="s", dyad="d")
    assert session.span == (0.0, 9.5)
    assert rows_of(session.stream("affect", "caregiver")) == [(1.5, 9.5, "y")]
    assert session.meta["source"] == "infant.csv, mother.csv"
    assert session.dyad == "d"
    with pytest.raises(ReadError, match="several files"):
        build_session(files, Mapping(PARTNERS, (A,)), session_id="s")
    with pytest.raises(ReadError, match="no file fits 'dad"):
        lost = Source("infant", "affect", ("a",), file="dad*")
        build_session(files, Mapping(PARTNERS, (lost,)), session_id="s")


def test_events_of_a_shorter_file_are_unobserved_after_its_end():
    files = [
        recording(intervals("a", [(0, 4, "x")]), span=(0.0, 5.0), name="i.csv"),
        recording(intervals("a", [(1, 9, "y")]), span=(0.0, 10.0), name="m.csv"),
    ]
    sources = (
        Source("infant", "voice", ("a",), kind="events", file="i.csv"),
        Source("caregiver", "voice", ("a",), kind="events", file="m.csv"),
    )
    session = build_session(files, Mapping(PARTNERS, sources), session_id="s")
    assert session.stream("voice", "infant").observed == Intervals([0], [5])


def test_notes_and_covariates_of_the_reader_travel_along():
    read = recording(
        intervals("a", [(0, 1, "x")]),
        notes=(Note("rows_read", "1 row."),),
        meta={"sha256": "ab", "covariates": {"group": "b"}},
        media=({"name": "film.mp4"},),
    )
    session = build_session([read], Mapping(PARTNERS, (A,)), session_id="s", meta={"age": 6})
    assert session.notes[0].code == "rows_read"
    assert session.meta["group"] == "b" and session.meta["age"] == 6
    assert session.meta["sha256"] == "ab" and session.meta["media"] == [{"name": "film.mp4"}]


def test_a_window_and_what_lies_outside_the_recording():
    track = intervals("a", [(0, 4, "x"), (4, 9, "y")])
    session = build([track], A, window=(2.0, 6.0))
    assert session.span == (0.0, 4.0)
    assert rows_of(session.stream("affect", "infant")) == [(0, 2, "x"), (2, 4, "y")]
    outside = build([track], A, span=(0.0, 8.0))
    assert [n.level for n in outside.notes if n.code == "outside_recording"] == ["warning"]
    with pytest.raises(ReadError, match="no time to analyse"):
        build([track], A, window=(5.0, 5.0))


# -- one person's data under two names ---------------------------------------------------------

BOTH = (A, Source("caregiver", "affect", ("b",)))


def alternating(n, length=1.0, first="x"):
    other = "y" if first == "x" else "x"
    return [(i * length, (i + 1) * length, first if i % 2 == 0 else other) for i in range(n)]


def test_identical_partners_are_a_warning():
    rows = alternating(12)
    session = build([intervals("a", rows), intervals("b", rows)], *BOTH)
    note = next(n for n in session.notes if n.code == "identical_partners")
    assert note.level == "warning" and "identical" in note.message


def test_nearly_identical_partners_are_a_warning_and_mere_likeness_is_not():
    rows = alternating(12)
    gone = [(0, 12, "x")]
    near = build([intervals("a", rows), intervals("b", rows[1:])], *BOTH)
    assert "identical_partners" in codes(near)
    moved = [(s + 0.2, e + 0.2, c) for s, e, c in rows]
    for other in (moved, gone, alternating(12, first="y")):
        session = build([intervals("a", rows), intervals("b", other)], *BOTH)
        assert "identical_partners" not in codes(session)
    still = build([intervals("a", gone), intervals("b", gone)], *BOTH)
    assert "identical_partners" not in codes(still)


@pytest.mark.parametrize(("last", "warned"), [(0.5, True), (9.0, False)])
def test_identical_signals(last, warned):
    values = np.sin(np.arange(50.0))
    other = values.copy()
    other[25:] *= 1 if warned else last
    session = build(
        [samples("a", list(values)), samples("b", list(other))],
        Source("infant", "v", ("a",), kind="signal"),
        Source("caregiver", "v", ("b",), kind="signal"),
    )
    assert ("identical_partners" in codes(session)) is warned


def test_two_codes_that_alternate_have_equal_counts_by_accident():
    one, two = alternating(20), [(s + 0.3, e + 0.3, c) for s, e, c in alternating(20)]
    assert "same_counts" not in codes(build([intervals("a", one), intervals("b", two)], *BOTH))


# -- phases ------------------------------------------------------------------------------------


def test_times_as_people_write_them():
    assert parse_time(90) == 90 and parse_time("1:30") == 90 and parse_time("01:00:30.5") == 3630.5
    assert parse_time("2:09:10", "mm:ss:ff") == 129
    for wrong in ("", "1:2:3:4", "a", "1:75", "-3", "nan", "inf"):
        with pytest.raises(ReadError, match="is not a time"):
            parse_time(wrong)


def test_phases_are_on_the_files_clock_and_are_cut_to_the_recording():
    track = intervals("a", [(100, 110, "x")])
    phases = (Phase("play", 100, 104), Phase("still_face", 104, 108), Phase("late", 108, 115))
    session = build([track], A, phases=phases, span=(100.0, 110.0))
    assert [(p.label, p.start, p.end) for p in session.phases] == [
        ("play", 0, 4),
        ("still_face", 4, 8),
        ("late", 8, 10),
    ]
    assert [n.where for n in session.notes if n.code == "phase_outside"] == ["phase late"]


def test_phases_from_a_track_with_still_face_imposed():
    tracks = [
        intervals("a", [(0, 9, "x")]),
        intervals("phase", [(0, 3, "Play"), (3, 6, "Still-Face"), (6, 9, "Play")]),
    ]
    session = build(tracks, A, phase_source=PhaseSource(track="Phase"))
    assert [(p.label, p.imposed) for p in session.phases] == [
        ("Play", False),
        ("Still-Face", True),
        ("Play_2", False),
    ]
    with pytest.raises(ReadError, match="to take the phases from"):
        find_phases(PhaseSource(track="nothing"), [recording(*tracks)])


def test_phases_from_columns_skip_empty_cells():
    source = PhaseSource(columns={"play": ("p0", "p1"), "sf": ("p1", "p2")}, imposed=("play",))
    found = phases_from_row({"p0": "0:10", "p1": 60, "p2": ""}, source)
    assert [(p.label, p.start, p.end, p.imposed) for p in found] == [("play", 10, 60, True)]
    with pytest.raises(ReadError, match="needs a column 'p0'"):
        phases_from_row({}, source)


def test_overlapping_phases_are_refused():
    with pytest.raises(ReadError, match="overlap"):
        fit_phases([Phase("a", 0, 5), Phase("b", 4, 8)], (0, 10))


def test_phases_cut_short_are_named():
    made = []
    for length in (10.0, 11.0, 10.0, 4.0):
        track = intervals("a", [(0, 20, "x")])
        made.append(build([track], A, phases=(Phase("play", 0, length),)))
    noted = note_short_phases(made)
    short = [n.code for s in noted for n in s.notes if n.code == "phase_short"]
    assert len(short) == 1 and noted[3].notes[-1].code == "phase_short"


def test_clip_keeps_the_clock():
    session = build(
        [intervals("a", [(0, 10, "x")])], A, phases=(Phase("p", 0, 5), Phase("q", 5, 9))
    )
    part = clip(session, 3, 6)
    assert part.span == (3, 6)
    assert [(p.label, p.start, p.end) for p in part.phases] == [("p", 3, 5), ("q", 5, 6)]
    assert rows_of(part.stream("affect", "infant")) == [(3, 6, "x")]


# -- recoding ----------------------------------------------------------------------------------


def test_numbers_stay_numbers_as_text():
    assert [tidy_code(c) for c in (1, "1.0", " -1 ", 2.0, "0", "0.0")] == [
        *"1",
        "1",
        "-1",
        "2",
        *"00",
    ]
    assert [tidy_code(c) for c in ("007", "A1", "1e3", "NaN", 0.5)] == [
        "007",
        "A1",
        "1e3",
        "",
        "0.5",
    ]


def test_code_tables_find_numbers_however_written():
    told = recode(["1.0", "2", "U", "Q", ""], {"1": "pos", "2.0": "neg"}, ["U"])
    assert told.states[:2] == ["pos", "neg"]
    assert told.unknown == {"Q": 1}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["a", "b", ""]), max_size=30))
def test_run_lengths_give_the_samples_back(labels):
    starts, ends, texts = run_lengths(labels, 1.0)
    again = [""] * len(labels)
    for start, end, text in zip(starts, ends, texts, strict=True):
        again[int(start) : int(end)] = [text] * int(end - start)
    assert again == list(labels)
    assert all(
        s > e or a != b for s, e, a, b in zip(starts[1:], ends, texts, texts[1:], strict=False)
    )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8), st.sampled_from("ab")), max_size=10),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=3),
)
def test_exclusive_rows_are_states_outside_hidden_time(rows, cuts):
    rows = sorted(rows)
    starts = np.array([float(a) for a, _, _ in rows])
    ends = np.array([float(a + b) for a, b, _ in rows])
    single = make_exclusive(starts, ends, [c for _, _, c in rows])
    hidden = Intervals([float(a) for a, _ in cuts], [float(a + b) for a, b in cuts])
    first, last, states = cut_and_merge(single.starts, single.ends, single.states, hidden)
    stream = States("infant", "x", first, last, states, 1.0)
    assert (stream.observed & hidden).total == 0
    assert (stream.observed - Intervals(starts, ends)).total == 0
    # Time that a single code covers alone is kept as that code.
    for moment in range(40):
        on = {c for a, b, c in rows if a <= moment < a + b}
        alone = sum(a <= moment < a + b for a, b, _ in rows) == 1
        inside = hidden.contains(np.array([moment + 0.5]))[0]
        later = any(
            a > s for s, b, _ in rows if s <= moment < s + b for a, _, _ in rows if a <= moment
        )
        if alone and not inside and not later:
            at = [t for f, e, t in zip(first, last, states, strict=True) if f <= moment < e]
            assert at == list(on)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(-20, 200), st.integers(-2, 40), st.sampled_from(["x", "y", "U", ""])),
        max_size=14,
    ),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 40)), max_size=3),
    st.sampled_from([None, {"x": "1"}, {"x": "1", "y": "1", "": ""}]),
    st.floats(-5, 5),
)
def test_any_rows_make_a_session_or_a_read_error(rows, problems, table, offset):
    rows = sorted((0.04 * a, 0.04 * (a + b), c) for a, b, c in rows)
    cuts = sorted((0.04 * a, 0.04 * (a + b), "XX") for a, b in problems)
    source = Source(
        "infant",
        "affect",
        ("a",),
        codes=table,
        uncodable=("U",),
        uncodable_tracks=("p",),
        offset_s=offset,
    )
    try:
        session = build([intervals("a", rows), intervals("p", cuts)], source)
    except ReadError:
        return
    stream = session.stream("affect", "infant", States)
    origin = session.meta["clock_origin_s"]
    assert session.span[0] == 0
    assert (stream.starts >= 0).all() and (stream.ends <= session.span[1]).all()
    touching = stream.starts[1:] <= stream.ends[:-1]
    assert (stream.codes[1:] != stream.codes[:-1])[touching].all()
    hidden = [(s, e) for s, e, _ in cuts] + [(s, e) for s, e, c in rows if c == "U"]
    away = Intervals.from_pairs((s, e) for s, e in hidden if e > s).shift(offset - origin)
    assert (stream.observed & away).total == pytest.approx(0, abs=1e-9)
