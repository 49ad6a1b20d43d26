"""One meeting as coded: segments on a grid, saliences by coder and marker, strategies beside."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.segment_codes.kinds import KINDS, NONE

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Marker:
    """One column of codes: whose, which, and the kind of rupture it stands for."""

    side: str
    label: str
    kind: str

    @property
    def name(self) -> str:
        """``patient withdrawal``."""
        return f"{self.side} {self.label}".strip()


@dataclass(frozen=True, eq=False)
class CodedMeeting:
    """Segments of one meeting and what every coder gave them.

    Parameters
    ----------
    id : str
    dyad : str
    number : int or None
        Which meeting of the dyad; None where the table does not say.
    sides : (str, str)
        The two people.
    starts, ends : float array, shape (n,)
        Seconds, in order, without overlap. Segments that nobody coded have their place too.
    names : tuple of str, length n
        As the table calls the segments; empty where there was no row.
    coders : tuple of str, length c
    markers : tuple of Marker, length m
    salience : float array, shape (c, n, m)
        nan = not rated by this coder.
    strategies : tuple of str, length s
    shown : float array, shape (c, n, s)
        1 = this coder saw the strategy in the segment, 0 = not, nan = segment not coded.
    extent : float array, shape (c, n)
        How far resolved, as rated per segment; nan = not rated.
    overall : mapping of str to float array, shape (c,)
        Ratings of the whole meeting (``extent_resolved``, ...).
    scale : (float, float)
        Lowest (= none) and highest possible salience.
    notes : tuple of Note

    Raises
    ------
    SettingError
        For arrays that do not fit each other, segments out of order, or saliences outside the
        scale.
    """

    id: str
    dyad: str
    number: int | None
    sides: tuple[str, str]
    starts: FloatArray
    ends: FloatArray
    names: tuple[str, ...]
    coders: tuple[str, ...]
    markers: tuple[Marker, ...]
    salience: FloatArray
    strategies: tuple[str, ...] = ()
    shown: FloatArray = field(default_factory=lambda: np.empty(0))
    extent: FloatArray = field(default_factory=lambda: np.empty(0))
    overall: Mapping[str, FloatArray] = field(default_factory=dict)
    scale: tuple[float, float] = (1.0, 5.0)
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__
        shape = (len(self.coders), len(self.names), len(self.markers))
        for name, size in (
            ("starts", shape[1:2]),
            ("ends", shape[1:2]),
            ("salience", shape),
            ("shown", (*shape[:2], len(self.strategies))),
            ("extent", shape[:2]),
        ):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.size == 0 and name in ("shown", "extent"):
                values = np.full(size, np.nan)
            if values.shape != size:
                raise SettingError(f"{name} of meeting {self.id!r}", values.shape, f"shape {size}")
            values.flags.writeable = False
            put(self, name, values)
        put(self, "overall", MappingProxyType(dict(self.overall)))
        if not (shape[0] and shape[1]):
            raise SettingError(f"meeting {self.id!r}", shape, "a coder and a segment at least")
        if len(set(self.sides)) != 2 or "both" in self.sides:
            raise SettingError("sides", self.sides, 'two different names, neither "both"')
        for marker in self.markers:
            if marker.side not in self.sides:
                raise SettingError(f"side of {marker.label!r}", marker.side, f"of {self.sides}")
            if marker.kind not in (*KINDS, NONE):
                raise SettingError(f"kind of {marker.label!r}", marker.kind, f"one of {KINDS}")
        if (self.ends <= self.starts).any() or (self.starts[1:] < self.ends[:-1] - 1e-6).any():
            raise SettingError(
                f"segments of meeting {self.id!r}", "overlapping", "segments one after another"
            )
        low, high = self.scale
        with np.errstate(invalid="ignore"):
            outside = (self.salience < low) | (self.salience > high)
        if outside.any():
            found = float(self.salience[outside][0])
            raise SettingError(
                f"salience in meeting {self.id!r}", found, f"from {low:g} to {high:g}"
            )

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return (
            f"CodedMeeting({self.id!r}: {int(self.coded.sum())} of {len(self)} segments coded by "
            f"{', '.join(self.coders) or 'one coder'}; {len(self.markers)} markers, "
            f"{len(self.strategies)} strategies)"
        )

    @property
    def coded(self) -> BoolArray:
        """Segments at least one coder rated. Shape (n,)."""
        return np.asarray(np.isfinite(self.salience).any(axis=(0, 2)))

    @property
    def length_s(self) -> float:
        """Median length of a segment in seconds."""
        return float(np.median(self.ends - self.starts))

    def mean_salience(self) -> FloatArray:
        """Mean salience over the coders who rated; nan where nobody did. Shape (n, m)."""
        return mean_known(self.salience, 0)

    def mean_shown(self) -> FloatArray:
        """Share of the coders who saw a strategy; nan where nobody coded. Shape (n, s)."""
        return mean_known(self.shown, 0)

    def mean_extent(self) -> FloatArray:
        """Mean extent resolved over the coders who rated it. Shape (n,)."""
        return mean_known(self.extent, 0)


def mean_known(values: FloatArray, axis: int) -> FloatArray:
    """The mean over an axis without the missing values; nan where all are missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=axis))
