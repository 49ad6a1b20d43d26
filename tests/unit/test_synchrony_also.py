"""Other measures of coupling in an analysis of signals: asked for by name, beside their null."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Phase, Session
from reattune.core.streams import Events, Signal
from reattune.coupling import (
    Band,
    Inertia,
    Oscillator,
    PhaseBand,
    Recurrence,
    Symbols,
    compare_with_rotations,
    fit_inertia,
    fit_oscillator,
    measure_coherence,
    measure_event_synchrony,
    measure_floor,
    measure_information,
    measure_phase_synchrony,
    measure_recurrence,
    measure_symbolic_entropy,
    profile_recurrence,
)
from reattune.coupling.chance import spread_turns
from reattune.provenance import make_rng
from reattune.show.synchrony_export import write_signals
from reattune.synchrony import CrossCorrelation, Windows
from reattune.synchrony_pipeline import (
    ALSO,
    CouplingRow,
    Preparation,
    SynchronyAnalysis,
    analyze_signals,
)
from reattune.synchrony_pipeline.also import list_also, measure_also
from reattune.synchrony_pipeline.also_signals import Setup

from .made_signals import PARTNERS, RATE_HZ, made_pair, made_session, write_motion

SHORT = CrossCorrelation(Windows(10, 5, 2))
OF_SIGNALS = tuple(name for name in ALSO if name not in ("events", "floor"))
SEEN = Intervals([0], [300])


def analyze(session: object, also: object, **more: object) -> SynchronyAnalysis:
    words = {"surrogates": 19, "also": also, **more}
    return analyze_signals(session, SHORT, **words)  # type: ignore[arg-type]


def rows_of(result: SynchronyAnalysis, phase: str = "all") -> dict[str, CouplingRow]:
    return {row.measure: row for row in result.records[0][phase].also}


def talking(*, second: str = "speech") -> Session:
    """Two signals, and bouts of both; the therapist answers half a second later."""
    starts = np.cumsum(np.random.default_rng(4).uniform(4, 9, 40))
    bouts = (
        Events("patient", "speech", starts, starts + 2, observed=SEEN),
        Events("therapist", second, starts + 2.5, starts + 3.5, observed=SEEN),
    )
    return made_session("d1", made_pair(1, lag=8, coupling=0.6)).with_streams(*bouts)


# -- values ------------------------------------------------------------------------------------


def test_values_are_those_of_the_functions_called_directly() -> None:
    result = analyze(made_session("d1", made_pair(1, lag=8, coupling=0.6)), OF_SIGNALS)
    found = rows_of(result)
    one, two = (np.asarray(s.values) for s in result["d1"]["all"].signals)
    near = Recurrence(radius=0.1, normalize="z")
    profile, plot = profile_recurrence(one, two, 20, near), measure_recurrence(one, two, near)
    coherence = measure_coherence(one, two, RATE_HZ, Band(0.2, 1.0, segment_s=20))
    phase = measure_phase_synchrony(one, two, RATE_HZ, PhaseBand(0.2, 0.5))
    entropy = measure_symbolic_entropy(one, two, Symbols(3))
    shared = measure_information(one, two, Symbols(3))
    inertia = fit_inertia(one, two, Inertia(lag=10))
    swing = fit_oscillator(one, two, RATE_HZ, Oscillator(embed=5, tau=5))
    expected = {
        "recurrence_peak": profile.peak,
        "recurrence_peak_lag_s": profile.peak_lag / RATE_HZ,
        "recurrence_prop": plot.recurrence_prop,
        "determinism_prop": plot.determinism_prop,
        "coherence": coherence.coherence,
        "coherence_phase_rad": coherence.phase_rad,
        "phase_locking": phase.plv,
        "phase_difference_rad": phase.phase_rad,
        "joint_entropy": entropy.entropy,
        "joint_entropy_lowest": entropy.lowest,
        "joint_entropy_highest": entropy.highest,
        "mutual_information": shared.information,
        "mutual_information_share": shared.share,
        "inertia_first": inertia.first.inertia,
        "inertia_second": inertia.second.inertia,
        "coordination_first": inertia.first.coordination,
        "coordination_second": inertia.second.coordination,
        "inertia_r2": inertia.r2_adjusted,
        "oscillator_period_first_s": swing.first.period_s,
        "oscillator_period_second_s": swing.second.period_s,
        "oscillator_pull_first": swing.first.partner_level,
        "oscillator_pull_second": swing.second.partner_level,
        "oscillator_r2": swing.r2_adjusted,
    }
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, rel=1e-9), name
        assert found[name].n > 0
        # A null, or the reason why there is none; never both and never neither.
        assert bool(found[name].refused) == math.isnan(found[name].p), name


def test_the_null_is_that_of_rotations() -> None:
    result = analyze(made_session("d1", made_pair(1, lag=8, coupling=0.6)), "coherence")
    row = rows_of(result)["coherence"]
    one, two = (np.asarray(s.values) for s in result["d1"]["all"].signals)
    band = Band(0.2, 1.0, segment_s=20)
    direct = compare_with_rotations(
        lambda a, b: measure_coherence(a, b, RATE_HZ, band).coherence,
        one,
        two,
        rng=make_rng(1, "d1", "all", "also", "coherence"),
        n_surrogates=19,
    )
    assert row.null == (direct.null_mean, direct.null_low, direct.null_high, direct.p)
    assert row.null_high < row.value
    assert row.settings["null"] == "rotation"


def test_a_highest_value_over_lags_is_turned_out_of_reach_of_its_lags() -> None:
    turns = spread_turns(3000, 41)
    assert np.diff([0, *turns, 3000]).min() >= 41
    assert turns.size == 72
    session = made_session("d1", made_pair(1, lag=8, coupling=0.6))
    row = rows_of(analyze(session, "recurrence", surrogates=199))["recurrence_peak"]
    assert row.settings["n_surrogates"] == 72
    assert row.p == pytest.approx(2 / 73)
    one, two = (np.asarray(s.values) for s in analyze(session, "floor")["d1"]["all"].signals)
    near = Recurrence(radius=0.1, normalize="z")
    null = [profile_recurrence(one, np.roll(two, t), 20, near).peak for t in turns]
    assert row.null_mean == pytest.approx(np.mean(null))
    short = made_session("d1", made_pair(1, n=1600, lag=8, coupling=0.6))
    assert "it takes 164 s" in rows_of(analyze(short, "recurrence"))["recurrence_peak"].refused


@pytest.mark.slow
def test_the_null_calls_few_unrelated_signals_different_from_chance() -> None:
    """At .05, of 200 pairs; the share's own error is .015."""
    called: dict[str, list[bool]] = {}
    asked, setup = list_also("recurrence,phase,information"), Setup(5.0, 2.0, 0.5)
    for i in range(200):
        session = made_session(f"d{i}", made_pair(1000 + i, n=1500), rate_hz=5.0)
        pair = tuple(session.stream("motion", who, Signal) for who in PARTNERS)
        phase = Phase("all", 0, 300)
        for row in measure_also(session, phase, pair, asked, setup, surrogates=39, seed=1):  # type: ignore[arg-type]
            if not row.refused:
                called.setdefault(row.measure, []).append(row.p < 0.0501)
    assert set(called) >= {"recurrence_peak", "phase_locking", "mutual_information"}
    assert all(np.mean(hits) < 0.1 for hits in called.values()), called


