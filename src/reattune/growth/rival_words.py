"""The two accounts of a rating in plain sentences."""

from __future__ import annotations

from reattune.growth.adds import RepairAdds
from reattune.growth.planning import rivals_power
from reattune.growth.rivals import RivalContest
from reattune.measures.cards import Value

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def say_rivals(contest: RivalContest) -> str:
    """The verdict of the two accounts, the numbers, and what such a study could have shown."""
    if contest.refused:
        return f"The two accounts are not compared: {contest.refused}."
    main = contest.repair_over_attunement.mean
    size = f"({main.low:.1f} to {main.high:.1f})".replace("-", "−")
    amount = f"{abs(main.value):.1f} nats per dyad {size}"
    better = "better" if main.value >= 0 else "worse"
    over = (
        f"Over the ratings alone, repair gains {_nats(contest.repair_over_baseline.mean)} and "
        f"attunement {_nats(contest.attunement_over_baseline.mean)}."
    )
    told = {
        "repair": (
            f"Lived repair predicts the next rating better than plain attunement, by {amount}."
        ),
        "attunement": (
            f"Plain attunement predicts the next rating better than lived repair: repair is worse "
            f"by {amount}."
        ),
        "not told apart": (
            f"The two accounts are not told apart: repair predicts the next rating {better} by "
            f"{amount}."
        ),
    }[contest.verdict]
    if contest.verdict != "not told apart":
        return f"{told} {over} Prediction is not cause."
    power = rivals_power(contest.repair_over_attunement.mean.n, contest.sessions)
    return (
        f"{told} {over} A study of this size would have told them apart in {_one_of(power)} cases, "
        "had repair been the truth with a strong effect."
    )


def _nats(value: Value) -> str:
    return f"{value.value:.1f} ({value.low:.1f} to {value.high:.1f})".replace("-", "−")


def _one_of(power: float) -> str:
    """``about one of five``; whole tenths where that is closer to the truth."""
    if power >= 0.3:
        tenths = round(10 * power)
        return f"about {_NUMBERS[tenths]} of ten"
    if power > 0.05:
        of = round(1 / power)
        return f"about one of {_NUMBERS[of] if of <= 10 else of}"
    return "fewer than one of twenty"


def say_repair_adds(result: RepairAdds) -> str:
    """Whether what became of ruptures adds to what earlier ratings say."""
    if result.refused:
        return f"Whether repair adds to earlier ratings is not asked: {result.refused}."
    caution = f" Caution: {result.caution}." if result.caution else ""
    lead = (
        "What became of ruptures helps to predict the next rating"
        if result.adds
        else "That what became of ruptures helps to predict the next rating was not found"
    )
    value = result.gain.mean
    limits = f"{value.value:+.3f} ({value.low:.3f} to {value.high:.3f})".replace("-", "−")
    return f"{lead}: {limits} nats per patient beyond earlier ratings.{caution}"
