"""Course: the ratings of one course of therapy, meeting by meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.streams import Signal

FloatArray = NDArray[np.float64]
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Course:
    """One case over its meetings: numbers of the meetings, and ratings by rater and scale.

    Parameters
    ----------
    case : str
    meetings : sequence of int, length n
        Meeting numbers, increasing, each once. Meetings without a row may be left out.
    ratings : mapping of (rater, scale) to array_like, shape (n,)
        nan = missing.
    scale : (float, float), optional
        Lowest and highest possible rating.
    meta : mapping
        Outcome, group and other covariates; ``days`` (since the first meeting) where known.
    notes : tuple of Note

    Raises
    ------
    SettingError
        For meetings out of order or twice, series of another length, or infinite ratings.

    Examples
    --------
    >>> course = Course("07", [1, 2, 4], {("patient", "wai"): [5.5, 4.0, 5.6]})
    >>> course
    Course('07': 3 meetings from 1 to 4; patient wai 3 of 3 rated)
    """

    case: str
    meetings: tuple[int, ...]
    ratings: Mapping[Key, FloatArray]
    scale: tuple[float, float] | None = None
    meta: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def __init__(
        self,
        case: str,
        meetings: Sequence[int],
        ratings: Mapping[Key, ArrayLike],
        scale: tuple[float, float] | None = None,
        meta: Mapping[str, object] | None = None,
        notes: Sequence[Note] = (),
    ) -> None:
        numbers = _numbers(case, meetings)
        series: dict[Key, FloatArray] = {}
        for (rater, name), given in ratings.items():
            values = np.array(given, dtype=np.float64)
            if values.shape != (len(numbers),):
                raise SettingError(
                    f"ratings of case {case!r}, {rater} {name}",
                    f"shape {values.shape}",
                    f"one value for each of {len(numbers)} meetings",
                )
            if np.isinf(values).any():
                raise SettingError(f"ratings of case {case!r}, {rater} {name}", "infinity", "nan")
            values.flags.writeable = False
            series[rater, name] = values
        if scale is not None and not (
            isfinite(scale[0]) and isfinite(scale[1]) and scale[0] < scale[1]
        ):
            raise SettingError("scale", scale, "(lowest, highest)")
        put = object.__setattr__
        put(self, "case", case)
        put(self, "meetings", numbers)
        put(self, "ratings", MappingProxyType(series))
        put(self, "scale", scale)
        put(self, "meta", MappingProxyType(dict(meta or {})))
        put(self, "notes", tuple(notes))

    def __len__(self) -> int:
        return len(self.meetings)

    def __repr__(self) -> str:
        told = ", ".join(
            f"{' '.join(key).strip()} {int(np.isfinite(v).sum())} of {v.size} rated"
            for key, v in self.ratings.items()
        )
        where = f" from {self.meetings[0]} to {self.meetings[-1]}" if self.meetings else ""
        return f"Course({self.case!r}: {len(self)} meetings{where}; {told or 'no ratings'})"

    def series(self, scale: str, rater: str) -> FloatArray:
        """The ratings of one rater on one scale. Shape (n,).

        Raises
        ------
        MissingStreamError
            When there are none; the message lists what there is.
        """
        if (rater, scale) in self.ratings:
            return self.ratings[rater, scale]
        known = [f"{who} {name}".strip() for who, name in self.ratings]
        raise MissingStreamError(
            f"Case {self.case!r} has no ratings {f'{rater} {scale}'.strip()!r}."
            + did_you_mean(f"{rater} {scale}".strip(), known)
        )

    def only(self) -> FloatArray:
        """The ratings, when there is just one series.

        Raises
        ------
        SettingError
            When there are several: choose one with `select`.
        """
        if len(self.ratings) != 1:
            known = ", ".join(" ".join(key) for key in self.ratings) or "none"
            raise SettingError(f"course {self.case!r}", known, "one series: select(scale, rater)")
        return next(iter(self.ratings.values()))

    def with_notes(self, *notes: Note) -> Course:
        """A copy with further notes."""
        told = (*self.notes, *notes)
        return Course(self.case, self.meetings, self.ratings, self.scale, self.meta, told)

    def select(self, scale: str, rater: str) -> Course:
        """A copy with that series only."""
        chosen = {(rater, scale): self.series(scale, rater)}
        return Course(self.case, self.meetings, chosen, self.scale, self.meta, self.notes)

    def reverse(self, low: float | None = None, high: float | None = None) -> Course:
        """A copy with every rating turned round (lowest + highest - value), and a note.

        Raises
        ------
        SettingError
            When neither the call nor the course says where the scale ends.
        """
        ends = self.scale if low is None or high is None else (low, high)
        if ends is None:
            raise SettingError("scale", None, "the ends of the scale, to turn it round")
        turned = {key: reverse_ratings(v, *ends) for key, v in self.ratings.items()}
        told = f"turned round as {ends[0]:g} + {ends[1]:g} minus the rating."
        note = Note("scale_reversed", told, f"case {self.case!r}", len(self))
        return Course(self.case, self.meetings, turned, ends, self.meta, (*self.notes, note))


def _numbers(case: str, meetings: Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(int(number) for number in meetings)
    if any(number != given for number, given in zip(numbers, meetings, strict=True)):
        raise SettingError(f"meetings of case {case!r}", list(meetings), "whole numbers")
    for before, after in pairwise(numbers):
        if after == before:
            raise SettingError(f"meetings of case {case!r}", f"{after} twice", "each meeting once")
        if after < before:
            raise SettingError(
                f"meetings of case {case!r}", f"{after} after {before}", "meetings in order"
            )
    return numbers


def reverse_ratings(ratings: ArrayLike, low: float, high: float) -> FloatArray:
    """The ratings on the scale turned round: ``low + high - rating``; nan stays nan."""
    if not (isfinite(low) and isfinite(high) and low < high):
        raise SettingError("scale", (low, high), "(lowest, highest)")
    return np.asarray(low + high - np.asarray(ratings, dtype=np.float64))


def course_from_session(
    session: Session, stream: str | None = None, partner: str | None = None
) -> Course:
    """The course of ratings that a session on the clock of meetings holds.

    Parameters
    ----------
    session : Session
        With ``clock="meeting"``; its rating streams have one sample per meeting.
    stream, partner : str, optional
        One scale, or one rater; all by default.

    Raises
    ------
    SettingError
        When the session's clock counts seconds, or a stream has not one sample per meeting.
    MissingStreamError
        When it has no such ratings.
    """
    if session.clock != "meeting":
        raise SettingError(
            f"clock of session {session.id!r}", session.clock, '"meeting": a course of ratings'
        )
    chosen = [
        found
        for found in session.streams
        if isinstance(found, Signal)
        and stream in (None, found.name)
        and partner in (None, found.partner)
    ]
    if not chosen:
        known = [f"{s.partner} {s.name}" for s in session.streams if isinstance(s, Signal)]
        asked = " ".join(word for word in (partner, stream) if word)
        raise MissingStreamError(
            f"Session {session.id!r} has no ratings {asked!r}." + did_you_mean(asked, known)
        )
    first, last = round(session.span[0]), round(session.span[1])
    ratings: dict[Key, FloatArray] = {}
    for signal in chosen:
        if signal.rate_hz != 1.0 or signal.start_s != round(signal.start_s):
            raise SettingError(
                f"stream {signal.name!r} of {signal.partner}",
                f"{signal.rate_hz:g} samples per meeting from {signal.start_s:g}",
                "one sample per meeting",
            )
        spread = np.full(last - first, np.nan)
        places = round(signal.start_s) - first + np.arange(len(signal))
        inside = (places >= 0) & (places < spread.size)
        spread[places[inside]] = signal.values[inside]
        ratings[signal.partner, signal.name] = spread
    scale = session.meta.get("scale")
    return Course(
        session.dyad,
        range(first, last),
        ratings,
        (float(scale[0]), float(scale[1])) if isinstance(scale, tuple | list) else None,
        session.meta,
        session.notes,
    )
