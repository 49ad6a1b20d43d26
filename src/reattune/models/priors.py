"""Priors: what is known of a dyad before its own session is seen, i.e. of dyads in general."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_positive
from reattune.core.errors import SettingError, did_you_mean
from reattune.models.codebooks import Codebook
from reattune.models.coordinates import COORDINATES, read_coordinate
from reattune.models.parameters import OFF, DyadParameters

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Prior:
    """Independent normal distributions of the coordinates over dyads.

    Parameters
    ----------
    base : DyadParameters
        Centre, and the value of everything a fit does not move.
    means, sds : mapping of str to float, optional
        Centres and spreads that differ from ``base`` and from the usual ones, on the scale the
        coordinate is moved on: log for rates, as it is for logits.

    Notes
    -----
    The usual spreads (0.5 on the log scale for rates, i.e. two dyads in three within a factor of
    1.6 of the centre; 0.5 for logits) are an assumption. Where several dyads were coded, take them
    from the data: `fit_dyads`.
    """

    base: DyadParameters = field(default_factory=DyadParameters)
    means: Mapping[str, float] = field(default_factory=dict)
    sds: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("means", "sds"):
            given = dict(getattr(self, name))
            for key in given:
                if key not in COORDINATES:
                    allowed = "what a fit can move." + did_you_mean(key, COORDINATES)
                    raise SettingError(name, key, allowed)
            put(self, name, MappingProxyType(given))
        for key, value in self.sds.items():
            check_positive(f"sds[{key!r}]", value)
        for key, value in self.means.items():
            if not np.isfinite(value):
                raise SettingError(f"means[{key!r}]", value, "a finite number")

    def mean(self, free: Sequence[str]) -> FloatArray:
        """Centres of those coordinates, shape (d,), inside their bounds."""
        out = []
        for name in free:
            item = COORDINATES[name]
            centre = self.means.get(name, read_coordinate(self.base, name))
            out.append(min(max(centre, item.low), item.high))
        return np.array(out)

    def sd(self, free: Sequence[str]) -> FloatArray:
        """Spreads of those coordinates, shape (d,)."""
        return np.array([self.sds.get(name, COORDINATES[name].sd) for name in free])

    def with_values(self, free: Sequence[str], mean: FloatArray, sd: FloatArray) -> Prior:
        """A copy with these centres and spreads."""
        return replace(
            self,
            means={**self.means, **dict(zip(free, map(float, mean), strict=True))},
            sds={**self.sds, **dict(zip(free, map(float, sd), strict=True))},
        )

    def seen_through(self, codebook: Codebook) -> Prior:
        """A copy in which the dyad is attuned where the codebook can show it to be.

        Where "off" shares its code with another response it is never read from the codes; it then
        stands for an imposed non-response alone, and goes on fitting what it fitted.
        """
        own = self.base.fit_table
        seen = codebook.see_fit(own)
        if codebook.read_responder(codebook.responder[OFF]) != OFF:
            seen = tuple((*row[:OFF], before[OFF]) for row, before in zip(seen, own, strict=True))
        return replace(self, base=replace(self.base, fit=seen))

    def to_dict(self) -> dict[str, object]:
        """JSON-safe copy."""
        return {
            "base": self.base.to_dict(),
            "means": dict(self.means),
            "sds": dict(self.sds),
        }
