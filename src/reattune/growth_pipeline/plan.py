"""Whether growth is looked at, and by which columns, phases and states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.growth.slope import MIN_SESSIONS_PER_DYAD
from reattune.growth_pipeline.columns import (
    Covariates,
    Groups,
    Times,
    check_column,
    find_groups,
    find_times,
)
from reattune.growth_pipeline.reading import check_states, find_challenge
from reattune.growth_pipeline.settings import GrowthSettings, make_growth_settings
from reattune.rules import Rule

MIN_VISITS = 2


@dataclass(frozen=True, eq=False)
class GrowthPlan:
    """What will be looked at.

    Attributes
    ----------
    settings : GrowthSettings
    focal, other : str
    challenge : str
        Phase; empty without.
    times : Times
    groups : Groups
    notes : tuple of Note
    """

    settings: GrowthSettings
    focal: str
    other: str
    challenge: str
    times: Times
    groups: Groups
    notes: tuple[Note, ...] = ()


def check_growth(
    given: Mapping[str, Any] | None,
    sessions: Sequence[Session],
    covariates: Covariates,
    rule: Rule,
) -> None:
    """Raise a `SettingError` for whatever was asked for and cannot be, before any work begins.

    Parameters
    ----------
    given : mapping or None
        The study file's ``[growth]``; None where it has none, and nothing is checked.
    sessions, covariates, rule
    """
    if given is None or not sessions:
        return
    settings = make_growth_settings(given)
    if settings.compute:
        check_states(sessions, rule, settings, _plan(settings, sessions, covariates).focal)


def plan_growth(
    given: Mapping[str, Any] | None,
    sessions: Sequence[Session],
    covariates: Covariates,
    rule: Rule,
) -> tuple[GrowthPlan | None, tuple[Note, ...]]:
    """What to look at; None, with a note of what it would need, where it is not to be done.

    With a ``[growth]`` section it is done whatever there is. Without one it is done when the rule
    marks negative states and some dyad was seen in three sessions, or twice in a challenge. Nothing
    is said where every dyad was seen once.
    """
    if not sessions:
        return None, ()
    if given is not None:
        settings = make_growth_settings(given)
        if not settings.compute:
            return None, ()
        if sessions[0].clock != "second":
            raise SettingError("growth", "a course of ratings", "coded sessions")
        return _plan(settings, sessions, covariates), ()
    if sessions[0].clock != "second" or max(_count(sessions).values()) < MIN_VISITS:
        return None, ()
    plan = _plan(GrowthSettings(), sessions, covariates)
    try:
        check_states(sessions, rule, plan.settings, plan.focal)
    except SettingError:
        return None, (_silent(f"states of the {plan.focal} that the rule marks as negative"),)
    met = max(_count(sessions).values()) >= MIN_SESSIONS_PER_DYAD
    challenged = [s for s in sessions if any(p.label == plan.challenge for p in s.phases)]
    if not met and max(_count(challenged).values(), default=0) < MIN_VISITS:
        needed = f"{MIN_SESSIONS_PER_DYAD} sessions of a dyad, or {MIN_VISITS} with a challenge"
        return None, (_silent(needed),)
    return plan, ()


def _count(sessions: Iterable[Session]) -> Counter[str]:
    return Counter(session.dyad for session in sessions)


def _silent(needed: str) -> Note:
    return Note(
        "growth_not_computed",
        f"Growth over sessions was not looked at: it needs {needed}. A [growth] section in the "
        "study file says otherwise.",
    )


def _plan(
    settings: GrowthSettings, sessions: Sequence[Session], covariates: Covariates
) -> GrowthPlan:
    partners = sessions[0].partners
    if settings.focal and settings.focal not in partners:
        told = f"one of the partners {partners[0]!r} and {partners[1]!r}."
        raise SettingError(
            "growth.focal", settings.focal, told + did_you_mean(settings.focal, partners)
        )
    focal = settings.focal or partners[0]
    rows = [(session.id, session.dyad) for session in sessions]
    if settings.rating:
        check_column("rating", settings.rating, covariates)
    labels = list(dict.fromkeys(p.label for s in sessions for p in s.phases))
    for label in settings.phases:
        if label not in labels:
            told = f"a phase of the sessions; there is {', '.join(labels) or 'none'}."
            raise SettingError("growth.phases", label, told + did_you_mean(label, labels))
    challenge = find_challenge(sessions, settings.challenge)
    times, lost = find_times(rows, covariates, settings.time)
    groups, remarks = find_groups(rows, covariates, settings.group, settings.comparison)
    return GrowthPlan(
        settings=settings,
        focal=focal,
        other=partners[1 - partners.index(focal)],
        challenge=challenge,
        times=times,
        groups=groups,
        notes=(*lost, *remarks),
    )
