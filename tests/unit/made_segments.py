"""Made-up segment codes for tests: there is no open corpus with rupture labels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reattune.segment_codes.transitions import Streams

BoolArray = NDArray[np.bool_]
STRATEGIES = ("clarifies", "validates", "redirects")


def markov(rng: np.random.Generator, n: int, start: float, stay: float) -> BoolArray:
    """On and off in runs: begins with chance ``start`` per segment, stays with chance ``stay``."""
    out = np.zeros(n, dtype=np.bool_)
    on = rng.random() < start / (start + 1 - stay)
    for at in range(n):
        out[at] = on
        on = rng.random() < (stay if on else start)
    return out


def made_streams(
    rng: np.random.Generator,
    *,
    meetings: int = 8,
    segments: int = 30,
    tied: bool = False,
    planted: float = 0.0,
    missing: float = 0.0,
) -> list[Streams]:
    """Ruptures and strategies in runs, unrelated unless ``planted``.

    ``tied``: strategies only in rupture segments, as where they are coded only there. ``planted``:
    chance that a withdrawal segment is answered with the first strategy one segment later.
    """
    found = []
    for _ in range(meetings):
        known = rng.random(segments) >= missing
        withdrawal = markov(rng, segments, 0.15, 0.6) & known
        confrontation = markov(rng, segments, 0.06, 0.5) & known & ~withdrawal
        rupture = withdrawal | confrontation
        skills = {}
        for name, start in zip(STRATEGIES, (0.15, 0.1, 0.05), strict=True):
            if tied:
                on = np.zeros(segments, dtype=np.bool_)
                on[rupture] = markov(rng, int(rupture.sum()), start, 0.5)
            else:
                on = markov(rng, segments, start, 0.5)
            skills[name] = on & known
        if planted:
            hit = np.zeros(segments, dtype=np.bool_)
            hit[1:] = withdrawal[:-1] & (rng.random(segments - 1) < planted)
            skills[STRATEGIES[0]] = (skills[STRATEGIES[0]] | hit) & known
        found.append(
            Streams(
                known,
                {"withdrawal": withdrawal, "confrontation": confrontation, "any rupture": rupture},
                {**skills, "any strategy": np.any(list(skills.values()), axis=0)},
            )
        )
    return found


def made_rows(
    *,
    dyads: int = 4,
    meetings: int = 3,
    segments: int = 12,
    coders: tuple[str, ...] = ("a", "b"),
    seed: int = 3,
    answered: float = 0.6,
    missing: float = 0.04,
) -> list[dict[str, object]]:
    """Rows of a long table: dyad, meeting, segment, coder, side, marker, salience, strategy.

    Coders see the same ruptures with noise. Strategies answer a withdrawal one segment later.
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for dyad in range(1, dyads + 1):
        for meeting in range(1, meetings + 1):
            kinds = {
                ("patient", "withdrawal"): markov(rng, segments, 0.2, 0.55),
                ("patient", "confrontation"): markov(rng, segments, 0.08, 0.4),
                ("therapist", "withdrawal"): markov(rng, segments, 0.05, 0.3),
            }
            strength = {key: rng.integers(3, 6, segments) for key in kinds}
            skill = rng.random(segments) < 0.12
            skill[1:] |= kinds["patient", "withdrawal"][:-1] & (rng.random(segments - 1) < answered)
            which = rng.integers(0, len(STRATEGIES), segments)
            gone = rng.random(segments) < missing
            extent = int(rng.integers(1, 6))
            for coder in coders:
                rated = int(np.clip(extent + rng.integers(-1, 2), 1, 5))
                for at in range(segments):
                    if gone[at]:
                        continue
                    base = {"dyad": f"d{dyad}", "meeting": meeting, "segment": at + 1,
                            "coder": coder, "extent_resolved": rated}  # fmt: skip
                    strategy = STRATEGIES[which[at]] if skill[at] and rng.random() < 0.9 else ""
                    rows.append({**base, "side": "patient", "marker": "", "salience": 1,
                                 "strategy": strategy})  # fmt: skip
                    for key, on in kinds.items():
                        value = int(strength[key][at]) - int(rng.integers(0, 2)) if on[at] else 1
                        if on[at] and rng.random() < 0.08:
                            value = 1
                        if not on[at] and rng.random() < 0.02:
                            value = 2
                        if value > 1:
                            rows.append({**base, "side": key[0], "marker": key[1],
                                         "salience": value, "strategy": ""})  # fmt: skip
    return rows


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """The rows as a table."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
