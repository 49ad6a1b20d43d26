"""A simulated study as an ordinary study folder: session files, table, study file, parameters."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.recording import Track
from reattune.core.session import Session
from reattune.core.streams import Signal, States
from reattune.core.study import Progress
from reattune.experiments.simulating import SimulationPlan, run_simulation
from reattune.io.write import write_bytes_safely, write_tidy_csv
from reattune.io.write_tidy import csv_bytes
from reattune.models.course import SimulatedStudy
from reattune.models.presets import write_parameters

UNCODABLE = "uncodable"
_BARE = re.compile("[A-Za-z0-9_-]+")
PARAMETERS_FILE, PLAN_FILE = "parameters.toml", "simulation.json"


@dataclass(frozen=True, eq=False)
class WrittenSimulation:
    """A simulated study, and where it was written.

    Attributes
    ----------
    plan : SimulationPlan
    study : SimulatedStudy
    folder, study_file : Path
    files : tuple of Path
        Every file, the study file last.
    """

    plan: SimulationPlan
    study: SimulatedStudy
    folder: Path
    study_file: Path
    files: tuple[Path, ...]


def check_folder(folder: str | Path) -> Path:
    """The path of a folder that is not there yet, or is empty.

    Raises
    ------
    SettingError
        When something is in it: nothing is ever overwritten.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise SettingError("--out", str(folder), "a folder that is empty or not there yet")
    return place


def write_simulation(
    plan: SimulationPlan, folder: str | Path, *, on_progress: Progress | None = None
) -> WrittenSimulation:
    """Simulate a plan and write it as a study that `reattune analyze` and `reattune fit` read.

    One tidy table per session (and one of the sensor's samples, where there is one),
    ``sessions.csv`` (the model's own latents and parameters in columns that begin with
    ``model_``), ``parameters.toml``, ``simulation.json`` (the plan) and ``study.toml``. The same
    plan gives the same bytes.

    Parameters
    ----------
    plan : SimulationPlan
    folder : path-like
        Not there yet, or empty.
    on_progress : callable(done, total, what), optional

    Raises
    ------
    SettingError
        When the folder holds something.
    """
    place = check_folder(folder)
    total = plan.dyads * plan.sessions
    if on_progress:
        on_progress(0, total, "simulating")
    study = run_simulation(plan)
    place.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    rows: list[dict[str, object]] = []
    for course in study:
        for at in range(len(course)):
            session = course.session(at)
            if on_progress:
                on_progress(len(rows), total, f"writing {session.id}")
            written = _write_session(place, session)
            files += written
            facts = {key: value for key, value in session.meta.items() if key != "format"}
            # What everybody has stands before what only the model knows.
            plain = {key: facts.pop(key) for key in list(facts) if not key.startswith("model_")}
            names = ";".join(path.name for path in written)
            rows.append({"id": session.id, "dyad": session.dyad, "file": names, **plain, **facts})
    table = csv_bytes(list(rows[0]), [list(row.values()) for row in rows])
    files.append(write_bytes_safely(place / "sessions.csv", table))
    files.append(_write_parameters(place / PARAMETERS_FILE, plan))
    document = json.dumps(plan.to_dict(), indent=1, ensure_ascii=False) + "\n"
    files.append(write_bytes_safely(place / PLAN_FILE, document.encode()))
    study_file = write_bytes_safely(place / "study.toml", make_study_file(plan).encode())
    return WrittenSimulation(plan, study, place, study_file, (*files, study_file))


def _write_session(folder: Path, session: Session) -> list[Path]:
    tracks = [
        _make_track(stream, session.span)
        for stream in session.streams
        if isinstance(stream, States)
    ]
    written = [write_tidy_csv(folder / f"{session.id}.csv", tracks)]
    for stream in session.streams:
        if isinstance(stream, Signal):
            times = stream.start_s + np.arange(len(stream)) / stream.rate_hz
            data = csv_bytes(
                ("time_s", stream.name),
                zip(times.tolist(), np.asarray(stream.values).tolist(), strict=True),
            )
            path = folder / f"{session.id}_{stream.name}.csv"
            written.append(write_bytes_safely(path, data))
    return written


