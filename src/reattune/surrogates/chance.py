"""ChanceTest: what was observed beside what streams not tied to each other give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reattune.surrogates.decide import ChanceWarning, Information
from reattune.surrogates.ranks import ChanceStatistic, StatisticRows, json_number

if TYPE_CHECKING:
    pass

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChanceTest(StatisticRows):
    """Statistics beside their null; holds no seed and no clock time.

    Attributes
    ----------
    method : str
        How the surrogates were made. ``"rotate_blocks"`` with one block: two did not fit.
    partners : (str, str)
        The first stayed, the second was moved.
    statistics : tuple of ChanceStatistic
    warnings : tuple of ChanceWarning
    information : Information
        How much the data could say.
    observed_s : float
        Seconds in which the rule is defined.
    blocks, block_s : int, float
        Blocks of the rotation and their mean length in seconds (over sessions: the mean).
    n_alignments : float
        Different alignments there are.
    n_drawn : int
        Surrogates made.
    exact : bool
        Every alignment was looked at once, so p has no Monte-Carlo error.
    seam : str
        ``"cut"`` or ``"join"``.
    min_offset_s : float
    n_dyads, n_sessions : int
    draws : mapping
        Surrogate values by statistic when asked for; otherwise empty.
    """

    method: str
    partners: tuple[str, str]
    statistics: tuple[ChanceStatistic, ...]
    warnings: tuple[ChanceWarning, ...]
    information: Information
    observed_s: float
    blocks: int
    block_s: float
    n_alignments: float
    n_drawn: int
    exact: bool
    seam: str = "cut"
    min_offset_s: float = 0.0
    n_dyads: int = 1
    n_sessions: int = 1
    draws: Mapping[str, FloatArray] = field(default_factory=dict, repr=False)

    @property
    def warning_codes(self) -> tuple[str, ...]:
        """Codes of the warnings, in order."""
        return tuple(warning.code for warning in self.warnings)

    @property
    def settings(self) -> dict[str, object]:
        """What was done, JSON-safe; equal inputs give equal settings."""
        return {
            "method": self.method,
            "seam": self.seam,
            "min_offset_s": self.min_offset_s,
            "blocks": self.blocks,
            "block_s": json_number(self.block_s),
            "n_drawn": self.n_drawn,
            "exact": self.exact,
        }

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy: undefined numbers are None, infinite ones ``"inf"``."""
        seen = self.information
        return {
            **self.settings,
            "partners": list(self.partners),
            "n_dyads": self.n_dyads,
            "n_sessions": self.n_sessions,
            "n_alignments": json_number(self.n_alignments),
            "observed_s": json_number(self.observed_s),
            "runs": list(seen.runs),
            "expected_repairs": json_number(seen.expected_repairs),
            "missing_prop": [json_number(share) for share in seen.missing_prop],
            "statistics": self.list_statistics(),
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
        }

    def summary(self) -> str:
        """The test in sentences."""
        from reattune.surrogates.wording import sentences

        return "\n".join(sentences(self))

    def __str__(self) -> str:
        return self.summary()
