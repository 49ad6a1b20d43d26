"""Words: how a turn's text becomes words, and the lists they are looked up in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError

IntArray = NDArray[np.int64]

# What a transcriber adds is not talk: [laughs], [inaudible], CHAT's &=coughs.
_REMARK = re.compile(r"\[[^\]]*\]|&=\S+")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['-][^\W\d_]+)*")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u0060\u00b4", "'"))
# CHAT's marks for speech that could not be understood.
_UNINTELLIGIBLE = frozenset({"xxx", "yyy", "www"})
# `<name>_prop` means something else for these.
_TAKEN = frozenset({"talk_words", "talk_time", "short_turn", "transfer_overlap"})
_SENTENCE = re.compile(r"[^.?!\u2026]+[.?!\u2026]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def plain_text(text: str) -> str:
    """The text in lower case, with straight apostrophes and without remarks in square brackets.

    Examples
    --------
    >>> plain_text("I\u2019m  fine [laughs].")
    "i'm fine ."
    """
    return " ".join(_REMARK.sub(" ", text.translate(_APOSTROPHES)).casefold().split())


def split_words(plain: str) -> tuple[str, ...]:
    """The words of a text made by `plain_text`, in order; contractions and hyphens stay whole.

    Numbers are words. Marks for unintelligible speech (``xxx``) are none. Works for languages that
    are written with blanks between words.

    Examples
    --------
    >>> split_words("well, i don't know. mm-hmm.")
    ('well', 'i', "don't", 'know', 'mm-hmm')
    """
    return tuple(word for word in _WORD.findall(plain) if word not in _UNINTELLIGIBLE)


def split_sentences(plain: str) -> tuple[str, ...]:
    """The stretches of a text between full stops, question and exclamation marks that hold words.

    Examples
    --------
    >>> split_sentences("i see. ... how was it?")
    ('i see.', 'how was it?')
    """
    found = (sentence.strip() for sentence in _SENTENCE.findall(plain))
    return tuple(sentence for sentence in found if split_words(sentence))


@dataclass(frozen=True)
class Lexicon:
    """The lists of one language that talk is described with.

    Roles are data: every list is applied to both partners alike.

    Parameters
    ----------
    language : str
        Stated in every result.
    function_words : mapping of str to iterable of str
        Class -> words, for language style matching. A word may be in several classes.
    word_lists : mapping of str to iterable of str
        Name -> words or phrases ("fed up"); gives ``<name>_prop``, their share of a partner's
        words. A phrase counts once.
    cues : mapping of str to iterable of str
        Name -> regular expressions, searched in texts as `plain_text` makes them (lower case);
        gives ``<name>_turn_prop`` and ``<name>_sentence_prop``, the shares of a partner's turns
        and sentences in which one of them occurs.

    Raises
    ------
    SettingError
        When a name is not lower-case letters, digits and underscores, is used twice, a list is
        empty or a pattern is not a regular expression.
    """

    language: str
    function_words: Mapping[str, Iterable[str]]
    word_lists: Mapping[str, Iterable[str]]
    cues: Mapping[str, Iterable[str]]

    def __post_init__(self) -> None:
        if not self.language.strip():
            raise SettingError("language", self.language, "the language of the lists")
        put = object.__setattr__
        for field in ("function_words", "word_lists"):
            lists = {
                _name(field, name): tuple(sorted({plain_text(word) for word in _items(name, own)}))
                for name, own in getattr(self, field).items()
            }
            put(self, field, MappingProxyType(lists))
        cues = {_name("cues", name): _patterns(name, own) for name, own in self.cues.items()}
        put(self, "cues", MappingProxyType(cues))
        ends = {f"{name}_turn" for name in cues} | {f"{name}_sentence" for name in cues}
        taken = sorted((_TAKEN | ends) & set(self.word_lists)) + sorted({"short"} & set(cues))
        if taken:
            raise SettingError("word_lists, cues", taken, "names that nothing else has")

    def __repr__(self) -> str:
        told = ", ".join([*self.function_words, *self.word_lists, *self.cues])
        return f"Lexicon({self.language}: {told})"

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def sha256(self) -> str:
        """Digest of all lists, so that a result says which ones it was made with."""
        lists = [dict(lists) for lists in (self.function_words, self.word_lists, self.cues)]
        text = json.dumps([self.language, *lists], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def style_words(self) -> frozenset[str]:
        """Single words of the function-word lists: left out where topics are compared."""
        split = [split_words(word) for own in self.function_words.values() for word in own]
        return frozenset(words[0] for words in split if len(words) == 1)


def _name(parameter: str, name: str) -> str:
    if not _NAME.match(str(name)):
        raise SettingError(parameter, name, "names of lower-case letters, digits, underscores")
    return name


def _items(name: str, items: Iterable[str]) -> tuple[str, ...]:
    found = tuple(items) if not isinstance(items, str) else ()
    if not found or not all(isinstance(item, str) and item.strip() for item in found):
        raise SettingError(f"list {name!r}", type(items).__name__, "a list of words, not empty")
    return found


def _patterns(name: str, patterns: Iterable[str]) -> tuple[str, ...]:
    found = _items(name, patterns)
    for pattern in found:
        try:
            re.compile(pattern)
        except re.error as error:
            raise SettingError(
                f"cue {name!r}", pattern, f"a regular expression ({error})"
            ) from None
    return found


@lru_cache(maxsize=256)
def _join(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def has_cue(plain: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns occurs in a text made by `plain_text`.

    Examples
    --------
    >>> has_cue("how are you?", [r"[?]"])
    True
    """
    return _join(tuple(patterns)).search(plain) is not None


def count_listed(turns: Sequence[Sequence[str]], lists: Mapping[str, Iterable[str]]) -> IntArray:
    """How often entries of each list occur in each turn. Shape (turns, lists).

    Entries of several words are found as runs of words.

    Examples
    --------
    >>> count_listed([("i", "am", "fed", "up")], {"i": ["i"], "complaint": ["fed up"]}).tolist()
    [[1, 1]]
    """
    entries = [[tuple(split_words(entry)) for entry in own] for own in lists.values()]
    columns: dict[tuple[str, ...], list[int]] = {}
    for column, own in enumerate(entries):
        for entry in dict.fromkeys(own):
            columns.setdefault(entry, []).append(column)
    lengths = sorted({len(entry) for entry in columns if entry})
    counts = np.zeros((len(turns), len(entries)), dtype=np.int64)
    for row, words in enumerate(turns):
        for length in lengths:
            for at in range(len(words) - length + 1):
                for column in columns.get(tuple(words[at : at + length]), ()):
                    counts[row, column] += 1
    return counts
