"""simulate and fit from the command line: folders that read like any other, clear refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.core.errors import MissingStreamError, ReadError, ReattuneError, SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.experiments.choosing import choose_codebook, choose_free, make_prior
from reattune.experiments.fitting import find_groups, fit_study
from reattune.experiments.folder import write_simulation
from reattune.experiments.simulating import (
    describe_truth,
    plan_simulation,
    read_changes,
    run_simulation,
)
from reattune.models.codebook_file import draft_codebook, read_codebook
from reattune.models.codebooks import find_codebook
from reattune.models.coordinates import FREE
from reattune.models.presets import preset, read_parameters
from reattune.models.reading import merge_states
from reattune.pipeline import analyze_study
from reattune.reading import read_study

ALL = {
    "codebook": "icep_like", "paradigm": "still_face", "step_s": 0.2, "missing_per_min": 1.0,
    "coder_accuracy": 0.9, "arousal_hz": 3.0, "rating": True, "sessions": 2, "minutes": 3.0,
}  # fmt: skip
PLAINEST = """
stream = "affect"
[focal]
neg = "negative"
neu = ["monitor", "away"]
pos = "positive"
[responder]
neg = ["soothe", "off"]
neu = ["attend", "wait"]
pos = "play"
"""


def run(*words: object) -> str:
    """What the command prints; an error it ends with is raised."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def write_codes(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def make_session(x: list[str], y: list[str], *, id: str = "s", step: float = 1.0) -> Session:
    """Codes of both partners every ``step`` seconds, taken as exact; "" is out of view."""
    streams = []
    for who, codes in (("infant", x), ("caregiver", y)):
        kept = [(i * step, (i + 1) * step, code) for i, code in enumerate(codes) if code]
        starts, ends, labels = zip(*kept, strict=True) if kept else ((), (), ())
        streams.append(States(who, "affect", starts, ends, labels, 0.04))
    return Session(id, ("infant", "caregiver"), (0.0, step * len(x)), tuple(streams))


# -- simulate ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"dyads": 2, "minutes": 3.0, "spread": 0.4},
        ALL,
        {"paradigm": "imposed", "spells": 3, "spell_s": 10.0, "minutes": 3.0},
        {"preset": "patient_therapist", "codebook": "3rs_like", "minutes": 20.0},
    ],
)
def test_a_written_study_reads_as_it_was_simulated(
    tmp_path: Path, asked: dict[str, object]
) -> None:
    plan = plan_simulation(**asked)  # type: ignore[arg-type]
    written = write_simulation(plan, tmp_path / "study")
    sessions, failures = read_study(written.study_file).load_all()
    assert failures == ()
    read = {session.id: session for session in sessions}
    lived = [course.session(at) for course in written.study for at in range(len(course))]
    assert len(read) == len(lived) == plan.dyads * plan.sessions
    for session in lived:
        other = read[session.id]
        assert other.partners == session.partners
        assert other.span == pytest.approx(session.span)
        assert [(p.label, p.imposed) for p in other.phases] == [
            (p.label, p.imposed) for p in session.phases
        ]
        for stream in session.streams:
            found = other.stream(stream.name, stream.partner)
            if isinstance(stream, States):
                assert isinstance(found, States)
                assert found.labels == stream.labels
                np.testing.assert_allclose(found.starts, stream.starts, atol=1e-9)
                np.testing.assert_allclose(found.ends, stream.ends, atol=1e-9)
            else:
                np.testing.assert_allclose(found.values, stream.values, atol=1e-9)  # type: ignore[union-attr]
        for name in ("session_number", "model_tolerance", "model_contingent_per_s"):
            assert other.meta[name] == pytest.approx(session.meta[name])


