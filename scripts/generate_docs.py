"""Write the pages that are made from the code: the measures' cards and the commands' help.

Run by ``make docs-pages``; a test compares the pages in the repository with what this makes.
"""

from __future__ import annotations

import argparse
import inspect
from pathlib import Path

from reattune.measures import CARDS, Card

DOCS = Path(__file__).resolve().parents[1] / "docs"
_ROOMS = {
    "matching": "How much the partners match",
    "reparation": "Ruptures, repairs and their rates",
    "latency": "How long repair takes",
    "who": "Who opens and who repairs",
}


def build_measures() -> str:
    """The page with the card of every measure."""
    lines = [
        "# Measures",
        "",
        "Made from the cards in the code by `make docs-pages`; see also `reattune measures NAME`.",
        "",
        "V, M and U are the observed, matched and mismatched seconds. A *run* is a maximal stretch "
        "of one state without missing time. A rupture is *entered* when its beginning was seen. "
        "Undefined values are empty, with the count behind them, and never 0. Limits are 95 %, "
        "two-sided unless said otherwise.",
        "",
    ]
    room = ""
    for card in CARDS.values():
        home = card.compute.__module__.rsplit(".", 1)[-1]
        if home != room:
            room = home
            lines += [f"## {_ROOMS[room]}", ""]
        lines += [*_card(card), ""]
    return "\n".join(lines).rstrip() + "\n"


def _card(card: Card) -> list[str]:
    rows = [
        ("unit", card.unit),
        ("formula", card.formula),
        ("interval", card.interval),
        ("source", card.source),
        ("mind", card.caveat),
    ]
    table = [f"| {title} | {text.replace('|', chr(92) + '|')} |" for title, text in rows if text]
    name = card.name.replace("<", "&lt;").replace(">", "&gt;")
    body = [row.replace("<partner>", "&lt;partner&gt;") for row in table]
    return [
        f"### `{card.name}`" if "<" not in card.name else f"### {name}",
        "",
        card.label.replace("<partner>", "a partner").capitalize() + ".",
        "",
        "| | |",
        "|---|---|",
        *body,
    ]


def build_commands() -> str:
    """The page with the help of every command, from its parameters."""
    import typer

    from reattune.cli import app

    group = typer.main.get_command(app)
    lines = [
        "# Command line",
        "",
        "Made from the commands' own help by `make docs-pages`. Each command is one library call "
        "with the same names. Data go to standard output, notes to standard error. Exit code 0: "
        "all went well; 1: something could not be read (the rest was done); 2: the command was not "
        "understood.",
        "",
    ]
    for name, command in group.commands.items():
        lines += [f"## reattune {name}", "", inspect.cleandoc(command.help or ""), ""]
        rows = [_parameter(parameter) for parameter in command.params]
        if rows:
            lines += ["| parameter | meaning |", "|---|---|", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _parameter(parameter: object) -> str:
    option = parameter.param_type_name == "option"
    names = (
        ", ".join(f"`{name}`" for name in parameter.opts)
        if option
        else (f"`{parameter.name.upper()}`")
    )
    text = parameter.help or ""
    shown = getattr(parameter, "show_default", True)
    default = shown if isinstance(shown, str) else parameter.default
    if shown and default not in (None, False, ()) and not callable(default):
        text += f" Default: {default}."
    return f"| {names} | {text.replace('|', chr(92) + '|')} |"


PAGES = {"measures/index.md": build_measures, "command-line.md": build_commands}


def main() -> None:
    """Write all pages, or only say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    check = parser.parse_args().check
    outdated = []
    for name, build in PAGES.items():
        page, text = DOCS / name, build()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            outdated.append(name)
            if not check:
                page.write_text(text, encoding="utf-8")
    print(("outdated: " if check else "written: ") + (", ".join(outdated) or "none"))
    raise SystemExit(1 if check and outdated else 0)


if __name__ == "__main__":
    main()
