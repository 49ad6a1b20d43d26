"""Written and read back: nothing is lost that both sides can express, and the rest is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reattune.core.recording import Recording, Track
from reattune.io.boris import read_boris
from reattune.io.eaf import read_eaf
from reattune.io.fitting import Made
from reattune.io.gridware import read_gridware
from reattune.io.interact import read_interact
from reattune.io.sdis import read_sdis
from reattune.io.subtitles import read_subtitles
from reattune.io.table import read_table
from reattune.io.textgrid import read_textgrid
from reattune.io.write_boris import make_boris
from reattune.io.write_eaf import make_eaf
from reattune.io.write_gridware import make_gridware
from reattune.io.write_sdis import make_sdis
from reattune.io.write_textgrid import make_textgrid
from reattune.io.write_tidy import make_tidy
from reattune.io.write_vtt import make_vtt

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
Events = dict[tuple[str, str, str], list[tuple[float, float, str]]]

# Codes that a format takes for "nothing here"; their writers say so, see test_writers.
UNSAID = ("--", "-", ".")
PEOPLE = st.sampled_from(["infant", "caregiver", "Zoë & Söhne", ""])
LABELS = st.one_of(
    st.sampled_from(["-1", "0", "1", "positive", "A", "B"]),
    st.text("abcäß xyzé<>&\"'-#.\U0001f600", min_size=1, max_size=8).map(
        lambda text: " ".join(text.split()) or "x"
    ),
).filter(lambda text: text not in UNSAID)


@st.composite
def recordings(
    draw: st.DrawFn, *, points: bool = True, overlaps: bool = False, span: bool = True
) -> Recording:
    """Up to four tracks on whole milliseconds; a person and name stand once for each kind."""
    tracks = []
    keys = draw(
        st.lists(st.tuples(PEOPLE, st.sampled_from(["affect", "gaze"])), max_size=4, unique=True)
    )
    last = 0.0
    for person, name in keys:
        kind = draw(st.sampled_from(["intervals", "points"])) if points else "intervals"
        count = draw(st.integers(1, 6))
        if kind == "points" or overlaps:
            first = sorted(draw(st.sets(st.integers(0, 500_000), min_size=count, max_size=count)))
            longer = [0 if kind == "points" else draw(st.integers(1, 9_000)) for _ in first]
            rows = [(a, a + length) for a, length in zip(first, longer, strict=True)]
        else:
            cuts = st.sets(st.integers(0, 500_000), min_size=2 * count, max_size=2 * count)
            edges = sorted(draw(cuts))
            # Some touch the one before, as exclusive states do.
            rows = list(zip(edges[::2], edges[1::2], strict=True))
            if draw(st.booleans()):
                rows = list(pairwise(edges))
        rows.sort()
        starts = np.array([row[0] for row in rows]) / 1000
        ends = np.array([row[1] for row in rows]) / 1000
        labels = tuple(draw(LABELS) for _ in rows)
        tracks.append(Track(name, kind, starts, ends, labels, person))  # type: ignore[arg-type]
        last = max(last, float(ends.max()))
    until = (0.0, round(last + 1.0, 3)) if span and draw(st.booleans()) else None
    return Recording("s1", "made", Path("made"), tuple(tracks), span=until)


def events(recording: Recording) -> Events:
    """All events by person, track and kind; a comparison that forgets the order of tracks."""
    found: Events = {}
    for track in recording.tracks:
        rows = zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True)
        found.setdefault((track.person, track.name, track.kind), []).extend(rows)
    return {key: sorted(rows) for key, rows in found.items() if rows}


def read_back(
    folder: Path, name: str, made: Made, read: Callable[..., Sequence[Recording]], **options: object
) -> Recording:
    path = folder / name
    path.write_bytes(made.data)
    for other, data in made.beside.items():
        (folder / other).write_bytes(data)
    (recording,) = read(path, options)
    return recording


def warned(made: Made) -> set[str]:
    return {note.code for note in made.notes if note.level == "warning"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round")


@QUICK
@given(given_=recordings(points=False, span=False))
def test_elan(folder: Path, given_: Recording) -> None:
    made = make_eaf(given_)
    read = read_back(folder, "a.eaf", made, read_eaf)
    # Tier names are unique in ELAN; a second "affect" carries its person.
    back = replace(
        read,
        tracks=tuple(replace(t, name=t.name.removesuffix(f"@{t.person}")) for t in read.tracks),
    )
    back = replace(back, tracks=tuple(replace(t, name=t.name.split(" (")[0]) for t in back.tracks))
    assert events(back) == events(given_)
    assert not warned(made) and read.notes == ()


@QUICK
@given(given_=recordings(span=False))
def test_elan_tells_of_every_point(folder: Path, given_: Recording) -> None:
    made = make_eaf(given_)
    points = sum(len(t) for t in given_.tracks if t.kind == "points")
    told = sum(note.count for note in made.notes if note.code == "points_lengthened")
    assert told == points
    read = read_back(folder, "b.eaf", made, read_eaf)
    assert sum(map(len, read.tracks)) == sum(map(len, given_.tracks))


@QUICK
@given(given_=recordings())
def test_boris(folder: Path, given_: Recording) -> None:
    made = make_boris([given_])
    read = read_back(folder, "a.boris", made, read_boris)
    assert read.span == given_.span and read.id == given_.id
    assert {n.code for n in read.notes} <= {"end_not_known"}
    renamed = "codes_renamed" in warned(made)
    back, wanted = events(read), events(given_)
    assert {k: [r[:2] for r in v] for k, v in back.items()} == {
        k: [r[:2] for r in sorted(v)] for k, v in wanted.items()
    }
    if not renamed:
        assert back == wanted
    else:  # "track: code", "track: code (point)"; with a number when only case differs
        for key, rows in back.items():
            plain = [
                re.sub(r"( \(point\))?( \(\d\))?$", "", r[2].removeprefix(f"{key[1]}: "))
                for r in sorted(rows)
            ]
            assert sorted(plain) == sorted(r[2] for r in wanted[key])


@QUICK
@given(given_=recordings(points=False, overlaps=True))
def test_boris_keeps_states_that_overlap_themselves(folder: Path, given_: Recording) -> None:
    one = replace(
        given_, tracks=tuple(replace(t, labels=("on",) * len(t)) for t in given_.tracks[:1])
    )
    made = make_boris([one])
    back = events(read_back(folder, "b.boris", made, read_boris))
    assert {k: [r[:2] for r in v] for k, v in back.items()} == {
        k: [r[:2] for r in v] for k, v in events(one).items()
    }
    layers = {r[2] for rows in back.values() for r in rows} - {"on"}
    assert ("overlaps_spread" in warned(made)) == bool(layers)


@QUICK
@given(given_=recordings(overlaps=True))
def test_tidy_table(folder: Path, given_: Recording) -> None:
    if not given_.tracks:
        return
    made = make_tidy([given_])
    read = read_back(folder, "a.csv", made, read_table)
    wanted = {k: [(a, b, escaped(c)) for a, b, c in v] for k, v in events(given_).items()}
    assert events(read) == {k: sorted(v) for k, v in wanted.items()}
    changed = any(c != escaped(c) for v in events(given_).values() for _, _, c in v)
    assert ("formulas_escaped" in warned(made)) == changed


def escaped(label: str) -> str:
    """A naive twin: what a spreadsheet would run gets an apostrophe, numbers do not."""
    if label[:1] not in ("=", "+", "-", "@"):
        return label
    try:
        float(label)
    except ValueError:
        return f"'{label}"
    return label


@QUICK
@given(given_=recordings())
def test_textgrid(folder: Path, given_: Recording) -> None:
    read = read_back(folder, "a.TextGrid", make_textgrid(given_), read_textgrid)
    named = []
    for track in read.tracks:
        name, _, person = track.name.partition("@")
        named.append(replace(track, name=name, person=person))
    assert events(replace(read, tracks=tuple(named))) == events(given_)
    assert read.notes == ()
    if given_.span is not None:
        assert read.span == given_.span


@QUICK
@given(given_=recordings(overlaps=True))
def test_sdis(folder: Path, given_: Recording) -> None:
    if not given_.tracks:
        return
    made = make_sdis([given_])
    read = read_back(folder, "a.sds", made, read_sdis, subjects=["infant", "caregiver"])
    assert read.id == "s1"
    assert read.span == given_.span
    wanted = sorted(row[:2] for rows in events(given_).values() for row in rows)
    assert sorted(row[:2] for rows in events(read).values() for row in rows) == wanted
    points = sum(len(t) for t in given_.tracks if t.kind == "points")
    assert sum(len(t) for t in read.tracks if t.kind == "points") == points
    # People whose names are words keep their events.
    for person in {"infant", "caregiver"} & set(given_.people):
        own = sum(len(t) for t in given_.tracks if t.person == person)
        assert sum(len(t) for t in read.tracks if t.person == person) == own


@QUICK
@given(given_=recordings())
def test_sdis_codes_stay_apart(given_: Recording) -> None:
    """Two different codes of a person never become one word."""
    made = make_sdis([given_]).data.decode()
    body = made.partition("<s1>")[2].split("\n")
    words = {line.rpartition(",")[0].casefold() for line in body if "," in line[1:]}
    keys = {(t.person, t.name, label) for t in given_.tracks for label in t.labels}
    assert len(words) == len(keys)


@QUICK
@given(given_=recordings(points=False, span=True))
def test_gridware(folder: Path, given_: Recording) -> None:
    if not given_.tracks:
        return
    made = make_gridware([given_], "a")
    read = read_back(folder, "a.gwf", made, read_gridware)
    wanted = {
        "_".join(part for part in (person, name) if part): joined(
            # Trajectories have no place for double quotes; a note says so.
            [(start, end, label.replace('"', "'")) for start, end, label in rows]
        )
        for (person, name, _), rows in events(given_).items()
    }
    back = {name: joined(rows) for (_, name, _), rows in events(read).items()}
    assert back == wanted
    times = [t for rows in wanted.values() for row in rows for t in row[:2]]
    assert read.span == (given_.span or (min(times), max(times)))
    repeats = sum(len(t) for t in given_.tracks) - sum(map(len, wanted.values()))
    told = sum(n.count for n in made.notes if n.code == "repeats_joined")
    assert told == repeats


def joined(rows: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Touching rows of one code made one: what GridWare cannot tell apart."""
    found: list[tuple[float, float, str]] = []
    for start, end, label in rows:
        if found and found[-1][1] == start and found[-1][2] == label:
            found[-1] = (found[-1][0], end, label)
        else:
            found.append((start, end, label))
    return found


