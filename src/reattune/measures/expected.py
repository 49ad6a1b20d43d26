"""What two streams with these base rates would give if they were not timed to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.attunement import Attunement

NAN = float("nan")


@dataclass(frozen=True)
class Expected:
    """Chance expectations of one window; all nan where the rule has no closed form.

    Attributes
    ----------
    matched_prop : float
        E, the share expected to match; nan where nothing was observed.
    repairs : float
        e, repairs expected from the partners' own changes.
    repair_hazard_per_s : float
        h_E = e / (V (1 - E)); nan where nothing is expected to mismatch.
    """

    matched_prop: float
    repairs: float
    repair_hazard_per_s: float


def find_expected(attunement: Attunement) -> Expected:
    """Expected match, repairs and repair hazard from base rates and change counts alone.

    Notes
    -----
    With p_a and q_b the partners' shares of the time V in which the rule is defined, R(a, b) the
    match table and N(a -> a') the changes of a partner inside V::

        E = sum_ab p_a q_b R(a, b)
        e = sum N_x(a -> a') sum_b q_b [R(a, b) = 0] [R(a', b) = 1] + the same for y
        h_E = e / (V (1 - E))

    Excluded pairs carry no weight. In continuous time without missing time E is the mean matched
    share, and e the mean number of repairs, over all rotations of one stream against the other.
    """
    if attunement.pair is None or attunement.codes is None or attunement.pair.table.one_sided:
        # No streams to compare, or a rule that looks at one partner only.
        return Expected(NAN, NAN, NAN)
    table = attunement.pair.table
    match = table.match
    x, y = attunement.codes
    inside = attunement.state >= 0
    lengths = np.diff(attunement.edges)[inside]
    observed_s = float(lengths.sum())
    if observed_s <= 0:
        return Expected(NAN, 0.0, NAN)
    p = np.bincount(x[inside], lengths, minlength=match.shape[0]) / observed_s
    q = np.bincount(y[inside], lengths, minlength=match.shape[1]) / observed_s
    hit, open_, complete = table.hits, table.misses, table.complete
    weight = 1.0 if complete else float(p @ (hit + open_) @ q)
    share = float(p @ hit @ q) / weight if weight > 0 else NAN
    both = np.zeros(attunement.edges.size, dtype=np.bool_)
    both[1:-1] = inside[:-1] & inside[1:]
    repairs = _repairs(x, attunement.changed[0] & both, hit, open_, q, complete)
    repairs += _repairs(y, attunement.changed[1] & both, hit.T, open_.T, p, complete)
    exposure = observed_s * (1 - share)
    return Expected(share, repairs, repairs / exposure if exposure > 0 else NAN)


def _repairs(
    codes: NDArray[np.int64],
    changed: NDArray[np.bool_],
    hit: NDArray[np.float64],
    open_: NDArray[np.float64],
    other: NDArray[np.float64],
    complete: bool,
) -> float:
    """Repairs that one partner's changes would make against the other's base rates."""
    at = np.flatnonzero(changed)
    if at.size == 0:
        return 0.0
    before, after = codes[at - 1], codes[at]
    weights = (open_[before] * hit[after]) @ other
    if complete:
        return float(weights.sum())
    met = hit + open_
    defined = (met[before] * met[after]) @ other
    known = defined > 0
    return float((weights[known] / defined[known]).sum())
