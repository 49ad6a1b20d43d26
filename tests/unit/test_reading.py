from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reattune.core.errors import MissingStreamError, ReadError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.mapping import Mapping, Source
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.core.study import Entry, Study
from reattune.reading import (
    describe,
    draft_study,
    read_many,
    read_report,
    read_session,
    read_study,
)

HEADER = "start,end,person,track,code\n"
STUDY = """\
[study]
name = "Play"
sessions = "sessions.csv"
[partners]
names = ["infant", "caregiver"]
[streams.affect.infant]
track = "affect"
subject = "baby"
codes = { p = "1", n = "-1" }
[streams.affect.caregiver]
track = "affect"
subject = "mum"
codes = { p = "1", n = "-1" }
[rule]
type = "StateMatch"
stream = "affect"
table = "same_valence"
"""


def table(shift: float = 0.0, codes: str = "pnpn") -> str:
    rows = []
    for person, off in (("baby", 0.0), ("mum", 0.52)):
        for i, code in enumerate(codes):
            start = shift + 2 * i + off
            rows.append(f"{start:g},{start + 2:g},{person},affect,{code}")
    return HEADER + "\n".join(rows) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, shift in (("d1.csv", 0.0), ("d2.csv", 100.0)):
        (tmp_path / name).write_text(table(shift), encoding="utf-8")
    return tmp_path


def labels(session: Session, partner: str) -> list[str]:
    return list(session.stream("affect", partner, States).labels)


# -- one session -----------------------------------------------------------------------------------


def test_a_session_with_guessed_streams_says_what_was_assumed(folder):
    session = read_session(folder / "d2.csv", partners=("infant", "caregiver"))
    assert session.partners == ("infant", "caregiver") and session.id == "d2"
    assert session.span == pytest.approx((0.0, 8.52)) and session.meta["clock_origin_s"] == 100.0
    assert labels(session, "infant") == ["p", "n", "p", "n"]
    assumed = [note.message for note in session.notes if note.code == "assumed"]
    assert "infant affect is taken as states from 'affect' of 'baby'." in assumed
    assert session.meta["source"] == "d2.csv" and session.meta["format"] == "table"


def test_a_mapping_from_a_study_file_or_an_object(folder):
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    session = read_session(folder / "d1.csv", mapping=folder / "study.toml")
    assert labels(session, "caregiver") == ["1", "-1", "1", "-1"]
    swapped = read_session(
        folder / "d1.csv", ("caregiver", "infant"), mapping=folder / "study.toml"
    )
    assert swapped.partners == ("caregiver", "infant")
    own = Mapping(("a", "b"), (Source("a", "affect", ("affect",), "baby"),))
    assert read_session(folder / "d1.csv", mapping=own).partners == ("a", "b")
    with pytest.raises(SettingError, match="those of the mapping"):
        read_session(folder / "d1.csv", ("x", "y"), mapping=own)


def test_phases_are_given_on_the_files_clock(folder):
    session = read_session(folder / "d2.csv", phases={"play": (100, "1:44"), "still": (104, 108)})
    assert [(p.label, p.start, p.end, p.imposed) for p in session.phases] == [
        ("play", 0, 4, False),
        ("still", 4, 8, True),
    ]


def test_the_first_lines_anybody_types(folder):
    import reattune as ra

    session = ra.read_session(folder / "d1.csv", partners=("infant", "caregiver"))
    assert session.stream_names == ("affect",)


def test_what_cannot_be_read_is_a_read_error(folder):
    with pytest.raises(ReadError, match="cannot be opened"):
        read_session(folder / "nothing.csv")
    with pytest.raises(ReadError, match="no file"):
        read_session([])
    with pytest.raises(ReadError, match="two files of one session need a mapping"):
        read_session([folder / "d1.csv", folder / "d2.csv"])


# -- many --------------------------------------------------------------------------------------


