"""Preparation: what is done to both signals before they are correlated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from reattune.core.checks import check_not_negative, check_option, check_positive
from reattune.core.errors import SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.core.study import Entry, Study
from reattune.prepare.signals import (
    MovingAverage,
    Outliers,
    Resample,
    Scaling,
    SignalStep,
    add_speed,
    prepare_signals,
)
from reattune.prepare.signals.resample import tell_grid

Pair = tuple[Signal, Signal]
SPEED = "speed"
SCALINGS = ("none", "z", "unit", "sd", "robust")


@dataclass(frozen=True)
class Preparation:
    """What is done to both partners' signals before they are correlated.

    Parameters
    ----------
    rate_hz : float, optional
        Rate both are brought to. Without it signals keep theirs, and where two of a record (or the
        records of a study) differ the lowest of them is used, with a note.
    outlier_sd : float or None, default 10
        Samples farther than so many SD from the signal's mean become missing. None: all stay.
    smooth_s : float, default 0.5
        Width of a centred moving average without bias at edges and gaps. 0: none.
    scaling : {"none", "z", "unit", "sd", "robust"}
        Correlation needs none: it changes no number here but rounding.
    speed_of : tuple of 1 to 3 str
        Coordinates of a landmark (``("Nose_x", "Nose_y")``): their speed, a new signal called
        ``"speed"``, is what is compared. Empty: a signal as it was recorded.

    Notes
    -----
    In this order: speed, rate, outliers, smoothing, scale. Nothing is filled, and notes count what
    was changed. Where a sample lasts longer than ``smooth_s`` there is no smoothing.

    Raises
    ------
    SettingError

    Examples
    --------
    >>> [type(step).__name__ for step in Preparation(rate_hz=10).steps()]
    ['Resample', 'Outliers', 'MovingAverage']
    """

    rate_hz: float | None = None
    outlier_sd: float | None = 10.0
    smooth_s: float = 0.5
    scaling: str = "none"
    speed_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = (self.speed_of,) if isinstance(self.speed_of, str) else tuple(self.speed_of)
        object.__setattr__(self, "speed_of", named)
        if len(named) > 3:
            raise SettingError("speed_of", named, "one to three coordinates of a landmark")
        if self.rate_hz is not None:
            check_positive("rate_hz", self.rate_hz)
        if self.outlier_sd is not None:
            check_positive("outlier_sd", self.outlier_sd)
        check_not_negative("smooth_s", self.smooth_s)
        check_option("scaling", self.scaling, SCALINGS)

    def steps(self, rate_hz: float | None = None) -> tuple[SignalStep, ...]:
        """The steps in order.

        Parameters
        ----------
        rate_hz : float, optional
            Stands in where no rate is set; nothing is resampled without either.
        """
        rate = self.rate_hz if self.rate_hz is not None else rate_hz
        steps: list[SignalStep] = [] if rate is None else [Resample(rate)]
        return (*steps, *self.clean(rate))

    def clean(self, rate_hz: float | None) -> tuple[SignalStep, ...]:
        """The steps after the rate, for signals of that rate."""
        steps: list[SignalStep] = []
        if self.outlier_sd is not None:
            steps.append(Outliers(self.outlier_sd))
        if self.smooth_s > 0 and (rate_hz is None or self.smooth_s * rate_hz >= 1 - 1e-9):
            steps.append(MovingAverage(self.smooth_s))
        if self.scaling != "none":
            steps.append(Scaling(self.scaling))  # type: ignore[arg-type]
        return tuple(steps)

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy."""
        return {**asdict(self), "speed_of": list(self.speed_of)}


def shared_signals(session: Session) -> tuple[str, ...]:
    """The names of the signals that both partners have."""
    return tuple(
        name
        for name in session.stream_names
        if all(
            session.has(name, partner) and isinstance(session.stream(name, partner), Signal)
            for partner in session.partners
        )
    )


