"""Ten worked cases of twelve meetings: every criterion to the printed digits."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import stdev

import pytest

from reattune.courses import (
    ControlChart,
    CourseEvent,
    Criterion,
    Cusum,
    Decline,
    Drop,
    Ewma,
    ReliableChange,
    SampleConstants,
    find_events,
    sample_constants,
)
from reattune.courses.chart import ALL_RULES

CRITERIA: dict[str, Criterion] = {
    "V_k1_meanSD_rho75_W3": Drop(),
    "V_k2_meanSD_rho75_W3": Drop(k=2),
    "DECL_k1_maxSD_rho75": Decline(),
    "DECL_k2_maxSD_rho75": Decline(k=2),
}
Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in read(shared / "alliance" / "synthetic_reference_series.csv"):
        found.setdefault(row["case_id"], []).append(float(row["rating"]))
    assert len(found) == 10
    return found


@pytest.fixture(scope="module")
def constants(cases: dict[str, list[float]]) -> SampleConstants:
    return sample_constants(cases.values(), scale=(1, 7))


@pytest.fixture(scope="module")
def charts(shared: Path) -> Rows:
    return read(shared / "alliance" / "synthetic_expected_charts.csv")


def written(number: int | None) -> str:
    return "" if number is None else str(number)


def row_of(event: CourseEvent, columns: list[str]) -> tuple[str, ...]:
    told = {
        "pre_session": written(event.pre),
        "onset_session": written(event.onset),
        # The table prints the first nadir; the extent of the bottom is in plateau_len.
        "nadir_session": written(event.first_nadir),
        "drop": str(round(event.drop, 9)),
        "repair_session": written(event.repair),
        "repair_latency_sessions": written(event.latency),
        "fall_len": written(event.fall),
        "plateau_len": written(event.plateau),
        "rise_len": written(event.rise),
        "pattern": event.pattern,
        "status": event.status,
    }
    return tuple(told[name] for name in columns)


def test_constants_of_the_sample(cases: dict[str, list[float]], constants: SampleConstants) -> None:
    assert round(constants.mean_sd, 10) == 0.5428357852
    assert round(constants.pooled_sd, 10) == 0.5702537978
    means = [math.fsum(values) / len(values) for values in cases.values()]
    assert constants.between_sd == pytest.approx(stdev(means), rel=1e-12)
    assert constants.between_sd == pytest.approx(0.27642, abs=1e-5)
    assert (constants.cases, constants.ratings) == (10, 120)


@pytest.mark.parametrize("name", CRITERIA)
def test_events_to_the_printed_digits(
    name: str, cases: dict[str, list[float]], constants: SampleConstants, shared: Path
) -> None:
    rows = read(shared / "alliance" / "synthetic_expected_episodes.csv")
    columns = [c for c in rows[0] if c not in ("case_id", "criterion", "episode")]
    for case, ratings in cases.items():
        own = [r for r in rows if r["case_id"] == case and r["criterion"] == name]
        assert own, case
        wanted = [tuple(r[c] for c in columns) for r in own if r["episode"] != "0"]
        events = find_events(ratings, CRITERIA[name], constants)
        assert [row_of(event, columns) for event in events] == wanted, case
        for event in events:
            assert event.drop_prop == pytest.approx(event.drop / 6)
            assert event.entered


def test_lines_of_the_charts(cases: dict[str, list[float]], charts: Rows) -> None:
    for row in charts:
        _, centres, sigmas = ControlChart().lines(cases[row["case_id"]])
        assert round(centres[0], 6) == float(row["mean"])
        assert round(sigmas[0], 6) == float(row["sigma_mr_over_1.128"])
        assert round(sigmas[0] * 1.128, 6) == float(row["mean_moving_range"])
        assert round(centres[0] - 3 * sigmas[0], 6) == float(row["lcl_3sigma"])
        assert len(set(centres)) == len(set(sigmas)) == 1


def test_signals_of_the_charts(cases: dict[str, list[float]], charts: Rows) -> None:
    for row in charts:
        ratings = cases[row["case_id"]]
        told = ControlChart(rules=ALL_RULES).signals(ratings)
        for number, rule in enumerate(ALL_RULES, 1):
            wanted = row[f"we{number}_sessions"].split()
            assert [str(m) for m in told[rule]] == wanted, (row["case_id"], rule)
        low = row["cusum_low_k0.5_h4_signal_sessions"].split()
        assert [str(m) for m in Cusum().signal_meetings(ratings)] == low, row["case_id"]
        low = row["ewma_low_lambda0.2_L3_signal_sessions"].split()
        assert [str(m) for m in Ewma().signal_meetings(ratings)] == low, row["case_id"]


def test_reliable_change(cases: dict[str, list[float]], charts: Rows) -> None:
    criterion = ReliableChange(sd=0.9, reliability=0.92)
    assert round(criterion.error_sd, 6) == 0.36
    for row in charts:
        found = criterion.indices(cases[row["case_id"]])
        assert [str(meeting) for meeting, _ in found] == row["rci_drop_sessions_crit1.96"].split()
        assert [f"{index:.3f}" for _, index in found] == row["rci_values"].split()
        events = find_events(cases[row["case_id"]], criterion)
        assert {event.onset for event in events} <= {meeting for meeting, _ in found}


def test_the_two_traps(cases: dict[str, list[float]], constants: SampleConstants) -> None:
    """A rising course signals; a see-saw does not; a drop in the last meeting is censored."""
    assert ControlChart(rules=("R2",))(cases["A_stable"]) != ()
    assert ControlChart(rules=ALL_RULES, detrend=True)(cases["A_stable"]) == ()
    assert Cusum()(cases["A_stable"]) != () and Cusum(detrend=True)(cases["A_stable"]) == ()
    assert Ewma()(cases["A_stable"]) != () and Ewma(min_drop=0.5)(cases["A_stable"]) == ()
    assert ControlChart(rules=ALL_RULES)(cases["H_noisy"]) == ()
    assert len(find_events(cases["H_noisy"], Drop(k=2), constants)) == 4
    (late,) = find_events(cases["I_late_censored"], Drop(), constants)
    assert (late.status, late.reason, late.repair) == ("censored", "end", None)
