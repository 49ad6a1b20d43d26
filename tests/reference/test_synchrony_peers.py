"""rMEA 1.3.0, SUSY 0.1.0 and R's loess on ten recordings: their own numbers, to 1e-8."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from reattune.synchrony import (
    CrossTable,
    Windows,
    average_lags,
    average_windows,
    cross_correlate,
    cross_correlate_many,
    describe_segments,
    find_best_lags,
    find_peaks,
    summarize,
    use_preset,
)

RATE_HZ = 25.0
TOLERANCE = 1e-8
DYADS = (200, 202, 204, 206, 208, 100, 102, 104, 106, 108)
CONFIGS = "ABCDE"
Rows = Callable[[str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = shared / "rmea"
    if not (found / "reference").is_dir():
        pytest.skip("the folder of rMEA recordings is not there")
    return found


@pytest.fixture(scope="module")
def rows(folder: Path) -> Rows:
    def read(name: str) -> list[dict[str, str]]:
        with (folder / "reference" / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return read


def number(text: str) -> float:
    return float("nan") if text in ("NA", "NaN") else float(text)


# -- what rMEA does to a signal before it correlates -------------------------------------------


def smooth_like_rmea(values: np.ndarray) -> np.ndarray:
    """Sum of 12 samples over 12.5; 0 at the end and where any is missing."""
    padded = np.concatenate([np.zeros(6), values, np.zeros(5)])
    sums = np.array([padded[i : i + values.size] for i in range(12)]).sum(axis=0) / 12.5
    sums[-5:] = 0
    sums[np.isnan(sums)] = 0
    sums[np.isnan(values)] = np.nan
    return sums


def prepare(raw: tuple[np.ndarray, np.ndarray], config: str) -> list[np.ndarray]:
    """The two signals as a configuration has them; outliers and scale as the reference says."""
    signals = list(raw)
    if config == "D":
        limit = 10 * np.std(np.concatenate(raw), ddof=1)
        signals = [np.where(v > limit, np.nan, v) for v in signals]
    if config in "ADE":
        signals = [smooth_like_rmea(v) for v in signals]
        signals = [v / np.nanstd(v, ddof=1) for v in signals]
    return signals


@cache
def read_raw(folder: Path, dyad: int) -> tuple[np.ndarray, np.ndarray]:
    group = "normal" if dyad >= 200 else "dropout"
    x, y = np.loadtxt(folder / "raw" / group / f"{dyad}_01.txt", skiprows=1).T
    return x, y


def read_params(folder: Path) -> dict[str, tuple[Windows, bool, bool]]:
    """Windows, Fisher z and absolute value; the text of a configuration may hold commas."""
    found = {}
    lines = (folder / "reference" / "rmea_params.csv").read_text("utf-8").splitlines()
    for line in lines[1:]:
        fields = line.split(",")
        lag, window, step = (float(f) for f in fields[-7:-4])
        found[fields[0]] = (Windows(window, step, lag), fields[-4] == "TRUE", fields[-3] == "TRUE")
    return found


@cache
def table_of(folder: Path, config: str, dyad: int, kernel: str = "auto") -> CrossTable:
    windows, fisher, _ = read_params(folder)[config]
    x, y = prepare(read_raw(folder, dyad), config)
    settings = replace(use_preset("rmea", windows), fisher_z=fisher)
    return cross_correlate(x, y, settings, rate_hz=RATE_HZ, kernel=kernel)  # type: ignore[arg-type]


@pytest.mark.parametrize("config", CONFIGS)
def test_windows_lags_missing_cells_and_means(folder: Path, rows: Rows, config: str) -> None:
    absolute = read_params(folder)[config][2]
    theirs = [row for row in rows("rmea_summary.csv") if row["config"] == config]
    assert len(theirs) == len(DYADS)
    for row, kernel in product(theirs, ("fft", "running")):
        table = table_of(folder, config, int(row["dyad"]), kernel)
        assert table.grid.n_samples == int(row["n_samples"])
        assert table.grid.shape == (int(row["n_win"]), int(row["n_lags"]))
        assert int(table.missing.sum()) == int(row["n_na"])
        found = summarize(table)
        means = found.absolute if absolute else found.signed
        values = np.abs(table.values) if absolute else table.values
        mine = {
            "grandAver": means.all_lags,
            "lag_zero": means.lag_zero,
            "s1_lead": means.first_leads,
            "s2_lead": means.second_leads,
            "sd_all": np.nanstd(values, ddof=1),
            "min": np.nanmin(values),
            "max": np.nanmax(values),
        }
        for name, value in mine.items():
            assert value == pytest.approx(number(row[name]), abs=TOLERANCE), (row["dyad"], name)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_window_and_its_best_lag(folder: Path, rows: Rows, config: str) -> None:
    absolute = read_params(folder)[config][2]
    theirs = [row for row in rows("rmea_windows.csv") if row["config"] == config]
    names = {
        "all_lags": "all_lags",
        "s1_lead": "first_leads",
        "s2_lead": "second_leads",
        "lag_zero": "lag_zero",
        "s1_lead_0": "first_leads_or_zero",
        "s2_lead_0": "second_leads_or_zero",
    }
    for dyad in DYADS:
        table = table_of(folder, config, dyad)
        own = [row for row in theirs if int(row["dyad"]) == dyad]
        means = average_windows(table, absolute=absolute)
        assert len(own) == table.grid.shape[0]
        for theirs_name, name in names.items():
            expected = [number(row[theirs_name]) for row in own]
            mine = getattr(means, name)
            np.testing.assert_allclose(mine, expected, rtol=0, atol=TOLERANCE, err_msg=name)
        best = find_best_lags(table, absolute=absolute)
        expected = [number(row["bestLag"]) for row in own]
        np.testing.assert_allclose(best.lag_s, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("config", CONFIGS)
def test_the_profile_over_lags(folder: Path, rows: Rows, config: str) -> None:
    absolute = read_params(folder)[config][2]
    theirs = [row for row in rows("rmea_lagprofile.csv") if row["config"] == config]
    for dyad in DYADS:
        own = [row for row in theirs if int(row["dyad"]) == dyad]
        table = table_of(folder, config, dyad)
        np.testing.assert_allclose(table.lags_s, [float(row["lag_s"]) for row in own], atol=1e-9)
        np.testing.assert_allclose(
            average_lags(table, absolute=absolute),
            [number(row["mean"]) for row in own],
            rtol=0,
            atol=TOLERANCE,
        )


@pytest.mark.parametrize("dyad", [200, 100])
@pytest.mark.parametrize("kernel", ["fft", "running"])
def test_every_cell(folder: Path, rows: Rows, dyad: int, kernel: str) -> None:
    theirs = np.array(
        [
            [number(value) for name, value in row.items() if name != "win"]
            for row in rows(f"rmea_ccf_full_A_{dyad}.csv")
        ]
    )
    table = table_of(folder, "A", dyad, kernel)
    assert theirs.shape == (57, 251)
    np.testing.assert_allclose(table.z, theirs, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(table.r, np.tanh(theirs), rtol=0, atol=TOLERANCE)


@cache
def grand_means_of_pairings(folder: Path, pairs: tuple[str, ...]) -> np.ndarray:
    """Grand mean, mean at lag zero and mean absolute z of pairings named as in the reference."""
    people = {}
    for dyad in DYADS:
        group = "normal" if dyad >= 200 else "dropout"
        x, y = prepare(read_raw(folder, dyad), "A")
        people[f"{group}_{dyad}_1_Pat"], people[f"{group}_{dyad}_1_The"] = x, y
    names = list(people)
    places = [tuple(names.index(part) for part in pair.split("_|_")) for pair in pairs]
    tables = cross_correlate_many(
        list(people.values()),
        use_preset("rmea", read_params(folder)["A"][0]),
        rate_hz=RATE_HZ,
        pairs=places,  # type: ignore[arg-type]
    )
    found = [summarize(table) for table in tables]
    return np.array([(f.signed.all_lags, f.signed.lag_zero, f.absolute.all_lags) for f in found])


def test_pairings_of_different_dyads(folder: Path, rows: Rows) -> None:
    theirs = rows("rmea_surrogates_A.csv")
    assert len(theirs) == 180 + 90
    mine = grand_means_of_pairings(folder, tuple(row["pair"] for row in theirs))
    columns = ("grandAver", "lag_zero", "mean_abs")
    expected = [[number(row[name]) for name in columns] for row in theirs]
    np.testing.assert_allclose(mine, expected, rtol=0, atol=TOLERANCE)


def test_effect_sizes_of_real_beside_other_pairings(folder: Path, rows: Rows) -> None:
    real = {d: summarize(table_of(folder, "A", d)).signed.all_lags for d in DYADS}
    theirs = rows("rmea_surrogates_A.csv")
    pseudo = grand_means_of_pairings(folder, tuple(row["pair"] for row in theirs))[:, 0]
    groups = {
        "all": np.array(list(real.values())),
        "normal": np.array([v for d, v in real.items() if d >= 200]),
        "dropout": np.array([v for d, v in real.items() if d < 200]),
        **{
            kind: pseudo[[row["kind"] == kind for row in theirs]]
            for kind in ("all_pairs", "keep_roles")
        },
    }
    for row in rows("rmea_cohens_d_A.csv"):
        a, b = (groups[name] for name in row["contrast"].split(" vs "))
        pooled = (a.var(ddof=1) * (a.size - 1) + b.var(ddof=1) * (b.size - 1)) / (
            a.size + b.size - 2
        )
        d = abs(a.mean() - b.mean()) / np.sqrt(pooled)
        assert d == pytest.approx(number(row["cohens_d"]), abs=TOLERANCE), row["contrast"]


@pytest.mark.parametrize(("threshold", "gap"), [(0.5, 1), (0.5, 3), (1.0, 1), (1.0, 3)])
def test_windows_with_a_suspicious_lag_zero(
    folder: Path, rows: Rows, threshold: float, gap: int
) -> None:
    """Runs of windows above a threshold at lag zero are the stretches the program lists."""
    theirs = {
        (row["uid"].split("_")[1], row["start"], row["end"])
        for row in rows("rmea_artefacts_A.csv")
        if (float(row["threshold"]), int(row["delta"])) == (threshold, gap)
    }
    mine = set()
    for dyad in DYADS:
        above = np.flatnonzero(average_windows(table_of(folder, "A", dyad)).lag_zero > threshold)
        for run in np.split(above, np.flatnonzero(np.diff(above) > gap) + 1):
            if run.size:
                begin, end = (
                    f"00:{s // 60:02d}:{s % 60:02d}" for s in (10 * run[0], 10 * run[-1] + 10)
                )
                mine.add((str(dyad), begin, end))
    assert mine == theirs


@pytest.mark.parametrize("reach", [8, 20])
def test_peaks_of_the_windows(folder: Path, rows: Rows, reach: int) -> None:
    """Asked for: within one sample. Found: the same half sample in every window."""
    theirs = [row for row in rows("peaks_boker_A.csv") if int(row["Lsize"]) == reach]
    assert len(theirs) == 6 * 57
    for dyad in (200, 204, 208, 100, 104, 108):
        own = [row for row in theirs if int(row["dyad"]) == dyad]
        found = find_peaks(table_of(folder, "A", dyad), reach=reach)
        expected = np.array([number(row["peak_lag_samples"]) for row in own])
        np.testing.assert_allclose(found.lag_s * RATE_HZ, expected, rtol=0, atol=1e-6)
        heights = [number(row["peak_value"]) for row in own]
        np.testing.assert_allclose(found.value, heights, rtol=0, atol=TOLERANCE)


# -- SUSY --------------------------------------------------------------------------------------

SUSY_NAMES = {
    "Z": "z_abs",
    "Z_pseudo": "z_abs_pseudo",
    "sd_Z": "z_abs_sd",
    "sd_Z_pseudo": "z_abs_pseudo_sd",
    "n_lags": "n_lags",
    "n_segments": "n_segments",
    "ES": "es_abs",
    "Z_lead1": "z_abs_first_leads",
    "Z_lead2": "z_abs_second_leads",
    "ES_lead1": "es_abs_first_leads",
    "ES_lead2": "es_abs_second_leads",
    "Z_inphase": "in_phase",
    "Z_antiphase": "anti_phase",
    "n_inphase": "n_in_phase",
    "n_antiphase": "n_anti_phase",
    "Z_noabs": "z",
    "Z_pseudo_noabs": "z_pseudo",
    "ES_noabs": "es",
}


def test_the_numbers_of_susy(folder: Path, rows: Rows) -> None:
    theirs = rows("susy_summary.csv")
    segments, profile = rows("susy_segments.csv"), rows("susy_lagprofile_30_5.csv")
    assert len(theirs) == 30
    for row in theirs:
        dyad, length, lag = int(row["dyad"]), float(row["segment"]), float(row["maxlag"])
        x, y = read_raw(folder, dyad)
        settings = use_preset("susy", Windows(length, length, lag))
        found = describe_segments(x, y, settings, rate_hz=RATE_HZ)
        told = found.to_dict()
        for name, mine in SUSY_NAMES.items():
            expected = pytest.approx(number(row[name]), abs=TOLERANCE, nan_ok=True)
            assert told[mine] == expected, (dyad, name)
        for name, mine in (
            ("pct_gt_pseudo", "above_pseudo_prop"),
            ("pct_gt_pseudo_noabs", "signed_above_pseudo_prop"),
        ):
            assert 100 * told[mine] == pytest.approx(number(row[name]), abs=TOLERANCE)
        own = [
            s
            for s in segments
            if (int(s["dyad"]), float(s["segment"]), float(s["maxlag"])) == (dyad, length, lag)
        ]
        for name, values in (
            ("nReal", found.segment_abs_r),
            ("nPseudo", found.segment_pseudo_abs_r),
        ):
            expected = [number(s[name]) for s in own]
            np.testing.assert_allclose(values, expected, rtol=0, atol=TOLERANCE)
        if (length, lag) == (30, 5):
            check_profile(found, [p for p in profile if int(p["dyad"]) == dyad])


def check_profile(found: object, own: list[dict[str, str]]) -> None:
    real, pseudo = found.real, found.pseudo  # type: ignore[attr-defined]
    # Their lag is below 0 where the first leads.
    theirs_s = -np.array([float(p["lag_samples"]) for p in own])[::-1] / RATE_HZ
    np.testing.assert_allclose(found.lags_s, theirs_s)  # type: ignore[attr-defined]
    for name, values in (
        ("meanccorrReal", real.abs_r),
        ("meanccorrPseudo", pseudo.abs_r),
        ("meanccorrRealZ", real.abs_z),
        ("meanccorrRealZNotAbs", real.z),
        ("meanccorrPseudoZ", pseudo.abs_z),
        ("meanccorrPseudoZNotAbs", pseudo.z),
    ):
        expected = [number(p[name]) for p in own][::-1]
        np.testing.assert_allclose(values, expected, rtol=0, atol=TOLERANCE, err_msg=name)
