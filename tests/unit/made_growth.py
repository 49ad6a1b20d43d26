"""A made-up study: dyads met again and again, each session play and then a still-face."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reattune.core.session import Phase, Session
from reattune.core.streams import States
from reattune.rules import OwnTable, StateMatch

FIRST = ("negative", "away", "monitor", "positive")
SECOND = ("soothe", "wait", "attend", "play", "off")
TABLE = OwnTable(match=tuple(zip(FIRST, SECOND, strict=False)))
RULE = StateMatch("affect", TABLE)
NEGATIVE = {"negative": "negative"}
FRAME = 0.04


def _live(
    rng: np.random.Generator, length_s: float, strain: float, read: float, still: bool
) -> list[list[tuple[float, float, str]]]:
    """Both partners' bouts: the first turns negative the more, the longer they are mismatched."""
    x, y, t, since = 2, 4 if still else 2, 0.0, 0.0
    bouts: list[list[tuple[float, float, str]]] = [[], []]
    begun = [0.0, 0.0]
    while t < length_s:
        t = round(min(length_s, t + max(FRAME, rng.exponential(1.2))) / FRAME) * FRAME
        matched = x == y
        before = (x, y)
        if still or rng.random() < 0.5:
            load = 0.0 if matched else min(t - since, 20.0)
            p = np.array([strain * load + 0.02, 0.5, 1.0, 0.8])
            x = int(rng.choice(4, p=p / p.sum()))
        else:
            y = x if rng.random() < read else int(rng.integers(5))
        if (x == y) != matched:
            since = t
        for side, (was, now) in enumerate(zip(before, (x, y), strict=True)):
            if was != now or t >= length_s:
                label = (FIRST, SECOND)[side][was]
                if t > begun[side]:
                    bouts[side].append((begun[side], t, label))
                begun[side] = t
    return bouts


def make_visit(
    dyad: str,
    number: int,
    *,
    strain: float = 0.08,
    read: float = 0.5,
    play_s: float = 90.0,
    still_s: float = 45.0,
    challenge: bool = True,
    covariates: dict[str, object] | None = None,
) -> Session:
    """One session; its draws depend on its name alone."""
    rng = np.random.default_rng([len(dyad), *dyad.encode(), number])
    play = _live(rng, play_s, strain, read, False)
    still = _live(rng, still_s, strain, read, True) if challenge else [[], []]
    streams = []
    for side, partner in enumerate(("infant", "caregiver")):
        late = [(a + play_s, b + play_s, label) for a, b, label in still[side]]
        starts, ends, labels = zip(*(*play[side], *late), strict=True)
        streams.append(States(partner, "affect", starts, ends, list(labels), FRAME))
    end = play_s + (still_s if challenge else 0.0)
    phases = (Phase("play", 0.0, play_s),)
    if challenge:
        phases += (Phase("still_face", play_s, end, imposed=True),)
    meta = {"session_number": number, **(covariates or {})}
    return Session(
        f"{dyad}-{number}",
        ("infant", "caregiver"),
        (0.0, end),
        tuple(streams),
        dyad=dyad,
        phases=phases,
        meta=meta,
    )


def make_visits(
    dyads: int = 12,
    sessions: int = 6,
    *,
    growing: float = 0.7,
    challenge: bool = True,
    groups: bool = False,
    rating: bool = False,
    play_s: float = 90.0,
    names: Iterable[str] | None = None,
) -> list[Session]:
    """All sessions of a study, by number and then by dyad (as a folder might list them)."""
    found = []
    for number in range(1, sessions + 1):
        for at, dyad in enumerate(names or [f"d{i + 1}" for i in range(dyads)]):
            share = (number - 1) / max(1, sessions - 1)
            grown = growing if not groups or at % 2 == 0 else 0.0
            covariates: dict[str, object] = {}
            if groups:
                covariates["group"] = "help" if at % 2 == 0 else "control"
            if rating:
                rng = np.random.default_rng([7, at, number])
                covariates["alliance"] = round(4 + 0.05 * number + float(rng.normal(0, 0.4)), 2)
            found.append(
                make_visit(
                    dyad,
                    number,
                    strain=0.08 * (1 - grown * share),
                    challenge=challenge,
                    play_s=play_s,
                    covariates=covariates,
                )
            )
    return found
