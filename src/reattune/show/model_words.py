"""What a fit of the model says, and what the model misses, in sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from reattune.experiments.fit_result import DyadFit, StudyFit
from reattune.experiments.predictive_result import FEW, Predictive
from reattune.models.coordinates import REPORTED
from reattune.results import WHOLE
from reattune.show.model_data import PARTNERS, label_measure, label_parameter, show_number
from reattune.show.phrases import (
    count,
    listed,
    number,
    p_value,
    percent,
    phase_name,
    start_upper,
)

if TYPE_CHECKING:
    import pandas as pd

    from reattune.models.fitted import Fit
    from reattune.models.residuals import Residuals

MAX_FAR = 6
MAX_LISTED = 12


def summarize_study_fit(study: StudyFit) -> list[str]:
    """The lines of a fit's summary."""
    lines = [*describe_sessions(study)]
    if len(study.dyads) == 1:
        lines += ["", *describe_dyad(study.dyads[0], study.codebook.partners)]
    else:
        lines += ["", *describe_centre(study)]
        if len(study.dyads) <= MAX_LISTED:
            lines += ["", *map(brief, study.dyads)]
    lines += ["", *describe_told(study), *describe_fit_of_model(study)]
    if study.comparison is not None:
        lines += ["", *describe_groups(study)]
    if study.simulated:
        lines += ["", *describe_recovery(study)]
    return lines + [f"Warning: {text}" for text in warnings_of(study)]


def describe_sessions(study: StudyFit) -> list[str]:
    """What was fitted, and how codes were read."""
    book = study.codebook
    focal, responder = book.partners
    sessions = sum(len(one.sessions) for one in study.dyads)
    seconds = sum(one.fit.observed_s for one in study.dyads)
    alone = len(study.dyads) == 1
    who = f"Dyad {study.dyads[0].dyad}" if alone else count(len(study.dyads), "dyad")
    name = f"{study.name}: " if study.name else ""
    designs = {one.fit.design for one in study.dyads}
    steps = sorted({one.fit.step_s for one in study.dyads if isfinite(one.fit.step_s)})
    how = {
        "events": "Times of change are taken as known.",
        "interval": f"Codes every {listed(f'{step:g}' for step in steps)} s; what happened in "
        "between is inferred.",
    }
    read = f"Codes of {book.stream!r} read by the codebook {book.name!r}"
    if book.approximate and book.source:
        read += f" ({'our approximation ' if book.source.startswith('after') else ''}{book.source})"
    return [
        f"{name}{who}, {count(sessions, 'session')}, {number(seconds / 60)} min scored. The focal "
        f"partner is the {focal}, the responder the {responder}.",
        f"{read}. " + " ".join(how[design] for design in sorted(designs)),
    ]


def describe_dyad(one: DyadFit, partners: Sequence[str]) -> list[str]:
    """The reported parameters of one dyad, each beside dyads in general."""
    fit = one.fit
    out = [
        f"{count(fit.focal_changes, 'change')} of the {partners[0]} and "
        f"{count(fit.responder_changes, 'change')} of the {partners[1]} were scored."
    ]
    if not fit.converged:
        out.append(f"No maximum was found ({fit.message}): the figures below are not this dyad's.")
    for name in REPORTED:
        if name == "reading_prob" or name in fit.free:
            out.append(_sentence(fit, name, partners))
    return out


def _sentence(fit: Fit, name: str, partners: Sequence[str]) -> str:
    value, low, high = fit.value(name)
    general = fit.prior_value(name)
    text = (
        f"{label_parameter(name, partners)}: {show_parameter(value, name)} "
        f"({_range(low, high, name)}); dyads in general {show_parameter(general, name)}"
    )
    if name == "reading_prob":
        text += ", answering without looking 25 %"
    if fit.standing(name) != "this dyad":
        text += ". Mostly the prior: these sessions say too little of it"
    return start_upper(text) + "."


def brief(one: DyadFit) -> str:
    """One dyad in one line: kappa, nu, s."""
    fit = one.fit
    if not fit.converged:
        return f"{one.dyad}: no maximum was found ({fit.message})."
    told = []
    for name, symbol in zip(REPORTED[:3], ("kappa", "nu", "s"), strict=True):
        if name == "reading_prob" or name in fit.free:
            value, low, high = fit.value(name)
            mark = "" if fit.standing(name) == "this dyad" else ", mostly prior"
            told.append(f"{symbol} {show_parameter(value, name)} ({_range(low, high, name)}{mark})")
    return f"{one.dyad}: {'; '.join(told)}."


