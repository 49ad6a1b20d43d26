"""How often each criterion finds something in nothing: independent and autocorrelated noise.

Shares of 2,000 simulated cases, in percent, as an earlier simulation gave them; +-3 points.
"""

from __future__ import annotations

import numpy as np
import pytest

from reattune.courses import (
    ControlChart,
    Criterion,
    Decline,
    Drop,
    ReliableChange,
    find_events,
    sample_constants,
)
from reattune.courses.chart import ALL_RULES

# autocorrelation, ratings -> V 1 sd, V 2 sd, D 1 sd, D 2 sd, rule 1, any rule, reliable change
EXPECTED = {
    (0.0, 8): (62.7, 22.7, 63.1, 26.8, 0.6, 1.1, 14.8),
    (0.0, 16): (92.1, 47.3, 92.3, 67.8, 2.2, 5.3, 32.0),
    (0.0, 30): (99.5, 72.5, 98.4, 93.2, 3.2, 9.6, 53.7),
    (0.4, 8): (50.2, 13.0, 48.8, 17.0, 3.1, 5.3, 18.6),
    (0.4, 16): (81.3, 22.4, 84.9, 50.6, 9.8, 25.8, 33.6),
    (0.4, 30): (96.6, 39.5, 97.0, 82.4, 21.0, 53.2, 53.9),
}
CASES = 2000


def simulate(r: float, n: int) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng([20240511, round(10 * r), n])
    x = rng.normal(size=(CASES, n))
    for t in range(1, n):
        x[:, t] = r * x[:, t - 1] + np.sqrt(1 - r * r) * x[:, t]
    return x


@pytest.mark.parametrize(("r", "n"), EXPECTED)
def test_shares_of_pure_noise(r: float, n: int) -> None:
    cases = simulate(r, n)
    constants = sample_constants(cases)
    criteria: tuple[Criterion, ...] = (
        *(Drop(), Drop(k=2), Decline(), Decline(k=2)),
        *(ControlChart(), ControlChart(rules=ALL_RULES), ReliableChange(sd=1, reliability=r)),
    )
    for number, (criterion, wanted) in enumerate(zip(criteria, EXPECTED[r, n], strict=True)):
        found = [find_events(case, criterion, constants) for case in cases]
        # Drops must be repaired to count; a chart or a reliable change only has to signal.
        if number < 4:
            hits = sum(any(e.status == "repaired" for e in events) for events in found)
        else:
            hits = sum(bool(events) for events in found)
        assert 100 * hits / CASES == pytest.approx(wanted, abs=3.0), criterion.label()
