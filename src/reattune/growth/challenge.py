"""The standard challenge: the same load each time, before against after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.growth.affect import Affect, count_affect
from reattune.growth.ratios import pool_ratio
from reattune.measures.cards import Value
from reattune.measures.survival import fit_survival

FloatArray = NDArray[np.float64]

MIN_CODED = 0.5
MIN_DYADS = 10
SAME_LENGTH_S = 1.0


def measure_challenge(challenges: Affect | Sequence[Affect]) -> dict[str, Value]:
    """The measures of one challenge, or of several of one dyad together.

    Parameters
    ----------
    challenges : Affect or sequence of Affect
        The focal partner in each challenge phase (`read_affect_alone` where the other partner
        is not coded).

    Returns
    -------
    dict of str to Value
        ``challenge_negative_prop``: negative seconds over coded seconds of the whole phase; nan
        when less than half of it is coded. ``challenge_first_negative_s``: Kaplan-Meier median over
        the challenges of the time from onset to the first negative code; 0 when negative at onset,
        censored at the end or at the first moment that was not coded. ``n`` is the number of
        challenges in which a negative code was seen.
    """
    rows = [challenges] if isinstance(challenges, Affect) else list(challenges)
    if not rows:
        return {"challenge_first_negative_s": Value(nan, n=0)}
    counts = [count_affect(row) for row in rows]
    total = counts[0]
    for count in counts[1:]:
        total += count
    share = pool_ratio([c.negative_s for c in counts], [c.coded_s for c in counts], "share")
    if total.coded_s < MIN_CODED * total.window_s:
        share = Value(nan, n=share.n)
    waits = [find_first_negative(row) for row in rows]
    survival = fit_survival(
        np.array([wait for wait, _ in waits]), np.array([seen for _, seen in waits])
    )
    return {
        "challenge_negative_prop": share,
        "challenge_first_negative_s": Value(
            *survival.quantile(0.5), float(sum(seen for _, seen in waits))
        ),
    }


def find_first_negative(challenge: Affect) -> tuple[float, bool]:
    """Seconds from onset to the first negative code, and whether one was seen.

    Time that was not coded censors: a negative moment may have passed unseen.
    """
    stops = challenge.negative | ~challenge.observed
    at = int(np.argmax(stops)) if stops.any() else stops.size
    seen = at < stops.size and bool(challenge.negative[at])
    return (float(challenge.edges[at] - challenge.edges[0]), seen)


@dataclass(frozen=True)
class ChallengeVisit:
    """One challenge of one dyad.

    Attributes
    ----------
    dyad : str
    after : bool
        False before the course, True after it.
    negative_prop : float
        ``challenge_negative_prop``; nan is left out.
    duration_s, play_before_s : float
        Length of the challenge, and of the play before it.
    group : str
        Where groups are compared.
    """

    dyad: str
    after: bool
    negative_prop: float
    duration_s: float
    play_before_s: float
    group: str = ""


@dataclass(frozen=True)
class Change:
    """A mean change over dyads.

    Attributes
    ----------
    difference, low, high : float
        After minus before (or a difference of such changes) with 95 % limits.
    t, p : float
    dyads : int
    """

    difference: float
    low: float
    high: float
    t: float
    p: float
    dyads: int


_NO_CHANGE = Change(nan, nan, nan, nan, nan, 0)


@dataclass(frozen=True)
class ChallengeComparison:
    """Challenges before against after.

    Attributes
    ----------
    change : Change
        Of all dyads; with two groups, of the first one.
    comparison : Change or None
        Of the second group.
    difference : Change or None
        First group's change minus the second's (time x group).
    groups : tuple of str
    before, after : dict of str to float
        Each dyad's mean at each end.
    left_out : tuple of (str, str)
        Dyads that could not be compared, and why.
    refused : str
    """

    change: Change
    comparison: Change | None
    difference: Change | None
    groups: tuple[str, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    left_out: tuple[tuple[str, str], ...]
    refused: str = ""


def compare_challenges(
    visits: Sequence[ChallengeVisit], *, control: str = "", slack_s: float = SAME_LENGTH_S
) -> ChallengeComparison:
    """Did the challenged affect change from before to after, and more than in the controls?

    Parameters
    ----------
    visits : sequence of ChallengeVisit
        Any number at each end; each dyad's mean is taken.
    control : str, optional
        The group that the other one is compared with.
    slack_s : float, default 1
        Challenges and the play before them may differ by this much in length within a dyad;
        dyads in which they differ more are refused and listed.

    Notes
    -----
    Paired t over dyads; between groups Welch's t on the changes (time x group). Needs ten dyads,
    in each group. It cannot tell a change of the partner from growing older, nor from being used
    to the procedure: both need a comparison group of the same study.
    """
    groups = tuple(dict.fromkeys(v.group for v in visits))
    if len(groups) > 2 or (control and control not in groups):
        raise SettingError("control", control, f"one of two groups; the visits have {groups}")
    if len(groups) == 2:
        if not control:
            raise SettingError("control", control, f"one of the groups {groups}")
        groups = (next(g for g in groups if g != control), control)
    by_dyad: dict[str, list[ChallengeVisit]] = {}
    for visit in visits:
        by_dyad.setdefault(visit.dyad, []).append(visit)
    before: dict[str, float] = {}
    after: dict[str, float] = {}
    left_out: list[tuple[str, str]] = []
    member: dict[str, str] = {}
    for dyad, rows in by_dyad.items():
        why = _unequal(rows, slack_s)
        ends = [
            [r.negative_prop for r in rows if r.after == end and isfinite(r.negative_prop)]
            for end in (False, True)
        ]
        if not why and not all(ends):
            why = "no coded challenge at both ends"
        if why:
            left_out.append((dyad, why))
            continue
        before[dyad], after[dyad] = (float(np.mean(end)) for end in ends)
        member[dyad] = rows[0].group
    changes = [
        np.array([after[d] - before[d] for d in before if member[d] == group])
        for group in (groups or ("",))
    ]
    refused = ""
    if min(c.size for c in changes) < MIN_DYADS:
        sizes = " and ".join(str(c.size) for c in changes)
        refused = f"{sizes} dyads with a challenge at both ends, at least {MIN_DYADS} are needed"
        return ChallengeComparison(
            _NO_CHANGE, None, None, groups, before, after, tuple(left_out), refused
        )
    alone = [_paired(c) for c in changes]
    return ChallengeComparison(
        alone[0],
        alone[1] if len(alone) > 1 else None,
        _welch(changes[0], changes[1]) if len(alone) > 1 else None,
        groups,
        before,
        after,
        tuple(left_out),
    )


def compare_ends(before: Sequence[float], after: Sequence[float]) -> Change:
    """The mean change over dyads in anything measured at both ends, e.g. matching in play.

    Parameters
    ----------
    before, after : sequence of float, one for each dyad
        Dyads without a number at one end (nan) are left out. Below ten dyads everything is nan but
        their number.
    """
    if len(before) != len(after):
        raise SettingError("after", len(after), f"one number for each of {len(before)} dyads")
    changes = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    changes = changes[np.isfinite(changes)]
    if changes.size < MIN_DYADS:
        return Change(nan, nan, nan, nan, nan, int(changes.size))
    return _paired(changes)


def _unequal(rows: Sequence[ChallengeVisit], slack_s: float) -> str:
    for name, values in (
        ("challenge", [r.duration_s for r in rows]),
        ("play before the challenge", [r.play_before_s for r in rows]),
    ):
        if max(values) - min(values) > slack_s:
            return f"the {name} lasted from {min(values):g} to {max(values):g} s"
    return ""


def _conclude(difference: float, se: float, degrees: float, dyads: int) -> Change:
    from scipy.special import stdtr, stdtrit

    if not se > 0:
        return Change(difference, nan, nan, nan, nan, dyads)
    half = float(stdtrit(degrees, 0.975)) * se
    t = difference / se
    return Change(
        difference,
        difference - half,
        difference + half,
        t,
        2 * float(stdtr(degrees, -abs(t))),
        dyads,
    )


def _paired(changes: FloatArray) -> Change:
    n = changes.size
    return _conclude(float(changes.mean()), float(changes.std(ddof=1)) / sqrt(n), float(n - 1), n)


def _welch(first: FloatArray, second: FloatArray) -> Change:
    parts = [float(c.var(ddof=1)) / c.size for c in (first, second)]
    total = sum(parts)
    degrees = (
        total**2 / sum(v**2 / (c.size - 1) for v, c in zip(parts, (first, second), strict=True))
        if total > 0
        else 1.0
    )
    return _conclude(
        float(first.mean() - second.mean()), sqrt(total), degrees, first.size + second.size
    )