def describe_centre(study: StudyFit) -> list[str]:
    """Dyads together: centre and spread where they were fitted together, else a range."""
    partners = study.codebook.partners
    lost = [one.dyad for one in study.dyads if not one.fit.converged]
    out = []
    if study.pooled is not None:
        n = len(study.pooled.fits)
        out.append(f"{count(n, 'dyad')} were fitted together: each leans on the others.")
        for row in study.pooled.to_frame().to_dict("records"):
            if row["parameter"] in REPORTED:
                name = str(row["parameter"])
                limits = (
                    f" ({_range(row['low'], row['high'], name)})" if isfinite(row["low"]) else ""
                )
                text = (
                    f"{label_parameter(name, partners)}: {show_parameter(row['centre'], name)}"
                    f"{limits}; 95 in 100 dyads between "
                    f"{_range(row['dyads_low'], row['dyads_high'], name, ' and ')}."
                )
                out.append(start_upper(text))
    else:
        out.append("Each dyad was fitted by itself; there is no centre of all of them.")
    if lost:
        out.append(f"No maximum was found for {count(len(lost), 'dyad')}: {listed(lost[:8])}.")
    return out


def describe_told(study: StudyFit) -> list[str]:
    """What sessions like these can tell, and what they cannot."""
    partners = study.codebook.partners
    verdicts: dict[str, dict[str, int]] = {}
    held: dict[str, str] = {}
    for one in study.dyads:
        for row in one.identifiability.to_frame().to_dict("records"):
            if row["why"] == "held at the prior":
                held[str(row["parameter"])] = _named(str(row["parameter"]), partners)
                continue
            found = verdicts.setdefault(str(row["parameter"]), {})
            found[str(row["verdict"])] = found.get(str(row["verdict"]), 0) + 1
    n = len(study.dyads)
    told: list[str] = []
    partly: list[str] = []
    not_told: list[str] = []
    pooled: list[str] = []
    for name, found in verdicts.items():
        if name.startswith("responder_look") or name == "learning_rate":
            continue
        label = _named(name, partners)
        good = found.get("told", 0)
        if found.get("pooled only", 0) == n:
            pooled.append(label)
        elif good > n / 2:
            told.append(label)
        elif good + found.get("partly", 0) > n / 2:
            partly.append(label)
        else:
            not_told.append(label)
    of = "this dyad" if n == 1 else "most single dyads"
    out = []
    for words, names in (
        (f"These sessions can tell of {of}", told),
        ("In part", partly),
        ("Told too little, the prior decides", not_told),
        ("Not to be read for one dyad", pooled),
        ("Held where dyads in general are, not moved", list(held.values())),
    ):
        if names:
            out.append(f"{words}: {listed(names)}.")
    out.append(
        f"How often the {partners[1]} looks, reads and is ready cannot be told apart from codes; "
        "only kappa, nu and s follow. How fast a dyad learns cannot be told either."
    )
    if all(one.fit.challenged_s == 0 for one in study.dyads):
        out.append(
            "There was no challenge such as a still-face, so nothing is learned here about how "
            "arousal rises."
        )
    return out


def _named(name: str, partners: Sequence[str]) -> str:
    """A parameter with its symbol in brackets."""
    words, symbol = label_parameter(name, partners).rsplit(", ", 1)
    return f"{words} ({symbol})"


def describe_fit_of_model(study: StudyFit) -> list[str]:
    """Whether the model fits: waiting times, and simulated against seen."""
    residuals = study.residuals or study.dyads[0].residuals
    out = describe_residuals(residuals, study.codebook.partners) if residuals else []
    if not out and all(one.fit.design == "interval" for one in study.dyads):
        out = ["Interval codes have no moments of change: waiting times cannot be checked."]
    predictive = study.predictive or study.dyads[0].predictive
    return out + (describe_predictive(predictive) if predictive is not None else [])


def describe_residuals(residuals: Residuals, partners: Sequence[str] = PARTNERS) -> list[str]:
    """How far waiting times depart from the fitted model's, beside what a true model gives."""
    out = []
    for row in residuals.to_frame().to_dict("records")[:2]:
        who = partners[0 if row["process"] == "focal" else 1]
        seen, expected = number(row["n"], 0), number(row["expected"])
        text = f"Changes of the {who}: {seen} seen, {expected} expected"
        if isfinite(row["ks"]):
            band = 1.358 / row["n"] ** 0.5
            where = "inside" if row["ks"] <= band else "outside"
            text += (
                f"; their waiting times depart from the model's by {row['ks']:.2f}, {where} the "
                f"{band:.2f} that a true model stays in 95 times in 100"
            )
        out.append(text + ".")
    odd = [
        f"{_process(row['process'], partners)} {row['n']} times (expected {row['expected']:.0f})"
        for row in residuals.to_frame().to_dict("records")[2:]
        if row["expected"] > 0
        and abs(row["n"] - row["expected"]) > 2.5 * max(row["expected"], 1.0) ** 0.5
    ]
    if odd:
        out.append(f"The model misses how often: {'; '.join(odd)}.")
    return out


def _process(name: str, partners: Sequence[str]) -> str:
    side, _, state = name.partition(" to ")
    return f"the {partners[0 if side == 'focal' else 1]} turns to {state}"


