"""Commands for files, data sets and cards: convert, talk, datasets, fetch, measures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reattune.cli.base import (
    Json,
    Out,
    app,
    note,
    print_json,
    show_progress,
    split_partners,
)

if TYPE_CHECKING:
    from reattune.talk import Talks

# Turns per segment where a picture by segments was asked for and nothing else makes segments.
SEGMENT_TURNS = 20


@app.command()
def convert(
    in_path: Annotated[Path, typer.Argument(metavar="IN", help="A file.", show_default=False)],
    out_path: Annotated[Path, typer.Argument(metavar="OUT", help="The new file.")],
    to: Annotated[
        str | None,
        typer.Option(
            help="eaf, tidy, boris, textgrid, sdis, gridware or vtt; by default from OUT's ending.",
            show_default=False,
        ),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(help="A study file: write its mapped streams.", show_default=False),
    ] = None,
    observation: Annotated[
        str | None, typer.Option(help="Which one, of several in IN.", show_default=False)
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="What IN is.", show_default=False)
    ] = None,
    json_: Json = False,
) -> None:
    """Write a file's coding in another program's format, and say what that format cannot hold."""
    from reattune.convert import convert as convert_file

    written = convert_file(
        in_path, out_path, to=to, study=study, observation=observation, format=format_
    )
    for remark in written.notes:
        note(str(remark))
    if json_:
        print_json(
            {
                "schema": "reattune/1",
                "written": [str(path) for path in written.paths],
                "notes": [remark.to_dict() for remark in written.notes],
            }
        )
    else:
        for path in written.paths:
            typer.echo(f"Wrote {path}")


@app.command()
def talk(
    path: Annotated[Path, typer.Argument(help="A transcript, or a folder.", show_default=False)],
    partners: Annotated[
        str | None,
        typer.Option(help="Two names with a comma, e.g. patient,therapist.", show_default=False),
    ] = None,
    observation: Annotated[
        str | None,
        typer.Option(help="Which one, of several in the file; all by default.", show_default=False),
    ] = None,
    segment_s: Annotated[
        float | None, typer.Option(help="Seconds per segment.", show_default=False)
    ] = None,
    segment_turns: Annotated[
        int | None,
        typer.Option(
            help="Turns per segment. With --out 20, where nothing else makes segments.",
            show_default=False,
        ),
    ] = None,
    unusual: Annotated[
        bool,
        typer.Option(
            "--unusual", help="Also rank the segments by how much they differ from the others."
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            help="Compare two groups of conversations: a column with two values.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Describe how two people talk: turns, latencies, style matching, topics, cues; keeps no text.

    A description, not a test and no rupture detector: text hides tone, gaze and silence. With
    `--out`, talk.html, talk.csv and more are written there.
    """
    from reattune.commands import describe_talk_path

    pair = split_partners(partners)

    def describe(turns: int | None) -> Talks:
        with show_progress() as show:
            return describe_talk_path(
                path,
                partners=pair,
                observation=observation,
                segment_s=segment_s,
                segment_turns=turns,
                unusual=unusual,
                on_progress=show,
            )

    found = describe(segment_turns)
    if (out is not None or unusual) and not any(one.segments for one in found.talks):
        # A picture by segments needs some.
        found = describe(SEGMENT_TURNS)
    text = found.summary(by)
    if out is not None:
        from reattune.show.talk_export import write_talks

        with show_progress() as show:
            written = write_talks(found, out, by=by, on_progress=show)
        for place in written:
            note(f"Wrote {place}")
    if json_:
        print_json(_talk_document(found, by))
    else:
        typer.echo(text)
    if found.failures:
        raise typer.Exit(1)


def _talk_document(found: Talks, by: str | None) -> dict[str, object]:
    """One conversation as itself, several as a list; with the comparison where it was asked for."""
    from reattune.show.document import json_safe

    document: dict[str, object] = {"schema": "reattune/1"}
    if len(found.talks) == 1:
        document |= found.talks[0].to_dict()
        for ranked in found.unusual.values():
            document["unusual"] = ranked.to_dict()
    else:
        document |= found.to_dict()
    if by is not None:
        document["compared"] = json_safe(found.compare(by).to_dict("records"))
    return document


@app.command()
def datasets(json_: Json = False) -> None:
    """List the public data sets that reattune knows by name."""
    from reattune.datasets import DATASETS, describe_datasets

    if json_:
        print_json({"schema": "reattune/1", "datasets": [d.to_dict() for d in DATASETS.values()]})
    else:
        typer.echo(describe_datasets())


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A name from `reattune datasets`.")],
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="Take the files from this folder instead of the network."),
    ] = None,
    json_: Json = False,
) -> None:
    """Get a public data set: the only command that uses the network.

    Says what it gets and from where, and checks every file against its checksum.
    """
    from reattune.datasets import fetch_dataset

    with show_progress() as show:
        fetched = fetch_dataset(name, from_dir=from_, on_progress=show)
    if json_:
        print_json(fetched.to_dict())
    else:
        typer.echo(fetched.summary())


@app.command()
def measures(
    name: Annotated[str | None, typer.Argument(help="One measure.", show_default=False)] = None,
    json_: Json = False,
) -> None:
    """Show the card of every measure: formula, unit, interval, source, caveat."""
    from reattune.commands import describe_measures

    document, text = describe_measures(name)
    if json_:
        print_json(document)
    else:
        typer.echo(text)
