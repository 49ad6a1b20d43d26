"""reattune: rupture and repair between two people."""

__version__ = "0.1.0"
