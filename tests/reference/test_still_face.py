"""The imposed rupture of the still-face, found again in all 48 visits, phases ignored.

The voice of the caregiver alone says when the still-face was: she was told to be silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reattune.core.ruptures import Rupture
from reattune.core.session import Session
from reattune.measures import compute_measures, make_tally
from reattune.measures.survival import fit_survival
from reattune.repair import FirstRepair, find_first_repair, find_ruptures
from reattune.rules import Contact

from .compare import Row, check, rows_by
from .sessions import still_face

FOLDER = "reference/still_face_contact"
PATIENCE = (3.0, 5.0, 10.0)
SPANS = ("all", "start_play_to_end_play")
STATUS = {"matched_at_onset": "in_contact_at_onset"}


@pytest.fixture(scope="module")
def visits(shared: Path) -> dict[str, Session]:
    """All visits in the folder, read once."""
    names = sorted(p.name.split(".")[0] for p in (shared / "ffsf_klein2020/F0_mom").glob("*.gz"))
    assert len(names) == 48
    return {name: still_face(shared, name) for name in names}


def contact(patience: float) -> Contact:
    return Contact("voice", patience, partners=("caregiver",))


def window(session: Session, span: str) -> tuple[float, float]:
    phases = {p.label: p.window for p in session.phases}
    whole = (phases["play"][0], phases["reunion"][1])
    return {"all": session.span, "start_play_to_end_play": whole, **phases}[span]


def longest(session: Session, patience: float, span: str = "all") -> tuple[Rupture, list[Rupture]]:
    """The longest entered rupture (earliest of equals), and all entered ones."""
    found = find_ruptures(contact(patience)(session, window(session, span)))
    entered = [rupture for rupture in found if rupture.entered]
    return max(entered, key=lambda r: (round(r.latency, 9), -r.onset)), entered


def overlap(rupture: Rupture, start: float, end: float) -> tuple[float, float]:
    """Share of the span that the rupture covers, and overlap over union."""
    shared_s = max(0.0, min(rupture.end, end) - max(rupture.onset, start))
    union = (rupture.latency) + (end - start) - shared_s
    return shared_s / (end - start), shared_s / union


# -- against the second implementation (infants with even numbers) ---------------------------------


def test_longest_rupture_of_the_even_infants(shared: Path, visits: dict[str, Session]) -> None:
    rows = [
        row
        for group in rows_by(shared / FOLDER / "longest_rupture_even_infants.csv", "visit").values()
        for row in group
    ]
    assert len(rows) == 22 * 3 * 2
    for row in rows:
        session = visits[row["visit"]]
        start, end = window(session, "still_face")
        rupture, entered = longest(session, float(row["patience_s"]), row["span"])
        cover, over_union = overlap(rupture, start, end)
        lengths = sorted(r.latency for r in entered)
        got = {
            "n_ruptures": len(entered),
            "onset_s": rupture.onset,
            "end_s": rupture.end,
            "duration_s": rupture.latency,
            "second_longest_s": lengths[-2] if len(lengths) > 1 else np.nan,
            "onset_minus_start_sf_s": rupture.onset - start,
            "end_minus_end_sf_s": rupture.end - end,
            "share_of_still_face_covered": cover,
            "overlaps_still_face": float(cover > 0),
            "covers_half_of_still_face": float(cover >= 0.5),
            "overlap_over_union": over_union,
        }
        for name, value in got.items():
            check(f"{row['visit']} {name}", value, row[name])
        assert (rupture.outcome, rupture.repaired_by) == (row["outcome"], row["ended_by"])


def test_first_repair_of_the_even_infants(shared: Path, visits: dict[str, Session]) -> None:
    table = rows_by(
        shared / FOLDER / "reunion_first_repair_even_infants.csv", "visit", "patience_s"
    )
    assert len(table) == 66
    for (visit, patience), [row] in table.items():
        session = visits[visit]
        got = find_first_repair(contact(float(patience))(session, window(session, "reunion")))
        assert STATUS.get(got.status, got.status) == row["status"]
        check(visit, got.latency_s, row["latency_from_reunion_onset_s"])


def even(visits: dict[str, Session]) -> Iterator[Session]:
    return (session for name, session in visits.items() if int(name[1:3]) % 2 == 0)


@pytest.mark.parametrize("patience", PATIENCE)
def test_pooled_figures_of_the_even_infants(
    shared: Path, visits: dict[str, Session], patience: float
) -> None:
    table = rows_by(shared / FOLDER / "pooled_even_infants.csv", "patience_s", "span_or_phase")
    compared = 0
    for span in SPANS:
        compared += compare(table[f"{patience:g}", span], longest_figures(visits, patience, span))
    for phase in ("play", "still_face", "reunion"):
        compared += compare(table[f"{patience:g}", phase], phase_figures(visits, patience, phase))
    assert compared == 83


def compare(rows: list[Row], got: dict[str, float]) -> int:
    wanted = {row["item"]: row["value"] for row in rows}
    for name, value in got.items():
        check(name, value, wanted[name])
    return len(got)


def longest_figures(visits: dict[str, Session], patience: float, span: str) -> dict[str, float]:
    found = [longest(s, patience, span)[0] for s in even(visits)]
    faces = [window(s, "still_face") for s in even(visits)]
    shares = [overlap(r, *face) for r, face in zip(found, faces, strict=True)]
    onset = np.array([r.onset - a for r, (a, _) in zip(found, faces, strict=True)])
    return {
        "visits": len(found),
        "visits_with_a_rupture": len(found),
        "longest_overlaps_still_face": sum(c > 0 for c, _ in shares),
        "longest_covers_half_of_still_face": sum(c >= 0.5 for c, _ in shares),
        "onset_within_-5_to_10s_of_start_sf_given_overlap": int(
            ((onset >= -5) & (onset <= 10)).sum()
        ),
        "median_onset_minus_start_sf_s": float(np.median(onset)),
        "median_end_minus_end_sf_s_given_overlap": float(
            np.median([r.end - b for r, (_, b) in zip(found, faces, strict=True)])
        ),
        "median_overlap_over_union": float(np.median([u for _, u in shares])),
        "share_of_still_face_covered_median": float(np.median([c for c, _ in shares])),
        "share_of_still_face_covered_min": min(c for c, _ in shares),
        "median_duration_s": float(np.median([r.latency for r in found])),
        "ended_by_caregiver": sum(r.repaired_by == "caregiver" for r in found),
        "censored": sum(r.outcome == "censored" for r in found),
    }


def phase_figures(visits: dict[str, Session], patience: float, phase: str) -> dict[str, float]:
    rule = contact(patience)
    dyads = [rule(s, window(s, phase)) for s in even(visits)]
    values = [compute_measures(make_tally(a, find_ruptures(a))) for a in dyads]
    figures: dict[str, float] = {}
    names = (
        "matched_prop", "n_ruptures", "repairs_per_min", "repair_hazard_per_s",
        "repair_latency_q50_s", "observed_s",
    )  # fmt: skip
    for name in names:
        held = [v[name].value for v in values if not np.isnan(v[name].value)]
        figures[f"{name}_mean"] = float(np.mean(held))
        figures[f"{name}_median"] = float(np.median(held))
        figures[f"{name}_n_defined"] = len(held)
    if phase == "reunion":
        firsts: list[FirstRepair] = [find_first_repair(a) for a in dyads]
        figures["first_repair_in_contact_at_onset"] = sum(
            f.status == "matched_at_onset" for f in firsts
        )
        figures["first_repair_repaired"] = sum(f.status == "repaired" for f in firsts)
        curve = fit_survival(
            np.array([f.latency_s for f in firsts]),
            np.array([f.status != "censored" for f in firsts]),
        )
        figures["first_repair_km_median_s"] = curve.quantile(0.5)[0]
    return figures


# -- what must hold for every visit ----------------------------------------------------------------


@pytest.mark.parametrize("patience", PATIENCE)
def test_the_longest_rupture_is_the_still_face(visits: dict[str, Session], patience: float) -> None:
    covers, unions = [], []
    for session in visits.values():
        rupture, _ = longest(session, patience)
        cover, union = overlap(rupture, *window(session, "still_face"))
        covers.append(cover >= 0.5)
        unions.append(union)
    assert np.mean([c and u >= 0.75 for c, u in zip(covers, unions, strict=True)]) >= 0.95
    assert np.median(unions) >= 0.90


@pytest.mark.parametrize("patience", PATIENCE)
def test_play_and_reunion_match_more_than_the_still_face(
    visits: dict[str, Session], patience: float
) -> None:
    rule = contact(patience)
    for name, session in visits.items():
        share = {}
        for phase in ("play", "still_face", "reunion"):
            attunement = rule(session, window(session, phase))
            values = compute_measures(make_tally(attunement, find_ruptures(attunement)))
            share[phase] = values["matched_prop"].value
        assert share["play"] > share["still_face"], name
        assert share["reunion"] > share["still_face"], name
