"""The multi-session decline rule a second time, from its wording; imports nothing of ours."""

from __future__ import annotations

import math
import statistics

NEAR = 1e-12
Found = tuple[int, int, int, int, float, int | None, int | None, int, int, int | None, str]


def naive_declines(
    ratings: list[float], *, k: float, pooled: float, rho: float = 0.75
) -> list[Found]:
    """Pre, onset, first nadir, nadir, drop, repair, latency, fall, plateau, rise, pattern of each.

    ``ratings`` holds one value per meeting from meeting 1, nan = missing.
    """
    seen = [(m, x) for m, x in enumerate(ratings, start=1) if not math.isnan(x)]
    if len(seen) < 2:
        return []
    threshold = k * max(statistics.stdev([x for _, x in seen]), pooled)
    found: list[Found] = []
    todo = seen
    while len(todo) > 1:
        head, rest = todo[0], todo[1:]
        if rest[0][1] >= head[1]:
            todo = rest
            continue
        # The fall: everything up to the first rating that is higher than the one before it.
        fall = [rest[0]]
        for point in rest[1:]:
            if point[1] > fall[-1][1]:
                break
            fall.append(point)
        after = rest[len(fall) :]
        bottom = min(x for _, x in fall)
        if head[1] - bottom < threshold - NEAR:
            todo = [fall[-1], *after]
            continue
        at_bottom = [i for i, (_, x) in enumerate(fall, start=1) if x == bottom]
        first_steps, low_steps = at_bottom[0], at_bottom[-1]
        first_meeting = fall[first_steps - 1][0]
        low_meeting = fall[low_steps - 1][0]
        repair: tuple[int, int] | None = None
        for steps, (meeting, x) in enumerate(after, start=len(fall) + 1):
            if x < bottom:
                bottom, low_steps, low_meeting = x, steps, meeting
            elif x >= bottom + rho * (head[1] - bottom) - NEAR:
                repair = (steps, meeting)
                break
        drop = head[1] - bottom
        before = (head[0], rest[0][0], first_meeting, low_meeting, drop)
        length = first_meeting - head[0]
        if repair is None:
            last = seen[-1][0]
            found.append((*before, None, None, length, last - low_meeting, None, "open"))
            break
        steps, meeting = repair
        slow_fall, slow_rise = first_steps > 1, steps - low_steps > 1
        if low_steps > first_steps:
            shape = "U"
        elif not slow_fall and not slow_rise:
            shape = "V"
        else:
            shape = f"{'slow' if slow_fall else 'sudden'}-fall/"
            shape += f"{'slow' if slow_rise else 'sudden'}-rise"
        plateau, rise = low_meeting - first_meeting, meeting - low_meeting
        latency = meeting - first_meeting
        found.append((*before, meeting, latency, length, plateau, rise, shape))
        todo = [point for point in todo if point[0] >= meeting]
    return found