def _make_track(stream: States, span: tuple[float, float]) -> Track:
    """The stream with rows for what was out of view, so that missing time is seen to be missing."""
    rows = [
        (start, end, label)
        for start, end, label in zip(
            stream.starts.tolist(), stream.ends.tolist(), stream.labels, strict=True
        )
    ]
    rows += [(start, end, UNCODABLE) for start, end in stream.observed.complement(*span)]
    rows.sort()
    starts, ends, labels = zip(*rows, strict=True)
    return Track(
        name=stream.name,
        kind="intervals",
        starts=np.array(starts),
        ends=np.array(ends),
        labels=tuple(labels),
        person=stream.partner,
        tick_s=stream.tick_s,
    )


def _write_parameters(path: Path, plan: SimulationPlan) -> Path:
    write_parameters(plan.parameters, path)
    head = f'# Of every dyad.\npreset = "{plan.preset}"\n'
    if plan.spread > 0:
        head = (
            "# Of the middle dyad; sessions.csv has what each dyad differs in.\n"
            f'preset = "{plan.preset}"\n'
        )
    return write_bytes_safely(path, head.encode() + path.read_bytes())


def make_study_file(plan: SimulationPlan) -> str:
    """The text of the study file: the codebook's pairs match, every code is a state."""
    seen, book = plan.observation, plan.observation.codebook
    names = seen.names
    lines = [
        f"# Simulated by reattune (seed {plan.seed}), of nobody. Columns of sessions.csv that",
        "# begin with model_ are the model's own: tolerance, trust, and every dyad's parameters.",
        'sessions = "sessions.csv"',
        "",
        "[study]",
        f'name = "simulated {plan.preset} ({plan.paradigm.name})"',
        "",
        "[partners]",
        f"names = {_toml(list(names))}",
    ]
    several = seen.arousal is not None
    for who in names:
        lines += [
            "",
            f"[streams.{_key(book.stream)}.{_key(who)}]",
            f"tier = {_toml(book.stream)}",
            f"subject = {_toml(who)}",
            f"uncodable = {_toml([UNCODABLE])}",
            *(["fps = " + repr(1 / seen.step_s)] if seen.step_s is not None else []),
            *(['file = "{id}.csv"'] if several else []),
        ]
    if seen.arousal is not None:
        name = seen.arousal.name
        lines += [
            "",
            f"[streams.{_key(name)}.{_key(names[0])}]",
            f"column = {_toml(name)}",
            'kind = "signal"',
            f'file = "{{id}}_{name}.csv"',
        ]
    lines += [
        "",
        "[gaps]",
        "# Simulated codes have no holes that a program left.",
        "max_frames = 0",
    ]
    phases = plan.paradigm.phases
    if len(phases) > 1 or phases[0].mode != "free":
        edges = np.append(plan.paradigm.starts_s, plan.paradigm.duration_s).tolist()
        times = ", ".join(
            f"{_key(phase.label)} = [{start!r}, {end!r}]"
            for phase, start, end in zip(phases, edges[:-1], edges[1:], strict=True)
        )
        held = [phase.label for phase in phases if phase.mode != "free"]
        lines += ["", "[phases]", f"times = {{ {times} }}", f"imposed = {_toml(held)}"]
    pairs = [list(pair) for pair in book.match_pairs(plan.parameters.fit_table)]
    table = f"{{ match = {_toml(pairs)}, negative = {_toml([book.focal[0]])} }}"
    lines += [
        "",
        "[rule]",
        'type = "StateMatch"',
        f"stream = {_toml(book.stream)}",
        f"table = {table}",
    ]
    if plan.sessions > 1:
        lines += ["", "[growth]", f"focal = {_toml(names[0])}", 'time = "session_number"']
        unit_s = plan.parameters.time_unit_s
        if unit_s != 1:
            lines.append(f"window_s = {10 * unit_s!r}")
        if seen.rating is not None:
            lines.append(f"rating = {_toml(seen.rating.name)}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A text or a list of texts as TOML; JSON strings are TOML strings."""
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    """A name as a TOML key: quoted where it has to be."""
    return name if _BARE.fullmatch(name) else _toml(name)
