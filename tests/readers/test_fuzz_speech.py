"""Damaged transcripts: a reader raises ReadError or reads; a sniffer claims only its own."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reattune.core.errors import ReadError
from reattune.core.recording import Recording
from reattune.io.chat import read_chat, sniff_chat
from reattune.io.rttm import read_rttm, sniff_rttm
from reattune.io.subtitles import read_subtitles, sniff_srt, sniff_vtt
from reattune.io.textgrid import read_textgrid, sniff_textgrid
from reattune.io.transcript_table import read_transcript_table, sniff_transcript_table
from reattune.io.whisper import read_whisper, sniff_whisper

from .fuzzing import few

LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "a"
        xmin = 0
        xmax = 3
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 1.5
            text = "say ""hi"""
        intervals [2]:
            xmin = 1.5
            xmax = 3
            text = ""
    item [2]:
        class = "TextTier"
        name = "a"
        xmin = 0
        xmax = 3
        points: size = 1
        points [1]:
            number = 2
            mark = "p"
'''
SHORT = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n3\n<exists>\n1\n"IntervalTier"\n'
    '"a"\n0\n3\n2\n0\n1.5\n"x"\n1.5\n3\n"y ""z"""\n'
)
CHAT = (
    "@UTF8\n@Begin\n@Participants:\tCHI Ida Child, MOT Mother\n@ID:\teng|own|CHI|1;||||Child|||\n"
    "@Media:\tx, audio\n*CHI:\tba . [+ id] \x150_1500\x15\n%add:\tMOT\n*MOT:\toh\n\tyes .\n"
    "*MOT:\tno ! \x151500_2500\x15\n@End\n"
)
SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\nA: Hello <i>x</i>\n\n"
    "2\n00:00:03,000 --> 00:00:04,040\nB: b\n"
)
VTT = (
    "WEBVTT\nKind: captions\n\nNOTE x\n\nid1\n00:01.000 --> 00:02.000 align:left\n<v Anna>Hi &amp;"
    "</v>\n\n00:00:02.000 --> 00:00:03.000\n<v.loud Tom>yes<v Anna>no <c.red>x</c>\n"
)
WHISPER = json.dumps(
    {
        "segments": [
            {
                "start": 0.5,
                "end": 2.5,
                "text": " In 2019",
                "speaker": "S0",
                "words": [
                    {"word": "In", "start": 0.5, "end": 0.75, "score": 0.9, "speaker": "S0"},
                    {"word": "2019", "speaker": "S1"},
                    {"word": "we", "start": 1.0, "end": 2.5, "speaker": "S1"},
                ],
            },
            {"start": 3, "end": 4, "text": "yes", "words": []},
        ],
        "language": "en",
    }
)
RTTM = (
    ";; c\nSPKR-INFO h 1 <NA> <NA> <NA> unknown a <NA> <NA>\n"
    "SPEAKER h 1 0.1 0.2 <NA> <NA> a <NA> <NA>\nSPEAKER k 1 0.3 1e-1 <NA> <NA> b <NA>\n"
)
TABLE = 'session,speaker,start_s,end_s,text\n1,A,0.5,2.0,"How, then"\n2,B,0:02,4,x\n1,A,3,4,\n'

ODD = [
    "", "-1", "-0.0", "1e999", "1e-999", "nan", "NaN", "true", "null", "9" * 40, "1_0", "\u0661",
    "\x00", "\x15", "\ud7ff", '"', '""', "'", "<", "<v ", "-->", ":", "@End", "\t", "\n", "\n\n",
    "\r", "[]", "{}", "<NA>", "<exists>", "<absent>", "999999999", "\u2028", "\ufeff", "&#0;",
]  # fmt: skip
READERS = {
    "textgrid long": (LONG, read_textgrid),
    "textgrid short": (SHORT, read_textgrid),
    "chat": (CHAT, read_chat),
    "srt": (SRT, read_subtitles),
    "vtt": (VTT, read_subtitles),
    "whisper": (WHISPER, read_whisper),
    "rttm": (RTTM, read_rttm),
    "table": (TABLE, read_transcript_table),
}
SNIFFERS = {
    "textgrid": sniff_textgrid,
    "chat": sniff_chat,
    "srt": sniff_srt,
    "vtt": sniff_vtt,
    "whisper": sniff_whisper,
    "rttm": sniff_rttm,
    "table": sniff_transcript_table,
}

FEW = few(80)


def check(recordings: tuple[Recording, ...]) -> None:
    """What was read holds together: sorted, finite, no end before its start, sound text."""
    assert recordings
    for recording in recordings:
        for track in recording.tracks:
            assert np.isfinite(track.starts).all() and np.isfinite(track.ends).all()
            assert (track.starts >= 0).all() and not np.signbit(track.starts).any()
            assert (track.ends >= track.starts).all() and (np.diff(track.starts) >= 0).all()
            assert len(track.labels) == track.starts.size
            "".join((track.person, track.name, *track.labels)).encode("utf-8")
        if recording.span is not None:
            assert recording.span[0] <= recording.span[1]
        assert len(set(map(id, recording.notes))) == len(recording.notes)


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """``text`` with tokens deleted, doubled or changed, then perhaps cut or with bytes flipped."""
    tokens = re.findall(r"\w+|\s|[^\w\s]", text)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tokens) - 1))
        how = draw(st.sampled_from(["delete", "double", "change", "change", "swap", "block"]))
        if how == "delete":
            tokens[at : at + draw(st.integers(1, 3))] = [""]
        elif how == "double":
            tokens.insert(at, tokens[at])
        elif how == "change":
            tokens[at] = draw(st.sampled_from(ODD))
        elif how == "swap":
            other = draw(st.integers(0, len(tokens) - 1))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens[at:at] = tokens[at : at + draw(st.integers(4, 60))]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "cp1252"]))
    data = bytearray("".join(tokens).encode(encoding, errors="replace"))
    if data and draw(st.integers(0, 3)) == 0:
        del data[draw(st.integers(0, len(data))) :]
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "damaged.txt"


@pytest.mark.parametrize("name", READERS)
def test_the_whole_file_is_read(path: Path, name: str) -> None:
    text, read = READERS[name]
    path.write_bytes(text.encode())
    check(read(path, {}))
    path.write_bytes(gzip.compress(text.encode()))
    check(read(path, {}))


@pytest.mark.parametrize("name", READERS)
@FEW
@given(data=st.data())
def test_damage_gives_a_read_error_or_a_sound_recording(
    path: Path, name: str, data: st.DataObject
) -> None:
    text, read = READERS[name]
    content = data.draw(damaged(text))
    path.write_bytes(content)
    for sniff in SNIFFERS.values():
        assert sniff(path, content[:8192]) in (True, False)
    try:
        recordings = read(path, {})
    except ReadError as error:
        assert "damaged.txt" in str(error)
    else:
        check(recordings)


odd_values = st.sampled_from(
    [
        *(None, True, False, -1, 0, 0.5, 1, 2.5, 1e999, float("nan"), 10**400),
        *("", "1", "S1", "\ud800", [], {}, [1], {"start": 1}),
    ]
)
words = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("word", "start", "end", "speaker"), odd_values)
)
segments = st.fixed_dictionaries(
    {"text": odd_values | st.just("yes")},
    optional={
        "start": odd_values,
        "end": odd_values,
        "speaker": odd_values,
        "words": odd_values | st.lists(words | odd_values, max_size=4),
    },
)


@few(100)
@given(listed=st.lists(segments | odd_values, max_size=5))
def test_sound_json_with_odd_values(path: Path, listed: list[object]) -> None:
    good = {"start": 0, "end": 1, "text": "good"}
    path.write_text(json.dumps({"segments": [good, *listed]}), encoding="utf-8")
    recordings = read_whisper(path, {})
    check(recordings)
    (nobody,) = [t for t in recordings[0].find("utterances") if t.person == ""]
    assert "good" in nobody.labels
    told = sum(note.count for note in recordings[0].notes if "skipped" in note.message)
    told += sum(note.count for note in recordings[0].notes if note.code == "segments_empty")
    cut = sum(note.count for note in recordings[0].notes if note.code == "segments_cut")
    # Every segment is a turn or is counted; cut ones are more than one turn.
    read = sum(len(t) for t in recordings[0].find("utterances"))
    assert read + told >= 1 + len(listed) + cut
    if not cut:
        assert read + told == 1 + len(listed)


@pytest.mark.parametrize("name", READERS)
@FEW
@given(content=st.binary(max_size=200))
def test_any_bytes(path: Path, name: str, content: bytes) -> None:
    path.write_bytes(content)
    for sniff in SNIFFERS.values():
        assert sniff(path, content) in (True, False)
    try:
        check(READERS[name][1](path, {}))
    except ReadError as error:
        assert "damaged.txt" in str(error)


@pytest.mark.parametrize("name", READERS)
def test_every_sniffer_claims_its_own_file_only(path: Path, name: str) -> None:
    text = READERS[name][0].encode()
    path.write_bytes(text)
    claimed = [key for key, sniff in SNIFFERS.items() if sniff(path, text)]
    assert claimed == [name.split()[0]]


def test_no_sniffer_claims_a_file_of_another_format(shared: Path) -> None:
    own = {
        ".TextGrid": ["textgrid"],
        ".cha": ["chat"],
        ".vtt": ["vtt"],
    }
    files = [p for p in sorted((shared / "formats").rglob("*")) if p.is_file()]
    assert len(files) > 10
    for file in files:
        with file.open("rb") as stream:
            head = stream.read(8192)
        claimed = [key for key, sniff in SNIFFERS.items() if sniff(file, head)]
        assert claimed == own.get(file.suffix, []), file.name