def choose_stream(session: Session, stream: str | None, preparation: Preparation) -> str:
    """The name of the signal to compare: the one asked for, or the only one both partners have.

    Raises
    ------
    SettingError
        When it is not clear, or there is none; the message lists what there is.
    """
    if preparation.speed_of:
        if stream not in (None, SPEED):
            raise SettingError("stream", stream, f"none, or {SPEED!r}, beside speed_of")
        return SPEED
    known = shared_signals(session)
    if stream is not None:
        if stream not in known:
            raise SettingError(
                "stream", stream, "a signal of both partners." + did_you_mean(stream, known)
            )
        return stream
    if len(known) == 1:
        return known[0]
    few = ", ".join(map(repr, known[:12])) + (", ..." if len(known) > 12 else "")
    told = f"the signal to compare, one of {few}" if known else _none_shared(session)
    raise SettingError("stream", None, told)


def _none_shared(session: Session) -> str:
    have = ", ".join(f"{s.partner} {s.name} ({type(s).__name__})" for s in session.streams)
    return f"a session with a signal of both partners; {session.id!r} has {have or 'no stream'}"


def get_pair(session: Session, stream: str) -> Pair:
    """Both partners' signals of that name.

    Raises
    ------
    MissingStreamError
    """
    one, two = (session.stream(stream, partner, Signal) for partner in session.partners)
    return one, two


def derive(session: Session, stream: str, preparation: Preparation) -> Session:
    """The session with the signal to compare: the speed of a landmark where that is asked for."""
    if preparation.speed_of:
        for partner in session.partners:
            for axis in preparation.speed_of:
                session.stream(axis, partner, Signal)
        return add_speed(session, preparation.speed_of, SPEED)
    get_pair(session, stream)
    return session


def choose_rate(pairs: Sequence[Pair], preparation: Preparation) -> tuple[float, bool, Note | None]:
    """The rate all signals are brought to, whether any must be, and a note where nobody set it.

    Parameters
    ----------
    pairs : sequence of (Signal, Signal)
    preparation : Preparation
    """
    if preparation.rate_hz is not None:
        return preparation.rate_hz, True, None
    rates = sorted({round(signal.rate_hz, 9) for pair in pairs for signal in pair})
    if len(rates) > 1:
        told = ", ".join(f"{rate:g}" for rate in rates)
        words = f"Signals have {told} samples per second; all were brought to {rates[0]:g}."
        return rates[0], True, Note("signal_rates", words, count=len(rates), level="warning")
    return rates[0], any(tell_grid(pair) for pair in pairs), None


def prepare_pair(
    session: Session, stream: str, preparation: Preparation, rate_hz: float, resample: bool
) -> tuple[Pair, Pair, tuple[Note, ...]]:
    """Raw signals on one grid, prepared signals, and notes on what was done.

    Parameters
    ----------
    session : Session
        With the signal that is compared (see `derive`); its cuts are respected.
    stream : str
    preparation : Preparation
    rate_hz : float
    resample : bool
        Whether the signals may have to be moved onto the grid of that rate.
    """
    known = len(session.notes)
    if resample:
        session = prepare_signals(session, [Resample(rate_hz)], [stream])
    raw = get_pair(session, stream)
    steps = preparation.clean(rate_hz)
    done = prepare_signals(session, steps, [stream])
    notes = list(done.notes[known:])
    if preparation.smooth_s > 0 and not any(isinstance(step, MovingAverage) for step in steps):
        words = f"No smoothing: {preparation.smooth_s:g} s is less than a sample at {rate_hz:g} Hz."
        notes.append(Note("signal_not_smoothed", words, stream))
    return raw, get_pair(done, stream), tuple(notes)


def prepare_study(study: Study, stream: str | None, preparation: Preparation) -> Study:
    """The study whose sessions have prepared signals, for rule `Synchrony`.

    Parameters
    ----------
    study : Study
    stream : str, optional
        The signal that is prepared; needed where both partners have several.
    preparation : Preparation
        Without a rate every session keeps its own, or the lower one of its two.
    """

    def loader(entry: Entry) -> Callable[[], Session]:
        return lambda: prepare_session(entry.load(), stream, preparation)

    return replace(study, entries=tuple(replace(e, load=loader(e)) for e in study.entries))


def prepare_session(session: Session, stream: str | None, preparation: Preparation) -> Session:
    """The session with its signal prepared; notes say what was done."""
    name = choose_stream(session, stream, preparation)
    session = derive(session, name, preparation)
    rate, resample, told = choose_rate([get_pair(session, name)], preparation)
    _, prepared, notes = prepare_pair(session, name, preparation, rate, resample)
    more = (*notes, told) if told is not None else notes
    return session.with_streams(*prepared).with_notes(*more)
