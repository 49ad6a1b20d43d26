"""Back to the programs data came from: files between formats, results as tiers and tables."""

from reattune.convert.files import TARGETS, Written, convert
from reattune.convert.results import RESULT_FORMATS, export_results

__all__ = ["RESULT_FORMATS", "TARGETS", "Written", "convert", "export_results"]
