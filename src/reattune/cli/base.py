"""What every command uses: the application, errors, JSON, notes, progress."""

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


def note(message: str) -> None:
    """Say something beside the data: to standard error."""
    typer.echo(message, err=True)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


@contextmanager
def show_progress() -> Iterator[Progress]:
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


def split_partners(text: str | None) -> tuple[str, str] | None:
    """Two names from one text with a comma."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise SettingError("--partners", text, "two names with a comma, e.g. infant,caregiver")
    return (names[0], names[1])


def split_phases(text: str | None) -> str | list[str] | None:
    """Phases from one text with commas."""
    if text is None or text in ("apart", "ignore"):
        return text
    return [name.strip() for name in text.split(",")]
