"""From the analyses of a study to what growth counts: affect, ruptures and load, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.errors import ReattuneError, SettingError, did_you_mean
from reattune.core.pair import UNDEFINED
from reattune.core.ruptures import Ruptures
from reattune.core.session import Phase, Session
from reattune.growth.affect import Affect, find_states, read_affect
from reattune.growth_pipeline.columns import Groups, Times, natural
from reattune.growth_pipeline.settings import GrowthSettings
from reattune.measures import Tally, pool_tallies
from reattune.results import WHOLE, Analysis, PhaseAnalysis
from reattune.rules import Rule
from reattune.rules.valence import find_valence


@dataclass(frozen=True, eq=False)
class OrdinaryTime:
    """The ordinary time of one session: play, talk, anything but the challenge.

    Attributes
    ----------
    session, dyad, group : str
    time : float
    parts : tuple of PhaseAnalysis
    attunements : tuple of Attunement
        Of the parts, on the table of the whole study.
    affect : Affect
        The parts one after the other.
    tally : Tally
        The parts pooled.
    """

    session: str
    dyad: str
    group: str
    time: float
    parts: tuple[PhaseAnalysis, ...]
    attunements: tuple[Attunement, ...]
    affect: Affect
    tally: Tally

    @property
    def ruptures(self) -> tuple[Ruptures, ...]:
        """Of each part."""
        return tuple(part.ruptures for part in self.parts)


@dataclass(frozen=True, eq=False)
class Challenge:
    """One challenge of one session.

    Attributes
    ----------
    session, dyad, group : str
    time : float
    affect : Affect
    duration_s, play_before_s : float
    """

    session: str
    dyad: str
    group: str
    time: float
    affect: Affect
    duration_s: float
    play_before_s: float


def find_challenge(sessions: Sequence[Session], asked: str = "") -> str:
    """The label of the challenge phase: the one asked for, or the imposed one; empty without.

    Raises
    ------
    SettingError
        When no session has the phase asked for.
    """
    labels = list(dict.fromkeys(p.label for s in sessions for p in s.phases))
    if asked and asked not in labels:
        told = f"a phase of the sessions; there is {', '.join(labels) or 'none'}."
        raise SettingError("growth.challenge", asked, told + did_you_mean(asked, labels))
    imposed = dict.fromkeys(p.label for s in sessions for p in s.phases if p.imposed)
    return asked or next(iter(imposed), "")


def choose_ordinary(
    analysis: Analysis, challenge: str, asked: Sequence[str] = ()
) -> tuple[PhaseAnalysis, ...]:
    """The parts of a session that are ordinary time.

    Those asked for; otherwise the parts that are neither imposed nor the challenge, and in a
    session with a challenge only those before it.
    """
    if asked:
        return tuple(part for part in analysis.parts if part.phase.label in asked)
    starts = [phase.start for phase in analysis.session.phases if phase.label == challenge]
    until = min(starts, default=float("inf"))
    return tuple(
        part
        for part in analysis.parts
        if not part.phase.imposed
        and part.phase.label != challenge
        and (part.phase.label == WHOLE or part.phase.start < until)
    )


def name_negative(states: Sequence[str], asked: Sequence[str]) -> tuple[str, ...] | None:
    """The states asked for as the rule's table names them; None where nothing was asked.

    A rule that compares the sign of affect knows ``-1``, not the code that stands for it.
    """
    if not asked:
        return None
    named = []
    for word in asked:
        valence = None if word in states else find_valence(word)
        known = valence is not None and str(valence) in states
        named.append(str(valence) if known else word)
    return tuple(dict.fromkeys(named))


def read_study_time(
    analyses: Sequence[Analysis],
    rule: Rule,
    settings: GrowthSettings,
    focal: str,
    challenge: str,
    times: Times,
    groups: Groups,
) -> tuple[list[OrdinaryTime], list[Challenge]]:
    """The ordinary time and the challenges of every session that has a time, by dyad and time.

    All windows are read on one table: no single session needs to show every state.

    Raises
    ------
    SettingError
        When the rule compares no states, or a state is unknown.
    """
    dated = [a for a in analyses if a.session.id in times.values]
    chosen = [(a.session, choose_ordinary(a, challenge, settings.phases)) for a in dated]
    chosen = [(session, parts) for session, parts in chosen if parts]
    challenged = [
        (a.session, phase)
        for a in dated
        for phase in a.session.phases
        if challenge and phase.label == challenge
    ]
    windows = [(session, part.phase.window) for session, parts in chosen for part in parts]
    windows += [(session, phase.window) for session, phase in challenged]
    read = iter([rule.judge(pair) for pair in rule.read_many(windows)])

    def place(session: Session) -> tuple[str, str, str, float]:
        group = groups.member.get(session.dyad, "")
        return (session.id, session.dyad, group, times.values[session.id])

    ordinary = []
    for session, parts in chosen:
        own = tuple(next(read) for _ in parts)
        affect = join_affects([_read(a, focal, settings.negative) for a in own])
        tally = pool_tallies([part.tally for part in parts])
        ordinary.append(OrdinaryTime(*place(session), parts, own, affect, tally))
    challenges = [
        Challenge(
            *place(session),
            affect=_read(next(read), focal, settings.negative),
            duration_s=phase.duration,
            play_before_s=_before(session, phase),
        )
        for session, phase in challenged
    ]
    return sorted(ordinary, key=_order), sorted(challenges, key=_order)


def _order(row: OrdinaryTime | Challenge) -> tuple[object, ...]:
    return (natural(row.dyad), row.time, natural(row.session))


def _read(attunement: Attunement, focal: str, negative: Sequence[str]) -> Affect:
    states: tuple[str, ...] = ()
    if attunement.pair is not None and focal in attunement.partners:
        states = attunement.pair.table.states[attunement.partners.index(focal)]
    return read_affect(attunement, focal, name_negative(states, negative))


def _before(session: Session, challenge: Phase) -> float:
    """Seconds of other phases before the challenge."""
    return sum(
        phase.duration
        for phase in session.phases
        if phase.label != challenge.label and phase.end <= challenge.start + 1e-6
    )


def join_affects(affects: Sequence[Affect]) -> Affect:
    """Several windows of one session, in order of time, as one; nothing is followed across them."""
    ordered = sorted(affects, key=lambda affect: float(affect.edges[0]))
    whole = ordered[0]
    for after in ordered[1:]:
        gap = bool(after.edges[0] > whole.edges[-1] + 1e-9)
        middle = 1 if gap else 0
        cut = np.concatenate([whole.cut, after.cut if gap else after.cut[1:]])
        whole = replace(
            whole,
            edges=np.concatenate([whole.edges, after.edges if gap else after.edges[1:]]),
            state=np.concatenate([whole.state, np.full(middle, UNDEFINED), after.state]),
            observed=np.concatenate([whole.observed, np.zeros(middle, bool), after.observed]),
            negative=np.concatenate([whole.negative, np.zeros(middle, bool), after.negative]),
            cut=cut,
        )
    return whole


def check_states(
    sessions: Sequence[Session], rule: Rule, settings: GrowthSettings, focal: str
) -> None:
    """Raise a `SettingError` unless the rule knows negative states of the focal partner.

    Sessions that the rule cannot read are passed over: they fail by themselves later on.
    """
    readable = [session for session in sessions if _reads(rule, session)]
    if not readable:
        return
    attunement = rule.judge(rule.read_many([(s, s.span) for s in readable])[0])
    _read(attunement, focal, settings.negative)
    if settings.contact and attunement.pair is not None:
        side = attunement.partners.index(focal)
        find_states("growth.contact", attunement.pair.table.states[side], settings.contact)


def _reads(rule: Rule, session: Session) -> bool:
    try:
        rule.read(session)
    except ReattuneError:
        return False
    return True
