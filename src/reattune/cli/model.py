"""Commands for the mechanistic model: simulate, fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reattune.cli.base import Json, Out, app, note, print_json, show_progress, split_partners

DYADS, SEEN, FITTED, OUTPUT = "The dyads", "How they are seen", "The fit", "Output"


@app.command()
def simulate(
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Folder to write into; it must be empty.", show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ],
    preset: Annotated[
        str | None,
        typer.Option(
            help="infant_caregiver or patient_therapist.", show_default="infant_caregiver",
            rich_help_panel=DYADS,
        ),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file of parameters instead.", show_default=False, rich_help_panel=DYADS
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Change a parameter: name=value; may be repeated.", show_default=False,
            rich_help_panel=DYADS,
        ),
    ] = None,
    dyads: Annotated[int, typer.Option(help="How many.", rich_help_panel=DYADS)] = 1,
    sessions: Annotated[int, typer.Option(help="Of every dyad.", rich_help_panel=DYADS)] = 1,
    spread: Annotated[
        float,
        typer.Option(
            help="How much dyads differ: standard deviation of the log of their rates.",
            rich_help_panel=DYADS,
        ),
    ] = 0.0,
    paradigm: Annotated[
        str | None,
        typer.Option(
            help="play, still_face, therapy_hour or imposed.",
            show_default="play, for therapy therapy_hour",
            rich_help_panel=DYADS,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Length of a session.", show_default="10; still_face 6; therapy_hour 50",
            rich_help_panel=DYADS,
        ),
    ] = None,
    spells: Annotated[
        int, typer.Option(help="imposed: spells of non-response.", rich_help_panel=DYADS)
    ] = 20,
    spell_s: Annotated[
        float, typer.Option(help="imposed: seconds of each.", rich_help_panel=DYADS)
    ] = 3.0,
    seed: Annotated[
        int, typer.Option(help="Equal seeds give equal files.", rich_help_panel=DYADS)
    ] = 1,
    codebook: Annotated[
        str,
        typer.Option(
            help="plain, icep_like, 3rs_like, or a codebook file (.toml).", rich_help_panel=SEEN
        ),
    ] = "plain",
    step: Annotated[
        float | None,
        typer.Option(
            help="Seconds between codes.", show_default="every change is seen", rich_help_panel=SEEN
        ),
    ] = None,
    coder_accuracy: Annotated[
        float | None,
        typer.Option(help="Chance of the right code.", show_default="1", rich_help_panel=SEEN),
    ] = None,
    missing_per_min: Annotated[
        float,
        typer.Option(
            help="How often each partner goes out of view, for 3 s on average.",
            rich_help_panel=SEEN,
        ),
    ] = 0.0,
    arousal_hz: Annotated[
        float | None,
        typer.Option(
            help="Samples per second of a sensor of arousal.", show_default="none",
            rich_help_panel=SEEN,
        ),
    ] = None,
    rating: Annotated[
        bool, typer.Option("--rating", help="A rating after every session.", rich_help_panel=SEEN)
    ] = False,
    json_: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON document instead of text.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:  # fmt: skip
    """Simulate dyads of the mechanistic model as a study that analyze and fit read like any other.

    One table per session, sessions.csv, study.toml, parameters.toml. Columns that begin with
    model_ hold what only the model knows: tolerance, trust, and every dyad's parameters.
    """
    from reattune.experiments.folder import check_folder, write_simulation
    from reattune.experiments.simulating import plan_simulation, read_changes

    check_folder(out)
    plan = plan_simulation(
        preset=preset,
        parameters=parameters,
        changes=read_changes(set_ or []),
        dyads=dyads,
        sessions=sessions,
        spread=spread,
        paradigm=paradigm,
        minutes=minutes,
        spells=spells,
        spell_s=spell_s,
        codebook=codebook,
        step_s=step,
        coder_accuracy=coder_accuracy,
        missing_per_min=missing_per_min,
        arousal_hz=arousal_hz,
        rating=rating,
        seed=seed,
    )
    with show_progress() as show:
        written = write_simulation(plan, out, on_progress=show)
    from reattune.show.model_export import simulation_to_dict
    from reattune.show.simulation_words import describe_simulation

    if json_:
        print_json(simulation_to_dict(written))
    else:
        typer.echo("\n".join(describe_simulation(written)))


@app.command()
def fit(
    path: Annotated[
        str,
        typer.Argument(
            help="A session file, a folder, a study.toml, or dataset:NAME.", show_default=False
        ),
    ],
    codebook: Annotated[
        str | None,
        typer.Option(
            help="Which code is which state: plain, icep_like, 3rs_like, valence, or a codebook "
            "file (.toml).",
            show_default="the one that knows the codes",
        ),
    ] = None,
    stream: Annotated[
        str | None, typer.Option(help="Coded stream of both partners.", show_default=False)
    ] = None,
    partners: Annotated[
        str | None,
        typer.Option(help="Two names with a comma, e.g. infant,caregiver.", show_default=False),
    ] = None,
    focal: Annotated[
        str | None,
        typer.Option(
            help="The partner whose arousal the model follows.", show_default="the first"
        ),
    ] = None,
    design: Annotated[
        str,
        typer.Option(
            help="events (times of change are known), interval (codes on a grid), or auto.",
            rich_help_panel=FITTED,
        ),
    ] = "auto",
    free: Annotated[
        str | None,
        typer.Option(
            help='What is moved, with commas; "usual", and "agenda" for the spread of the '
            "responder's own moves.",
            show_default="usual",
            rich_help_panel=FITTED,
        ),
    ] = None,
    pooled: Annotated[
        bool | None,
        typer.Option(
            "--pooled/--each",
            help="Fit dyads together, each leaning on the others, or each by itself.",
            show_default="pooled from 5 dyads on",
            rich_help_panel=FITTED,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Compare two groups of dyads: a column of the sessions table.",
            show_default=False,
            rich_help_panel=FITTED,
        ),
    ] = None,
    learning: Annotated[
        bool,
        typer.Option(
            "--learning", help="Let tolerance and trust move over sessions.",
            rich_help_panel=FITTED,
        ),
    ] = False,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Dyads in general, and the time unit: infant_caregiver or patient_therapist.",
            show_default="infant_caregiver",
            rich_help_panel=FITTED,
        ),
    ] = None,
    parameters: Annotated[
        Path | None,
        typer.Option(
            help="A TOML file of parameters instead.", show_default=False, rich_help_panel=FITTED
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Change one of these: name=value; may be repeated.", show_default=False,
            rich_help_panel=FITTED,
        ),
    ] = None,
    prior_spread: Annotated[
        float | None,
        typer.Option(
            help="How much dyads in general differ, on the log scale.",
            show_default="0.5 for rates",
            rich_help_panel=FITTED,
        ),
    ] = None,
    simulations: Annotated[
        int,
        typer.Option(
            help="Sessions simulated from the fit, to compare with those seen; 0 for none.",
            rich_help_panel=FITTED,
        ),
    ] = 200,
    uncertainty: Annotated[
        bool,
        typer.Option(
            "--uncertainty/--no-uncertainty",
            help="Simulate with parameters as uncertain as the fit is, or at the estimate.",
            rich_help_panel=FITTED,
        ),
    ] = True,
    seed: Annotated[
        int, typer.Option(help="For simulations and groups.", rich_help_panel=FITTED)
    ] = 1,
    out: Out = None,
    json_: Json = False,
) -> None:  # fmt: skip
    """Fit the mechanistic model to coded sessions: rates with limits, and where it does not fit.

    Without `--out` a summary is printed; with it, fit.html, fit.csv, predictive.csv and more are
    written there. A folder made by `reattune simulate` shows how well its parameters came back.
    """
    from reattune.choosing import open_study
    from reattune.experiments.choosing import choose_free, find_simulated_preset, make_prior
    from reattune.experiments.fitting import fit_study
    from reattune.experiments.simulating import read_changes

    if preset is None and parameters is None:
        preset = find_simulated_preset(path)
        if preset is not None:
            note(f"Simulated from the preset {preset}; dyads in general are taken from there.")
    names = choose_free(free)
    prior = make_prior(
        preset,
        parameters=parameters,
        changes=read_changes(set_ or []),
        spread=prior_spread,
        free=names,
    )
    with show_progress() as show:
        found = fit_study(
            open_study(path, split_partners(partners)),
            codebook=codebook,
            stream=stream,
            focal=focal,
            prior=prior,
            design=design,  # type: ignore[arg-type]
            free=names,
            pooled=pooled,
            learning=learning,
            by=by,
            simulations=simulations,
            uncertainty=uncertainty,
            seed=seed,
            on_progress=show,
        )
    if out is not None:
        from reattune.show.model_export import write_fits

        with show_progress() as show:
            for written in write_fits(found, out, on_progress=show):
                note(f"Wrote {written}")
    if json_:
        print_json(found.to_dict())
    else:
        typer.echo(found.summary())
    for failure in found.failures:
        note(f"Not fitted: {failure.session or failure.file}: {failure.message}")
    if found.failures:
        raise typer.Exit(1)