@QUICK
@given(given_=recordings(points=False, overlaps=True))
def test_captions(folder: Path, given_: Recording) -> None:
    if not given_.tracks:
        return
    made = make_vtt(given_)
    read = read_back(folder, "a.vtt", made, read_subtitles)
    wanted = sorted((t, *row) for (t, _, _), rows in events(given_).items() for row in rows)
    assert sorted((t, *row) for (t, _, _), rows in events(read).items() for row in rows) == wanted
    several = len({t.name for t in given_.tracks}) > 1
    assert ("track_names_lost" in warned(made)) == several


# -- from one format to the next ---------------------------------------------------------------


@QUICK
@given(given_=recordings(points=False))
def test_a_chain_of_formats_ends_where_it_began(folder: Path, given_: Recording) -> None:
    """ELAN -> BORIS -> table: every step reads what the one before wrote."""
    labelled = tuple(
        replace(t, labels=tuple(f"{t.name} {c.strip('- ')}".strip() for c in t.labels))
        for t in given_.tracks
        if t.person
    )
    given_ = replace(given_, tracks=labelled)
    if not labelled:
        return
    elan = read_back(folder, "c.eaf", make_eaf(given_), read_eaf)
    boris = read_back(folder, "c.boris", make_boris([elan]), read_boris)
    table = read_back(folder, "c.csv", make_tidy([boris]), read_table)
    rows = sorted((p, *row) for (p, _, _), own in events(given_).items() for row in own)
    assert sorted((p, *row) for (p, _, _), own in events(table).items() for row in own) == rows


