"""The report of described talk: what was counted, what that cannot say, every conversation."""

from __future__ import annotations

from math import isfinite
from typing import Any, NamedTuple

from reattune.core.study import Progress
from reattune.show.phrases import count, number, p_value
from reattune.show.plots.talk import plot_talk
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import list_notes, render_page
from reattune.show.report.tables import EMPTY, Table
from reattune.show.talk_data import talk_data
from reattune.talk import TalkDescription, Talks
from reattune.talk.several import MADE
from reattune.talk.summary import CAVEAT
from reattune.talk.unusual import CAVEAT as LOOK_FIRST

LIMITS = (
    "Nothing here finds a rupture or a repair, and no conversation is tested against chance.",
    "Short answers are not withdrawal, and questions are not interest. Cues are lists of wordings; "
    "against labels of people they agree well on questions only.",
    "Style matching of a segment rests on few words of each class. Where turns are long it is high "
    "by that alone.",
)
GLOSSARY = {
    "turn": "utterances of one partner until the other one speaks.",
    "style like the other's": "how similarly both use function words (pronouns, articles, ...), "
    "from 0 to 1; by direction: a partner's turn against the other's turn before it.",
    "topic kept": "likeness of the content words of a turn and of the other's turn before it, 0 to "
    "1; a low value is a shift of topic.",
    "cues": "sentences with a wording of a list: questions, reflections, advice.",
    "start after the other's end": "median silence before a turn; below 0 the partners overlap. "
    "Only where the ends of utterances are known.",
}