def many(folder: Path) -> Path:
    lines = table().splitlines()[1:]
    rows = [f"{name},{line}" for name in ("a", "b") for line in lines]
    path = folder / "all.csv"
    path.write_text("session," + HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_many_observations_of_one_file(tmp_path):
    path = many(tmp_path)
    study = read_many(path, ("infant", "caregiver"))
    assert study.ids == ("a", "b") and len(study) == 2
    assert [session.id for session in study] == ["a", "b"]
    assert read_session(path, observation="b").id == "b"
    with pytest.raises(ReadError, match=r"holds 2 observations. Found 'a', 'b'"):
        read_session(path)
    with pytest.raises(ReadError, match="no observation 'c'"):
        read_session(path, observation="c")
    assert read_study(path).ids == ("a", "b")


def test_a_folder_is_a_study_and_one_bad_file_never_costs_the_others(folder):
    (folder / "broken.csv").write_text("start,end,code\n1,2\x00", encoding="utf-8")
    (folder / "lonely.csv").write_text(HEADER + "0,1,baby,affect,p\n", encoding="utf-8")
    (folder / "README.md").write_text("not data", encoding="utf-8")
    sub = folder / "second"
    sub.mkdir()
    (sub / "d1.csv").write_text(table(), encoding="utf-8")
    study = read_study(folder, partners=("infant", "caregiver"))
    seen: list[tuple[int, int, str]] = []
    sessions, failures = study.load_all(lambda *step: seen.append(step))
    assert [s.id for s in sessions] == ["d1", "d2", "second/d1"]
    assert [f.file for f in failures] == ["broken.csv", "lonely.csv"]
    assert len(seen) == len(study) == 4 and seen[0] == (0, 4, "reading d1")
    assert all(f.message for f in failures)
    with pytest.raises(ReadError, match="holds no file"):
        read_study(_empty(folder))


def _empty(folder: Path) -> Path:
    made = folder / "none"
    made.mkdir()
    return made


# -- study files -----------------------------------------------------------------------------------


def test_a_study_with_a_sessions_table(folder):
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    (folder / "sessions.csv").write_text(
        "id,dyad,file,group,age\n1,A,d1.csv,x,6\n2,A,d2.csv,y,9.5\n3,B,d3.csv,y,\n",
        encoding="utf-8",
    )
    for path in (folder, folder / "study.toml"):
        study = read_study(path)
        assert (study.name, study.ids, study.from_file) == ("Play", ("1", "2", "3"), True)
    assert study.covariates["2"] == {"group": "y", "age": 9.5}
    assert study.rule["type"] == "StateMatch"
    sessions, failures = study.load_all()
    assert [(s.id, s.dyad, s.meta["group"]) for s in sessions] == [("1", "A", "x"), ("2", "A", "y")]
    assert labels(sessions[0], "infant") == ["1", "-1", "1", "-1"]
    assert [(f.session, f.file) for f in failures] == [("3", "d3.csv")]
    assert study["2"].id == "2"
    with pytest.raises(MissingStreamError, match="no session '9'"):
        study["9"]
    frame = study.to_frame()
    assert frame.columns.tolist() == ["session", "dyad", "file", "group", "age"]
    with pytest.raises(SettingError, match="the study file names them"):
        read_study(folder, partners=("a", "b"))


def test_a_study_of_a_pattern_with_covariates_joined_by_name(folder):
    text = STUDY.replace('sessions = "sessions.csv"', 'files = "d*.csv"\nsessions = "s.tsv"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "s.tsv").write_text("session\tgroup\nd2\tx\nd9\ty\n", encoding="utf-8")
    study = read_study(folder)
    sessions, failures = study.load_all()
    assert [s.id for s in sessions] == ["d2", "d1"]
    assert study.covariates == {"d2": {"group": "x"}, "d1": {}}
    assert [f.session for f in failures] == ["d9"] and "no file was found" in failures[0].message


def test_sessions_in_the_study_file_with_phases_and_a_window(folder):
    text = STUDY.replace('sessions = "sessions.csv"\n', "") + (
        '[phases.times]\nplay = [100, 104]\nstill_face = ["1:44", "1:48"]\n'
        '[[session]]\nfile = "d2.csv"\ngroup = "x"\n'
        '[[session]]\nid = "late"\nfile = "d2.csv"\nstart_s = 102\nend_s = 106\n'
        "phases = { reunion = [103, 105] }\n"
    )
    (folder / "study.toml").write_text(text, encoding="utf-8")
    first, second = read_study(folder)
    assert first.id == "d2" and first.meta["group"] == "x"
    assert [(p.label, p.start, p.imposed) for p in first.phases] == [
        ("play", 0, False),
        ("still_face", 4, True),
    ]
    assert second.span == (0.0, 4.0)
    assert [(p.label, p.start, p.end) for p in second.phases] == [("reunion", 1, 3)]


def test_phases_from_columns_of_the_sessions_table(folder):
    columns = '[phases]\ncolumns = { play = ["p0", "p1"], still_face = ["p1", "p2"] }\n'
    (folder / "study.toml").write_text(STUDY + columns, encoding="utf-8")
    rows = "id,file,p0,p1,p2,age\n1,d1.csv,0,0:04,0:08,5\n2,d2.csv,100,104,,7\n"
    (folder / "sessions.csv").write_text(rows, encoding="utf-8")
    study = read_study(folder)
    assert study.covariates["1"] == {"age": 5}
    assert [[p.label for p in s.phases] for s in study] == [["play", "still_face"], ["play"]]
    (folder / "sessions.csv").write_text(rows.replace("0:04", "soon"), encoding="utf-8")
    _, failures = read_study(folder).load_all()
    assert "sessions.csv line 2" in failures[0].message and "'soon'" in failures[0].message


def test_one_file_per_partner_by_a_word_of_the_row(folder):
    for who in ("baby", "mum"):
        (folder / who).mkdir()
        lines = [x for x in table().splitlines() if who in x]
        (folder / who / "v1.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    text = STUDY.replace('"baby"', '"baby"\nfile = "baby/{id}.csv"')
    text = text.replace('"mum"', '"mum"\nfile = "mum/{visit}.csv"')
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "sessions.csv").write_text("id,visit\nv1,v1\nv2,v2\n", encoding="utf-8")
    study = read_study(folder)
    sessions, failures = study.load_all()
    assert [s.id for s in sessions] == ["v1"] and [f.session for f in failures] == ["v2"]
    assert sessions[0].meta["source"] == "baby/v1.csv, mum/v1.csv"
    (folder / "study.toml").write_text(text.replace("{visit}", "{vist}"), encoding="utf-8")
    with pytest.raises(ReadError, match="cannot be filled in"):
        read_study(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STUDY.replace('sessions = "sessions.csv"\n', ""), "names no session"),
        (STUDY.replace("sessions = ", "files = "), "no file fits 'sessions.csv'"),
        (STUDY.replace("sessions.csv", "https://x.org/s.csv"), "only files on this machine"),
        (STUDY + '[[session]]\nfile = "file:///etc/passwd"\n', "only files on this machine"),
        (STUDY.replace("sessions.csv", "no.csv"), "cannot be opened"),
        (STUDY + "[phases.times]\nplay = [9, 3]\n", "line 19: phase 'play'"),
        (
            STUDY.replace('sessions = "sessions.csv"\n', "")
            + '[[session]]\nid = 1\nfile = "a"\n[[session]]\nid = 1\nfile = "b"\n',
            "line 20: session '1' is named twice",
        ),
    ],
)
def test_mistakes_in_a_study_are_read_errors(folder, text, message):
    if "https" not in text and "no.csv" not in text and "files =" not in text:
        (folder / "sessions.csv").write_text("id,file\n1,d1.csv\n", encoding="utf-8")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match=message):
        read_study(folder / "study.toml")