def test_turning_leaves_the_whole_recurrence_plot_nearly_as_it_is() -> None:
    """Why rate and determinism are given without a null."""
    one, two = made_pair(1, n=600, lag=8, coupling=0.6)
    near = Recurrence(radius=0.1, normalize="z")
    base = measure_recurrence(one, two, near)
    for shift in (50, 200, 400):
        turned = measure_recurrence(one, np.roll(two, shift), near)
        assert turned.n_recurrent == base.n_recurrent
        assert turned.determinism_prop == pytest.approx(base.determinism_prop, rel=0.01)


def test_a_named_band_and_radius_are_used() -> None:
    session = made_session("d1", made_pair(2))
    found = rows_of(analyze(session, ["coherence:0.5-1.5", "recurrence:0.4"], surrogates=0))
    assert found["coherence"].settings["low_hz"] == 0.5
    assert found["coherence"].settings["segment_s"] == 8
    assert found["recurrence_prop"].settings["radius_sd"] == 0.4
    less = rows_of(analyze(session, "recurrence", surrogates=0))["recurrence_prop"].value
    assert found["recurrence_prop"].value > 2 * less


def test_slow_signals_get_a_band_their_rate_can_hold() -> None:
    session = made_session("d1", made_pair(2, n=900), rate_hz=1.0)
    wide = CrossCorrelation(Windows(60, 30, 5))
    result = analyze_signals(session, wide, surrogates=0, also="coherence,phase")
    row = rows_of(result)["coherence"]
    assert (row.settings["low_hz"], row.settings["high_hz"]) == (0.05, 0.25)
    assert math.isfinite(row.value)


def test_missing_samples_are_left_out_and_not_filled() -> None:
    one, two = made_pair(3, coupling=0.5)
    two[1000:1500] = np.nan
    found = rows_of(analyze(made_session("d1", (one, two)), "information,entropy", surrogates=0))
    assert found["mutual_information"].n == found["joint_entropy"].n <= 2500


