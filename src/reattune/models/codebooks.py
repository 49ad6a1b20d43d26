"""Codebooks: how the states of the model are called in a coding scheme, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reattune.core.errors import SettingError, did_you_mean
from reattune.models.parameters import FIT, FOCAL_STATES, RESPONDER_STATES

Fit = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Codebook:
    """The labels a coding scheme has for the states of the model.

    Parameters
    ----------
    name : str
    focal : 4 labels
        For negative, away, monitor, positive.
    responder : 5 labels
        For soothe, wait, attend, play, off. One label may stand for several states: the scheme then
        does not tell them apart.
    stream : str, default "affect"
        Name of the coded streams.
    partners : (str, str), default ("focal", "responder")
    focal_back, responder_back : mapping of label to state, optional
        How further labels are read, and which state a label of several states is read as (the
        first one otherwise).
    approximate : bool
        Whether this is an own approximation of a published scheme.
    source : str
        The scheme.

    Raises
    ------
    SettingError
        For a wrong number of labels, an empty label, or a state that is not of the model.
    """

    name: str
    focal: tuple[str, ...] = FOCAL_STATES
    responder: tuple[str, ...] = RESPONDER_STATES
    stream: str = "affect"
    partners: tuple[str, str] = ("focal", "responder")
    focal_back: Mapping[str, str] = field(default_factory=dict)
    responder_back: Mapping[str, str] = field(default_factory=dict)
    approximate: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        put = object.__setattr__
        for side, states in (("focal", FOCAL_STATES), ("responder", RESPONDER_STATES)):
            labels = tuple(str(label) for label in getattr(self, side))
            if len(labels) != len(states) or not all(labels):
                raise SettingError(side, labels, f"{len(states)} labels, for {', '.join(states)}")
            back = dict(getattr(self, f"{side}_back"))
            for label, state in back.items():
                if state not in states:
                    raise SettingError(
                        f"{side}_back[{label!r}]", state, "a state." + did_you_mean(state, states)
                    )
            put(self, side, labels)
            put(self, f"{side}_back", MappingProxyType(back))
        put(self, "partners", tuple(self.partners))

    def __hash__(self) -> int:
        return hash((self.name, self.focal, self.responder, self.stream, self.partners))

    def read_focal(self, label: str) -> int | None:
        """Place of the focal state that a label stands for; None for an unknown label."""
        return _read(label, self.focal, self.focal_back, FOCAL_STATES)

    def read_responder(self, label: str) -> int | None:
        """Place of the response that a label stands for; None for an unknown label."""
        return _read(label, self.responder, self.responder_back, RESPONDER_STATES)

    def see_fit(self, fit: Fit = FIT) -> Fit:
        """G as the scheme sees it: a pair fits when one of the pairs its labels stand for does."""
        return tuple(
            tuple(
                int(any(fit[a][b] for a in _same(self.focal, x) for b in _same(self.responder, y)))
                for y in range(len(RESPONDER_STATES))
            )
            for x in range(len(FOCAL_STATES))
        )

    def match_pairs(self, fit: Fit = FIT) -> tuple[tuple[str, str], ...]:
        """Pairs of labels that match, for an own match table.

        Parameters
        ----------
        fit : 4 x 5 of 0 and 1, optional
            ``parameters.fit_table``.
        """
        pairs = (
            (self.focal[x], self.responder[y])
            for x, row in enumerate(fit)
            for y, fits in enumerate(row)
            if fits
        )
        return tuple(dict.fromkeys(pairs))


def _same(labels: tuple[str, ...], at: int) -> list[int]:
    return [k for k, label in enumerate(labels) if label == labels[at]]


def _read(
    label: str, labels: tuple[str, ...], back: Mapping[str, str], states: tuple[str, ...]
) -> int | None:
    if label in back:
        return states.index(back[label])
    return labels.index(label) if label in labels else None


PLAIN = Codebook("plain", source="the model's own states")

# Own approximations, written from general knowledge of the schemes and not from their manuals:
# which published code corresponds to which state of the model is a judgement.
ICEP_LIKE = Codebook(
    "icep_like",
    focal=("negative_engagement", "object_environment", "social_monitor", "social_positive"),
    responder=(
        *("monitor_positive_voice", "monitor_neutral", "monitor_positive_voice"),
        *("social_positive", "non_infant_focused"),
    ),
    stream="engagement",
    partners=("infant", "caregiver"),
    focal_back={"protest": "negative", "withdrawn": "negative"},
    responder_back={
        "monitor_positive_voice": "attend",
        "withdrawn": "off",
    },
    approximate=True,
    source="after the Infant and Caregiver Engagement Phases of Weinberg and Tronick (1999)",
)
RUPTURE_LIKE = Codebook(
    "3rs_like",
    focal=("confrontation", "withdrawal", "working", "in_contact"),
    responder=("validates", "gives_room", "explores", "joins", "no_response"),
    stream="alliance",
    partners=("patient", "therapist"),
    approximate=True,
    source="after the Rupture Resolution Rating System of Eubanks, Muran and Safran (2015)",
)
CODEBOOKS: dict[str, Codebook] = {book.name: book for book in (PLAIN, ICEP_LIKE, RUPTURE_LIKE)}


def find_codebook(name: str) -> Codebook:
    """The codebook of that name.

    Parameters
    ----------
    name : {"plain", "icep_like", "3rs_like"}
    """
    if name not in CODEBOOKS:
        raise SettingError("codebook", name, "a codebook." + did_you_mean(str(name), CODEBOOKS))
    return CODEBOOKS[name]
