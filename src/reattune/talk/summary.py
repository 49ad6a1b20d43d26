"""The result of describing talk: numbers by segment and partner, and what they cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from types import MappingProxyType
from typing import TYPE_CHECKING

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.talk.features import SHORT_WORDS, Measured
from reattune.talk.segments import WHOLE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

SCHEMA = "reattune.talk/1"
COLUMNS = (
    *("session", "dyad", "segment", "start_s", "end_s"),
    *("partner", "feature", "value", "n", "unit"),
)
CAVEAT = (
    "A description of words, not of a relationship: text hides tone, gaze and silence; short "
    "answers are not withdrawal; cues find wordings, not intentions. Not for diagnosis, for "
    "ranking people or for alarms."
)


@dataclass(frozen=True)
class TalkSegment:
    """The numbers of one stretch of talk.

    Attributes
    ----------
    label : str
        "whole", a number from "1", or the name of a phase.
    start_s, end_s : float
        Half-open.
    features : mapping of (feature, partner) to Measured
        The partner is "" for what belongs to both.
    """

    label: str
    start_s: float
    end_s: float
    features: Mapping[tuple[str, str], Measured]

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", MappingProxyType(dict(self.features)))

    def value(self, feature: str, partner: str = "") -> float:
        """The value of a feature.

        Raises
        ------
        SettingError
            When there is no such feature of that partner.
        """
        if (feature, partner) in self.features:
            return self.features[feature, partner].value
        known = [name for name, who in self.features if who == partner]
        raise SettingError(
            "feature",
            f"{feature} of {partner}" if partner else feature,
            "a feature described." + did_you_mean(feature, known),
        )


@dataclass(frozen=True)
class TalkDescription:
    """How two partners talked, in numbers. It holds no word that was said.

    Attributes
    ----------
    session, dyad : str
    partners : (str, str)
    language : str
        Of the word lists used.
    whole : TalkSegment
        The whole meeting.
    segments : tuple of TalkSegment
    notes : tuple of Note
    settings : mapping
        Everything the numbers depend on.
    """

    session: str
    dyad: str
    partners: tuple[str, str]
    language: str
    whole: TalkSegment
    segments: tuple[TalkSegment, ...]
    notes: tuple[Note, ...]
    settings: Mapping[str, object]

    def value(self, feature: str, partner: str = "", segment: str = WHOLE) -> float:
        """The value of a feature in a segment; of the whole meeting by default.

        Raises
        ------
        SettingError
            When there is no such segment, feature or partner.
        """
        for each in (self.whole, *self.segments):
            if each.label == segment:
                return each.value(feature, partner)
        labels = [WHOLE, *(each.label for each in self.segments)]
        raise SettingError("segment", segment, "a segment." + did_you_mean(segment, labels))

    def to_frame(self) -> pd.DataFrame:
        """One row per segment, partner and feature: columns as in ``COLUMNS``.

        ``n`` counts what is behind the value (turns, words, pairs of turns, seconds). The rows of
        the whole meeting come first; ``partner`` is empty for what belongs to both.
        """
        import pandas as pd

        rows = [
            (self.session, self.dyad, each.label, each.start_s, each.end_s, partner, name, *found)
            for each in (self.whole, *self.segments)
            for (name, partner), found in each.features.items()
        ]
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        return frame.astype(dict.fromkeys(("start_s", "end_s", "value", "n"), "float64"))

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy; nan is None."""
        return {
            "schema": SCHEMA,
            "session": self.session,
            "dyad": self.dyad,
            "partners": list(self.partners),
            "language": self.language,
            "whole": _plain(self.whole),
            "segments": [_plain(each) for each in self.segments],
            "notes": [note.to_dict() for note in self.notes],
            "settings": dict(self.settings),
            "caveat": CAVEAT,
        }

    def summary(self) -> str:
        """A short text: each partner's talk, what they share, what was odd, what it cannot say."""
        named = f" of {self.session}" if self.session else ""
        lines = [f"Talk{named}, described with word lists for {self.language}:"]
        lines += [f"  {self._told(partner)}" for partner in self.partners]
        lines.append(f"  {self._together()}")
        if self.segments:
            lines.append(f"  {len(self.segments)} segments are described one by one.")
        lines += [f"  note: {note}" for note in self.notes]
        lines.append(CAVEAT)
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The conversation by segments, a lane for each feature; one lane with ``ax``."""
        from reattune.show.plots.talk import plot_talk

        return plot_talk(self, ax=ax)

    def __repr__(self) -> str:
        return self.summary()

    def _told(self, partner: str) -> str:
        whole = self.whole

        def share(name: str) -> str:
            return _percent(whole.value(name, partner))

        timed = isfinite(whole.value("talk_time_prop", partner))
        basis = "time" if timed else "words"
        talked = f"{share(f'talk_{basis}_prop')} of the talk by {basis}"
        offset = whole.value("transfer_offset_q50_s", partner)
        turns, words = (whole.value(name, partner) for name in ("n_turns", "n_words"))
        parts = [
            f"{_count(turns, 'turn')}, {_count(words, 'word')}, {talked}",
            f"median turn {_number(whole.value('turn_words_q50', partner), 'words')}",
            f"{share('short_turn_prop')} of turns of at most {SHORT_WORDS} words",
        ]
        if isfinite(offset):
            parts.append(f"takes the floor {offset:+.2f} s after the other's end (median)")
        listed = self.settings.get("cue_features")
        cue_features = listed if isinstance(listed, list) else []
        cues = [
            f"{name.removesuffix('_sentence_prop').replace('_', ' ')} {_percent(found.value)}"
            for (name, who), found in whole.features.items()
            if who == partner and name in cue_features
        ]
        if cues:
            parts.append("sentences with cues: " + ", ".join(cues))
        return f"{partner}: " + "; ".join(parts) + "."

    def _together(self) -> str:
        whole, (first, second) = self.whole, self.partners
        parts = [f"style matching {_number(whole.value('style_matching'))}"]
        parts += [
            f"{who} following {other} {_number(whole.value('reciprocal_matching', who))}"
            for who, other in ((first, second), (second, first))
        ]
        parts.append(f"topic similarity turn to turn {_number(whole.value('topic_similarity'))}")
        overlap = whole.value("overlap_prop")
        if isfinite(overlap):
            parts.append(f"both at once {_percent(overlap)} of the talk")
        return "Together: " + "; ".join(parts) + "."


def _plain(segment: TalkSegment) -> dict[str, object]:
    features = [
        {"feature": name, "partner": who, "value": _safe(v.value), "n": _safe(v.n), "unit": v.unit}
        for (name, who), v in segment.features.items()
    ]
    return {
        "segment": segment.label,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "features": features,
    }


def _safe(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _count(n: float, what: str) -> str:
    return f"{n:g} {what}{'' if n == 1 else 's'}"


def _percent(value: float) -> str:
    return f"{value:.0%}" if isfinite(value) else "not known"


def _number(value: float = nan, unit: str = "") -> str:
    return f"{value:.3g} {unit}".strip() if isfinite(value) else "not known"
