"""Recurrence and its lag profile: against whole matrices, under swaps, gaps and odd inputs."""

from __future__ import annotations

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.coupling import (
    Recurrence,
    measure_block_entropy,
    measure_recurrence,
    measure_recurrence_windows,
    profile_recurrence,
    profile_recurrence_windows,
)
from tests import naive_coupling as naive

NAN = float("nan")


def series(seed: int, n: int, m: int, missing: float = 0.08) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    out = []
    for size in (n, m):
        codes = np.repeat(rng.integers(0, 4, size), rng.integers(1, 4, size))[:size].astype(float)
        codes[rng.random(size) < missing] = NAN
        out.append(codes)
    return out[0], out[1]


def points(values: np.ndarray, delay: int, embed: int) -> list[tuple[float, ...] | None]:
    rows: list[tuple[float, ...] | None] = []
    for t in range(len(values) - delay * (embed - 1)):
        point = tuple(float(values[t + k * delay]) for k in range(embed))
        rows.append(None if any(np.isnan(point)) else point)
    return rows


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "settings",
    [
        Recurrence(),
        Recurrence(radius=1, delay=2, embed=2),
        Recurrence(min_diagonal=3, min_vertical=3, theiler=2),
        Recurrence(side="first_leads"),
        Recurrence(radius=1, side="second_leads", theiler=3),
    ],
)
def test_measures_against_the_whole_matrix(seed: int, settings: Recurrence) -> None:
    one, two = series(seed, 40, 33)
    lags = {"both": (-99, 99), "first_leads": (1, 99), "second_leads": (-99, -1)}[settings.side]
    rows = naive.plot(
        points(one, settings.delay, settings.embed),
        points(two, settings.delay, settings.embed),
        settings.radius,
        lags,
        settings.theiler,
    )
    expected = naive.recurrence(rows, settings.min_diagonal)
    ours = measure_recurrence(one, two, settings)
    assert (ours.n_cells, ours.n_recurrent) == (expected["cells"], expected["recurrent"])
    assert (ours.n_lines, ours.longest_line) == (expected["n_lines"], expected["longest"])
    recurrent = expected["recurrent"]
    assert ours.recurrence_prop == pytest.approx(recurrent / expected["cells"])
    assert ours.determinism_prop == pytest.approx(expected["in_lines"] / recurrent)
    assert ours.mean_line == pytest.approx(expected["in_lines"] / expected["n_lines"])
    assert ours.entropy == pytest.approx(expected["entropy"])
    assert ours.laminarity_prop == pytest.approx(expected["in_across"] / recurrent)
    assert ours.trapping_time == pytest.approx(expected["in_across"] / expected["n_across"])
    assert ours.laminarity_first_prop == pytest.approx(expected["in_down"] / recurrent)
    assert ours.trapping_time_first == pytest.approx(expected["in_down"] / expected["n_down"])


def test_swapping_partners_swaps_the_two_directions_only() -> None:
    one, two = series(5, 80, 80)
    a, b = measure_recurrence(one, two), measure_recurrence(two, one)
    for name in ("recurrence_prop", "determinism_prop", "entropy", "n_lines", "longest_line"):
        assert getattr(a, name) == pytest.approx(getattr(b, name))
    assert a.laminarity_prop == pytest.approx(b.laminarity_first_prop)
    assert a.longest_vertical == b.longest_vertical_first
    early = measure_recurrence(one, two, Recurrence(side="first_leads"))
    late = measure_recurrence(two, one, Recurrence(side="second_leads"))
    assert early.recurrence_prop == pytest.approx(late.recurrence_prop)
    left, right = profile_recurrence(one, two, 9), profile_recurrence(two, one, 9)
    np.testing.assert_array_equal(left.profile, right.profile[::-1])


@pytest.mark.parametrize("seed", range(3))
def test_profile_against_the_naive_twin(seed: int) -> None:
    one, two = series(seed, 50, 50)
    ours = profile_recurrence(one, two, 60, Recurrence(radius=1))
    listed = [[None if np.isnan(v) else v for v in x.tolist()] for x in (one, two)]
    expected = naive.lag_profile(listed[0], listed[1], 1, 60)
    assert ours.n.tolist() == [pairs for _, pairs in expected]
    shares = [hits / pairs if pairs else NAN for hits, pairs in expected]
    np.testing.assert_allclose(ours.profile, shares, rtol=1e-14)
    assert np.isnan(ours.profile[[0, -1]]).all()


def test_profile_with_coordinates_agrees_with_the_matrix() -> None:
    rng = np.random.default_rng(4)
    one, two = rng.normal(size=(2, 60, 2))
    one[7, 0] = NAN
    for metric in ("euclidean", "manhattan", "maximum"):
        for rescale in ("none", "mean", "max"):
            used = Recurrence(0.6, delay=2, embed=2, metric=metric, rescale=rescale)
            profile = profile_recurrence(one, two, 57, used)
            hits = np.nansum(profile.profile * profile.n)
            whole = measure_recurrence(one, two, used)
            assert round(hits) == whole.n_recurrent > 0
            assert profile.n.sum() == whole.n_cells == 58 * 56


def test_a_follower_peaks_where_the_first_leads() -> None:
    rng = np.random.default_rng(6)
    one = np.repeat(rng.integers(0, 5, 60), 5).astype(float)
    two = np.roll(one, 7)
    profile = profile_recurrence(one, two, 20)
    assert profile.peak_lag == 7
    assert "first partner is 7 samples ahead" in profile.summary()
    assert profile_recurrence(two, one, 20).peak_lag == -7
    moved = profile_recurrence(one + 3, two + 3, 20)
    np.testing.assert_array_equal(moved.profile, profile.profile)


