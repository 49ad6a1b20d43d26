"""Time and memory of the readers on large files: `python benchmarks/bench_readers.py [NAME ...]`.

Every file is made here, in a temporary folder. For each, in a process of its own: seconds of CPU
time of `read_recordings`, and by how much the process grew at its peak, as a multiple of the
file's size. ELAN and TextGrid are also read with pympi-ling and praatio, in this process, each
handing out every annotation with its times; the ratio is their CPU time over ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 3
ROWS = 1_000_000
ANNOTATIONS = 200_000
CODES = ("positive", "neutral", "negative", "uncodable", "away")

# The peak of this process only: on Linux, resource.getrusage hands down the peak of the parent.
CHILD = """
import json, resource, sys, time
def peak():
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
from reattune.io.read import known_formats, read_recordings
known_formats()
before = peak()
start = time.process_time()
recordings = read_recordings(sys.argv[1])
spent = time.process_time() - start
events = sum(len(track) for recording in recordings for track in recording.tracks)
print(json.dumps({"cpu_s": spent, "grown": peak() - before, "events": events}))
"""


def make_intervals(path: Path) -> int:
    """Number of interval rows written: 100 sessions of two persons with two streams."""
    with path.open("w", encoding="utf-8") as out:
        out.write("session,person,track,start_s,end_s,code\n")
        for at in range(ROWS):
            session, place = divmod(at, ROWS // 100)
            start = place * 0.48
            who, track = ("infant", "caregiver")[at % 2], ("affect", "gaze")[at // 2 % 2]
            row = f"dyad{session:03d},{who},{track},{start:.3f},{start + 0.44:.3f}"
            out.write(f"{row},{CODES[at * 7 % 5]}\n")
    return ROWS


def make_one_session(path: Path) -> int:
    """Number of interval rows written: one session, three columns, clock times up to 277 hours."""
    with path.open("w", encoding="utf-8") as out:
        out.write("onset;offset;code\n")
        for at in range(ROWS):
            start, end = (f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in (at, at + 1))
            out.write(f"{start}.040;{end}.040;{CODES[at * 7 % 5]}\n")
    return ROWS


def make_samples(path: Path) -> int:
    """Number of samples written: a time and two numbers in each row."""
    with path.open("w", encoding="utf-8") as out:
        out.write("time_s,infant,caregiver\n")
        for at in range(ROWS):
            out.write(f"{at * 0.04:.2f},{at * 37 % 1009 / 100:.2f},{at * 53 % 997 / 100:.2f}\n")
    return 2 * ROWS


def make_words(path: Path) -> int:
    """Number of samples written: a time, words of two persons, numbers with empty cells."""
    with path.open("w", encoding="utf-8") as out:
        out.write("time_s,infant,caregiver,motion\n")
        for at in range(ROWS):
            number = "" if at % 9 == 0 else f"{at * 37 % 1009 / 100:.2f}"
            out.write(f"{at * 0.04:.2f},{CODES[at // 25 % 5]},{CODES[at // 40 % 5]},{number}\n")
    return 3 * ROWS


def make_eaf(path: Path) -> int:
    """Number of annotations written: four tiers, three of five annotations with own times."""
    aligned, linked = ANNOTATIONS * 3 // 5 // 4, ANNOTATIONS * 2 // 5 // 4
    with path.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="" ')
        out.write('DATE="2020-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0" ')
        out.write('xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ')
        out.write('xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">\n')
        out.write('    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>\n    <TIME_ORDER>\n')
        for at in range(4 * aligned):
            for slot, value in ((2 * at, at // 4 * 1200), (2 * at + 1, at // 4 * 1200 + 1160)):
                out.write(f'        <TIME_SLOT TIME_SLOT_ID="ts{slot}" TIME_VALUE="{value}"/>\n')
        out.write("    </TIME_ORDER>\n")
        for tier in range(4):
            out.write(f'    <TIER LINGUISTIC_TYPE_REF="affect" TIER_ID="tier{tier}">\n')
            for at in range(aligned):
                n = 4 * at + tier
                out.write(
                    "        <ANNOTATION>\n            "
                    f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="a{n}" TIME_SLOT_REF1="ts{2 * n}" '
                    f'TIME_SLOT_REF2="ts{2 * n + 1}">\n                '
                    f"<ANNOTATION_VALUE>{CODES[at % 5]}</ANNOTATION_VALUE>\n"
                    "            </ALIGNABLE_ANNOTATION>\n        </ANNOTATION>\n"
                )
            out.write(
                f'    </TIER>\n    <TIER LINGUISTIC_TYPE_REF="linked" PARENT_REF="tier{tier}" '
                f'TIER_ID="tier{tier}@more">\n'
            )
            for at in range(linked):
                n = 4 * at + tier
                out.write(
                    "        <ANNOTATION>\n            "
                    f'<REF_ANNOTATION ANNOTATION_ID="b{n}" ANNOTATION_REF="a{n}">\n'
                    f"                <ANNOTATION_VALUE>{CODES[n % 5]}</ANNOTATION_VALUE>\n"
                    "            </REF_ANNOTATION>\n        </ANNOTATION>\n"
                )
            out.write("    </TIER>\n")
        out.write('    <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="affect" TIME_ALIGNABLE="true"/>\n')
        out.write(
            '    <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" '
            'LINGUISTIC_TYPE_ID="linked" TIME_ALIGNABLE="false"/>\n</ANNOTATION_DOCUMENT>\n'
        )
    return 4 * (aligned + linked)


def make_textgrid(path: Path) -> int:
    """Number of intervals written: two tiers in the long form."""
    size = ANNOTATIONS // 2
    with path.open("w", encoding="utf-8") as out:
        out.write('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
        out.write(f"xmin = 0 \nxmax = {size}.04 \ntiers? <exists> \nsize = 2 \nitem []: \n")
        for tier in (1, 2):
            out.write(f'    item [{tier}]:\n        class = "IntervalTier" \n')
            out.write(f'        name = "person {tier}" \n        xmin = 0 \n')
            out.write(f"        xmax = {size}.04 \n        intervals: size = {size} \n")
            for at in range(size):
                out.write(
                    f"        intervals [{at + 1}]:\n            xmin = {at}.04 \n            "
                    f'xmax = {at + 1}.04 \n            text = "{CODES[at % 5]}" \n'
                )
    return 2 * size


def make_short_textgrid(path: Path) -> int:
    """Number of intervals written: two tiers in the short form."""
    size = ANNOTATIONS // 2
    with path.open("w", encoding="utf-8") as out:
        out.write('File type = "ooTextFile"\nObject class = "TextGrid"\n\n')
        out.write(f"0\n{size}.04\n<exists>\n2\n")
        for tier in (1, 2):
            out.write(f'"IntervalTier"\n"person {tier}"\n0\n{size}.04\n{size}\n')
            for at in range(size):
                out.write(f'{at}.04\n{at + 1}.04\n"{CODES[at % 5]}"\n')
    return 2 * size


def make_boris(path: Path) -> int:
    """Number of bouts written: one observation, two subjects, as BORIS indents it."""
    events = [
        [at * 0.48, ("infant", "caregiver")[at % 2], CODES[at // 4 % 5], "", ""]
        for at in range(ANNOTATIONS)
    ]
    ethogram = {
        str(at): {"type": "State event", "code": code, "category": "affect"}
        for at, code in enumerate(CODES)
    }
    observation = {"file": [], "type": "LIVE", "date": "", "description": "", "events": events}
    project = {
        "time_format": "hh:mm:ss",
        "project_format_version": "7.0",
        "behaviors_conf": ethogram,
        "observations": {"one": observation},
    }
    path.write_text(json.dumps(project, indent=1, separators=(",", ":")), encoding="utf-8")
    return ANNOTATIONS // 2


def make_boris_table(path: Path) -> int:
    """Number of bouts written: aggregated events as BORIS exports them."""
    names = ("Observation id", "Observation date", "Media file", "Total length", "Subject")
    columns = ("Behavior", "Behavioral category", "Modifiers", "Behavior type")
    with path.open("w", encoding="utf-8") as out:
        out.write("\t".join((*names, *columns, "Start (s)", "Stop (s)", "Duration (s)")) + "\n")
        for at in range(ANNOTATIONS):
            start = at * 0.96
            out.write(
                f"one\t2020-01-01 10:00:00\tplay.mp4\t200000.0\tinfant\t{CODES[at % 5]}\taffect\t\t"
                f"STATE\t{start:.3f}\t{start + 0.9:.3f}\t0.900\n"
            )
    return ANNOTATIONS


def read_with_pympi(path: Path) -> int:
    """Number of annotations handed out."""
    from pympi import Elan

    eaf = Elan.Eaf(str(path))
    return sum(len(eaf.get_annotation_data_for_tier(name)) for name in eaf.get_tier_names())


def read_with_praatio(path: Path) -> int:
    """Number of intervals handed out."""
    from praatio import textgrid

    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    return sum(len(tier.entries) for tier in grid.tiers)


CASES: dict[str, tuple[str, Callable[[Path], int], Callable[[Path], int] | None]] = {
    "intervals": ("intervals.csv", make_intervals, None),
    "one_session": ("one_session.csv", make_one_session, None),
    "samples": ("samples.csv", make_samples, None),
    "words": ("words.csv", make_words, None),
    "elan": ("made.eaf", make_eaf, read_with_pympi),
    "textgrid": ("made.TextGrid", make_textgrid, read_with_praatio),
    "short_textgrid": ("short.TextGrid", make_short_textgrid, read_with_praatio),
    "boris": ("made.boris", make_boris, None),
    "boris_table": ("made.tsv", make_boris_table, None),
}


def read_here(path: Path, expected: int) -> tuple[float, float]:
    """CPU seconds and growth in bytes of one reading in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    if told["events"] != expected:
        raise SystemExit(f"{path.name}: {told['events']} events, not {expected}")
    return told["cpu_s"], told["grown"]


def main(names: list[str]) -> None:
    """Print one line for each kind of file."""
    for name in names or list(CASES):
        file_name, make, read_there = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file_name
            expected, size = make(path), path.stat().st_size
            runs = [read_here(path, expected) for _ in range(RUNS)]
            cpu, grown = min(run[0] for run in runs), max(run[1] for run in runs)
            line = f"{name:15} {size / 1e6:6.1f} MB  {cpu:5.2f} s CPU  memory {grown / size:5.2f} x"
            if read_there is not None:
                start = time.process_time()
                read_there(path)
                theirs = time.process_time() - start
                peer = read_there.__name__.rpartition("_")[2]
                line += f"  {peer} {theirs:.2f} s, ratio {theirs / cpu:.1f}"
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
