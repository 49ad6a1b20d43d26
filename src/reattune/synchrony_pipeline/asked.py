"""What a command asks of signals: comparing them, or ruptures by rule Synchrony."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reattune.core.errors import ReadError, SettingError
from reattune.core.study import Progress, Study
from reattune.reading.study import STUDY_FILE
from reattune.synchrony_pipeline.analysis import analyze_signals, make_preparation, make_settings
from reattune.synchrony_pipeline.prepare import choose_stream, prepare_study
from reattune.synchrony_pipeline.reading import Partners, is_signals, read_signals
from reattune.synchrony_pipeline.result import SynchronyAnalysis

SYNCHRONY = "Synchrony"
# Words for signals that rule Synchrony takes, too.
OF_RULE = ("window_s", "step_s", "max_lag_s")
OF_BOTH = ("file_rate_hz", *OF_RULE, "smooth_s", "outlier_sd", "scaling", "rate_hz", "speed_of")
_NO_RATE = "does not say how many samples per second it holds"


def wants_signals(path: str, rule: Mapping[str, Any], synchrony: Mapping[str, Any]) -> bool:
    """Whether signals are compared: they were asked for, or there is nothing else.

    Parameters
    ----------
    path : str
    rule : mapping
        As asked for; rule `Synchrony` makes ruptures of signals and is no such comparison.
    synchrony : mapping
        What was asked of signals.
    """
    if rule.get("type") is not None:
        return False
    if any(key not in OF_BOTH for key in synchrony):
        return True
    return Path(path).exists() and is_signals(path, rate_hz=synchrony.get("file_rate_hz"))


def analyze_asked(
    path: str,
    asked: Mapping[str, Any],
    *,
    stream: str | None = None,
    partners: Partners | None = None,
    phases: str | Iterable[str] | None = None,
    surrogates: int | None = None,
    blocks: float | None = None,
    seed: int | None = None,
    null: str | None = None,
    on_progress: Progress | None = None,
) -> SynchronyAnalysis:
    """The analysis of signals as `analyze_signals` makes it, from the words of a command.

    Parameters
    ----------
    path : str
    asked : mapping
        Words of `make_settings` and `make_preparation`, ``file_rate_hz``, ``by_condition``,
        ``epochs``, ``also``, ``roles``. What they leave open is what a study file says.
    stream, partners, phases, surrogates, blocks, seed, null, on_progress
        As in `analyze_signals`.
    """
    study = read_asked(path, partners, asked, stream)
    words = {**dict(study.synchrony or {}), **asked}
    rest = {key: asked[key] for key in ("by_condition", "epochs", "also", "roles") if key in asked}
    return analyze_signals(
        study,
        make_settings(words),
        prepare=make_preparation(words),
        stream=stream,
        phases=phases,
        surrogates=surrogates,
        seed=seed,
        null=null,
        blocks="auto" if blocks is None else blocks,
        on_progress=on_progress,
        **rest,
    )


def read_asked(
    path: str, partners: Partners | None, asked: Mapping[str, Any], stream: str | None = None
) -> Study:
    """The sessions behind a path of signals; says which option a file lacks that has no rate."""
    place, rate = Path(path), asked.get("file_rate_hz")
    if not place.exists():
        raise ReadError("does not exist.", path=place)
    if rate is not None and (place.suffix.lower() == ".toml" or (place / STUDY_FILE).is_file()):
        raise SettingError(
            "--rate", rate, "rate_hz in [table], or fps of a stream, of the study file"
        )
    try:
        study = read_signals(place, partners=partners, rate_hz=rate, stream=stream)
        lost = [failure.message for failure in study.failures]
    except ReadError as error:
        if rate is not None or _NO_RATE not in str(error):
            raise
        study, lost = Study("", ()), [str(error)]
    if not len(study) and any(_NO_RATE in message for message in lost):
        raise ReadError(
            f"{_NO_RATE}.", path=place, expected="--rate, e.g. --rate 25 (frames of the video)"
        )
    return study


def prepare_for_rule(
    study: Study, rule: Mapping[str, Any], asked: Mapping[str, Any]
) -> tuple[Study, dict[str, Any]]:
    """The study with prepared signals, and rule `Synchrony` with the windows asked for.

    Raises
    ------
    SettingError
        For words that mean nothing to the rule, or where the signal to judge is not clear.
    """
    stray = [key for key in asked if key not in OF_BOTH]
    if stray:
        raise SettingError("rule", SYNCHRONY, f"no rule for {', '.join(stray)}")
    words = {**dict(study.synchrony or {}), **asked}
    preparation = make_preparation(words)
    stream = rule.get("stream", study.rule.get("stream", words.get("stream") or None))
    if stream is None:
        sessions, failures = study.load_all()
        if not sessions:
            why = failures[0].message if failures else ""
            raise ReadError("no session could be read.", found=why)
        stream = choose_stream(sessions[0], None, preparation)
    windows = {key: asked[key] for key in OF_RULE if key in asked}
    return (
        prepare_study(study, stream, preparation),
        {**rule, "type": SYNCHRONY, "stream": stream, **windows},
    )
