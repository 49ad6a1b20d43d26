"""From signals to synchrony beside chance: records, phases, studies, bad input."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from reattune.core.errors import ReadError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Phase, Session
from reattune.core.streams import Events, Signal, States
from reattune.prepare.signals import MovingAverage, Outliers
from reattune.rules import StateMatch
from reattune.synchrony import CrossCorrelation, Windows, cross_correlate, summarize, use_preset
from reattune.synchrony_pipeline import (
    MEASURES,
    Preparation,
    SynchronyAnalysis,
    analyze_signals,
    measure_part,
)

from .made_signals import PARTNERS, RATE_HZ, made_motion, made_pair, made_session

SHORT = CrossCorrelation(Windows(10, 5, 2))


def analyze(session: object, **more: object) -> SynchronyAnalysis:
    return analyze_signals(session, more.pop("settings", SHORT), **{"surrogates": 99, **more})  # type: ignore[arg-type]


# -- one record --------------------------------------------------------------------------------


def test_a_planted_lead_is_found_and_differs_from_chance() -> None:
    part = analyze(made_session("d1", made_pair(1, lag=8, coupling=0.6)))["d1"]["all"]
    assert part.main_lag_s == pytest.approx(0.8)
    assert part.say_lead() == "the patient leads by 0.8 s"
    assert part.chance is not None
    assert part.chance["mean_abs_z"].p <= 0.02
    assert part.chance["lead_difference"].p <= 0.02
    assert part.path is not None
    assert np.nanmedian(part.path.lag_s) == pytest.approx(0.8)


def test_signals_that_have_nothing_to_do_with_each_other_do_not() -> None:
    part = analyze(made_session("d1", made_pair(2)))["d1"]["all"]
    for name in ("mean_abs_z", "mean_z", "lead_difference"):
        value, low, high, p = part.null(name)
        assert p > 0.05
        assert low < value < high
    assert part.summary is not None
    # The absolute mean is far above 0 all the same.
    assert part.summary.absolute.all_lags > 0.1


def test_the_numbers_are_those_of_the_engine_on_the_prepared_signals() -> None:
    values = made_pair(3, lag=4, coupling=0.3)
    part = analyze(made_session("d1", values))["d1"]["all"]
    by_hand = [
        MovingAverage(0.5)(Outliers(10)(Signal(p, "motion", v, RATE_HZ)).signal).signal
        for p, v in zip(PARTNERS, values, strict=True)
    ]
    expected = summarize(cross_correlate(*by_hand, SHORT))
    assert part.summary == expected
    found = measure_part(part)
    assert found["mean_abs_z"] == (expected.absolute.all_lags, expected.n_windows)
    assert found["lead_difference"][0] == (
        expected.absolute.first_leads - expected.absolute.second_leads
    )
    assert part.null("mean_abs_z")[0] == part.chance["mean_abs_z"].null_mean  # type: ignore[index]
    assert part.windows_abs is not None
    assert part.windows_abs.all_lags.mean() == pytest.approx(expected.absolute.all_lags)


def test_exchanging_the_partners_exchanges_the_lead_and_nothing_else() -> None:
    one, two = made_pair(4, lag=6, coupling=0.5)
    there, back = (
        analyze(made_session("d1", pair))["d1"]["all"] for pair in ((one, two), (two, one))
    )
    a, b = measure_part(there), measure_part(back)
    for name in ("mean_abs_z", "mean_z", "lag_zero_z", "concordance_index"):
        assert a[name][0] == pytest.approx(b[name][0], abs=1e-9)
    assert a["main_lag_s"][0] == -b["main_lag_s"][0]
    assert a["lead_difference"][0] == pytest.approx(-b["lead_difference"][0], abs=1e-9)


def test_a_shifted_clock_moves_times_only() -> None:
    session = made_session("d1", made_pair(5))
    before, after = analyze(session), analyze(session.shift(100.0))
    frames = [result.windows_frame() for result in (before, after)]
    assert np.allclose(frames[0]["time_s"] + 100, frames[1]["time_s"])
    for column in ("mean_abs_z", "null_high_abs", "best_lag_s"):
        assert np.allclose(frames[0][column], frames[1][column], equal_nan=True)


def test_missing_time_at_the_end_changes_no_window_before_it() -> None:
    values = made_pair(6, n=2000)
    longer = tuple(np.concatenate([v, np.full(400, np.nan)]) for v in values)
    short = analyze(made_session("d1", values), surrogates=0)["d1"]["all"]
    long = analyze(made_session("d1", longer), surrogates=0)["d1"]["all"]  # type: ignore[arg-type]
    assert short.windows_abs is not None
    assert long.windows_abs is not None
    n = short.windows_abs.all_lags.size
    assert np.allclose(short.windows_abs.all_lags, long.windows_abs.all_lags[:n])
    assert long.facts[0].n_missing == 400
    assert long.facts[0].missing_prop == pytest.approx(1 / 6)


def test_equal_inputs_give_equal_results_whatever_else_is_in_the_study() -> None:
    sessions = [made_session(f"d{i}", made_pair(10 + i)) for i in range(3)]
    forward, backward = analyze(sessions), analyze(sessions[::-1])
    alone = analyze(sessions[1])
    one = forward.to_frame().query("session == 'd1'").drop(columns="study").reset_index(drop=True)
    for other in (backward, alone):
        two = other.to_frame().query("session == 'd1'").drop(columns="study")
        assert one.equals(two.reset_index(drop=True))
    assert not one.equals(
        analyze(sessions[1], seed=2).to_frame().drop(columns="study").reset_index(drop=True)
    )


def test_without_surrogates_nothing_is_judged_and_every_result_says_so() -> None:
    result = analyze(made_session("d1", made_pair(7)), surrogates=0)
    part = result["d1"]["all"]
    assert part.chance is None
    assert part.no_chance
    assert part.concordance is not None
    assert part.concordance_chance is None
    assert [note.code for note in result.notes] == ["no_chance"]
    assert result.to_frame()["p"].isna().all()


def test_peaks_come_with_the_preset_that_picks_them() -> None:
    session = made_session("d1", made_pair(8, lag=5, coupling=0.6))
    settings = use_preset("boker", Windows(10, 5, 2))
    part = analyze(session, settings=settings)["d1"]["all"]
    assert part.peaks is not None
    assert np.nanmedian(part.peaks.lag_s) == pytest.approx(0.5, abs=0.1)
    rows = measure_part(part)
    assert 0 < rows["peak_prop"][0] <= 1
    assert analyze(session)["d1"]["all"].peaks is None
    units = analyze(session, settings=settings).to_frame().set_index("measure")["unit"]
    assert units["mean_abs_z"] == "r"


def test_concordance_stands_beside_its_own_null() -> None:
    together = analyze(made_session("d1", made_pair(9, coupling=0.7)))["d1"]["all"]
    apart = analyze(made_session("d1", made_pair(9)))["d1"]["all"]
    assert together.null("concordance_index")[3] <= 0.02
    assert apart.null("concordance_index")[3] > 0.05


def test_the_frames_hold_what_their_columns_say() -> None:
    result = analyze(made_session("d1", made_pair(11)))
    frame = result.to_frame()
    assert set(frame["measure"]) <= set(MEASURES)
    part = result["d1"]["all"]
    assert part.table is not None
    windows, lags = part.table.grid.shape
    assert len(result.windows_frame()) == windows
    assert len(result.lags_frame()) == lags
    assert result.lags_frame()["mean_abs_z"].max() == part.lags_abs.max()  # type: ignore[union-attr]
    wide = result.wide_frame()
    assert wide.loc[0, "mean_abs_z__all"] == part.summary.absolute.all_lags  # type: ignore[union-attr]
    assert list(result.artefacts_frame()) == [
        *("session", "dyad", "kind", "partner", "start_s", "end_s", "value"),
    ]


# -- phases and epochs ---------------------------------------------------------------------------


def with_phases(seed: int = 20) -> Session:
    phases = (Phase("play", 0, 140), Phase("still_face", 140, 150), Phase("reunion", 150, 300))
    return made_session("d1", made_pair(seed), phases=phases)


def test_phases_are_looked_at_apart_unless_ignored() -> None:
    session = with_phases()
    apart = analyze(session)
    assert apart.phases == ("play", "still_face", "reunion")
    assert "shorter than one window" in apart["d1"]["still_face"].no_table
    assert apart["d1"]["play"].table is not None
    assert apart["d1"]["play"].table.centres_s.max() < 140
    assert analyze(session, phases="ignore").phases == ("all",)
    assert analyze(session, phases=["reunion"]).phases == ("reunion",)
    with pytest.raises(ReadError, match="reunoin"):
        analyze(session, phases=["reunoin"])


def coupled_in(spans: list[tuple[int, int]], seed: int, n: int = 6000) -> Session:
    rng = np.random.default_rng(seed)
    one, two = made_motion(rng, n), made_motion(rng, n)
    for start, end in spans:
        two[start * 10 : end * 10] = one[start * 10 : end * 10] + 0.1
    events = Events(
        "patient", "cry", [s for s, _ in spans], [e for _, e in spans],
        observed=Intervals([0], [n / 10]),
    )  # fmt: skip
    return made_session(f"d{seed}", (one, two)).with_streams(events)


def test_synchrony_inside_coded_epochs_is_higher_where_it_was_planted_there() -> None:
    spans = [(60, 90), (200, 230), (430, 460)]
    sessions = [coupled_in(spans, seed) for seed in (1, 2)]
    result = analyze(sessions, epochs="cry")
    absolute, signed = result.epochs
    assert (absolute.kind, signed.kind) == ("absolute", "signed")
    assert absolute.n_epochs == 6
    assert absolute.n_records == 2
    assert absolute.chance is not None
    assert absolute.chance["difference"].p <= 0.02
    assert absolute.chance["difference"].observed > 0.05
    rows = result.chance_frame()
    assert set(rows["test"]) >= {"epochs, absolute", "epochs, signed", "combined"}


def test_epochs_can_be_codes_phases_and_ruptures_of_a_rule() -> None:
    states = [
        States(p, "affect", [0, 100, 200], [100, 200, 300], labels)
        for p, labels in zip(PARTNERS, (["a", "b", "a"], ["a", "a", "a"]), strict=True)
    ]
    session = with_phases().with_streams(*states)
    rule = StateMatch("affect", "same_category")
    asked = ["affect=b", "therapist:affect=a", "phase:reunion", rule]
    result = analyze(session, epochs=asked)
    epochs = result["d1"].epochs
    assert list(epochs["affect=b"]) == [(100, 200)]
    assert list(epochs["therapist:affect=a"]) == [(0, 300)]
    assert list(epochs["phase reunion"]) == [(150, 300)]
    assert list(epochs[f"ruptures of {rule.describe()}"]) == [(100, 200)]
    placed = {(test.name, test.phase) for test in result.epochs}
    assert ("phase reunion", "all") in placed
    assert ("affect=b", "play") in placed
    assert result["d1"].whole is not None


@pytest.mark.parametrize(
    ("asked", "told"),
    [("affect", "affect=CODE"), ("motion", "not a signal"), ("phase:plya", "phase:play"),
     ("smile", "epochs")],
)  # fmt: skip
def test_epochs_that_are_not_there_are_told(asked: str, told: str) -> None:
    state = States("patient", "affect", [0, 100], [100, 200], ["a", "b"])
    with pytest.raises((SettingError, ReadError), match=told):
        analyze(with_phases().with_streams(state), epochs=asked)


# -- studies -------------------------------------------------------------------------------------


def study(n: int, coupling: float, seed: int = 30) -> list[Session]:
    return [
        made_session(
            f"d{i}", made_pair(seed + i, n=1500, coupling=coupling), meta={"delay": str(i % 2)}
        )
        for i in range(n)
    ]


def test_partners_are_compared_with_strangers_and_with_themselves_at_other_moments() -> None:
    (found,) = analyze(study(8, 0.4)).study
    assert found.n_dyads == 8
    assert found.pairing is not None
    assert found.combined is not None
    assert found.pairing["mean_abs_z"].p <= 0.02
    assert found.combined["mean_abs_z"].p <= 0.02
    (alone,) = analyze(study(8, 0.0, seed=60)).study
    assert alone.pairing is not None
    assert alone.combined is not None
    assert alone.pairing["mean_abs_z"].p > 0.05
    assert alone.combined["mean_abs_z"].p > 0.05


def test_few_dyads_are_not_re_paired_and_one_record_has_no_study() -> None:
    (found,) = analyze(study(4, 0.3)).study
    assert found.pairing is None
    assert "Fewer than 6" in found.no_pairing
    assert found.combined is not None
    assert analyze(study(1, 0.3)).study == ()


def test_within_a_condition_only_its_own_dyads_are_strangers() -> None:
    sessions = study(12, 0.3)
    result = analyze(sessions, by_condition="delay")
    assert result.conditions == ("0", "1")
    for row in result.study:
        assert row.pairings is not None
        assert row.pairings.dyads == tuple(
            s.dyad for s in sessions if s.meta["delay"] == row.condition
        )
    # The same as looking at one condition alone.
    alone = analyze([s for s in sessions if s.meta["delay"] == "1"])
    one, other = result.study[1].pairing, alone.study[0].pairing
    assert one is not None
    assert other is not None
    assert one["mean_abs_z"].observed == pytest.approx(other["mean_abs_z"].observed)
    with pytest.raises(SettingError, match="delay"):
        analyze(sessions, by_condition="dealy")


def test_records_without_a_condition_are_in_no_test_and_counted() -> None:
    sessions = study(7, 0.0)
    sessions[0] = replace(sessions[0], meta={})
    result = analyze(sessions, by_condition="delay")
    assert sum(row.n_records for row in result.study) == 6
    (note,) = [note for note in result.notes if note.code == "no_condition"]
    assert note.count == 1


def test_several_sessions_of_a_dyad_are_one_dyad() -> None:
    sessions = [replace(s, dyad=f"p{i // 2}") for i, s in enumerate(study(6, 0.0))]
    (found,) = analyze(sessions).study
    assert (found.n_records, found.n_dyads) == (6, 3)


def test_mixed_rates_are_brought_to_the_lowest_and_it_is_said() -> None:
    one, two = made_pair(40, lag=10, coupling=0.7)
    slow = two.reshape(-1, 2).mean(axis=1)
    streams = (Signal("patient", "motion", one, 10), Signal("therapist", "motion", slow, 5))
    result = analyze(Session("d1", PARTNERS, (0, 300), streams))
    assert [note.code for note in result.notes] == ["signal_rates"]
    assert result.settings["rate_hz"] == 5
    assert result["d1"]["all"].main_lag_s == pytest.approx(1.0, abs=0.2)
    asked = analyze(Session("d1", PARTNERS, (0, 300), streams), prepare=Preparation(rate_hz=4))
    assert asked.settings["rate_hz"] == 4
    assert asked.notes == ()


def test_samples_between_each_other_are_moved_onto_one_grid() -> None:
    one, two = made_pair(41, coupling=0.7)
    streams = (Signal("patient", "motion", one, 10), Signal("therapist", "motion", two, 10, 0.04))
    part = analyze(Session("d1", PARTNERS, (0, 301), streams))["d1"]["all"]
    assert part.table is not None
    assert part.main_lag_s == pytest.approx(0.0, abs=0.1)


def test_the_speed_of_a_landmark_is_compared_where_asked() -> None:
    one, two = made_pair(42, lag=5, coupling=0.7)
    streams = tuple(
        Signal(p, axis, np.cumsum(v) if axis == "nose_x" else np.zeros(v.size), 10)
        for p, v in zip(PARTNERS, (one, two), strict=True)
        for axis in ("nose_x", "nose_y")
    )
    session = Session("d1", PARTNERS, (0, 300), streams)
    result = analyze(session, prepare=Preparation(speed_of=("nose_x", "nose_y")))
    assert result.stream == "speed"
    assert result["d1"]["all"].main_lag_s == pytest.approx(0.5, abs=0.1)
    with pytest.raises(SettingError, match="nose_x"):
        analyze(session)


# -- bad input -----------------------------------------------------------------------------------

X, Y = made_pair(50, n=1200)
BAD = {
    "constant": ((np.ones(1200), Y), "patient's signal does not vary"),
    "both zero": ((np.zeros(1200), np.zeros(1200)), "does not vary"),
    "all missing": ((X, np.full(1200, np.nan)), "Every sample of the therapist is missing"),
    "all infinite": ((np.full(1200, np.inf), Y), "Every sample of the patient is missing"),
    "one sample": ((X[:1], Y[:1]), "Only one sample"),
    "no sample": ((X[:0], Y[:0]), "no sample"),
    "too short": ((X[:50], Y[:50]), "shorter than one window"),
    "identical": ((X, X), "one and the same"),
    "mirrored": ((X, 5 - X), "one and the same"),
    "scaled": ((X, 3 * X + 1), "one and the same"),
    "identical for most": (
        (X, np.concatenate([X[:900], Y[900:]])),
        "one and the same",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_correlated_is_said_and_no_number_is_made_up(case: str) -> None:
    values, told = BAD[case]
    result = analyze(made_session("d1", values))
    part = result["d1"]["all"]
    assert told in part.no_table
    assert part.chance is None
    assert part.no_chance == part.no_table
    assert result.to_frame()["value"].isna().all()
    assert (result.to_frame()["n"] == 0).all()
    assert part.say_lead() == "nothing to tell"
    assert math.isnan(part.main_lag_s)
    assert result.windows_frame().empty
    alike = "one and the same" in told
    assert result["d1"].identical is alike
    assert ("signals_alike" in [note.code for note in result["d1"].notes]) is alike


def test_bad_records_cost_no_other_and_enter_no_test() -> None:
    sessions = [*study(7, 0.4), made_session("twin", (X, X)), made_session("flat", (X, 0 * X))]
    lost = Session("lost", PARTNERS, (0, 10), (Signal("patient", "motion", X[:100], 10),))
    result = analyze([*sessions, lost])
    assert result.study[0].n_records == 7
    assert [failure.session for failure in result.failures] == ["lost"]
    assert len(result.records) == 9


def test_infinite_samples_are_missing_and_counted() -> None:
    values = np.where(np.arange(1200) % 100 == 0, np.inf, X)
    record = analyze(made_session("d1", (values, Y)))["d1"]
    assert record["all"].facts[0].n_missing == 12
    assert "signal_infinite" in [note.code for note in record.notes]


def test_different_lengths_share_their_common_time() -> None:
    record = analyze(made_session("d1", (X, Y[:900])))["d1"]
    assert record["all"].table is not None
    assert record["all"].table.grid.n_samples == 900
    (note,) = [note for note in record.notes if note.code == "signal_lengths"]
    assert "30 s" in note.message


def test_a_camera_that_saw_both_is_flagged_with_either_sign() -> None:
    for sign in (1.0, -1.0):
        other = Y.copy()
        other[200:400] = sign * X[200:400] * 1.5 + 0.01 * Y[200:400]
        record = analyze(made_session("d1", (X, other)))["d1"]
        found = [a for a in record.artefacts.found if a.kind == "zero_lag"]
        assert len(found) == 1
        assert np.sign(found[0].value) == sign
        assert record["all"].table is not None
        assert "signal_zero_lag" in [n.code for n in record.notes if n.level == "warning"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"null": "blocks"}, "null"),
        ({"surrogates": -1}, "surrogates"),
        ({"surrogates": 2.5}, "surrogates"),
        ({"stream": "moton"}, "Did you mean 'motion'"),
    ],
)
def test_settings_that_are_not_allowed(more: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        analyze(made_session("d1", (X, Y)), **more)


def test_preparations_that_are_not_allowed() -> None:
    for words in (
        {"smooth_s": -1}, {"outlier_sd": 0}, {"scaling": "log"}, {"rate_hz": 0},
        {"speed_of": ("a", "b", "c", "d")},
    ):  # fmt: skip
        with pytest.raises(SettingError):
            Preparation(**words)  # type: ignore[arg-type]


def test_scaling_changes_no_correlation() -> None:
    session = made_session("d1", (X, Y))
    plain, scaled = (
        analyze(session, prepare=Preparation(scaling=name), surrogates=0)["d1"]["all"]
        for name in ("none", "z")
    )
    assert plain.summary is not None
    assert scaled.summary is not None
    assert plain.summary.absolute.all_lags == pytest.approx(scaled.summary.absolute.all_lags)


def test_a_smoothing_below_one_sample_is_left_out_and_said() -> None:
    slow = tuple(v.reshape(-1, 10).mean(axis=1) for v in made_pair(55, n=3000))
    record = analyze(made_session("d1", slow, rate_hz=1.0))["d1"]  # type: ignore[arg-type]
    assert "signal_not_smoothed" in [note.code for note in record.notes]
    assert np.array_equal(record.raw[0].values, record.prepared[0].values)


def test_no_session_with_signals_is_an_error() -> None:
    state = States("patient", "affect", [0], [10], ["a"])
    with pytest.raises(SettingError, match="signal of both partners"):
        analyze(Session("d1", PARTNERS, (0, 10), (state,)))
    with pytest.raises(ReadError):
        analyze([])
