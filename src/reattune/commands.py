"""What the commands do, as functions: choosing input, rule and settings from what was given."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reattune.core.criteria import make_criteria
from reattune.core.errors import ReadError, ReattuneError, SettingError, did_you_mean
from reattune.core.session import Session
from reattune.core.streams import Events, States
from reattune.core.study import Progress, Study
from reattune.measures import CARDS, Card, find_card
from reattune.pipeline import analyze, analyze_study
from reattune.reading import read_many, read_study
from reattune.reading.study import STUDY_FILE
from reattune.results import Analysis, StudyAnalysis
from reattune.rules import Rule, StateMatch, make_rule
from reattune.rules.valence import find_valence

if TYPE_CHECKING:
    from reattune.convert import Written
    from reattune.course_pipeline import CourseAnalysis
    from reattune.talk import Talks

DATASET = "dataset:"


def analyze_path(
    path: str,
    *,
    rule: Mapping[str, Any] | None = None,
    criteria: Mapping[str, Any] | None = None,
    partners: tuple[str, str] | None = None,
    phases: str | Iterable[str] | None = None,
    surrogates: int | None = None,
    blocks: float | None = None,
    seed: int | None = None,
    null: str | None = None,
    ratings: Mapping[str, Any] | None = None,
    on_progress: Progress | None = None,
) -> Analysis | StudyAnalysis | CourseAnalysis:
    """The analysis of whatever ``path`` names.

    Parameters
    ----------
    path : str
        A session file, a folder, a ``study.toml``, or ``dataset:NAME``.
    rule, criteria : mapping, optional
        Parameters as in the study file; they override what stands there.
    partners : (str, str), optional
        Names of the two people, for files without a study file.
    ratings : mapping, optional
        For a table of ratings: what `reattune.analyze_ratings` takes (``options``, ``criteria``,
        ``scale``, ``rater``, ``cases``). Given at all, a single file is read as such a table.
    phases, surrogates, blocks, seed, null, on_progress
        As in `reattune.analyze_study`.

    Returns
    -------
    Analysis, StudyAnalysis or CourseAnalysis
        Courses for a table of ratings; a study where there is more than one session, or a study
        file.
    """
    asked = {key: value for key, value in (ratings or {}).items() if value}
    if is_ratings(path) or (asked and _is_one_file(path)):
        from reattune.course_pipeline import analyze_ratings

        _refuse_for_ratings(
            path, rule or {}, criteria or {}, phases=phases, block_s=blocks, null=null
        )
        options = {**({"partners": list(partners)} if partners else {}), **asked.get("options", {})}
        return analyze_ratings(
            path,
            **{**asked, "options": options},
            surrogates=surrogates,
            seed=seed,
            on_progress=on_progress,
        )
    if asked and Path(path).exists():
        told = "a table of ratings, or a study file with a table [ratings], for these options"
        raise SettingError("path", path, told)
    _refuse_rating_folder(path)
    study = open_study(path, partners)
    chosen = _choose_rule(study, dict(rule or {}))
    settings = make_criteria({**study.criteria, **(criteria or {})})
    if len(study) == 1 and _is_one_file(path):
        session = next(iter(study))
        given = {
            "surrogates": surrogates,
            "blocks": blocks,
            "seed": seed,
            "null": null,
            "phases": phases,
        }
        return analyze(
            session,
            chosen or guess_rule(session),
            settings,
            **{key: value for key, value in given.items() if value is not None},  # type: ignore[arg-type]
        )
    if chosen is None:
        sessions, failures = study.load_all()
        if not sessions:
            raise ReadError("no session could be read.", path=path, found=failures[0].message)
        chosen = guess_rule(sessions[0])
    return analyze_study(
        study,
        chosen,
        settings,
        phases=phases,
        surrogates=surrogates,
        blocks=blocks,
        seed=seed,
        null=null,  # type: ignore[arg-type]
        on_progress=on_progress,
    )


def is_ratings(path: str) -> bool:
    """Whether a path is a table of ratings, one per meeting, or a study file for one."""
    if path.startswith(DATASET):
        return False
    if not _is_one_file(path):
        from reattune.io.ratings_studyfile import is_ratings_study

        place = Path(path)
        return is_ratings_study(place / STUDY_FILE if place.is_dir() else place)
    from reattune.io.read import sniff

    return sniff(path).name == "ratings"


def _refuse_rating_folder(path: str) -> None:
    """A folder that holds tables of ratings only needs a study file that says how they join."""
    place = Path(path)
    if path.startswith(DATASET) or not place.is_dir() or (place / STUDY_FILE).is_file():
        return
    from reattune.reading.files import list_files

    def holds_ratings(file: Path) -> bool:
        try:
            return is_ratings(str(file))
        except ReadError:
            return False

    files = list_files(place)
    if files and all(holds_ratings(file) for file in files[:20]):
        raise ReadError(
            "holds tables of ratings, not sessions.",
            path=place,
            expected=f"one of them, or a study file: reattune info {path} --draft {STUDY_FILE}",
        )


def _refuse_for_ratings(path: str, *tables: Mapping[str, object], **given: object) -> None:
    """Options of coded sessions mean nothing for ratings; ignoring them would mislead."""
    words = {"type": "rule", "partners": "contact_of"}
    used = [words.get(key, key) for table in tables for key in table]
    used += [name for name, value in given.items() if value is not None]
    if used:
        options = ", ".join("--" + name.replace("_", "-") for name in used)
        raise SettingError("path", path, f"coded sessions for {options}; ratings take --criterion")


def write_any(
    result: Analysis | StudyAnalysis | CourseAnalysis,
    out: Path,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write the report and the tables of whatever was analysed."""
    if isinstance(result, Analysis | StudyAnalysis):
        from reattune.show.export import write_results

        return write_results(result, out, on_progress=on_progress)
    from reattune.show.course_export import write_courses

    return write_courses(result, out, on_progress=on_progress)


