"""Several conversations: groups beside random regrouping, picture, files, segments left over."""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.streams import Events
from reattune.show.plots.talk import plot_talk
from reattune.show.talk_data import talk_data
from reattune.show.talk_export import write_talks
from reattune.talk import TalkDescription, Talks, describe_talk, rank_unusual
from reattune.talk.groups import _regroup, find_auc

SAYS = ("How was it then?", "I liked the roses well.", "You should rest.", "No, not that.", "Yes.")


def conversation(name: str, seed: int, questions: float = 0.3, turns: int = 44) -> Session:
    rng = np.random.default_rng(seed)
    streams = []
    for side, who in enumerate(("ada", "ben")):
        starts = np.arange(turns // 2) * 4.0 + 2.0 * side
        labels = [
            SAYS[0] if side == 0 and rng.random() < questions else SAYS[int(rng.integers(1, 5))]
            for _ in starts
        ]
        seen = Intervals([0], [2.0 * turns])
        streams.append(Events(who, "utterances", starts, starts + 1.5, labels, observed=seen))
    return Session(name, ("ada", "ben"), (0.0, 2.0 * turns), tuple(streams))


@pytest.fixture(scope="module")
def talks() -> Talks:
    found = [
        describe_talk(conversation(f"s{n}", n, 0.15 if n < 6 else 0.7), segment_turns=6)
        for n in range(12)
    ]
    covariates = {t.session: {"kind": "few" if n < 6 else "many"} for n, t in enumerate(found)}
    return Talks("made", tuple(found), covariates, {found[0].session: rank_unusual(found[0])})


def test_what_was_planted_comes_first(talks: Talks) -> None:
    frame = talks.compare("kind")
    first = frame.iloc[0]
    assert (first["feature"], first["partner"]) == ("question_sentence_prop", "ada")
    assert (first["group_a"], first["group_b"], first["n_a"], first["n_b"]) == ("few", "many", 6, 6)
    assert first["auc"] > 0.97 and first["p"] < 0.01
    assert frame.equals(talks.compare("kind"))
    # A number by hand: pairs in which the second group has more.
    values = [talk.value("question_sentence_prop", "ada") for talk in talks.talks]
    pairs = [(b > a) + 0.5 * (a == b) for a in values[:6] for b in values[6:]]
    assert first["auc"] == pytest.approx(sum(pairs) / 36)


def test_ranks_give_the_same_as_pairs() -> None:
    rng = np.random.default_rng(4)
    values, second = np.round(rng.normal(0, 1, 9), 1), np.arange(9) % 2 == 0
    drawn = _regroup(values, second, np.random.default_rng(2))
    groups = np.random.default_rng(2).permuted(np.tile(second, (drawn.size, 1)), axis=1)
    assert drawn[:200] == pytest.approx([find_auc(values, group) for group in groups[:200]])


def test_swapping_the_groups_mirrors_the_auc(talks: Talks) -> None:
    swapped = {k: {"kind": "z" if v["kind"] == "few" else "a"} for k, v in talks.covariates.items()}
    one = talks.compare("kind").set_index(["feature", "partner"])["auc"]
    two = Talks("x", talks.talks, swapped).compare("kind").set_index(["feature", "partner"])["auc"]
    assert two.reindex(one.index).to_numpy() == pytest.approx(1 - one.to_numpy())
    assert isnan(find_auc([1.0], [True]))


def test_true_nulls_are_rarely_rejected() -> None:
    found = [describe_talk(conversation(f"s{n}", 100 + n)) for n in range(12)]
    rng = np.random.default_rng(1)
    ps = []
    for _ in range(8):
        sides = rng.permutation([0] * 6 + [1] * 6)
        groups = {t.session: {"g": str(side)} for t, side in zip(found, sides, strict=True)}
        ps += Talks("x", tuple(found), groups).compare("g", seed=2)["p"].tolist()
    assert np.mean(np.array(ps) <= 0.05) < 0.12
    assert min(ps) > 0


@pytest.mark.parametrize(
    ("row", "words"),
    [({"k": "a"}, "two values; this one has 'a'"), ({"other": "a"}, "tells conversations apart")],
)
def test_groups_that_are_none(talks: Talks, row: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Talks("x", talks.talks, {t.session: row for t in talks.talks}).compare("k")


def test_a_rest_at_the_end_is_not_compared() -> None:
    talk = describe_talk(conversation("s", 1, turns=44), segment_turns=7)
    assert len(talk.segments) == 7
    ranked = {one.label: one for one in rank_unusual(talk).segments}
    assert isnan(ranked["7"].score) and ranked["7"].n_features == 0
    assert not isnan(ranked["6"].score)
    timed = describe_talk(conversation("s", 1, turns=44), segment_s=14)
    assert isnan({one.label: one.score for one in rank_unusual(timed).segments}["7"])


def lanes(talk: TalkDescription) -> set[str]:
    return set(talk_data(talk)["lane"])


def test_the_picture_draws_its_frame(talks: Talks) -> None:
    talk = talks.talks[0]
    ranked = talks.unusual[talk.session]
    frame = talk_data(talk, ranked)
    ax = plot_talk(talk, unusual=ranked)
    figure = ax.figure
    assert len(figure.axes) == len(lanes(talk)) == 8  # type: ignore[union-attr]
    own = frame[(frame["lane"] == "talk_words_prop") & (frame["layer"] == "value")]
    for side, who in enumerate(talk.partners):
        (line,) = [one for one in ax.lines if one.get_gid() == f"value-{side + 1}"]
        wanted = own[own["partner"] == who]["value"].to_numpy()
        assert np.asarray(line.get_ydata()) == pytest.approx(wanted)
    assert [patch.get_gid() for patch in ax.patches] == ["look"]
    single = talk.plot(ax=figure.axes[1])  # type: ignore[union-attr]
    assert single is figure.axes[1]  # type: ignore[union-attr]


@pytest.mark.slow
def test_files_hold_numbers_and_no_word_that_was_said(talks: Talks, tmp_path: Path) -> None:
    some = {name: talks.covariates[name] for name in ("s0", "s11")}
    talks = Talks("made", (talks.talk("s0"), talks.talk("s11")), some, talks.unusual)
    written = write_talks(talks, tmp_path, by="kind")
    assert len(written) == 6
    for file in written:
        text = file.read_text("utf-8").casefold()
        assert not [said for said in SAYS if len(said) > 8 and said.casefold() in text], file.name
    again = write_talks(talks, tmp_path / "again", by="kind")
    assert [a.read_bytes() for a in written] == [b.read_bytes() for b in again]
    document = json.loads((tmp_path / "talk.json").read_text("utf-8"))
    assert len(document["talks"]) == 2
    assert document["talks"][0]["covariates"] == {"kind": "few"}
    page = (tmp_path / "talk.html").read_text("utf-8")
    assert "as demonstrations are" in page and "regrouped at random" in page
