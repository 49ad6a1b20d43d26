"""What a study file says under ``[growth]``, as one frozen set of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from reattune.core.checks import check_option, check_positive
from reattune.core.errors import SettingError, did_you_mean
from reattune.growth.descriptions import AROUND_S, check_sizes
from reattune.growth.expectancy import FORGETTING
from reattune.growth.outcomes import WINDOWS, Weight

_LISTS = ("negative", "contact", "phases")


@dataclass(frozen=True)
class GrowthSettings:
    """How growth over sessions is looked at. What is left empty is found in the data.

    Attributes
    ----------
    compute : bool, default True
        False: not at all.
    focal : str
        The partner whose affect is followed; by default the first of the two.
    negative : tuple of str
        That partner's states that are negative; by default those the rule marks.
    contact : tuple of str
        That partner's states of contact, for `offer_follow_excess_per_s`; by default none.
    time : str
        Covariate that runs on (session number, age, date); by default a covariate of such a name,
        otherwise the order of a dyad's sessions.
    group : str
        Covariate that parts the dyads in two; by default ``group``, ``condition`` or ``arm``.
    comparison : str
        The group the other one is compared with; by default one called control or comparison.
    challenge : str
        Phase in which the load is the same each time; by default the imposed one.
    phases : tuple of str
        Phases of ordinary time; by default those before the challenge, or all of a session without
        one, imposed phases left out.
    rating : str
        Covariate rated after each session, for the two accounts of it; by default none.
    window_s : float, default 10
        Within it a repair counts as one for the repair expectancy.
    forgetting : float, default .95
        What is kept of the evidence from one session to the next.
    weight : {"plain", "latency"}
    sizes : tuple of float
        Distances at onset that part small from large ruptures; by default none.
    around_s : float, default 10
        Seconds before a rupture and after its repair whose matching is compared.
    force : bool, default False
        Fit turns at equal load although the codes are too coarse; the mark stays.
    """

    compute: bool = True
    focal: str = ""
    negative: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    time: str = ""
    group: str = ""
    comparison: str = ""
    challenge: str = ""
    phases: tuple[str, ...] = ()
    rating: str = ""
    window_s: float = WINDOWS["second"]
    forgetting: float = FORGETTING
    weight: Weight = "plain"
    sizes: tuple[float, ...] = ()
    around_s: float = AROUND_S
    force: bool = False

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in _LISTS:
            value = getattr(self, name)
            words = (value,) if isinstance(value, str) else tuple(str(word) for word in value)
            put(self, name, words)
        put(self, "sizes", tuple(float(size) for size in self.sizes))
        check_positive("growth.window_s", self.window_s)
        check_positive("growth.around_s", self.around_s)
        check_option("growth.weight", self.weight, ("plain", "latency"))
        if not 0 < self.forgetting <= 1:
            raise SettingError(
                "growth.forgetting", self.forgetting, "a number above 0 and at most 1"
            )
        if self.sizes:
            check_sizes(self.sizes)
        if self.comparison and not self.group:
            raise SettingError("growth.comparison", self.comparison, "a `group` beside it")

    def to_dict(self) -> dict[str, object]:
        """JSON-safe, in the form of the study file."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }


def make_growth_settings(settings: Mapping[str, Any]) -> GrowthSettings:
    """The settings that a study file describes under ``[growth]``.

    Raises
    ------
    SettingError
        For an unknown key or a value that is not allowed.
    """
    known = [field.name for field in fields(GrowthSettings)]
    for key in settings:
        if key not in known:
            told = "one of the settings." + did_you_mean(key, known)
            raise SettingError(f"growth.{key}", settings[key], told)
    return GrowthSettings(**{k: v for k, v in settings.items() if v is not None})