def test_measures_of_the_written_study_are_the_models_own_tally(tmp_path: Path) -> None:
    written = write_simulation(plan_simulation(sessions=2, seed=5), tmp_path / "study")
    result = analyze_study(read_study(written.study_file), surrogates=0)
    told = written.study.to_frame()
    for row, analysis in zip(told.to_dict("records"), result.analyses, strict=True):
        measures = analysis.parts[0].measures
        for ours, theirs in (
            ("matched_prop", "matched_prop"), ("n_ruptures", "n_ruptures"),
            ("n_repaired", "n_repaired"), ("ruptures_per_min", "ruptures_per_min"),
            ("repair_hazard_per_s", "repair_hazard_per_s"),
            ("repaired_by_caregiver_prop", "repaired_by_responder_prop"),
        ):  # fmt: skip
            assert measures[ours].value == pytest.approx(row[theirs], abs=1e-9), ours


def test_simulate_fit_and_analyze_from_the_command_line(tmp_path: Path) -> None:
    folder, results = tmp_path / "study", tmp_path / "fit"
    told = run(
        "simulate", "--minutes", 20, "--seed", 7, "--out", folder, "--set", "reading_prob=0.5"
    )
    assert "Simulated 1 dyad of infant and caregiver" in told
    assert "fitted to no recording" in told
    assert read_parameters(folder / "parameters.toml") == preset(
        "infant_caregiver", reading_prob=0.5
    )
    assert json.loads((folder / "simulation.json").read_text())["seed"] == 7
    assert "matched" in run("analyze", folder, "--surrogates", 0)
    found = json.loads(
        run("fit", folder / "study.toml", "--simulations", 10, "--out", results, "--json")
    )
    rows = {row["parameter"]: row for row in found["dyads"][0]["fit"]["rows"]}
    true = describe_truth(preset("infant_caregiver", reading_prob=0.5))
    kappa = rows["contingent_per_s"]
    assert kappa["low"] < true["contingent_per_s"] < kappa["high"]
    for name in ("misread_per_s", "focal_agenda_per_s", "responder_agenda_per_s"):
        value, low, high = (np.log(rows[name][key]) for key in ("value", "low", "high"))
        # One dyad misses a 95 % limit now and then; five standard errors it does not.
        assert abs(value - np.log(true[name])) < 5 * (high - low) / 3.92, name
    assert {rows[name]["standing"] for name in ("contingent_per_s", "reading_prob")} == {
        "this dyad"
    }
    assert {path.name for path in results.iterdir()} == {
        "fit.html", "fit.csv", "predictive.csv", "residuals.csv", "recovery.csv", "settings.json",
    }  # fmt: skip
    with (results / "recovery.csv").open(encoding="utf-8") as file:
        recovered = {row["parameter"]: row for row in csv.DictReader(file)}
    assert float(recovered["reading_prob"]["true"]) == pytest.approx(0.5)
    assert recovered["contingent_per_s"]["inside"] == "1"


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_simulation(plan_simulation(**ALL), tmp_path / name)  # type: ignore[arg-type]
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in "ab")
    assert first == second
    other = write_simulation(plan_simulation(**{**ALL, "seed": 2}), tmp_path / "c")  # type: ignore[arg-type]
    assert (other.folder / "dyad001_001.csv").read_bytes() != first["dyad001_001.csv"]


