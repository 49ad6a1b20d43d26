"""Signs that two signals are not two people's movement: flagged, with place and size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from reattune.core.checks import check_positive
from reattune.core.errors import MissingStreamError, SettingError
from reattune.core.intervals import Intervals
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.streams import Signal
from reattune.prepare.signals.alike import (
    Found,
    correlate_windows,
    find_identical_steps,
    find_runs,
    join_alike,
)
from reattune.prepare.signals.steps import (
    FloatArray,
    Prepared,
    find_stretches,
    make_note,
    plural,
    varies,
    with_values,
)

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("kind", "partner", "start_s", "end_s", "value")


@dataclass(frozen=True)
class ArtefactSettings:
    """What counts as suspicious.

    Parameters
    ----------
    window_s, step_s : float, default 10 and 1
        Windows for the correlation at lag 0.
    correlation : float, default 0.95
        A window with r at or beyond this, of either sign, is flagged: one camera sees both
        (bleed, +), or a picture is mirrored or a difference was formed (-).
    identical_s : float, default 0.4
        Runs at least so long in which both signals move by exactly the same amounts (or exactly the
        opposite) are flagged. At least 4 samples that change.
    zero_s : float, default 30
        Runs of exact zeros of one partner at least so long are flagged.
    limit_samples : int, default 5
        Runs of at least so many samples at the signal's highest or lowest value (other than 0) are
        flagged as clipped.
    """

    window_s: float = 10.0
    step_s: float = 1.0
    correlation: float = 0.95
    identical_s: float = 0.4
    zero_s: float = 30.0
    limit_samples: int = 5

    def __post_init__(self) -> None:
        for name in ("window_s", "step_s", "identical_s", "zero_s"):
            check_positive(name, getattr(self, name))
        if not 0 < self.correlation <= 1:
            raise SettingError("correlation", self.correlation, "above 0 and at most 1")
        if self.limit_samples < 2:
            raise SettingError("limit_samples", self.limit_samples, "at least 2")


@dataclass(frozen=True)
class Artefact:
    """One suspicious stretch.

    Attributes
    ----------
    kind : {"zero_lag", "identical", "zeros", "clipped"}
    partner : str
        Empty for what belongs to both.
    start_s, end_s : float
        Half-open.
    value : float
        ``zero_lag``: the r farthest from 0, with its sign; ``identical``: 1, or -1 where one
        mirrors the other; ``zeros``: 0; ``clipped``: the value it stays at.
    """

    kind: str
    partner: str
    start_s: float
    end_s: float
    value: float


@dataclass(frozen=True)
class Artefacts:
    """What looks suspicious in two signals, and what they rest on.

    Attributes
    ----------
    partners : (str, str)
    name : str
    found : tuple of Artefact
    both_zero_prop, both_zero_expected_prop : float
        Share of jointly observed samples in which both are exactly 0, and what two unrelated
        signals with their shares of zeros would have; nan without joint samples.
    n_joint : int
        Jointly observed samples.
    n_windows : int
        Windows with a correlation.
    settings_used : ArtefactSettings
    """

    partners: tuple[str, str]
    name: str
    found: tuple[Artefact, ...]
    both_zero_prop: float
    both_zero_expected_prop: float
    n_joint: int
    n_windows: int
    settings_used: ArtefactSettings

    @property
    def settings(self) -> dict[str, object]:
        """What counted as suspicious, JSON-safe."""
        return asdict(self.settings_used)

    def spans(self, *kinds: str) -> Intervals:
        """The time of these kinds (all by default)."""
        rows = [a for a in self.found if not kinds or a.kind in kinds]
        return Intervals([a.start_s for a in rows], [a.end_s for a in rows])

    @property
    def notes(self) -> tuple[Note, ...]:
        """One note per kind found, and one on simultaneous zeros."""
        words = {
            "zero_lag": "stretches in which both signals rise and fall together (or mirrored) "
            "almost exactly and at once; one camera may have seen both people",
            "identical": "runs in which both signals move by exactly equal amounts (or mirrored)",
            "zeros": f"runs of exact zeros of at least {self.settings_used.zero_s:g} s",
            "clipped": "runs at the highest or lowest value",
        }
        out = []
        for kind, text in words.items():
            rows = [a for a in self.found if a.kind == kind]
            if rows:
                first, seconds = rows[0], self.spans(kind).total
                message = (
                    f"{len(rows)} {text}: {seconds:.4g} s in all, the first at "
                    f"{first.start_s:g} s. Please look at them."
                )
                out.append(Note(f"signal_{kind}", message, self.name, len(rows), "warning"))
        if isfinite(self.both_zero_prop):
            message = (
                f"Both signals are exactly 0 in {self.both_zero_prop:.1%} of {self.n_joint} joint "
                f"samples; unrelated signals with these shares of zeros would be in "
                f"{self.both_zero_expected_prop:.1%}."
            )
            out.append(Note("signal_both_zero", message, self.name, self.n_joint))
        return tuple(out)

    def to_frame(self) -> pd.DataFrame:
        """One row per suspicious stretch: kind, partner, start_s, end_s, value."""
        import pandas as pd

        return pd.DataFrame([asdict(a) for a in self.found], columns=list(COLUMNS))

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe copy: undefined numbers are None."""
        return {
            "partners": list(self.partners),
            "name": self.name,
            "found": [asdict(a) for a in self.found],
            "both_zero_prop": self.both_zero_prop if isfinite(self.both_zero_prop) else None,
            "both_zero_expected_prop": (
                self.both_zero_expected_prop if isfinite(self.both_zero_expected_prop) else None
            ),
            "n_joint": self.n_joint,
            "n_windows": self.n_windows,
            "settings": self.settings,
        }

    def summary(self) -> str:
        """The notes as lines."""
        return "\n".join(str(note) for note in self.notes) or "Nothing could be compared."