def test_a_study_of_sessions_in_memory(folder):
    sessions = [read_session(folder / f"d{i}.csv") for i in (1, 2)]
    study = Study.from_sessions(sessions, "mine")
    assert list(study) == sessions and study.load_all() == (tuple(sessions), ())
    assert "2 sessions of 2 dyads" in repr(study)
    with pytest.raises(SettingError, match="each id once"):
        Study("x", (Entry("a", "a", "", lambda: sessions[0]),) * 2)


# -- looking -----------------------------------------------------------------------------------


def test_the_report_of_a_session(folder):
    text = table().replace("2,4,baby,affect,n", "2,3.999,baby,affect,n\n2,3.999,baby,affect,n")
    (folder / "d3.csv").write_text(text, encoding="utf-8")
    report = read_report(read_session(folder / "d3.csv"))
    assert report.count("duplicates") == 1 and report.count("gaps_closed") >= 1
    frame = report.to_frame()
    assert frame.columns.tolist() == ["session", "level", "code", "where", "count", "message"]
    assert len(frame) == len(report.notes) == len(report.to_dict()["notes"])
    assert report.summary().startswith("Session 'd3' from d3.csv: 0 warnings")


def test_description_of_a_file_and_of_a_folder(folder):
    one = describe(folder / "d1.csv")
    text = one.summary()
    assert "affect of baby: 4 intervals, 8 s coded, 0 to 8 s" in text
    assert "codes: 'n' 2, 'p' 2" in text and "people: baby, mum" in text
    assert "without a study file this would be assumed" in text
    both = describe(folder)
    document = json.loads(json.dumps(both.to_dict(), allow_nan=False))
    assert [r["id"] for r in document["recordings"]] == ["d1", "d2"]
    (folder / "broken.csv").write_text("start,end,code\n1,2\x00", encoding="utf-8")
    assert "not read: broken.csv" in describe(folder).summary()
    with pytest.raises(ReadError, match="nothing that can be read"):
        describe(_empty(folder))


