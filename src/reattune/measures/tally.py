"""Tally: the counts and seconds from which every measure is computed; tallies can be pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement
from reattune.core.errors import SettingError
from reattune.core.pair import MATCH, MISMATCH
from reattune.core.ruptures import Ruptures
from reattune.measures.expected import find_expected

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Counts3 = tuple[int, int, int]

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Tally:
    """What was seen in one window, or in several pooled ones.

    Sums pool; so any measure of many sessions comes from summed events and summed exposure, never
    from the mean of per-session values.

    Attributes
    ----------
    partners : (str, str)
    observed_s, matched_s, mismatched_s, negative_s : float
        Seconds V, M, U of the raw states, and seconds in which both are negative (nan when the
        rule does not know).
    expected_matched_s : float
        Seconds expected to match by chance, E V (nan when there is no closed form).
    expected_repairs : float
        Repairs expected by chance in the mismatched time seen, h_E U.
    run_matched_s, run_mismatched_s : float
        Exposure after the criteria.
    n_repairs, n_onsets : int
        Mismatch -> match and match -> mismatch transitions.
    durations, events : arrays, shape (n,)
        Length of each entered rupture and whether it ended in a repair.
    raw_durations, raw_events : arrays
        The same for entered mismatches before any criteria.
    depths : float array
        Peak depth of each entered rupture.
    outcomes : (int, int, int)
        Entered ruptures repaired, censored, unrepaired.
    n_not_entered : int
    opened, repaired, repair_events : (int, int, int)
        Entered ruptures opened by first, second, both; entered repaired ones closed by; all
        repairs, entered or not, made by.
    changes : (int, int)
        Each partner's own changes of state within observed time.
    extras : mapping
        Counts only the rule makes.
    first_waits, first_events : arrays, shape (k,)
        Seconds from the onset of a phase that follows imposed non-response to the first match, and
        whether one was seen; empty for other phases.
    """

    partners: tuple[str, str]
    observed_s: float
    matched_s: float
    mismatched_s: float
    negative_s: float
    expected_matched_s: float
    expected_repairs: float
    run_matched_s: float
    run_mismatched_s: float
    n_repairs: int
    n_onsets: int
    durations: FloatArray
    events: BoolArray
    raw_durations: FloatArray
    raw_events: BoolArray
    depths: FloatArray
    outcomes: Counts3
    n_not_entered: int
    opened: Counts3
    repaired: Counts3
    repair_events: Counts3
    changes: tuple[int, int]
    extras: Mapping[str, int] = field(default_factory=dict)
    first_waits: FloatArray = field(default_factory=lambda: np.empty(0))
    first_events: BoolArray = field(default_factory=lambda: np.empty(0, dtype=np.bool_))


def _by(masks: NDArray[np.int64]) -> Counts3:
    counts = np.bincount(masks, minlength=4)
    return (int(counts[1]), int(counts[2]), int(counts[3]))


def make_tally(attunement: Attunement, ruptures: Ruptures, raw: Ruptures | None = None) -> Tally:
    """The tally of one window.

    Parameters
    ----------
    attunement : Attunement
    ruptures : Ruptures
        Found in it.
    raw : Ruptures, optional
        Those found without criteria; needed only where ``ruptures`` used some, and the length of
        mismatches before criteria is undefined without it.
    """
    if raw is None:
        raw = ruptures
    dropped = raw is ruptures and not ruptures.criteria.drops_nothing
    raw_entered = np.zeros_like(raw.entered) if dropped else raw.entered
    lengths = np.diff(attunement.edges)
    state = attunement.state
    matched = float(lengths[state == MATCH].sum())
    mismatched = float(lengths[state == MISMATCH].sum())
    expected_matched_s, expected_repairs = _expect(attunement, matched + mismatched, ruptures)
    entered, closed = ruptures.entered, ruptures.closed
    durations, events = ruptures.latency[entered], closed[entered]
    same = raw is ruptures and not dropped
    outcomes = np.bincount(ruptures.outcome[entered], minlength=3)
    inside = state >= 0
    within = np.zeros(attunement.edges.size, dtype=np.bool_)
    within[1:-1] = inside[1:] & inside[:-1]
    changes = (attunement.changed & within).sum(axis=1)
    return Tally(
        partners=attunement.partners,
        observed_s=matched + mismatched,
        matched_s=matched,
        mismatched_s=mismatched,
        negative_s=(
            float(lengths[attunement.negative].sum()) if attunement.grades_negative else NAN
        ),
        expected_matched_s=expected_matched_s,
        expected_repairs=expected_repairs,
        run_matched_s=ruptures.matched_s,
        run_mismatched_s=ruptures.mismatched_s,
        n_repairs=int(np.count_nonzero(closed)),
        n_onsets=int(np.count_nonzero(entered)),
        durations=durations,
        events=events,
        raw_durations=durations if same else raw.latency[raw_entered],
        raw_events=events if same else raw.closed[raw_entered],
        depths=ruptures.depth[entered],
        outcomes=(int(outcomes[0]), int(outcomes[1]), int(outcomes[2])),
        n_not_entered=entered.size - int(np.count_nonzero(entered)),
        opened=_by(ruptures.by[entered]),
        repaired=_by(ruptures.repaired_by[entered & (ruptures.outcome == 0)]),
        repair_events=_by(ruptures.repaired_by[closed]),
        changes=(int(changes[0]), int(changes[1])),
        extras=attunement.extras,
    )


def _expect(attunement: Attunement, observed_s: float, ruptures: Ruptures) -> tuple[float, float]:
    """Seconds and repairs expected by chance: E V and h_E U.

    nan only for a rule without closed form. A window in which nothing was observed, or nothing
    could mismatch, expects 0 and so adds nothing to a pool.
    """
    expected = find_expected(attunement)
    if isnan(expected.repairs):
        return (NAN, NAN)
    exposure = ruptures.mismatched_s
    return (
        expected.matched_prop * observed_s if observed_s > 0 else 0.0,
        expected.repair_hazard_per_s * exposure if exposure > 0 else 0.0,
    )


def pool_tallies(tallies: Sequence[Tally]) -> Tally:
    """One tally over several windows: seconds and events summed, ruptures put together.

    Expected values are summed as well: the chance expectation of a pool is what each of its
    sessions, with its own base rates, would give. A session in which no negative state occurs adds
    none, as long as another session shows that the rule knows which states are negative.

    Raises
    ------
    SettingError
        Without any tally, or for tallies of different partners (who would be mixed up).
    """
    if not tallies:
        raise SettingError("tallies", 0, "at least one")
    first = tallies[0]
    for tally in tallies:
        if tally.partners != first.partners:
            raise SettingError("tallies", tally.partners, f"the same partners, {first.partners}")
    negative = [t.negative_s for t in tallies if not isnan(t.negative_s)]

    def three(name: str) -> Counts3:
        rows = np.array([getattr(t, name) for t in tallies]).sum(axis=0)
        return (int(rows[0]), int(rows[1]), int(rows[2]))

    def total(name: str) -> float:
        return float(sum(getattr(t, name) for t in tallies))

    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(t, name) for t in tallies])

    durations = joined("durations").astype(np.float64)
    events = joined("events").astype(np.bool_)
    same = all(tally.raw_durations is tally.durations for tally in tallies)
    extras: dict[str, int] = {}
    for tally in tallies:
        for key, count in tally.extras.items():
            extras[key] = extras.get(key, 0) + count
    return Tally(
        partners=first.partners,
        observed_s=total("observed_s"),
        matched_s=total("matched_s"),
        mismatched_s=total("mismatched_s"),
        negative_s=float(sum(negative)) if negative else NAN,
        expected_matched_s=total("expected_matched_s"),
        expected_repairs=total("expected_repairs"),
        run_matched_s=total("run_matched_s"),
        run_mismatched_s=total("run_mismatched_s"),
        n_repairs=int(total("n_repairs")),
        n_onsets=int(total("n_onsets")),
        durations=durations,
        events=events,
        raw_durations=durations if same else joined("raw_durations").astype(np.float64),
        raw_events=events if same else joined("raw_events").astype(np.bool_),
        depths=joined("depths").astype(np.float64),
        outcomes=three("outcomes"),
        n_not_entered=int(total("n_not_entered")),
        opened=three("opened"),
        repaired=three("repaired"),
        repair_events=three("repair_events"),
        changes=(
            sum(t.changes[0] for t in tallies),
            sum(t.changes[1] for t in tallies),
        ),
        extras=extras,
        first_waits=joined("first_waits").astype(np.float64),
        first_events=joined("first_events").astype(np.bool_),
    )
