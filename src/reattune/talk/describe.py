"""The description of a meeting's talk, from its two streams of utterances."""

from __future__ import annotations

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.notes import Note
from reattune.core.session import Phase, Session
from reattune.core.streams import Events
from reattune.talk.english import ENGLISH
from reattune.talk.features import MAX_WITHOUT_END, OPENING_TURNS, SHORT_WORDS, describe_piece
from reattune.talk.prepared import Prepared, prepare_talk
from reattune.talk.segments import WHOLE, Piece, cut_segments
from reattune.talk.summary import TalkDescription, TalkSegment
from reattune.talk.turns import find_turns
from reattune.talk.words import Lexicon

# Longer ones on average are a sign of text without full stops.
_WORDS_PER_SENTENCE = 40


def describe_talk(
    session: Session | tuple[Events, Events],
    stream: str = "utterances",
    segment_s: float | None = None,
    segment_turns: int | None = None,
    *,
    lexicon: Lexicon = ENGLISH,
) -> TalkDescription:
    """The talk of a meeting in numbers, for the whole of it and by segments; no text is kept.

    A description, not a test: there is no chance value beside these numbers, and none of them says
    how good a conversation was. See the page on talk in the documentation for what text hides.

    Parameters
    ----------
    session : Session, or (Events, Events)
        The labels of the events are the texts. Events of no length (points) have a start only;
        then nothing that needs an end is given.
    stream : str, default "utterances"
        Name of the stream both partners have; not used with two Events.
    segment_s : float, optional
        Seconds per segment. Without it and ``segment_turns`` the session's phases are the segments.
    segment_turns : int, optional
        Turns per segment (both partners' turns together).
    lexicon : Lexicon, default English
        Function words, word lists and cues. For another language pass your own.

    Returns
    -------
    TalkDescription

    Raises
    ------
    MissingStreamError
        When a partner has no such stream of events.
    SettingError
        When segments are asked for in two ways, or the session counts meetings instead of seconds.

    Examples
    --------
    >>> from reattune.core.intervals import Intervals
    >>> seen = Intervals([0], [10])
    >>> a = Events("ada", "utterances", [0, 6], [2, 9], ["How was it?", "I see."], observed=seen)
    >>> b = Events("ben", "utterances", [3], [5], ["I liked it."], observed=seen)
    >>> talk = describe_talk((a, b))
    >>> talk.value("question_turn_prop", "ada"), talk.value("transfer_offset_q50_s", "ben")
    (0.5, 1.0)
    """
    if isinstance(session, Session):
        if session.clock != "second":
            raise SettingError("session", f"a clock of {session.clock}s", "a clock of seconds")
        left, right = (session.stream(stream, partner, Events) for partner in session.partners)
        span, cuts, phases = session.span, session.cuts, session.phases
        named = (session.id, session.dyad)
        source: dict[str, object] = {k: session.meta.get(k, "") for k in ("source", "sha256")}
        backwards = [note.count for note in session.notes if note.code == "time_backwards"]
    else:
        left, right = _two(session)
        edges = [*left.observed.span, *right.observed.span, *left.starts, *right.starts]
        known = [edge for edge in edges if np.isfinite(edge)]
        span = (min(known), max(known)) if known else (0.0, 0.0)
        cuts, phases, named, source, backwards = (), (), ("", ""), {}, []
    turns = find_turns((left, right), cuts)
    talk = prepare_talk((left, right), turns, lexicon)
    starts = [turn.start_s for turn in turns.turns]
    pieces = cut_segments(
        starts, span, segment_s=segment_s, segment_turns=segment_turns, phases=phases
    )
    settings: dict[str, object] = {
        "stream": stream if isinstance(session, Session) else left.name,
        "segment_s": segment_s,
        "segment_turns": segment_turns,
        "segments": _segments_by(segment_s, segment_turns, phases),
        "language": lexicon.language,
        "lexicon_sha256": lexicon.sha256,
        "cue_features": [f"{name}_sentence_prop" for name in lexicon.cues],
        "short_words": SHORT_WORDS,
        "opening_turns": OPENING_TURNS,
        "max_without_end": MAX_WITHOUT_END,
        "input": source,
    }
    return TalkDescription(
        named[0],
        named[1],
        talk.partners,
        lexicon.language,
        _segment(talk, Piece(WHOLE, span[0], span[1], 0, len(starts))),
        tuple(_segment(talk, piece) for piece in pieces),
        tuple(_notes(talk, sum(backwards))),
        settings,
    )


