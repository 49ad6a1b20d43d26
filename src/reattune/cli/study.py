"""Commands for the main job: demo, info, analyze."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reattune.cli import rating_options as ratings
from reattune.cli import segment_options as segments
from reattune.cli import synchrony_options as signals
from reattune.cli.base import (
    Json,
    app,
    note,
    print_json,
    show_progress,
    split_partners,
    split_phases,
)
from reattune.core.errors import ReattuneError, SettingError


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")] = Path("demo"),
    json_: Json = False,
) -> None:
    """Run the main job on the bundled example study and say where the report is.

    The example is synthetic: eight dyads in two groups, coded in play, still-face and reunion.
    """
    from reattune.examples import write_example
    from reattune.pipeline import analyze_study
    from reattune.reading import read_study
    from reattune.show.export import write_results

    note("The first run compiles the simulator and the chance test, which takes some seconds.")
    study_file = write_example(out / "example-study")
    note(f"Wrote the synthetic example study to {study_file.parent}")
    with show_progress() as show:
        result = analyze_study(read_study(study_file), on_progress=show)
        written = write_results(result, out, on_progress=show)
    if json_:
        print_json(result.to_dict())
        return
    typer.echo(result.summary())
    typer.echo("")
    typer.echo(f"Report: {next(p for p in written if p.suffix == '.html')}")
    typer.echo(f"Try next: reattune info {study_file.parent}")


@app.command()
def info(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    draft: Annotated[
        Path | None,
        typer.Option("--draft", help="Write a study file that usually runs unchanged."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Samples per second, where the file does not say (motion energy, landmarks).",
            show_default=False,
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Say what is in a file or folder: format, people, streams, codes, spans, gaps, warnings.

    With `--draft study.toml`, also propose the mapping from codes to partners and states.
    """
    from reattune.reading import describe, draft_study

    options = None if rate is None else {"rate_hz": rate}
    described = []
    failed = False
    for path in paths:
        try:
            described.append(describe(path, options=options))
        except ReattuneError as error:
            failed = True
            note(f"reattune: {error}")
    if json_:
        print_json({"schema": "reattune/1", "files": [d.to_dict() for d in described]})
    else:
        typer.echo("\n\n".join(d.summary() for d in described))
    if draft is not None:
        if draft.exists():
            raise SettingError("--draft", str(draft), "a file that does not exist yet")
        text = draft_study(paths[0], options=options, relative_to=draft.resolve().parent)
        draft.write_text(text, encoding="utf-8")
        note(f"Wrote {draft}. Read its comments, then: reattune analyze {draft} --out results")
    if failed:
        raise typer.Exit(1)


SESSIONS, CHANCE, OUTPUT = "Coded sessions", "Chance", "Output"