def find_artefacts(
    first: Signal,
    second: Signal,
    settings: ArtefactSettings | None = None,
    *,
    cuts: Sequence[float] = (),
) -> Artefacts:
    """What looks suspicious in the raw signals of two partners. Nothing is removed.

    Parameters
    ----------
    first, second : Signal
        On one grid, before smoothing (smoothed signals are alike more often).
    settings : ArtefactSettings, optional
    cuts : sequence of float

    Raises
    ------
    SettingError
        When the grids differ: resample first.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> one, two = rng.random((2, 500))
    >>> two[100:160] = 3 - one[100:160]
    >>> a, b = Signal("infant", "motion", one, 25), Signal("caregiver", "motion", two, 25)
    >>> [(r.kind, r.start_s, r.end_s, r.value) for r in find_artefacts(a, b).found]
    [('identical', 4.0, 6.4, -1.0)]
    """
    used = ArtefactSettings() if settings is None else settings
    one, two, start = _lay_together(first, second)
    joint_signal = Signal(first.partner, first.name, one + two, first.rate_hz, start)
    stretches = find_stretches(joint_signal.values, joint_signal, cuts)
    width = max(3, round(used.window_s * first.rate_hz))
    step = max(1, round(used.step_s * first.rate_hz))
    windows = [w for s in stretches for w in correlate_windows(one, two, s, width, step)]
    runs = join_alike(windows, used.correlation)
    runs += find_identical_steps(one, two, stretches, max(4, used.identical_s * first.rate_hz))
    found = [
        Artefact(kind, "", start + a / first.rate_hz, start + b / first.rate_hz, value)
        for kind, a, b, value in runs
    ]
    for signal in (first, second):
        found += _alone(signal, used)
    joint = np.isfinite(one) & np.isfinite(two)
    n = int(joint.sum())
    zeros = (one[joint] == 0), (two[joint] == 0)
    return Artefacts(
        (first.partner, second.partner),
        first.name,
        tuple(found),
        float((zeros[0] & zeros[1]).mean()) if n else nan,
        float(zeros[0].mean() * zeros[1].mean()) if n else nan,
        n,
        len(windows),
        used,
    )


