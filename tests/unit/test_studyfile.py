from __future__ import annotations

import re
from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.mapping import Source
from reattune.io import studymodel
from reattune.io.sessions_table import as_number, read_sessions_table
from reattune.io.studyfile import find_line, read_study_file

GOOD = """\
[study]
name = "Play"
files = "*.csv"

[table]
rate_hz = 25

[partners]
names = ["infant", "caregiver"]

[streams.affect.infant]
class = "Infant Affect"
codes = { A = 1, N = "0", W = -1 }
uncodable = [9, "U"]
uncodable_track = "Infant Problem"

[streams.affect.caregiver]
tier = ["m1", "m2"]
subject = "Mum"
fps = 25
file = "mum*"
offset_s = -0.5

[phases]
times = { play = [0, "2:00"], still_face = [120, 240] }
imposed = "wait"

[gaps]
max_frames = 1.5

[rule]
type = "StateMatch"
stream = "affect"

[criteria]
min_rupture_s = 0.5

[[session]]
id = 7
file = "d7.csv"
group = "a"

[[session]]
files = ["d8_i.csv", "d8_m.csv"]
start_s = 3
phases = { play = [1, 2] }
"""


@pytest.fixture
def write(tmp_path):
    def make(text, name="study.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_everything_in_its_place(write):
    file = read_study_file(write(GOOD))
    assert file.name == "Play" and file.files == ("*.csv",) and file.table == {"rate_hz": 25}
    assert file.mapping.partners == ("infant", "caregiver")
    infant, caregiver = file.mapping.sources
    assert infant == Source(
        "infant",
        "affect",
        ("Infant Affect",),
        codes={"A": "1", "N": "0", "W": "-1"},
        uncodable=("9", "U"),
        uncodable_tracks=("Infant Problem",),
    )
    assert caregiver.tracks == ("m1", "m2") and caregiver.person == "Mum"
    assert (caregiver.fps, caregiver.file, caregiver.offset_s) == (25.0, "mum*", -0.5)
    assert file.phase_times["play"] == (0, "2:00")
    assert file.mapping.phases.imposed == ("wait",)
    assert file.mapping.max_gap_frames == 1.5 and file.mapping.max_gap_s == 0.1
    assert file.rule == {"type": "StateMatch", "stream": "affect"}
    assert file.criteria == {"min_rupture_s": 0.5}
    one, two = file.rows
    assert (one.id, one.files, one.covariates) == ("7", ("d7.csv",), {"group": "a"})
    assert two.files == ("d8_i.csv", "d8_m.csv") and two.window == (3.0, None)
    assert two.phase_times == {"play": (1, 2)}
    assert one.where == "line 38" and two.where == "line 43"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("uncodable =", "uncodabel =", 14, "no key 'uncodabel'.*Did you mean 'uncodable'"),
        ("fps = 25", 'fps = "fast"', 20, "fps: is not allowed. Found 'fast'"),
        ("fps = 25", "fps = -1", 20, "greater than 0"),
        ("fps = 25", "fps = nan", 20, "fps"),
        ("fps = 25", 'kind = "stat"', 20, "'states', 'events' or 'signal'"),
        ("fps = 25", "threshold = 1", 17, 'needs kind = "events"'),
        ("fps = 25", 'column = "x"', 17, "mean the same"),
        ('tier = ["m1", "m2"]\nsubject = "Mum"', "", 17, "where it comes from"),
        ("affect.caregiver", "affect.caregivr", 17, "Did you mean 'caregiver'"),
        ('names = ["infant", "caregiver"]', 'names = ["infant"]', 8, "two different names"),
        ("[partners]", "[partner]", 8, "no key 'partner'.*Did you mean 'partners'"),
        ('imposed = "wait"', 'track = "p"', 24, "exclude one another"),
        ("max_frames = 1.5", "max_frames = -1", 29, "greater than or equal to 0"),
        ('type = "StateMatch"', "", 31, "needs a type"),
        ("start_s = 3", 'start_s = "soon"', 45, "start_s"),
        ('file = "d7.csv"', 'file = "d7.csv"\nfiles = "x"', 38, "mean the same"),
    ],
)
def test_a_mistake_names_its_line(write, old, new, line, message):
    assert old in GOOD
    with pytest.raises(ReadError, match=message) as caught:
        read_study_file(write(GOOD.replace(old, new, 1)))
    assert caught.value.where == f"line {line}", str(caught.value)


