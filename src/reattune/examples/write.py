"""The example study as files: half of the dyads in ELAN, half in tables, with a study file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from reattune.examples.generate import PARADIGM, SEED, ExampleDyad, generate_dyads
from reattune.io.write import write_bytes_safely, write_eaf, write_tidy_csv

_TIMES = ", ".join(
    f"{phase.label} = [{phase.start:g}, {phase.end:g}]" for phase in PARADIGM.session_phases()
)
STUDY_FILE = f"""\
# The example study of reattune. Synthetic: made by its own simulator (seed {SEED}), of nobody.
# Eight dyads in two groups, coded for affect at 25 frames a second in play, still-face and
# reunion. In the group "quick" the caregiver responds three times as readily as in "slow".

sessions = "sessions.csv"

[study]
name = "example study (synthetic)"

[partners]
names = ["infant", "caregiver"]

[streams.affect.infant]
tier = "infant_affect"
codes = {{ negative = "-1", neutral = "0", positive = "1" }}
uncodable = ["uncodable"]
fps = 25

[streams.affect.caregiver]
tier = "caregiver_affect"
codes = {{ negative = "-1", neutral = "0", positive = "1" }}
uncodable = ["uncodable"]
fps = 25

[phases]
times = {{ {_TIMES} }}

[rule]
type = "StateMatch"
stream = "affect"
table = "same_valence"
"""


def write_example(folder: str | Path) -> Path:
    """Write the example study into a folder; returns the path of its study file.

    Eight synthetic dyads: the odd ones as ELAN files, the even ones as tidy tables, beside
    ``sessions.csv`` (dyad, file, group) and ``study.toml``. The same bytes every time.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    dyads = generate_dyads(rng=np.random.default_rng(SEED))
    rows = [
        (dyad.id, _write_dyad(folder, number, dyad), dyad.group)
        for number, dyad in enumerate(dyads)
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "file", "group"))
    writer.writerows(rows)
    write_bytes_safely(folder / "sessions.csv", text.getvalue().encode())
    return write_bytes_safely(folder / "study.toml", STUDY_FILE.encode())


def _write_dyad(folder: Path, number: int, dyad: ExampleDyad) -> str:
    if number % 2 == 0:
        return write_eaf(folder / f"{dyad.id}.eaf", dyad.tracks, own_slots=True).name
    return write_tidy_csv(folder / f"{dyad.id}.csv", dyad.tracks).name
