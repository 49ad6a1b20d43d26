"""Choosing the codebook that sessions are read with; saying what was seen when none fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reattune.core.errors import MissingStreamError, SettingError, did_you_mean
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.experiments.simulating import find_start, open_codebook, start_parameters
from reattune.models.coarse import make_valence_codebook
from reattune.models.codebook_file import draft_codebook
from reattune.models.codebooks import CODEBOOKS, Codebook
from reattune.models.coordinates import COORDINATES, FREE
from reattune.models.priors import Prior
from reattune.rules.valence import NEGATIVE, NEUTRAL, POSITIVE, find_valence

VALENCE = "valence"
NAMES = (*CODEBOOKS, VALENCE)


def choose_codebook(
    sessions: Sequence[Session],
    name: str | Path | Codebook | None = None,
    *,
    stream: str | None = None,
    focal: str | None = None,
) -> Codebook:
    """The codebook to read these sessions with.

    Parameters
    ----------
    sessions : sequence of Session
    name : str, path or Codebook, optional
        A built-in codebook, "valence" (codes with a sign: attuned means the same valence), a
        codebook file, or a codebook. By default the one that knows every code that was seen.
    stream : str, optional
        Coded stream of both partners; by default the codebook's, or the only one there is.
    focal : str, optional
        Which partner is the focal one; by default the codebook's, or the first.

    Raises
    ------
    SettingError
        When no codebook fits, with the codes that were seen and the lines of an own codebook.
    MissingStreamError
        When the stream is not there.
    """
    first = sessions[0]
    asked = _open(name)
    if stream is None and asked is not None and _has(first, asked.stream):
        stream = asked.stream
    stream = stream or _only_stream(first)
    if not any(_has(session, stream) for session in sessions):
        known = [n for n in first.stream_names if _has(first, n)]
        raise MissingStreamError(
            f"No session has a coded stream {stream!r} of both partners."
            + did_you_mean(stream, known)
        )
    partners = _order(first, asked, focal)
    seen = find_labels(sessions, stream, partners)
    if name == VALENCE:
        book = _make_valence(seen)
        if book is None:
            raise explain_codes("valence", stream, partners, seen)
    elif asked is not None:
        book = asked
        for labels, read in zip(seen, (book.read_focal, book.read_responder), strict=True):
            if labels and all(read(label) is None for label in labels):
                raise explain_codes(str(name) if name else book.name, stream, partners, seen)
    else:
        fitting = next((b for b in CODEBOOKS.values() if _knows(b, seen)), None)
        # 0 and 1 alone may as well mean absent and shown: then somebody has to say.
        signed = any(find_valence(label) == NEGATIVE for side in seen for label in side)
        book = fitting or (_make_valence(seen) if signed else None)
        if book is None:
            raise explain_codes(None, stream, partners, seen)
    return replace(book, stream=stream, partners=partners)


def _open(name: str | Path | Codebook | None) -> Codebook | None:
    if name is None or name == VALENCE:
        return None
    if isinstance(name, Codebook):
        return name
    if str(name) not in CODEBOOKS and not str(name).lower().endswith(".toml"):
        told = "a codebook, or a codebook file that ends in .toml." + did_you_mean(str(name), NAMES)
        raise SettingError("codebook", str(name), told)
    return open_codebook(name)


def _has(session: Session, stream: str) -> bool:
    return all(
        session.has(stream, who) and isinstance(session.stream(stream, who), States)
        for who in session.partners
    )


def _only_stream(session: Session) -> str:
    shared = [name for name in session.stream_names if _has(session, name)]
    if len(shared) == 1:
        return shared[0]
    if not shared:
        known = ", ".join(f"{s.partner} {s.name} ({type(s).__name__})" for s in session.streams)
        raise MissingStreamError(
            f"Session {session.id!r} has no stream of exclusive states (States) of both partners; "
            f"it has {known or 'none at all'}."
        )
    known = ", ".join(map(repr, shared))
    raise SettingError("stream", None, f"the coded stream of both partners to fit, one of {known}")


def _order(session: Session, book: Codebook | None, focal: str | None) -> tuple[str, str]:
    first, second = session.partners
    if focal is None:
        known = book is not None and set(book.partners) == set(session.partners)
        return book.partners if book is not None and known else (first, second)
    if focal not in session.partners:
        raise SettingError(
            "focal", focal, "one of the partners." + did_you_mean(focal, session.partners)
        )
    return (focal, second if focal == first else first)


def find_labels(
    sessions: Sequence[Session], stream: str, partners: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Codes of the focal partner and of the responder, over all sessions that have the stream."""
    seen: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for session in sessions:
        if _has(session, stream):
            order = partners if set(partners) == set(session.partners) else session.partners
            for side, who in zip(seen, order, strict=True):
                side.update(dict.fromkeys(session.stream(stream, who, States).categories))
    return list(seen[0]), list(seen[1])


