"""What is odd about the ratings of a course, as notes; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reattune.core.notes import Note
from reattune.core.streams import Signal
from reattune.courses.instruments import ceiling_rate

FloatArray = NDArray[np.float64]
# So many meetings without a rating in a row are told as a hole.
LONG_HOLE = 10
MUCH_CEILING = 0.25
# Two series of one case that run against each other this much over so many meetings.
AGAINST, ENOUGH = -0.5, 5


def check_ratings(
    ratings: FloatArray,
    scale: tuple[float, float] | None = None,
    *,
    where: str = "",
    first_meeting: int = 1,
) -> tuple[Note, ...]:
    """What a reader should know about one series before believing a rupture in it.

    Parameters
    ----------
    ratings : float array, shape (n,)
        One per meeting, nan = missing.
    scale : (float, float), optional
        Lowest and highest possible rating.
    where : str
        Named in the notes.
    first_meeting : int

    Returns
    -------
    tuple of Note
        Codes ``ratings_outside_scale``, ``no_ratings``, ``one_rating``, ``ratings_constant``,
        ``ratings_hole`` (ten or more missing in a row between ratings), ``ratings_ceiling`` (a
        quarter or more at the top).
    """
    values = np.asarray(ratings, dtype=np.float64)
    seen = np.flatnonzero(np.isfinite(values))
    notes: list[Note] = []

    def warn(code: str, message: str, count: int = 1) -> None:
        notes.append(Note(code, message, where, count, "warning"))

    if scale is not None:
        outside = seen[(values[seen] < scale[0] - 1e-9) | (values[seen] > scale[1] + 1e-9)]
        if outside.size:
            told = (
                f"{outside.size} rating(s) lie outside {scale[0]:g} to {scale[1]:g} (first "
                f"{values[outside[0]]:g} at meeting {first_meeting + int(outside[0])}); kept."
            )
            warn("ratings_outside_scale", told, int(outside.size))
    if seen.size == 0:
        warn("no_ratings", "no meeting was rated.")
    elif seen.size == 1:
        warn("one_rating", "only one meeting was rated: nothing can be said about change.")
    elif np.ptp(values[seen]) <= 1e-12:
        told = f"all {seen.size} ratings are {values[seen[0]]:g}: no change to be seen."
        warn("ratings_constant", told, int(seen.size))
    holes = np.diff(seen) - 1 if seen.size > 1 else np.empty(0, dtype=np.int64)
    if holes.size and holes.max() >= LONG_HOLE:
        at = int(seen[int(np.argmax(holes))]) + first_meeting
        told = (
            f"{int(holes.max())} meetings in a row without a rating after meeting {at}: a drop or "
            "repair across them has no date."
        )
        warn("ratings_hole", told, int((holes >= LONG_HOLE).sum()))
    if scale is not None and seen.size > 1:
        share = ceiling_rate(values, scale[1])
        if share >= MUCH_CEILING:
            told = (
                f"{share:.0%} of the ratings are at the top of the scale: own SDs are small there "
                "and repairs above the old level cannot show."
            )
            warn("ratings_ceiling", told, round(share * seen.size))
    return tuple(notes)


def find_opposed(streams: Sequence[Signal], where: str = "") -> tuple[Note, ...]:
    """A warning for two series of one case that run against each other: is one scale reversed?"""
    notes = []
    for at, one in enumerate(streams):
        for two in streams[:at]:
            if one.start_s != two.start_s or len(one) != len(two):
                continue
            both = np.isfinite(one.values) & np.isfinite(two.values)
            x, y = one.values[both], two.values[both]
            if x.size < ENOUGH or np.ptp(x) <= 1e-12 or np.ptp(y) <= 1e-12:
                continue
            r = float(np.corrcoef(x, y)[0, 1])
            if r <= AGAINST:
                told = (
                    f"{two.partner} {two.name} and {one.partner} {one.name} run against each other "
                    f"(r = {r:.2f} over {x.size} meetings). If lower is better in one of them, "
                    "name it in `reverse`; nothing was turned round."
                )
                notes.append(Note("scale_maybe_reversed", told, where, 1, "warning"))
    return tuple(notes)


def check_days(days: object, where: str = "") -> tuple[Note, ...]:
    """A warning where the dates of later meetings lie before those of earlier ones."""
    if not isinstance(days, list | tuple):
        return ()
    known = np.array([float(day) for day in days])
    seen = np.flatnonzero(np.isfinite(known))
    back = int((np.diff(known[seen]) < 0).sum())
    if not back:
        return ()
    told = (
        f"{back} meeting(s) are dated before the meeting of the number before; numbers were used."
    )
    return (Note("dates_out_of_order", told, where, back, "warning"),)
