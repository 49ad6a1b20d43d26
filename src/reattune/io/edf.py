"""EDF and BDF: many channels, each with its own rate, and annotations (extra ``edf``)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reattune.core.checks import require
from reattune.core.errors import ReadError
from reattune.core.notes import Note
from reattune.core.recording import Recording, Track
from reattune.io.cells import plain_stem
from reattune.io.columns import LARGEST_TIME_S
from reattune.io.frame_table import make_samples
from reattune.io.register import Format, register_reader
from reattune.io.safe import MAX_BYTES

_EDF, _BDF = b"0       ", b"\xffBIOSEMI"
_HEADER = 256
MAX_CHANNELS = 4096


def read_edf(path: Path, options: Mapping[str, object]) -> tuple[Recording, ...]:
    """The one recording of an EDF, EDF+ or BDF file: a track of samples per channel.

    Every channel keeps its own rate. Seconds count from the start of the recording, which stands
    in ``meta["start"]`` to the microsecond. Annotations become a track of points (those with a
    duration one of intervals) called ``annotations``. Names of people in the header are not taken.

    Parameters
    ----------
    path : Path
    options : mapping
        ``tracks``: names of channels to read (all by default); ``person``.

    Raises
    ------
    ReadError
        When the header is damaged or does not fit the file, or the recording has holes (EDF+D).
    MissingExtraError
        When the extra ``edf`` is not installed.
    """
    path = Path(path)
    header = _check_header(path)
    pyedflib: Any = require("edf", "reading EDF files")
    reader = None
    try:
        reader = pyedflib.EdfReader(str(path))
        return (_recording(path, reader, options, header),)
    except ReadError:
        raise
    except Exception as error:
        # The library names whatever is wrong with a damaged file in errors of many kinds.
        told = str(error).replace(str(path), path.name)[:160]
        raise ReadError(f"is not a sound EDF file ({told}).", path=path) from error
    finally:
        if reader is not None:
            reader.close()


def _recording(path: Path, reader: Any, options: Mapping[str, object], header: bytes) -> Recording:
    person = str(options.get("person") or "")
    labels = [str(label).strip() for label in reader.getSignalLabels()]
    rates = [float(rate) for rate in reader.getSampleFrequencies()]
    counts = [int(count) for count in reader.getNSamples()]
    notes = []
    tracks = []
    for i in _chosen(path, options, labels):
        if not 0 < rates[i] < np.inf or not counts[i]:
            told = f"Channel {labels[i]!r} holds no samples and was not read."
            notes.append(Note("channel_empty", told, level="warning"))
            continue
        values = np.asarray(reader.readSignal(i), dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        unit = str(reader.getPhysicalDimension(i)).strip()
        meta: dict[str, object] = {"channel": i}
        if unit:
            meta["unit"] = unit
        name = labels[i] or f"channel {i + 1}"
        tracks.append(make_samples(name, values, rates[i], person=person, meta=meta))
    if len(set(labels)) < len(labels):
        told = "Several channels have the same name."
        notes.append(Note("channels_alike", told, count=len(labels) - len(set(labels))))
    marks, mark_notes = _annotations(reader)
    if not tracks and not marks:
        raise ReadError("holds no channel with samples.", path=path)
    start = reader.getStartdatetime()
    if header[8:88].replace(b"X", b"").strip(b" ,"):
        told = "The header holds words about a person; they were not taken over."
        notes.append(Note("personal_data", told))
    duration = float(reader.file_duration)
    read = len(tracks)
    return Recording(
        id=plain_stem(path),
        format="edf",
        path=path,
        tracks=(*tracks, *marks),
        span=(0.0, max([duration, *(len(track) / track.rate_hz for track in tracks)])),
        meta={"sha256": _digest(path), "start": start.isoformat(timespec="microseconds")},
        notes=(
            Note("rows_read", f"{read} of {len(labels)} channel(s) were read.", count=read),
            *notes,
            *mark_notes,
        ),
    )


def _chosen(path: Path, options: Mapping[str, object], labels: list[str]) -> list[int]:
    from reattune.io.cells import Cells
    from reattune.io.columns import Column, Table
    from reattune.io.frame_table import choose_columns

    if options.get("tracks") is None:
        return list(range(len(labels)))
    columns = tuple(Column(i, label) for i, label in enumerate(labels))
    table = Table(path, Cells(tuple(labels), [], 2, "", ""), columns, options, "", ())
    return [column.index for column in choose_columns(table, columns)]


def _annotations(reader: Any) -> tuple[list[Track], list[Note]]:
    onsets, durations, texts = reader.readAnnotations()
    starts = np.asarray(onsets, dtype=np.float64)
    lengths = np.asarray(durations, dtype=np.float64)
    labels = [str(text).strip() for text in texts]
    good = np.isfinite(starts) & (np.abs(starts) < LARGEST_TIME_S)
    lengths = np.where(np.isfinite(lengths) & (lengths > 0), lengths, 0.0)
    notes = []
    if not good.all():
        count = int((~good).sum())
        told = f"{count} annotation(s) have no possible time and were skipped."
        notes.append(Note("annotations_without_time", told, "", count, "warning"))
    tracks = []
    for points in (True, False):
        own = np.flatnonzero(good & ((lengths == 0) == points))
        own = own[np.argsort(starts[own], kind="stable")]
        if own.size:
            begin = starts[own]
            named = tuple(labels[i] for i in own.tolist())
            kind_ends = begin if points else begin + lengths[own]
            tracks.append(
                Track("annotations", "points" if points else "intervals", begin, kind_ends, named)
            )
    return tracks, notes


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_header(path: Path) -> bytes:
    """The fixed header, after checking that what it claims fits the size of the file."""
    try:
        if path.is_dir():
            raise ReadError("is a folder, not a file.", path=path)
        size = path.stat().st_size
        with path.open("rb") as stream:
            header = stream.read(_HEADER)
            if size > MAX_BYTES:
                raise ReadError(
                    "is too large to read.",
                    path=path,
                    found=f"{size / 1e6:.0f} MB",
                    expected=f"at most {MAX_BYTES / 1e6:.0f} MB",
                )
            if header[:2] == b"\x1f\x8b" or header[:6] == b"\xfd7zXZ\x00":
                raise ReadError("is packed; unpack it first.", path=path)
            if not header.startswith((_EDF, _BDF)) or len(header) < _HEADER:
                raise ReadError(
                    "does not begin as an EDF or BDF file.", path=path, found=repr(header[:8])
                )
            channels = _whole(path, header[252:256], "number of channels")
            if not 1 <= channels <= MAX_CHANNELS:
                raise ReadError(
                    "states an impossible number of channels.", path=path, found=str(channels)
                )
            stream.seek(_HEADER + channels * 216)
            counts = stream.read(channels * 8)
    except OSError as error:
        raise ReadError(f"cannot be opened ({error.strerror or error}).", path=path) from error
    records = _whole(path, header[236:244], "number of records")
    _check_duration(path, header[244:252])
    if len(counts) < channels * 8:
        raise ReadError("ends within its header.", path=path)
    per_record = [
        _whole(path, counts[8 * i : 8 * i + 8], f"samples of channel {i + 1}")
        for i in range(channels)
    ]
    width = 3 if header.startswith(_BDF) else 2
    claimed = _HEADER * (channels + 1) + max(records, 0) * sum(per_record) * width
    if min(per_record) < 0 or claimed > size:
        raise ReadError(
            "is shorter than its header says.",
            path=path,
            found=f"{size} bytes",
            expected=f"at least {claimed}",
        )
    return header


def _check_duration(path: Path, field: bytes) -> None:
    try:
        duration_s = float(field.decode("ascii", "replace"))
    except ValueError:
        duration_s = 0.0
    if not 0 < duration_s < 1e9:
        raise ReadError(
            "states no duration of a record.", path=path, where="header", found=repr(field)
        )


def _whole(path: Path, field: bytes, what: str) -> int:
    text = field.decode("ascii", "replace").strip()
    try:
        return int(text)
    except ValueError as error:
        raise ReadError(
            f"states no {what}.", path=path, where="header", found=repr(text)
        ) from error


def _sniff(path: Path, head: bytes) -> bool:
    if not head.startswith((_EDF, _BDF)) or len(head) < _HEADER:
        return False
    fields = (head[184:192], head[236:244], head[252:256])
    return all(field.strip().lstrip(b"-").isdigit() for field in fields)


register_reader(
    Format(
        name="edf",
        title="EDF or BDF biosignals",
        suffixes=(".edf", ".bdf"),
        sniff=_sniff,
        read=read_edf,
    )
)
