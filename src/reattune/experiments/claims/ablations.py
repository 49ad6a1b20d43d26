"""Ablations: the model with one of its assumptions taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from reattune.models import DyadParameters

# So large that the assumption no longer matters; the model's range ends here.
NEVER = 1e9


@dataclass(frozen=True)
class Ablation:
    """One assumption, and what the parameters become without it.

    Attributes
    ----------
    name : str
        Empty for the model as it is.
    assumption : str
        What is assumed, in words.
    without : str
        What is the case when it is taken away.
    changes : mapping of field to float
        Of `reattune.models.DyadParameters`.
    """

    name: str
    assumption: str = ""
    without: str = ""
    changes: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", MappingProxyType(dict(self.changes)))

    def change(self, parameters: DyadParameters) -> DyadParameters:
        """The parameters without the assumption."""
        return replace(parameters, **self.changes)  # type: ignore[arg-type]


WHOLE = Ablation("")
ABLATIONS: tuple[Ablation, ...] = (
    Ablation(
        "no_latency_discount",
        "a late repair counts little (half at 10 s)",
        "a repair counts the same however late; nothing that stays open is held against it",
        {"late_s": NEVER},
    ),
    Ablation(
        "no_overwhelm",
        "the repair of an overwhelming rupture counts little (half at twice the tolerance)",
        "a repair counts the same however deep the rupture went",
        {"overwhelm": NEVER},
    ),
    Ablation(
        "little_generalisation",
        "what was lived at one depth is believed of depths nearby (spread .4)",
        "it is believed of that depth and hardly of others (spread .1)",
        {"generalisation": 0.1},
    ),
    Ablation(
        "self_repair_counts_fully",
        "a rupture the focal partner ends itself counts .4",
        "it counts as much as one the responder ends",
        {"self_repair_credit": 1.0},
    ),
    Ablation(
        "no_forgetting",
        "a part of what was lived is forgotten between sessions",
        "nothing is forgotten",
        {"forgetting": 0.0},
    ),
    Ablation(
        "no_saturation",
        "one rupture teaches only so much, however long it lasts",
        "it teaches in proportion to the arousal it brought",
        {"evidence_saturation": NEVER},
    ),
)
