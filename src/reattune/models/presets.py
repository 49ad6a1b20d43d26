"""Presets, and parameters in TOML files."""

from __future__ import annotations

from pathlib import Path

from reattune.core.errors import SettingError, did_you_mean
from reattune.core.toml_file import read_toml
from reattune.models.parameters import DyadParameters, check_names

PRESETS: dict[str, DyadParameters] = {
    "infant_caregiver": DyadParameters(),
    # One time unit is about one turn of speech; the material is as deep as trust and tolerance let
    # it be. Scaled from the infant preset and not fitted to any therapy.
    "patient_therapist": DyadParameters(
        learning_rate=0.006,
        forgetting=0.02,
        depth_base=0.1,
        depth_slope=0.8,
        time_unit_s=10.0,
    ),
}


def preset(name: str, **changes: object) -> DyadParameters:
    """The parameters of that name, with changes.

    Parameters
    ----------
    name : {"infant_caregiver", "patient_therapist"}
    **changes
        Fields of `DyadParameters`.

    Examples
    --------
    >>> preset("patient_therapist", readiness_prob=0.5).time_unit_s
    10.0
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingError("preset", name, "a preset." + did_you_mean(str(name), PRESETS))
    check_names(tuple(changes))
    return DyadParameters(**{**PRESETS[name].to_dict(), **changes})  # type: ignore[arg-type]


def read_parameters(path: str | Path) -> DyadParameters:
    """The parameters in a TOML file: fields by name, and perhaps ``preset = "..."`` to start from.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    ReadError
        When it is no TOML.
    SettingError
        For an unknown name (with the closest one) or a value out of range.
    """
    values = read_toml(path)
    start = str(values.pop("preset", "infant_caregiver"))
    return preset(start, **values)


def write_parameters(parameters: DyadParameters, path: str | Path) -> None:
    """Write all fields to a TOML file that `read_parameters` reads back exactly.

    Parameters
    ----------
    parameters : DyadParameters
    path : path-like
        A file that is there is replaced.
    """
    path = Path(path)
    lines = [f"{name} = {_to_toml(value)}" for name, value in parameters.to_dict().items()]
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _to_toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_to_toml(item) for item in value) + "]"
    # The only texts are names of states, which need no escaping.
    return f'"{value}"' if isinstance(value, str) else repr(value)
