"""What every rule can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from typing import ClassVar

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.criteria import Criteria
from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.pair import Pair
from reattune.core.session import Session
from reattune.rules.join import join


@dataclass(frozen=True)
class Rule:
    """A frozen set of parameters that turns a session into an `Attunement`.

    A rule works in two steps, so that chance can come between them: `read` maps the session to a
    `Pair` (two streams of states on one clock), `judge` says when a pair is attuned.
    """

    # Whether the streams of the pair are compared moment by moment through its table. If not, the
    # chance expectation has no closed form and surrogates go through `judge`.
    by_moment: ClassVar[bool] = True
    grades_negative: ClassVar[bool] = False
    # What must be said beside every result of the rule; empty for most.
    caveat: ClassVar[str] = ""

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """The partners' mapped states in ``window`` (default: the session's span)."""
        raise NotImplementedError

    def read_many(self, windows: Sequence[tuple[Session, tuple[float, float]]]) -> list[Pair]:
        """The pairs of several sessions on one common table, so that partners can be re-paired."""
        return [self.read(session, window) for session, window in windows]

    @property
    def criteria(self) -> Criteria | None:
        """The criteria that go with the rule when none are stated; None leaves the defaults."""
        return None

    def on_sample(self, sessions: Sequence[Session]) -> Rule:
        """The rule with what it has to know of the whole sample; most know nothing of it."""
        return self

    def judge(self, pair: Pair) -> Attunement:
        """The dyad over time."""
        return join(pair, rule=self.describe(), grades_negative=self.grades_negative)

    def compare(
        self,
        pair: Pair,
        evaluate: Callable[[Pair], Mapping[str, float]],
        *,
        rng: np.random.Generator,
        n: int,
        blocks: float | str | None = "auto",
    ) -> object | None:
        """A chance test of the rule's own making; None (most rules): its pair is rotated."""
        return None

    def __call__(self, session: Session, window: tuple[float, float] | None = None) -> Attunement:
        """The dyad over time in ``window`` (default: the session's span)."""
        return self.judge(self.read(session, window))

    def describe(self) -> str:
        """The rule in words; printed with every result."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, object]:
        """Type and parameters, JSON-safe, as the study file writes them."""
        settings: dict[str, object] = {"type": type(self).__name__}
        for field in fields(self):
            value = getattr(self, field.name)
            settings[field.name] = value.to_dict() if hasattr(value, "to_dict") else value
        return settings


def named_streams(stream: str | tuple[str, str]) -> tuple[str, str]:
    """The stream name of the first and of the second partner."""
    return (stream, stream) if isinstance(stream, str) else stream


def find_window(session: Session, window: tuple[float, float] | None) -> tuple[float, float]:
    """The window to judge: ``window``, or the session's span when it is None.

    Raises
    ------
    SettingError
        For a window without length, or one that is not finite.
    """
    start, end = session.span if window is None else window
    if not (isfinite(start) and isfinite(end) and end > start):
        raise SettingError("window", (start, end), "finite seconds, the end after the start")
    return (float(start), float(end))


def check_partner(session: Session, partner: str) -> int:
    """0 or 1: which partner of the session that name is.

    Raises
    ------
    MissingStreamError
        When the session has no such partner.
    """
    if partner not in session.partners:
        raise MissingStreamError(
            f"The rule names partner {partner!r}; session {session.id!r} has "
            f"{session.partners[0]!r} and {session.partners[1]!r}."
        )
    return session.partners.index(partner)
