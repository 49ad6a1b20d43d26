"""The multiverse of whatever a path names: signals, in this version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reattune.core.errors import ReadError, SettingError
from reattune.core.notes import Note
from reattune.core.study import Progress
from reattune.synchrony_multiverse.result import SynchronyMultiverse
from reattune.synchrony_multiverse.run import vary_settings
from reattune.synchrony_multiverse.settings import SettingsGrid
from reattune.synchrony_pipeline import is_signals, make_preparation
from reattune.synchrony_pipeline.asked import read_asked


def vary_path(
    path: str,
    grid: SettingsGrid | None = None,
    *,
    stream: str | None = None,
    phase: str | None = None,
    partners: tuple[str, str] | None = None,
    file_rate_hz: float | None = None,
    preparation: Mapping[str, Any] | None = None,
    surrogates: int = 199,
    blocks: float | str | None = "auto",
    seed: int = 1,
    on_progress: Progress | None = None,
) -> SynchronyMultiverse:
    """The multiverse of the signals behind a path; see `vary_settings`.

    Parameters
    ----------
    path : str
        A file of signals, a folder of them, or a study file for signals.
    grid : SettingsGrid, optional
    stream, phase : str, optional
    partners : (str, str), optional
    file_rate_hz : float, optional
        Samples per second, where the file does not say.
    preparation : mapping, optional
        Words of `reattune.synchrony_pipeline.make_preparation`, over those of the study file.
    surrogates, blocks, seed, on_progress
        As in `vary_settings`.

    Raises
    ------
    ReadError
        When nothing can be read.
    SettingError
        For a study of codes: this version goes through settings of signals only.
    """
    place = Path(path)
    if place.exists() and stream is None and not is_signals(place, rate_hz=file_rate_hz):
        told = (
            "signals: this version runs the multiverse for windows, lags, steps and smoothing of "
            "signals. For codes, the report of reattune analyze has a table of minimum durations; "
            "other rules are run one by one. Name --stream to take signals beside codes"
        )
        raise SettingError("path", path, told)
    study = read_asked(
        path, partners, {} if file_rate_hz is None else {"file_rate_hz": file_rate_hz}, stream
    )
    sessions, lost = study.load_all(on_progress)
    if not sessions:
        raise ReadError("no session could be read.", path=place, found=lost[0].message)
    words = {**dict(study.synchrony or {}), **(preparation or {})}
    return vary_settings(
        sessions,
        grid,
        stream=stream or words.get("stream") or None,
        phase=phase,
        preparation=make_preparation(words),
        surrogates=surrogates,
        blocks=blocks,
        seed=seed,
        on_progress=on_progress,
        notes=[Note("not_read", f.message, f.session or f.file, level="warning") for f in lost],
    )