def flag_artefacts(
    session: Session,
    names: Iterable[str] | None = None,
    settings: ArtefactSettings | None = None,
) -> Session:
    """A copy of the session with notes on what looks suspicious; its signals stay as they are.

    Parameters
    ----------
    session : Session
    names : iterable of str, optional
        Signals both partners have; by default all of those.
    settings : ArtefactSettings, optional

    Raises
    ------
    MissingStreamError
        When a partner has no signal of a name that was asked for.
    """
    both = [
        name
        for name in session.stream_names
        if all(
            any(
                s.partner == p and s.name == name and isinstance(s, Signal) for s in session.streams
            )
            for p in session.partners
        )
    ]
    wanted = both if names is None else list(names)
    for name in wanted:
        if name not in both:
            raise MissingStreamError(
                f"Session {session.id!r} has no signal {name!r} of both partners."
            )
        pair = [session.stream(name, partner, Signal) for partner in session.partners]
        found = find_artefacts(pair[0], pair[1], settings, cuts=session.cuts)
        session = session.with_notes(*found.notes)
    return session


def clear_spans(signal: Signal, spans: Intervals) -> Prepared:
    """The signal with the samples of these spans made missing; the note counts them.

    Parameters
    ----------
    signal : Signal
    spans : Intervals
        For example ``find_artefacts(a, b).spans("identical")``. A sample goes when any of its
        time lies inside.
    """
    out = np.array(signal.values)
    for start, end in spans:
        low = max(0, int(np.floor((start - signal.start_s) * signal.rate_hz + 1e-6)))
        high = max(low, int(np.ceil((end - signal.start_s) * signal.rate_hz - 1e-6)))
        out[low:high] = np.nan
    gone = int((np.isfinite(signal.values) & np.isnan(out)).sum())
    words = f"{gone} {plural('sample', gone)} in {len(spans)} spans set to missing."
    return Prepared(with_values(signal, out), (make_note("signal_cleared", signal, words, gone),))


def _lay_together(first: Signal, second: Signal) -> tuple[FloatArray, FloatArray, float]:
    """The values over the time both signals span, and its start."""
    if abs(first.rate_hz / second.rate_hz - 1) > 1e-9:
        raise SettingError(
            "second", f"{second.rate_hz:g} Hz", f"{first.rate_hz:g} Hz; resample first"
        )
    steps = (second.start_s - first.start_s) * first.rate_hz
    move = round(steps)
    if abs(steps - move) > 1e-6:
        raise SettingError("second", f"a start {steps:g} samples later", "whole samples; resample")
    low, high = max(0, move), max(max(0, move), min(len(first), len(second) + move))
    one, two = np.asarray(first.values), np.asarray(second.values)
    return one[low:high], two[low - move : high - move], first.start_s + low / first.rate_hz


def _alone(signal: Signal, used: ArtefactSettings) -> list[Artefact]:
    """Long runs of zeros, and runs at the limits, of one partner."""
    x = np.asarray(signal.values)
    out: list[Found] = []
    seen = x[np.isfinite(x)]
    if varies(seen):
        for limit in (float(seen.min()), float(seen.max())):
            if limit != 0:
                runs = [(a, b) for a, b in find_runs(x == limit) if b - a >= used.limit_samples]
                out += [("clipped", a, b, limit) for a, b in runs]
    least = used.zero_s * signal.rate_hz - 1e-6
    out += [("zeros", a, b, 0.0) for a, b in find_runs(x == 0) if b - a >= least]
    return [
        Artefact(
            kind,
            signal.partner,
            signal.start_s + a / signal.rate_hz,
            signal.start_s + b / signal.rate_hz,
            value,
        )
        for kind, a, b, value in out
    ]
