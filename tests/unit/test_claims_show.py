"""The claims for people: sentences, pictures, page, files, command."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from math import nan
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from reattune.cli import app
from reattune.experiments.claims import CLAIMS, ClaimsResult, Estimate, Finding, run_claims
from reattune.experiments.claims.evidence import POWERED
from reattune.show import claims_data as data
from reattune.show.claims_export import write_claims
from reattune.show.claims_words import CAUTIONS, LATENTS, describe_carriers, summarize_claims
from reattune.show.plots.claims.quality import plot_quality
from reattune.show.plots.claims.verdicts import plot_verdicts
from reattune.show.report.claims import render_claims_report

from .made_claims import run_small

# Words that would grade a person, promise a norm, or claim more than a simulation can.
FORBIDDEN = re.compile(
    r"\bproves?\b|\boptimal|\bshould be matched|\bgood.enough|\bbetter (mother|caregiver|therapist)"
    r"|\bepisode|\bfailure|\berror|\bunhealthy|\bnan\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def small() -> ClaimsResult:
    return run_small()


@pytest.fixture(scope="module")
def folder(small: ClaimsResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the small run."""
    place = tmp_path_factory.mktemp("claims")
    told: list[str] = []
    written = write_claims(small, place, on_progress=lambda done, total, what: told.append(what))
    names = ["claims.html", "claims.csv", "claims_statements.csv", "settings.json"]
    assert [path.name for path in written] == names
    assert "drawing map" in told
    return place


def test_the_summary_says_what_has_to_be_said(small: ClaimsResult) -> None:
    text = small.summary()
    assert LATENTS in text
    assert "not measured in people" in text
    assert "no evidence that people follow them" in text
    assert "quick run" in text
    for claim in CLAIMS.values():
        assert f"{claim.number}. {claim.title}" in text
    for head in ("The model", "It rests on", "For, in people", "Against", "What would test it"):
        assert text.count(f"  {head}") == 5
    assert "nothing special happens there" in text
    assert "No direct test is known to us" in text
    assert "null, " in text
    assert ", small: " in text
    assert not FORBIDDEN.search(text), FORBIDDEN.search(text)


def test_numbers_in_sentences_are_those_of_the_result(small: ClaimsResult) -> None:
    text = small.summary()
    for cell in ("0", "40", "90"):
        got = small.value(4, "small repairs", cell, "confident_trust")
        assert f"{got.value:.2f} ({got.low:.2f} to {got.high:.2f})" in text


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: str(claim.number))
def test_evidence_has_both_sides_with_year_and_size(claim: object) -> None:
    evidence = claim.evidence  # type: ignore[attr-defined]
    assert {"for"} < {item.side for item in evidence}
    for item in evidence:
        assert re.search(r"\((19|20)\d\d", item.source), item.source
        assert item.small == (item.n is not None and item.n < POWERED)
        assert (", small:" in item.text) == item.small
        assert (": null, " in item.text) == item.null
        if item.n is not None:
            assert f"{item.n:,}" in item.sample or str(item.n) in item.sample


def test_small_is_what_a_correlation_of_a_quarter_needs() -> None:
    """Fisher's z, two-sided .05, 80 % power."""
    from scipy.stats import norm

    needed = ((norm.ppf(0.975) + norm.ppf(0.8)) / np.arctanh(0.25)) ** 2 + 3
    assert abs(needed - POWERED) < 1


def test_what_carries_a_claim_is_told_from_the_verdicts(small: ClaimsResult) -> None:
    statements = CLAIMS[4].statements

    def finding(at: int, ablation: str, low: float, kept: float = nan) -> Finding:
        return Finding(4, statements[at], ablation, Estimate(low + 0.01, low, low + 0.02, 9), kept)

    made = replace(
        small,
        findings=(
            *(finding(at, "", 0.3) for at in range(3)),
            *(finding(at, "no_overwhelm", low, 0.4) for at, low in enumerate((0.0, -0.5, 0.1))),
            *(finding(at, "no_forgetting", 0.6, 2.0) for at in range(3)),
        ),
    )
    assert describe_carriers(made, 4) == [
        "Without \u201cthe repair of an overwhelming rupture counts little\u201d: gone: small "
        "repairs widen; the other way round: small repairs assure; less than half is left: half "
        "as many do less.",
        "Holds whatever is taken away: half as many do less.",
    ]


