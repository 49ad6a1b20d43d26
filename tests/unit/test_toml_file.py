"""Settings files in TOML: read, or told what is wrong and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.toml_file import MAX_BYTES, read_toml


def test_settings_are_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    for start in ("", "\ufeff"):
        path.write_text(f'{start}name = "x"\nn = 3\n', "utf-8")
        assert read_toml(path) == {"name": "x", "n": 3}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"n = \n", "not valid TOML"),
        (b"\xff\xfe\x00", "not valid TOML"),
        (b"#" * (MAX_BYTES + 1), "too large"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=said):
        read_toml(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        read_toml(tmp_path / "a.toml")
