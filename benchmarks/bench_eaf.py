"""CPU time of reading one ELAN file here and with pympi-ling: `python benchmarks/bench_eaf.py`.

The file is made here: 20,000 annotations, 12,000 of them with their own times on four tiers, 8,000
on tiers of symbolic association below. Both sides read it from disk and hand out every annotation
of every tier with its times. Medians of interleaved runs; the ratio is pympi / reattune.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pympi import Elan

from reattune.io.eaf import read_eaf

RUNS = 15
ALIGNED_TIERS, PER_TIER, LINKED_PER_TIER = 4, 3000, 2000


def make_eaf(path: Path) -> int:
    """Number of annotations written."""
    codes = ("positive", "neutral", "negative", "uncodable", "")
    slots, tiers = [], []
    number = 0
    for tier in range(ALIGNED_TIERS):
        own, below = [], []
        for at in range(PER_TIER):
            number += 1
            first, last = 2 * number, 2 * number + 1
            start = at * 1200 + 40 * tier
            slots.append((start, f'<TIME_SLOT TIME_SLOT_ID="ts{first}" TIME_VALUE="{start}"/>'))
            end = start + 1160
            slots.append((end, f'<TIME_SLOT TIME_SLOT_ID="ts{last}" TIME_VALUE="{end}"/>'))
            own.append(
                f"        <ANNOTATION>\n            "
                f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}" TIME_SLOT_REF1="ts{first}" '
                f'TIME_SLOT_REF2="ts{last}">\n                '
                f"<ANNOTATION_VALUE>{codes[at % 5]}</ANNOTATION_VALUE>\n"
                "            </ALIGNABLE_ANNOTATION>\n        </ANNOTATION>"
            )
            if at < LINKED_PER_TIER:
                below.append(
                    f"        <ANNOTATION>\n            "
                    f'<REF_ANNOTATION ANNOTATION_ID="a{500000 + number}" '
                    f'ANNOTATION_REF="a{number}">\n                '
                    f"<ANNOTATION_VALUE>{codes[(at + 1) % 5]}</ANNOTATION_VALUE>\n"
                    "            </REF_ANNOTATION>\n        </ANNOTATION>"
                )
        name = f"tier{tier}"
        tiers.append(
            f'    <TIER LINGUISTIC_TYPE_REF="affect" PARTICIPANT="p{tier % 2}" TIER_ID="{name}">'
        )
        tiers += own
        tiers.append("    </TIER>")
        tiers.append(
            f'    <TIER LINGUISTIC_TYPE_REF="linked" PARENT_REF="{name}" TIER_ID="{name}@more">'
        )
        tiers += below
        tiers.append("    </TIER>")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<ANNOTATION_DOCUMENT AUTHOR="" DATE="2020-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">',
        '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>',
        "    <TIME_ORDER>",
        *("        " + text for _, text in sorted(slots)),
        "    </TIME_ORDER>",
        *tiers,
        '    <LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="affect" TIME_ALIGNABLE="true"/>',
        '    <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" LINGUISTIC_TYPE_ID="linked" '
        'TIME_ALIGNABLE="false"/>',
        "</ANNOTATION_DOCUMENT>",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return ALIGNED_TIERS * (PER_TIER + LINKED_PER_TIER)


def read_with_pympi(path: Path) -> int:
    """Number of annotations handed out."""
    eaf = Elan.Eaf(str(path))
    return sum(len(eaf.get_annotation_data_for_tier(name)) for name in eaf.get_tier_names())


def read_here(path: Path) -> int:
    """Number of annotations handed out."""
    (recording,) = read_eaf(path)
    return sum(len(track) for track in recording.tracks)


def cpu_s(function: Callable[[Path], int], path: Path, expected: int) -> float:
    """Seconds of CPU time of one call."""
    start = time.process_time()
    got = function(path)
    spent = time.process_time() - start
    if got != expected:
        raise SystemExit(f"{function.__name__} handed out {got} annotations, not {expected}")
    return spent


def main() -> None:
    """Print both times and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.eaf"
        expected = make_eaf(path)
        cpu_s(read_with_pympi, path, expected)
        cpu_s(read_here, path, expected)
        theirs, ours = [], []
        for _ in range(RUNS):
            theirs.append(cpu_s(read_with_pympi, path, expected))
            ours.append(cpu_s(read_here, path, expected))
    a, b = statistics.median(theirs), statistics.median(ours)
    print(f"{expected} annotations: pympi-ling {a:.3f} s, reattune {b:.3f} s, ratio {a / b:.2f}")


if __name__ == "__main__":
    main()