@app.command()
def analyze(
    path: Annotated[
        str,
        typer.Argument(
            help="A session file, a folder, a study.toml, signals, a table of ratings or of "
            "observer codes, or dataset:NAME.",
            show_default=False,
        ),
    ],
    partners: Annotated[
        str | None,
        typer.Option(
            help="Two names with a comma, e.g. infant,caregiver; for ratings also as "
            "patient=P,therapist=T.",
            show_default=False,
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            help="StateMatch, Contact, Contingent, Coded, or Synchrony for signals; default from "
            "the study file, otherwise StateMatch.",
            show_default=False,
            rich_help_panel=SESSIONS,
        ),
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(
            help="Stream (or signal) to compare.", show_default=False, rich_help_panel=SESSIONS
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="same_category, same_valence, social_positive_only or congruent_nonnegative.",
            show_default=False,
            rich_help_panel=SESSIONS,
        ),
    ] = None,
    patience_s: Annotated[
        float | None,
        typer.Option(
            help="Contact: seconds it lasts.", show_default=False, rich_help_panel=SESSIONS
        ),
    ] = None,
    contact_of: Annotated[
        list[str] | None,
        typer.Option(
            "--contact-of",
            help="Contact: whose (default both).",
            show_default=False,
            rich_help_panel=SESSIONS,
        ),
    ] = None,
    phases: Annotated[
        str | None,
        typer.Option(
            help='"apart", "ignore", or phase names with commas. Default: apart.',
            show_default=False,
            rich_help_panel=SESSIONS,
        ),
    ] = None,
    min_rupture_s: Annotated[
        float,
        typer.Option(help="Shorter mismatches are no rupture.", rich_help_panel=SESSIONS),
    ] = 0.0,
    merge_gap_s: Annotated[
        float, typer.Option(help="Shorter matches end no rupture.", rich_help_panel=SESSIONS)
    ] = 0.0,
    tie_s: Annotated[
        float | None,
        typer.Option(
            help="Changes this close count as both partners'.",
            show_default="one frame",
            rich_help_panel=SESSIONS,
        ),
    ] = None,
    criterion: ratings.Criterion = None,
    scale: ratings.Scale = None,
    rater: ratings.Rater = None,
    items: ratings.Items = None,
    min_items: ratings.MinItems = None,
    instrument: ratings.Instrument = None,
    range_: ratings.Range = None,
    reversed_items: ratings.ReversedItems = None,
    reverse: ratings.Reverse = None,
    rater_columns: ratings.RaterColumns = None,
    columns: ratings.Columns = None,
    date_order: ratings.DateOrder = None,
    cases: ratings.Cases = None,
    synchrony: signals.Compare = False,
    rate: signals.Rate = None,
    preset: signals.Preset = None,
    window_s: signals.WindowS = None,
    step_s: signals.StepS = None,
    max_lag_s: signals.MaxLagS = None,
    smooth_s: signals.SmoothS = None,
    outlier_sd: signals.OutlierSd = None,
    scaling: signals.Scaling = None,
    resample_hz: signals.ResampleHz = None,
    speed_of: signals.SpeedOf = None,
    by_condition: signals.ByCondition = None,
    epochs: signals.Epochs = None,
    also: signals.Also = None,
    any_roles: signals.AnyRoles = False,
    segment_s: segments.SegmentS = None,
    segment_min: segments.SegmentMin = None,
    ratings_table: segments.Ratings = None,
    surrogates: Annotated[
        int | None,
        typer.Option(
            help="Rotations, or for ratings redrawn courses; 0 for none.",
            show_default="999",
            rich_help_panel=CHANCE,
        ),
    ] = None,
    block_s: Annotated[
        float | None,
        typer.Option(
            help="Length of the rotation's blocks.", show_default="auto", rich_help_panel=CHANCE
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="For the surrogates.", show_default="1", rich_help_panel=CHANCE),
    ] = None,
    null: Annotated[
        str | None,
        typer.Option(
            help="blocks or whole; for comparison only: circular_shift, run_permutation, "
            "fitted_semi_markov, stationary_bootstrap. Of signals rotate, phase_randomised, iaaft "
            "or segment_shuffle.",
            show_default="blocks, rotate",
            rich_help_panel=CHANCE,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for the report and the tables.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            help="With --out, results for other programs, with commas: eaf (tiers added to a "
            "copy), boris, tidy, apim, textgrid, vtt.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    json_: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON document instead of text.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
) -> None:
    """Find the ruptures and repairs, measure them, and compare them with chance.

    Without `--out` a summary is printed; with it, report.html, measures.csv, ruptures.csv and
    more are written there. What the options leave open comes from the study file.
    """
    from reattune.commands import analyze_path, check_exports

    formats = check_exports(export, out)
    settings = {
        "type": rule,
        "stream": stream,
        "table": table,
        "patience_s": patience_s,
        "partners": tuple(contact_of) if contact_of else None,
    }
    criteria = {"min_rupture_s": min_rupture_s, "merge_gap_s": merge_gap_s, "tie_s": tie_s}
    of_ratings = ratings.rating_options(
        partners=partners,
        items=items,
        min_items=min_items,
        instrument=instrument,
        range_=range_,
        reversed_items=reversed_items,
        reverse=reverse,
        rater_columns=rater_columns,
        columns=columns,
        date_order=date_order,
    )
    of_signals = signals.synchrony_options(
        compare=synchrony,
        rate=rate,
        preset=preset,
        window_s=window_s,
        step_s=step_s,
        max_lag_s=max_lag_s,
        smooth_s=smooth_s,
        outlier_sd=outlier_sd,
        scaling=scaling,
        resample_hz=resample_hz,
        speed_of=speed_of,
        by_condition=by_condition,
        epochs=epochs,
        also=also,
        any_roles=any_roles,
    )
    judged = {"criteria": criterion, "scale": scale, "rater": rater, "cases": cases}
    with show_progress() as show:
        result = analyze_path(
            path,
            rule={key: value for key, value in settings.items() if value is not None},
            criteria={key: value for key, value in criteria.items() if value},
            partners=None if "partners" in of_ratings else split_partners(partners),
            phases=split_phases(phases),
            surrogates=surrogates,
            blocks=block_s,
            seed=seed,
            null=null,
            ratings={"options": of_ratings, **judged},
            synchrony=of_signals,
            segments=segments.segment_options(segment_s, segment_min, ratings_table),
            on_progress=show,
        )
    if out is not None:
        from reattune.commands import write_any

        with show_progress() as show:
            paths = write_any(result, out, show)
        for written in paths:
            note(f"Wrote {written}")
        if formats:
            from reattune.commands import export_path

            exported = export_path(result, out, formats, path)
            for remark in exported.notes:
                note(str(remark))
            for written in exported.paths:
                note(f"Wrote {written}")
    if json_:
        print_json(result.to_dict())
    else:
        typer.echo(result.summary())
    failures = getattr(result, "failures", ())
    for failure in failures:
        note(f"Not analysed: {failure.session or failure.file}: {failure.message}")
    if failures:
        raise typer.Exit(1)