def test_frames_hold_what_the_pictures_draw(small: ClaimsResult) -> None:
    outcome_map = data.map_data(small)
    assert len(outcome_map) == 9
    assert set(data.quality_data(small)["sweep"]) == {"caregiver", "own moves only"}
    assert len(data.dyads_data(small)) == 20
    assert set(data.ramp_data(small)["cell"]) == {"by steps", "at once"}
    assert len(set(data.therapy_data(small)["cell"])) == 5
    shown = data.verdict_data(small)
    assert set(shown["column"]) == set(range(7))
    speeds = data.speed_data(small)["latency_mean_s"].to_numpy()
    assert (np.diff(speeds) > 0).all()


def test_leaving_only_grows(small: ClaimsResult) -> None:
    frame = data.therapy_data(small)
    for _, part in frame[frame["outcome"] == "left_prop"].groupby("cell"):
        assert (part.sort_values("session")["value"].diff().dropna() > 0).all()


def test_the_page_is_self_contained_and_says_it(folder: Path) -> None:
    page = (folder / "claims.html").read_text("utf-8")
    plain = unescape(page).replace("\u00a0", " ")
    assert LATENTS in plain
    for text in CAUTIONS[1:]:
        assert text in plain
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "<script" not in page
    for name in ("map", "quality", "speed", "durations", "ramp", "repairs", "therapy", "verdicts"):
        assert f'download="{name}.svg"' in page
        assert f'download="{name}.csv"' in page
    seen = re.sub(r"data:[^\"]*", "", page)
    seen = re.sub(r"<style.*?</style>", "", seen, flags=re.DOTALL)
    assert not FORBIDDEN.search(seen), FORBIDDEN.search(seen)


def test_one_claim_gives_a_page_of_one() -> None:
    found = run_claims(quick=True, dyads=20, sessions=15, claims=[4], ablations=False)
    assert "It rests on" not in found.summary()
    page = render_claims_report(found)
    assert 'download="repairs.svg"' in page
    assert 'download="map.svg"' not in page
    assert page == render_claims_report(found)
    assert len(plot_verdicts(found).get_xticks()) == 1
    document = found.to_dict()
    json.dumps(document, allow_nan=False)
    assert [claim["claim"] for claim in document["claims"]] == [4]  # type: ignore[attr-defined]


def test_pictures_draw_where_it_began_in_grey(small: ClaimsResult) -> None:
    ax = plot_quality(small)
    grey = [line for line in ax.lines if line.get_gid() == "null"]
    assert len(grey) == 1
    assert grey[0].get_ydata()[0] == pytest.approx(1.0)  # type: ignore[index]
    assert small.plot().figure is not None


def test_files_and_their_columns(small: ClaimsResult, folder: Path) -> None:
    import pandas as pd

    numbers = pd.read_csv(folder / "claims.csv")
    assert len(numbers) == len(small.numbers)
    assert numbers["session"].isna().any()
    statements = pd.read_csv(folder / "claims_statements.csv")
    assert set(statements["verdict"]) <= {"holds", "gone", "reversed", "open"}
    settings = json.loads((folder / "settings.json").read_text("utf-8"))
    assert settings["seed"] == 1


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    args = ["claims", "--claim", "4", "--dyads", "20", "--sessions", "15", "--quick"]
    args += ["--no-ablations", "--workers", "2"]
    plain = run.invoke(app, [*args, "--out", str(tmp_path)])
    assert plain.exit_code == 0, plain.output
    assert "4. Many small repairs" in plain.stdout
    assert (tmp_path / "claims.html").is_file()
    document = json.loads(run.invoke(app, [*args, "--json"]).stdout)
    assert document["kind"] == "claims"
    assert document["schema"] == "reattune/1"


def test_a_short_summary_line_for_every_statement(small: ClaimsResult) -> None:
    lines = summarize_claims(small)
    for finding in small.findings:
        if not finding.ablation:
            assert sum(finding.statement.says in line for line in lines) >= 1