def test_adding_missing_time_changes_no_share() -> None:
    one, two = series(7, 60, 60)
    hole = np.full(15, NAN)
    longer = [np.concatenate([hole, x, hole]) for x in (one, two)]
    plain, padded = measure_recurrence(one, two), measure_recurrence(*longer)
    assert plain.recurrence_prop == padded.recurrence_prop
    assert plain.determinism_prop == padded.determinism_prop
    assert (plain.n_first, plain.n_cells) == (padded.n_first, padded.n_cells)
    np.testing.assert_array_equal(
        profile_recurrence(one, two, 10).profile, profile_recurrence(*longer, 10).profile
    )


def test_odd_inputs_have_stated_results() -> None:
    nothing = measure_recurrence([], [])
    assert np.isnan([nothing.recurrence_prop, nothing.determinism_prop, nothing.entropy]).all()
    assert nothing.n_cells == 0
    missing = measure_recurrence([NAN] * 5, [1.0] * 5)
    assert np.isnan(missing.recurrence_prop)
    assert (missing.n_first, missing.n_second) == (0, 5)
    single = measure_recurrence([2.0], [2.0])
    assert (single.recurrence_prop, single.determinism_prop, single.n_lines) == (1, 0, 0)
    never = measure_recurrence([1.0, 1.0], [2.0, 2.0])
    assert never.recurrence_prop == 0
    assert np.isnan(never.determinism_prop)
    constant = measure_recurrence([1.0] * 6, [1.0] * 6)
    assert (constant.recurrence_prop, constant.longest_line, constant.n_lines) == (1, 6, 9)
    identical = profile_recurrence([1, 2, 3], [1, 2, 3], 2)
    assert (identical.peak, identical.peak_lag) == (1, 0)
    empty = profile_recurrence([], [], 2)
    assert np.isnan(empty.profile).all()
    assert np.isnan([empty.peak, empty.peak_lag]).all()
    assert np.isnan(profile_recurrence([1, 2, 1], [2, 1, 2], 1).peak_lag)  # -1 and 1 are as high


def test_windows_are_plain_measures_of_their_samples() -> None:
    one, two = series(8, 100, 100)
    found = measure_recurrence_windows(one, two, window=30, step=15)
    assert found.starts.tolist() == [0, 15, 30, 45, 60]
    assert found.windows[2] == measure_recurrence(one[30:60], two[30:60])
    assert list(found.to_frame()["start"]) == found.starts.tolist()
    profiles = profile_recurrence_windows(one, two, window=30, step=15, max_lag=5)
    again = profile_recurrence(one[30:60], two[30:60], 5)
    np.testing.assert_array_equal(profiles.profiles[2].profile, again.profile)
    assert profiles.mean[2] == pytest.approx(np.nanmean(again.profile))
    assert len(profiles.to_frame()) == 5
    short = measure_recurrence_windows(one[:10], two[:10], window=30, step=1)
    assert short.windows == ()
    assert "0 windows" in short.summary()


def test_blocks_by_hand() -> None:
    # Runs: 1 x 2, 2 x 3, 1 x 1 against 1 x 1, 2 x 2, missing, 2 x 1.
    areas = [2, 1, 6, 3]
    expected = naive.entropy(areas)
    found = measure_block_entropy([1, 1, 2, 2, 2, 1], [1, 2, 2, NAN, 2, 9])
    assert found == pytest.approx(expected)
    assert np.isnan(measure_block_entropy([1.0], [2.0]))
    assert np.isnan(measure_block_entropy([], []))


def test_results_can_be_written_down() -> None:
    result = measure_recurrence([1, 2, NAN], [1, 2, 3])
    told = result.to_dict()
    assert told["settings"]["measure"] == "cross_recurrence"
    assert told["relative_entropy"] is None
    assert result.to_frame()["recurrence_prop"].tolist() == [result.recurrence_prop]
    assert "recurrence_prop 0.333" in str(result)
    frame = profile_recurrence([1, 2, 3], [1, 2, 3], 1).to_frame()
    assert list(frame.columns) == ["lag", "recurrence_prop", "n"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Recurrence(-1),
        lambda: Recurrence(NAN),
        lambda: Recurrence(delay=0),
        lambda: Recurrence(embed=1.5),
        lambda: Recurrence(min_diagonal=1),
        lambda: Recurrence(side="upper"),
        lambda: measure_recurrence([1, np.inf], [1, 2]),
        lambda: measure_recurrence(np.zeros((2, 2, 2)), [1, 2]),
        lambda: measure_recurrence(np.zeros((4, 2)), np.zeros((4, 3))),
        lambda: measure_recurrence([1, 1], [1, 2], Recurrence(normalize="z")),
        lambda: profile_recurrence([1, 2, 3], [1, 2], 1),
        lambda: profile_recurrence([1, 2], [1, 2], -1),
        lambda: measure_recurrence_windows([1, 2, 3], [1, 2], window=2, step=1),
        lambda: profile_recurrence_windows([1, 2, 3], [1, 2, 3], window=2, step=1, max_lag=2),
        lambda: measure_block_entropy([1, 2], [1]),
    ],
)
def test_wrong_input_says_so(make: object) -> None:
    with pytest.raises(SettingError):
        make()
