"""The command that plans a study: what a design would find, and how much of it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reattune.cli.base import Json, Out, app, note, print_json, show_progress
from reattune.core.errors import SettingError

if TYPE_CHECKING:
    from reattune.experiments.power import PowerCurve, PowerResult


@app.command()
def power(
    question: Annotated[
        str | None,
        typer.Option(
            help="group-difference, above-chance, growth-challenge, growth-load or precision.",
            show_default="group-difference",
        ),
    ] = None,
    dyads: Annotated[
        int | None, typer.Option(help="Dyads (in each group).", show_default="20")
    ] = None,
    sessions: Annotated[
        int | None,
        typer.Option(
            help="Sessions of each dyad (challenges at each end).",
            show_default="1; growth-load 10",
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Of each session, or of each phase of a still-face.", show_default="5 or 2"
        ),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option(help="Seconds per code; 0 for event times.", show_default="0"),
    ] = None,
    effect: Annotated[
        float | None,
        typer.Option(
            help="What there is to find: so many times as many answers to cues (tolerance, notice "
            "of each other); for precision the factor that counts as close.",
            show_default="1.5; the question's own",
        ),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(
            help="The test the answer is about, e.g. match_kappa.", show_default="the first"
        ),
    ] = None,
    paradigm: Annotated[
        str | None, typer.Option(help="play or still-face.", show_default="by the question")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="infant-caregiver or patient-therapist.", show_default="infant-caregiver"
        ),
    ] = None,
    codebook: Annotated[
        str | None,
        typer.Option(help="plain, icep-like, 3rs-like or valence.", show_default="plain"),
    ] = None,
    vary: Annotated[
        str | None,
        typer.Option(
            help="A curve over minutes, dyads, sessions, effect or step.", show_default=False
        ),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(help="Its values, with commas.", show_default="around the design's own"),
    ] = None,
    goal: Annotated[float, typer.Option(help="With --vary: the power that is asked for.")] = 0.8,
    design: Annotated[
        Path | None,
        typer.Option(help="A TOML file with these settings and more.", show_default=False),
    ] = None,
    studies: Annotated[
        int | None,
        typer.Option(
            help="Studies to simulate (for each value).", show_default="60 to 400, by the question"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal results.")] = 1,
    workers: Annotated[
        int, typer.Option(help="Processes; the result does not depend on them.")
    ] = 1,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Plan a study: how often it would find what there is to find, and how much is needed.

    Simulates whole studies of the model and tests them as real ones are tested; says what the same
    test finds where there is nothing, and what naive analyses would give. `--vary minutes` answers
    how many minutes you need. With `--out`, power.html and power.csv are written there.
    """
    from reattune.experiments.power import Design, estimate_power, plan_curve, read_design

    given = {
        "question": question,
        "dyads": dyads,
        "sessions": sessions,
        "minutes": minutes,
        "step_s": step,
        "effect": effect,
        "measure": measure,
        "paradigm": paradigm,
        "preset": preset,
        "codebook": codebook,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    plan = Design.from_dict(changes) if design is None else read_design(design, **changes)
    if values is not None and vary is None:
        raise SettingError("--values", values, "what they are values of as well: --vary minutes")
    found: PowerResult | PowerCurve
    with show_progress() as show:
        if vary is None:
            found = estimate_power(
                plan, studies=studies, seed=seed, workers=workers, on_progress=show
            )
        else:
            found = plan_curve(
                plan,
                vary,
                None if values is None else _split(values),
                goal=goal,
                studies=studies,
                seed=seed,
                workers=workers,
                on_progress=show,
            )
    if out is not None:
        from reattune.show.power_export import write_power

        for path in write_power(found, out):
            note(f"Wrote {path}")
    if json_:
        print_json(found.to_dict())
    else:
        typer.echo(found.summary())


def _split(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise SettingError("--values", text, "numbers with commas, e.g. 2,5,10") from error
