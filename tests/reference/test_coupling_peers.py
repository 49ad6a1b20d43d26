"""Signal preparation and coupling against rMEA 1.3.0, crqa 2.1.0, rties 5.0.0 and scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reattune.core.streams import Signal
from reattune.coupling import (
    Band,
    Inertia,
    Oscillator,
    Recurrence,
    choose_embedding,
    find_best_lag,
    fit_inertia,
    fit_oscillator,
    make_glla_weights,
    measure_block_entropy,
    measure_coherence,
    measure_recurrence,
    measure_recurrence_windows,
    profile_recurrence,
    profile_recurrence_windows,
)
from reattune.prepare.signals import MovingAverage, Outliers, Scaling

# The files hold 15 significant digits, of numbers up to 1e5.
EXACT = 1e-12
# rties rounds coefficients to 5 decimals, and periods to 2.
ROUNDED, ROUNDED_PERIOD = 5.001e-6, 5.001e-3


def values_of(signal: Signal) -> np.ndarray:
    return np.asarray(signal.values)


# -- rMEA: preparation -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def motion(shared: Path) -> tuple[Signal, Signal]:
    rows = pd.read_csv(shared / "rmea" / "raw" / "normal" / "200_01.txt", sep=" ")
    return (
        Signal("patient", "motion", rows["pat"].to_numpy(float), 25),
        Signal("therapist", "motion", rows["th"].to_numpy(float), 25),
    )


@pytest.fixture(scope="module")
def prepared(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "rmea" / "reference" / "rmea_preproc_check.csv")


def test_rmea_preparation_is_repeated_where_asked(
    motion: tuple[Signal, Signal], prepared: pd.DataFrame
) -> None:
    at = prepared["sample"].to_numpy() - 1
    smooth, scale = MovingAverage(0.5, compat="rmea"), Scaling("sd", compat="rmea")
    clean = Outliers(compat="rmea").prepare_all(motion)
    assert [item.notes[-1].count for item in clean] == [11, 11]
    for k, signal in enumerate(motion, start=1):
        smoothed = smooth(signal).signal
        np.testing.assert_allclose(values_of(smoothed)[at], prepared[f"smooth{k}"], rtol=EXACT)
        scaled = scale(smoothed).signal
        np.testing.assert_allclose(values_of(scaled)[at], prepared[f"scaled{k}"], rtol=EXACT)
        chain = scale(smooth(clean[k - 1].signal).signal).signal
        np.testing.assert_allclose(values_of(chain)[at], prepared[f"outl{k}"], rtol=EXACT)


def test_our_moving_average_has_none_of_its_faults(
    motion: tuple[Signal, Signal], prepared: pd.DataFrame
) -> None:
    at = prepared["sample"].to_numpy() - 1
    ours = values_of(MovingAverage(0.5)(motion[0]).signal)
    theirs = values_of(MovingAverage(0.5, compat="rmea")(motion[0]).signal)
    assert np.abs(ours[at] - prepared["smooth1"].to_numpy()).max() > 100
    # Theirs is 4 % low throughout; ours keeps the sum, but for the narrower edges.
    inner = slice(200, 14000)
    assert ours[inner].mean() / theirs[inner].mean() == pytest.approx(12.5 / 12, rel=1e-4)
    assert ours.mean() == pytest.approx(values_of(motion[0]).mean(), rel=1e-3)
    assert theirs[-5:].tolist() == [0] * 5


# -- crqa --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gaze(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    rows = pd.read_csv(shared / "crqa" / "eyemovement_first1000.csv")
    return rows["narrator"].to_numpy(float), rows["listener"].to_numpy(float)


@pytest.fixture(scope="module")
def hands(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "crqa" / "handmovement_first1500.csv")


FULL = {"denominator": "full"}
CASES = {
    "cat_crqa": Recurrence(0.01, **FULL),
    "cat_rqa_tw1": Recurrence(0.0001, theiler=1, **FULL),
    "cat_crqa_upper_valid": Recurrence(0.01, side="second_leads"),
    "cat_crqa_minline3": Recurrence(0.01, min_diagonal=3, min_vertical=3, **FULL),
    "cont_crqa_z": Recurrence(0.4, delay=3, embed=2, normalize="z", **FULL),
    "cont_crqa_meandist": Recurrence(0.3, delay=5, embed=3, normalize="z", rescale="mean", **FULL),
    "cont_crqa_maxdist_manhattan": Recurrence(
        0.1, delay=5, embed=3, normalize="unit", rescale="max", metric="manhattan", **FULL
    ),
    "cont_rqa_tw10_full": Recurrence(0.3, delay=3, embed=2, normalize="z", theiler=10, **FULL),
    "cont_rqa_tw10_valid": Recurrence(0.3, delay=3, embed=2, normalize="z", theiler=10),
    "mdcrqa": Recurrence(0.3, delay=5, embed=2, **FULL),
}


@pytest.mark.parametrize("case", CASES)
def test_recurrence_measures(
    shared: Path, gaze: tuple[np.ndarray, np.ndarray], hands: pd.DataFrame, case: str
) -> None:
    table = pd.read_csv(shared / "crqa" / "reference" / "crqa_measures.csv").set_index("case")
    one, two = gaze
    if case == "mdcrqa":
        one = hands[["P1_TT_d", "P1_TT_n"]].to_numpy()
        two = hands[["P2_TT_d", "P2_TT_n"]].to_numpy()
    elif case.startswith("cont"):
        one, two = hands["P1_TT_d"].to_numpy(), hands["P2_TT_d"].to_numpy()
    if "_rqa_" in case:
        two = one
    ours = measure_recurrence(one, two, CASES[case]).crqa()
    for name, value in ours.items():
        assert value == pytest.approx(table.loc[case, name], rel=EXACT), name


def test_every_crqa_case_is_covered(shared: Path) -> None:
    table = pd.read_csv(shared / "crqa" / "reference" / "crqa_measures.csv")
    assert set(table["case"]) == set(CASES)


def test_windows_of_recurrence(shared: Path, gaze: tuple[np.ndarray, np.ndarray]) -> None:
    table = pd.read_csv(shared / "crqa" / "reference" / "wincrqa_cat_20_80.csv")
    settings = Recurrence(0.01, **FULL)
    found = measure_recurrence_windows(*gaze, window=80, step=20, settings=settings)
    assert found.starts.tolist() == list(range(0, 921, 20))
    # The last row of crqa is no window of 80: it leaves out the full one from sample 920 on, and
    # measures the last 20 samples instead.
    tail = measure_recurrence(gaze[0][980:], gaze[1][980:], settings)
    ours = pd.DataFrame([w.crqa() for w in (*found.windows[:46], tail)])
    for name in ours:
        np.testing.assert_allclose(ours[name], table[name], rtol=EXACT, err_msg=name)
    assert found.windows[46].recurrence_prop == pytest.approx(0.675)
    blocks = [
        measure_block_entropy(gaze[0][at : at + 80], gaze[1][at : at + 80]) for at in found.starts
    ]
    blocks[46] = measure_block_entropy(gaze[0][980:], gaze[1][980:])
    np.testing.assert_allclose(blocks, table["catH"], rtol=EXACT, atol=EXACT)


def test_block_entropy(shared: Path, gaze: tuple[np.ndarray, np.ndarray]) -> None:
    table = pd.read_csv(shared / "crqa" / "reference" / "crqa_measures.csv").set_index("case")
    expected = table.loc["cat_crqa", "catH"]
    assert measure_block_entropy(*gaze) == pytest.approx(expected, rel=EXACT)


def test_lag_profiles(
    shared: Path, gaze: tuple[np.ndarray, np.ndarray], hands: pd.DataFrame
) -> None:
    folder = shared / "crqa" / "reference"
    expected = pd.read_csv(folder / "drp_cat_100.csv")
    ours = profile_recurrence(*gaze, 100, Recurrence(0.001))
    assert ours.lags.tolist() == expected["lag"].tolist()
    np.testing.assert_allclose(ours.profile, expected["profile"], rtol=EXACT)
    expected = pd.read_csv(folder / "drp_cont_100.csv")
    one, two = hands["P1_TT_d"], hands["P2_TT_d"]
    ours = profile_recurrence(one, two, 100, Recurrence(0.4, normalize="z"))
    np.testing.assert_allclose(ours.profile, expected["profile"], rtol=EXACT)


def test_windowed_lag_profile(shared: Path, gaze: tuple[np.ndarray, np.ndarray]) -> None:
    expected = pd.read_csv(shared / "crqa" / "reference" / "windowdrp_cat_20_80_20.csv")
    ours = profile_recurrence_windows(
        *gaze, window=80, step=20, max_lag=20, settings=Recurrence(0.001)
    )
    np.testing.assert_allclose(ours.mean[:46], expected["profile"][:46], rtol=EXACT)
    # As above: the last row of crqa holds the last 20 samples.
    tail = profile_recurrence(gaze[0][980:], gaze[1][980:], 20, Recurrence(0.001))
    assert np.nanmean(tail.profile) == pytest.approx(expected["profile"][46], rel=EXACT)


# -- rties -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def couples(shared: Path) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    rows = pd.read_csv(shared / "rties" / "dial_half.csv").sort_values("time")
    return {
        int(couple): tuple(
            rows.loc[at & (rows["female"] == side), "dial"].to_numpy(float) for side in (0, 1)
        )
        for couple in rows["couple"].unique()
        for at in [rows["couple"] == couple]
    }


def table_of(shared: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(shared / "rties" / "reference" / f"{name}.csv").set_index("dyad")


@pytest.mark.parametrize(
    ("model", "name", "r2"),
    [
        ("inertia", "ic_inert_lag1", "R2inert"),
        ("coordination", "ic_coord_lag1", "R2coord"),
        ("both", "ic_inertcoord_lag1", "R2inertCoord"),
    ],
)
def test_inertia_and_coordination(
    shared: Path,
    couples: dict[int, tuple[np.ndarray, np.ndarray]],
    model: str,
    name: str,
    r2: str,
) -> None:
    expected, shares = table_of(shared, name), table_of(shared, "ic_r2_lag1")
    assert len(couples) == len(expected) == 40
    terms = {"int": "intercept", "inert": "inertia", "coord": "coordination"}
    for couple, pair in couples.items():
        fit = fit_inertia(*pair, Inertia(model, compat="rties"))
        for column in expected.columns:
            partner = (fit.first, fit.second)[int(column[-1])]
            ours = getattr(partner, terms[column[:-1]])
            theirs = expected.loc[couple, column]
            assert ours == pytest.approx(theirs, abs=ROUNDED, nan_ok=True), (couple, column)
        assert fit.r2_adjusted == pytest.approx(shares.loc[couple, r2], rel=1e-11), couple


def test_largest_cross_correlation(
    shared: Path, couples: dict[int, tuple[np.ndarray, np.ndarray]]
) -> None:
    expected = table_of(shared, "maxcrosscorr")
    for couple, pair in couples.items():
        ours = find_best_lag(*pair)
        # R's ccf(x, y): below 0 the first leads. Here above 0.
        assert ours.lag == -expected.loc[couple, "maxLag"], couple
        assert ours.correlation == pytest.approx(expected.loc[couple, "maxCor"], rel=1e-11)


def test_derivative_weights(shared: Path) -> None:
    expected = pd.read_csv(shared / "rties" / "reference" / "glla_weights_e5_t4_d1.csv")
    np.testing.assert_allclose(make_glla_weights(5, 4), expected, rtol=EXACT, atol=1e-15)


@pytest.mark.parametrize("coupled", [True, False])
def test_oscillators(
    shared: Path, couples: dict[int, tuple[np.ndarray, np.ndarray]], coupled: bool
) -> None:
    expected = table_of(shared, "clo_coupled" if coupled else "clo_uncoupled")
    chosen = table_of(shared, "clo_fittable")
    terms = {
        "obs": "level",
        "d1": "slope",
        "p_obs": "partner_level",
        "p_d1": "partner_slope",
    }
    for couple, pair in couples.items():
        row = chosen.loc[couple]
        settings = Oscillator(int(row["embed"]), int(row["tau"]), coupled, compat="rties")
        fit = fit_oscillator(*pair, settings=settings)
        for column in expected.columns.drop("adjR2"):
            partner = (fit.first, fit.second)[int(column[-1])]
            ours = getattr(partner, terms[column[:-2]])
            theirs = expected.loc[couple, column]
            assert ours == pytest.approx(theirs, abs=ROUNDED, nan_ok=True), (couple, column)
        assert fit.r2_adjusted == pytest.approx(expected.loc[couple, "adjR2"], rel=1e-11)
        if coupled:
            periods = [fit.first.period_s, fit.second.period_s]
            np.testing.assert_allclose(
                periods, row[["Period0", "Period1"]].to_numpy(float), atol=ROUNDED_PERIOD, rtol=0
            )


def test_chosen_embedding(shared: Path, couples: dict[int, tuple[np.ndarray, np.ndarray]]) -> None:
    chosen = table_of(shared, "clo_fittable")
    for couple, pair in couples.items():
        ours = choose_embedding(
            *pair, taus=(4, 5), embeds=(3, 4, 5), settings=Oscillator(compat="rties")
        )
        row = chosen.loc[couple]
        assert (ours.tau, ours.embed) == (row["tau"], row["embed"]), couple
        assert round(ours.r2_adjusted, 2) == pytest.approx(row["Rsqr"]), couple


def test_without_compat_identical_partners_are_not_told_apart(
    couples: dict[int, tuple[np.ndarray, np.ndarray]],
) -> None:
    # Couple 19 holds one person's dial under both names; rties gives it a coordination of .86.
    one, two = couples[19]
    assert np.array_equal(one, two)
    fit = fit_inertia(one, two)
    assert np.isnan([fit.first.inertia, fit.first.coordination]).all()
    assert fit.r2_adjusted == pytest.approx(0.743, abs=0.003)
    oscillator = fit_oscillator(one, two)
    assert np.isnan([oscillator.first.level, oscillator.first.partner_level]).all()


# -- scipy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("segment_s", "overlap"), [(10.0, 0.5), (8.0, 0.0)])
def test_coherence_of_complete_signals(segment_s: float, overlap: float) -> None:
    from scipy.signal import coherence

    rng = np.random.default_rng(5)
    shared_part = rng.normal(size=3000)
    one, two = shared_part + rng.normal(size=(2, 3000))
    size = int(segment_s * 10)
    frequencies, expected = coherence(
        one, two, fs=10, nperseg=size, noverlap=int(overlap * size), window="hann"
    )
    band = Band(0.2, 4.0, segment_s, overlap)
    ours = measure_coherence(one, two, 10, band)
    kept = (frequencies >= 0.2 - 1e-9) & (frequencies <= 4 + 1e-9)
    np.testing.assert_allclose(ours.frequencies_hz, frequencies[kept], rtol=EXACT)
    np.testing.assert_allclose(ours.coherences, expected[kept], rtol=1e-10)
    assert ours.coherence == pytest.approx(expected[kept].mean(), rel=1e-10)
