"""What importing reattune, and asking for help, may load: a program that starts quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pandas", "scipy", "matplotlib", "numba", "statsmodels", "lifelines")
HEAVY_FOR_HELP = ("pandas", "scipy.stats", "matplotlib", "numba", "statsmodels")

LIST = "; import sys; print('\\n'.join(sys.modules))"


def modules_after(code: str) -> set[str]:
    """Names of all modules a fresh interpreter holds after running ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def third_party(names: set[str]) -> set[str]:
    """Top-level packages that are neither Python's own, nor private, nor this one."""
    tops = {name.split(".")[0] for name in names}
    own = set(sys.stdlib_module_names) | set(sys.builtin_module_names) | {"reattune"}
    return {top for top in tops if top not in own and not top.startswith("_")}


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """What Python itself loads here before anything is asked of it."""
    return modules_after("pass" + LIST)


def test_import_loads_numpy_only(bare: set[str]) -> None:
    after = modules_after("import reattune" + LIST)
    assert "reattune" in after
    assert third_party(after) - third_party(bare) <= {"numpy"}
    assert not set(HEAVY) & after


def test_every_public_name_can_be_had_from_the_light_import() -> None:
    """What is not loaded at once is loaded when asked for: no name is a promise only."""
    code = (
        "import reattune as ra\n"
        "missing = [n for n in getattr(ra, '__all__', ()) if getattr(ra, n, None) is None]\n"
        "assert not missing, missing\n"
    )
    modules_after(code)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['reattune', '--help']\n"
        "from reattune.cli import main\n"
        "import contextlib, io\n"
        "said = io.StringIO()\n"
        "try:\n"
        "    with contextlib.redirect_stdout(said):\n"
        "        main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "assert 'analyze' in said.getvalue(), said.getvalue()\n"
        "print('\\n'.join(sys.modules))\n"
    )
    loaded = modules_after(code)
    assert "reattune.cli" in loaded
    assert not set(HEAVY_FOR_HELP) & loaded


def test_the_check_sees_what_is_loaded(bare: set[str]) -> None:
    after = modules_after("import scipy.stats" + LIST)
    assert {"numpy", "scipy"} <= third_party(after) - third_party(bare)
    assert "scipy.stats" in after
