"""Signals from files and commands: recognised by content, read, refused, handed on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.cli.synchrony_options import synchrony_options
from reattune.commands import analyze_path, write_any
from reattune.core.errors import ReadError, ReattuneError, SettingError
from reattune.results import Analysis, StudyAnalysis
from reattune.synchrony_pipeline import SynchronyAnalysis, analyze_signals, is_signals, read_signals

from .made_signals import made_pair, write_motion

CODES = "start,end,person,code\n" + "\n".join(
    f"{4 * i},{4 * i + 4},{who},{'ab'[(i + k) % 3 % 2]}"
    for i in range(9)
    for k, who in enumerate(("infant", "mother"))
)
WORDS = {"file_rate_hz": 10.0, "window_s": 10.0, "step_s": 5.0, "max_lag_s": 2.0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight motion energy files in two folders, and one that is broken."""
    for i in range(8):
        place = tmp_path / "study" / ("early" if i < 4 else "late")
        place.mkdir(parents=True, exist_ok=True)
        write_motion(place / f"d{i}.txt", made_pair(i, n=1500, coupling=0.4))
    (tmp_path / "study" / "late" / "d9.txt").write_text("pat th\n1 2\n3\n4 5\n", encoding="utf-8")
    return tmp_path / "study"


def table(path: Path, seed: int = 1, n: int = 1500, codes: bool = False) -> Path:
    """A table of samples with a time column, and codes where asked."""
    one, two = made_pair(seed, n=n, lag=5, coupling=0.6)
    head = "time,patient_motion,therapist_motion"
    rows = [f"{i / 10:.1f},{a:.4f},{b:.4f}" for i, (a, b) in enumerate(zip(one, two, strict=True))]
    if codes:
        head += ",patient_affect,therapist_affect"
        rows = [f"{row},{i // 300 % 2},{i // 200 % 2}" for i, row in enumerate(rows)]
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, str]:
    """Exit code and everything the command printed; library errors end it as they do in `main`."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(done.exception, SettingError):
        return 2, str(done.exception)
    if isinstance(done.exception, ReattuneError):
        return 1, str(done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


# -- reading -------------------------------------------------------------------------------------


def test_signals_are_recognised_by_content(folder: Path, tmp_path: Path) -> None:
    assert is_signals(folder)
    assert is_signals(folder / "early" / "d0.txt")
    assert is_signals(table(tmp_path / "plain.csv"))
    assert not is_signals(table(tmp_path / "coded.csv", codes=True))
    coded = tmp_path / "codes.csv"
    coded.write_text(CODES, encoding="utf-8")
    assert not is_signals(coded)
    assert not is_signals(tmp_path / "nothing.csv")


def test_a_folder_is_a_study_and_a_broken_file_fails_alone(folder: Path) -> None:
    study = read_signals(folder, rate_hz=10)
    assert study.ids == tuple(f"d{i}" for i in range(8))
    assert study.covariates["d5"] == {"folder": "late"}
    assert [failure.session for failure in study.failures] == ["d9"]
    assert study["d0"].partners == ("patient", "therapist")


def test_people_are_named_or_taken_in_order(tmp_path: Path) -> None:
    path = tmp_path / "d1.txt"
    rows = "\n".join(f"{i * 7 % 31} {i * 5 % 37}" for i in range(100))
    path.write_text(rows, encoding="utf-8")
    session = read_signals(path, rate_hz=10, partners=("infant", "caregiver"))["d1"]
    assert session.partners == ("infant", "caregiver")
    first = session.stream("motion_energy", "infant")
    assert first.values[:3].tolist() == [0, 7, 14]  # type: ignore[union-attr]
    assert any("by order" in note.message for note in session.notes)
    # Words for the same role are no question of order.
    path.write_text("th pat\n" + rows, encoding="utf-8")
    session = read_signals(path, rate_hz=10, partners=("patient", "therapist"))["d1"]
    first = session.stream("motion_energy", "patient")
    assert first.values[:3].tolist() == [0, 5, 10]  # type: ignore[union-attr]


def test_a_file_for_each_partner_makes_one_session(tmp_path: Path) -> None:
    one, two = made_pair(3, n=1500, lag=5, coupling=0.6)
    for name, values in (("a", one), ("b", two)):
        rows = [f"{i / 10:.1f},{v:.4f}" for i, v in enumerate(values)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["time,motion", *rows]), encoding="utf-8")
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    study = read_signals(paths, partners=("infant", "caregiver"))
    assert study.ids == ("a+b",)
    assert analyze_signals(study, surrogates=0)["a+b"]["all"].main_lag_s == pytest.approx(0.5)
    with pytest.raises(ReadError, match="one for each partner"):
        read_signals([*paths, paths[0]])


def test_constant_motion_is_a_signal_all_the_same(tmp_path: Path) -> None:
    path = write_motion(tmp_path / "d1.txt", (np.zeros(400), made_pair(1, n=400)[1]))
    result = analyze_signals(path, rate_hz=10, surrogates=9)
    assert "does not vary" in result["d1"]["all"].no_table


def test_a_study_file_says_how_signals_are_compared(folder: Path) -> None:
    rows = "\n".join(
        f'[[session]]\nid = "s{i}"\nfile = "early/d{i}.txt"\ngroup = "{"ab"[i % 2]}"'
        for i in range(4)
    )
    path = folder / "study.toml"
    path.write_text(
        '[partners]\nnames = ["patient", "therapist"]\n'
        "[table]\nrate_hz = 10\n"
        '[streams.motion.patient]\ncolumn = "motion_energy"\nsubject = "pat"\nkind = "signal"\n'
        '[streams.motion.therapist]\ncolumn = "motion_energy"\nsubject = "th"\nkind = "signal"\n'
        "[synchrony]\nwindow_s = 8\nstep_s = 4\nmax_lag_s = 1\nsmooth_s = 0\n"
        "by_condition = 'group'\n"
        "[surrogates]\nn = 19\nseed = 5\n" + rows,
        encoding="utf-8",
    )
    assert is_signals(path)
    result = analyze_signals(path)
    assert len(result.records) == 4
    assert result.options.windows.window_s == 8
    assert result.preparation.smooth_s == 0
    assert result.settings["surrogates"] == {"n": 19, "null": "rotate", "blocks": "auto", "seed": 5}
    assert result.conditions == ("a", "b")
    # The command's words go before those of the file.
    asked = analyze_path(str(path), synchrony={"window_s": 12.0}, surrogates=0)
    assert isinstance(asked, SynchronyAnalysis)
    assert asked.options.windows.window_s == 12
    assert asked.options.windows.step_s == 4
    path.write_text(path.read_text("utf-8").replace("window_s = 8", "windows_s = 8"), "utf-8")
    with pytest.raises(ReadError, match="window_s"):
        analyze_signals(path)


# -- commands ------------------------------------------------------------------------------------


def test_analyze_compares_signals_where_there_is_nothing_else(folder: Path) -> None:
    words = {**WORDS, "by_condition": "folder"}
    result = analyze_path(str(folder), synchrony=words, surrogates=19)
    assert isinstance(result, SynchronyAnalysis)
    assert len(result.records) == 8
    assert result.conditions == ("early", "late")
    assert [failure.session for failure in result.failures] == ["d9"]


def test_codes_go_first_unless_signals_are_asked_for(tmp_path: Path) -> None:
    path = str(table(tmp_path / "both.csv", codes=True))
    assert isinstance(analyze_path(path, rule={"stream": "affect"}, surrogates=0), Analysis)
    asked = analyze_path(path, synchrony={"compare": True}, surrogates=0)
    assert isinstance(asked, SynchronyAnalysis)
    assert asked.stream == "motion"


@pytest.mark.slow
def test_rule_synchrony_makes_ruptures_of_prepared_signals(folder: Path) -> None:
    one = str(folder / "early" / "d0.txt")
    words = {"file_rate_hz": 10.0, "window_s": 10.0, "max_lag_s": 1.0}
    rule = {"type": "Synchrony"}
    result = analyze_path(one, rule=rule, synchrony=words, surrogates=19)
    assert isinstance(result, Analysis)
    assert result.rule.to_dict()["window_s"] == 10
    assert "signal_filtered" in [note.code for note in result.notes]
    bare = analyze_path(one, rule=rule, synchrony={**words, "smooth_s": 0}, surrogates=0)
    assert isinstance(bare, Analysis)
    assert "signal_filtered" not in [note.code for note in bare.notes]
    many = analyze_path(str(folder), rule=rule, synchrony=words, surrogates=0)
    assert isinstance(many, StudyAnalysis)
    assert len(many.analyses) == 8
    assert [failure.session for failure in many.failures] == ["d9"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 1, "--rate"),
        (("--rate", "0"), 1, "rate_hz"),
        (("--rate", "10", "--preset", "rmae"), 2, "Did you mean 'rmea'"),
        (("--rate", "10", "--window-s", "0"), 2, "window_s"),
        (("--rate", "10", "--outlier-sd", "many"), 2, "--outlier-sd"),
        (("--rate", "10", "--stream", "moton"), 2, "motion_energy"),
        (("--rate", "10", "--null", "blocks"), 2, "rotate"),
        (("--rate", "10", "--table", "same_valence"), 2, "--table"),
        (("--rate", "10", "--min-rupture-s", "1"), 2, "--min-rupture-s"),
        (("--rate", "10", "--epochs", "cry"), 2, "epochs"),
        (("--rate", "10", "--by-condition", "group"), 2, "by_condition"),
        (("--rate", "10", "--rule", "Synchrony", "--epochs", "cry"), 2, "epochs"),
        (("--rate", "10", "--speed-of", "a,b,c,d"), 2, "speed_of"),
    ],
)
def test_what_cannot_be_done_is_one_short_line(
    folder: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    found, text = run("analyze", folder / "early" / "d0.txt", *words)
    assert found == code
    assert told in text


def test_options_of_signals_mean_nothing_for_codes(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(CODES, encoding="utf-8")
    code, text = run("analyze", path, "--window-s", "10")
    assert code == 2
    assert "--rule Synchrony" in text


@pytest.mark.parametrize("case", ["constant", "nan", "one", "same", "inf"])
def test_bad_signals_end_in_words_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    # What a result says in full is tested with the words; here only that nothing breaks.
    monkeypatch.setattr(
        SynchronyAnalysis,
        "summary",
        lambda self: "|".join(p.no_table for p in self.records[0].parts),
    )
    one, two = (np.round(100 * v) for v in made_pair(1, n=400))
    rows = {
        "constant": [f"{i / 10},{a},5.5" for i, a in enumerate(one)],
        "nan": [f"{i / 10},{a}," for i, a in enumerate(one)],
        "one": [f"{i / 10},{a},{b}" for i, (a, b) in enumerate(zip(one[:1], two[:1], strict=True))],
        "same": [f"{i / 10},{a},{a}" for i, a in enumerate(one)],
        "inf": [f"{i / 10},{a},inf" for i, a in enumerate(one)],
    }[case]
    path = tmp_path / "d1.csv"
    path.write_text("\n".join(["time,a_motion,b_motion", *rows]), encoding="utf-8")
    words = ("--rate", "10") if case == "one" else ()
    code, text = run(
        "analyze", path, "--synchrony", "--stream", "motion", *words, "--surrogates", "9"
    )
    told = {
        "constant": (0, "does not vary"),
        "nan": (0, "Every sample of the b is missing"),
        "one": (0, "Only one sample"),
        "same": (0, "one and the same"),
        "inf": (0, "Every sample of the b is missing"),
    }[case]
    assert (code, told[1] in text) == (told[0], True), text


def test_options_as_words() -> None:
    assert synchrony_options() == {}
    found = synchrony_options(
        rate=25, outlier_sd="none", speed_of="nose_x, nose_y", epochs=["cry"], any_roles=True
    )
    assert found == {
        "file_rate_hz": 25,
        "outlier_sd": "none",
        "speed_of": ("nose_x", "nose_y"),
        "epochs": ("cry",),
        "roles": False,
    }


def test_results_are_written_by_what_they_are(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = analyze_path(str(folder / "early" / "d0.txt"), synchrony=WORDS, surrogates=0)
    seen: list[object] = []
    monkeypatch.setattr(
        "reattune.show.synchrony_export.write_signals",
        lambda what, out, on_progress=None: seen.append(what) or [],
    )
    write_any(result, tmp_path / "out")
    assert seen == [result]
