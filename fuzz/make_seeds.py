"""Write small sound files of many formats as first inputs for the fuzzer."""

from __future__ import annotations

import sys
from pathlib import Path

from reattune.core.recording import Track
from reattune.io.read import known_formats
from reattune.io.write import write_eaf

TEXTS = {
    "textgrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n2\n<exists>\n1\n'
    '"IntervalTier"\n"a"\n0\n2\n1\n0\n2\n"x"\n',
    "chat": "@UTF8\n@Begin\n@Participants:\tCHI Child, MOT Mother\n"
    "*CHI:\thi . \x150_1000\x15\n@End\n",
    "srt": "1\n00:00:01,000 --> 00:00:02,000\nA: hello\n",
    "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>hello\n",
    "rttm": "SPEAKER f 1 0.50 1.25 <NA> <NA> A <NA> <NA>\n",
    "whisper": '{"segments": [{"start": 0, "end": 1, "text": "hi", "speaker": "A"}]}',
    "sdis": "Timed <seconds>;\n<a>\nA_b,1-2 A_c,3-4/\n",
    "interact": "Level,Description,Number,Onset_Time,Offset_Time,Duration_Time,A\n3,,1,0,1,1,x\n",
    "table": "person,track,start_s,end_s,code\na,x,0,1,p\nb,x,1,2,q\n",
    "boris": '{"project_format_version": "7.0", "observations": {"o": {"type": "LIVE", "events": '
    '[[1, "a", "s", "", ""], [2, "a", "s", "", ""]]}}, "behaviors_conf": {"0": {"code": "s", '
    '"type": "State event", "category": ""}}}',
}


def main() -> None:
    """Into the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    names = [format_.name for format_ in known_formats()]
    track = Track("a", "intervals", [0.0, 1.0], [1.0, 2.5], ("x", "y"), person="p")  # type: ignore[arg-type]
    contents = {name: text.encode() for name, text in TEXTS.items() if name in names}
    made = write_eaf(folder / "seed.eaf", [track])
    contents["elan"] = made.read_bytes()
    made.unlink()
    for at, name in enumerate(names):
        (folder / name).write_bytes(bytes([at]) + contents.get(name, b"time,a,b\n0,1,2\n1,2,3\n"))


if __name__ == "__main__":
    main()
