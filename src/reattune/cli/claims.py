"""The command that reruns the theory's claims on the model."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from reattune.cli.base import Json, Out, app, note, print_json, show_progress


@app.command()
def claims(
    claim: Annotated[
        list[int] | None,
        typer.Option(help="Only this claim, 1 to 5; may be repeated.", show_default="all"),
    ] = None,
    dyads: Annotated[
        int | None,
        typer.Option(
            help="Random dyads of claim 2; every other setting has a tenth.",
            show_default="400, with --quick 40",
        ),
    ] = None,
    sessions: Annotated[int, typer.Option(help="Sessions that every dyad lives.")] = 150,
    quick: Annotated[
        bool, typer.Option("--quick", help="A short run: to see what comes out, not to judge by.")
    ] = False,
    no_ablations: Annotated[
        bool, typer.Option("--no-ablations", help="Do not take the assumptions away one by one.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal results.")] = 1,
    workers: Annotated[
        int | None,
        typer.Option(help="Threads; the result does not depend on them.", show_default="all cores"),
    ] = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Rerun the theory's five claims on the model: what follows, and from which assumption.

    Simulates everything and reads no data. Says of each claim what the model says, what carries
    it, what studies of people say, and which data would test it. With `--out`, claims.html and
    claims.csv are written there.
    """
    from reattune.experiments.claims import CLAIMS, run_claims

    with show_progress() as show:
        found = run_claims(
            dyads=dyads,
            sessions=sessions,
            claims=claim or tuple(CLAIMS),
            ablations=not no_ablations,
            quick=quick,
            seed=seed,
            workers=workers if workers is not None else min(os.cpu_count() or 1, 16),
            on_progress=show,
        )
    if out is not None:
        from reattune.show.claims_export import write_claims

        with show_progress() as show:
            written = write_claims(found, out, on_progress=show)
        for path in written:
            note(f"Wrote {path}")
    if json_:
        print_json(found.to_dict())
    else:
        typer.echo(found.summary())
