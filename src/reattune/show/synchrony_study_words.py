"""Synchrony of many records in sentences: dyads beside strangers, records beside other moments."""

from __future__ import annotations

import numpy as np

from reattune.show.phrases import count, interval, number, phase_name, start_upper
from reattune.show.synchrony_beside import beside_row, name_kind
from reattune.show.synchrony_data import ALPHA, mean_interval, split_pairings
from reattune.surrogates.ranks import ChanceStatistic
from reattune.synchrony_pipeline.result import EpochTest, StudySynchrony, SynchronyAnalysis


def describe_study(analysis: SynchronyAnalysis, row: StudySynchrony) -> list[str]:
    """The mean over dyads beside strangers and beside other moments, and how the two agree."""
    where = [] if row.phase == "all" else [phase_name(row.phase)]
    where += [row.condition] if row.condition else []
    head = f"{start_upper(', '.join(where))}: over" if where else "Over"
    said = []
    for name, words in (("mean_abs_z", "absolute"), ("mean_z", "signed")):
        told = _study_sentence(analysis, row, name, words, head)
        if told:
            said.append(told)
            head = "Over"
    if row.pairing is not None and row.combined is not None:
        said.append(_agreement(row.pairing["mean_abs_z"], row.combined["mean_abs_z"]))
    if row.combined is not None and "lead_difference" in row.combined:
        first, second = analysis.partners
        lead = row.combined["lead_difference"]
        said.append(
            f"Where the {first} leads minus where the {second} leads: {number(lead.observed, 3)}"
            f"{beside_row(lead, 'the same dyads at other moments give')}"
        )
    said += [f"{start_upper(text)}" for text in (row.no_pairing, row.no_combined) if text]
    for test in (row.pairing, row.combined):
        said += [warning.message for warning in (test.warnings if test is not None else ())]
    return list(dict.fromkeys(said))


def _study_sentence(
    analysis: SynchronyAnalysis, row: StudySynchrony, name: str, words: str, head: str
) -> str:
    values = np.empty(0)
    if row.pairings is not None and name in row.pairings.values:
        own, _ = split_pairings(row.pairings, name)
        values = own[np.isfinite(own)]
    told = []
    for test, given in (
        (row.pairing, "strangers laid side by side give"),
        (row.combined, "the same records at other moments give"),
    ):
        if test is not None and name in test:
            told.append(beside_row(test[name], given).removeprefix("; ").rstrip("."))
    if values.size:
        low, high = mean_interval(values)
        value = f"{number(float(values.mean()), 3)}{interval(low, high, 3)}"
        n = count(values.size, "dyad")
    elif row.combined is not None and name in row.combined:
        value, n = number(row.combined[name].observed, 3), count(row.n_records, "record")
    else:
        return ""
    kind = name_kind(analysis.options)
    return f"{head} {n} the mean {words} {kind} is {value}" + "".join(f"; {t}" for t in told) + "."


def _agreement(pairing: ChanceStatistic, combined: ChanceStatistic) -> str:
    """What the two tests over records say together."""
    if pairing.refused or combined.refused:
        return "The two tests over records cannot be read together: one of them has no p."
    above = [row.p <= ALPHA and row.observed > row.null_median for row in (pairing, combined)]
    if all(above):
        return (
            "Both tests agree: partners go together more than strangers do, and more than the same "
            "records do at other moments."
        )
    if above[0]:
        return (
            "Partners go together more than strangers do, but not more than the same records do at "
            "other moments: they may only be alike in how smoothly or how often they move, or "
            "share slow change."
        )
    if above[1]:
        return (
            "Partners are tied to each other in time, but strangers in the same setting are about "
            "as much alike: what all records share (task, instructions) may explain it."
        )
    return "Neither test finds partners going together more than chance: too little to tell."


def describe_epochs(epoch: EpochTest) -> list[str]:
    """Synchrony inside epochs beside the same epochs placed elsewhere."""
    where = "" if epoch.phase == "all" else f", {phase_name(epoch.phase)}"
    head = f"{start_upper(epoch.name)}{where} ({epoch.kind})"
    if epoch.chance is None:
        return [f"{head}: {epoch.no_chance}"]
    inside, outside = epoch.chance["inside"], epoch.chance["outside"]
    return [
        f"{head}: {count(epoch.n_epochs, 'epoch')} in {count(epoch.n_records, 'record')}. Mean "
        f"inside {number(inside.observed, 3)}, outside {number(outside.observed, 3)}, difference "
        f"{number(epoch.chance['difference'].observed, 3)}"
        f"{beside_row(epoch.chance['difference'], 'the same epochs placed elsewhere give')}"
    ]
