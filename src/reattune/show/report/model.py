"""The report of a fit: what was found, whether the model fits, what nobody could tell."""

from __future__ import annotations

from typing import Any, NamedTuple

from reattune.core.study import Progress
from reattune.experiments.fit_result import DyadFit, StudyFit
from reattune.experiments.latents import follow_belief, trace_session
from reattune.experiments.predictive import make_match_rule
from reattune.experiments.seen_again import show_path
from reattune.models.coordinates import COORDINATES, REPORTED
from reattune.models.reading import read_path
from reattune.pipeline import analyze
from reattune.show import model_data as data
from reattune.show import model_words as words
from reattune.show.model_data import label_parameter
from reattune.show.phrases import count, start_upper
from reattune.show.plots.model_arousal import plot_arousal
from reattune.show.plots.model_belief import plot_belief
from reattune.show.plots.model_forest import plot_fit
from reattune.show.plots.model_groups import plot_fit_comparison
from reattune.show.plots.model_predictive import plot_predictive
from reattune.show.plots.model_recovery import plot_recovery
from reattune.show.plots.model_residuals import plot_residuals
from reattune.show.plots.model_shrinkage import plot_study_fit
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.model_tables import model_tables
from reattune.show.report.page import list_notes, render_page
from reattune.show.report.tables import EMPTY, Table
from reattune.show.simulation_words import NOT_EVIDENCE

# Dyads are drawn until the page holds this much.
MAX_CHARACTERS = 5_000_000
MIN_RECOVERY = 3
GLOSSARY = {
    "focal partner, responder": "the one whose arousal the model follows (infant, patient), and "
    "the one who reads and answers (caregiver, therapist).",
    "kappa, nu": "how often the responder moves to the response that fits what is there, and how "
    "often to each one that does not.",
    "s": "share of looks that read the state: kappa / (kappa + 3 nu). A responder who answers "
    "without looking has 25 %. It is no grade: codes, pace and context all go into it.",
    "dyads in general": "what is assumed before these sessions are seen (the prior), or learned "
    "from the study's other dyads where they were fitted together. Always drawn in grey.",
    "mostly prior, pooled": "the sessions say too little of a figure for it to be this dyad's.",
    "share as far out": "share of simulations at least as far from their middle as what was seen. "
    "A share among simulations, and no test.",
    "waiting times": "times between changes, stretched so that a true model waits 1 on average.",
    "model, not measured": "arousal, trust and tolerance follow from codes and equations. Nobody "
    "measured them.",
}
_MEANINGS = {
    "contingent_per_s": ("look x ready x read", "The responder's moves only; what it says is not."),
    "misread_per_s": ("look x ready x (1 - read) / 3", "Rests on the assumed spread of own moves."),
    "reading_prob": ("kappa / (kappa + 3 nu)", "Guessing gives 25 %. No grade of a person."),
    "focal_agenda_per_s": ("rate of choosing a state anew", "By arousal; not by the other."),
    "responder_agenda_per_s": ("rate of own moves", "Rests on their assumed spread."),
    "focal_follow_per_s": ("rate of joining x trust", "Ten minutes tell little of it."),
}


