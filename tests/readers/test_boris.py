"""BORIS projects: pairing of key presses, spans, people, and what is refused."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.boris import read_boris, sniff_boris
from reattune.io.boris_common import Event, pair_events


def behaviour(code: str, kind: str = "State event", category: str = "") -> dict[str, object]:
    return {"type": kind, "key": code[0], "code": code, "category": category, "modifiers": {}}


def observation(events: list[Any], **more: object) -> dict[str, object]:
    return {
        "file": {"1": ["C:\\lab\\a.mp4", "/lab/b.mp4"], "2": ["/lab/c.mp4"]},
        "type": "MEDIA",
        "date": "2024-02-01T10:00:00",
        "description": "",
        "time offset": 0.0,
        "events": events,
        "independent_variables": {"age": "4"},
        "media_info": {
            "length": {"C:\\lab\\a.mp4": 60.0, "/lab/b.mp4": 30.5, "/lab/c.mp4": 90.0},
            "offset": {"1": 0.0, "2": 20.0},
        },
        **more,
    }


def project(*observations: dict[str, object]) -> dict[str, Any]:
    return {
        "time_format": "hh:mm:ss",
        "project_name": "made",
        "project_format_version": "7.0",
        "subjects_conf": {"0": {"key": "1", "name": "infant", "description": ""}},
        "behaviors_conf": {
            "0": behaviour("smile", category="affect"),
            "1": behaviour("cry", "State event with coding map", "affect"),
            "2": behaviour("look"),
            "3": behaviour("touch", "Point event"),
        },
        "observations": {f"obs {n}": o for n, o in enumerate(observations, start=1)},
    }


def press(time_s: object, subject: str, code: str, modifiers: str = "", *more: object) -> list[Any]:
    return [time_s, subject, code, modifiers, "", *more]


def read(folder: Path, content: object, name: str = "study.boris") -> tuple[Recording, ...]:
    path = folder / name
    data = content if isinstance(content, bytes) else json.dumps(content).encode("utf-8")
    path.write_bytes(data)
    return read_boris(path, {})


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def test_presses_become_tracks_of_people_and_categories(tmp_path: Path) -> None:
    rows = [
        press(1.0, "infant", "smile"),
        press(4.5, "infant", "smile", "", 112),  # six fields: frame number
        press(2.0, "infant", "look"),
        press(3.0, "", "look"),
        press(2.5, "infant", "touch", "", 3, "image.png"),  # seven fields: image number and path
        press(5.0, "infant", "look"),
        press(6.0, "No focal subject", "look"),
        press(5.0, "infant", "cry"),
        press(7.0, "infant", "cry"),
    ]
    (recording,) = read(tmp_path, project(observation(rows)))
    assert (recording.id, recording.format) == ("obs 1", "boris")
    got = {(t.person, t.name, t.kind): events(t) for t in recording.tracks}
    assert got == {
        ("infant", "affect", "intervals"): [(1.0, 4.5, "smile"), (5.0, 7.0, "cry")],
        ("infant", "behaviours", "intervals"): [(2.0, 5.0, "look")],
        ("", "behaviours", "intervals"): [(3.0, 6.0, "look")],
        ("infant", "behaviours", "points"): [(2.5, 2.5, "touch")],
    }
    assert recording.span == (0.0, 90.5)
    assert recording.meta["variables"] == {"age": "4"}
    assert [dict(m) for m in recording.media] == [
        {"name": "a.mp4", "origin_s": 0.0},
        {"name": "b.mp4", "origin_s": -60.0},
        {"name": "c.mp4", "origin_s": -20.0},
    ]
    # 4.5 -> 2.0, 3.0 -> 2.5 and 6.0 -> 5.0 go back in time.
    assert codes(recording) == {"time_backwards": 3}


def test_pairing_is_by_subject_behaviour_and_modifiers(tmp_path: Path) -> None:
    rows = [
        press(1.0, "infant", "look", "toy|None"),
        press(2.0, "infant", "look", "None|None"),
        press(3.0, "infant", "look", "toy |"),
        press(4.0, "infant", "look", ""),
    ]
    (recording,) = read(tmp_path, project(observation(rows)))
    (track,) = recording.tracks
    assert events(track) == [(1.0, 3.0, "look"), (2.0, 4.0, "look")]
    assert track.meta["modifiers"] == {"toy": 1}


def test_an_unpaired_state_is_dropped_and_named(tmp_path: Path) -> None:
    rows = [press(t, "infant", "smile") for t in (1.0, 2.0, 7.25)] + [press(3.0, "", "touch")]
    (recording,) = read(tmp_path, project(observation(rows)))
    assert events(recording.tracks[0]) == [(1.0, 2.0, "smile")]
    (note,) = [n for n in recording.notes if n.code == "unpaired_state"]
    assert note.level == "warning"
    assert all(word in str(note) for word in ("smile", "infant", "7.250", "obs 1"))


def test_interval_time_offset_and_unknown_ends(tmp_path: Path) -> None:
    rows = [press(12.0, "", "touch")]
    shift = {"time offset": 10.0}
    made = [
        observation(rows, **{"observation time interval": [5, 30]}),
        observation(rows, **{"observation time interval": [5, 0]}, **shift),
        observation(rows, **{"observation time interval": [0, 0]}, **shift),
        observation(rows, type="LIVE", file=[], media_info={"offset": {}}),
        observation(rows, media_info={"length": {"C:\\lab\\a.mp4": 60.0}}),
        observation(rows, type="LIVE", file={}, **{"observation time interval": [0, 45]}),
    ]
    recordings = read(tmp_path, project(*made))
    assert [r.span for r in recordings] == [
        (5.0, 30.0),
        (15.0, 100.5),
        (10.0, 100.5),
        None,
        None,
        (0.0, 45.0),
    ]
    told = [("end_not_known" in codes(r), r.span is None) for r in recordings]
    assert all(a == b for a, b in told)
    assert recordings[1].media[0] == {"name": "a.mp4", "origin_s": -10.0}


def test_odd_but_readable_things_are_told(tmp_path: Path) -> None:
    rows = [
        press(-2.0, "", "touch"),
        press(95.0, "", "touch"),
        press(3.0, "", "look"),
        press(3.0, "", "look"),
        press(4.0, "", "yawn"),
        press(5.0, "", "yawn"),
    ]
    (recording,) = read(tmp_path, project(observation(rows)))
    found = codes(recording)
    assert found.pop("time_backwards") == 1
    assert found == {"outside_span": 2, "no_length": 1, "unknown_code": 2}
    (live,) = read(tmp_path, project(observation(rows[:1], file=[])))
    assert codes(live)["outside_span"] == 1


def test_an_observation_without_events_is_kept(tmp_path: Path) -> None:
    (recording,) = read(tmp_path, project(observation([])))
    assert recording.tracks == () and recording.span == (0.0, 90.5) and recording.notes == ()


def test_packed_and_marked_projects_are_the_same(tmp_path: Path) -> None:
    text = json.dumps(project(observation([press(1.0, "infant", "touch")])))
    plain = text.encode()
    for data in (plain, gzip.compress(plain), lzma.compress(plain), text.encode("utf-8-sig")):
        (recording,) = read(tmp_path, data)
        assert events(recording.tracks[0]) == [(1.0, 1.0, "touch")]
    assert sniff_boris(tmp_path, plain[:8192])
    assert sniff_boris(tmp_path, text.encode("utf-16")[:8192])
    assert not sniff_boris(tmp_path, b'{"segments": []}')
    assert not sniff_boris(tmp_path, b"")


BAD_TIMES = ["1.0", True, None, float("nan"), float("inf"), -1e300, 10**400, [1.0], "nan"]


@pytest.mark.parametrize("time_s", BAD_TIMES, ids=[repr(t)[:12] for t in BAD_TIMES])
def test_a_time_that_is_none_names_observation_and_event(tmp_path: Path, time_s: object) -> None:
    rows = [press(1.0, "infant", "touch"), press(time_s, "infant", "touch")]
    with pytest.raises(ReadError, match=r"study\.boris, observation 'obs 1', event 2, time"):
        read(tmp_path, project(observation(rows)))


def changed(path: tuple[str, ...], value: object) -> dict[str, Any]:
    made = project(observation([press(1.0, "infant", "touch")]))
    at: Any = made
    for key in path[:-1]:
        at = at[key]
    if value is KeyError:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return made


OBS = ("observations", "obs 1")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("observations",), KeyError, "not a BORIS project"),
        (("observations",), [], "observations"),
        (("behaviors_conf",), KeyError, "behaviors_conf"),
        (("behaviors_conf", "0"), "smile", "behaviors_conf '0'"),
        (("behaviors_conf", "0", "code"), 3, "code"),
        (("behaviors_conf", "0", "type"), "Mood", "'State event' or 'Point event'"),
        (OBS, None, "obs 1"),
        ((*OBS, "events"), KeyError, "no list of events"),
        ((*OBS, "events"), {"0": []}, "no list of events"),
        ((*OBS, "events"), [[1.0, "infant", "touch", ""]], "event 1: is not an event"),
        ((*OBS, "events"), ["touch"], "event 1: is not an event"),
        ((*OBS, "events"), [[1.0, 7, "touch", "", ""]], "event 1, subject"),
        ((*OBS, "events"), [[1.0, "", None, "", ""]], "event 1, behaviour"),
        ((*OBS, "events"), [[1.0, "", "touch", ["m"], ""]], "event 1, modifiers"),
        ((*OBS, "time offset"), "soon", "time offset"),
        ((*OBS, "media_info", "length", "/lab/b.mp4"), -1.0, "length of"),
        ((*OBS, "media_info", "length", "/lab/b.mp4"), float("nan"), "length of"),
        ((*OBS, "file", "1"), "a.mp4", "player '1'"),
        ((*OBS, "file", "1"), [3], "player '1'"),
        ((*OBS, "observation time interval"), [50, 20], "ends before it starts"),
        ((*OBS, "observation time interval"), [{}, "x"], "time interval"),
    ],
)
def test_wrong_or_missing_parts_are_refused_with_the_place(
    tmp_path: Path, path: tuple[str, ...], value: object, says: str
) -> None:
    with pytest.raises(ReadError, match=says):
        read(tmp_path, changed(path, value))


TEXT = json.dumps(project(observation([press(1.0, "infant", "touch")])))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (TEXT[: len(TEXT) // 2].encode(), "not a complete JSON"),
        (b"[1, 2]", "not a BORIS project"),
        (b"<xml/>", "not a complete JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b'{"observations": ' + b"9" * 5000 + b"}", "cannot be read as JSON"),
        (b"\x00\x01" * 50, "not a text file"),
        (gzip.compress(TEXT.encode())[:-20], "damaged"),
        (gzip.compress(b" " * 30_000_000), "decompression bomb"),
    ],
)
def test_files_that_are_no_project_are_refused(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(ReadError, match=says):
        read(tmp_path, data)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 500), st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans()
        ),
        max_size=40,
    )
)
def test_pairing_agrees_with_counting_by_hand(rows: list[tuple[int, str, str, bool]]) -> None:
    presses = [
        Event(t / 10, who, code, ("m",) if with_ else (), "", "TOGGLE")
        for t, who, code, with_ in rows
    ]
    bouts, notes = pair_events(presses)
    expected = []
    lost = 0
    for key in {(p.subject, p.code, p.modifiers) for p in presses}:
        times = sorted(p.time_s for p in presses if (p.subject, p.code, p.modifiers) == key)
        expected += [(a, b, *key) for a, b in zip(times[::2], times[1::2], strict=False)]
        lost += len(times) % 2
    got = [(b.start_s, b.end_s, b.subject, b.code, b.modifiers) for b in bouts]
    assert sorted(got) == sorted(expected)
    assert sum(note.code == "unpaired_state" for note in notes) == lost
    assert [b.start_s for b in bouts] == sorted(b.start_s for b in bouts)


# -- the real project ----------------------------------------------------------------------


def test_real_project(shared: Path) -> None:
    recordings = {r.id: r for r in read_boris(shared / "formats/boris/test.boris", {})}
    assert len(recordings) == 12
    two = recordings["observation #2"]
    assert two.span == (0.0, 539.92)  # two files queued in one player
    assert two.people == ("subject1", "subject2")
    assert {n.code for n in recordings["live not paired"].notes} == {
        "unpaired_state",
        "end_not_known",
    }
    assert recordings["observation without events"].tracks == ()
    players = {m["name"]: m["origin_s"] for m in recordings["offset neg"].media}
    assert players == {"video_test_25fps_360s.mp4": 0.0, "video_test_25fps_180s.mp4": 20.0}
    (states,) = (t for t in recordings["modifiers"].tracks if t.kind == "intervals")
    assert events(states) == [(19.175, 27.95, "r"), (30.425, 40.825, "r")]
    assert states.meta["modifiers"] == {"m1": 1}
