"""Signals of real dyads, from file to result: motion energy, video calls, still-face."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from reattune.core.session import Phase, Session
from reattune.core.streams import Signal
from reattune.datasets.ffsf import read_timing
from reattune.io.read import read_recordings
from reattune.prepare.signals import find_speed
from reattune.synchrony import CrossCorrelation, Windows, use_preset
from reattune.synchrony_pipeline import Preparation, SignalRecord, analyze_signals, read_signals

TEN = CrossCorrelation(Windows(30, 10, 5))
AS_RECORDED = Preparation(smooth_s=0, outlier_sd=None)


def need(folder: Path) -> Path:
    if not folder.is_dir():
        pytest.skip(f"the folder {folder.name} is not there")
    return folder


# -- motion energy of ten intake interviews ------------------------------------------------------


def test_motion_energy_from_file_to_result_gives_the_numbers_of_rmea(shared: Path) -> None:
    folder = need(shared / "rmea")
    result = analyze_signals(
        folder / "raw", use_preset("rmea"), prepare=AS_RECORDED, rate_hz=25, surrogates=0
    )
    with (folder / "reference" / "rmea_summary.csv").open(encoding="utf-8") as stream:
        rows = {row["dyad"]: row for row in csv.DictReader(stream) if row["config"] == "B"}
    assert len(rows) == len(result.records) == 10
    for dyad, row in rows.items():
        summary = result[f"{dyad}_01"]["all"].summary
        assert summary is not None
        found = summary.absolute
        pairs = (
            (found.all_lags, row["grandAver"]),
            (found.lag_zero, row["lag_zero"]),
            (found.first_leads, row["s1_lead"]),
            (found.second_leads, row["s2_lead"]),
        )
        for ours, theirs in pairs:
            assert ours == pytest.approx(float(theirs), abs=1e-8)
        assert summary.n_windows == int(row["n_win"])
    assert {row["folder"] for row in result.covariates.values()} == {"normal", "dropout"}


@pytest.mark.slow
def test_ten_interviews_beside_strangers_and_beside_themselves(shared: Path) -> None:
    folder = need(shared / "rmea") / "raw"
    study = read_signals(folder, rate_hz=25)
    (found,) = analyze_signals(study, TEN, surrogates=499).study
    assert found.pairing is not None
    assert found.combined is not None
    pairing, combined = found.pairing["mean_abs_z"], found.combined["mean_abs_z"]
    assert pairing.observed == pytest.approx(0.1663, abs=5e-4)
    assert pairing.observed == pytest.approx(combined.observed)
    # Absolute movement is more alike than that of strangers and of other moments, just.
    assert pairing.null_mean == pytest.approx(0.156, abs=0.002)
    assert combined.null_mean == pytest.approx(0.154, abs=0.002)
    assert max(pairing.p, combined.p) <= 0.03
    # With its sign it is not: some move against each other.
    assert found.pairing["mean_z"].p > 0.3
    assert found.combined["mean_z"].p > 0.3


# -- video calls with a delay --------------------------------------------------------------------


def load_calls(shared: Path) -> list[Session]:
    path = need(shared / "video_call_delay_diao2024") / "body_motion_long.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        next(stream)
        table = np.loadtxt(stream, delimiter=",")
    sessions = []
    for number, delay in dict.fromkeys(map(tuple, table[:, :2].astype(int).tolist())):
        rows = table[(table[:, 0] == number) & (table[:, 1] == delay)]
        pair = tuple(Signal(who, "motion", rows[:, 3 + k], 30) for k, who in enumerate("AB"))
        sessions.append(
            Session(
                f"{number}_{delay}",
                ("A", "B"),
                (0, 180),
                pair,
                str(number),
                meta={"delay_ms": int(delay)},
            )
        )
    return sessions


@pytest.mark.slow
def test_zero_lag_correlations_of_the_calls_are_the_published_ones(shared: Path) -> None:
    sessions = load_calls(shared)
    # One window of the whole call, no lags, nothing prepared: the correlation of the raw series.
    whole = CrossCorrelation(Windows(180, 180, 0), fisher_z=False)
    result = analyze_signals(
        sessions, whole, prepare=AS_RECORDED, surrogates=0, by_condition="delay_ms"
    )
    assert result.conditions == ("0", "500", "1000")
    medians = {
        delay: np.median(
            [
                record["all"].summary.signed.lag_zero  # type: ignore[union-attr]
                for record in result.records
                if record.session.meta["delay_ms"] == delay
            ]
        )
        for delay in (0, 500, 1000)
    }
    assert [row.n_dyads for row in result.study] == [38, 38, 37]
    for delay, published in ((0, 0.057), (500, 0.075), (1000, 0.023)):
        assert medians[delay] == pytest.approx(published, abs=5e-4)


@pytest.mark.slow
def test_calls_re_paired_within_each_delay(shared: Path) -> None:
    result = analyze_signals(load_calls(shared), TEN, surrogates=99, by_condition="delay_ms")
    zero = {row.condition: row.pairing["lag_zero_z"] for row in result.study if row.pairing}
    signed = {row.condition: row.pairing["mean_z"] for row in result.study if row.pairing}
    assert list(zero) == ["0", "500", "1000"]
    for delay, expected in (("0", 0.069), ("500", 0.101), ("1000", 0.041)):
        assert zero[delay].observed == pytest.approx(expected, abs=0.006)
        # Strangers of the same delay, who only share the task, are above 0 as well.
        assert 0 < zero[delay].null_mean < zero[delay].observed
    # A delay of a second leaves least at the same moment; over all lags partners stay beyond
    # strangers throughout.
    assert zero["500"].p <= 0.05
    assert zero["1000"].p > 0.05
    assert max(row.p for row in signed.values()) <= 0.06


# -- still-face ----------------------------------------------------------------------------------

VISITS = ("02_S019_06", "02_S022_06", "02_S023_02", "02_S035_18", "02_S038_12")


def load_visit(folder: Path, name: str) -> Session:
    """Mean speed of all landmarks of each person, where at least five were detected."""
    number, months = name.split("_S")[1].split("_")
    visit = f"t{int(number):02d}{months}"
    signals = []
    for who, place in (("infant", "pose_infant"), ("caregiver", "pose_mom")):
        path = folder / place / f"{name}_op.csv.xz"
        (recording,) = read_recordings(path, options={"fps": 30})
        tracks = {track.name: track for track in recording.tracks}
        speeds = []
        for mark in [key[:-2] for key in tracks if key.endswith("_x")]:
            axes = [Signal(who, key, tracks[key].values, 30) for key in (f"{mark}_x", f"{mark}_y")]
            speeds.append(find_speed(axes).signal.values)
        seen = np.isfinite(speeds)
        total, n = np.where(seen, speeds, 0.0).sum(axis=0), seen.sum(axis=0)
        signals.append(
            Signal(who, "motion", np.where(n >= 5, total / np.maximum(n, 1), np.nan), 30)
        )
    end = max(len(signal) for signal in signals) / 30
    phases = tuple(
        Phase(p.label, p.start, min(p.end, end), p.imposed)
        for p in read_timing(folder / "timing.csv")[visit]
        if p.start < end
    )
    return Session(visit, ("infant", "caregiver"), (0, end), tuple(signals), phases=phases)


@pytest.fixture(scope="module")
def visits(shared: Path) -> dict[str, SignalRecord]:
    folder = need(shared / "ffsf_klein2020")
    result = analyze_signals(
        [load_visit(folder, name) for name in VISITS],
        CrossCorrelation(Windows(10, 1, 3)),
        surrogates=0,
    )
    return {record.id: record for record in result.records}


def median_speed(record: SignalRecord, label: str, who: int) -> tuple[float, float]:
    """Median speed of a partner in a phase, and the share of it in which nobody was detected."""
    part = next(part for part in record.parts if part.phase.label == label)
    values = record.raw[who].clip(*part.phase.window).values
    return float(np.nanmedian(values)), float(np.isnan(values).mean())


def test_one_persons_files_under_both_names_raise_a_warning_and_no_number(
    visits: dict[str, SignalRecord],
) -> None:
    twin = visits["t3812"]
    assert twin.identical
    codes = {note.code for note in twin.notes if note.level == "warning"}
    assert {"signals_alike", "signal_identical"} <= codes
    assert all(part.table is None and "one and the same" in part.no_table for part in twin.parts)
    assert [name for name, record in visits.items() if record.identical] == ["t3812"]


def test_mothers_move_less_in_the_still_face_and_more_again_in_the_reunion(
    visits: dict[str, SignalRecord],
) -> None:
    seen = {}
    for name, record in visits.items():
        if record.identical:
            continue
        play, still, reunion = (
            median_speed(record, label, who=1) for label in ("play", "still_face", "reunion")
        )
        # Where the mother was out of sight for most of a phase nothing can be said.
        if max(play[1], still[1], reunion[1]) < 0.5:
            seen[name] = (play[0], still[0], reunion[0])
    assert set(seen) == {"t1906", "t2302"}
    for play_speed, still_speed, reunion_speed in seen.values():
        assert still_speed < 0.6 * play_speed
        assert reunion_speed > 1.5 * still_speed


def test_phases_too_short_or_out_of_sight_say_so(visits: dict[str, SignalRecord]) -> None:
    def part(name: str, label: str) -> str:
        return visits[name][label].no_table

    assert "shorter than one window" in part("t1906", "reunion")
    assert "too little observed" in part("t2206", "still_face")
    assert part("t2206", "play") == part("t2302", "reunion") == ""


def test_mothers_voices_stop_in_the_still_face_and_come_back(shared: Path) -> None:
    folder = need(shared / "ffsf_klein2020")
    timing = read_timing(folder / "timing.csv")
    means: dict[str, list[float]] = {"play": [], "still_face": [], "reunion": []}
    names = sorted(path.name for path in (folder / "F0_mom").glob("t*.csv.gz"))[:16]
    for name in names:
        (recording,) = read_recordings(
            folder / "F0_mom" / name, format="table", options={"rate_hz": 30}
        )
        (track,) = recording.find("mom")
        voice = Signal("caregiver", "voice", track.values, 30)
        for phase in timing[name.split(".")[0]]:
            values = voice.clip(*phase.window).values
            means[phase.label].append(float(np.nanmean(values)))
    play, still, reunion = (np.array(means[label]) for label in means)
    assert np.median(still) < 0.01
    assert (still < play).sum() >= len(names) - 1
    assert (reunion > still).sum() >= len(names) - 2
