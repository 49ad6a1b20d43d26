"""Provenance: seeds that depend on names alone, and the settings every result carries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache

import numpy as np

from reattune.core.criteria import Criteria
from reattune.core.session import Session
from reattune.rules import Rule


def make_rng(seed: int, *words: str) -> np.random.Generator:
    """A generator that depends on the seed and the words alone."""
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], dtype=np.uint32).tolist()])


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")}


def make_settings(
    rule: Rule,
    criteria: Criteria,
    phases: str | Iterable[str],
    surrogates: dict[str, object],
    sessions: list[Session],
) -> dict[str, object]:
    """Rule, criteria, surrogates, versions and input hashes; no clock time. JSON-safe."""
    return {
        "rule": rule.to_dict(),
        "rule_in_words": rule.describe(),
        "criteria": criteria.to_dict(),
        "phases": phases if isinstance(phases, str) else list(phases),
        "surrogates": surrogates,
        "versions": dict(_versions()),
        "inputs": [
            {
                "session": session.id,
                "source": session.meta.get("source", ""),
                "sha256": session.meta.get("sha256", ""),
            }
            for session in sessions
        ],
    }