def _two(given: object) -> tuple[Events, Events]:
    if (
        isinstance(given, tuple | list)
        and len(given) == 2
        and all(isinstance(each, Events) for each in given)
    ):
        if given[0].partner != given[1].partner:
            return given[0], given[1]
        raise SettingError("session", given[0].partner, "streams of two different partners")
    raise SettingError("session", type(given).__name__, "a Session or two streams of Events")


def _segments_by(
    segment_s: float | None, segment_turns: int | None, phases: tuple[Phase, ...]
) -> str:
    if segment_s is not None:
        return "seconds"
    if segment_turns is not None:
        return "turns"
    return "phases" if phases else "none"


def _segment(talk: Prepared, piece: Piece) -> TalkSegment:
    return TalkSegment(piece.label, piece.start_s, piece.end_s, describe_piece(talk, piece))


def _notes(talk: Prepared, backwards: int) -> list[Note]:
    """What a reader of the numbers should know; never what anybody said."""
    found: list[Note] = []

    def add(code: str, count: int, message: str, *, info: bool = False) -> None:
        if count:
            found.append(Note(code, message, count=count, level="info" if info else "warning"))

    utterances = sum(starts.size for starts in talk.utterance_starts)
    points = sum(own.size for own in talk.without_end)
    add(
        "turns_without_end",
        points,
        f"{points} of {utterances} utterances have a start and no end; offsets, gaps and durations "
        "that need it are left out.",
    )
    offsets = np.array([t.offset_s for t in talk.turns.transfers], dtype=np.float64)
    zeros, known = int((np.abs(offsets) < 1e-9).sum()), int(np.isfinite(offsets).sum())
    add(
        "ends_filled_in",
        zeros if known >= 10 and zeros > known / 2 else 0,
        f"{zeros} of {known} turns start exactly where the other's ends. Ends were probably filled "
        "in from the next start; then gaps, overlaps and durations mean nothing.",
    )
    add(
        "starts_tied",
        talk.turns.n_ties,
        f"{talk.turns.n_ties} time(s) both partners start at the same moment; the one who did not "
        "speak last was put first.",
        info=True,
    )
    add(
        "time_backwards",
        backwards,
        f"time ran backwards {backwards} time(s) in the file; around these places the order of "
        "turns may not be the order in which they were spoken.",
    )
    empty = int((talk.n_words == 0).sum())
    add("turns_without_words", empty, f"{empty} turn(s) hold no words.", info=True)
    long = int((talk.n_words > _WORDS_PER_SENTENCE * np.maximum(talk.n_sentences, 1)).sum())
    add(
        "few_sentence_marks",
        long if long > talk.n_words.size / 2 else 0,
        f"{long} of {talk.n_words.size} turns have sentences of more than {_WORDS_PER_SENTENCE} "
        "words on average. Sentence marks are probably missing; shares of sentences mean little.",
    )
    add(
        "talk_broken",
        talk.turns.n_broken,
        f"{talk.turns.n_broken} change(s) of speaker lie across missing time or a cut and are "
        "not followed.",
        info=True,
    )
    for side, partner in enumerate(talk.partners):
        silent = not talk.n_words[talk.side == side].sum()
        add("no_words", int(silent), f"there are no words of {partner}.")
    return found
