"""The options of `analyze` that are about signals, as words of `analyze_signals`."""

from __future__ import annotations

from typing import Annotated

import typer

from reattune.core.errors import SettingError

PANEL = "Synchrony of signals"

Compare = Annotated[
    bool,
    typer.Option(
        "--synchrony",
        help="Compare signals although there are codes, too.",
        rich_help_panel=PANEL,
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        help="Samples per second, where the file does not say (motion energy, landmarks).",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="Conventions of another program: rmea, susy, boker or syncpy.",
        show_default="ours",
        rich_help_panel=PANEL,
    ),
]
WindowS = Annotated[
    float | None,
    typer.Option(
        "--window-s", help="Length of a window.", show_default="30", rich_help_panel=PANEL
    ),
]
StepS = Annotated[
    float | None,
    typer.Option("--step-s", help="Between windows.", show_default="1", rich_help_panel=PANEL),
]
MaxLagS = Annotated[
    float | None,
    typer.Option("--max-lag-s", help="Largest lag.", show_default="5", rich_help_panel=PANEL),
]
SmoothS = Annotated[
    float | None,
    typer.Option(
        "--smooth-s",
        help="Width of the moving average; 0 for none.",
        show_default="0.5",
        rich_help_panel=PANEL,
    ),
]
OutlierSd = Annotated[
    str | None,
    typer.Option(
        "--outlier-sd",
        help="Samples farther than so many SD become missing; none keeps all.",
        show_default="10",
        rich_help_panel=PANEL,
    ),
]
Scaling = Annotated[
    str | None,
    typer.Option(
        help="z, unit, sd or robust; correlation needs none.",
        show_default="none",
        rich_help_panel=PANEL,
    ),
]
ResampleHz = Annotated[
    float | None,
    typer.Option(
        "--resample-hz",
        help="Bring all signals to this rate.",
        show_default="the lowest, where rates differ",
        rich_help_panel=PANEL,
    ),
]
SpeedOf = Annotated[
    str | None,
    typer.Option(
        "--speed-of",
        help="Compare the speed of a landmark: Nose_x,Nose_y.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
ByCondition = Annotated[
    str | None,
    typer.Option(
        "--by-condition",
        help="A covariate: re-pair partners within each of its values. In a folder of folders, "
        "folder is one.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Epochs = Annotated[
    list[str] | None,
    typer.Option(
        "--epochs",
        help="Synchrony inside these beside the same epochs elsewhere: phase:reunion, cry, "
        "affect=negative, infant:affect=negative. May be repeated.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Also = Annotated[
    str | None,
    typer.Option(
        "--also",
        help="Other measures of coupling, with commas: recurrence, coherence, phase, entropy, "
        "information, inertia, oscillator; of coded events: events, floor. A colon gives a radius "
        "(recurrence:0.2), a band in Hz (coherence:0.2-0.8) or a stream (floor:speech).",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
AnyRoles = Annotated[
    bool,
    typer.Option(
        "--any-roles",
        help="Strangers may also be two first or two second partners.",
        rich_help_panel=PANEL,
    ),
]


def synchrony_options(
    *,
    compare: bool = False,
    rate: float | None = None,
    preset: str | None = None,
    window_s: float | None = None,
    step_s: float | None = None,
    max_lag_s: float | None = None,
    smooth_s: float | None = None,
    outlier_sd: str | None = None,
    scaling: str | None = None,
    resample_hz: float | None = None,
    speed_of: str | None = None,
    by_condition: str | None = None,
    epochs: list[str] | None = None,
    also: str | None = None,
    any_roles: bool = False,
) -> dict[str, object]:
    """What was given, by name; empty where nothing was.

    Raises
    ------
    SettingError
        For an option that is not written as it should be.
    """
    given: dict[str, object | None] = {
        "compare": compare or None,
        "file_rate_hz": rate,
        "preset": preset,
        "window_s": window_s,
        "step_s": step_s,
        "max_lag_s": max_lag_s,
        "smooth_s": smooth_s,
        "outlier_sd": None if outlier_sd is None else _number_or_none(outlier_sd),
        "scaling": scaling,
        "rate_hz": resample_hz,
        "speed_of": None if speed_of is None else _names(speed_of),
        "by_condition": by_condition,
        "epochs": tuple(epochs) if epochs else None,
        "also": None if also is None else _names(also),
        "roles": False if any_roles else None,
    }
    return {key: value for key, value in given.items() if value is not None}


def _number_or_none(text: str) -> float | str:
    if text.strip().lower() == "none":
        return "none"
    try:
        return float(text)
    except ValueError:
        raise SettingError("--outlier-sd", text, "a number above 0, or none") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
