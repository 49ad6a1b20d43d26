"""Observation: the settings of a camera, a coder, a sensor and a questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError
from reattune.models.codebooks import PLAIN, Codebook
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES

Sampling = Literal["point", "longest"]
Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class CoderError:
    """How a coder mistakes states: chance of each code, given the true state.

    Every bout, or every interval of interval coding, is mistaken independently of the others.

    Attributes
    ----------
    focal : 4 x 4 chances
        Row: true state; column: coded state; each row sums to 1.
    responder : 5 x 5 chances
    """

    focal: Matrix
    responder: Matrix

    def __post_init__(self) -> None:
        for name, size in (("focal", len(FOCAL_STATES)), ("responder", len(RESPONDER_STATES))):
            object.__setattr__(self, name, _check_rows(name, getattr(self, name), size))

    @classmethod
    def even(cls, accuracy: float) -> CoderError:
        """The right code with chance ``accuracy``, otherwise any of the others alike."""
        if not 0 <= accuracy <= 1:
            raise SettingError("accuracy", accuracy, "a chance from 0 to 1")

        def rows(n: int) -> Matrix:
            other = (1 - accuracy) / (n - 1)
            return tuple(tuple(accuracy if i == j else other for j in range(n)) for i in range(n))

        return cls(rows(len(FOCAL_STATES)), rows(len(RESPONDER_STATES)))


@dataclass(frozen=True)
class ArousalSignal:
    """A sensor of the focal partner's arousal: r(t) = offset + gain a(t - lag) + AR(1) noise.

    Attributes
    ----------
    rate_hz : float, default 4
    name : str, default "arousal"
    offset, gain : float, default 0, 1
    lag_s : float, default 0
    noise_sd : float, default 0
        Standard deviation of the noise.
    noise_memory : float, default 0
        Its correlation from one sample to the next, 0 to below 1.
    """

    rate_hz: float = 4.0
    name: str = "arousal"
    offset: float = 0.0
    gain: float = 1.0
    lag_s: float = 0.0
    noise_sd: float = 0.0
    noise_memory: float = 0.0

    def __post_init__(self) -> None:
        check_positive("rate_hz", self.rate_hz)
        check_not_negative("lag_s", self.lag_s)
        check_not_negative("noise_sd", self.noise_sd)
        if not 0 <= self.noise_memory < 1:
            raise SettingError("noise_memory", self.noise_memory, "a number from 0 to below 1")


@dataclass(frozen=True)
class SessionRating:
    """A rating after every session: base + trust T + match m + noise.

    T is the trust the session began with, m its share of matched time.

    Attributes
    ----------
    name : str, default "rating"
        Key in the session's ``meta``.
    base, trust, match : float, default 1, 4, 2
    noise_sd : float, default 0.3
    """

    name: str = "rating"
    base: float = 1.0
    trust: float = 4.0
    match: float = 2.0
    noise_sd: float = 0.3

    def __post_init__(self) -> None:
        check_not_negative("noise_sd", self.noise_sd)
        for name in ("base", "trust", "match"):
            if not np.isfinite(getattr(self, name)):
                raise SettingError(name, getattr(self, name), "a finite number")


@dataclass(frozen=True)
class Observation:
    """How simulated sessions are seen; the default sees every change exactly.

    Parameters
    ----------
    codebook : Codebook, default the model's own states
    partners : (str, str), optional
        Names of focal partner and responder; those of the codebook when absent.
    step_s : float, optional
        Interval coding: one code for every ``step_s`` seconds.
    sampling : {"point", "longest"}
        With ``step_s``: the state at the start of the interval, or the one that fills most of it.
    coder_error : CoderError, optional
    missing_per_min : float, default 0
        How often a partner goes out of view, each by itself.
    missing_s : float, default 3
        How long on average (exponential).
    arousal : ArousalSignal, optional
    rating : SessionRating, optional
    """

    codebook: Codebook = PLAIN
    partners: tuple[str, str] | None = None
    step_s: float | None = None
    sampling: Sampling = "point"
    coder_error: CoderError | None = None
    missing_per_min: float = 0.0
    missing_s: float = 3.0
    arousal: ArousalSignal | None = None
    rating: SessionRating | None = None

    def __post_init__(self) -> None:
        if self.step_s is not None:
            check_positive("step_s", self.step_s)
        check_option("sampling", self.sampling, ("point", "longest"))
        check_not_negative("missing_per_min", self.missing_per_min)
        check_positive("missing_s", self.missing_s)

    @property
    def names(self) -> tuple[str, str]:
        """Names of focal partner and responder."""
        return self.codebook.partners if self.partners is None else self.partners


def _check_rows(name: str, got: object, size: int) -> Matrix:
    allowed = f"{size} rows of {size} chances that sum to 1"
    try:
        rows = np.array(got, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SettingError(name, got, allowed) from error
    if rows.shape != (size, size) or not np.isfinite(rows).all() or (rows < 0).any():
        raise SettingError(name, got, allowed)
    if (np.abs(rows.sum(axis=1) - 1) > 1e-9).any():
        raise SettingError(name, got, allowed)
    return tuple(tuple(float(value) for value in row) for row in rows)
