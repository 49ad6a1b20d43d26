"""The command line: each command calls one library function of the same name."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reattune.core.errors import ReattuneError, SettingError

if TYPE_CHECKING:
    from reattune.core.study import Progress

app = typer.Typer(
    name="reattune",
    help="Find every rupture and every repair between two people, and say how sure one can be.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Folder for the report and the tables.", show_default=False),
]


def main() -> None:
    """Run the command line; library errors become one short line and exit code 1 or 2."""
    try:
        app()
    except SettingError as error:
        _fail(str(error), 2)
    except ReattuneError as error:
        _fail(str(error), 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _fail(message: str, code: int) -> None:
    typer.secho(f"reattune: {message}", err=True, fg="red" if sys.stderr.isatty() else None)
    sys.exit(code)


def _note(message: str) -> None:
    typer.echo(message, err=True)


def _print_json(document: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar on standard error; nothing when that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield show


def _show_version(asked: bool) -> None:
    if asked:
        from reattune import __version__

        typer.echo(f"reattune {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Find every rupture and every repair between two people, and say how sure one can be.

    Start with `reattune demo`, then `reattune info YOUR_FILE`, then `reattune analyze YOUR_FILE`.
    """


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

    study_file = write_example(out / "example-study")
    _note(f"Wrote the synthetic example study to {study_file.parent}")
    _note("The first run compiles the chance test, which takes some seconds.")
    with _progress() as show:
        result = analyze_study(read_study(study_file), on_progress=show)
        written = write_results(result, out, on_progress=show)
    if json_:
        _print_json(result.to_dict())
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
    json_: Json = False,
) -> None:
    """Say what is in a file or folder: format, people, streams, codes, spans, gaps, warnings.

    With `--draft study.toml`, also propose the mapping from codes to partners and states.
    """
    from reattune.reading import describe, draft_study

    described = []
    failed = False
    for path in paths:
        try:
            described.append(describe(path))
        except ReattuneError as error:
            failed = True
            _note(f"reattune: {error}")
    if json_:
        _print_json({"schema": "reattune/1", "files": [d.to_dict() for d in described]})
    else:
        typer.echo("\n\n".join(d.summary() for d in described))
    if draft is not None:
        if draft.exists():
            raise SettingError("--draft", str(draft), "a file that does not exist yet")
        text = draft_study(paths[0], relative_to=draft.resolve().parent)
        draft.write_text(text, encoding="utf-8")
        _note(f"Wrote {draft}. Read its comments, then: reattune analyze {draft} --out results")
    if failed:
        raise typer.Exit(1)


