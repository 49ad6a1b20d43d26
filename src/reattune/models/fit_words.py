"""What a fit says, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reattune.models.coordinates import REPORTED

if TYPE_CHECKING:
    from reattune.models.fitted import Fit

_WORDS = {
    "contingent_per_s": "moves to the response that fits (kappa)",
    "misread_per_s": "moves to each response that does not (nu)",
    "reading_prob": "share of looks that read the state, kappa / (kappa + 3 nu)",
    "focal_agenda_per_s": "the focal partner's own moves (gI)",
    "responder_agenda_per_s": "the responder's own moves (gC)",
}


def summarize_fit(fit: Fit) -> list[str]:
    """Sentences: what was seen, the reported parameters beside dyads in general, and cautions."""
    coded = f"codes every {fit.step_s:g} s" if fit.design == "interval" else "times of change known"
    who = f"{fit.id}: " if fit.id else ""
    meetings = "1 session" if fit.sessions == 1 else f"{fit.sessions} sessions"
    out = [
        f"{who}{meetings}, {fit.observed_s:.0f} s seen, {coded}; {fit.focal_changes} changes "
        f"of the focal partner, {fit.responder_changes} of the responder."
    ]
    for name in REPORTED:
        if name != "reading_prob" and name not in fit.free:
            continue
        value, low, high = fit.value(name)
        unit = "" if name == "reading_prob" else " per s"
        text = f"{_WORDS[name]}: {value:.3g}{unit} ({low:.3g} to {high:.3g})"
        text += f"; dyads in general {fit.prior_value(name):.3g}"
        if fit.standing(name) != "this dyad":
            text += ". Mostly the prior: these sessions say too little of it"
        out.append(text[0].upper() + text[1:] + ".")
    held = [name for name in fit.free if name not in REPORTED]
    if held:
        out.append(
            f"{len(held)} further parameters were held near dyads in general and are not this "
            "dyad's. How often the responder looks, reads and is ready cannot be told apart."
        )
    out.append(
        "The search ended at a maximum."
        if fit.converged
        else f"No maximum was found: {fit.message}."
    )
    out += [f"{note.level.capitalize()}: {note}" for note in fit.notes if note.level == "warning"]
    return out
