"""The command that asks what other defensible settings would have said."""

from __future__ import annotations

from typing import Annotated

import typer

from reattune.cli.base import Json, Out, app, note, print_json, show_progress, split_partners
from reattune.core.errors import SettingError


@app.command()
def multiverse(
    path: Annotated[
        str,
        typer.Argument(
            help="A file of signals, a folder of them, or a study.toml for signals.",
            show_default=False,
        ),
    ],
    window_s: Annotated[str, typer.Option(help="Lengths of windows, with commas.")] = "15,30,60",
    max_lag_s: Annotated[str, typer.Option(help="Largest lags.")] = "2,5",
    step_s: Annotated[str, typer.Option(help="Steps between windows.")] = "5,10",
    smooth_s: Annotated[str, typer.Option(help="Widths of the moving average.")] = "0,0.5,1",
    statistic: Annotated[
        str,
        typer.Option(help="mean_abs_z, mean_z, lag_zero_abs_z, lag_zero_z, lead_difference."),
    ] = "mean_abs_z,mean_z",
    null: Annotated[
        str | None,
        typer.Option(
            help="rotate, pairing, phase_randomised, iaaft.",
            show_default="rotate, and pairing from six dyads on",
        ),
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(help="The signal, where there are several.", show_default=False),
    ] = None,
    phase: Annotated[
        str | None,
        typer.Option(help='One phase, or "all" for whole records.', show_default=False),
    ] = None,
    partners: Annotated[
        str | None,
        typer.Option(help="Names of the two people, with a comma.", show_default=False),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="Samples per second, where the file does not say.", show_default=False),
    ] = None,
    outlier_sd: Annotated[
        str | None,
        typer.Option(
            help="Samples farther than so many SD become missing; none keeps all.",
            show_default="10",
        ),
    ] = None,
    surrogates: Annotated[int, typer.Option(help="Per null.")] = 199,
    block_s: Annotated[
        float | None,
        typer.Option(help="Length of the rotation's blocks.", show_default="auto"),
    ] = None,
    seed: Annotated[int, typer.Option(help="For the surrogates.")] = 1,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Compare two signals under every combination of settings, all beside the same surrogates.

    None of them is picked: a summary says what holds over all of them, with a joint p. With
    `--out`, multiverse.html, multiverse.csv and joint.csv are written. Codes are not gone through
    yet.
    """
    from reattune.synchrony_multiverse import SettingsGrid, vary_path

    grid = SettingsGrid(
        window_s=_numbers("--window-s", window_s),
        max_lag_s=_numbers("--max-lag-s", max_lag_s),
        step_s=_numbers("--step-s", step_s),
        smoothing_s=_numbers("--smooth-s", smooth_s),
        statistic=_words(statistic),
        null=_words(null or ""),
    )
    with show_progress() as show:
        found = vary_path(
            path,
            grid,
            stream=stream,
            phase=phase,
            partners=split_partners(partners),
            file_rate_hz=rate,
            preparation={} if outlier_sd is None else {"outlier_sd": _outliers(outlier_sd)},
            surrogates=surrogates,
            blocks="auto" if block_s is None else block_s,
            seed=seed,
            on_progress=show,
        )
    if out is not None:
        from reattune.show.synchrony_multiverse import write_multiverse

        with show_progress() as show:
            for written in write_multiverse(found, out, on_progress=show):
                note(f"Wrote {written}")
    if json_:
        print_json(found.to_dict())
    else:
        typer.echo(found.summary())


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in _words(text))
    except ValueError:
        raise SettingError(option, text, "numbers with commas, e.g. 15,30,60") from None


def _outliers(text: str) -> float | str:
    return "none" if text == "none" else _numbers("--outlier-sd", text)[0]
