"""CHAT transcripts: speakers, bullets, postcodes, dependent tiers, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from reattune.core.errors import ReadError
from reattune.core.recording import Recording, Track
from reattune.io.chat import read_chat, sniff_chat

N = "\x15"
SCRIPT = f"""@UTF8
@PID:\t11312/x
@Begin
@Languages:\teng
@Participants:\tCHI Ida Target_Child, MOT Mother,
\tFAT Father
@ID:\teng|own|CHI|0;06.|female|||Target_Child|||
@Media:\tother_name, video
@Comment:\ta comment that
\tgoes on
@G:\tplay
*CHI:\t&=coos . [+ nc] [+ x y] {N}0_1500{N}
%add:\tMOT
*MOT:\toh you are
\thappy now ! [+ id] {N}1500_3040{N}
%com:\tsmiles
\tbroadly
%wor:\toh {N}1500_1700{N} you {N}1700_1800{N} .
*MOT:\tno time here .
*CHI:\tbaba [=! babbles] {N}2900_3500{N}
@End
"""


def read(folder: Path, text: str | bytes) -> Recording:
    path = folder / "visit1.cha"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (recording,) = read_chat(path, {})
    return recording


def events(track: Track) -> list[tuple[float, float, str]]:
    return list(zip(track.starts.tolist(), track.ends.tolist(), track.labels, strict=True))


def codes(recording: Recording) -> dict[str, int]:
    return {note.code: note.count for note in recording.notes}


def said(*lines: str) -> str:
    return "@UTF8\n@Begin\n@Participants:\tCHI Child, MOT Mother\n" + "\n".join(lines) + "\n@End\n"


def test_utterances_by_speaker_with_what_stands_beside_them(tmp_path: Path) -> None:
    recording = read(tmp_path, SCRIPT)
    found = {(t.name, t.person): events(t) for t in recording.tracks}
    assert found == {
        ("utterances", "CHI"): [(0.0, 1.5, "&=coos ."), (2.9, 3.5, "baba [=! babbles]")],
        ("utterances", "MOT"): [(1.5, 3.04, "oh you are happy now !")],
        ("postcode", "CHI"): [(0.0, 1.5, "nc"), (0.0, 1.5, "x y")],
        ("postcode", "MOT"): [(1.5, 3.04, "id")],
        ("%add", "CHI"): [(0.0, 1.5, "MOT")],
        ("%com", "MOT"): [(1.5, 3.04, "smiles broadly")],
        ("%wor", "MOT"): [(1.5, 3.04, "oh you .")],
    }
    (chi,) = recording.find("utterances", "CHI")
    assert chi.meta["role"] == "Target_Child" and chi.meta["name"] == "Ida"
    assert chi.meta["age"] == "0;06." and chi.meta["sex"] == "female"
    assert recording.id == "visit1" and recording.format == "chat"
    assert [dict(m) for m in recording.media] == [{"name": "other_name", "origin_s": 0.0}]
    assert codes(recording) == {
        "utterances_without_time": 1,
        "participant_silent": 1,
        "media_name_differs": 1,
        # Two postcodes of one utterance share its time.
        "overlap": 1,
    }


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_and_encodings(tmp_path: Path, ends: str, encoding: str) -> None:
    text = said(f"*CHI:\tschön\n\tgroß . {N}0_10{N}").replace("\n", ends)
    recording = read(tmp_path, text.encode(encoding))
    assert recording.tracks[0].labels == ("schön groß .",) and "overlap" not in codes(recording)


def test_old_and_several_bullets(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        said(
            f'*CHI:\told . {N}%snd:"a.wav"_100_200{N}',
            f"*CHI:\tone {N}300_400{N} two . {N}500_900{N}",
        ),
    )
    assert events(recording.tracks[0]) == [(0.1, 0.2, "old ."), (0.3, 0.9, "one two .")]
    assert codes(recording)["several_bullets"] == 1


def test_odd_times_order_and_lines_are_told(tmp_path: Path) -> None:
    recording = read(
        tmp_path,
        "stray\n"
        + said(
            f"*MOT:\tlater . {N}5000_6000{N}",
            f"*CHI:\tearlier . {N}1000_2000{N}",
            f"*CHI:\treversed . {N}3000_2000{N}",
            f"*CHI:\tnegative . {N}-5_2000{N}",
            f"*XYZ:\tnew . {N}1000_2000{N}",
            f"*CHI:\tbroken . {N}12_",
        )
        + "*CHI:\tafter the end .\n",
    )
    assert [t.person for t in recording.tracks] == ["MOT", "CHI", "XYZ"]
    assert codes(recording) == {
        "times_reversed": 1,
        "times_negative": 1,
        "utterances_without_time": 1,
        "time_backwards": 1,
        "speaker_not_listed": 1,
        "lines_skipped": 1,
        "rest_not_read": 1,
    }


def test_missing_begin_and_end_are_told(tmp_path: Path) -> None:
    recording = read(tmp_path, f"@Participants:\tCHI Child\n*CHI:\ta . {N}0_10{N}")
    assert codes(recording) == {"begin_missing": 1, "end_missing": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"@UTF8\n@Begin\n@End\n", "no utterance"),
        (said("*CHI:\thello .").encode(), "1 utterance.s. have no time bullet"),
        (b"@UTF8\n\x00\x00\x01", "NUL"),
        (bytes(range(1, 256)) * 3, "no utterance"),
        (b"\xff\xfea", "utf-16"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: bytes, message: str) -> None:
    with pytest.raises(ReadError, match=message) as caught:
        read(tmp_path, text)
    assert "visit1.cha" in str(caught.value)


def test_too_many_utterances_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reattune.io.turns.too_many.__defaults__", (3,))
    with pytest.raises(ReadError, match="too many utterances"):
        read(tmp_path, said(*[f"*CHI:\ta . {N}0_10{N}"] * 4))


def test_the_sniffer(tmp_path: Path) -> None:
    assert sniff_chat(tmp_path, SCRIPT.encode()) and sniff_chat(tmp_path, SCRIPT.encode("utf-16"))
    assert not sniff_chat(tmp_path, b"@relation play\n@attribute a numeric\n")
    assert not sniff_chat(tmp_path, b"speaker,start\nCHI,1\n")


def test_real_file(shared: Path) -> None:
    (recording,) = read_chat(shared / "formats" / "chat" / "vandam.cha")
    utterances = recording.find("utterances")
    assert {t.person: len(t) for t in utterances} == {"CHI": 13, "MOT": 7}
    mother = utterances[1]
    assert events(mother)[0] == (59.836, 66.554, "let's change your diaper .")
    assert mother.ends[-1] == 136.789 and mother.labels[-1] == "I think xxx xxx xxx ."
    (ids,) = recording.find("postcode", "MOT")
    assert ids.codes == {"id": 6}
    assert {t.person: t.labels for t in recording.find("%add")} == {
        "CHI": ("MOT", "MOT"),
        "MOT": ("CHI",),
    }
    # The excerpt was cut before its last line, and names another medium.
    assert codes(recording) == {"participant_silent": 2, "end_missing": 1, "media_name_differs": 1}
