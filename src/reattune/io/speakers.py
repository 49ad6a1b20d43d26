"""Names of speakers written before what they say: ``Therapist: How are you?``."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A letter first, then up to four short words, a colon, and a blank or the end of the line.
_PREFIX = re.compile(
    r"^[ \t]*(?:[-\u2013\u2014>]{1,2}[ \t]*)?\[?([^\W\d_][\w.'\u2019-]{0,30}"
    r"(?: [\w.'\u2019()&-]{1,30}){0,3})\]?[ \t]?:(?=[ \t]|$)",
    re.MULTILINE,
)


def accepted_names(texts: Iterable[str], asked: object = None) -> frozenset[str]:
    """The words before a colon that are taken for speakers.

    A colon also stands in plain talk ("one thing: ..."), so a name counts when it begins at least
    two texts, or when at least half of all texts begin with some name.

    Parameters
    ----------
    texts : iterable of str
        Cues of nobody known.
    asked : list of str, optional
        The names that count, when they are known; an empty list, none.

    Examples
    --------
    >>> sorted(accepted_names(["A: hello", "B: hello", "yes", "A: bye"]))
    ['A', 'B']
    >>> sorted(accepted_names(["hello", "One thing: no", "yes"]))
    []
    """
    if isinstance(asked, list | tuple):
        return frozenset(" ".join(str(name).split()) for name in asked)
    texts = list(texts)
    counts: dict[str, int] = {}
    beginning = 0
    for text in texts:
        found = {match[1] for match in _PREFIX.finditer(text)}
        beginning += bool(_PREFIX.match(text))
        for name in found:
            counts[name] = counts.get(name, 0) + 1
    all_count = bool(texts) and 2 * beginning >= len(texts)
    return frozenset(name for name, count in counts.items() if count > 1 or all_count)


def split_prefix(text: str, names: frozenset[str]) -> list[tuple[str, str]]:
    r"""Text by speaker; what stands before the first accepted name is nobody's.

    Examples
    --------
    >>> split_prefix("A: hello\nthere\nB: hi", frozenset({"A", "B"}))
    [('A', ' hello\nthere\n'), ('B', ' hi')]
    """
    cuts = [match for match in _PREFIX.finditer(text) if match[1] in names] if names else []
    if not cuts:
        return [("", text)]
    parts = [("", text[: cuts[0].start()])] if text[: cuts[0].start()].strip() else []
    ends = [cut.start() for cut in cuts[1:]] + [len(text)]
    parts += [(cut[1], text[cut.end() : end]) for cut, end in zip(cuts, ends, strict=True)]
    return parts
