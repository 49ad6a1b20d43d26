"""Contact: attuned while the behaviour of the named partners was shown a moment ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reattune.core.checks import check_positive
from reattune.core.intervals import Intervals
from reattune.core.pair import ANY, MATCH, MatchTable, Pair
from reattune.core.session import Session
from reattune.core.steps import Steps, constant_steps
from reattune.rules.base import Rule, check_partner, find_window
from reattune.rules.shown import find_shown, make_on_off

_STATES = ("out of contact", "in contact")


@dataclass(frozen=True)
class Contact(Rule):
    """Attuned while every named partner has shown the behaviour within the last ``patience_s``.

    Parameters
    ----------
    stream : str
        Name of the behaviour (voice, gaze at the partner). Events, or exclusive states with
        ``labels``.
    patience_s : float
        Contact lasts from a bout's start until this long after its end.
    partners : tuple of str, optional
        Whose contact is asked for; both partners by default.
    labels : tuple of str, optional
        States or event codes that count as the behaviour.

    Notes
    -----
    At the beginning of observation (or after missing time) a partner who shows nothing is of
    unknown state for ``patience_s``: the behaviour may have been shown just before. Contact looks
    back across the start of a phase. The mapped state of a partner, in or out of contact, is what
    surrogates rotate; so each partner's own rhythm of contact is kept.
    """

    stream: str
    patience_s: float
    partners: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_positive("patience_s", self.patience_s)
        for name in ("partners", "labels"):
            value = getattr(self, name)
            fixed = (value,) if isinstance(value, str) else tuple(value)
            object.__setattr__(self, name, fixed)

    def read(self, session: Session, window: tuple[float, float] | None = None) -> Pair:
        """Each named partner in or out of contact; the other partner is one constant state."""
        span = find_window(session, window)
        named = {check_partner(session, p) for p in self.partners or session.partners}
        sides: list[Steps] = []
        ticks: list[float] = []
        for who, partner in enumerate(session.partners):
            if who in named:
                steps, tick = self._steps(session, partner, span)
                sides.append(steps)
                ticks.append(tick)
            else:
                sides.append(constant_steps(span))
        ticks = ticks * 2 if len(ticks) == 1 else ticks
        return Pair(
            session.partners,
            sides[0],
            sides[1],
            _table(0 in named, 1 in named),
            (ticks[0], ticks[1]),
            session.cuts,
        )

    def _steps(
        self, session: Session, partner: str, span: tuple[float, float]
    ) -> tuple[Steps, float]:
        on, observed, stream = find_shown(session, self.stream, partner, self.labels)
        lasting = Intervals(on.starts, on.ends + self.patience_s) & observed
        fresh = Intervals(
            observed.starts, np.minimum(observed.starts + self.patience_s, observed.ends)
        )
        out = observed - lasting - fresh
        return make_on_off(lasting, out, span), stream.tick_s

    def describe(self) -> str:
        """The rule in words."""
        who = " and ".join(self.partners) if self.partners else "both partners"
        which = f" ({', '.join(self.labels)})" if self.labels else ""
        return (
            f"in contact while {self.stream}{which} of {who} was shown "
            f"within the last {self.patience_s:g} s"
        )


def _table(first: bool, second: bool) -> MatchTable:
    states = (_STATES if first else ANY, _STATES if second else ANY)
    shape = (len(states[0]), len(states[1]))
    match = np.zeros(shape, dtype=np.int64)
    match[-1, -1] = MATCH
    return MatchTable(
        "all in contact", states, match, (1 - match).astype(float), np.zeros(shape, dtype=np.bool_)
    )
