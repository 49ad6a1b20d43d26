"""Tables of a fit's report."""

from __future__ import annotations

from typing import Any

from reattune.experiments.fit_result import DyadFit, StudyFit
from reattune.models.coordinates import COORDINATES
from reattune.models.parameters import FOCAL_STATES, RESPONDER_STATES
from reattune.show import model_data as data
from reattune.show import model_words as words
from reattune.show.model_data import label_parameter
from reattune.show.phrases import number, percent, start_upper
from reattune.show.plots.model_predictive import share_far, show
from reattune.show.report.tables import EMPTY, Table


def model_tables(study: StudyFit) -> list[Table]:
    """Parameters, what can be told, changes, simulated beside seen, and the codebook."""
    tables = [_parameters_table(study), _told_table(study.dyads[0], study.codebook.partners)]
    if study.pooled is not None:
        tables.append(_pooled_table(study))
    residuals = study.residuals or study.dyads[0].residuals
    if residuals is not None:
        tables.append(_residuals_table(study, residuals))
    predictive = study.predictive or study.dyads[0].predictive
    if predictive is not None:
        tables.append(_predictive_table(predictive))
    tables.append(_codebook_table(study))
    return tables


def _parameters_table(study: StudyFit) -> Table:
    names = list(dict.fromkeys(study.to_frame()["parameter"]))
    rows = []
    for one in study.dyads:
        for name in names:
            value, low, high = one.fit.value(name)
            rows.append(
                (
                    one.dyad,
                    label_parameter(name, study.codebook.partners),
                    words.show_parameter(value, name),
                    words._range(low, high, name),
                    words.show_parameter(one.fit.prior_value(name), name),
                    one.fit.standing(name),
                )
            )
    shown = rows[: 20 * len(names)]
    note = "" if len(shown) == len(rows) else "The first 20 dyads; fit.csv holds them all."
    heads = ("dyad", "parameter", "value", "95 % limits", "dyads in general", "stands on")
    return Table("All parameters", heads, tuple(shown), names=2, note=note)


def _told_table(one: DyadFit, partners: tuple[str, str]) -> Table:
    rows = []
    for row in one.identifiability.to_frame().to_dict("records"):
        name = str(row["parameter"])
        told, needed = float(row["told_prop"]), float(row["minutes_needed"])
        rows.append(
            (
                label_parameter(name, partners) if name in COORDINATES else name.replace("_", " "),
                str(row["verdict"]),
                str(row["why"]) or EMPTY,
                percent(told) if told == told else EMPTY,
                number(needed, 0) if needed == needed and row["verdict"] != "told" else EMPTY,
            )
        )
    heads = ("parameter", "verdict", "why", "told by the sessions", "minutes needed")
    note = (
        "Told: share of what was open about this dyad that its sessions took away. Minutes of the "
        "same kind of session after which three quarters would be told."
    )
    return Table(
        f"What the sessions of {one.dyad} can tell", heads, tuple(rows), names=3, note=note
    )


def _pooled_table(study: StudyFit) -> Table:
    rows = []
    for row in study.pooled.to_frame().to_dict("records") if study.pooled is not None else []:
        name = str(row["parameter"])
        rows.append(
            (
                label_parameter(name, study.codebook.partners),
                words.show_parameter(row["centre"], name),
                words._range(row["low"], row["high"], name) if row["low"] == row["low"] else EMPTY,
                words._range(row["dyads_low"], row["dyads_high"], name),
            )
        )
    heads = ("parameter", "centre of dyads", "95 % limits", "95 in 100 dyads")
    return Table("Dyads together", heads, tuple(rows))


def _residuals_table(study: StudyFit, residuals: Any) -> Table:
    rows = []
    for row in residuals.to_frame().to_dict("records"):
        name = str(row["process"])
        known = row["ks"] == row["ks"]
        band = 1.358 / row["n"] ** 0.5 if known else float("nan")
        plain = words._process(name, study.codebook.partners).removeprefix("the ")
        rows.append(
            (
                plain if " to " in name else f"{plain.split(' turns')[0]}, any change",
                number(row["n"], 0),
                number(row["expected"]),
                number(row["ks"], 2) if known else EMPTY,
                number(band, 2) if known else EMPTY,
            )
        )
    note = (
        "Departure: largest distance between the distributions of waiting times (at least 10 "
        "changes). States are the model's; which codes they are stands below."
    )
    heads = ("change", "seen", "expected", "departure", "true model stays within")
    return Table("Changes seen and expected", heads, tuple(rows), note=note)


def _predictive_table(predictive: Any) -> Table:
    rows = []
    for row in data.predictive_data(predictive).to_dict("records"):
        unit = row["unit"]
        limits = f"{show(row['low'], unit)} to {show(row['high'], unit)}"
        far = row["far_prop"]
        rows.append(
            (
                str(row["phase"]).replace("_", " "),
                str(row["label"]),
                show(row["seen"], unit),
                show(row["predicted"], unit),
                limits,
                share_far(far) if far == far else EMPTY,
                f"{row['n_defined']} / {row['n']}",
            )
        )
    heads = ("phase", "measure", "seen", "simulated", "middle 95 %", "as far out", "defined")
    return Table("Simulated beside seen", heads, tuple(rows), names=2)


def _codebook_table(study: StudyFit) -> Table:
    book, rows = study.codebook, []
    sides = (
        (book.partners[0], FOCAL_STATES, book.focal, book.focal_back),
        (book.partners[1], RESPONDER_STATES, book.responder, book.responder_back),
    )
    for who, states, labels, back in sides:
        for state, label in zip(states, labels, strict=True):
            more = [other for other, of in back.items() if of == state and other != label]
            rows.append((who, state, ", ".join([label, *more])))
    note = "A code that stands for several states does not tell them apart."
    if book.source:
        note += f" {start_upper(book.source)}."
    return Table("Which code is which state", ("partner", "state", "codes"), tuple(rows), names=3,
                 note=note)  # fmt: skip