@pytest.mark.parametrize("name", ["mother_child_vcm.eaf", "dyad_play_cv.eaf"])
def test_real_elan_files_come_back_the_same(shared: Path, tmp_path: Path, name: str) -> None:
    (given_,) = read_eaf(shared / "formats" / "eaf" / name)
    made = make_eaf(given_)
    read = read_back(tmp_path, name, made, read_eaf)
    assert events(read) == events(given_) and sum(map(len, read.tracks)) > 0
    assert [t.name for t in read.tracks] == [t.name for t in given_.tracks]
    assert [dict(m) for m in read.media] == [dict(m) for m in given_.media]
    assert not warned(made)


def test_a_real_boris_project_comes_back_the_same(shared: Path, tmp_path: Path) -> None:
    given_ = read_boris(shared / "formats" / "boris" / "test.boris")
    path = tmp_path / "again.boris"
    path.write_bytes(make_boris(given_).data)
    read = read_boris(path)
    assert [r.id for r in read] == [r.id for r in given_]
    assert [events(r) for r in read] == [events(r) for r in given_]
    assert [r.people for r in read if r.tracks] == [r.people for r in given_ if r.tracks]


def test_a_real_interact_file_survives_every_format(shared: Path, tmp_path: Path) -> None:
    (given_,) = read_interact(shared / "formats" / "interact" / "mangold_3367goodman.csv", {})
    wanted = sorted(row for rows in events(given_).values() for row in rows)
    assert len(wanted) > 50
    for name, made, read in (
        ("a.eaf", make_eaf(given_), read_eaf),
        ("a.boris", make_boris([given_]), read_boris),
        ("a.csv", make_tidy([given_]), read_table),
        ("a.TextGrid", make_textgrid(given_), read_textgrid),
        ("a.vtt", make_vtt(given_), read_subtitles),
    ):
        back = read_back(tmp_path, name, made, read)
        rows = sorted(row for own in events(back).values() for row in own)
        assert [row[2] for row in sorted(rows, key=key)] == [
            row[2] for row in sorted(wanted, key=key)
        ], name
        assert np.abs(np.array([r[:2] for r in rows]) - [r[:2] for r in wanted]).max() <= 5.1e-4


def key(row: tuple[float, float, str]) -> tuple[int, str]:
    return (round(row[0] * 100), row[2])