class TalkCard(NamedTuple):
    """How one feature is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


_NONE = "none: a description"
CARDS = (
    TalkCard(
        *("talk_words_prop", "Share of words", "share", "words of the partner / words of both"),
        *(_NONE, "reattune", "Says nothing about who was heard."),
    ),
    TalkCard(
        *("turn_words_q50", "Words per turn", "words", "median over turns with words"),
        *(_NONE, "reattune", "Depends on how the transcript splits turns."),
    ),
    TalkCard(
        *("transfer_offset_q50_s", "Floor transfer offset", "s"),
        *("median of own start - end of the other's talk", _NONE),
        *("de Ruiter, Mitterer and Enfield (2006)", "Needs ends of utterances."),
    ),
    TalkCard(
        *("style_matching", "Style matching", "1"),
        "mean over classes of 1 - |p1 - p2| / (p1 + p2 + .0001), p in words per 100",
        *(_NONE, "Gonzales, Hancock and Pennebaker (2010)"),
        "No measure of the alliance: in several studies it went another way.",
    ),
    TalkCard(
        *("reciprocal_matching", "Style matching by direction", "1"),
        "the same for each turn and the other's turn before it, over classes the earlier turn used",
        *(_NONE, "after Müller-Frommeyer, Frommeyer and Kauffeld (2019)"),
        "Rises with the length of turns.",
    ),
    TalkCard(
        *("topic_similarity", "Topic kept", "1", "mean cosine of TF-IDF vectors of content words"),
        *(_NONE, "reattune", "Short turns have few content words."),
    ),
    TalkCard(
        *("..._sentence_prop", "Cues", "share", "sentences with a wording of the list / sentences"),
        *(_NONE, "reattune", "A rough count over many turns; needs full stops."),
    ),
)


def render_talk_report(
    talks: Talks, by: str | None = None, on_progress: Progress | None = None
) -> str:
    """The report as HTML text; it holds no word that was said.

    Parameters
    ----------
    talks : Talks
    by : str, optional
        A covariate with two values: the groups to compare.
    on_progress : callable(done, total, what), optional
        Told while the conversations are drawn.
    """
    several = len(talks.talks) > 1
    folds = _folds(talks, on_progress) if several else []
    first = talks.talks[0]
    sure = [CAVEAT, *LIMITS, *([LOOK_FIRST] if talks.unusual else []), *([MADE] if by else [])]
    page = {
        "title": f"Talk in {talks.name}" if several else f"Talk in {first.session}",
        "facts": [
            count(len(talks.talks), "conversation"),
            f"{first.partners[0]} and {first.partners[1]}",
            f"word lists for {first.language}",
            f"segments by {first.settings.get('segments')}",
        ],
        "rule": ["A description of how both talk, by segments. No text is kept."],
        "seen": [{"heading": "", "tiles": [], "sentences": _seen(talks)}],
        "sure": [("", sure)],
        "sure_figures": [],
        "sure_tables": [],
        "look_figures": [] if several else [_figure(talks, first, "talk")],
        "sessions": folds,
        "one_by_one": "Conversation by conversation",
        "not_drawn": "",
        "compare_figures": [],
        "compare_tables": [_compared(talks, by)] if by else [],
        "details_tables": [_conversations(talks), _features(talks)],
        "computed": "What cannot be known is left out, never 0. No value here is a norm or a "
        "target, and none is meant for ranking people.",
        "notes": list_notes([(t.session, note) for t in talks.talks for note in t.notes]),
        "failures": [failure.message for failure in talks.failures],
        "one_input": "conversation",
        "inputs": [(t.session, *_source(t)) for t in talks.talks],
        "cards": CARDS,
    }
    return render_page(page, talks.settings, GLOSSARY)


def _source(talk: TalkDescription) -> tuple[str, str]:
    given = talk.settings.get("input")
    found = given if isinstance(given, dict) else {}
    return str(found.get("source") or EMPTY), str(found.get("sha256") or EMPTY)


def _seen(talks: Talks) -> list[str]:
    if len(talks.talks) == 1:
        lines = [line.strip() for line in talks.talks[0].summary().split("\n")[1:-1]]
        return [line for line in lines if not line.startswith("note:")]
    turns = sum(int(t.value("n_turns", who)) for t in talks.talks for who in t.partners)
    return [
        f"{count(len(talks.talks), 'conversation')} with {count(turns, 'turn')} are described; the "
        "tables below have a row for each."
    ]


def _figure(talks: Talks, talk: TalkDescription, name: str) -> Figure:
    ranked = talks.unusual.get(talk.session)
    frame = talk_data(talk, ranked)
    marked = " Grey: segments to look at first, no finding." if ranked is not None else ""
    return make_figure(
        plot_talk(talk, unusual=ranked, frame=frame, title="").figure,  # type: ignore[arg-type]
        frame,
        name=name,
        title="The conversation by segments",
        caption="One point per segment and partner. Thin level lines: the whole conversation."
        + marked,
        alternative=f"Features of talk in {talk.session} by segment, a line for each partner.",
    )


def _folds(talks: Talks, on_progress: Progress | None) -> list[dict[str, Any]]:
    folds = []
    for at, talk in enumerate(talks.talks):
        if on_progress:
            on_progress(at, len(talks.talks), f"drawing {talk.session}")
        told = [line.strip() for line in talk.summary().split("\n")[1:-1]]
        ranked = talks.unusual.get(talk.session)
        parts = [("In words", told)]
        if ranked is not None:
            parts.append(("To look at first", ranked.summary().split("\n")[1:]))
        turns = sum(talk.value("n_turns", who) for who in talk.partners)
        folds.append(
            {
                "name": talk.session,
                "line": count(turns, "turn"),
                "figure": _figure(talks, talk, f"talk-{at + 1}"),
                "parts": parts,
            }
        )
    return folds


def _conversations(talks: Talks) -> Table:
    """One row per conversation: turns, words, cues of both partners."""
    first, second = talks.talks[0].partners
    cues = talks.talks[0].settings.get("cue_features")
    names = [str(name) for name in cues] if isinstance(cues, list) else []
    rows = []
    for talk in talks.talks:
        cells = [number(sum(talk.value("n_turns", who) for who in talk.partners), 0)]
        cells.append(_share(talk.value("talk_words_prop", talk.partners[0])))
        for name in names:
            cells += [_share(talk.value(name, who)) for who in talk.partners]
        cells.append(_plain(talk.value("style_matching")))
        rows.append((talk.session, *cells))
    heads = [
        f"{name.removesuffix('_sentence_prop')}, {who} (%)"
        for name in names
        for who in (first, second)
    ]
    return Table(
        "Conversations",
        ("conversation", "turns", f"words, {first} (%)", *heads, "style matching"),
        tuple(rows),
    )


def _features(talks: Talks) -> Table:
    """Every feature of the whole of the first conversations; all of them are in talk.csv."""
    first = talks.talks[0]
    rows = [
        (name, who or "both", _plain(found.value), number(found.n, 0), found.unit)
        for (name, who), found in first.whole.features.items()
    ]
    note = "" if len(talks.talks) == 1 else "Of the first conversation; the others are in talk.csv."
    heads = ("feature", "partner", "value", "rests on", "unit")
    return Table(f"All features of {first.session}", heads, tuple(rows), names=2, note=note)


def _compared(talks: Talks, by: str) -> Table:
    frame = talks.compare(by)
    rows = []
    for row in frame.to_dict("records"):
        null = f"{number(row['null_low'], 2)} to {number(row['null_high'], 2)}"
        middle = [_plain(float(row[key])) for key in ("median_a", "median_b")]
        cells = (*middle, number(row["auc"], 2), null, p_value(float(row["p"])))
        rows.append((row["feature"], row["partner"] or "both", *cells))
    groups = (frame["group_a"].iloc[0], frame["group_b"].iloc[0]) if len(frame) else ("", "")
    return Table(
        f"Conversations by {by}",
        ("feature", "partner", *groups, "AUC", "regrouped at random", "p"),
        tuple(rows),
        names=2,
        note=f"Medians of the groups. AUC: chance that a conversation of the group {groups[1]!r} "
        f"has the larger value; .5 = no difference. {len(rows)} features were looked at, so a "
        f"small p among them is to be expected. {MADE}",
    )


def _share(value: float) -> str:
    return number(100 * value, 0) if isfinite(value) else EMPTY


def _plain(value: float) -> str:
    return f"{value:.3g}".replace("-", "−") if isfinite(value) else EMPTY
