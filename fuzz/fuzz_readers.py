"""Coverage-guided fuzzing of every reader; only `ReadError` may escape.

``make fuzz`` runs it for a bounded time. It needs the package ``atheris`` (Linux). The first byte
of an input chooses the reader, the rest is the file's content. Findings are written as ``crash-*``.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["reattune"]):
    from reattune.core.errors import ReadError
    from reattune.io.read import known_formats

    # The readers load with this call, so it has to stand under the instrumentation.
    FORMATS = known_formats()

OPTIONS = {"rate_hz": 25, "fps": 25, "interval_s": 1, "subjects": ["infant", "caregiver"]}
PLACE = Path(tempfile.mkdtemp(prefix="reattune-fuzz-")) / "input"
# A reader that needs more than this for an input of a few kilobytes is a finding of its own.
MEMORY = 2 * 1024**3


def read_one(data: bytes) -> None:
    """Read the bytes as the format that the first of them chooses."""
    if not data:
        return
    chosen = FORMATS[data[0] % len(FORMATS)]
    PLACE.write_bytes(data[1:])
    try:
        chosen.sniff(PLACE, data[1:8193])
        chosen.read(PLACE, dict(OPTIONS))
    except ReadError:
        pass


def main() -> None:
    """Hand over to the fuzzer; its options stand on the command line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
