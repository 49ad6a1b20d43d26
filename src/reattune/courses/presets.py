"""Criteria that carry the name of a paper; every one an approximation until its method is read."""

from __future__ import annotations

from collections.abc import Callable

from reattune.courses.criteria import Criterion
from reattune.courses.decline import Decline
from reattune.courses.drop import Drop


def stiles_like(*, window: int = 3) -> Drop:
    """An approximation of the criterion of Stiles et al. (2004, J Couns Psychol 51, 81).

    A drop of at least 2 SDs, 75 % of it regained within ``window`` meetings. The size is inferred
    from Gumz et al. (2012), the rest is from memory: not to be reported as the criterion of the
    paper.
    """
    return Drop(k=2.0, repair="fraction", rho=0.75, window=window, preset="stiles_like")


def strauss_like(*, window: int = 3) -> Drop:
    """An approximation of the criterion of Strauss et al. (2006, PMC3268072).

    A drop of at least 1 SD, back within a quarter of an SD of the old level within ``window``
    meetings. Inferred and from memory: not to be reported as the criterion of the paper.
    """
    return Drop(k=1.0, repair="return", tau=0.25, window=window, preset="strauss_like")


def gumz_like(k: float = 1.0) -> Decline:
    """An approximation of the criterion of Gumz et al. (2012, BMC Med Res Methodol 12:10).

    A fall over one or more sessions of at least ``k`` times the larger of own and pooled SD. The
    paper proposes to combine both and to report 1 and 2 SDs; how it defines the repair was not
    seen: not to be reported as the criterion of the paper.
    """
    return Decline(k=k, sd="max_own_pooled", preset="gumz_like")


PRESETS: dict[str, Callable[[], Criterion]] = {
    "stiles_like": stiles_like,
    "strauss_like": strauss_like,
    "gumz_like": gumz_like,
}