def describe_predictive(predictive: Predictive) -> list[str]:
    """What sessions simulated from the fit reproduce of those that were seen, and what not."""
    frame = predictive.to_frame()
    known = frame[frame["far_prop"].notna()]
    n = int(frame["n"].iloc[0]) if len(frame) else 0
    far = known[known["far_prop"] < FEW].sort_values("far_prop", kind="stable")
    head = f"{count(n, 'simulation')} from the fit"
    whose = f" of {predictive.id}" if predictive.id else ""
    if known.empty:
        return [f"{head}: nothing{whose} could be compared."]
    if 2 / (n + 1) >= FEW:
        return [f"{head}{whose}: too few to say of anything that it lies far out."]
    if far.empty:
        return [
            f"{head}: none of {len(known)} figures{whose} lies further out than 95 in 100 "
            "simulations. The fit has seen these sessions, so this proves little."
        ]
    several = len(set(frame["phase"])) > 1
    shown = [_far(row, several) for row in far.head(MAX_FAR).to_dict("records")]
    more = f"; and {len(far) - MAX_FAR} more" if len(far) > MAX_FAR else ""
    expected = FEW * len(known)
    return [
        f"{head}: {len(far)} of {len(known)} figures{whose} "
        f"{'lies' if len(far) == 1 else 'lie'} further out than 95 in 100 simulations (about "
        f"{number(expected, 0)} would under a true model, and fewer in sessions the fit has seen): "
        f"{'; '.join(shown)}{more}."
    ]


def _far(row: Mapping[Any, Any], several: bool) -> str:
    from reattune.show.plots.model_predictive import share_far, show

    unit = str(row["unit"])
    phase = f"{phase_name(str(row['phase']))}, " if several and row["phase"] != WHOLE else ""
    values = [show(float(row[key]), unit) for key in ("seen", "predicted", "low", "high")]
    return (
        f"{phase}{label_measure(str(row['measure']))}: seen {values[0]}, simulated {values[1]} "
        f"({values[2]} to {values[3]}), {share_far(float(row['far_prop']))} as far out"
    )


def describe_groups(study: StudyFit) -> list[str]:
    """How two groups differ, beside groups dealt at random."""
    found = study.comparison
    if found is None:
        return []
    first, second = found.groups
    out = [f"{count(found.n[0], 'dyad')} in {first}, {found.n[1]} in {second}."]
    for row in found.to_frame().to_dict("records"):
        name = str(row["parameter"])
        what = "odds of it" if name == "reading_prob" else "rate"
        text = (
            f"{label_parameter(name, study.codebook.partners)}: {what} in {second} "
            f"{row['ratio']:.2f} times that in {first} ({row['low']:.2f} to {row['high']:.2f}); "
            f"groups dealt at random give {row['null_low']:.2f} to {row['null_high']:.2f}, "
            f"{p_value(row['p'])}."
        )
        out.append(start_upper(text))
    return out


def describe_recovery(study: StudyFit) -> list[str]:
    """For simulated dyads: how the true values came back."""
    frame = study.recovery_frame()
    if frame.empty:
        return []
    out = ["These dyads were simulated; what they were simulated from is known."]
    for name in REPORTED:
        own = frame[frame["parameter"] == name]
        if len(own):
            out.append(_recovered(own, name, study.codebook.partners))
    return out


def _recovered(own: pd.DataFrame, name: str, partners: Sequence[str]) -> str:
    label = start_upper(label_parameter(name, partners))
    if len(own) == 1:
        row = own.iloc[0]
        where = "inside" if row["inside"] else "outside"
        return (
            f"{label}: true {show_parameter(row['true'], name)}, fitted "
            f"{show_parameter(row['value'], name)} ({where} the limits)."
        )
    held = int(own["inside"].sum())
    text = f"{label}: the limits hold the true value in {held} of {len(own)} dyads"
    spread = own["true"].max() / own["true"].min() if own["true"].min() > 0 else 1.0
    if len(own) >= 5 and spread > 1.05:
        r = float(own["true"].rank().corr(own["value"].rank()))
        text += f"; rank correlation of true and fitted {r:.2f}".replace("0.", ".")
    return text + "."


def warnings_of(study: StudyFit) -> list[str]:
    """Warnings of the study and of its fits, equal ones once."""
    notes = [*study.notes, *(study.pooled.notes if study.pooled is not None else ())]
    notes += [note for one in study.dyads for note in one.fit.notes]
    return list(dict.fromkeys(str(note) for note in notes if note.level == "warning"))


def show_parameter(value: float, name: str) -> str:
    """A parameter's value with its unit: a rate per second, or a share as a percentage."""
    if isnan(value):
        return "not defined"
    if name == "reading_prob":
        return percent(value)
    return f"{show_number(value)} per s" if name.endswith("_per_s") else show_number(value)


def _range(low: float, high: float, name: str, between: str = " to ") -> str:
    if name == "reading_prob":
        return f"{100 * low:.0f}{between}{100 * high:.0f} %"
    return f"{show_number(low)}{between}{show_number(high)}"
