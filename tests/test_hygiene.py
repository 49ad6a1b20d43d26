"""What tracked files may not hold: addresses of package indexes, machine paths, bulk."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_BYTES = 512 * 1024
MAX_LINES = 450

# Written in pieces, so that this file does not hold what it looks for.
INDEX = re.compile(
    "|".join(
        (
            r"index[-_]" + "url",
            r"find[-_]" + "links",
            r"https?://[^\s\"'<>]+/" + r"simple\b",
            r"https?://files\." + "pythonhosted",
            r"https?://(?:test\.)?pypi\." + r"org/(?!project/)",
            r'"resolved": *"' + "http",
        )
    )
)
FOLDERS = ("work", "farm", "root", "tmp", "opt/" + "wheels")
MACHINE = re.compile(r"(?:^|[\s\"'`=(])/(?:" + "|".join(FOLDERS) + r")(?=/)", re.MULTILINE)
# What an unresolved merge leaves behind.
MERGE = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file git follows."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git clone: which files are tracked cannot be known")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def find_lines(path: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    """Places, as "file:line", at which a text file holds the pattern."""
    content = path.read_bytes()
    if b"\0" in content[:8192]:
        return
    text = content.decode("utf-8", "replace")
    for hit in pattern.finditer(text):
        line = text.count("\n", 0, hit.end()) + 1
        yield f"{path.name}:{line}: {hit.group().strip()}"


def look(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    """All such places in all files."""
    return [place for path in paths for place in find_lines(path, pattern)]


def test_no_address_of_a_package_index(tracked: list[Path]) -> None:
    assert look(tracked, INDEX) == []


def test_no_path_of_a_machine(tracked: list[Path]) -> None:
    assert look(tracked, MACHINE) == []
    assert look(tracked, re.compile(re.escape(str(ROOT)))) == []


def test_no_mark_of_an_unfinished_merge(tracked: list[Path]) -> None:
    assert look(tracked, MERGE) == []


def test_no_large_file(tracked: list[Path]) -> None:
    assert [(p.name, p.stat().st_size) for p in tracked if p.stat().st_size > MAX_BYTES] == []


def test_no_room_is_long() -> None:
    rooms = {
        path.name: len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "src").rglob("*.py")
    }
    assert rooms
    assert {name: lines for name, lines in rooms.items() if lines > MAX_LINES} == {}


def test_locks_name_every_requirement_with_a_hash() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        logical = lock.read_text("utf-8").replace("\\\n", " ").splitlines()
        assert len(logical) > 10
        loose = [line for line in logical if "==" not in line or "--hash=sha256:" not in line]
        assert loose == [], lock.name


def test_locks_cover_what_pyproject_asks_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {
        "run.lock": project["dependencies"],
        "dev.lock": project["dependencies"] + project["optional-dependencies"]["dev"],
    }
    for name, requirements in wanted.items():
        text = (ROOT / "requirements" / name).read_text("utf-8")
        locked = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
        asked = {
            re.split(r"[\s<>=!~\[;]", line)[0].lower().replace("_", "-") for line in requirements
        }
        assert asked <= locked, name


# -- the patterns, checked --------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url somewhere",
        "see https://host.example/" + "simple/numpy",
        'url = "https://' + "files.pythonhosted" + '.org/a.whl"',
    ],
)
def test_an_index_address_is_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"one\n{line}\n", "utf-8")
    assert len(look([path], INDEX)) == 1
    assert look([path], INDEX)[0].startswith("a.txt:2")


@pytest.mark.parametrize("line", ['open("/' + 'work/x")', "/" + "tmp/x", "=/" + "root/a"])
def test_a_machine_path_is_found(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"one\n{line}\n", "utf-8")
    assert [place[:7] for place in look([path], MACHINE)] == ["a.txt:2"]


def test_ordinary_text_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        "a/work/b, src/tmp/x.py, https://example.org/work/page, https://pypi.org/project/x\n",
        "utf-8",
    )
    assert look([path], INDEX) == look([path], MACHINE) == []
