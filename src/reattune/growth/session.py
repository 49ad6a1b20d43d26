"""What one session, or several of a dyad, shows of the focal partner's affect in mismatch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from reattune.core.attunement import Attunement
from reattune.core.errors import SettingError
from reattune.core.pair import MATCH, MISMATCH
from reattune.core.steps import MISSING
from reattune.growth.affect import AffectCounts, find_states
from reattune.growth.ratios import pool_ratio, times
from reattune.measures.cards import Value
from reattune.measures.survival import Z

MIN_FOLLOW_S = 30.0
_NEAR, _MIDDLE = 1 / 3 + 1e-9, 2 / 3 + 1e-9


def measure_affect(counts: AffectCounts | Sequence[AffectCounts]) -> dict[str, Value]:
    """The measures of negative affect by name, of one window or of a dyad's sessions pooled.

    Parameters
    ----------
    counts : AffectCounts or sequence of AffectCounts
        One for each session.

    Returns
    -------
    dict of str to Value
        ``negative_turns_per_mismatch_min``: changes into negative per minute of mismatch that
        is not negative yet (a zero count is a result; its upper limit is one-sided, -ln(.05)
        over the exposure). ``negative_mismatch_prop``: share of mismatched time that is negative.
        ``negative_end_hazard_per_s``: changes out of negative per negative second. Each is nan
        where its exposure is 0.

    Notes
    -----
    None of them is evidence of growth by itself: all three move when the other partner merely
    matches better. See `reattune.growth.load`.
    """
    rows = [counts] if isinstance(counts, AffectCounts) else list(counts)
    if not rows:
        raise SettingError("counts", 0, "at least one session")
    return {
        "negative_turns_per_mismatch_min": times(
            pool_ratio([r.turns for r in rows], [r.open_s for r in rows]), 60.0
        ),
        "negative_mismatch_prop": pool_ratio(
            [r.negative_mismatched_s for r in rows], [r.mismatched_s for r in rows], "share"
        ),
        "negative_end_hazard_per_s": pool_ratio(
            [r.ends for r in rows], [r.negative_s for r in rows]
        ),
    }


@dataclass(frozen=True)
class FollowCounts:
    """Changes of the focal partner into contact, while the other shows what fits and while not.

    Attributes
    ----------
    fitting, other : int
        Changes.
    fitting_s, other_s : float
        Seconds in which such a change was possible, summed over the contact states.
    """

    fitting: int = 0
    other: int = 0
    fitting_s: float = 0.0
    other_s: float = 0.0

    def __add__(self, more: FollowCounts) -> FollowCounts:
        """Both pooled: sums."""
        return FollowCounts(
            self.fitting + more.fitting,
            self.other + more.other,
            self.fitting_s + more.fitting_s,
            self.other_s + more.other_s,
        )


def count_follows(attunement: Attunement, focal: str, contact: Iterable[str]) -> FollowCounts:
    """How often the focal partner changes into a contact state, by what the other shows.

    Parameters
    ----------
    attunement : Attunement
        By a rule that compares two streams of states.
    focal : str
        One of its partners.
    contact : iterable of str
        The focal partner's states of contact. The fitting state of the other is any that the
        rule's table matches with it.

    Notes
    -----
    For each contact state k, time counts while both are coded and the focal partner is in another
    state; the other's state just before the change decides where the change is counted.
    """
    if focal not in attunement.partners:
        raise SettingError("focal", focal, f"one of the partners {attunement.partners}")
    if attunement.pair is None or attunement.codes is None:
        raise SettingError(
            "rule", attunement.rule, "a rule that compares two streams of states (StateMatch)"
        )
    side = attunement.partners.index(focal)
    table = attunement.pair.table
    match = table.match if side == 0 else table.match.T
    own, other = attunement.codes[side], attunement.codes[1 - side]
    lengths = np.diff(attunement.edges)
    counts = FollowCounts()
    for k in find_states("contact", table.states[side], contact):
        free = (own != MISSING) & (own != k) & (other != MISSING)
        into = np.zeros(own.size, dtype=np.bool_)
        into[:-1] = free[:-1] & (own[1:] == k) & ~attunement.cut[1:-1]
        relation = match[k, other]
        fits, fits_not = free & (relation == MATCH), free & (relation == MISMATCH)
        counts += FollowCounts(
            int((into & fits).sum()),
            int((into & fits_not).sum()),
            float(lengths[fits].sum()),
            float(lengths[fits_not].sum()),
        )
    return counts


def measure_follows(counts: FollowCounts) -> dict[str, Value]:
    """``offer_follow_excess_per_s``: the rate while the other's state fits, minus while not.

    nan below 30 s of either exposure. Limits: normal, from the Poisson variance of both rates. It
    describes one session's give and take; as a stand-in for what a partner expects it failed
    (docs/concepts/growth.md).
    """
    n = counts.fitting + counts.other
    if counts.fitting_s < MIN_FOLLOW_S or counts.other_s < MIN_FOLLOW_S:
        return {"offer_follow_excess_per_s": Value(nan, n=n)}
    excess = counts.fitting / counts.fitting_s - counts.other / counts.other_s
    half = Z * sqrt(counts.fitting / counts.fitting_s**2 + counts.other / counts.other_s**2)
    return {"offer_follow_excess_per_s": Value(excess, excess - half, excess + half, n)}


@dataclass(frozen=True)
class DepthRow:
    """Repairs and mismatched seconds at one *current* distance.

    Attributes
    ----------
    distance : {"near", "middle", "far"}
        Up to a third, up to two thirds, above.
    repairs : int
    mismatched_s : float
    hazard_per_s : Value
    """

    distance: str
    repairs: int
    mismatched_s: float
    hazard_per_s: Value


def describe_depth(attunement: Attunement) -> tuple[DepthRow, DepthRow, DepthRow]:
    """The repair hazard at near, middle and far current distance: a description only.

    Notes
    -----
    By the distance at each moment, never by the peak of the rupture: longer ruptures reach deeper
    peaks, so a comparison by peak would be one of length (immortal time). The differences describe
    the geometry of the codes (near codes need one step) and nothing about a partner.
    """
    mismatch = attunement.state == MISMATCH
    repaired = np.zeros(mismatch.size, dtype=np.bool_)
    repaired[:-1] = mismatch[:-1] & (attunement.state[1:] == MATCH) & ~attunement.cut[1:-1]
    lengths = np.diff(attunement.edges)
    distance = np.where(mismatch, attunement.distance, np.nan)
    where = {
        "near": mismatch & (distance <= _NEAR),
        "middle": mismatch & (distance > _NEAR) & (distance <= _MIDDLE),
        "far": mismatch & (distance > _MIDDLE),
    }
    rows = []
    for name, inside in where.items():
        events, seconds = int((repaired & inside).sum()), float(lengths[inside].sum())
        rows.append(DepthRow(name, events, seconds, pool_ratio([events], [seconds])))
    return (rows[0], rows[1], rows[2])
