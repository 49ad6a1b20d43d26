"""Ruptures and repairs: attunement in, table of ruptures out."""

from reattune.repair.find import find_ruptures

__all__ = ["find_ruptures"]
