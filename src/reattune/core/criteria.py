"""Criteria: which mismatches count as ruptures, and which changes count as simultaneous."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from reattune.core.checks import check_not_negative, check_positive
from reattune.core.errors import SettingError, did_you_mean


@dataclass(frozen=True)
class Criteria:
    """What a mismatch must be to count as a rupture. The defaults drop nothing.

    Applied in this order: matched spells shorter than ``merge_gap_s`` directly between two
    mismatches join them into one rupture; then mismatches shorter than ``min_rupture_s`` directly
    between two matches are no rupture. Runs that touch missing time or the edge of a phase are
    left alone, since their true length is unknown.

    Parameters
    ----------
    min_rupture_s, merge_gap_s : float, default 0
        Seconds (meetings in a course).
    tie_s : float, optional
        Two partners' changes at most this far apart count as made by both. Default: one frame
        where both code ten or more frames per second, otherwise 0.
    repair_window_s : float, optional
        A rupture observed for longer than this without repair is ``unrepaired``. By default no
        rupture is: those that outlast the observation are ``censored``.
    """

    min_rupture_s: float = 0.0
    merge_gap_s: float = 0.0
    tie_s: float | None = None
    repair_window_s: float | None = None

    def __post_init__(self) -> None:
        check_not_negative("min_rupture_s", self.min_rupture_s)
        check_not_negative("merge_gap_s", self.merge_gap_s)
        if self.tie_s is not None:
            check_not_negative("tie_s", self.tie_s)
        if self.repair_window_s is not None:
            check_positive("repair_window_s", self.repair_window_s)

    @property
    def drops_nothing(self) -> bool:
        """Whether every mismatch counts as a rupture."""
        return self.min_rupture_s == 0 and self.merge_gap_s == 0

    def to_dict(self) -> dict[str, float | None]:
        """A JSON-safe copy."""
        return asdict(self)

    def describe(self) -> str:
        """One plain sentence."""
        if self.drops_nothing:
            text = "Every mismatch counts as a rupture, whatever its length"
        else:
            parts = []
            if self.merge_gap_s:
                parts.append(f"matches shorter than {self.merge_gap_s:g} s do not interrupt one")
            if self.min_rupture_s:
                parts.append(f"mismatches shorter than {self.min_rupture_s:g} s are no rupture")
            text = "Criteria for ruptures: " + "; ".join(parts)
        if self.repair_window_s is not None:
            text += f"; one not repaired within {self.repair_window_s:g} s counts as unrepaired"
        return text + "."


def make_criteria(settings: Mapping[str, object]) -> Criteria:
    """The criteria that a study file or ``settings.json`` describes.

    Raises
    ------
    SettingError
        For an unknown key, or a value that is no number.
    """
    known = [field.name for field in fields(Criteria)]
    values: dict[str, float] = {}
    for key, value in settings.items():
        if key not in known:
            raise SettingError(
                f"criteria.{key}", value, "one of the criteria." + did_you_mean(key, known)
            )
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingError(f"criteria.{key}", value, "a number of seconds")
        values[key] = float(value)
    return Criteria(**values)
