"""Results out: ruptures and repairs as tiers, behaviours, chapters and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reattune.convert.files import Written, check_apart, safe_stem, session_recording, write_files
from reattune.core.checks import check_positive
from reattune.core.errors import ReadError, SettingError, did_you_mean
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.core.session import Session
from reattune.io.eaf_append import append_tiers
from reattune.io.fitting import (
    from_zero,
    in_milliseconds,
    points_as_intervals,
    rows_of,
    unique_name,
    without_overlaps,
)
from reattune.io.result_tracks import (
    DYAD,
    chapter,
    elan_tiers,
    plain_codes,
    result_tracks,
    stream_tracks,
)
from reattune.io.safe import read_bytes, sha256
from reattune.io.write_boris import make_boris
from reattune.io.write_eaf import make_eaf
from reattune.io.write_textgrid import make_textgrid
from reattune.io.write_tidy import APIM_COLUMNS, RESULT_COLUMNS, apim_rows, csv_bytes
from reattune.io.write_vtt import Cue, cues_as_bytes
from reattune.results import Analysis, PhaseAnalysis, StudyAnalysis

RESULT_FORMATS = ("eaf", "boris", "tidy", "apim", "textgrid", "vtt")
_TIMELINES = ("eaf", "boris", "textgrid", "vtt")
_OTHER_NAMES = {"elan": "eaf", "csv": "tidy", "praat": "textgrid"}

Files = dict[Path, bytes]


@dataclass
class _Job:
    """What is being written: sessions, where they go, where they came from."""

    analyses: tuple[Analysis, ...]
    name: str
    folder: Path
    source: Path | None
    bin_s: float
    stems: dict[int, str]
    notes: list[Note]

    def note(self, session: Session, notes: Iterable[Note]) -> None:
        """Notes of one session, with its name in front when there are several."""
        several = len(self.analyses) > 1
        self.notes += [
            replace(n, where=", ".join(p for p in (session.id, n.where) if p)) if several else n
            for n in notes
        ]


def export_results(
    result: Analysis | StudyAnalysis,
    out_dir: str | Path,
    formats: str | Iterable[str],
    *,
    source: str | Path | None = None,
    bin_s: float = 1.0,
) -> Written:
    """Write matches, ruptures and repairs for other programs.

    ``eaf``
        ``SESSION_ruptures.eaf``: a copy of the ELAN file the session came from, with the tiers
        MATCH, RUPTURE and REPAIR added (those of an earlier export replaced); a new file with the
        partners' streams when it came from something else or is not found.
    ``boris``
        ``NAME_ruptures.boris``: an observation per session; the dyad is a subject beside the
        partners, with the states match and rupture and the point repair (modifier: who).
    ``tidy``
        ``events.csv``: a row per event of the partners and of the dyad.
    ``apim``
        ``apim.csv``: a row per partner, time bin and state, see `reattune.io.write_tidy.apim_rows`.
    ``textgrid``, ``vtt``
        ``SESSION_ruptures.TextGrid`` with all streams; ``SESSION_ruptures.vtt`` with a chapter per
        rupture, on the clock of the first media file.

    Timelines are on the clock of the file a session came from, tables on that of the session.
    Everything is made before anything is written.

    Parameters
    ----------
    result : Analysis or StudyAnalysis
    out_dir : path-like
        Made when it does not exist.
    formats : str or iterable of str
        Names from above, one string with commas will do.
    source : path-like, optional
        What was analysed: file, study file or folder. Input files are looked for there by name and
        taken only if their content is what was analysed.
    bin_s : float, default 1
        Length of the time bins of ``apim``, in seconds.

    Raises
    ------
    SettingError
        For an unknown format, timelines of a course that counts meetings, a folder that cannot be
        written, or when an output would replace an input.
    ReadError
        When tiers of others hang on the result tiers of an input.
    """
    chosen = choose_formats(formats)
    check_positive("bin_s", bin_s)
    study = isinstance(result, StudyAnalysis)
    analyses = result.analyses if isinstance(result, StudyAnalysis) else (result,)
    timelines = [name for name in chosen if name in _TIMELINES]
    if timelines and any(a.session.clock == "meeting" for a in analyses):
        raise SettingError(
            "formats", ", ".join(timelines), "tidy or apim: a course counts meetings, not seconds"
        )
    stems: list[str] = []
    for analysis in analyses:
        stems.append(unique_name(safe_stem(analysis.session.id), stems, "{name}_{number}"))
    name = (result.name if isinstance(result, StudyAnalysis) else "") or "study"
    job = _Job(
        analyses,
        safe_stem(name) if study else "".join(stems[:1]),
        Path(out_dir),
        None if source is None else Path(source),
        bin_s,
        dict(enumerate(stems)),
        [],
    )
    files: Files = {}
    for format_ in chosen:
        files |= _MAKERS[format_](job)
    if job.source is not None and job.source.is_file():
        for path in files:
            check_apart(job.source, path)
    return Written(tuple(write_files(files)), tuple(job.notes))


def choose_formats(formats: str | Iterable[str]) -> tuple[str, ...]:
    """The names of result formats, in the order of ``RESULT_FORMATS``, each once.

    Raises
    ------
    SettingError
        For an unknown one (with the closest), or none at all.
    """
    given = formats.split(",") if isinstance(formats, str) else list(formats)
    wished = [name.strip().casefold().lstrip(".") for name in given if name.strip()]
    names = [_OTHER_NAMES.get(name, name) for name in wished]
    for name in names:
        if name not in RESULT_FORMATS:
            raise SettingError(
                "formats", name, "a format for results." + did_you_mean(name, RESULT_FORMATS)
            )
    if not names:
        raise SettingError("formats", formats, "one of " + ", ".join(RESULT_FORMATS))
    return tuple(name for name in RESULT_FORMATS if name in names)


# -- parts -----------------------------------------------------------------------------------------


def _shift(session: Session) -> float:
    origin = session.meta.get("clock_origin_s", 0.0)
    return float(origin) if isinstance(origin, int | float) else 0.0


def _groups(analysis: Analysis) -> list[tuple[str, tuple[PhaseAnalysis, ...]]]:
    """All parts together, or each with its name when their windows overlap."""
    ordered = sorted(analysis.parts, key=lambda part: part.phase.start)
    ends = [part.phase.end for part in ordered]
    starts = [part.phase.start for part in ordered]
    if all(after >= end - 1e-9 for end, after in zip(ends, starts[1:], strict=False)):
        return [("", tuple(ordered))]
    return [(part.phase.label, (part,)) for part in analysis.parts]


def _tracks(analysis: Analysis, shift_s: float) -> Iterator[tuple[str, tuple[Track, Track, Track]]]:
    """Match, rupture and repair, by group."""
    for label, parts in _groups(analysis):
        triples = [(part.phase, part.attunement, part.ruptures) for part in parts]
        yield label, result_tracks(triples, shift_s)


def _named(name: str, label: str) -> str:
    return f"{name} {label}" if label else name


def _recordings(job: _Job) -> Iterator[tuple[int, Analysis, Recording]]:
    for at, analysis in enumerate(job.analyses):
        yield at, analysis, session_recording(analysis.session, job.folder)


# -- timelines -------------------------------------------------------------------------------------


def _make_eaf_files(job: _Job) -> Files:
    files: Files = {}
    for at, analysis, recording in _recordings(job):
        session = analysis.session
        notes: list[Note] = []
        tiers = [
            replace(tier, name=_named(tier.name, label))
            for label, tracks in _tracks(analysis, _shift(session))
            for tier in elan_tiers(tracks)
        ]
        fitted = in_milliseconds(from_zero(tiers, "ELAN", notes), "ELAN", notes)
        fitted = without_overlaps(points_as_intervals(fitted, "ELAN", notes), "ELAN", notes)
        origin = _find_source(session, job.source, notes)
        path = job.folder / f"{job.stems[at]}_ruptures.eaf"
        if origin is not None:
            check_apart(origin, path)
            data = read_bytes(origin)
        else:
            made = make_eaf(recording)
            data = made.data
            notes += made.notes
        files[path] = append_tiers(data, fitted, origin or path)
        job.note(session, notes)
    return files


def _find_source(session: Session, source: Path | None, notes: list[Note]) -> Path | None:
    """The ELAN file the session came from, when it is there and unchanged."""
    if session.meta.get("format") != "elan":
        return None
    name, digest = str(session.meta.get("source", "")), str(session.meta.get("sha256", ""))
    if ", " in digest:
        words = "the session came from two ELAN files; its tiers were written to a new one."
        notes.append(Note("several_sources", words, name))
        return None
    places: Iterable[Path] = ()
    if source is not None and source.suffix.casefold() == ".toml":
        places = source.parent.rglob(Path(name).name)
    elif source is not None:
        places = source.rglob(Path(name).name) if source.is_dir() else (source,)
    for place in places:
        try:
            if place.is_file() and sha256(read_bytes(place)) == digest:
                return place
        except ReadError:
            continue
    words = "the ELAN file that was analysed was not found; its tiers were written to a new one."
    notes.append(Note("source_not_found", words, name, level="warning"))
    return None


def _make_boris_file(job: _Job) -> Files:
    recordings = []
    for _, analysis, recording in _recordings(job):
        tracks = [
            replace(track, name=_named(DYAD, label))
            for label, found in _tracks(analysis, _shift(analysis.session))
            for track in plain_codes(found, {track.name: track.name for track in found})
        ]
        # The dyad first: where a code of a partner has one of these names, that one is renamed.
        recordings.append(replace(recording, tracks=(*tracks, *recording.tracks)))
    made = make_boris(recordings, name=job.name)
    job.notes += made.notes
    return {job.folder / f"{job.name}_ruptures.boris": made.data}


def _make_textgrids(job: _Job) -> Files:
    files: Files = {}
    for at, analysis, recording in _recordings(job):
        tracks = [
            replace(track, name=_named(track.name, label))
            for label, found in _tracks(analysis, _shift(analysis.session))
            for track in found
        ]
        made = make_textgrid(replace(recording, tracks=(*recording.tracks, *tracks)))
        job.note(analysis.session, made.notes)
        files[job.folder / f"{job.stems[at]}_ruptures.TextGrid"] = made.data
    return files


def _make_chapters(job: _Job) -> Files:
    files: Files = {}
    for at, analysis, recording in _recordings(job):
        shift = _shift(analysis.session) + _media_shift(recording, analysis.session, job)
        cues: list[Cue] = []
        lost = 0
        for part in analysis.parts:
            phase = part.phase.label if len(analysis.parts) > 1 else ""
            for number, rupture in enumerate(part.ruptures, start=1):
                start, end = rupture.onset + shift, rupture.end + shift
                lost += end <= 0
                if end > 0:
                    cues.append((max(start, 0.0), end, "", chapter(rupture, number, phase)))
        if lost:
            words = f"{lost} rupture(s) lie before the media file begins and have no chapter."
            job.note(analysis.session, [Note("before_zero", words, count=lost, level="warning")])
        files[job.folder / f"{job.stems[at]}_ruptures.vtt"] = cues_as_bytes(cues, numbered=True)
    return files


def _media_shift(recording: Recording, session: Session, job: _Job) -> float:
    """Seconds to add to the file's clock to get that of the first media file."""
    origins = [m.get("origin_s", 0.0) for m in recording.media]
    shifts = [float(o) if isinstance(o, int | float) else 0.0 for o in origins]
    if any(shifts):
        name = recording.media[0].get("name", "")
        words = f"chapters are on the clock of {name!r} ({shifts[0]:+g} s)."
        job.note(session, [Note("media_clock", words)])
    return shifts[0] if shifts else 0.0