def _knows(book: Codebook, seen: tuple[list[str], list[str]]) -> bool:
    if not seen[0] or not seen[1]:
        return False
    return all(book.read_focal(label) is not None for label in seen[0]) and all(
        book.read_responder(label) is not None for label in seen[1]
    )


def _make_valence(seen: tuple[list[str], list[str]]) -> Codebook | None:
    labels = list(dict.fromkeys((*seen[0], *seen[1])))
    signs = {label: find_valence(label) for label in labels}
    if not labels or None in signs.values():
        return None

    def of(sign: int, usual: str) -> tuple[str, ...]:
        # The plainest code names the class: "1" before "2".
        return tuple(label for label in labels if signs[label] == sign) or (usual,)

    return make_valence_codebook(
        negative=of(NEGATIVE, "-1"),
        neutral=of(NEUTRAL, "0"),
        positive=of(POSITIVE, "1"),
    )


def explain_codes(
    name: str | None,
    stream: str,
    partners: tuple[str, str],
    seen: tuple[list[str], list[str]],
) -> SettingError:
    """The error that says which codes there are, and how a codebook of one's own begins."""
    told = "; ".join(
        f"{who}: {', '.join(labels[:20]) or 'no codes'}"
        + (f" and {len(labels) - 20} more" if len(labels) > 20 else "")
        for who, labels in zip(partners, seen, strict=True)
    )
    draft = draft_codebook(stream, partners, *(labels[:40] for labels in seen))
    which = f"one of {', '.join(NAMES)}" if name is None else "one that knows the codes"
    return SettingError(
        "codebook",
        name,
        f"{which}, or a file of your own. Codes of {stream!r} seen: {told}. A codebook file "
        f"begins like this:\n\n{draft}\nPut a state for every ?, or a list of states where a code "
        "does not tell them apart, save it as codes.toml and give --codebook codes.toml.",
    )


def choose_free(text: str | None) -> tuple[str, ...]:
    """What is moved, from names with commas.

    "usual" stands for what is moved by default, "agenda" for the spread of the responder's own
    moves.
    """
    if text is None:
        return FREE
    names: list[str] = []
    agenda = [name for name in COORDINATES if name.startswith("agenda_")]
    for word in (part.strip() for part in text.split(",")):
        if word:
            names += {"usual": list(FREE), "agenda": agenda}.get(word, [word])
    return tuple(dict.fromkeys(names))


def make_prior(
    preset: str | None = None,
    *,
    parameters: str | Path | None = None,
    changes: Mapping[str, object] | None = None,
    spread: float | None = None,
    free: Sequence[str] = FREE,
) -> Prior:
    """Dyads in general, from words.

    Parameters
    ----------
    preset, parameters, changes
        As in `simulating.start_parameters`: the centre, and the value of what is not moved.
    spread : float, optional
        How much dyads differ in what is moved: standard deviation on the log scale of rates and
        of the logits. By default each coordinate's own.
    free : sequence of str
        What is moved.
    """
    base = start_parameters(preset, parameters, changes or {})[1]
    return Prior(base, sds={} if spread is None else dict.fromkeys(free, spread))


def find_simulated_preset(path: str | Path) -> str | None:
    """The preset a folder was simulated from by `reattune simulate`; None for anything else."""
    place = Path(path)
    folder = place if place.is_dir() else place.parent
    file = folder / "parameters.toml"
    if not (file.is_file() and (folder / "simulation.json").is_file()):
        return None
    try:
        return find_start(file)
    except (OSError, ValueError):
        return None
