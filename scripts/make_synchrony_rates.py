"""Simulate how often tests and rules of thumb call two signals synchronous: table and picture.

``python scripts/make_synchrony_rates.py`` writes docs/images/synchrony-rates.csv, which takes
about twenty minutes, and docs/images/synchrony-power.svg; with ``--draw`` only the picture, from
the table there is.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.recovery import synchrony_power as sim  # noqa: E402

IMAGES = ROOT / "docs" / "images"
TABLE, PICTURE = IMAGES / "synchrony-rates.csv", IMAGES / "synchrony-power.svg"
RECORDS, STUDIES, CALIBRATION, MADE_RECORDS = 400, 250, 1000, 200
SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
STUDY_SHARES = (0.0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.3)
MADE = ("phase_randomised", "iaaft", "segment_shuffle")
Row = tuple[str, str, float, str, float, int]


def run() -> list[Row]:
    """Rows of part, process, share, rule, rate, n."""
    rows: list[Row] = []

    def add(part: str, process: str, share: float, rates: dict[str, float], n: int) -> None:
        rows.extend((part, process, share, rule, rate, n) for rule, rate in rates.items())
        print(part, process, share, {k: round(v, 3) for k, v in rates.items()}, flush=True)

    null = sim.measure_records(sim.coupled(0.0), records=CALIBRATION, seed=101, surrogates=1)["es"]
    null_d = sim.measure_studies(sim.coupled(0.0), studies=CALIBRATION, seed=102, surrogates=1)["d"]
    for process, draw in sim.UNCOUPLED.items():
        found = sim.measure_records(draw, records=RECORDS, seed=103)
        add("false positives record", process, 0.0, sim.rate_records(found, null), RECORDS)
        made = {name: made_rate(draw, name) for name in MADE}
        add("false positives record", process, 0.0, made, MADE_RECORDS)
        studies = sim.measure_studies(draw, studies=STUDIES, seed=104)
        add("false positives study", process, 0.0, sim.rate_studies(studies, null_d), STUDIES)
    for share in SHARES:
        found = sim.measure_records(sim.coupled(share), records=RECORDS, seed=105)
        add("power record", "AR(1) 0.9", share, sim.rate_records(found, null), RECORDS)
    for share in STUDY_SHARES:
        studies = sim.measure_studies(sim.coupled(share), studies=STUDIES, seed=106)
        add("power study", "AR(1) 0.9", share, sim.rate_studies(studies, null_d), STUDIES)
    return rows


def made_rate(draw: sim.Draw, null: str) -> float:
    """False positives of mean absolute z against signals made anew."""
    from reattune.surrogates.ranks import two_sided_p
    from reattune.synchrony_tests import compare_record

    hits = []
    for rng in np.random.default_rng(107).spawn(MADE_RECORDS):
        x, y = draw(rng)
        test = compare_record(x, y, sim.SETTINGS, rate_hz=sim.RATE, rng=rng, n=39, null=null)  # type: ignore[arg-type]
        # The bare p: the test itself refuses signals that rest much.
        p = two_sided_p(test["mean_abs_z"].observed, test.draws["mean_abs_z"])
        hits.append(p <= sim.ALPHA)
    return float(np.mean(hits))


def write(rows: list[Row]) -> None:
    """The table as text."""
    head = "part,process,share_of_common_shocks,rule,rate,n\n"
    text = "".join(f"{a},{b},{c:g},{d},{e:.4f},{n}\n" for a, b, c, d, e, n in rows)
    TABLE.write_text(head + text, encoding="utf-8")


def read() -> list[Row]:
    """The table that was written."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            (r["part"], r["process"], float(r["share_of_common_shocks"]), r["rule"],
             float(r["rate"]), int(r["n"]))
            for r in csv.DictReader(file)
        ]  # fmt: skip


LINES = {
    "lag_zero_z": ("ours: z at lag 0, rotation", "ink", "-.", "D"),
    "mean_z": ("ours: mean z, rotation", "ink", "-", "o"),
    "mean_abs_z": ("ours: mean |z|, rotation", "ink", "--", "s"),
    "es_calibrated": ("SUSY's effect size, calibrated", "quiet", "-", "^"),
    "es_above_1": ("SUSY: effect size > 1", "null", ":", "v"),
    "es_above_1.96": ("SUSY: effect size > 1.96", "null", "-.", "D"),
    "pairing": ("ours: partners re-paired", "ink", "-", "o"),
    "rotation": ("ours: rotation, combined", "ink", "--", "s"),
    "d_calibrated": ("Cohen's d, calibrated", "quiet", "-", "^"),
    "t_test": ("t test on pseudo pairs", "null", ":", "v"),
    "d_above_0.5": ("Cohen's d > 0.5", "null", "-.", "D"),
}
PANELS = {
    "power record": ("One record of 10 minutes", list(LINES)[:6]),
    "power study": ("A study of 10 dyads (mean |z|)", list(LINES)[6:]),
}


def draw(rows: list[Row]) -> str:
    """Both power curves as SVG."""
    from reattune.show import style as look
    from reattune.show.report.figures import to_svg

    with look.drawing():
        figure = look.new_figure(9.4, 4.0)
        figure.patch.set_alpha(1.0)
        for ax, (part, (title, rules)) in zip(
            figure.subplots(1, 2, sharey=True), PANELS.items(), strict=True
        ):
            ax.axhline(0.05, color=look.NULL_BAND, lw=4, zorder=0)
            for rule in rules:
                points = [(r[2], r[4]) for r in rows if r[0] == part and r[3] == rule]
                name, colour, dash, mark = LINES[rule]
                ax.plot(
                    *zip(*points, strict=True), dash, color=look.COLOURS[colour][0], marker=mark,
                    ms=4.5, mfc="none" if colour == "null" else None, lw=1.3, label=name,
                )  # fmt: skip
            ax.set_title(title)
            ax.set_xlabel("share of the second's shocks that are the first's")
            ax.set_ylim(-0.02, 1.02)
            ax.set_yticks([0.05, 0.25, 0.5, 0.75, 1], [".05", ".25", ".5", ".75", "1"])
            ax.legend(loc="upper left")
        figure.axes[0].set_ylabel("called synchronous")
        return to_svg(figure)


if __name__ == "__main__":
    if "--draw" not in sys.argv:
        write(run())
    PICTURE.write_text(draw(read()), encoding="utf-8")
