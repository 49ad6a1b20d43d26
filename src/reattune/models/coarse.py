"""Codebooks for codings that tell fewer states apart than the model has."""

from __future__ import annotations

from collections.abc import Mapping

from reattune.models.codebooks import Codebook

# As which state each class of codes is read; monitor and away, attend and wait meet in neutral.
_FOCAL = {"negative": "negative", "neutral": "monitor", "positive": "positive"}
_RESPONDER = {"negative": "soothe", "neutral": "attend", "positive": "play"}


def make_valence_codebook(
    stream: str = "affect",
    *,
    negative: str | tuple[str, ...] = "-1",
    neutral: str | tuple[str, ...] = "0",
    positive: str | tuple[str, ...] = "1",
    name: str = "valence",
    partners: tuple[str, str] = ("focal", "responder"),
) -> Codebook:
    """A codebook for negative / neutral / positive codes of both partners.

    Parameters
    ----------
    stream : str, default "affect"
    negative, neutral, positive : str or tuple of str
        Their labels; the first of several is the class's name.
    name : str
    partners : (str, str)
        Focal partner and responder.

    Notes
    -----
    Attuned means the same valence. Focal away and monitor are both neutral. Of the responder, wait
    and attend are neutral and play is positive; "soothe" is no more than the place of whatever is
    coded negative, because that is what matches negative affect here, and "off" shares it. So
    kappa is the rate of taking up the focal partner's valence, and nothing is said of soothing.
    """
    low, middle, high = (_labels(labels) for labels in (negative, neutral, positive))
    back = {
        **dict.fromkeys(low, "negative"),
        **dict.fromkeys(middle, "neutral"),
        **dict.fromkeys(high, "positive"),
    }
    return Codebook(
        name,
        focal=(low[0], middle[0], middle[0], high[0]),
        responder=(low[0], middle[0], middle[0], high[0], low[0]),
        stream=stream,
        partners=partners,
        focal_back=_read(back, _FOCAL),
        responder_back=_read(back, _RESPONDER),
        approximate=True,
        source="codes of valence",
    )


def make_cue_codebook(
    stream: str,
    *,
    shown: tuple[str, str] = ("1", "1"),
    absent: tuple[str, str] = ("0", "0"),
    name: str = "cue",
    partners: tuple[str, str] = ("focal", "responder"),
) -> Codebook:
    """A codebook for a cue that is shown or not, and an answer that is given or not.

    Parameters
    ----------
    stream : str
        One name for both partners' streams.
    shown, absent : (str, str)
        Labels of the focal partner's cue and of the responder's answer.
    name : str
    partners : (str, str)

    Notes
    -----
    The cue is the focal partner's negative state, the answer is "soothe", and everything else is
    monitor and attend. Attuned: cue and answer together, or neither.
    """
    return Codebook(
        name,
        focal=(shown[0], absent[0], absent[0], absent[0]),
        responder=(shown[1], absent[1], absent[1], absent[1], absent[1]),
        stream=stream,
        partners=partners,
        focal_back={absent[0]: "monitor"},
        responder_back={absent[1]: "attend"},
        approximate=True,
        source="a cue and its answer, coded as shown or not",
    )


def _labels(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _read(classes: Mapping[str, str], states: Mapping[str, str]) -> dict[str, str]:
    return {label: states[kind] for label, kind in classes.items()}