def check_exports(formats: str | None, out: Path | None) -> tuple[str, ...]:
    """The export formats that were asked for, checked before any work begins.

    Raises
    ------
    SettingError
        For an unknown format, or without a folder to write into.
    """
    if formats is None:
        return ()
    if out is None:
        raise SettingError("--export", formats, "a folder to write into as well: --out FOLDER")
    from reattune.convert.results import choose_formats

    return choose_formats(formats)


def export_path(
    result: Analysis | StudyAnalysis | CourseAnalysis,
    out: Path,
    formats: Iterable[str],
    path: str,
) -> Written:
    """Write a result for other programs; tiers are added to copies of the files at ``path``."""
    if not isinstance(result, Analysis | StudyAnalysis):
        raise SettingError("--export", list(formats), "coded sessions; courses have tables only")
    from reattune.convert import export_results

    source = None if path.startswith(DATASET) else path
    return export_results(result, out, formats, source=source)


def _is_one_file(path: str) -> bool:
    return Path(path).is_file() and Path(path).suffix.lower() != ".toml"


def open_study(path: str, partners: tuple[str, str] | None = None) -> Study:
    """The sessions behind a path as a study.

    Raises
    ------
    ReadError
        When there is nothing to read.
    """
    if path.startswith(DATASET):
        from reattune.datasets import load_dataset

        return load_dataset(path.removeprefix(DATASET))
    place = Path(path)
    if not place.exists():
        raise ReadError("does not exist.", path=place)
    if place.is_dir() or place.suffix.lower() == ".toml":
        return read_study(place, partners=partners)
    return read_many(place, partners=partners)


def _choose_rule(study: Study, given: dict[str, Any]) -> Rule | None:
    """The rule from the options over the study file's; None when neither says anything."""
    if not given and not study.rule:
        return None
    base = dict(study.rule)
    if given.get("type", base.get("type")) != base.get("type"):
        base = {}
    merged = {"type": "StateMatch", **base, **given}
    if merged["type"] == "StateMatch" and "stream" not in merged:
        session = next(iter(study))
        merged["stream"] = _only_stream(session)
    return make_rule(merged)


def guess_rule(session: Session) -> Rule:
    """`StateMatch` on the only stream both partners have, by sign where all states have one.

    Raises
    ------
    SettingError
        When it cannot be guessed; the message says what to choose from.
    """
    stream = _only_stream(session)
    labels = {
        label
        for partner in session.partners
        for label in session.stream(stream, partner, States).categories
    }
    signed = all(find_valence(label) is not None for label in labels)
    return StateMatch(stream, "same_valence" if signed else "same_category")