# -- events ------------------------------------------------------------------------------------


def test_onsets_and_bouts_are_those_of_the_functions_called_directly() -> None:
    session = talking()
    found = rows_of(analyze(session, "events,floor:speech"))
    one, two = (session.stream("speech", who, Events) for who in PARTNERS)
    direct = measure_event_synchrony(one.starts, two.starts, observed=SEEN)
    floor = measure_floor(one, two)
    assert found["event_synchrony"].value == direct.strength
    assert found["event_lead"].value == direct.lead > 0
    assert found["event_synchrony"].n == 80
    assert 0 < found["event_synchrony"].p <= 1
    assert found["floor_latency_second_s"].value == pytest.approx(0.5)
    assert found["floor_silence_prop"].value == pytest.approx(floor.silence_s / 300)
    assert math.isnan(found["floor_latency_second_s"].p)
    assert "No null" in found["floor_latency_second_s"].refused


@pytest.mark.parametrize("asked", ["events", "floor", "floor:speech"])
def test_events_of_one_partner_only_are_a_note(asked: str) -> None:
    result = analyze(talking(second="voice"), asked)
    assert result["d1"]["all"].also == ()
    notes = [note for note in result.all_notes() if note.code == "no_events"]
    assert [note.where for note in notes] == [f"d1: {asked}"]
    assert "was not measured" in result.summary()


# -- what cannot be measured -------------------------------------------------------------------


def test_too_short_records_have_nan_and_a_reason() -> None:
    result = analyze(made_session("d1", made_pair(4, n=90)), OF_SIGNALS)
    found = rows_of(result)
    for name in ("coherence", "phase_locking"):
        assert math.isnan(found[name].value)
        assert found[name].refused
    assert math.isfinite(found["mutual_information"].value)
    assert "too short for enough turns" in found["mutual_information"].refused
    assert math.isnan(found["mutual_information"].p)
    frame = result.to_frame().set_index("measure")
    assert math.isnan(frame.loc["coherence", "value"])


def test_signals_of_one_person_twice_and_a_cut_have_no_values() -> None:
    one, _ = made_pair(5)
    same = rows_of(analyze(made_session("d1", (one, one)), "coherence,inertia"))
    cut = made_session("d2", made_pair(5), cuts=(120.0,))
    for found, words in ((same, "one and the same"), (rows_of(analyze(cut, "phase")), "a cut")):
        assert all(math.isnan(row.value) and words in row.refused for row in found.values())


def test_a_signal_at_rest_has_a_reason() -> None:
    one, two = made_pair(5)
    found = rows_of(analyze(made_session("d1", (one, np.full_like(two, 2.0))), "recurrence"))
    assert {row.value == row.value for row in found.values()} == {False}
    assert "does not vary" in found["recurrence_peak"].refused


