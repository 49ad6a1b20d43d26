"""The command line: each command calls one library function of the same name."""

from reattune.cli import study, compare, multiverse, model, claims, power, files  # noqa: I001 - the order of the help
from reattune.cli.base import app, main

__all__ = ["app", "claims", "compare", "files", "main", "model", "multiverse", "power", "study"]
