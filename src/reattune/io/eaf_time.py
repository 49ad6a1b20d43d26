"""Time in ELAN files: slots with and without a value, and parts of a parent's span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from reattune.core.errors import ReadError

# About three centuries; beyond it a value is damage, not a time.
_MAX_MS = 1e13


@dataclass
class TimeSlots:
    """The time slots of a file.

    Attributes
    ----------
    times : dict of str to float or None
        Milliseconds of each slot, in the file's order, which is the order of time also for the
        slots without a value (None).
    """

    times: dict[str, float | None]

    @classmethod
    def checked(
        cls, times: dict[str, float | None], bad: tuple[str, str | None] | None, path: Path
    ) -> TimeSlots:
        """The slots of a file.

        Parameters
        ----------
        times : dict of str to float or None
        bad : (str, str or None) or None
            Name and value of a slot whose value is no whole number.
        path : Path
            For messages only.

        Raises
        ------
        ReadError
            When there is such a slot, or a time is too large.
        """
        if bad is not None:
            raise ReadError(
                "is not a time.",
                path=path,
                where=f"time slot {bad[0][:60]!r}",
                found=repr(bad[1])[:60],
                expected="a whole number of milliseconds",
            )
        for name, time in times.items():
            if time is not None and abs(time) > _MAX_MS:
                raise ReadError(
                    "is not a time.",
                    path=path,
                    where=f"time slot {name[:60]!r}",
                    found=f"{time:g} ms",
                    expected="at most three centuries",
                )
        return cls(times)

    def interpolate(self, bounds: Sequence[tuple[str, str]], *, seamless: bool) -> int:
        """Number of slots that were given a time here.

        The slots of a tier, in the order of time, form a chain; a run of slots without a value
        is placed evenly between the timed slots on both sides of it. Slots at an end of the
        chain with no timed one beyond them stay without.

        Parameters
        ----------
        bounds : sequence of (str, str)
            First and last slot of each annotation of the tier.
        seamless : bool
            Whether the type forbids gaps: two slots without a value, one ending an annotation
            and the next beginning the following one, are then the same moment.
        """
        rank = {name: at for at, name in enumerate(self.times)}
        ordered = sorted(bounds, key=lambda pair: (rank[pair[0]], rank[pair[1]]))
        # Each link of the chain is one moment: one slot, or two that are the same.
        chain: list[list[str]] = []
        seen: set[str] = set()
        for first, last in ordered:
            for at, name in enumerate((first, last)):
                if name in seen:
                    continue
                seen.add(name)
                joins = at == 0 and seamless and chain and self.times[name] is None
                if joins and self.times[chain[-1][0]] is None:
                    chain[-1].append(name)
                else:
                    chain.append([name])
        filled = 0
        waiting: list[list[str]] = []
        before: float | None = None
        for link in chain:
            after = self.times[link[0]]
            if after is None:
                waiting.append(link)
                continue
            if before is not None:
                for at, names in enumerate(waiting, start=1):
                    time = before + (after - before) * at / (len(waiting) + 1)
                    for name in names:
                        self.times[name] = time
                        filled += 1
            waiting = []
            before = after
        return filled


def order_siblings(rows: Sequence[tuple[str, str]]) -> tuple[list[int], bool]:
    """Positions of ``(annotation, previous annotation)`` rows in chain order.

    The second value is False when the chain is broken (a previous annotation that is no sibling,
    two that follow the same one, a circle); the order of the rows decides then.
    """
    names = {name for name, _ in rows}
    followers: dict[str, list[int]] = {}
    heads = []
    for at, (_, previous) in enumerate(rows):
        if previous in names:
            followers.setdefault(previous, []).append(at)
        else:
            heads.append(at)
    whole = len(heads) == 1 and not rows[heads[0]][1]
    whole = whole and all(len(next_) == 1 for next_ in followers.values())
    order: list[int] = []
    placed: set[int] = set()
    for head in [*heads, *range(len(rows))]:
        waiting = [head]
        while waiting:
            at = waiting.pop()
            if at in placed:
                continue
            placed.add(at)
            order.append(at)
            waiting.extend(reversed(followers.get(rows[at][0], [])))
    return order, whole


def divide(span: tuple[float, float], parts: int) -> list[tuple[float, float]]:
    """``span`` cut into equal parts that touch exactly."""
    start, end = span
    edges = [start + (end - start) * at / parts for at in range(parts)] + [end]
    return list(pairwise(edges))