@pytest.mark.parametrize(
    ("also", "words"),
    [
        ("coherance", "Did you mean 'coherence'"),
        ("coherence:0.5", "a band in Hz, such as coherence:0.2-0.5"),
        ("phase:0.5-0.2", "a band in Hz"),
        ("recurrence:-1", "a radius in SD"),
        ("inertia:2", "it takes nothing"),
        (["phase:0.1-0.3", "phase:0.2-0.5"], "phase once"),
        ([3], "names of measures"),
        ("coherence:1-6", "below half of 10 Hz"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(also: object, words: str) -> None:
    with pytest.raises(SettingError, match="also") as error:
        analyze(made_session("d1", made_pair(1, n=600)), also)
    assert words in str(error.value)


# -- sameness ----------------------------------------------------------------------------------


def test_order_and_company_change_nothing_and_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    session = made_session("d1", made_pair(6, n=1500))
    there = analyze(session, ["coherence", "entropy"])
    back = analyze(session, "entropy,coherence,coherence")
    assert list_also("entropy,coherence") == list_also(["coherence", "entropy"])
    for name, result in (("a", there), ("b", back)):
        write_signals(result, tmp_path / name, report=False)
    for file in ("measures.csv", "sessions_wide.csv", "codebook.csv", "settings.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    alone = rows_of(analyze(session, "entropy"))["joint_entropy"]
    assert alone.null == rows_of(there)["joint_entropy"].null
    other = rows_of(analyze(session, "entropy", seed=2))["joint_entropy"]
    assert other.value == alone.value
    assert other.null != alone.null


def test_swapping_partners_swaps_names_and_turns_signs() -> None:
    session = made_session("d1", made_pair(1, lag=8, coupling=0.6))
    there = rows_of(analyze(session, "recurrence,phase,inertia", surrogates=0))
    back = rows_of(analyze(session.swap(), "recurrence,phase,inertia", surrogates=0))
    assert back["recurrence_peak"].value == pytest.approx(there["recurrence_peak"].value)
    assert back["recurrence_peak_lag_s"].value == -there["recurrence_peak_lag_s"].value < 0
    turned = -there["phase_difference_rad"].value
    assert back["phase_difference_rad"].value == pytest.approx(turned)
    swapped = there["coordination_second"].value
    assert back["coordination_first"].value == pytest.approx(swapped)


def test_without_asking_nothing_is_added() -> None:
    result = analyze(made_session("d1", made_pair(1, n=900)), ())
    document = result.to_dict()
    assert result["d1"]["all"].also == ()
    assert "Other measures" not in result.summary()
    assert "also" not in result.settings
    assert "also" not in document["records"][0]["phases"][0]  # type: ignore[index]


def test_every_phase_has_its_rows_and_progress_names_them() -> None:
    phases = (Phase("play", 0, 150), Phase("reunion", 150, 300))
    told: list[str] = []
    result = analyze(
        made_session("d1", made_pair(7), phases=phases),
        "coherence",
        on_progress=lambda at, total, what: told.append(what),
    )
    for phase in phases:
        assert set(rows_of(result, phase.label)) == set(ALSO["coherence"])
    assert told.count("coherence of d1") == 2
    frame = result.to_frame()
    assert (frame["measure"] == "coherence").sum() == 2
    assert "coherence__play" in result.wide_frame()
    part = result.to_dict()["records"][0]["phases"][0]  # type: ignore[index]
    assert part["also"][0]["measure"] == "coherence"
    json.dumps(part["also"], allow_nan=False)


def test_smoothing_that_is_longer_moves_the_lag_of_inertia() -> None:
    session = made_session("d1", made_pair(8, n=900))
    found = analyze(session, "inertia", surrogates=0, prepare=Preparation(smooth_s=2.1))
    assert rows_of(found)["inertia_r2"].settings["lag_s"] == 2.1


# -- the command -------------------------------------------------------------------------------


def test_the_command_writes_them_and_names_them_in_help(tmp_path: Path) -> None:
    folder, out = tmp_path / "motion", tmp_path / "out"
    folder.mkdir()
    for i in range(2):
        write_motion(folder / f"d{i}.txt", made_pair(i, n=900, coupling=0.5))
    words = ["analyze", folder, "--rate", "10", "--window-s", "10", "--step-s", "5"]
    words += ["--surrogates", "9", "--also", "coherence, entropy,floor", "--out", out]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert "Coherence, 0.2 to 1 Hz: median" in done.output
    assert "Floor was not measured" in done.output
    page = (out / "report.html").read_text("utf-8")
    assert "Other measures of coupling" in page
    assert "cannot say who follows" in page
    written = (out / "measures.csv").read_text("utf-8")
    assert ",coherence," in written
    assert ",joint_entropy," in written
    settings = json.loads((out / "settings.json").read_text("utf-8"))
    assert list(settings["also"]["measures"]) == ["coherence", "entropy", "floor"]


def test_the_option_names_every_measure() -> None:
    from typing import get_args

    from reattune.cli.synchrony_options import Also, synchrony_options

    help_text = get_args(Also)[1].help
    assert all(name in help_text for name in ALSO)
    assert synchrony_options(also="a, b") == {"also": ("a", "b")}


def test_a_study_file_may_ask_for_them(tmp_path: Path) -> None:
    one, two = made_pair(3, n=900, coupling=0.5)
    rows = [f"{i / 10:.1f},{a:.4f},{b:.4f}" for i, (a, b) in enumerate(zip(one, two, strict=True))]
    (tmp_path / "d1.csv").write_text("\n".join(["time,pat,th", *rows]), "utf-8")
    streams = "".join(
        f'[streams.motion.{who}]\ncolumn = "{column}"\nkind = "signal"\n'
        for who, column in zip(PARTNERS, ("pat", "th"), strict=True)
    )
    text = (
        f'files = "d1.csv"\n[partners]\nnames = ["patient", "therapist"]\n{streams}'
        "[synchrony]\nwindow_s = 10\nmax_lag_s = 2\n"
        'also = ["phase:0.2-0.5", "entropy"]\n[surrogates]\nn = 0\n'
    )
    (tmp_path / "study.toml").write_text(text, "utf-8")
    found = rows_of(analyze_signals(tmp_path))
    assert set(found) == {*ALSO["phase"], *ALSO["entropy"]}
    assert set(rows_of(analyze_signals(tmp_path, also="coherence"))) == set(ALSO["coherence"])