def _only_stream(session: Session) -> str:
    first, second = session.partners
    shared = [
        name
        for name in session.stream_names
        if session.has(name, first)
        and session.has(name, second)
        and isinstance(session.stream(name, first), States)
        and isinstance(session.stream(name, second), States)
    ]
    if len(shared) == 1:
        return shared[0]
    events = [s.name for s in session.streams if isinstance(s, Events)]
    hint = "; for events use rule Contact with patience_s" if events else ""
    known = ", ".join(repr(name) for name in (shared or session.stream_names))
    raise SettingError(
        "stream", None, f"the stream to compare, one of {known or 'none at all'}{hint}"
    )


def describe_talk_path(
    path: Path,
    *,
    partners: tuple[str, str] | None = None,
    observation: str | None = None,
    segment_s: float | None = None,
    segment_turns: int | None = None,
    unusual: bool = False,
    on_progress: Progress | None = None,
) -> Talks:
    """The description of the talk in a transcript, or in every conversation of a file or folder.

    Raises
    ------
    ReadError
        When the file cannot be read, or holds no transcript of two people.
    """
    from reattune.core.study import LoadFailure
    from reattune.talk import Talks, describe_talk, rank_unusual

    if observation is not None:
        from reattune.reading import read_session

        session = read_session(path, partners=partners, observation=observation)
        sessions: tuple[Session, ...] = (session,)
        failures: tuple[LoadFailure, ...] = ()
        covariates = Study.from_sessions(sessions).covariates
    else:
        study = open_study(str(path), partners)
        sessions, failures = study.load_all(on_progress)
        covariates = study.covariates
    talks, lost = [], list(failures)
    for at, session in enumerate(sessions):
        if on_progress:
            on_progress(at, len(sessions), f"describing {session.id}")
        try:
            talks.append(describe_talk(session, segment_s=segment_s, segment_turns=segment_turns))
        except ReattuneError as error:
            lost.append(LoadFailure(session.id, str(session.meta.get("source", "")), str(error)))
    if not talks:
        told = lost[0].message if lost else "it holds no conversation"
        raise ReadError(f"nothing could be described: {told}", path=path)
    ranked = {talk.session: rank_unusual(talk) for talk in talks} if unusual else {}
    return Talks(Path(path).name.split(".")[0], tuple(talks), covariates, ranked, tuple(lost))


def describe_measures(name: str | None = None) -> tuple[dict[str, object], str]:
    """The cards of all measures, or of one, as a JSON-safe document and as text.

    Raises
    ------
    SettingError
        For an unknown name.
    """
    if name is None:
        cards: list[Card] = list(CARDS.values())
    else:
        partner = [name.split("_by_")[-1].removesuffix("_prop"), name.rsplit("_", 1)[-1]]
        card = find_card(name, partner)
        if card is None:
            raise SettingError("NAME", name, "the name of a measure." + did_you_mean(name, CARDS))
        cards = [card]
    document: dict[str, object] = {
        "schema": "reattune/1",
        "measures": [
            {
                key: getattr(card, key)
                for key in ("name", "label", "unit", "formula", "interval", "source", "caveat")
            }
            for card in cards
        ],
    }
    if name is None:
        width = max(len(card.name) for card in cards)
        text = "\n".join(f"{card.name:<{width}}  {card.label} ({card.unit})" for card in cards)
        return document, text + "\n\nMore on one: reattune measures NAME"
    return document, format_card(cards[0])


def format_card(card: Card) -> str:
    """A card as text of at most 88 columns."""
    rows = [
        ("formula", card.formula),
        ("unit", card.unit),
        ("interval", card.interval),
        ("source", card.source),
        ("mind", card.caveat),
    ]
    lines = [f"{card.name}: {card.label}"]
    for title, words in rows:
        if words:
            lines.append(
                textwrap.fill(words, 88, initial_indent=f"  {title:<9}", subsequent_indent=" " * 11)
            )
    return "\n".join(lines)
