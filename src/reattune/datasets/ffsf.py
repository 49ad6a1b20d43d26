"""Loader: voices of infants and mothers in 67 still-face visits (Klein et al. 2020)."""

from __future__ import annotations

import csv
import re
from functools import partial
from pathlib import Path

from reattune.core.errors import ReadError
from reattune.core.mapping import Mapping, Source
from reattune.core.session import Phase, Session
from reattune.core.study import Entry, Study
from reattune.io.read import read_recordings
from reattune.prepare.build import build_session

NAME = "ffsf_klein2020"
PARTNERS = ("infant", "caregiver")
# The features were taken once per video frame.
RATE_HZ = 30.0
THRESHOLD = 0.5
_FOLDERS = ("F0_csv_infant", "F0_csv_mom")
_COLUMNS = ("baby", "mom")
_VISIT = re.compile(r"t(\d{2})(\d{2})$")


def load_ffsf(folder: Path) -> Study:
    """The visits whose two voice files are in ``folder``, with phases from the timing table.

    The rule that comes with it: in contact while the caregiver's voice was heard within the last
    three seconds. The session is analysed as a whole, blind to its phases, and phase by phase.

    Raises
    ------
    ReadError
        When the timing table is missing or not as described at its source.
    """
    phases = read_timing(folder / "timing.csv")
    mapping = Mapping(
        PARTNERS,
        tuple(
            Source(
                partner,
                "voice",
                (column,),
                kind="events",
                threshold=THRESHOLD,
                fps=RATE_HZ,
                file=f"{place}/*",
            )
            for partner, place, column in zip(PARTNERS, _FOLDERS, _COLUMNS, strict=True)
        ),
    )
    entries = []
    for path in sorted((folder / _FOLDERS[0]).glob("t*")):
        visit, other = path.name, folder / _FOLDERS[1] / path.name
        named = _VISIT.match(visit)
        if named is None or not other.is_file() or visit not in phases:
            continue
        infant, months = named.groups()
        entries.append(
            Entry(
                visit,
                f"infant{infant}",
                visit,
                partial(
                    _load_visit, visit, f"infant{infant}", (path, other), mapping, phases[visit]
                ),
                {"age_months": int(months)},
            )
        )
    return Study(
        NAME,
        tuple(entries),
        rule={"type": "Contact", "stream": "voice", "patience_s": 3.0, "partners": ["caregiver"]},
        phases=("all", "play", "still_face", "reunion"),
    )


def _load_visit(
    visit: str,
    dyad: str,
    paths: tuple[Path, Path],
    mapping: Mapping,
    phases: tuple[Phase, ...],
) -> Session:
    recordings = [
        read_recordings(path, format="table", options={"rate_hz": RATE_HZ})[0] for path in paths
    ]
    return build_session(recordings, mapping, session_id=visit, dyad=dyad, phases=phases)


def read_timing(path: Path) -> dict[str, tuple[Phase, ...]]:
    """Play, still-face and reunion of every visit in the timing table.

    Times are ``minutes:seconds:fraction`` of the video; the unit of the fraction is not documented
    at the source and it is dropped.
    """
    columns = ("start_play", "start_sf", "end_sf", "end_play")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise ReadError(f"cannot be opened ({error.strerror}).", path=path) from error
    found: dict[str, tuple[Phase, ...]] = {}
    for line, row in enumerate(rows, start=2):
        try:
            play, still, reunion, end = (_seconds(row[column]) for column in columns)
            found[row["visit"]] = (
                Phase("play", play, still),
                Phase("still_face", still, reunion, imposed=True),
                Phase("reunion", reunion, end),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ReadError(
                "does not hold the times of a visit.",
                path=path,
                where=f"line {line}",
                found=str(row)[:120],
                expected="minutes:seconds:fraction in " + ", ".join(columns),
            ) from error
    return found


def _seconds(text: str) -> float:
    minutes, seconds, _ = text.split(":")
    return 60.0 * int(minutes) + int(seconds)
