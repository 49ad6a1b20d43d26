"""The command line: each command calls one library function of the same name."""

from reattune.cli import study, compare, files  # noqa: I001 - the order of the help
from reattune.cli.base import app, main

__all__ = ["app", "compare", "files", "main", "study"]
