"""What the smallest durations do to the counts."""

from __future__ import annotations

import pytest

import reattune as ra
from reattune.sensitivity import DURATIONS_S, sensitivity_frame, vary_criteria

from .test_pipeline import RULE, example_sessions


def test_rows_equal_an_analysis_with_these_criteria() -> None:
    session = example_sessions(1)[0]
    part = ra.analyze(session, RULE, surrogates=0)["play"]
    frame = sensitivity_frame([part])
    assert len(frame) == 2 * len(DURATIONS_S) - 1
    for row in frame.to_dict("records"):
        criteria = ra.Criteria(min_rupture_s=row["min_rupture_s"], merge_gap_s=row["merge_gap_s"])
        again = ra.analyze(session, RULE, criteria, surrogates=0)["play"]
        for name in ("n_ruptures", "repair_hazard_per_s", "repair_latency_q50_s"):
            assert row[name] == pytest.approx(again.measures[name].value, nan_ok=True)
    assert frame["n_ruptures"].iloc[0] == part.measures["n_ruptures"].value


def test_several_sessions_are_pooled() -> None:
    sessions = example_sessions(2)
    parts = [ra.analyze(s, RULE, surrogates=0)["play"] for s in sessions]
    pooled = vary_criteria([p.attunement for p in parts])[0][1]
    events = sum(p.measures["n_repair_events"].value for p in parts)
    exposure = sum(p.measures["mismatched_s"].value for p in parts)
    assert pooled["repair_hazard_per_s"].value == pytest.approx(events / exposure)
    counts = [v["n_ruptures"].value for _, v in vary_criteria([parts[0].attunement])]
    assert counts[: len(DURATIONS_S)] == sorted(counts[: len(DURATIONS_S)], reverse=True)