# -- tables ----------------------------------------------------------------------------------------


def _make_events(job: _Job) -> Files:
    rows: list[Sequence[object]] = []
    for analysis in job.analyses:
        session = analysis.session
        ends = (_shift(session), session.meta.get("source", ""))
        known = [(p.label, p.start, p.end) for p in session.phases]
        notes: list[Note] = []
        for track in stream_tracks(session):
            if track.kind == "samples":
                words = "measured values have no start and end; the stream was left out."
                where = f"{track.person} {track.name}"
                notes.append(Note("samples_left_out", words, where, len(track), "warning"))
                continue
            for start, end, code in rows_of(track):
                inside = (label for label, a, b in known if a - 1e-9 <= start and end <= b + 1e-9)
                phase = next(inside, "")
                rows.append(_event(session, phase, track, start, end, code, ends))
        for part in analysis.parts:
            triple = [(part.phase, part.attunement, part.ruptures)]
            for track in result_tracks(triple):
                for start, end, code in rows_of(track):
                    rows.append(_event(session, part.phase.label, track, start, end, code, ends))
        job.note(session, notes)
    data = csv_bytes(_clocked(RESULT_COLUMNS, job), rows)
    return {job.folder / "events.csv": data}


def _event(
    session: Session,
    phase: str,
    track: Track,
    start: float,
    end: float,
    code: str,
    ends: tuple[object, ...],
) -> tuple[object, ...]:
    who = (session.id, session.dyad, phase, track.person, track.name)
    return (*who, start, end, end - start, code, *ends)


