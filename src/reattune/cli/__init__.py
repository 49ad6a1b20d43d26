"""The command line: each command calls one library function of the same name."""

from reattune.cli import study, files  # noqa: I001 - the order of the help
from reattune.cli.base import app, main

__all__ = ["app", "files", "main", "study"]