def test_dyads_differ_only_where_they_are_asked_to(tmp_path: Path) -> None:
    alike = run_simulation(plan_simulation(dyads=3, minutes=1.0))
    assert {course.parameters for course in alike} == {preset("infant_caregiver")}
    apart = run_simulation(plan_simulation(dyads=200, minutes=0.1, spread=0.5))
    logs = np.log([course.parameters.contingent_per_s for course in apart])
    assert logs.std() == pytest.approx(0.5, abs=0.08)
    assert logs.mean() == pytest.approx(np.log(0.1225), abs=0.12)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SettingError, match="empty or not there yet"):
        run("simulate", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--preset", "infant_caregivr"], "Did you mean 'infant_caregiver'"),
        (["--set", "redines_prob=1"], "Did you mean 'readiness_prob'"),
        (["--set", "readiness_prob"], "name=value"),
        (["--set", "readiness_prob=2"], "from 0 to 1"),
        (["--set", "readiness_prob=soon"], "a number"),
        (["--paradigm", "plai"], "'play'"),
        (["--codebook", "icep"], "Did you mean 'icep_like'"),
        (["--dyads", "0"], "1 to"),
        (["--paradigm", "imposed", "--spells", "60", "--spell-s", "30"], "so that the spells fit"),
        (["--minutes", "0"], "above 0"),
        (["--coder-accuracy", "1.5"], "0 to 1"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(
    tmp_path: Path, words: list[str], told: str
) -> None:
    with pytest.raises(SettingError, match=told):
        run("simulate", "--out", tmp_path / "new", *words)
    assert not (tmp_path / "new").exists()


def test_a_bad_line_of_a_parameter_file_is_named(tmp_path: Path) -> None:
    bad = write_codes(tmp_path / "p.toml", "reading_prob = 0.5\nreadiness_prob = = 1\n")
    with pytest.raises(ReadError, match=r"p\.toml.*line 2"):
        plan_simulation(parameters=bad)
    odd = write_codes(tmp_path / "q.toml", "reding_prob = 0.5\n")
    with pytest.raises(SettingError, match="Did you mean 'reading_prob'"):
        plan_simulation(parameters=odd)
    fine = write_codes(tmp_path / "r.toml", 'preset = "patient_therapist"\nreading_prob = 0.5\n')
    plan = plan_simulation(parameters=fine)
    assert (plan.preset, plan.parameters.reading_prob) == ("patient_therapist", 0.5)
    assert plan.paradigm.duration_s == 3000
    with pytest.raises(SettingError, match="none beside a file"):
        plan_simulation(parameters=fine, preset="infant_caregiver")


def test_changes_take_numbers_words_lists_and_the_two_rates() -> None:
    found = read_changes(["reading_prob = 0.5", "start_focal=away", "contingent_per_s=1"])
    assert found == {"reading_prob": 0.5, "start_focal": "away", "contingent_per_s": 1}
    # TOML has no ".5"; people write it all the same.
    assert read_changes(["reading_prob=.5"]) == {"reading_prob": 0.5}
    plan = plan_simulation(changes={"contingent_per_s": 0.2, "misread_per_s": 0.0})
    assert plan.parameters.contingent_per_s == pytest.approx(0.2)
    assert plan.parameters.misread_per_s == 0.0


# -- codebooks ---------------------------------------------------------------------------------


def test_a_codebook_file_reads_codes_and_merges_states(tmp_path: Path) -> None:
    book = read_codebook(write_codes(tmp_path / "c.toml", PLAINEST))
    assert (book.read_focal("neu"), book.read_responder("neg")) == (2, 0)
    assert book.read_focal("?") is None
    assert merge_states(book) == ((0, 2, 2, 3), (0, 2, 2, 3, 0))
    assert ("neg", "neg") in book.match_pairs()
    assert ("neg", "pos") not in book.match_pairs()
    more = PLAINEST.replace("[responder]", 'sad = "negative"\n[responder]')
    assert read_codebook(write_codes(tmp_path / "d.toml", more)).read_focal("sad") == 0


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('neg = "negative"', 'neg = "negativ"', r"'neg'.*Did you mean 'negative'"),
        ('neg = "negative"', "neg = 3", "'neg'.*name of a state"),
        ('neg = "negative"', "neg == 3", "line 4"),
        ('neg = "negative"', 'other = "monitor"', "no code stands for negative"),
        ('pos = "positive"', 'pos = "positive"\nlook = "away"', "'away' stands under"),
        ("[focal]", "[infant]", "no key 'infant'"),
        ('stream = "affect"', 'stream = "affect"\npartners = ["a"]', "two names"),
    ],
)
def test_a_wrong_codebook_file_names_the_place(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(ReadError, match=told) as caught:
        read_codebook(write_codes(tmp_path / "c.toml", PLAINEST.replace(old, new, 1)))
    assert "c.toml" in str(caught.value)


def test_codes_in_no_codebook_are_listed_with_the_lines_to_write(tmp_path: Path) -> None:
    session = make_session(["up", "down"] * 5, ["yes", "no"] * 5)
    with pytest.raises(SettingError) as caught:
        fit_study([session])
    told = str(caught.value)
    for part in ("infant: down, up", "caregiver: no, yes", "[focal]", '"up" = "?"', "codes.toml"):
        assert part in told
    draft = draft_codebook("affect", ("infant", "caregiver"), ["down", "up"], ["no", "yes"])
    assert draft in told
    filled = draft.replace('"up" = "?"', '"up" = ["positive", "monitor"]')
    filled = filled.replace('"down" = "?"', '"down" = ["negative", "away"]')
    filled = filled.replace('"yes" = "?"', '"yes" = ["play", "attend"]')
    filled = filled.replace('"no" = "?"', '"no" = ["soothe", "wait", "off"]')
    book = choose_codebook([session], write_codes(tmp_path / "codes.toml", filled))
    assert book.partners == ("infant", "caregiver")
    with pytest.raises(SettingError, match="one that knows the codes"):
        choose_codebook([session], "3rs_like")


def test_the_codebook_that_knows_every_code_is_taken() -> None:
    ours = make_session(["negative", "away"], ["soothe", "off"])
    assert choose_codebook([ours]).name == "plain"
    signed = make_session(["-1", "2", "0"], ["1", "0", "0"])
    book = choose_codebook([signed])
    assert (book.name, book.read_focal("2"), book.read_focal("-1")) == ("valence", 3, 0)
    # 0 and 1 may as well mean absent and shown.
    shown = make_session(["0", "1"], ["1", "0"])
    with pytest.raises(SettingError, match="A codebook file"):
        choose_codebook([shown])
    assert choose_codebook([shown], "valence").name == "valence"
    assert choose_codebook([signed], focal="caregiver").partners == ("caregiver", "infant")
    with pytest.raises(SettingError, match="Did you mean 'caregiver'"):
        choose_codebook([signed], focal="caregivr")
    with pytest.raises(MissingStreamError, match="Did you mean 'affect'"):
        choose_codebook([signed], stream="afect")
    with pytest.raises(SettingError, match="Did you mean 'icep_like'"):
        choose_codebook([signed], "icep_lik")


# -- fit ---------------------------------------------------------------------------------------


def codes(seed: int, n: int = 120) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    x = rng.choice(["negative", "away", "monitor", "positive"], n)
    y = rng.choice(["soothe", "wait", "attend", "play", "off"], n)
    return list(map(str, x)), list(map(str, y))


def test_other_sessions_go_on_when_one_fails() -> None:
    good = make_session(*codes(1), id="good")
    blind = make_session([""] * 60 + ["away"] * 60, ["wait"] * 60 + [""] * 60, id="blind")
    dark = make_session([""] * 60, [""] * 60, id="dark")
    found = fit_study([blind, good, dark], codebook="plain", simulations=0)
    assert [one.dyad for one in found.dyads] == ["good"]
    assert {failure.session for failure in found.failures} == {"blind", "dark"}
    assert "both partners were coded" in found.failures[0].message
    with pytest.raises(SettingError, match="both partners were coded"):
        fit_study([dark, blind], codebook="plain", simulations=0)


def test_one_change_gives_the_prior_back_and_says_so() -> None:
    session = make_session(["away"] * 30 + ["monitor"] * 30, ["wait"] * 60)
    found = fit_study([session], codebook="plain", simulations=5)
    frame = found.to_frame()
    assert not frame["converged"].any()
    assert set(frame["standing"]) == {"mostly prior", "pooled"}
    np.testing.assert_allclose(frame["value"], frame["prior_value"])
    assert "No maximum was found" in found.summary()
    assert "too few to fit" in found.summary()


def test_a_session_without_the_stream_is_left_out() -> None:
    good = make_session(*codes(1), id="good")
    other = make_session(*codes(2), id="other")
    bare = Session("bare", other.partners, other.span, other.streams[:1])
    found = fit_study([good, bare], codebook="plain", simulations=0)
    assert [failure.session for failure in found.failures] == ["bare"]
    with pytest.raises(MissingStreamError, match="voice"):
        fit_study([good], stream="voice")


def test_groups_need_a_column_with_two_values(tmp_path: Path) -> None:
    write_simulation(plan_simulation(dyads=9, minutes=2.0, seed=3), tmp_path / "study")
    table = tmp_path / "study" / "sessions.csv"
    rows = list(csv.reader(table.open(encoding="utf-8")))
    groups = ["group", *["quick"] * 4, *["slow"] * 5]
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, group] for row, group in zip(rows, groups, strict=True))
    study = read_study(tmp_path / "study")
    assert find_groups(study, "group")["dyad001"] == "quick"
    with pytest.raises(SettingError, match="Did you mean 'group'"):
        find_groups(study, "gruop")
    with pytest.raises(SettingError, match="two values; it has 1"):
        find_groups(study, "model_depth")
    found = fit_study(study, by="group", simulations=0, permutations=99)
    assert found.pooled is not None
    assert found.comparison is not None
    assert found.comparison.groups == ("quick", "slow")
    assert found.comparison.n == (4, 5)
    told = found.summary()
    assert "groups dealt at random give" in told
    assert "9 dyads were fitted together" in told
    assert fit_study(study, pooled=False, simulations=0).pooled is None


