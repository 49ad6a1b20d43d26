"""The five-line promise runs as it stands in the README, and so does the code of the first page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reattune.examples import write_example

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/start.md"])
def test_the_five_lines_run_as_they_stand(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    promise = next(block for block in blocks if "read_session" in block)
    assert len(promise.strip().splitlines()) == 5
    write_example(tmp_path)
    monkeypatch.chdir(tmp_path)
    # The README is ours; running it is the point of this test.
    exec(compile(promise, page, "exec"), {})
    said = capsys.readouterr().out
    assert "Infant and caregiver were matched" in said
    assert "ruptures were seen to begin" in said