def _make_bins(job: _Job) -> Files:
    rows: list[Sequence[object]] = []
    for analysis in job.analyses:
        session = analysis.session
        for part in analysis.parts:
            pair = part.attunement.pair
            if pair is None:
                words = "the rule does not compare two streams, so there is nothing to put in bins."
                job.note(session, [Note("no_bins", words, part.phase.label, level="warning")])
                continue
            bins = apim_rows(pair, job.bin_s)
            rows += [(session.id, session.dyad, part.phase.label, *row) for row in bins]
            start, end = pair.window
            rest = (end - start) % job.bin_s
            if 1e-6 < rest < job.bin_s - 1e-6:
                words = (
                    f"the last {rest:g} s are no whole bin of {job.bin_s:g} s and were left out."
                )
                job.note(session, [Note("last_bin_left_out", words, part.phase.label)])
    return {job.folder / "apim.csv": csv_bytes(_clocked(APIM_COLUMNS, job), rows)}


def _clocked(columns: Sequence[str], job: _Job) -> list[str]:
    """The columns, those in seconds named after meetings in a course."""
    if not any(a.session.clock == "meeting" for a in job.analyses):
        return list(columns)
    return [f"{name[:-2]}_meeting" if name.endswith("_s") else name for name in columns]


_MAKERS: dict[str, Callable[[_Job], Files]] = {
    "eaf": _make_eaf_files,
    "boris": _make_boris_file,
    "tidy": _make_events,
    "apim": _make_bins,
    "textgrid": _make_textgrids,
    "vtt": _make_chapters,
}
