"""The bundled example study."""

from reattune.examples.generate import GROUPS, SEED, generate_dyads
from reattune.examples.write import write_example

__all__ = ["GROUPS", "SEED", "generate_dyads", "write_example"]