class ParameterCard(NamedTuple):
    """How one parameter is defined."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


def render_fit_report(study: StudyFit, on_progress: Progress | None = None) -> str:
    """The report as HTML text; equal results give equal text.

    Parameters
    ----------
    study : StudyFit
    on_progress : callable(done, total, what), optional
        Told while the dyads are drawn.
    """
    alone = len(study.dyads) == 1
    first = study.dyads[0]
    folds, left = ([], "") if alone else _folds(study, on_progress)
    compare_figures, compare_tables = _compare(study)
    page = {
        "title": f"Model of dyad {first.dyad}" if alone else f"Model of {study.name or 'a study'}",
        "facts": _facts(study),
        "head": words.describe_sessions(study)[1:],
        "rule": words.describe_sessions(study),
        "seen": _seen(study),
        "sure": [
            ("What can be told", words.describe_told(study)),
            ("Does the model fit", words.describe_fit_of_model(study)),
            ("", [NOT_EVIDENCE]),
        ],
        "sure_figures": _checks(study),
        "sure_tables": [],
        "look_figures": _looks(study, first, "") if alone else [],
        "sessions": folds,
        "one_by_one": "Dyad by dyad",
        "not_drawn": left,
        "compare_figures": compare_figures,
        "compare_tables": compare_tables,
        "details_tables": model_tables(study),
        "computed": "Highest posterior density by a search along the exact likelihood; 95 % limits "
        "from its curvature. Uncodable and missing time is scored for nobody. No value here is a "
        "norm or a target: all of them depend on codes, codebook and time base.",
        "notes": list_notes(
            [("", note) for note in study.notes]
            + [("", n) for n in (study.pooled.notes if study.pooled is not None else ())]
            + [(one.dyad, note) for one in study.dyads for note in one.fit.notes]
            + [(s.id, note) for one in study.dyads for s in one.sessions for note in s.notes]
        ),
        "failures": [
            f"{failure.session or failure.file} was not fitted: {failure.message}"
            for failure in study.failures
        ],
        "inputs": [
            (s.id, str(s.meta.get("source", "") or EMPTY), str(s.meta.get("sha256", "") or EMPTY))
            for one in study.dyads
            for s in one.sessions
        ],
        "cards": _cards(study),
    }
    return render_page(page, study.settings, GLOSSARY)


def _facts(study: StudyFit) -> list[str]:
    sessions = sum(len(one.sessions) for one in study.dyads)
    focal, responder = study.codebook.partners
    facts = [
        f"{focal} and {responder}",
        count(len(study.dyads), "dyad"),
        count(sessions, "session"),
        f"codebook {study.codebook.name}",
    ]
    if study.simulated:
        facts.append("simulated")
    if study.failures:
        facts.append(f"{count(len(study.failures), 'session')} could not be fitted")
    return facts


def _seen(study: StudyFit) -> list[dict[str, Any]]:
    partners = study.codebook.partners
    if len(study.dyads) == 1:
        one = study.dyads[0]
        block = {
            "heading": "",
            "tiles": _tiles(one),
            "sentences": words.describe_dyad(one, partners) + words.describe_recovery(study),
        }
        return [block]
    return [{"heading": "", "tiles": [], "sentences": words.describe_centre(study)}]


def _tiles(one: DyadFit) -> list[tuple[str, str, str]]:
    fit, found = one.fit, []
    for name, what in zip(REPORTED[:3], ("fitting moves, kappa", "other moves, nu", "read, s"),
                          strict=True):  # fmt: skip
        if name == "reading_prob" or name in fit.free:
            value, low, high = fit.value(name)
            limits = f"{words._range(low, high, name)}"
            general = words.show_parameter(fit.prior_value(name), name)
            shown = words.show_parameter(value, name)
            found.append((f"{what} ({limits})", shown, f"dyads in general {general}"))
    return found


# -- pictures ------------------------------------------------------------------------------------


def _checks(study: StudyFit) -> list[Figure]:
    """Waiting times, and simulated against seen: of all dyads, or of the only one."""
    found = []
    residuals = study.residuals or study.dyads[0].residuals
    partners = study.codebook.partners
    if residuals is not None:
        frame = data.residual_data(residuals, partners)
        if len(frame):
            found.append(
                make_figure(
                    plot_residuals(residuals, partners=partners).figure,  # type: ignore[arg-type]
                    frame,
                    name="residuals",
                    title="Do changes come as the model has them come",
                    caption="Dots on the grey line: waiting times are distributed as the fitted "
                    "model has them. A true model stays inside the grey band from end to end 95 "
                    "times in 100. The parameters were fitted to the same changes, which keeps the "
                    "dots near the line.",
                    alternative="Waiting times between changes against those of a true model, for "
                    f"{partners[0]} and {partners[1]}.",
                )
            )
    predictive = study.predictive or study.dyads[0].predictive
    if predictive is not None:
        found.append(_predictive_figure(predictive, "predictive"))
    return found


def _predictive_figure(predictive: Any, name: str) -> Figure:
    frame = data.predictive_data(predictive)
    far = int((frame["far_prop"] < 0.05).sum())
    drawn = "as uncertain as the fit is" if predictive.settings.get("uncertainty") else "held"
    return make_figure(
        plot_predictive(predictive).figure,  # type: ignore[arg-type]
        frame,
        name=name,
        title="Sessions simulated from the fit beside those that were seen",
        caption=f"Dot: what was seen. Grey hill: {predictive.settings.get('n')} simulations with "
        f"the same phases, missing time and coding step, parameters {drawn}; the band holds the "
        "middle 95 % of them. A ring and a figure in bold: fewer than 1 in 20 simulations are as "
        "far out. Each row has a scale of its own.",
        alternative=f"{len(frame)} measures, seen and simulated; {far} lie far out.",
    )


def _looks(study: StudyFit, one: DyadFit, tail: str) -> list[Figure]:
    book = study.codebook
    found = [
        make_figure(
            plot_fit(one.fit, partners=book.partners, truth=one.truth).figure,  # type: ignore[arg-type]
            data.forest_data(one.fit, book.partners),
            name=f"parameters{tail}",
            title="Parameters beside dyads in general",
            caption="Dot and line: estimate with 95 % limits. Grey band: 95 in 100 dyads in "
            "general. Hollow and dashed: held near dyads in general, not to be read as this dyad's."
            + (" Cross: what it was simulated from." if one.truth else ""),
            alternative="; ".join(words.describe_dyad(one, book.partners)),
        ),
        _arousal_figure(study, one, tail),
    ]
    if one.fit.learning:
        course = follow_belief(one.fit)
        found.append(
            make_figure(
                plot_belief(course).figure,  # type: ignore[arg-type]
                data.belief_data(course),
                name=f"belief{tail}",
                title="Belief in repair over sessions",
                caption="Model, not measured: what the fitted parameters have the "
                f"{book.partners[0]} learn from the ruptures that were seen. Grey: at the start. "
                "Dots: tolerance, where the belief crosses one half.",
                alternative="Belief that a rupture gets repaired, by its depth, over sessions.",
            )
        )
    return found


def _arousal_figure(study: StudyFit, one: DyadFit, tail: str) -> Figure:
    book, session = study.codebook, one.sessions[0]
    trace = trace_session(one.fit, session, book)
    # As the codebook reads it, so that every code has its state's name.
    read = show_path(
        read_path(session, book, one.fit.parameters),
        session,
        book,
        unit_s=one.fit.parameters.time_unit_s,
    )
    analysis = analyze(read, make_match_rule(book, one.fit.parameters), surrogates=0)
    several = f" First of {len(one.sessions)} sessions." if len(one.sessions) > 1 else ""
    return make_figure(
        plot_arousal(trace, analysis, codebook=book).figure,  # type: ignore[arg-type]
        data.arousal_data(trace, analysis, book),
        name=f"arousal{tail}",
        title="Arousal as the model has it",
        caption=f"Model, not measured: arousal of the {book.partners[0]} that follows from the "
        "codes below and the fitted parameters, in units of the initial tolerance. The band "
        "reaches up to tolerance W. Hatched: not seen by somebody; the model drifts back to what "
        "is ordinary. Below: states, matches (teal), ruptures (brackets) and repairs (triangles)."
        + several,
        alternative=f"Arousal of the {book.partners[0]} over session {session.id} in the model.",
    )


def _folds(study: StudyFit, on_progress: Progress | None) -> tuple[list[dict[str, Any]], str]:
    folds: list[dict[str, Any]] = []
    size = 0
    for at, one in enumerate(study.dyads):
        if on_progress:
            on_progress(at, len(study.dyads), f"drawing {one.dyad}")
        if size > MAX_CHARACTERS:
            rest = count(len(study.dyads) - at, "further dyad")
            return folds, f"{rest} left out of this page to keep it small; fit.csv holds them all."
        figure = _arousal_figure(study, one, f"-{at + 1}")
        size += len(figure.svg) + len(figure.svg_uri) + len(figure.csv_uri)
        parts = [("Parameters", words.describe_dyad(one, study.codebook.partners))]
        checks = []
        if one.residuals is not None:
            checks += words.describe_residuals(one.residuals, study.codebook.partners)
        if one.predictive is not None:
            checks += words.describe_predictive(one.predictive)
        if checks:
            parts.append(("Does the model fit", checks))
        line = words.brief(one).removeprefix(f"{one.dyad}: ")
        folds.append({"name": one.dyad, "line": line, "figure": figure, "parts": parts})
    return folds, ""


def _compare(study: StudyFit) -> tuple[list[Figure], list[Table]]:
    figures, tables = [], []
    if len(study.dyads) > 1:
        together = study.pooled is not None
        figures.append(
            make_figure(
                plot_study_fit(study).figure,  # type: ignore[arg-type]
                data.pooled_data(study),
                name="dyads",
                title="Every dyad",
                caption="Dot and line: the dyad with 95 % limits"
                + (", leaning on the others; hollow: from its own sessions alone" * together)
                + ". Grey: 95 in 100 dyads in general."
                + (" Cross: what it was simulated from." * study.simulated),
                alternative="Reported parameters of every dyad with limits.",
            )
        )
    if study.comparison is not None:
        first, second = study.comparison.groups
        figures.append(
            make_figure(
                plot_fit_comparison(study.comparison, partners=study.codebook.partners).figure,  # type: ignore[arg-type]
                study.comparison.to_frame(),
                name="groups",
                title=f"{start_upper(second)} beside {first}",
                caption="Diamond: the second group's rate over the first's, with 95 % limits. "
                "Grey: where 95 % of the ratios lie when dyads are dealt to the groups at random.",
                alternative=" ".join(words.describe_groups(study)),
            )
        )
        told = words.describe_groups(study)
        rows = tuple((str(at), text) for at, text in enumerate(told, start=1))
        tables.append(Table("Groups in words", ("", "what was found"), rows, names=2))
    # Of one or two dyads the crosses beside their parameters say as much.
    if study.simulated and len(study.dyads) >= MIN_RECOVERY:
        figures.append(
            make_figure(
                plot_recovery(study).figure,  # type: ignore[arg-type]
                data.recovery_data(study),
                name="recovery",
                title="Fitted beside true",
                caption=" ".join(words.describe_recovery(study))
                + " Grey line: fitted equals true. Hollow: pooled or mostly prior.",
                alternative="Fitted against true parameters of simulated dyads.",
            )
        )
    return figures, tables


def _cards(study: StudyFit) -> list[ParameterCard]:
    partners = study.codebook.partners
    names = dict.fromkeys(name for one in study.dyads for name in (*REPORTED, *one.fit.free))
    found = []
    for name in names:
        formula, caveat = _MEANINGS.get(name, ("", "Pooled; not to be read for one dyad."))
        unit = "share" if name == "reading_prob" else "1/s" if COORDINATES[name].per_time else ""
        found.append(
            ParameterCard(
                name,
                start_upper(label_parameter(name, partners)),
                unit or "1",
                formula or name,
                "curvature of the log posterior (Laplace)",
                "reattune's model of a dyad",
                caveat,
            )
        )
    return found
