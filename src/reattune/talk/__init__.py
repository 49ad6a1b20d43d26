"""Coordination in talk, as description: turns, style, topics, cues. No text is kept."""

from reattune.talk.describe import describe_talk
from reattune.talk.english import ENGLISH
from reattune.talk.groups import compare_groups
from reattune.talk.several import Talks
from reattune.talk.summary import TalkDescription, TalkSegment
from reattune.talk.unusual import UnusualSegments, rank_unusual
from reattune.talk.words import Lexicon

__all__ = [
    "ENGLISH",
    "Lexicon",
    "TalkDescription",
    "TalkSegment",
    "Talks",
    "UnusualSegments",
    "compare_groups",
    "describe_talk",
    "rank_unusual",
]
