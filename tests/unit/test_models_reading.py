"""From coded sessions to paths and grids: holes, phases, unknown codes, merged states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.session import Phase, Session
from reattune.core.streams import States
from reattune.models.coarse import make_cue_codebook, make_valence_codebook
from reattune.models.codebooks import ICEP_LIKE, PLAIN, RUPTURE_LIKE, Codebook
from reattune.models.fit import fit_session
from reattune.models.likelihood import start_slow
from reattune.models.parameters import DyadParameters
from reattune.models.path import FOCAL, MODE, RESPONDER, SET_FOCAL, SET_RESPONDER, UNOBSERVED
from reattune.models.priors import Prior
from reattune.models.reading import merge_states, read_data, read_path
from reattune.models.replay import replay_path

P = DyadParameters()


def make_session(first, second, span=(0.0, 20.0), **more) -> Session:
    """Streams from rows ``(start, end, label)``."""
    streams = tuple(
        States(
            who, more.get("stream", "affect"), *zip(*rows, strict=True), more.get("tick_s", 0.04)
        )
        for who, rows in (("a", first), ("b", second))
    )
    kept = {k: v for k, v in more.items() if k in ("phases", "cuts")}
    return Session("s", ("a", "b"), span, streams, **kept)


WHOLE = [(0, 4, "monitor"), (4, 9, "positive"), (9, 20, "negative")]
CALM = [(0, 6, "attend"), (6, 20, "play")]


def moments(path) -> list[tuple[float, int, int]]:
    """The moments as plain tuples."""
    return [
        (round(float(t), 9), int(k), int(s))
        for t, k, s in zip(path.times, path.kinds, path.states, strict=True)
    ]


def test_changes_come_out_as_changes() -> None:
    path = read_path(make_session(WHOLE, CALM))
    assert moments(path) == [(4.0, FOCAL, 3), (6.0, RESPONDER, 3), (9.0, FOCAL, 0)]
    assert (path.start_focal, path.start_responder, path.length) == (2, 2, 20.0)
    assert path.observed == 20.0


def test_a_hole_is_not_scored_and_hides_changes() -> None:
    holed = [(0, 4, "monitor"), (7, 9, "positive"), (9, 20, "negative")]
    path = read_path(make_session(holed, CALM))
    assert moments(path) == [
        (4.0, MODE, UNOBSERVED),
        (7.0, MODE, 0),
        (7.0, SET_FOCAL, 3),
        (7.0, SET_RESPONDER, 3),
        (9.0, FOCAL, 0),
    ]
    assert path.observed == 17.0
    assert any(note.code == "not_scored" for note in path.notes)


def test_time_starts_when_both_are_first_seen() -> None:
    late = make_session([(3, 4, "monitor"), (4, 18, "positive")], [(1, 18, "play")])
    path = read_path(late)
    assert path.length == 15.0
    assert moments(path) == [(1.0, FOCAL, 3)]
    again = read_path(late.shift(1000.0))
    np.testing.assert_allclose(again.times, path.times, atol=1e-9)


def test_an_imposed_phase_clamps_the_responder_whatever_was_coded() -> None:
    phases = (
        Phase("play", 0, 8),
        Phase("still_face", 8, 12, imposed=True),
        Phase("reunion", 12, 20),
    )
    path = read_path(make_session(WHOLE, CALM, phases=phases))
    assert moments(path) == [
        (4.0, FOCAL, 3),
        (6.0, RESPONDER, 3),
        (8.0, MODE, 1),
        (8.0, SET_RESPONDER, 4),
        (9.0, FOCAL, 0),
        (12.0, MODE, 0),
        (12.0, SET_RESPONDER, 3),
    ]
    assert path.challenged == 4.0
    gap = (Phase("play", 0, 8), Phase("reunion", 10, 20))
    between = read_path(make_session(WHOLE, CALM, phases=gap))
    assert between.observed == 18.0
    assert (9.0, FOCAL, 0) not in moments(between)


def test_a_change_at_a_cut_is_nobodys() -> None:
    path = read_path(make_session(WHOLE, CALM, cuts=(9.0,)))
    assert moments(path)[-1] == (9.0, SET_FOCAL, 0)


def test_equal_codes_side_by_side_are_one() -> None:
    double = [(0, 2, "monitor"), (2, 4, "monitor"), *WHOLE[1:]]
    assert moments(read_path(make_session(double, CALM))) == moments(
        read_path(make_session(WHOLE, CALM))
    )


def test_unknown_codes_are_said_and_not_seen() -> None:
    odd = [(0, 4, "monitor"), (4, 9, "asleep"), (9, 20, "negative")]
    path = read_path(make_session(odd, CALM))
    (note,) = (n for n in path.notes if n.code == "unknown_codes")
    assert "asleep" in note.message
    assert "5 s" in note.message
    assert path.observed == 15.0
    foreign = [(0, 20, "cheerful")]
    with pytest.raises(SettingError, match=r"codebook 'plain'.*at least one code of the a"):
        read_path(make_session(foreign, CALM))
    with pytest.raises(MissingStreamError, match="gaze"):
        read_path(make_session(WHOLE, CALM), Codebook("mine", stream="gaze"))
    with pytest.raises(SettingError, match="both partners were coded"):
        read_path(make_session([(0, 5, "monitor")], [(6, 20, "play")]))


def test_partners_go_by_name_where_the_codebook_has_them() -> None:
    book = Codebook("named", partners=("b", "a"))
    turned = make_session(CALM, WHOLE)
    path = read_path(turned, book)
    assert moments(path) == moments(read_path(make_session(WHOLE, CALM)))


@pytest.mark.parametrize("book", [PLAIN, ICEP_LIKE, RUPTURE_LIKE, make_valence_codebook()])
def test_every_state_is_coded_as_one_that_stands_for_itself(book: Codebook) -> None:
    for seen in merge_states(book):
        assert all(seen[k] == k for k in seen)


def test_a_codebook_that_reads_in_circles_is_refused() -> None:
    book = Codebook("circle", focal=("x", "y", "m", "p"), focal_back={"x": "away", "y": "negative"})
    with pytest.raises(SettingError, match="focal_back"):
        merge_states(book)


def test_valence_codes_match_by_valence() -> None:
    book = make_valence_codebook(positive=("1", "2"))
    assert merge_states(book) == ((0, 2, 2, 3), (0, 2, 2, 3, 0))
    table = book.see_fit()
    for x, row in enumerate(table):
        for y, fits in enumerate(row):
            same = (0, 1, 1, 2)[x] == (0, 1, 1, 2, 0)[y]
            assert fits == same
    session = make_session(
        [(0, 4, "0"), (4, 9, "1"), (9, 20, "-1")], [(0, 6, "0"), (6, 8, "1"), (8, 20, "2")]
    )
    path = read_path(session, book)
    assert moments(path) == [(4.0, FOCAL, 3), (6.0, RESPONDER, 3), (9.0, FOCAL, 0)]


def test_cue_and_answer() -> None:
    book = make_cue_codebook("code")
    assert merge_states(book) == ((0, 2, 2, 2), (0, 2, 2, 2, 2))
    assert [list(row) for row in book.see_fit()] == [[1, 0, 0, 0, 0]] + [[0, 1, 1, 1, 1]] * 3


def test_coarse_codes_are_read_as_intervals_unless_told_otherwise() -> None:
    session = make_session(WHOLE, CALM, tick_s=1.0)
    _, (grid,), _ = read_data(session, None, "auto", P)
    assert grid.step == 1.0
    assert grid.focal.tolist() == [2] * 4 + [3] * 5 + [0] * 11
    assert grid.responder.tolist() == [2] * 6 + [3] * 14
    _, (path,), notes = read_data(session, None, "events", P)
    assert path.length == 20.0
    assert any(note.code == "coarse_codes" for note in notes)
    _, (fine,), _ = read_data(session, None, "auto", replace(P, time_unit_s=10.0))
    assert fine.length == 2.0


def test_sessions_of_two_dyads_are_not_one() -> None:
    one, two = make_session(WHOLE, CALM), replace(make_session(WHOLE, CALM), dyad="other")
    with pytest.raises(SettingError, match="fit_dyads"):
        fit_session([one, two])


def test_many_changes_at_once_are_said() -> None:
    first = [(float(i), float(i + 1), ("monitor", "positive")[i % 2]) for i in range(20)]
    second = [(float(i), float(i + 1), ("attend", "play")[i % 2]) for i in range(20)]
    path = read_path(make_session(first, second))
    (note,) = (n for n in path.notes if n.code == "simultaneous_changes")
    assert note.count == 19


def test_a_still_face_fits_nothing_where_off_has_no_code_of_its_own() -> None:
    book = make_valence_codebook()
    table = Prior().seen_through(book).base.fit_table
    assert [row[4] for row in table] == [0, 0, 0, 0]
    assert table[0][0] == 1
    own = Prior().seen_through(ICEP_LIKE).base.fit_table
    assert [row[4] for row in own] == [0, 0, 0, 0]
    phases = (Phase("play", 0, 8), Phase("sf", 8, 12, imposed=True), Phase("reunion", 12, 20))
    session = make_session(
        [(0, 4, "0"), (4, 20, "-1")], [(0, 6, "0"), (6, 20, "-1")], phases=phases
    )
    path = read_path(session, book)
    assert (8.0, SET_RESPONDER, 4) in moments(path)
    drawn = replay_path(
        Prior().seen_through(book).base, path, start_slow(P), rng=np.random.default_rng(1)
    )
    after = moments(drawn)
    assert (12.0, SET_RESPONDER, 0) in after
    assert all(state in (0, 2, 3) for t, kind, state in after if kind == RESPONDER)
