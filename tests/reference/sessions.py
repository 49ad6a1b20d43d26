"""Sessions built straight from the shared recordings, without the package's readers."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from reattune.core.intervals import Intervals
from reattune.core.session import Phase, Session
from reattune.core.streams import Events, States


def run_lengths(codes: list[str]) -> tuple[list[int], list[int], list[str]]:
    """Starts, ends (in samples) and labels of the runs of a sampled column."""
    starts, ends, labels = [], [], []
    for i, code in enumerate(codes):
        if not labels or code != labels[-1]:
            starts.append(i)
            ends.append(i + 1)
            labels.append(code)
        else:
            ends[-1] = i + 1
    return starts, ends, labels


def sampled(partner: str, name: str, codes: list[str], tick_s: float) -> States:
    """States from one code per sample."""
    starts, ends, labels = run_lengths(codes)
    return States(partner, name, np.array(starts) * tick_s, np.array(ends) * tick_s, labels, tick_s)


def couples(shared: Path) -> dict[int, Session]:
    """CouplesCope: two binary sequences of 48 ten-second intervals."""
    sessions = {}
    with (shared / "formats" / "couples" / "CouplesCope.csv").open() as file:
        for row in csv.DictReader(file):
            code = int(float(row["code"]))
            streams = [
                sampled(
                    who,
                    "state",
                    [str(int(float(row[f"{who}{i:02d}"]))) for i in range(1, 49)],
                    10.0,
                )
                for who in ("IKCB", "DCCB")
            ]
            sessions[code] = Session(str(code), ("IKCB", "DCCB"), (0, 480), tuple(streams))
    return sessions


def therapy(shared: Path) -> dict[int, Session]:
    """Patient and therapist, looking and vocalizing, one code per second."""
    rows: dict[int, list[dict[str, str]]] = {}
    with (shared / "therapy_nonverbal_mhmm" / "nonverbal.csv").open() as file:
        for row in csv.DictReader(file):
            rows.setdefault(int(float(row["id"])), []).append(row)
    sessions = {}
    for couple, samples in rows.items():
        streams = [
            sampled(partner, what, [str(int(float(r[f"{letter}_{what}"]))) for r in samples], 1.0)
            for partner, letter in (("patient", "p"), ("therapist", "t"))
            for what in ("vocalizing", "looking")
        ]
        sessions[couple] = Session(
            str(couple), ("patient", "therapist"), (0, len(samples)), tuple(streams)
        )
    return sessions


def still_face(shared: Path, visit: str) -> Session:
    """Voice of mother and infant at 30 rows a second, with phases from the timing table."""
    folder = shared / "ffsf_klein2020"
    tick = 1 / 30
    streams = []
    for partner, room, column in (
        ("infant", "F0_infant", "baby"),
        ("caregiver", "F0_mom", "mom"),
    ):
        with gzip.open(folder / room / f"{visit}.csv.gz", "rt") as file:
            values = [float(r[column] or "nan") for r in csv.DictReader(file)]
        on = np.concatenate([[0], (np.array(values) >= 0.5).astype(int), [0]])
        starts, ends = np.flatnonzero(np.diff(on) == 1), np.flatnonzero(np.diff(on) == -1)
        streams.append(
            Events(
                partner,
                "voice",
                starts / 30,
                ends / 30,
                observed=Intervals([0], [len(values) / 30]),
                tick_s=tick,
            )
        )
    with (folder / "timing.csv").open() as file:
        row = next(r for r in csv.DictReader(file) if r["visit"] == visit)

    def seconds(text: str) -> float:
        minutes, secs, _ = text.split(":")
        return 60 * int(minutes) + int(secs)

    t = [seconds(row[c]) for c in ("start_play", "start_sf", "end_sf", "end_play")]
    end = max(s.observed.span[1] for s in streams)
    return Session(
        visit,
        ("infant", "caregiver"),
        (0, end),
        tuple(streams),
        phases=(
            Phase("play", t[0], t[1]),
            Phase("still_face", t[1], t[2], imposed=True),
            Phase("reunion", t[2], min(t[3], end)),
        ),
    )
