"""When a behaviour was shown, whatever kind of stream it was recorded in."""

from __future__ import annotations

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.intervals import Intervals
from reattune.core.session import Session
from reattune.core.steps import Steps, make_steps
from reattune.core.streams import Events, States


def find_shown(
    session: Session, name: str, partner: str, labels: tuple[str, ...]
) -> tuple[Intervals, Intervals, Events | States]:
    """When the behaviour was on, when it could have been seen, and the stream itself.

    A point event lasts one tick of its coding, as a code given to a single frame does.

    Parameters
    ----------
    labels : tuple of str
        Which states or event codes count. Required for exclusive states; for events an empty
        tuple takes all of them.

    Raises
    ------
    SettingError
        For a plain signal (give it a threshold in the study file), or states without ``labels``.
    """
    stream = session.stream(name, partner)
    if isinstance(stream, Events):
        keep = [not labels or label in labels for label in stream.labels]
        starts = stream.starts[keep]
        point = stream.ends[keep] == starts
        ends = np.where(point, starts + stream.tick_s, stream.ends[keep])
        on = Intervals(starts, ends) & stream.observed
        return on, stream.observed, stream
    if isinstance(stream, States):
        if not labels:
            raise SettingError(
                "labels",
                labels,
                f"which states of {name!r} count as the behaviour: " + ", ".join(stream.categories),
            )
        keep = [label in labels for label in stream.labels]
        return Intervals(stream.starts[keep], stream.ends[keep]), stream.observed, stream
    raise SettingError(
        f"stream {name!r} of {partner}",
        "a signal",
        "events: give it a `threshold` in the study file, or use Signal.above(threshold)",
    )


def make_on_off(on: Intervals, off: Intervals, window: tuple[float, float]) -> Steps:
    """Steps that are 1 while on, 0 while off, and missing in all other time of ``window``."""
    starts = np.concatenate([on.starts, off.starts])
    ends = np.concatenate([on.ends, off.ends])
    codes = np.repeat(np.array([1, 0], dtype=np.int64), [len(on), len(off)])
    order = np.argsort(starts, kind="stable")
    return make_steps(starts[order], ends[order], codes[order], window)
