"""DyadState: what a dyad carries from one session to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_not_negative
from reattune.core.errors import SettingError
from reattune.models.parameters import DyadParameters

FloatArray = NDArray[np.float64]

N_DEPTHS = 31


@dataclass(frozen=True, eq=False)
class DyadState:
    """The belief curve, chronic stress, and how many sessions were lived.

    Attributes
    ----------
    evidence : float array, shape (2, 31)
        A_u and B_u, prior included: pseudo-observations at depths u = 0, 0.1 ... 3 that a rupture
        which goes so deep was repaired, and that it was not.
    stress : float
        S, in units of arousal.
    sessions : int
    """

    evidence: FloatArray
    stress: float = 0.0
    sessions: int = 0

    def __post_init__(self) -> None:
        evidence = np.array(self.evidence, dtype=np.float64)
        if evidence.shape != (2, N_DEPTHS) or not np.isfinite(evidence).all():
            raise SettingError("evidence", evidence.shape, f"shape (2, {N_DEPTHS}), all finite")
        if (evidence < 0).any() or (evidence.sum(axis=0) <= 0).any():
            raise SettingError("evidence", float(evidence.min()), "at least 0, with sums above 0")
        evidence.flags.writeable = False
        object.__setattr__(self, "evidence", evidence)
        object.__setattr__(self, "stress", check_not_negative("stress", self.stress))
        if self.sessions < 0:
            raise SettingError("sessions", self.sessions, "0 or more")

    @property
    def depths(self) -> FloatArray:
        """u, shape (31,), in units of arousal."""
        return np.arange(N_DEPTHS) / 10

    @property
    def belief(self) -> FloatArray:
        """p(u) = A / (A + B), shape (31,): the belief that a rupture so deep gets repaired."""
        share: FloatArray = self.evidence[0] / self.evidence.sum(axis=0)
        return share

    @property
    def tolerance(self) -> float:
        """W: the depth at which the belief crosses one half, in [0.35, 3]."""
        return self._read()[0]

    @property
    def trust(self) -> float:
        """T = p(0.5)."""
        return self._read()[1]

    @property
    def confident_trust(self) -> float:
        """Tc: T less 1.645 standard errors; low where repair fails, and where none was seen."""
        return self._read()[2]

    def _read(self) -> tuple[float, float, float]:
        from reattune.models.learning import read_belief

        tolerance, trust, confident = read_belief(self.evidence.copy())
        return float(tolerance), float(trust), float(confident)


def new_state(parameters: DyadParameters) -> DyadState:
    """The state of a dyad that has lived nothing yet: the prior belief, no stress."""
    from reattune.models.arousal import pack
    from reattune.models.learning import find_prior

    return DyadState(find_prior(pack(parameters)))