def test_description_of_a_study_file(folder):
    (folder / "study.toml").write_text(
        STUDY.replace("sessions = ", "files = ").replace("sessions.csv", "d*.csv"), encoding="utf-8"
    )
    text = describe(folder / "study.toml").summary()
    assert "study 'Play', 2 sessions" in text and "Session 'd1'" in text


def test_a_draft_runs_unchanged(folder, monkeypatch):
    monkeypatch.chdir(folder)
    text = draft_study(folder)
    Path("study.toml").write_text(text, encoding="utf-8")
    study = read_study("study.toml")
    sessions, failures = study.load_all()
    assert [s.id for s in sessions] == ["d1", "d2"] and failures == ()
    assert study.rule == {"type": "StateMatch", "stream": "affect", "table": "same_category"}
    single = folder / "elsewhere"
    single.mkdir()
    (single / "study.toml").write_text(
        draft_study(folder / "d1.csv", relative_to=single), encoding="utf-8"
    )
    assert read_study(single).ids == ("d1",)


def test_a_draft_of_odd_names_is_sound_toml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = '"infant ""x"" = [1]"'
    rows = [f'{i},{i + 1},{who},{odd},"a # b\\{i % 2}"' for i in range(6) for who in ("kid", "mum")]
    (tmp_path / "o'dd.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    Path("study.toml").write_text(draft_study("o'dd.csv"), encoding="utf-8")
    (session,) = read_study("study.toml")
    assert session.stream(session.stream_names[0], "infant").observed == Intervals([0], [6])


def test_a_draft_for_people_that_cannot_be_told_apart_says_so(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("start,end,code\n0,1,a\n1,2,b\n", encoding="utf-8")
    text = draft_study(path)
    assert "CHECK: x.csv: two people could not be told apart" in text and '#   "code"' in text
    path.write_text(
        HEADER + "".join(f"0,1,{w},t,a\n1,2,{w},t,b\n" for w in "XYZ"), encoding="utf-8"
    )
    text = draft_study(path)
    assert "CHECK: several people are in it ('X', 'Y', 'Z')." in text
    (tmp_path / "study.toml").write_text(draft_study(path, relative_to=tmp_path), encoding="utf-8")
    assert len(read_study(tmp_path).load_all()[0]) == 1


# -- real files ------------------------------------------------------------------------------------


def test_the_draft_for_real_interact_files_runs_as_it_is(shared, tmp_path):
    source = shared / "infant_affect_xu2020" / "interact"
    text = draft_study(source, relative_to=tmp_path)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = read_study(tmp_path)
    assert study.rule == {"type": "StateMatch", "stream": "affect", "table": "same_valence"}
    sessions, failures = study.load_all()
    assert len(sessions) == 3 and failures == ()
    coded = {s.id: [x.observed.total for x in s.streams] for s in sessions}
    assert coded["mangold_3367goodman"] == pytest.approx([233.28, 311.72])
    assert coded["mangold_3414goodman"] == pytest.approx([301.6, 301.36])
    for session in sessions:
        for stream in session.streams:
            assert set(stream.categories) <= {"-1", "0", "1"}
        assert not [n for n in session.notes if n.code == "undocumented_codes"]


def test_a_real_elan_file_with_many_people(shared):
    path = shared / "formats" / "eaf" / "mother_child_vcm.eaf"
    with pytest.raises(ReadError, match="say which two"):
        read_session(path)
    session = read_session(path, ("infant", "caregiver"))
    assert len(session.stream("vcm", "infant")) == 67
    assert len(session.stream("vcm", "caregiver")) == 58


def test_a_real_table_of_therapy_sessions(shared):
    study = read_many(shared / "therapy_nonverbal_mhmm" / "nonverbal.csv")
    sessions, failures = study.load_all()
    assert len(sessions) == 10 and failures == ()
    assert sessions[0].partners == ("patient", "therapist")
    share = sessions[0].stream("looking", "patient", States).shares()
    assert sum(share.values()) == pytest.approx(1)
    looks = [s.stream("looking", "patient", States).shares()["2"] for s in sessions]
    assert 100 * sum(looks) / 10 == pytest.approx(80.91, abs=0.005)


def test_identical_poses_of_a_real_visit_are_noticed(shared):
    """In this data set one visit has the same file under both names."""
    names = [
        shared / "ffsf_klein2020" / f"pose_{who}" / "02_S038_12_op.csv.xz"
        for who in ("infant", "mom")
    ]
    sources = tuple(
        Source(who, "x", ("Nose_x",), kind="signal", file=f"pose_{folder}/*")
        for who, folder in (("infant", "infant"), ("caregiver", "mom"))
    )
    options = {"fps": 30}
    session = read_session(
        names, mapping=Mapping(("infant", "caregiver"), sources), options=options
    )
    assert "identical_partners" in [note.code for note in session.notes]


def test_reading_loads_no_heavy_library():
    code = (
        "import sys, reattune.reading; "
        "print([m for m in ('pandas', 'scipy', 'matplotlib', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_people_said_is_never_listed(tmp_path):
    """Transcripts are content: `info` and drafts count turns, they do not repeat them."""
    path = tmp_path / "talk.vtt"
    cues = [
        f"00:00:{2 * i:02d}.000 --> 00:00:{2 * i + 1:02d}.000\n<v {who}>my secret number {i}\n"
        for i, who in enumerate(["patient", "therapist"] * 6)
    ]
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    text = describe(path).summary() + str(describe(path).to_dict())
    assert "secret" not in text
    assert "12" in text or "6 intervals" in text
    assert "secret" not in draft_study(path)
    session = read_session(path, partners=("patient", "therapist"))
    assert "secret" not in repr(session)
    assert {type(stream).__name__ for stream in session.streams} == {"Events"}
