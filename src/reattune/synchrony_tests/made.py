"""Signals made anew: what each keeps of the second partner's own, and what it loses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reattune.core.errors import SettingError

FloatArray = NDArray[np.float64]

ROUNDS = 50


def fill_gaps(values: FloatArray) -> FloatArray:
    """The samples with straight lines over missing stretches, for a spectrum to be taken of.

    Raises
    ------
    SettingError
        When fewer than two samples were observed.
    """
    seen = np.isfinite(values)
    if int(seen.sum()) < 2:
        raise SettingError("signal", f"{int(seen.sum())} observed samples", "at least two")
    if seen.all():
        return values
    at = np.arange(values.size)
    return np.interp(at, at[seen], values[seen])


def randomize_phases(values: FloatArray, *, rng: np.random.Generator) -> FloatArray:
    """A signal with the same power spectrum (autocorrelation) and random phases.

    Missing samples stay where they were; over them the spectrum sees straight lines. Bursts and
    long rests are lost: the values become normally distributed (Theiler et al. 1992, Physica D
    58:77).
    """
    whole = fill_gaps(values)
    spectrum = np.fft.rfft(whole - whole.mean())
    turn = np.exp(2j * np.pi * rng.random(spectrum.size))
    # The mean, and with an even number of samples the fastest frequency, have no phase to draw.
    turn[0] = 1.0
    if whole.size % 2 == 0:
        turn[-1] = rng.choice([-1.0, 1.0])
    made = np.fft.irfft(spectrum * turn, whole.size) + whole.mean()
    return np.where(np.isfinite(values), made, np.nan)


def randomize_phases_keeping_values(
    values: FloatArray, *, rng: np.random.Generator, rounds: int = ROUNDS
) -> FloatArray:
    """A signal with exactly the same values and nearly the same power spectrum (IAAFT).

    Spectrum and values are imposed in turn until the order of the values no longer changes, at
    most ``rounds`` times; the values come last, so zeros stay as many as they were, and the more
    values are equal the less closely the spectrum is met (Schreiber and Schmitz 1996, Physical
    Review Letters 77:635).
    """
    whole = fill_gaps(values)
    target = np.abs(np.fft.rfft(whole))
    ordered = np.sort(whole)
    made = rng.permutation(whole)
    before = None
    for _ in range(rounds):
        spectrum = np.fft.rfft(made)
        size = np.abs(spectrum)
        phase = np.where(size > 0, spectrum / np.where(size > 0, size, 1.0), 1.0)
        order = np.argsort(np.fft.irfft(target * phase, whole.size), kind="stable")
        made = np.empty_like(whole)
        made[order] = ordered
        if before is not None and np.array_equal(order, before):
            break
        before = order
    return np.where(np.isfinite(values), made, np.nan)


def shuffle_segments(values: FloatArray, length: int, *, rng: np.random.Generator) -> FloatArray:
    """The signal cut into segments of ``length`` samples that are put in random order.

    What remains at the end keeps its place. Missing samples travel with their segment.
    """
    n = values.size // length
    if n < 2:
        raise SettingError("segment", length, f"at most half of the {values.size} samples")
    parts = values[: n * length].reshape(n, length)[rng.permutation(n)].reshape(-1)
    return np.concatenate([parts, values[n * length :]])
