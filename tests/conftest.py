"""Shared fixtures."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings with reference values, beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("the shared data folder (../shared/data) is not beside this repository")
    return SHARED