def test_what_is_no_toml_and_what_is_missing(write):
    with pytest.raises(ReadError, match=r"not valid TOML.*line 2"):
        read_study_file(write("[study]\nname = oops"))
    with pytest.raises(ReadError, match="partners: is missing"):
        read_study_file(write('[streams.a.b]\ntier = "x"'))
    with pytest.raises(ReadError, match="streams: names no stream"):
        read_study_file(write('[partners]\nnames = ["a", "b"]\n[streams]'))
    with pytest.raises(ReadError, match="cannot be opened"):
        read_study_file("nowhere.toml")
    with pytest.raises(ReadError, match="not valid TOML"):
        read_study_file(write("x = " + "[" * 3000))


def test_several_mistakes_are_counted(write):
    text = GOOD.replace("fps = 25", "fps = 0").replace("uncodable =", "uncodabel =")
    with pytest.raises(ReadError, match=r"\(1 more to correct.\)"):
        read_study_file(write(text))


def test_lines_are_found_through_quotes_dots_and_texts():
    text = 'a."b c".d = 1\n[x."y.z"]\ntext = """\nk = 1\n"""\nk = 2\n[[s]]\n[[s]]\nk = 3\n'
    assert find_line(text, ("a", "b c", "d")) == "line 1"
    assert find_line(text, ("x", "y.z", "k")) == "line 6"
    assert find_line(text, ("s", 1, "k")) == "line 9"
    assert find_line(text, ("s", 0, "k")) == "line 7"
    assert find_line(text, ("nothing",)) == ""


def test_partners_may_be_first_and_second(write):
    text = GOOD.replace('names = ["infant", "caregiver"]', 'first = "infant"\nsecond = "caregiver"')
    assert read_study_file(write(text)).mapping.partners == ("infant", "caregiver")


# -- the sessions table ----------------------------------------------------------------------------


def test_a_sessions_table(write):
    path = write(
        "Session;Dyad;File;age;group\n1;d1;a.csv;6,5;x\n2;d1;b.csv; c.csv;NA;y\n".replace(
            "b.csv; c.csv", '"b.csv; c.csv"'
        ),
        "s.csv",
    )
    one, two = read_sessions_table(path)
    assert (one.id, one.dyad, one.files) == ("1", "d1", ("a.csv",))
    assert two.files == ("b.csv", "c.csv")
    assert two.covariates == {"age": None, "group": "y"}
    assert two.where == "s.csv line 3"


def test_a_sessions_table_without_ids_takes_the_files_names(write):
    one, two = read_sessions_table(write("file,start_s\nx/a.csv.gz,2.5\nb.csv,\n", "s.csv"))
    assert (one.id, one.window, two.id, two.window) == ("a", (2.5, None), "b", (None, None))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("group,age\na,1\n", "neither a column for ids nor one for files"),
        ("id,age\n1,2\n1,3\n", "session '1' stands there twice, also in s.csv line 2"),
        ("id,start_s\n1,soon\n", "no number of seconds"),
    ],
)
def test_mistakes_in_a_sessions_table(write, text, message):
    with pytest.raises(ReadError, match=message):
        read_sessions_table(write(text, "s.csv"))


def test_empty_rows_are_no_sessions_and_a_row_without_a_name_is_a_mistake(write):
    assert [r.id for r in read_sessions_table(write("id,file\n,\n3,x\n", "s.csv"))] == ["3"]
    with pytest.raises(ReadError, match="neither an id nor a file"):
        read_sessions_table(write("id,file,age\n,,4\n", "s.csv"))


def test_numbers_in_cells():
    assert [as_number(c) for c in ("3", "-1.5", "1e3", "", "NA", "a1", "1_0", "inf")] == [
        *(3, -1.5, 1000.0, None, None, "a1", "1_0", "inf")
    ]


# -- the page in the documentation -------------------------------------------------------------

PAGE = Path(__file__).resolve().parents[2] / "docs" / "study-file.md"
STUB = '[partners]\nnames = ["infant", "caregiver"]\n[streams.x.infant]\ntier = "a"\n'
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_in_the_documentation_is_a_study_file(write, block):
    text = block if "[partners]" in block else f"{block}\n{STUB}"
    assert read_study_file(write(text)).mapping.partners == ("infant", "caregiver")


def test_the_documentation_names_every_key():
    text = PAGE.read_text(encoding="utf-8")
    models = (
        studymodel.StudyModel,
        studymodel.StudySection,
        studymodel.SourceSection,
        studymodel.PhasesSection,
        studymodel.GapsSection,
        studymodel.GrowthSection,
        studymodel.SessionSection,
    )
    missing = [key for m in models for key in m.model_fields if f"{key}" not in text]
    assert missing == [] and len(BLOCKS) == 5