def test_too_few_dyads_in_a_group_are_not_compared(tmp_path: Path) -> None:
    sessions = [
        Session(
            f"s{i}", ("infant", "caregiver"), (0.0, 120.0), make_session(*codes(i)).streams,
            meta={"group": "ab"[i % 2]},
        )
        for i in range(4)
    ]  # fmt: skip
    found = fit_study(sessions, by="group", simulations=0)
    assert found.comparison is None
    assert "Groups were not compared: 2 in a and 2 in b" in found.summary()


def test_what_is_moved_and_dyads_in_general_from_words() -> None:
    assert choose_free(None) == FREE
    assert choose_free("usual, agenda")[: len(FREE)] == FREE
    assert "agenda_off" in choose_free("usual,agenda")
    assert choose_free("contingent_per_s") == ("contingent_per_s",)
    prior = make_prior("patient_therapist", changes={"misread_per_s": 0.0}, spread=1.0)
    assert prior.base.time_unit_s == 10.0
    assert prior.base.misread_per_s == 0.0
    assert set(prior.sd(FREE)) == {1.0}
    with pytest.raises(SettingError, match="Did you mean"):
        fit_study([make_session(*codes(1))], free=("contingent",))


def test_a_folder_of_therapy_is_fitted_in_its_own_time_unit(tmp_path: Path) -> None:
    run(
        "simulate",
        "--preset",
        "patient_therapist",
        "--codebook",
        "3rs_like",
        "--out",
        tmp_path / "t",
    )
    found = json.loads(run("fit", tmp_path / "t", "--simulations", 0, "--json"))
    rows = {row["parameter"]: row for row in found["dyads"][0]["fit"]["rows"]}
    assert found["codebook"]["name"] == "3rs_like"
    assert rows["focal_agenda_per_s"]["prior_value"] == pytest.approx(0.045)
    assert rows["focal_agenda_per_s"]["value"] == pytest.approx(0.045, rel=0.35)


@pytest.mark.slow
def test_codes_on_a_grid_take_the_interval_likelihood(tmp_path: Path) -> None:
    write_simulation(plan_simulation(minutes=8.0, step_s=1.0, seed=2), tmp_path / "grid")
    found = fit_study(read_study(tmp_path / "grid"), simulations=0)
    one = found.dyads[0]
    assert one.fit.design == "interval"
    assert one.residuals is None
    assert "waiting times cannot be checked" in found.summary()
    value, low, high = one.fit.value("focal_agenda_per_s")
    assert low < 0.45 < high
    as_events = fit_study(read_study(tmp_path / "grid"), design="events", simulations=0)
    assert as_events.dyads[0].fit.value("focal_agenda_per_s")[0] < value
    assert "coarse_codes" in {note.code for note in as_events.dyads[0].fit.notes}


def test_a_path_that_is_not_there_is_one_short_line(tmp_path: Path) -> None:
    with pytest.raises(ReattuneError, match="does not exist"):
        run("fit", tmp_path / "nothing")
    assert find_codebook("plain").name == "plain"
