"""Questions: what a study may ask, with the tests that answer it and its usual size."""

from __future__ import annotations

from dataclasses import dataclass

# Worlds that are simulated: with the planned effect; without any; nothing grows and only the
# responder's answers improve; partners share a mood and take no notice of each other.
EFFECT, NONE, MATCHING, MOOD = "effect", "none", "matching", "mood"


@dataclass(frozen=True)
class Test:
    """One test of a study.

    Attributes
    ----------
    name, label : str
    naive : bool
        Offered to show what it does, not to be used.
    """

    name: str
    label: str
    naive: bool = False


@dataclass(frozen=True)
class Quantity:
    """What a naive analysis gives beside what is so.

    Attributes
    ----------
    name, label, unit : str
    naive, truth : str
        Names of the values that every simulated study hands over.
    world : str
        In which it is looked at.
    """

    name: str
    label: str
    unit: str
    naive: str
    truth: str
    world: str = EFFECT


@dataclass(frozen=True)
class Question:
    """A question and everything that depends on it.

    Attributes
    ----------
    name, title : str
    effect_is : str
        What the number ``effect`` means.
    effect, no_effect : float
        The usual one, and the one that means that there is nothing to find.
    effects : (float, float)
        Lowest and highest.
    dyads, sessions, minutes : int, int, float
        Usual. Minutes of the model's turns: seconds for infants, ten times as long for therapy.
    paradigm : str
        Usual, or the only one.
    only_paradigm : bool
    tests : tuple of Test
        The first is what the answer is about unless another is asked for.
    quantities : tuple of Quantity
    worlds : tuple of str
    studies : int
        Usual number of simulated studies.
    """

    name: str
    title: str
    effect_is: str
    effect: float
    no_effect: float
    effects: tuple[float, float]
    dyads: int
    sessions: int
    minutes: float
    paradigm: str
    only_paradigm: bool
    tests: tuple[Test, ...]
    quantities: tuple[Quantity, ...]
    worlds: tuple[str, ...]
    studies: int

    @property
    def names(self) -> tuple[str, ...]:
        """Tests that may be the one the answer is about."""
        return tuple(test.name for test in self.tests if not test.naive)


_LATENCY = (
    Quantity(
        *("latency_at_1s", "mean latency of repair, coded once a second", "s"),
        *("legacy_latency_at_1s", "true_latency"),
    ),
    Quantity(
        *("latency_as_coded", "mean latency of repair, as this study codes", "s"),
        *("legacy_latency", "true_latency"),
    ),
    Quantity(
        *("ruptures_at_1s", "ruptures per minute, coded once a second", "1/min"),
        *("ruptures_at_1s", "true_ruptures"),
    ),
    Quantity(
        *("matched_at_1s", "share of time matched, coded once a second", "share"),
        *("matched_at_1s", "true_matched"),
    ),
)
_RATIO = Quantity(
    *("latency_ratio_at_1s", "ratio of mean latencies, coded once a second", "ratio"),
    *("latency_ratio_at_1s", "true_latency_ratio"),
)

GROUPS = Question(
    name="group_difference",
    title="Do two groups of dyads differ in repair?",
    effect_is="the second group's responders answer cues so many times as often (kappa)",
    effect=1.5,
    no_effect=1.0,
    effects=(0.05, 20.0),
    dyads=20,
    sessions=1,
    minutes=5.0,
    paradigm="play",
    only_paradigm=False,
    tests=(
        Test("repair_hazard_per_s", "repair hazard"),
        Test("repair_ratio", "repairs over what base rates give"),
        Test("match_kappa", "matching beyond base rates (K)"),
        Test("matched_prop", "share of time matched"),
        Test("latency_t", "t-test on each session's mean latency", naive=True),
        Test("latency_t_at_1s", "t-test on each session's mean latency, 1 s coding", naive=True),
    ),
    quantities=(*_LATENCY, _RATIO),
    worlds=(EFFECT, NONE),
    studies=200,
)
CHANCE = Question(
    name="above_chance",
    title="Do partners match and repair more than chance gives?",
    effect_is="how much partners take notice of each other: 0 not at all, 1 as in the preset",
    effect=0.5,
    no_effect=0.0,
    effects=(0.0, 5.0),
    dyads=20,
    sessions=1,
    minutes=2.0,
    paradigm="play",
    only_paradigm=False,
    tests=(
        Test("match_kappa", "matching, partners re-paired (K)"),
        Test("excess_repairs", "repairs beyond base rates, partners re-paired"),
        Test("matched_prop", "share of time matched, rotated in blocks"),
        Test("repair_hazard_per_s", "repair hazard, rotated in blocks"),
        Test("raw_matched", "share of time matched, plain mean, partners re-paired", naive=True),
    ),
    quantities=(),
    worlds=(EFFECT, NONE, MOOD),
    studies=100,
)
_CRUDE = Quantity(
    *("play_share_change", "change of the negative share in play, nothing having grown", "share"),
    *("play_change", "nothing"),
    MATCHING,
)
CHALLENGE = Question(
    name="growth_challenge",
    title="Has tolerance grown, by a challenge at both ends?",
    effect_is="tolerance at the end over tolerance at the start",
    effect=4 / 3,
    no_effect=1.0,
    effects=(0.6, 2.9),
    dyads=20,
    sessions=1,
    minutes=2.0,
    paradigm="still_face",
    only_paradigm=True,
    tests=(
        Test("challenge_negative_prop", "negative share of the challenge"),
        Test("play_negative_prop", "negative share of the play before it", naive=True),
    ),
    quantities=(_CRUDE,),
    worlds=(EFFECT, NONE, MATCHING),
    studies=200,
)
LOAD = Question(
    name="growth_load",
    title="Has tolerance grown, by turns to negative affect at equal mismatch load?",
    effect_is="tolerance at the end over tolerance at the start",
    effect=4 / 3,
    no_effect=1.0,
    effects=(0.6, 2.9),
    dyads=20,
    sessions=10,
    minutes=5.0,
    paradigm="play",
    only_paradigm=True,
    tests=(
        Test("turns_at_equal_load", "turns to negative at equal load"),
        Test("turns_beside_mismatch", "turns, mismatch share held constant", naive=True),
        Test("turns_crude", "turns to negative in mismatch, crude", naive=True),
        Test("negative_share", "negative share of the session, crude", naive=True),
    ),
    quantities=(
        Quantity(
            *("crude_ratio", "crude turns, end over start, nothing having grown", "ratio"),
            *("ratio turns_crude", "one"),
            MATCHING,
        ),
    ),
    worlds=(EFFECT, NONE, MATCHING),
    studies=60,
)
PRECISION = Question(
    name="precision",
    title="How exactly does one recording show a dyad?",
    effect_is="an estimate counts as close within this factor of the dyad's own long-run value",
    effect=1.25,
    no_effect=1.0,
    effects=(1.0, 5.0),
    dyads=1,
    sessions=1,
    minutes=5.0,
    paradigm="play",
    only_paradigm=True,
    tests=(
        Test("repair_hazard_per_s", "repair hazard within the factor"),
        Test("match_kappa", "K within .1"),
        Test("matched_prop", "share of time matched within .1"),
        Test("repair_latency_q50_s", "median latency within the factor"),
        Test("legacy_latency_mean_s", "mean latency of repaired within the factor", naive=True),
    ),
    quantities=_LATENCY[:2],
    worlds=(EFFECT,),
    studies=400,
)
QUESTIONS = {question.name: question for question in (GROUPS, CHANCE, CHALLENGE, LOAD, PRECISION)}
