"""What the pictures of power are drawn from: one tidy frame per picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reattune.experiments.power import PowerCurve, PowerResult

if TYPE_CHECKING:
    import pandas as pd


def rates_data(result: PowerResult) -> pd.DataFrame:
    """Every test in every world, in the order of the question, naive ones last.

    Returns
    -------
    DataFrame
        test, label, naive, chosen (the test the answer is about), world, rate, low, high, studies,
        refused.
    """
    import pandas as pd

    worlds = {world: at for at, world in enumerate(result.design.asked.worlds)}
    tests = {test.name: at for at, test in enumerate(result.design.asked.tests)}
    rows = [
        (
            *(f.test, f.label, f.naive, f.test == result.design.measure, f.world),
            *(f.rate.value, f.rate.low, f.rate.high, f.studies, f.refused),
        )
        for f in sorted(result.findings, key=lambda f: (tests[f.test], worlds[f.world]))
    ]
    columns = ["test", "label", "naive", "chosen", "world"]
    return pd.DataFrame(rows, columns=[*columns, "rate", "low", "high", "studies", "refused"])


def bias_data(result: PowerResult) -> pd.DataFrame:
    """What naive analyses give as a multiple of what is so; those of nothing are left out.

    Returns
    -------
    DataFrame
        name, label, unit, naive, truth, times, low, high. ``times`` is naive over truth, with the
        Monte-Carlo limits of the bias.
    """
    import pandas as pd

    rows = [
        (
            *(b.name, b.label, b.unit, b.naive.value, b.truth.value),
            *(1 + end / b.truth.value for end in (b.bias.value, b.bias.low, b.bias.high)),
        )
        for b in result.biases
        if b.truth.value > 0 and b.naive.value == b.naive.value
    ]
    columns = ["name", "label", "unit", "naive", "truth", "times", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def curve_data(curve: PowerCurve) -> pd.DataFrame:
    """`rates_data` of every value of the curve.

    Returns
    -------
    DataFrame
        vary, at, and the columns of `rates_data`.
    """
    import pandas as pd

    frames = []
    for value, result in zip(curve.values, curve.results, strict=True):
        frame = rates_data(result)
        frame.insert(0, "at", value)
        frame.insert(0, "vary", curve.vary)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def width_data(curve: PowerCurve) -> pd.DataFrame:
    """How wide the interval of the repair hazard is, and how far K lies from the long run.

    Returns
    -------
    DataFrame
        vary, at, name, label, value, low, high; empty for questions other than precision.
    """
    import pandas as pd

    labels = {
        "interval_factor": "repair hazard: interval from value / f to value × f",
        "distance match_kappa": "K: distance from the long run",
        "distance matched_prop": "matched share: distance from the long run",
    }
    rows = [
        (curve.vary, value, name, label, *result.numbers[name][:3])
        for value, result in zip(curve.values, curve.results, strict=True)
        for name, label in labels.items()
        if name in result.numbers
    ]
    return pd.DataFrame(rows, columns=["vary", "at", "name", "label", "value", "low", "high"])