@app.command()
def analyze(
    path: Annotated[
        str,
        typer.Argument(
            help="A session file, a folder, a study.toml, or dataset:NAME.", show_default=False
        ),
    ],
    rule: Annotated[
        str | None,
        typer.Option(
            help="StateMatch, Contact, Contingent or Coded; default from the study file, "
            "otherwise StateMatch.",
            show_default=False,
        ),
    ] = None,
    stream: Annotated[
        str | None, typer.Option(help="Stream to compare.", show_default=False)
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="same_category, same_valence, social_positive_only or congruent_nonnegative.",
            show_default=False,
        ),
    ] = None,
    patience_s: Annotated[
        float | None, typer.Option(help="Contact: seconds it lasts.", show_default=False)
    ] = None,
    contact_of: Annotated[
        list[str] | None,
        typer.Option("--contact-of", help="Contact: whose (default both).", show_default=False),
    ] = None,
    partners: Annotated[
        str | None,
        typer.Option(help="Two names with a comma, e.g. infant,caregiver.", show_default=False),
    ] = None,
    phases: Annotated[
        str | None,
        typer.Option(
            help='"apart", "ignore", or phase names with commas. Default: apart.',
            show_default=False,
        ),
    ] = None,
    min_rupture_s: Annotated[float, typer.Option(help="Shorter mismatches are no rupture.")] = 0.0,
    merge_gap_s: Annotated[float, typer.Option(help="Shorter matches end no rupture.")] = 0.0,
    tie_s: Annotated[
        float | None,
        typer.Option(help="Changes this close count as both partners'.", show_default="one frame"),
    ] = None,
    surrogates: Annotated[
        int | None, typer.Option(help="Rotations; 0 for none.", show_default="999")
    ] = None,
    block_s: Annotated[
        float | None, typer.Option(help="Length of the rotation's blocks.", show_default="auto")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="For the rotations.", show_default="1")] = None,
    null: Annotated[
        str | None,
        typer.Option(
            help="blocks or whole; for comparison only: circular_shift, run_permutation, "
            "fitted_semi_markov, stationary_bootstrap.",
            show_default="blocks",
        ),
    ] = None,
    out: Out = None,
    export: Annotated[
        str | None,
        typer.Option(
            help="With --out, results for other programs, with commas: eaf (tiers added to a "
            "copy), boris, tidy, apim, textgrid, vtt.",
            show_default=False,
        ),
    ] = None,
    json_: Json = False,
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
    with _progress() as show:
        result = analyze_path(
            path,
            rule={key: value for key, value in settings.items() if value is not None},
            criteria={key: value for key, value in criteria.items() if value},
            partners=_split(partners),
            phases=_phases(phases),
            surrogates=surrogates,
            blocks=block_s,
            seed=seed,
            null=null,
            on_progress=show,
        )
    if out is not None:
        from reattune.show.export import write_results

        with _progress() as show:
            paths = write_results(result, out, on_progress=show)
        for written in paths:
            _note(f"Wrote {written}")
        if formats:
            from reattune.commands import export_path

            exported = export_path(result, out, formats, path)
            for note in exported.notes:
                _note(str(note))
            for written in exported.paths:
                _note(f"Wrote {written}")
    if json_:
        _print_json(result.to_dict())
    else:
        typer.echo(result.summary())
    failures = getattr(result, "failures", ())
    for failure in failures:
        _note(f"Not analysed: {failure.session or failure.file}: {failure.message}")
    if failures:
        raise typer.Exit(1)


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
    for note in written.notes:
        _note(str(note))
    if json_:
        _print_json(
            {
                "schema": "reattune/1",
                "written": [str(path) for path in written.paths],
                "notes": [note.to_dict() for note in written.notes],
            }
        )
    else:
        for path in written.paths:
            typer.echo(f"Wrote {path}")


@app.command()
def talk(
    path: Annotated[Path, typer.Argument(help="A transcript.", show_default=False)],
    partners: Annotated[
        str | None,
        typer.Option(help="Two names with a comma, e.g. patient,therapist.", show_default=False),
    ] = None,
    observation: Annotated[
        str | None, typer.Option(help="Which one, of several in the file.", show_default=False)
    ] = None,
    segment_s: Annotated[
        float | None, typer.Option(help="Seconds per segment.", show_default=False)
    ] = None,
    segment_turns: Annotated[
        int | None, typer.Option(help="Turns per segment.", show_default=False)
    ] = None,
    unusual: Annotated[
        bool, typer.Option(help="Also rank the segments by how much they differ from the others.")
    ] = False,
    json_: Json = False,
) -> None:
    """Describe how two people talk: turns, latencies, style matching, topics, cues; keeps no text.

    A description, not a test and no rupture detector: text hides tone, gaze and silence.
    """
    from reattune.commands import describe_talk_path

    document, text = describe_talk_path(
        path,
        partners=_split(partners),
        observation=observation,
        segment_s=segment_s,
        segment_turns=segment_turns,
        unusual=unusual,
    )
    if json_:
        _print_json(document)
    else:
        typer.echo(text)


def _split(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise SettingError("--partners", text, "two names with a comma, e.g. infant,caregiver")
    return (names[0], names[1])


def _phases(text: str | None) -> str | list[str] | None:
    if text is None or text in ("apart", "ignore"):
        return text
    return [name.strip() for name in text.split(",")]


@app.command()
def datasets(json_: Json = False) -> None:
    """List the public data sets that reattune knows by name."""
    from reattune.datasets import DATASETS, describe_datasets

    if json_:
        _print_json({"schema": "reattune/1", "datasets": [d.to_dict() for d in DATASETS.values()]})
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

    with _progress() as show:
        fetched = fetch_dataset(name, from_dir=from_, on_progress=show)
    if json_:
        _print_json(fetched.to_dict())
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
        _print_json(document)
    else:
        typer.echo(text)


if __name__ == "__main__":
    main()
