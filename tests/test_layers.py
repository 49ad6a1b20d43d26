"""One direction of imports: every import in src/reattune is read with ast against a list."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "reattune"

# room -> rooms it may import (its own is always allowed). The order is the order of the one-line
# product. A new room needs a line here: where it stands is a decision, not an accident.
SIBLINGS = ("io", "prepare", "courses", "rules", "repair", "surrogates", "synchrony")
BELOW_RESULTS = ("core", *SIBLINGS, "measures", "models")
BELOW_PIPELINE = (
    *(*BELOW_RESULTS, "results", "reading", "datasets", "examples"),
    *("provenance", "phase_analysis", "study_analysis", "sensitivity", "talk", "growth"),
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "core": (),
    **dict.fromkeys(SIBLINGS, ("core",)),
    "rules": ("core", "courses", "synchrony", "synchrony_tests"),
    "talk": ("core",),
    "coupling": ("core",),
    "measures": ("core",),
    "course_tests": ("core", "courses", "measures"),
    "synchrony_tests": ("core", "synchrony", "surrogates"),
    "models": ("core", "measures"),
    "growth": ("core", "measures"),
    "results": ("core", "rules", "repair", "surrogates", "measures"),
    "provenance": ("core", "rules"),
    "phase_analysis": ("core", "rules", "repair", "surrogates", "measures", "results"),
    "study_analysis": (
        *("core", "rules", "surrogates", "measures", "results"),
        *("provenance", "phase_analysis"),
    ),
    "sensitivity": ("core", "repair", "measures", "results"),
    "reading": ("core", "io", "prepare"),
    "datasets": ("core", "io", "prepare", "reading"),
    "examples": ("core", "io", "models"),
    "growth_pipeline": (
        *("core", "rules", "repair", "surrogates", "measures", "growth", "results", "provenance"),
        *("phase_analysis", "courses", "course_tests"),
    ),
    "pipeline": (*BELOW_PIPELINE, "growth_pipeline"),
    "course_pipeline": ("core", "io", "courses", "measures", "course_tests"),
    "segment_codes": (
        *("core", "io", "courses", "rules", "repair", "surrogates", "measures", "course_tests"),
    ),
    "synchrony_pipeline": (
        *("core", "io", "prepare", "reading", "synchrony", "synchrony_tests", "surrogates"),
        *("rules", "repair", "measures", "results", "provenance", "phase_analysis", "coupling"),
    ),
    "synchrony_multiverse": (
        *("core", "prepare", "synchrony", "synchrony_tests", "surrogates", "synchrony_pipeline"),
    ),
    "choosing": ("core", "reading", "datasets", "rules", "synchrony_pipeline"),
    "comparison": ("core", "io", "measures", "growth", "results", "course_pipeline"),
    "experiments": (
        *("core", "models", "measures", "rules", "repair", "surrogates", "growth", "results"),
        *("provenance", "phase_analysis", "study_analysis", "pipeline", "comparison", "io"),
    ),
    "show": (
        *(*BELOW_PIPELINE, "growth_pipeline", "pipeline", "course_pipeline", "course_tests"),
        *("comparison", "segment_codes", "experiments", "synchrony_pipeline", "synchrony_tests"),
        "synchrony_multiverse",
    ),
    "convert": (*BELOW_PIPELINE, "pipeline", "show"),
    "commands": (
        *(*BELOW_PIPELINE, "pipeline", "course_pipeline", "segment_codes", "show", "convert"),
        *("experiments", "synchrony_pipeline", "synchrony_tests", "choosing"),
        "synchrony_multiverse",
    ),
    "__init__": (
        *(*BELOW_PIPELINE, "pipeline", "course_pipeline", "comparison", "show", "commands"),
        *(
            "synchrony_pipeline",
            "synchrony_tests",
            "synchrony_multiverse",
            "segment_codes",
            "experiments",
        ),
    ),
    "cli": (
        *(*BELOW_PIPELINE, "pipeline", "course_pipeline", "show", "convert"),
        *("commands", "__init__", "comparison", "segment_codes", "experiments", "choosing"),
        *("synchrony_pipeline", "synchrony_tests", "synchrony_multiverse"),
    ),
    "__main__": ("cli",),
}
# The one way up: a result asks `show` for its words, picture and document when it is called for.
WAY_UP = {"plot", "summary", "to_dict"}


@dataclass(frozen=True)
class Import:
    """One imported module, and the place it is imported in."""

    module: str
    line: int
    functions: tuple[str, ...]
    typing_only: bool


def _is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).split(".")[-1] == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, package: tuple[str, ...]) -> str:
    if node.level == 0:
        return node.module or ""
    parent = package[: len(package) - (node.level - 1)]
    return ".".join((*parent, *([node.module] if node.module else [])))


def _named_in_call(node: ast.Call) -> str:
    """The module of `import_module("a.b")` and `__import__("a.b")`."""
    called = ast.unparse(node.func).split(".")[-1]
    if called in ("import_module", "__import__") and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return first.value
    return ""


def read_imports(source: str, package: tuple[str, ...]) -> list[Import]:
    """All imports of a module that lies in `package`, wherever in the file they stand."""

    def walk(node: ast.AST, functions: tuple[str, ...], typing: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, functions, typing)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            if module == package[0]:  # from reattune import x: x may be a room
                for alias in node.names:
                    yield Import(f"{module}.{alias.name}", node.lineno, functions, typing)
            else:
                yield Import(module, node.lineno, functions, typing)
        elif isinstance(node, ast.Call) and (module := _named_in_call(node)):
            yield Import(module, node.lineno, functions, typing)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions = (*functions, node.name)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, functions, typing or _is_typing_only(node))

    return list(walk(ast.parse(source), (), False))


def _room(parts: tuple[str, ...], rooms: set[str]) -> str:
    """Room of `reattune.<parts>`; the package itself where the name is no room."""
    return parts[0] if parts and parts[0] in rooms else "__init__"


def find_violations(package: Path) -> list[str]:
    """What in the tree breaks the list, as "file:line sentence"; empty when nothing does."""
    files = sorted(package.rglob("*.py"))
    relative = [file.relative_to(package) for file in files]
    rooms = {path.parts[0].removesuffix(".py") for path in relative}
    found = [f"{room}: no place in the list of rooms" for room in sorted(rooms - set(ALLOWED))]
    for file, path in zip(files, relative, strict=True):
        room = path.parts[0].removesuffix(".py")
        allowed = {room, *ALLOWED.get(room, ())}
        for item in read_imports(file.read_text("utf-8"), (package.name, *path.parts[:-1])):
            place = f"{path.as_posix()}:{item.line}"
            top, *rest = item.module.split(".")
            if top == package.name:
                target = _room(tuple(rest), rooms | set(ALLOWED))
                way_up = target == "show" and not WAY_UP.isdisjoint(item.functions)
                if target not in allowed and not way_up:
                    found.append(f"{place} {room} may not import {target}")
            elif item.typing_only:
                continue
            elif room == "core" and not item.functions:
                if top != "numpy" and top not in sys.stdlib_module_names:
                    found.append(f"{place} core imports {top} at the top; only numpy may be")
            elif top == "matplotlib" and not (room == "show" and item.functions):
                found.append(f"{place} matplotlib is imported inside functions of show only")
    return found


def test_every_import_goes_one_way() -> None:
    assert find_violations(PACKAGE) == []


def test_the_list_itself_has_no_circle() -> None:
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {room for room in ALLOWED if room not in done and set(ALLOWED[room]) <= done}
        assert ready, f"these rooms need each other: {sorted(set(ALLOWED) - done)}"
        done |= ready


# -- the checker, checked on a small tree -----------------------------------------------------


def make_tree(root: Path, files: dict[str, str]) -> Path:
    package = root / "reattune"
    for name, text in {"__init__.py": "", "core/__init__.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return package


GOOD = {
    "core/a.py": "import math\nimport numpy as np\nfrom reattune.core import b\n",
    "core/b.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas as pd\n"
        "def to_frame():\n    import pandas\n"
        "class R:\n    def plot(self):\n        from reattune.show import plots\n"
    ),
    "rules/a.py": "from ..core import a\nfrom .b import x\nimport pandas\n",
    "rules/b.py": "from reattune.core.a import np\n",
    "pipeline.py": "from reattune import rules, core\nfrom reattune.rules.a import pandas\n",
    "show/plots.py": "def draw():\n    import matplotlib.pyplot\n",
    "cli.py": "from reattune import analyze\n",
}


def test_a_tree_in_order_and_without_the_other_rooms_passes(tmp_path: Path) -> None:
    assert find_violations(make_tree(tmp_path, GOOD)) == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("core/c.py", "from reattune.rules import a\n", "core/c.py:1 core may not import rules"),
        ("core/c.py", "import pandas\n", "core imports pandas at the top"),
        ("core/c.py", "def f():\n    from reattune.show import x\n", "core may not import show"),
        ("rules/c.py", "from reattune.repair import find\n", "rules may not import repair"),
        ("rules/c.py", "from ..io.read import x\n", "rules may not import io"),
        (
            "rules/c.py",
            "def f():\n    import reattune.io\n",
            "rules/c.py:2 rules may not import io",
        ),
        ("rules/c.py", "from reattune import io\n", "rules may not import io"),
        ("rules/c.py", "from .. import pipeline\n", "rules may not import pipeline"),
        ("rules/c.py", "from reattune import analyze\n", "rules may not import __init__"),
        (
            "rules/c.py",
            "import importlib\nimportlib.import_module('reattune.io.read')\n",
            "rules/c.py:2 rules may not import io",
        ),
        (
            "rules/c.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import reattune.cli\n",
            "rules may not import cli",
        ),
        ("pipeline.py", "from reattune.show import plots\n", "pipeline may not import show"),
        ("pipeline.py", "def f():\n    import matplotlib\n", "matplotlib is imported inside"),
        ("show/a.py", "import matplotlib.pyplot as plt\n", "matplotlib is imported inside"),
        ("misc.py", "import math\n", "misc: no place in the list of rooms"),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    rooms = {"io/read.py": "", "repair/find.py": "", "show/plots.py": ""}
    found = find_violations(make_tree(tmp_path, {**GOOD, **rooms, name: text}))
    assert len(found) == 1
    assert sentence in found[0]
