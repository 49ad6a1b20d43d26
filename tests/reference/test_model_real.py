"""The mechanistic model fitted to real codes: what docs/validation-model.md says came out."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reattune.core.session import Session
from reattune.core.streams import States
from reattune.datasets.infant_affect import load_infant_affect
from reattune.models.coarse import make_cue_codebook, make_valence_codebook
from reattune.models.coordinates import COORDINATES, FREE
from reattune.models.fit import fit_data, fit_session
from reattune.models.identifiability import identify
from reattune.models.pooling import fit_dyads
from reattune.models.presets import preset
from reattune.models.priors import Prior
from reattune.models.residuals import find_residuals

AGENDA = tuple(name for name in COORDINATES if name.startswith("agenda_"))
VALENCE = make_valence_codebook(positive=("1", "2"), name="same valence")
WIDE = Prior(sds=dict.fromkeys((*FREE, *AGENDA), 1.0))
# Dyad -> changes of both partners, kappa, gI, log likelihood; agenda moved.
INFANTS = {
    "3367": (12, 29, 0.0219, 0.126, -148.0),
    "3414": (15, 12, 0.00970, 0.188, -108.8),
    "3532": (24, 14, 0.0358, 0.150, -133.3),
}


@pytest.mark.slow
@pytest.mark.parametrize("dyad", INFANTS)
def test_infant_dyads(shared: Path, dyad: str) -> None:
    session = load_infant_affect(shared / "infant_affect_xu2020")[dyad]
    fit = fit_session(session, codebook=VALENCE, prior=WIDE, free=(*FREE, *AGENDA))
    focal, responder, kappa, own, height = INFANTS[dyad]
    assert fit.converged
    assert fit.at_bounds == ()
    assert fit.design == "events"
    assert (fit.focal_changes, fit.responder_changes) == (focal, responder)
    assert fit.value("contingent_per_s")[0] == pytest.approx(kappa, rel=0.01)
    assert fit.value("focal_agenda_per_s")[0] == pytest.approx(own, rel=0.01)
    assert fit.log_likelihood == pytest.approx(height, abs=0.1)
    report = identify(fit)
    assert report.verdict("logit_away") == "pooled only"
    assert "coded like" in report.to_frame().set_index("parameter").why["logit_away"]
    assert report.verdict("arousal_gain_per_s") == "not told"


@pytest.mark.slow
def test_an_agenda_held_where_play_has_it_does_not_fit_mothers_affect(shared: Path) -> None:
    """Smiles come back far more often than the usual agenda has them; moved, it fits better."""
    fits = {}
    for free in (FREE, (*FREE, *AGENDA)):
        fits[free] = [
            fit_session(session, codebook=VALENCE, prior=WIDE, free=free)
            for session in load_infant_affect(shared / "infant_affect_xu2020")
        ]
    held, moved = (find_residuals(fits[free]).to_frame().set_index("process") for free in fits)
    assert held.p["responder to play"] < 1e-5
    assert held.ratio["responder to play"] > 4
    assert moved.ratio["responder to play"] == pytest.approx(1.59, abs=0.02)
    assert moved.p["responder"] > 0.5
    heights = [sum(fit.log_likelihood for fit in side) for side in fits.values()]
    assert heights[1] - heights[0] > 35


def read_couples(shared: Path) -> list[Session]:
    """All 64 couples: a cue (first sequence) and its answer (second), every 10 s."""
    out = []
    with (shared / "formats" / "couples" / "CouplesCope.csv").open() as file:
        for row in csv.DictReader(file):
            streams = []
            for who, prefix in (("first", "IKCB"), ("second", "DCCB")):
                codes = [str(int(float(row[f"{prefix}{i:02d}"]))) for i in range(1, 49)]
                starts = np.arange(48) * 10.0
                streams.append(States(who, "code", starts, starts + 10.0, codes, 10.0))
            out.append(Session(row["code"], ("first", "second"), (0.0, 480.0), tuple(streams)))
    return out


@pytest.mark.slow
def test_couples(shared: Path) -> None:
    from reattune.models.likelihood import set_rates

    base = preset("patient_therapist")
    prior = Prior(base=set_rates(base, base.contingent_per_s, 0.0), sds={"agenda_soothe": 1.0})
    free = (
        *("focal_agenda_per_s", "focal_follow_per_s", "responder_agenda_per_s"),
        *("contingent_per_s", "logit_negative", "agenda_soothe"),
    )
    book = make_cue_codebook("code", partners=("first", "second"))
    sessions = read_couples(shared)
    pooled = fit_dyads(sessions, codebook=book, prior=prior, free=free)
    assert pooled.converged
    assert all(fit.converged and fit.design == "interval" for fit in pooled.fits)
    frame = pooled.to_frame().set_index("parameter")
    assert frame.centre["contingent_per_s"] == pytest.approx(0.0793, rel=0.03)
    assert frame.centre["focal_agenda_per_s"] == pytest.approx(0.0465, rel=0.03)
    # Without any answering to the cue the couples are far less likely.
    silent = replace(pooled.prior, base=set_rates(pooled.prior.base, 0.0, 0.0))
    others = tuple(name for name in free if name != "contingent_per_s")
    without = [fit_data(fit.data, others, silent) for fit in pooled.fits]
    gain = sum(f.log_likelihood for f in pooled.fits) - sum(f.log_likelihood for f in without)
    assert gain == pytest.approx(149.9, abs=3)
