"""Loader: affect of three mother-infant dyads in free play (Xu et al. 2020)."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from reattune.core.mapping import Mapping, Source
from reattune.core.session import Session
from reattune.core.study import Entry, Study
from reattune.io.read import read_recordings
from reattune.prepare.build import build_session

NAME = "infant_affect_xu2020"
PARTNERS = ("infant", "mother")
_FILE = re.compile(r"mangold_(\d+)goodman\.csv$")
_FOLDERS = ("Module_1_Basics/data", "interact", ".")

MAPPING = Mapping(
    PARTNERS,
    (
        Source(
            "infant",
            "affect",
            ("Infant Affect",),
            codes={"A": "1", "N": "0", "W": "-1"},
            uncodable_tracks=("Infant Problem Data",),
        ),
        Source(
            "mother",
            "affect",
            ("Maternal Affect",),
            codes={"-1": "-1", "0": "0", "1": "1", "2": "2"},
            uncodable_tracks=("Maternal Problem Data",),
        ),
    ),
)


def load_infant_affect(folder: Path) -> Study:
    """The dyads whose INTERACT export is in ``folder``; affect matches when its sign is equal."""
    entries = []
    for place in _FOLDERS:
        for path in sorted((folder / place).glob("mangold_*goodman.csv")):
            named = _FILE.search(path.name)
            if named is not None:
                dyad = named.group(1)
                entries.append(Entry(dyad, dyad, path.name, partial(_load_dyad, dyad, path)))
        if entries:
            break
    return Study(
        NAME,
        tuple(entries),
        rule={"type": "StateMatch", "stream": "affect", "table": "same_valence"},
    )


def _load_dyad(dyad: str, path: Path) -> Session:
    return build_session(read_recordings(path), MAPPING, session_id=dyad)
