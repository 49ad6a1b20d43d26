"""Rating forms as data: range, direction, subscales; and what a course looks like on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reattune.core.errors import SettingError, did_you_mean

MEMORY = "from memory: check it against the form you used"
SECOND = "from secondary pages: check it against the form you used"


@dataclass(frozen=True)
class Instrument:
    """One rating form.

    Attributes
    ----------
    name, title : str
    low, high : float
        Lowest and highest possible answer to an item.
    items : int
    score : {"item_mean", "sum"}
        How the total is usually told.
    direction : {"higher_better", "lower_better"}
    subscales : mapping of str to tuple of int
        Item numbers from 1; empty where they were not known for certain enough to write down.
    reversed_items : tuple of int
        Items worded the other way round.
    verified : bool
        Whether the numbers were read in the form or its manual. None of those shipped was.
    basis : str
        Where they come from.
    """

    name: str
    title: str
    low: float
    high: float
    items: int
    score: Literal["item_mean", "sum"] = "item_mean"
    direction: Literal["higher_better", "lower_better"] = "higher_better"
    subscales: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    reversed_items: tuple[int, ...] = ()
    verified: bool = False
    basis: str = MEMORY

    def __post_init__(self) -> None:
        object.__setattr__(self, "subscales", MappingProxyType(dict(self.subscales)))
        if not self.low < self.high:
            raise SettingError("low, high", (self.low, self.high), "a low below a high")
        known = set(range(1, self.items + 1))
        for name, items in (*self.subscales.items(), ("reversed", self.reversed_items)):
            if not set(items) <= known:
                raise SettingError(f"items of {name}", items, f"numbers from 1 to {self.items}")

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest possible score."""
        if self.score == "sum":
            return (self.low * self.items, self.high * self.items)
        return (self.low, self.high)

    def describe(self) -> str:
        """The form in one line; says what is unverified."""
        way = "higher is better" if self.direction == "higher_better" else "lower is better"
        sure = "" if self.verified else f" ({self.basis})"
        low, high = self.scale
        return f"{self.title}: {self.items} items, scored {low:g} to {high:g}, {way}{sure}"


INSTRUMENTS: dict[str, Instrument] = {
    form.name: form
    for form in (
        Instrument(
            "WAI-S",
            "Working Alliance Inventory, short form",
            1,
            7,
            12,
            subscales={"task": (1, 2, 8, 12), "bond": (3, 5, 7, 9), "goal": (4, 6, 10, 11)},
            reversed_items=(4, 10),
        ),
        Instrument(
            "WAI-SR",
            "Working Alliance Inventory, short form revised",
            1,
            5,
            12,
            subscales={"goal": (4, 6, 8, 11), "task": (1, 2, 10, 12), "bond": (3, 5, 7, 9)},
            basis=SECOND,
        ),
        Instrument(
            "SRS",
            "Session Rating Scale 3",
            0,
            10,
            4,
            score="sum",
            subscales={"relationship": (1,), "goals": (2,), "approach": (3,), "overall": (4,)},
        ),
        Instrument("HAQ", "Helping Alliance Questionnaire", 1, 6, 11),
        Instrument("HAq-II", "Revised Helping Alliance Questionnaire", 1, 6, 19),
        Instrument("CALPAS", "California Psychotherapy Alliance Scales", 1, 7, 24),
    )
}


def find_instrument(name: str) -> Instrument:
    """The form of that name; case, blanks, "-" and "_" make no difference.

    Raises
    ------
    SettingError
        When it is not known; the message lists those that are.
    """
    folded = {_fold(known): form for known, form in INSTRUMENTS.items()}
    if _fold(name) not in folded:
        raise SettingError(
            "instrument", name, "a form that is known." + did_you_mean(name, INSTRUMENTS)
        )
    return folded[_fold(name)]


def _fold(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def ceiling_rate(ratings: ArrayLike, high: float, *, within: float = 0.0) -> float:
    """Share of the observed ratings at the top of the scale; nan without ratings.

    Parameters
    ----------
    ratings : array_like of float
        nan = missing.
    high : float
        The highest possible rating.
    within : float, default 0
        Ratings at most this far below it count as well.
    """
    values = np.asarray(ratings, dtype=np.float64)
    seen = values[np.isfinite(values)]
    return float((seen >= high - within - 1e-9).mean()) if seen.size else float("nan")
