"""Ruptures and repairs: attunement in, table of ruptures out."""

from reattune.repair.find import find_ruptures
from reattune.repair.first import FirstRepair, find_first_repair

__all__ = ["FirstRepair", "find_first_repair", "find_ruptures"]
