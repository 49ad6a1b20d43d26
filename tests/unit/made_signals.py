"""Made-up signals of two people: motion that carries over, coupled or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from reattune.core.session import Session
from reattune.core.streams import Signal

FloatArray = NDArray[np.float64]
RATE_HZ = 10.0
PARTNERS = ("patient", "therapist")


def made_motion(rng: np.random.Generator, n: int, carry: float = 0.8) -> FloatArray:
    """Motion energy of ``n`` samples: above 0, with bursts."""
    return np.abs(lfilter([1.0], [1.0, -carry], rng.normal(size=n)))


def made_pair(
    seed: int, *, n: int = 3000, lag: int = 0, coupling: float = 0.0, carry: float = 0.8
) -> tuple[FloatArray, FloatArray]:
    """Two signals; the second takes over a share of the first's, ``lag`` samples later."""
    rng = np.random.default_rng(seed)
    one, own = made_motion(rng, n + lag, carry), made_motion(rng, n, carry)
    return one[lag:], coupling * one[:n] + (1 - coupling) * own


def made_session(
    name: str, values: tuple[FloatArray, FloatArray], rate_hz: float = RATE_HZ, **more: object
) -> Session:
    """A session of two signals called ``motion``."""
    seconds = max(max(len(v) for v in values) / rate_hz, 1.0)
    streams = tuple(Signal(p, "motion", v, rate_hz) for p, v in zip(PARTNERS, values, strict=True))
    return Session(name, PARTNERS, (0.0, seconds), streams, **more)  # type: ignore[arg-type]


def write_motion(path: Path, values: tuple[FloatArray, FloatArray]) -> Path:
    """A table of motion energy as rMEA keeps it: two columns of whole numbers, no time."""
    rows = [f"{int(100 * a)} {int(100 * b)}" for a, b in zip(*values, strict=True)]
    path.write_text("\n".join(['"pat" "th"', *rows]), encoding="utf-8")
    return path
