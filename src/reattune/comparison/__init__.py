"""Comparison room: groups, covariates, phases and time, with dyads as the unit."""

from reattune.comparison.result import Comparison
from reattune.comparison.run import compare
from reattune.comparison.source import Record, Source

__all__ = ["Comparison", "Record", "Source", "compare"]
