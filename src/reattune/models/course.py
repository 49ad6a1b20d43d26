"""SimulatedCourse, SimulatedStudy: the sessions that dyads lived, with the latents behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from math import nan
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import check_option
from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.study import Entry, Study
from reattune.models.observation import Observation
from reattune.models.observe import SessionLatents, observe_record
from reattune.models.paradigms import Paradigm
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES, DyadParameters
from reattune.models.record import Record
from reattune.models.state import DyadState

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]
SmallArray = NDArray[np.int8]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CourseEvents:
    """The events of several sessions one after the other.

    Attributes
    ----------
    times : float array, shape (n,)
        In time units from the start of each event's session.
    who, state : int8 array, shape (n,)
    offsets : int array, shape (sessions + 1,)
        Where the events of each session begin.
    """

    times: FloatArray
    who: SmallArray
    state: SmallArray
    offsets: IntArray


@dataclass(frozen=True, eq=False)
class SimulatedCourse:
    """One dyad's sessions.

    Attributes
    ----------
    dyad : str
    parameters : DyadParameters
    paradigm : Paradigm
    observation : Observation
        How `session` sees them.
    key : int
        From which all its random numbers come.
    before, state : DyadState
        What the dyad brought, and what it carries on.
    start_arousal : float
        At the start of every session.
    soon : float
        Time units within which a repair counts as soon.
    latents : float array, shape (sessions, 5)
        W, T, Tc, S and delta at the start of each.
    sums : float array, shape (sessions, phase groups, 25)
        The model's own tally; `to_frame` names it.
    dropped : bool
        Whether the dyad left after the last session.
    events : CourseEvents, optional
    covariates : mapping
        Put into every session's ``meta``.
    prescribed : tuple of str
        Which of ``tolerance`` and ``trust`` were given from outside; ``state`` still holds what the
        ruptures taught.
    """

    dyad: str
    parameters: DyadParameters
    paradigm: Paradigm
    observation: Observation
    key: int
    before: DyadState
    state: DyadState
    start_arousal: float
    soon: float
    latents: FloatArray
    sums: FloatArray
    dropped: bool = False
    events: CourseEvents | None = None
    covariates: Mapping[str, object] = field(default_factory=dict)
    prescribed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))

    def __len__(self) -> int:
        return int(self.latents.shape[0])

    def __repr__(self) -> str:
        end = ", then left" if self.dropped else ""
        first, last = self.before, self.state
        return (
            f"SimulatedCourse({self.dyad!r}: {len(self)} sessions of {self.paradigm.name!r}{end}; "
            f"tolerance {first.tolerance:.2f} to {last.tolerance:.2f}, "
            f"trust {first.trust:.2f} to {last.trust:.2f})"
        )

    @property
    def numbers(self) -> IntArray:
        """Number of each session in the life of the dyad, from 1."""
        return self.before.sessions + 1 + np.arange(len(self), dtype=np.int64)

    def record(self, index: int) -> Record:
        """The events of one session.

        Parameters
        ----------
        index : int
            From 0; negative from the end.

        Raises
        ------
        SettingError
            When there is no such session, or the course was simulated without events.
        """
        at = self._place(index)
        if self.events is None:
            raise SettingError("keep_events", False, "True in the simulation, to have the events")
        part = slice(*self.events.offsets[at : at + 2])
        unit_s = self.parameters.time_unit_s
        return Record(
            self.events.times[part],
            self.events.who[part],
            self.events.state[part],
            self.paradigm.starts_s / unit_s,
            self.paradigm.modes,
            FOCAL_STATES.index(self.parameters.start_focal),
            RESPONDER_STATES.index(self.parameters.start_responder),
            self.start_arousal,
            self.paradigm.duration_s / unit_s,
        )

    @property
    def records(self) -> tuple[Record, ...]:
        """The events of all sessions."""
        return tuple(self.record(at) for at in range(len(self)))

    def session_latents(self, index: int) -> SessionLatents:
        """The latents of one session, and its share of matched time."""
        from reattune.models.kernel import MATCHED, OBSERVED

        at = self._place(index)
        total = self.sums[at].sum(axis=0)
        held = dict(zip(_LATENT_NAMES, map(float, self.latents[at]), strict=True))
        return SessionLatents(**held, matched_prop=float(total[MATCHED] / total[OBSERVED]))

    def session(self, index: int, observation: Observation | None = None) -> Session:
        """One session as it is observed.

        Parameters
        ----------
        index : int
            From 0; negative from the end.
        observation : Observation, optional
            Instead of the course's own.
        """
        at = self._place(index)
        number = int(self.numbers[at])
        return observe_record(
            self.record(at),
            self.parameters,
            self.paradigm,
            self.session_latents(at),
            observation or self.observation,
            seed=(self.key, number),
            id=f"{self.dyad}_{number:03d}",
            dyad=self.dyad,
            meta={"session_number": number, **self.covariates},
        )

    @property
    def sessions(self) -> tuple[Session, ...]:
        """All sessions as they are observed."""
        return tuple(self.session(at) for at in range(len(self)))

    def to_frame(self, by: Literal["session", "phase"] = "session") -> pd.DataFrame:
        """The latents and the model's own tally: one row per session, or per group of phases.

        Parameters
        ----------
        by : {"session", "phase"}

        Notes
        -----
        ``tolerance``, ``trust``, ``confident_trust``, ``stress`` and ``depth`` hold at the start of
        the session. Ruptures are counted where they begin, repairs where they happen; what was
        already mismatched at the start of a session is no rupture. ``latency_mean_s`` is that of
        the repaired ones; ``depth_mean`` their peak arousal in tolerances. What is undefined is
        nan.
        """
        import pandas as pd

        check_option("by", by, ("session", "phase"))
        rows = []
        for at in range(len(self)):
            head = {"dyad": self.dyad, "session": int(self.numbers[at])}
            held = dict(zip(_LATENT_NAMES, map(float, self.latents[at]), strict=True))
            if by == "session":
                rows.append({**head, **held, **self.describe_sums(self.sums[at].sum(axis=0))})
                continue
            for group, sums in zip(self.paradigm.groups, self.sums[at], strict=True):
                rows.append({**head, "phase": group, **held, **self.describe_sums(sums)})
        return pd.DataFrame(rows)

    def describe_sums(self, sums: FloatArray) -> dict[str, float]:
        """Named figures of one row of ``sums``, or of several added up; see `to_frame`."""
        from reattune.models import kernel as k

        unit_s = self.parameters.time_unit_s
        time, repaired = float(sums[k.OBSERVED]), float(sums[k.REPAIRED])
        opened = float(sums[k.RUPTURES])
        mismatched = time - float(sums[k.MATCHED])
        per_min = 60 / (time * unit_s) if time > 0 else nan
        out = {
            "observed_s": time * unit_s,
            "matched_prop": _share(sums[k.MATCHED], time),
            "n_ruptures": opened,
            "n_repaired": repaired,
            "ruptures_per_min": opened * per_min,
            "repairs_per_min": float(sums[k.REPAIRS]) * per_min,
            "repair_hazard_per_s": _share(sums[k.REPAIRS], mismatched * unit_s),
            "rupture_hazard_per_s": _share(opened, float(sums[k.MATCHED]) * unit_s),
            "latency_mean_s": _share(sums[k.LATENCY] * unit_s, repaired),
            "repaired_soon_prop": _share(sums[k.SOON], repaired),
            "repaired_by_responder_prop": _share(sums[k.REPAIRED_BY_RESPONDER], repaired),
            "opened_by_focal_prop": _share(sums[k.OPENED_BY_FOCAL], opened),
            "opened_by_clamp_prop": _share(sums[k.OPENED_BY_CLAMP], opened),
            "depth_mean": _share(sums[k.DEPTH], repaired),
            "arousal_mean": _share(sums[k.AROUSAL], time),
            "over_tolerance_prop": _share(sums[k.ABOVE], time),
            "changes_per_min": float(sums[k.FOCAL_CHANGES] + sums[k.RESPONDER_CHANGES]) * per_min,
        }
        for first, states in ((k.FOCAL_TIME, FOCAL_STATES), (k.RESPONDER_TIME, RESPONDER_STATES)):
            for at, state in enumerate(states):
                out[f"{state}_prop"] = _share(sums[first + at], time)
        return out

    @property
    def settings(self) -> dict[str, object]:
        """What makes the same course again."""
        return {
            "dyad": self.dyad,
            "parameters": self.parameters.to_dict(),
            "paradigm": [[p.label, p.duration_s, p.mode] for p in self.paradigm.phases],
            "sessions": len(self),
            "lived_before": self.before.sessions,
            "start_arousal": self.start_arousal,
            "soon": self.soon,
            "key": self.key,
            **{
                name: self.latents[:, _LATENT_NAMES.index(name)].tolist()
                for name in self.prescribed
            },
        }

    def summary(self) -> str:
        """How the sessions went and what was learned, in sentences."""
        words = import_module("reattune.show.simulation_words")
        return "\n".join(words.summarize_course(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Tolerance, trust, confident trust and match over the sessions; on ``ax`` tolerance."""
        plots = import_module("reattune.show.plots.model_course")
        return plots.plot_course(self, ax=ax)  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document of `to_frame` and the settings."""
        export = import_module("reattune.show.model_export")
        return export.course_to_dict(self)  # type: ignore[no-any-return]

    def _place(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            raise SettingError("index", index, f"a session from 0 to {len(self) - 1}")
        return index % len(self)


@dataclass(frozen=True, eq=False)
class SimulatedStudy:
    """The courses of several dyads.

    Attributes
    ----------
    name : str
    courses : tuple of SimulatedCourse
    """

    name: str
    courses: tuple[SimulatedCourse, ...]

    def __len__(self) -> int:
        return len(self.courses)

    def __iter__(self) -> Iterator[SimulatedCourse]:
        return iter(self.courses)

    @property
    def study(self) -> Study:
        """All sessions as an ordinary `Study`; each is made when it is asked for."""
        entries = []
        for course in self.courses:
            for at, number in enumerate(course.numbers):
                facts = {
                    "session_number": int(number),
                    **course.session_latents(at).to_meta(),
                    **course.covariates,
                }
                if course.observation.rating is not None:
                    name = course.observation.rating.name
                    facts[name] = course.session(at).meta[name]
                entries.append(
                    Entry(
                        f"{course.dyad}_{int(number):03d}",
                        course.dyad,
                        "",
                        lambda course=course, at=at: course.session(at),  # type: ignore[misc]
                        facts,
                    )
                )
        return Study(self.name, tuple(entries))

    def to_frame(self, by: Literal["session", "phase"] = "session") -> pd.DataFrame:
        """Latents and the model's own tally of every dyad; see `SimulatedCourse.to_frame`."""
        import pandas as pd

        frames = []
        for course in self.courses:
            frame = course.to_frame(by)
            for name, value in course.covariates.items():
                frame.insert(1, name, [value] * len(frame))
            frame["dropped"] = course.dropped
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    @property
    def settings(self) -> dict[str, object]:
        """What makes the same study again."""
        return {"name": self.name, "courses": [course.settings for course in self.courses]}

    def summary(self) -> str:
        """How the sessions went and what was learned, in sentences."""
        words = import_module("reattune.show.simulation_words")
        return "\n".join(words.summarize_simulated_study(self))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Every dyad's latents over its sessions; on ``ax`` tolerance."""
        plots = import_module("reattune.show.plots.model_course")
        return plots.plot_course(self, ax=ax)  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, object]:
        """A JSON-safe document of `to_frame` and the settings."""
        export = import_module("reattune.show.model_export")
        return export.course_to_dict(self)  # type: ignore[no-any-return]


_LATENT_NAMES = ("tolerance", "trust", "confident_trust", "stress", "depth")


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole > 0 else nan
