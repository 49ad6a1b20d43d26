"""Power: what a study of some design would find, by simulating it and testing it as it would be.

Names load when first used, so that importing the room costs no more than numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reattune.experiments.power.curve import plan_curve
    from reattune.experiments.power.design import Design, read_design
    from reattune.experiments.power.questions import QUESTIONS
    from reattune.experiments.power.result import PowerCurve, PowerResult
    from reattune.experiments.power.run import estimate_power

# Public name -> module of this room.
_HOME = {
    "QUESTIONS": "questions",
    "Design": "design",
    "read_design": "design",
    "estimate_power": "run",
    "plan_curve": "curve",
    "PowerResult": "result",
    "PowerCurve": "result",
}

__all__ = [
    "QUESTIONS",
    "Design",
    "PowerCurve",
    "PowerResult",
    "estimate_power",
    "plan_curve",
    "read_design",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'reattune.experiments.power' has no attribute {name!r}")
    return getattr(import_module(f"reattune.experiments.power.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
