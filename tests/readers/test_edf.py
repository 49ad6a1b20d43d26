"""EDF: a header checked before anything is read, channels with their own rates, annotations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reattune.core.errors import MissingExtraError, ReadError
from reattune.core.recording import Recording
from reattune.io import edf
from reattune.io.edf import read_edf
from reattune.io.register import FORMATS


def made(
    channels: list[tuple[str, int, list[int]]], records: int = 2, who: str = "X X X X"
) -> bytes:
    """A small EDF file: name, samples per record of one second, digital values."""
    count = len(channels)

    def block(width: int, texts: list[str]) -> str:
        return "".join(text.ljust(width) for text in texts)

    head = (
        block(8, ["0"])
        + block(80, [who, "Startdate X X X X"])
        + "24.01.2004.05.06"
        + block(8, [str(256 * (count + 1))])
        + block(44, [""])
        + block(8, [str(records), "1"])
        + block(4, [str(count)])
        + block(16, [name for name, _, _ in channels])
        + block(80, [""] * count)
        + block(8, ["uV"] * count)
        + block(8, ["-100"] * count)
        + block(8, ["100"] * count)
        + block(8, ["-1000"] * count)
        + block(8, ["1000"] * count)
        + block(80, [""] * count)
        + block(8, [str(per_record) for _, per_record, _ in channels])
        + block(32, [""] * count)
    )
    body = b""
    for record in range(records):
        for _, per_record, values in channels:
            own = values[record * per_record : (record + 1) * per_record]
            body += np.array(own, dtype="<i2").tobytes()
    return head.encode("ascii") + body


TWO = made([("EDA", 2, [0, 10, 20, 30]), ("ECG", 4, list(range(0, 800, 100)))])


def put(folder: Path, data: bytes) -> Path:
    path = folder / "night.edf"
    path.write_bytes(data)
    return path


def one(path: Path, **options: object) -> Recording:
    (recording,) = read_edf(path, options)
    return recording


def test_every_channel_keeps_its_rate(tmp_path: Path) -> None:
    pytest.importorskip("pyedflib", reason="the extra edf is not installed")
    recording = one(put(tmp_path, TWO), person="patient")
    slow, fast = recording.tracks
    assert (slow.name, slow.rate_hz, fast.name, fast.rate_hz) == ("EDA", 2.0, "ECG", 4.0)
    assert {t.person for t in recording.tracks} == {"patient"}
    assert slow.values is not None and fast.values is not None
    assert np.allclose(slow.values, [0, 1, 2, 3]) and np.allclose(fast.values, np.arange(8) * 10)
    assert slow.meta["unit"] == "uV"
    assert recording.span == (0.0, 2.0)
    assert recording.meta["start"] == "2020-01-24T04:05:06.000000"
    assert [n.code for n in recording.notes] == ["rows_read"]
    assert [t.name for t in one(put(tmp_path, TWO), tracks="ecg").tracks] == ["ECG"]


def test_names_of_people_are_not_taken_over(tmp_path: Path) -> None:
    pytest.importorskip("pyedflib", reason="the extra edf is not installed")
    data = made([("EDA", 2, [0, 10, 20, 30])], who="007 F 02-MAY-1980 Ada_Example")
    recording = one(put(tmp_path, data))
    assert "personal_data" in {note.code for note in recording.notes}
    assert "Ada" not in repr(recording)


def test_a_real_file_keeps_its_microseconds(shared: Path) -> None:
    pytest.importorskip("pyedflib", reason="the extra edf is not installed")
    recording = one(shared / "formats/edf/test_subsecond.edf")
    signal, marks = recording.tracks
    assert (signal.name, signal.rate_hz, len(signal)) == ("Fp1", 128.0, 89344)
    assert recording.meta["start"] == "2020-01-24T04:05:56.039453"
    assert (marks.kind, len(marks)) == ("points", 4)
    assert marks.labels == ("XLSpike", "Clip Note", "XLEvent", "XLSpike")
    assert marks.starts[0] == pytest.approx(1.9511719)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "does not begin as an EDF"),
        (b"something else" * 40, "does not begin as an EDF"),
        (TWO[:200], "does not begin as an EDF"),
        (TWO[:300], "ends within its header"),
        (TWO[:-2], "shorter than its header says"),
        (TWO[:252] + b"x   " + TWO[256:], "states no number of channels"),
        (TWO[:252] + b"0   " + TWO[256:], "impossible number of channels"),
        (TWO[:236] + b"99999999" + TWO[244:], "shorter than its header says"),
        (TWO[:244] + b"0       " + TWO[252:], "no duration of a record"),
        (b"\x1f\x8b" + TWO, "unpack it first"),
    ],
)
def test_a_damaged_header_is_refused_before_the_library_sees_it(
    tmp_path: Path, data: bytes, told: str
) -> None:
    with pytest.raises(ReadError, match=told):
        one(put(tmp_path, data))


def test_what_the_library_refuses_is_a_read_error(tmp_path: Path) -> None:
    pytest.importorskip("pyedflib", reason="the extra edf is not installed")
    with pytest.raises(ReadError, match="not a sound EDF") as caught:
        one(put(tmp_path, TWO.replace(b"24.01.20", b"xx.01.20")))
    assert str(tmp_path) not in str(caught.value)


def test_without_the_extra_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(extra: str, purpose: str) -> object:
        raise MissingExtraError(f"{purpose}: {extra}")

    monkeypatch.setattr(edf, "require", missing)
    with pytest.raises(MissingExtraError, match="reading EDF files: edf"):
        one(put(tmp_path, TWO))
    with pytest.raises(ReadError, match="folder"):
        one(tmp_path)


def test_the_sniffer(tmp_path: Path) -> None:
    sniff = FORMATS["edf"].sniff
    path = tmp_path / "a"
    assert sniff(path, TWO[:8192]) and sniff(path, b"\xffBIOSEMI" + TWO[8:])
    assert not sniff(path, TWO[:100]) and not sniff(path, b"0       " + b"a" * 300)
