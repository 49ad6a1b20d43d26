"""The main job for signals: from files or sessions to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reattune.core.checks import check_option
from reattune.core.errors import MissingStreamError, ReadError, ReattuneError, SettingError
from reattune.core.notes import Note
from reattune.core.session import Session
from reattune.core.study import Progress, Study
from reattune.results import Failure
from reattune.rules import Rule
from reattune.synchrony import CrossCorrelation, use_preset
from reattune.synchrony_pipeline.also import check_bands, describe_asked, list_also
from reattune.synchrony_pipeline.epochs import (
    Epochs,
    compare_all_epochs,
    find_epochs,
    is_phase,
    list_epochs,
    name_epochs,
)
from reattune.synchrony_pipeline.prepare import (
    Preparation,
    choose_rate,
    choose_stream,
    derive,
    get_pair,
)
from reattune.synchrony_pipeline.reading import Partners, read_signals
from reattune.synchrony_pipeline.record import Plan, analyze_record
from reattune.synchrony_pipeline.result import SignalRecord, SynchronyAnalysis
from reattune.synchrony_pipeline.study import compare_records, find_conditions
from reattune.synchrony_tests import NULLS

Sessions = Session | Iterable[Session] | Study | str | Path


def analyze_signals(
    sessions: Sessions,
    settings: CrossCorrelation | None = None,
    *,
    prepare: Preparation | None = None,
    stream: str | None = None,
    null: str | None = None,
    blocks: float | str | None = "auto",
    surrogates: int | None = None,
    roles: bool | None = None,
    seed: int | None = None,
    epochs: Epochs | Iterable[Epochs] | None = None,
    phases: str | Iterable[str] | None = None,
    by_condition: str | None = None,
    also: str | Iterable[str] = (),
    partners: Partners | None = None,
    rate_hz: float | None = None,
    on_progress: Progress | None = None,
) -> SynchronyAnalysis:
    """The synchrony of two people's signals, record by record and over records, beside chance.

    Synchrony is not attunement: it says how far two signals move together in time, nothing of what
    the movements are. Rule `Synchrony` makes ruptures of it where that is wanted.

    Parameters
    ----------
    sessions : Session, iterable of Session, Study, or path
        A path is read by `read_signals`. What the call leaves open comes from the ``[synchrony]``
        section of a study file.
    settings : CrossCorrelation, optional
        Windows of 30 s, 1 s apart, lags up to 5 s by default; `use_preset` gives the conventions
        of other programs.
    prepare : Preparation, optional
        Outliers beyond 10 SD to missing, then an unbiased moving average of 0.5 s.
    stream : str, optional
        The signal to compare; needed where both partners have several.
    null : {"rotate", "phase_randomised", "iaaft", "segment_shuffle"}
        Of every record; see `reattune.synchrony_tests.compare_record`.
    blocks : "auto", float or None
        Of the rotation, in seconds; None: the whole phase.
    surrogates : int, default 999
        0 = no test, and every result then says so.
    roles : bool, default True
        Re-pair first with second partners only.
    seed : int, default 1
    epochs : str, Rule, or several, optional
        Compare synchrony inside them with the same epochs placed elsewhere: ``"phase:LABEL"``,
        ``"STREAM"``, ``"STREAM=CODE"``, ``"PARTNER:STREAM=CODE"``, or a rule for its ruptures.
    phases : "apart", "ignore" or names, optional
        Phases are looked at by themselves unless ignored.
    by_condition : str, optional
        A covariate: partners are re-paired, and records combined, within each of its values.
    also : str or iterable of str, optional
        Other measures of coupling for every record and phase: ``"recurrence"``, ``"coherence"``,
        ``"phase"``, ``"entropy"``, ``"information"``, ``"inertia"``, ``"oscillator"``; of coded
        events ``"events"`` and ``"floor"``. After a colon a radius in SD (``recurrence:0.2``), a
        band in Hz (``coherence:0.2-0.8``, ``phase:0.2-0.5``) or a stream (``floor:speech``).
    partners : (str, str), optional
        Names of the two people, for files.
    rate_hz : float, optional
        Samples per second, for files that do not say.
    on_progress : callable(done, total, what), optional

    Returns
    -------
    SynchronyAnalysis

    Raises
    ------
    ReadError
        When nothing can be read, or no session has the signal.
    SettingError
        For a setting that is not allowed, or where the signal to compare is not clear.

    Examples
    --------
    The therapist repeats after a second what the patient does.

    >>> import numpy as np
    >>> from reattune.core.streams import Signal
    >>> moves = np.abs(np.random.default_rng(2).normal(size=2000)).cumsum() % 7
    >>> pair = (Signal("patient", "motion", moves, 10),
    ...         Signal("therapist", "motion", np.roll(moves, 10), 10))
    >>> session = Session("d1", ("patient", "therapist"), (0, 200), pair)
    >>> found = analyze_signals(session, surrogates=99)
    >>> found["d1"]["all"].say_lead()
    'the patient leads by 1 s'
    """
    study = _open(sessions, partners, rate_hz, stream)
    given = {
        "settings": settings,
        "prepare": prepare,
        "stream": stream,
        "null": null,
        "surrogates": surrogates,
        "roles": roles,
        "seed": seed,
        "epochs": epochs,
        "phases": phases,
        "by_condition": by_condition,
        "also": list_also(also) or None,
    }
    chosen = _fill(study, given)
    # None is a choice here: the whole phase as one block.
    chosen["blocks"] = blocks if blocks != "auto" else _study_block_s(study)
    return _analyze(study, chosen, on_progress)


def _open(
    sessions: Sessions, partners: Partners | None, rate_hz: float | None, stream: str | None
) -> Study:
    if isinstance(sessions, str | Path):
        return read_signals(sessions, partners=partners, rate_hz=rate_hz, stream=stream)
    if isinstance(sessions, Study):
        return sessions
    if isinstance(sessions, Session):
        return Study.from_sessions([sessions], sessions.id)
    return Study.from_sessions(sessions)


def _fill(study: Study, given: Mapping[str, Any]) -> dict[str, Any]:
    """What the call says, over what the study file says, over the defaults."""
    file: dict[str, Any] = dict(study.synchrony or {})
    known = {key: value for key, value in dict(study.surrogates).items() if key in ("n", "seed")}
    stray = [key for key in study.surrogates if key not in ("n", "seed", "block_s")]
    if stray and study.synchrony is not None:
        told = "n, seed and block_s; the null of signals stands in [synchrony]"
        raise SettingError("surrogates", stray[0], told)
    chosen = {key: value for key, value in given.items() if value is not None}
    chosen.setdefault("settings", make_settings(file))
    chosen.setdefault("prepare", make_preparation(file))
    chosen.setdefault("stream", file.get("stream") or None)
    chosen.setdefault("null", file.get("null", "rotate"))
    chosen.setdefault("surrogates", known.get("n", 999))
    chosen.setdefault("roles", file.get("roles", True))
    chosen.setdefault("seed", known.get("seed", 1))
    chosen.setdefault("epochs", tuple(file.get("epochs", ())))
    chosen.setdefault("phases", study.phases)
    chosen.setdefault("by_condition", file.get("by_condition") or None)
    chosen.setdefault("also", list_also(file.get("also", ())))
    check_option("null", chosen["null"], NULLS)
    n = chosen["surrogates"]
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise SettingError("surrogates", n, "a whole number of at least 0")
    return chosen


def _study_block_s(study: Study) -> float | str:
    block_s = (study.synchrony or {}).get("block_s", study.surrogates.get("block_s"))
    return "auto" if block_s is None else float(str(block_s))


def make_settings(values: Mapping[str, Any]) -> CrossCorrelation:
    """The correlation that words of a study file or a command describe.

    Parameters
    ----------
    values : mapping
        ``preset``, ``window_s``, ``step_s``, ``max_lag_s``, ``anchor``; all may be absent.

    Raises
    ------
    SettingError
    """
    preset = values.get("preset")
    base = use_preset(preset) if preset else CrossCorrelation()
    named = ("window_s", "step_s", "max_lag_s")
    windows = {key: values[key] for key in named if values.get(key) is not None}
    if windows:
        base = replace(base, windows=replace(base.windows, **windows))
    return replace(base, anchor=values["anchor"]) if values.get("anchor") else base


def make_preparation(values: Mapping[str, Any]) -> Preparation:
    """The preparation that words of a study file or a command describe.

    Parameters
    ----------
    values : mapping
        ``rate_hz``, ``outlier_sd`` (or ``"none"``), ``smooth_s``, ``scaling``, ``speed_of``; any
        may be absent.

    Raises
    ------
    SettingError
    """
    words = {key: values[key] for key in ("smooth_s", "scaling") if values.get(key) is not None}
    if values.get("rate_hz") is not None:
        words["rate_hz"] = values["rate_hz"]
    if values.get("outlier_sd") is not None:
        words["outlier_sd"] = None if values["outlier_sd"] == "none" else values["outlier_sd"]
    if values.get("speed_of"):
        words["speed_of"] = tuple(values["speed_of"])
    return Preparation(**words)


def _analyze(
    study: Study, chosen: dict[str, Any], on_progress: Progress | None
) -> SynchronyAnalysis:
    sessions, lost = study.load_all(on_progress)
    failures = [Failure(f.session, f.file, f.message) for f in lost]
    if not sessions:
        why = failures[0].message if failures else "there is none"
        raise ReadError(f"no session could be read: {why}")
    preparation: Preparation = chosen["prepare"]
    stream = _choose(sessions, chosen["stream"], preparation)
    ready: list[Session] = []
    for session in sessions:
        try:
            ready.append(derive(session, stream, preparation))
        except ReattuneError as error:
            failures.append(_failed(session, error))
    if not ready:
        raise ReadError(f"no session has the signal: {failures[-1].message}")
    rate, resample, rate_note = choose_rate([get_pair(s, stream) for s in ready], preparation)
    check_bands(chosen["also"], rate)
    asked = list_epochs(chosen["epochs"])
    phases = chosen["phases"]
    plan = Plan(
        stream=stream,
        options=chosen["settings"],
        preparation=preparation,
        rate_hz=rate,
        resample=resample,
        null=chosen["null"],
        blocks=chosen["blocks"],
        surrogates=chosen["surrogates"],
        seed=chosen["seed"],
        phases=phases if isinstance(phases, str) else tuple(phases),
        whole=any(is_phase(what) for what in asked),
        also=chosen["also"],
    )
    covariates = study.covariates
    conditions, condition_note = find_conditions(chosen["by_condition"], covariates)
    records: list[SignalRecord] = []
    for at, session in enumerate(ready):
        tell = _teller(on_progress, at, len(ready), session.id)
        if on_progress:
            on_progress(at, len(ready), f"correlating {session.id}")
        try:
            records.append(_with_epochs(analyze_record(session, plan, tell), asked))
        except ReattuneError as error:
            failures.append(_failed(session, error))
    if not records:
        raise ReadError(f"no session could be correlated: {failures[-1].message}")
    _check_epochs(records, asked)
    if on_progress:
        on_progress(len(ready), len(ready), "comparing over records")
    n, seed = plan.surrogates, plan.seed
    over = (
        compare_records(records, plan.options, conditions, n=n, seed=seed, roles=chosen["roles"])
        if len(records) > 1
        else ()
    )
    notes = [note for note in (rate_note, condition_note) if note is not None]
    if not n:
        words = "no surrogates were drawn: values stand without what chance gives."
        notes.append(Note("no_chance", words, level="warning"))
    return SynchronyAnalysis(
        name=study.name or records[0].id,
        stream=stream,
        options=plan.options,
        preparation=preparation,
        records=tuple(records),
        failures=tuple(failures),
        study=over,
        epochs=compare_all_epochs(records, asked, n=n, seed=seed),
        covariates={record.id: covariates.get(record.id, {}) for record in records},
        settings=_describe(plan, chosen, asked, records),
        notes=(*study.notes, *notes),
    )


def _choose(sessions: Sequence[Session], stream: str | None, preparation: Preparation) -> str:
    """The signal to compare, by the first session in which it is clear."""
    first: SettingError | None = None
    for session in sessions:
        try:
            return choose_stream(session, stream, preparation)
        except SettingError as error:
            first = first or error
    raise first or SettingError("sessions", "none", "at least one session")


def _teller(
    on_progress: Progress | None, at: int, total: int, session: str
) -> Callable[[str], None] | None:
    """What is told before each other measure of one record."""
    if on_progress is None:
        return None
    return lambda name: on_progress(at, total, f"{name} of {session}")


def _failed(session: Session, error: ReattuneError) -> Failure:
    return Failure(session.id, str(session.meta.get("source", "")), str(error))


def _with_epochs(record: SignalRecord, asked: Sequence[Epochs]) -> SignalRecord:
    found, notes = {}, []
    for what in asked:
        try:
            found[name_epochs(what)] = find_epochs(record.session, what)
        except MissingStreamError as error:
            notes.append(Note("no_epochs", str(error), name_epochs(what)))
    return replace(record, epochs=found, notes=(*record.notes, *notes))


def _check_epochs(records: Sequence[SignalRecord], asked: Sequence[Epochs]) -> None:
    for what in asked:
        if not any(name_epochs(what) in record.epochs for record in records):
            session = records[0].session
            streams = ", ".join(session.stream_names)
            labels = ", ".join(f"phase:{phase.label}" for phase in session.phases)
            told = (
                f"epochs that a session has, such as {labels or 'a phase'} or a code of {streams}"
            )
            raise SettingError("epochs", name_epochs(what), told)


def _describe(
    plan: Plan, chosen: Mapping[str, Any], asked: Sequence[Epochs], records: Sequence[SignalRecord]
) -> dict[str, object]:
    """Everything needed to compute the same again; JSON-safe."""
    from importlib.metadata import version

    return {
        "stream": plan.stream,
        "correlation": plan.options.to_dict(),
        "preparation": plan.preparation.to_dict(),
        "rate_hz": plan.rate_hz,
        "positive_lag": "the first partner leads",
        "phases": plan.phases if isinstance(plan.phases, str) else list(plan.phases),
        "surrogates": {
            "n": plan.surrogates,
            "null": plan.null,
            "blocks": plan.blocks,
            "seed": plan.seed,
        },
        "roles": chosen["roles"],
        "by_condition": chosen["by_condition"] or "",
        "epochs": [what.to_dict() if isinstance(what, Rule) else what for what in asked],
        **describe_asked(plan.also, plan.setup, plan.surrogates),
        "versions": {name: version(name) for name in ("reattune", "numpy", "scipy", "numba")},
        "inputs": [
            {
                "session": record.id,
                "source": record.session.meta.get("source", ""),
                "sha256": record.session.meta.get("sha256", ""),
            }
            for record in records
        ],
    }
