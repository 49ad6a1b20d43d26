"""Pictures, words, report and files of synchrony: what is drawn, said, and in which order."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reattune.core.criteria import Criteria
from reattune.core.errors import SettingError
from reattune.core.ruptures import Ruptures
from reattune.core.session import Phase, Session
from reattune.core.streams import Events, Signal
from reattune.prepare.signals import Artefact, Artefacts
from reattune.results import MEASURE_COLUMNS
from reattune.show import synchrony_data as data
from reattune.show import synchrony_words as words
from reattune.show.phrases import number
from reattune.show.plots.synchrony import plot_synchrony
from reattune.show.plots.synchrony_chance import plot_synchrony_chance, plot_synchrony_study
from reattune.show.plots.synchrony_heat import colour_cells, plot_synchrony_heat
from reattune.show.plots.synchrony_lags import plot_synchrony_lags
from reattune.show.plots.synchrony_onset import plot_synchrony_onset
from reattune.show.plots.synchrony_signals import plot_synchrony_signals
from reattune.show.report.synchrony import render_synchrony_report
from reattune.show.synchrony_export import (
    DYADIC_COLUMNS,
    dyadic_frame,
    make_signals_wide,
    write_signals,
)
from reattune.synchrony import CrossCorrelation, Windows
from reattune.synchrony_pipeline import Preparation, SynchronyAnalysis, analyze_signals
from reattune.synchrony_tests import SignalPairings, SynchronyChance
from tests.recovery.signal_generators import draw_coupled

from .test_report import Reader

FloatArray = NDArray[np.float64]
EVIL = "<script>alert('x')</script>"
RATE = 5.0
SETTINGS = CrossCorrelation(Windows(20.0, 5.0, 2.0))
PARTNERS = ("patient", "therapist")


def make_session(
    name: str = "s1", seed: int = 1, n: int = 900, share: float = 0.7, **more: object
) -> Session:
    x, y = draw_coupled(n, 0.6, share, 4, np.random.default_rng(seed))
    pair = tuple(Signal(who, "motion", v, RATE) for who, v in zip(PARTNERS, (x, y), strict=True))
    streams = (*pair, *more.pop("streams", ()))  # type: ignore[misc]
    return Session(name, PARTNERS, (0.0, n / RATE), streams, **more)  # type: ignore[arg-type]


def analyze(sessions: object, **more: object) -> SynchronyAnalysis:
    given = {"prepare": Preparation(outlier_sd=None, smooth_s=0.0), "surrogates": 99, **more}
    return analyze_signals(sessions, SETTINGS, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def one() -> SynchronyAnalysis:
    """Coupled, with a gap of 16 s in which the therapist is missing."""
    session = make_session(n=1500)
    values = session.stream("motion", "therapist", Signal).values.copy()
    values[300:380] = np.nan
    cries = Events(
        "patient", "cry", [20, 120], [40, 150], ["cry", "cry"],
        observed=session.stream("motion", "patient", Signal).observed,
    )  # fmt: skip
    gap = Signal("therapist", "motion", values, RATE)
    return analyze(session.with_streams(gap, cries), epochs="cry")


def beyond(chance: SynchronyChance | None) -> SynchronyChance:
    """The same test, with windows 40 and 41 above and window 50 below what chance gives."""
    assert chance is not None
    profiles = dict(chance.profiles)
    for name in ("window_mean_abs_z", "window_mean_z"):
        own = profiles[name]
        p, seen = np.ones(own.p.size), own.null_mean.copy()
        p[[40, 41, 50]] = 0.01
        seen[[40, 41]], seen[50] = own.null_mean[[40, 41]] + 1, own.null_mean[50] - 1
        profiles[name] = replace(own, p=p, observed=seen)
    return replace(chance, profiles=profiles)


@pytest.fixture(scope="module")
def study() -> SynchronyAnalysis:
    made = [make_session(f"d{i}", 10 + i, 700, 0.4) for i in range(7)]
    return analyze(made, surrogates=39)


@pytest.fixture(scope="module")
def page(one: SynchronyAnalysis) -> str:
    return render_synchrony_report(one)


def drawn(ax: Axes, name: str) -> list[object]:
    """Artists of that gid in any lane of the figure."""
    return [a for lane in ax.figure.axes for a in lane.get_children() if a.get_gid() == name]


def texts_of(ax: Axes) -> list[str]:
    return [t.get_text() for lane in ax.figure.axes for t in (*lane.texts, *lane.get_yticklabels())]


# -- lags over time --------------------------------------------------------------------------------


def test_the_map_holds_every_cell_and_why_it_is_missing(one: SynchronyAnalysis) -> None:
    part = one["s1"]["all"]
    assert part.table is not None
    frame = data.heat_data(part.table, part.chance, path=part.path)
    cells = frame[frame["layer"] == "cell"]
    assert len(cells) == part.table.state.size
    assert np.array_equal(cells["value"].isna(), part.table.missing.ravel())
    assert set(cells["label"]) == {"", "too little observed"}
    assert (frame["layer"] == "absolute").sum() == part.table.grid.shape[0]


def test_a_map_of_many_cells_keeps_lag_zero_and_both_ends_alike(one: SynchronyAnalysis) -> None:
    part = one["s1"]["all"]
    assert part.table is not None
    frame = data.heat_data(part.table, cells=(10, 8))
    cells = frame[frame["layer"] == "cell"]
    lags = sorted(set(cells["lag_s"]))
    assert lags == [-lag for lag in reversed(lags)]
    assert 0.0 in lags and lags[-1] == 2.0 and len(lags) <= 8
    assert len(set(cells["time_s"])) <= 10


def test_the_picture_says_who_leads_in_words_and_hatches_what_is_missing(
    one: SynchronyAnalysis,
) -> None:
    part = one["s1"]["all"]
    assert part.table is not None
    ax = plot_synchrony_heat(part.table, beyond(part.chance), path=part.path)
    told = texts_of(ax)
    assert "patient leads" in told and "therapist leads" in told and "same moment" in told
    leads = {t.get_text(): t.get_color() for t in ax.texts}
    assert leads == {"patient leads": "#0072b2", "therapist leads": "#d55e00"}
    assert drawn(ax, "missing") and drawn(ax, "missing-window") and drawn(ax, "path")
    assert len(drawn(ax, "null")) == 2 and len(drawn(ax, "null-band")) == 2
    assert drawn(ax, "beyond")


def test_missing_cells_have_no_colour_and_signs_differ() -> None:
    colours = colour_cells(np.array([[np.nan, 0.5, -0.5, 0.0]]), 0.5)
    assert colours[0, :, 3].tolist() == [0.0, 0.92, 0.92, 0.0]
    assert colours[0, 1, :3].tolist() != colours[0, 2, :3].tolist()


def test_ruptures_stand_over_the_map(one: SynchronyAnalysis) -> None:
    part = one["s1"]["all"]
    assert part.table is not None
    none, both = np.zeros(2), np.ones(2, dtype=np.int64)
    ruptures = Ruptures(
        PARTNERS, onset=np.array([20.0, 100.0]), end=np.array([40.0, 150.0]), depth=none,
        area=none, entered=both > 0, closed=both > 0, by=both, repaired_by=both,
        outcome=np.array([0, 1]), reason=np.array([0, 1]), matched_s=1.0, mismatched_s=1.0,
        criteria=Criteria(), tie_s=0.0,
    )  # fmt: skip
    frame = data.heat_data(part.table, ruptures=ruptures)
    rows = frame[frame["layer"] == "rupture"]
    assert rows[["time_s", "end_s"]].to_numpy().tolist() == [[20.0, 40.0], [100.0, 150.0]]
    ax = plot_synchrony_heat(part.table, ruptures=ruptures)
    assert len(drawn(ax, "rupture")) == 2 and drawn(ax, f"end-{rows['label'].iloc[0]}")


# -- lags, chance, onsets, signals -----------------------------------------------------------------


def test_the_profile_is_signed_and_absolute_on_its_null(one: SynchronyAnalysis) -> None:
    chance = one["s1"]["all"].chance
    assert chance is not None
    frame = data.lag_data(chance)
    best = frame[frame["kind"] == "signed"].set_index("lag_s")["value"].idxmax()
    assert best == pytest.approx(0.8)
    absolute = frame[frame["kind"] == "absolute"]
    assert not (absolute["limit_low"] < 0).any()
    profile = chance.profiles["lag_mean_z"]
    signed = frame[frame["kind"] == "signed"]
    assert signed["limit_high"].to_numpy() == pytest.approx(profile.null_mean + profile.limit)
    ax = plot_synchrony_lags(chance)
    assert len(drawn(ax, "null-band")) == 2 and len(drawn(ax, "limit")) == 4
    told = texts_of(ax)
    assert told.count("patient leads →") == 2 and told.count("← therapist leads") == 2


def test_a_record_is_drawn_among_its_surrogates(one: SynchronyAnalysis) -> None:
    chance = one["s1"]["all"].chance
    assert chance is not None
    frame = data.record_chance_data(chance)
    seen = frame[frame["layer"] == "seen"].set_index("statistic")
    assert seen.loc["mean_z", "value"] == chance["mean_z"].observed
    assert seen.loc["mean_z", "p"] == chance["mean_z"].p
    ax = plot_synchrony_chance(chance)
    assert len(drawn(ax, "hill")) == len(drawn(ax, "seen")) == 3


def test_dyads_stand_beside_strangers_and_their_mean_beside_both_nulls(
    study: SynchronyAnalysis,
) -> None:
    (row,) = study.study
    assert row.pairings is not None and row.pairing is not None and row.combined is not None
    frame = data.study_chance_data(row.pairings, row.pairing, row.combined)
    own = frame[frame["statistic"] == "mean_abs_z"]
    dyads = own[own["layer"] == "dyad"]["value"].to_numpy()
    values = [r["all"].summary.absolute.all_lags for r in study.records]  # type: ignore[union-attr]
    assert dyads == pytest.approx(values)
    (mean,) = own[own["layer"] == "mean"].to_dict("records")
    half = 2.4469 * np.std(values, ddof=1) / np.sqrt(7)  # t(.975; 6)
    assert mean["value"] == pytest.approx(np.mean(values))
    assert mean["high"] - mean["value"] == pytest.approx(half, rel=1e-4)
    nulls = own[own["layer"] == "null_mean"].set_index("label")
    assert nulls.loc["permute_pairs", "p"] == row.pairing["mean_abs_z"].p
    assert nulls.loc["combine_records", "value"] == row.combined["mean_abs_z"].null_mean
    ax = plot_synchrony_study(row.pairings, row.pairing, row.combined)
    assert len(drawn(ax, "null-mean")) == 4 and len(drawn(ax, "hill")) == 2


def test_strangers_are_first_with_second_partners_of_other_dyads() -> None:
    table = np.arange(36.0).reshape(6, 6)
    pairings = SignalPairings(("a", "b", "c"), {"mean_z": table}, 0.0, 3)
    own, strangers = data.split_pairings(pairings, "mean_z")
    assert own.tolist() == [3, 10, 17]
    assert sorted(strangers.tolist()) == [4, 5, 9, 11, 15, 16]
    pooled = np.sqrt((2 * own.var(ddof=1) + 5 * strangers.var(ddof=1)) / 7)
    expected = (own.mean() - strangers.mean()) / pooled
    assert data.cohens_d(own, strangers) == pytest.approx(expected)
    assert np.isnan(data.cohens_d(own[:1], strangers))


def test_a_density_has_its_top_where_values_lie() -> None:
    values = np.random.default_rng(3).normal(2.0, 0.5, 500)
    at, height = data.density(values)
    assert at[np.argmax(height)] == pytest.approx(2.0, abs=0.2) and height.max() == 1
    assert data.density(np.ones(50))[0].size == 0


def test_onsets_are_drawn_on_the_same_epochs_elsewhere(one: SynchronyAnalysis) -> None:
    tests = [(e.kind, e.chance) for e in one.epochs if e.chance is not None]
    assert [kind for kind, _ in tests] == ["absolute", "signed"]
    frame = data.onset_data(tests)
    assert set(frame["kind"]) == {"absolute", "signed"} and 0.0 in set(frame["from_onset_s"])
    ax = plot_synchrony_onset(tests, window_s=20)
    assert len(drawn(ax, "null-band")) == len(drawn(ax, "onset")) == len(drawn(ax, "window")) == 2


def test_signals_show_gaps_windows_beyond_chance_and_what_is_suspicious(
    one: SynchronyAnalysis,
) -> None:
    record, part = one["s1"], one["s1"]["all"]
    flags = replace(
        record.artefacts,
        found=(Artefact("zeros", "patient", 5, 12, 0.0), Artefact("zero_lag", "", 90, 99, 0.99)),
    )
    assert isinstance(flags, Artefacts)
    frame = data.signal_data(record.raw, part.table, beyond(part.chance), flags)
    missing = frame[frame["layer"] == "missing"]
    assert missing[["who", "time_s", "end_s"]].to_numpy().tolist() == [["therapist", 60.0, 76.0]]
    windows = frame[(frame["layer"] == "window") & (frame["who"] == "absolute")]
    assert part.table is not None
    starts, ends = part.table.grid.starts_s, part.table.grid.ends_s
    # Windows 40 and 41 overlap and are one stretch.
    assert windows[["label", "time_s", "end_s"]].to_numpy().tolist() == [
        ["more", starts[40], ends[41]],
        ["less", starts[50], ends[50]],
    ]
    ax = plot_synchrony_signals(record.raw, frame=frame)
    assert drawn(ax, "missing-therapist") and not drawn(ax, "missing-patient")
    assert (
        len(drawn(ax, "artefact")) == 2 and drawn(ax, "absolute-more") and drawn(ax, "signed-less")
    )
    lines = {who: drawn(ax, f"signal-{who}")[0] for who in PARTNERS}
    assert [line.get_color() for line in lines.values()] == ["#0072b2", "#d55e00"]  # type: ignore[attr-defined]


def test_long_signals_are_drawn_as_means_with_their_range() -> None:
    values = np.tile([0.0, 4.0], 5000)
    pair = tuple(Signal(who, "motion", values, 25.0) for who in PARTNERS)
    frame = data.signal_data((pair[0], pair[1]), samples=100)
    own = frame[frame["who"] == "patient"]
    assert len(own) == 100
    assert (own["value"] == 2).all() and (own["low"] == 0).all() and (own["high"] == 4).all()


def test_the_result_draws_itself(one: SynchronyAnalysis, study: SynchronyAnalysis) -> None:
    assert drawn(one.plot(), "path")
    assert drawn(study.plot(), "dyad")
    assert drawn(plot_synchrony(study, "d3"), "cells")
    with pytest.raises(SettingError, match="d9"):
        plot_synchrony(study, "d9")


# -- words -----------------------------------------------------------------------------------------


def test_every_value_has_its_null_beside_it(one: SynchronyAnalysis) -> None:
    part = one["s1"]["all"]
    said = words.describe_part(one, one["s1"], part)
    assert part.chance is not None
    for text, name in zip(said[:2], ("mean_abs_z", "mean_z"), strict=True):
        row = part.chance[name]
        assert f"({number(row.null_low, 3)} to {number(row.null_high, 3)}), p = " in text
        assert "more than chance" in text
    assert "when the therapist's signal meets the patient's at other moments" in said[0]


def test_who_leads_is_said_in_words_with_its_null(one: SynchronyAnalysis) -> None:
    said = " ".join(words.describe_part(one, one["s1"], one["s1"]["all"]))
    assert "largest where the patient leads by 0.8 s" in said
    assert re.search(r"The difference is \S+; chance gives .* p = \.\d+", said)


def test_what_is_missing_and_zero_is_counted(one: SynchronyAnalysis) -> None:
    said = words.limits_of_part(one["s1"], one["s1"]["all"])
    text = " ".join(said)
    assert re.search(r"\d+ % of the cells are missing \(\d+ too little observed\)", text)
    assert "5 % of the therapist's samples are missing." in text
    assert "Both signals are exactly 0 in 0 % of the samples." in text


def test_it_always_says_that_synchrony_is_no_attunement(
    one: SynchronyAnalysis, study: SynchronyAnalysis
) -> None:
    for analysis in (one, study):
        text = analysis.summary()
        assert words.CO_MOVEMENT in text and words.FLOOR in text
        assert "nan" not in text
        assert not re.search(r"\b(good|bad|better|worse|fail|poor)", text)


def test_independent_partners_are_too_little_to_tell() -> None:
    alone = analyze(make_session(seed=5, share=0.0))
    text = " ".join(words.describe_part(alone, alone["s1"], alone["s1"]["all"]))
    assert "too little to tell" in text and "does not differ" not in text


def test_without_surrogates_it_says_so() -> None:
    found = analyze(make_session(), surrogates=0)
    text = found.summary()
    assert "what chance gives was not drawn" in text
    assert "chance was not drawn" in render_synchrony_report(found)


def test_a_study_reads_both_tests_together(study: SynchronyAnalysis) -> None:
    text = study.summary()
    assert "Over 7 dyads the mean absolute z is" in text
    assert "strangers laid side by side give" in text
    assert "the same records at other moments give" in text
    assert "Both tests agree" in text
    assert all(f"d{i}: absolute" in text for i in range(7))


def test_a_record_without_a_table_is_named_and_costs_no_other() -> None:
    flat = make_session("flat", 3)
    flat = flat.with_streams(Signal("therapist", "motion", np.ones(900), RATE))
    found = analyze([make_session("fine", 2), flat], surrogates=19)
    text = found.summary()
    assert "Nothing could be correlated in flat." in text
    assert "flat: nothing could be correlated" in text
    Reader(render_synchrony_report(found))


# -- report and files ------------------------------------------------------------------------------


def test_the_page_is_whole_in_the_promised_order_and_needs_nothing(page: str) -> None:
    read = Reader(page)
    assert read.open == []
    assert not re.search(r"https?://|//cdn|@import|url\(['\"]?(?!#)", page)
    assert not {"script", "iframe", "object", "embed", "link", "img", "form"} & set(read.tags)
    sections = [i for i in read.ids if i in ("seen", "sure", "look", "compare", "details", "how")]
    assert sections == ["seen", "sure", "look", "compare", "details", "how"]
    assert len(read.ids) == len(set(read.ids))
    for target in ("Lags over time", "By lag", "The two signals", "Around the onset of cry"):
        assert target in page
    assert words.CO_MOVEMENT in page


def test_equal_results_give_equal_pages(one: SynchronyAnalysis, page: str) -> None:
    assert render_synchrony_report(one) == page


@pytest.mark.slow
def test_a_study_page_draws_every_record(study: SynchronyAnalysis) -> None:
    told: list[str] = []
    page = render_synchrony_report(study, lambda done, total, what: told.append(what))
    assert told == [f"drawing d{i}" for i in range(7)]
    assert page.count('<details class="session">') == 7
    assert "Dyads beside strangers" in page and "(legacy)" in page
    assert "these are not independent" in page


def test_names_from_files_are_escaped() -> None:
    x, y = draw_coupled(500, 0.6, 0.5, 4, np.random.default_rng(1))
    pair = (Signal(EVIL, "motion", x, RATE), Signal("b", "motion", y, RATE))
    session = Session(EVIL, (EVIL, "b"), (0.0, 100.0), pair)
    page = render_synchrony_report(analyze(session, surrogates=19))
    assert EVIL not in page and "&lt;script&gt;" in page


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_files_hold_every_measure_window_lag_and_test(
    one: SynchronyAnalysis, study: SynchronyAnalysis, tmp_path: Path
) -> None:
    paths = {p.name: p for p in write_signals(study, tmp_path, report=False)}
    assert list(paths) == [
        *("measures.csv", "windows.csv", "lags.csv", "chance.csv", "dyadic_long.csv"),
        *("sessions_wide.csv", "codebook.csv", "settings.json"),
    ]
    measures = rows_of(paths["measures.csv"])
    assert tuple(measures[0]) == MEASURE_COLUMNS
    n_windows, n_lags = study["d0"]["all"].table.grid.shape  # type: ignore[union-attr]
    assert len(rows_of(paths["windows.csv"])) == 7 * n_windows
    assert len(rows_of(paths["lags.csv"])) == 7 * n_lags
    assert {row["test"] for row in rows_of(paths["chance.csv"])} == {"pairing", "combined"}
    wide, book = rows_of(paths["sessions_wide.csv"]), rows_of(paths["codebook.csv"])
    assert [row["name"] for row in book] == list(wide[0]) and len(wide) == 7
    assert all(re.fullmatch(r"[A-Za-z]\w*", name) for name in wide[0])
    settings = json.loads(paths["settings.json"].read_text("utf-8"))
    assert settings["schema"]
    for analysis in (one, study):
        json.dumps(analysis.to_dict(), allow_nan=False)


def test_the_codebook_says_what_a_column_is(one: SynchronyAnalysis) -> None:
    wide, book = make_signals_wide(one)
    row = book.set_index("name").loc["mean_abs_z"]
    assert row["unit"] == "z" and "above 0 by chance" in row["label"]
    assert list(wide.columns) == list(book["name"])


def test_dyadic_rows_are_one_person_and_window_each(one: SynchronyAnalysis) -> None:
    frame = dyadic_frame(one)
    assert tuple(frame.columns) == DYADIC_COLUMNS
    first, second = (frame[frame["role"] == role].reset_index(drop=True) for role in (1, 2))
    assert set(first["person"]) == {"patient"} and len(first) == len(second)
    # Both people of a window mirror each other.
    for a, b in (
        ("actor", "partner"),
        ("actor_within", "partner_within"),
        ("leads_z", "follows_z"),
    ):
        assert first[a].to_numpy() == pytest.approx(second[b].to_numpy(), nan_ok=True)
    assert (np.diff(first["time_s"]) >= 20 - 1e-9).all()
    assert first["actor_before"].to_numpy()[1:] == pytest.approx(
        first["actor"].to_numpy()[:-1], nan_ok=True
    )
    assert first["actor_within"].mean() == pytest.approx(0, abs=1e-12)
    known = first[first["partner"].notna()]
    assert len(known) < len(first), "a window without the therapist has no mean of both"
    total = known["dyad_mean"] + known["half_difference"]
    assert total.to_numpy() == pytest.approx(known["actor"].to_numpy())


@pytest.mark.slow
def test_phases_stand_by_themselves() -> None:
    phases = (Phase("play", 0, 90), Phase("still_face", 90, 180, imposed=True))
    found = analyze(make_session(phases=phases), surrogates=19)
    page = render_synchrony_report(found)
    assert "<h3>Play</h3>" in page and "<h3>Still face</h3>" in page
    assert "Lags over time, still face" in page
    assert set(dyadic_frame(found)["phase"]) == {"play", "still_face"}
