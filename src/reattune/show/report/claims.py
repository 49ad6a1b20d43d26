"""The page of the claims: what the model says, what carries it, and what is known of people."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from reattune.core.study import Progress
from reattune.experiments.claims import ABLATIONS, CLAIMS, ClaimsResult
from reattune.experiments.claims.evidence import POWERED
from reattune.show import claims_data as data
from reattune.show import claims_words as words
from reattune.show.phrases import count, number, percent
from reattune.show.plots.claims import loads, outcome_map, quality, small, speed, therapy, verdicts
from reattune.show.report.figures import Figure, make_figure
from reattune.show.report.page import render_page
from reattune.show.report.tables import EMPTY, Table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COMPUTED = (
    "Every setting was simulated with dyads of its own; outcomes are means over the last fifth of "
    "the sessions, limits are t limits over dyads (those of regressions by resampling dyads). The "
    "widest setting of a sweep is chosen with every second dyad and its size told by the others. A "
    "statement holds where the limits of its difference lie above the smallest one that counts. "
    "Who left is expected, not drawn: one less the product of the chances of staying."
)
GLOSSARY = {
    "tolerance W": "in the model: the depth of arousal at which a dyad stops to expect repair. It "
    "begins at 1 and stays between .35 and 3.",
    "confident trust Tc": "in the model: the lower limit of the belief that an ordinary rupture "
    "gets repaired. Low where repair fails, and where none was seen.",
    "match, latency": "share of time in which the response fits the state; time from a rupture to "
    "its repair.",
    "knob": "one setting that moves reading, looking, readiness and own moves of the responder "
    "together.",
    "ablation": "the same simulation without one assumption.",
    "holds, gone, reversed": "the whole interval of the difference lies above the smallest one "
    "that counts, below it, or beyond it on the other side. Anything else is too little to tell.",
    "small": "a study of fewer dyads or patients than a correlation of .25 needs.",
    "null": "looked for and not found; in pictures, grey: where a dyad begins that has lived "
    "nothing.",
}


class ClaimCard(NamedTuple):
    """How one quantity of the page is computed."""

    name: str
    label: str
    unit: str
    formula: str
    interval: str
    source: str
    caveat: str


_LIMITS = "t, over simulated dyads"
CARDS = (
    ClaimCard(
        *("tolerance", "Tolerance W", "arousal", "first u with A(u) / (A(u) + B(u)) < 1/2"),
        *(_LIMITS, "reattune, docs/concepts/model.md"),
        "Of the model. Not measured in people.",
    ),
    ClaimCard(
        *("confident_trust", "Confident trust Tc", "share"),
        *("T - 1.645 sqrt(T (1 - T) / (A + B + 1)) at u = .5", _LIMITS),
        *("reattune, docs/concepts/model.md", "Of the model. Not measured in people."),
    ),
    ClaimCard(
        *("matched_prop", "Matched", "share", "matched time / time", _LIMITS),
        *("the model's own tally", "A coder with another scheme sees another match."),
    ),
    ClaimCard(
        *("latency_mean_s", "Mean latency", "s", "sum of latencies / repaired ruptures", _LIMITS),
        *("the model's own tally", "In exact time; a grid of 1 s would show longer ones."),
    ),
    ClaimCard(
        *("repaired_soon_prop", "Repaired within 5 s", "share"),
        *("repaired ruptures within 5 s / repaired ruptures", _LIMITS),
        *("the model's own tally", "Ruptures still open at the end of a session do not count."),
    ),
    ClaimCard(
        *("left_prop", "Left", "share"),
        "1 - product of (1 - p), logit p = -5 + 3 (time over tolerance) - 4 (T - .5)",
        *(_LIMITS, "reattune", "An assumption for planning."),
    ),
)


def render_claims_report(result: ClaimsResult, on_progress: Progress | None = None) -> str:
    """The page as HTML text; equal results give equal text.

    Parameters
    ----------
    result : ClaimsResult
    on_progress : callable(done, total, what), optional
        Told while the pictures are drawn.
    """
    settings = result.settings
    page = {
        "title": "Claims of the theory, rerun on the model",
        "facts": [
            count(len(result.claims), "claim"),
            f"{settings['dyads']} random dyads",
            f"{settings['dyads_per_setting']} dyads in each setting",
            f"{settings['sessions']} sessions",
            f"{count(len(result.ablations), 'assumption')} taken away",
        ],
        "head": [words.LATENTS, words.CAUTIONS[1]],
        "rule": [words.heading(result)],
        "seen": [_block(result, claim) for claim in result.claims],
        "sure": [("", [*([words.QUICK] if result.quick else []), *words.CAUTIONS])],
        "sure_figures": [_verdict_figure(result)],
        "sure_tables": [],
        "look_figures": _look(result, on_progress),
        "sessions": [],
        "not_drawn": "",
        "compare_figures": [],
        "compare_tables": [_evidence(result, claim) for claim in result.claims],
        "details_tables": [
            _sentences(result),
            _statements(result),
            *([_assumptions(result)] if result.ablations else []),
            _numbers(result),
        ],
        "computed": COMPUTED,
        "notes": [],
        "failures": [],
        "one_input": "source",
        "inputs": [("simulated", "no recording: all of it was simulated", EMPTY)],
        "cards": CARDS,
    }
    return render_page(page, settings, GLOSSARY)


def _block(result: ClaimsResult, claim: int) -> dict[str, Any]:
    item = CLAIMS[claim]
    sentences = [
        f"The claim: {item.theory}",
        *words.describe_model(result, claim),
        *words.describe_verdicts(result, claim, exceptions=True),
    ]
    if result.ablations:
        first, *rest = words.describe_carriers(result, claim)
        sentences += [f"What it rests on. {first}", *rest]
    first, *rest = item.tests
    sentences += [words.count_evidence(claim), f"What would test it. {first}", *rest]
    return {
        "heading": f"{claim}. {item.title}",
        "tiles": _tiles(result, claim),
        "sentences": [text.replace("`", "") for text in sentences],
    }


def _tiles(result: ClaimsResult, claim: int) -> list[tuple[str, str, str]]:
    """How many statements hold, and how many whatever is taken away."""
    own = [f for f in result.findings if f.claim == claim and not f.ablation]
    held = [f for f in own if f.verdict == "holds"]
    out = [("statements hold in the model", f"{len(held)} of {len(own)}", "says nothing of people")]
    if result.ablations:
        always = [
            f
            for f in held
            if all(
                result.find(claim, f.statement.name, a).verdict == "holds" for a in result.ablations
            )
        ]
        out.append(
            (
                "of these hold whatever is taken away",
                f"{len(always)} of {len(held)}",
                f"{count(len(result.ablations), 'assumption')}, one at a time",
            )
        )
    return out


# -- pictures --------------------------------------------------------------------------------------

_Draw = tuple[
    int, str, str, str, Callable[[ClaimsResult], "Axes"], Callable[[ClaimsResult], "pd.DataFrame"]
]
_BARS = "Strokes: 95 % limits over dyads. Grey: where a dyad begins that has lived nothing."
_FIGURES: tuple[_Draw, ...] = (
    (
        *(2, "map", "Over match and speed of repair"),
        "Each field: dyads whose responder has one setting of the knob, slowed or hurried as a "
        "whole; match and latency as they turned out. The darker, the higher. Read along a row: "
        "the same latency, more match. Read down a column: the same match, quicker repair.",
        *(outcome_map.plot_map, data.map_data),
    ),
    (
        *(1, "quality", "Claim 1: over the match"),
        f"{_BARS} The middle shows where reading and own moves go together, and not where reading "
        "stays good.",
        *(quality.plot_quality, data.quality_data),
    ),
    (
        *(2, "speed", "Claim 2: match or speed"),
        "Left and middle: each dot one random dyad. Right: one dyad with everything faster or "
        f"slower. {_BARS}",
        *(speed.plot_speed, data.dyads_data),
    ),
    (
        *(3, "durations", "Claim 3: short or long absences, 120 s in all"),
        "Strokes: 95 % limits over dyads. Right of the grey line an absence widens, left of it it "
        "narrows.",
        *(loads.plot_durations, data.duration_data),
    ),
    (
        *(3, "ramp", "Claim 3: strain, by steps or at once"),
        f"20 absences of 3 s per session. {_BARS} Bands: the same from session to session.",
        *(loads.plot_ramp, data.ramp_data),
    ),
    (
        *(4, "repairs", "Claim 4: many small repairs"),
        f"On a dyad that is matched nearly always. {_BARS}",
        *(small.plot_repairs, data.repairs_data),
    ),
    (
        *(5, "therapy", "Claim 5: over a therapy"),
        "The same patients with every therapist. Bands: 95 % limits over patients. Grey: where a "
        "dyad begins that has lived nothing. Purple: material always at full depth.",
        *(therapy.plot_therapy, data.therapy_data),
    ),
)


def _look(result: ClaimsResult, on_progress: Progress | None) -> list[Figure]:
    wanted = [item for item in _FIGURES if item[0] in result.claims]
    out = []
    for at, (_, name, title, caption, draw, frame) in enumerate(wanted):
        if on_progress:
            on_progress(at, len(wanted), f"drawing {name}")
        out.append(
            make_figure(
                draw(result).figure,  # type: ignore[arg-type]
                frame(result),
                name=name,
                title=title,
                caption=caption,
                alternative=f"{title}. The numbers are in the data beside the picture.",
            )
        )
    return out


def _verdict_figure(result: ClaimsResult) -> Figure:
    held = sum(f.verdict == "holds" for f in result.findings if not f.ablation)
    return make_figure(
        verdicts.plot_verdicts(result).figure,  # type: ignore[arg-type]
        data.verdict_data(result).drop(columns="column"),
        name="verdicts",
        title="Which statement outlives which assumption",
        caption="First column: the model as it is. Others: without one assumption. A statement "
        "that is gone or reversed in a column rests on that assumption.",
        alternative=f"{held} statements hold in the model; the table of statements has the rest.",
    )


# -- tables ----------------------------------------------------------------------------------------


def _evidence(result: ClaimsResult, claim: int) -> Table:
    rows = tuple(
        (
            item.source,
            item.side,
            item.sample + (" (small)" if item.small else ""),
            ("null: " if item.null else "") + item.found,
        )
        for item in CLAIMS[claim].evidence
    )
    return Table(
        f"Studies of people on claim {claim}",
        ("study", "side", "who", "found"),
        rows,
        names=4,
        note=f"Chosen by us, not by a systematic search. Small: fewer than the {POWERED} that a "
        "correlation of .25 needs (80 % power, two-sided .05).",
    )


def _sentences(result: ClaimsResult) -> Table:
    """Every statement in full, with the difference it is judged by."""
    rows = tuple(
        (f"{n}", item.name, item.says, f"{item.difference}; above {item.smallest:g}")
        for n in result.claims
        for item in CLAIMS[n].statements
    )
    heads = ("claim", "statement", "says", "holds where this difference is positive")
    return Table("What the statements say", heads, rows, names=4)


def _statements(result: ClaimsResult) -> Table:
    rows = tuple(
        (
            f"{f.claim}",
            f.statement.name,
            f.ablation.replace("_", " ") or "the model",
            f.verdict,
            number(f.estimate.value, 2),
            f"{number(f.estimate.low, 2)} to {number(f.estimate.high, 2)}",
            percent(f.kept) if f.kept == f.kept else EMPTY,
            f"{f.estimate.n}",
        )
        for f in result.findings
    )
    heads = ("claim", "statement", "run", "verdict", "difference", "95 %", "kept", "dyads")
    note = "Kept: the difference as a share of that in the model as it is, where it holds there."
    return Table("Verdicts", heads, rows, names=4, note=note)


def _assumptions(result: ClaimsResult) -> Table:
    rows = tuple(
        (
            item.name.replace("_", " "),
            item.assumption,
            item.without,
            ", ".join(f"{name} = {value:g}" for name, value in item.changes.items()),
        )
        for item in ABLATIONS
        if item.name in result.ablations
    )
    return Table(
        "Assumptions taken away", ("name", "assumption", "without it", "parameter"), rows, names=4
    )


def _numbers(result: ClaimsResult) -> Table:
    """Tolerance, confident trust, match and latency of every setting of the model as it is."""
    rows = []
    for claim, part in dict.fromkeys((r.claim, r.part) for r in result.numbers if not r.ablation):
        for row in data.part_data(result, claim, part).to_dict("records"):
            cells = [
                number(row["tolerance"], 2),
                f"{number(row['tolerance_low'], 2)} to {number(row['tolerance_high'], 2)}",
                number(row["confident_trust"], 2),
                percent(row["matched_prop"]),
                number(row["latency_mean_s"], 1),
                f"{row['n']}",
            ]
            rows.append((f"{claim}", part, str(row["cell"]), *cells))
    heads = ("claim", "sweep", "setting", "W", "95 %", "Tc", "matched", "latency (s)", "dyads")
    note = "claims.csv has every outcome, with limits, also without each assumption."
    return Table("Settings", heads, tuple(rows), names=3, note=note)
