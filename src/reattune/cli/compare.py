"""The command that compares groups, covariates, phases and time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reattune.cli.base import Json, Out, app, note, print_json, show_progress


@app.command()
def compare(
    result: Annotated[
        Path,
        typer.Argument(
            help="A folder written by `reattune analyze --out`, or the measures.csv in it.",
            show_default=False,
        ),
    ],
    by: Annotated[
        str,
        typer.Option(
            help='A column of the study\'s sessions table (or of --with), or "phase".',
            show_default=False,
        ),
    ],
    measures: Annotated[
        str | None,
        typer.Option(
            help="What to test, with commas; name those you planned.", show_default="the usual ones"
        ),
    ] = None,
    phases: Annotated[
        str | None,
        typer.Option(help="Only these phases, with commas.", show_default="all, each by itself"),
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option(help="Ratings: only this criterion; may be repeated.", show_default="all"),
    ] = None,
    with_: Annotated[
        Path | None,
        typer.Option("--with", help="A table with further columns.", show_default=False),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(help="Its column of dyads, cases or sessions.", show_default="by its name"),
    ] = None,
    kind: Annotated[str, typer.Option(help="Take the column as a category or a number.")] = "auto",
    reference: Annotated[
        str | None,
        typer.Option(help="The group others are compared with.", show_default="the first"),
    ] = None,
    permutations: Annotated[int, typer.Option(help="Exchanges of labels.")] = 4999,
    seed: Annotated[int, typer.Option(help="For the exchanges.")] = 1,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Compare dyads by a group, a number, phases or time, and say what the study could have shown.

    The dyad is the unit: its sessions are pooled. A summary is printed; with `--out`, compare.html
    and comparison.csv are written there.
    """
    from reattune.comparison import compare as compare_result

    with show_progress() as show:
        found = compare_result(
            result,
            by,
            measures=_split(measures),
            phases=_split(phases),
            criteria=criterion or None,
            covariates=with_,
            on=on,
            kind=kind,
            reference=reference,
            seed=seed,
            permutations=permutations,
            on_progress=show,
        )
    if out is not None:
        from reattune.show.comparison_export import write_comparison

        for written in write_comparison(found, out):
            note(f"Wrote {written}")
    if json_:
        print_json(found.to_dict())
    else:
        typer.echo(found.summary())


def _split(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
