"""What the commands do, as functions: choosing input, rule and settings from what was given."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reattune.choosing import (
    DATASET,
    asks_for_signals,
    choose_rule,
    guess_rule,
    is_one_file,
    open_for_rule,
    open_study,
    refuse_for,
)
from reattune.core.criteria import make_criteria
from reattune.core.errors import ReadError, ReattuneError, SettingError, did_you_mean
from reattune.core.session import Session
from reattune.core.study import Progress, Study
from reattune.measures import CARDS, Card, find_card
from reattune.pipeline import analyze, analyze_study
from reattune.reading.study import STUDY_FILE
from reattune.results import Analysis, StudyAnalysis

if TYPE_CHECKING:
    from reattune.convert import Written
    from reattune.course_pipeline import CourseAnalysis
    from reattune.segment_codes import SegmentAnalysis
    from reattune.synchrony_pipeline import SynchronyAnalysis
    from reattune.talk import Talks

    AnyAnalysis = Analysis | StudyAnalysis | CourseAnalysis | SegmentAnalysis | SynchronyAnalysis


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
    synchrony: Mapping[str, Any] | None = None,
    segments: Mapping[str, Any] | None = None,
    on_progress: Progress | None = None,
) -> AnyAnalysis:
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
    synchrony : mapping, optional
        For signals: words of `reattune.synchrony_pipeline.make_settings` and `make_preparation`,
        ``file_rate_hz`` (samples per second of files that do not say), ``by_condition``,
        ``epochs``, ``also``, ``roles``, and ``compare`` (signals although there are codes). With
        the rule `Synchrony` its windows and preparation.
    segments : mapping, optional
        For observer codes: ``segment_s`` or ``segment_min``, and ``ratings``, a table.
    phases, surrogates, blocks, seed, null, on_progress
        As in `reattune.analyze_study`.

    Returns
    -------
    Analysis, StudyAnalysis, CourseAnalysis, SegmentAnalysis or SynchronyAnalysis
        Courses for a table of ratings; segments for observer codes; synchrony for signals; a study
        where there is more than one session, or a study file.
    """
    chance: dict[str, Any] = {
        "surrogates": surrogates,
        "blocks": blocks,
        "seed": seed,
        "null": null,
    }
    asked = {key: value for key, value in (ratings or {}).items() if value}
    of_segments, of_signals = dict(segments or {}), dict(synchrony or {})
    if of_segments or _is_segments(path):
        given = {"phases": phases, "block_s": blocks, "null": null}
        refuse_for("observer codes", path, rule or {}, criteria or {}, asked, of_signals, **given)
        return _analyze_segments(path, of_segments, surrogates, seed, on_progress)
    if asks_for_signals(path, rule or {}, of_signals):
        other = {key: value for key, value in (rule or {}).items() if key != "stream"}
        refuse_for("signals", path, other, criteria or {}, asked)
        from reattune.synchrony_pipeline.asked import analyze_asked

        stream = (rule or {}).get("stream")
        return analyze_asked(
            path, of_signals, stream=stream, partners=partners, phases=phases,
            on_progress=on_progress, **chance,
        )  # fmt: skip
    if is_ratings(path) or (asked and is_one_file(path)):
        from reattune.course_pipeline import analyze_ratings

        given = {"phases": phases, "block_s": blocks, "null": null}
        refuse_for("ratings", path, rule or {}, criteria or {}, of_signals, **given)
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
    study, asked_rule = open_for_rule(path, partners, dict(rule or {}), of_signals)
    chosen = choose_rule(study, asked_rule)
    settings = make_criteria({**study.criteria, **(criteria or {})})
    if len(study) == 1 and is_one_file(path):
        session = next(iter(study))
        said = {
            key: value for key, value in {**chance, "phases": phases}.items() if value is not None
        }
        return analyze(session, chosen or guess_rule(session), settings, **said)
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
    if not is_one_file(path):
        from reattune.io.ratings_studyfile import is_ratings_study

        place = Path(path)
        return is_ratings_study(place / STUDY_FILE if place.is_dir() else place)
    from reattune.io.read import sniff

    return sniff(path).name == "ratings"


def _is_segments(path: str) -> bool:
    """Whether a path is a table of observer codes of segments."""
    if path.startswith(DATASET) or not is_one_file(path):
        return False
    from reattune.segment_codes import is_segments

    return is_segments(path)


def _analyze_segments(
    path: str,
    given: Mapping[str, Any],
    surrogates: int | None,
    seed: int | None,
    on_progress: Progress | None,
) -> SegmentAnalysis:
    """Observer codes, with the ratings of the same meetings where they were named."""
    from reattune.segment_codes import analyze_segments_path

    if not is_one_file(path):
        raise SettingError("path", path, "a table of observer codes for these options")
    seconds, minutes = given.get("segment_s"), given.get("segment_min")
    if seconds is not None and minutes is not None:
        raise SettingError("--segment-s, --segment-min", (seconds, minutes), "one of them")
    length = seconds if minutes is None else 60 * minutes
    courses = None
    if given.get("ratings"):
        from reattune.course_pipeline import read_courses

        courses = read_courses(given["ratings"])
    try:
        return analyze_segments_path(
            path,
            options={} if length is None else {"segment_s": length},
            courses=courses,
            surrogates=999 if surrogates is None else surrogates,
            seed=1 if seed is None else seed,
            on_progress=on_progress,
        )
    except ReadError as error:
        if length is not None or "option segment_s" not in str(error):
            raise
        raise ReadError(
            "does not say how long its segments are.", path=path,
            expected="--segment-s or --segment-min, e.g. --segment-min 5",
        ) from error  # fmt: skip


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


def write_any(
    result: AnyAnalysis,
    out: Path,
    on_progress: Progress | None = None,
) -> list[Path]:
    """Write the report and the tables of whatever was analysed."""
    if isinstance(result, Analysis | StudyAnalysis):
        from reattune.show.export import write_results

        return write_results(result, out, on_progress=on_progress)
    from reattune.course_pipeline import CourseAnalysis
    from reattune.segment_codes import SegmentAnalysis

    if isinstance(result, CourseAnalysis):
        from reattune.show.course_export import write_courses

        return write_courses(result, out, on_progress=on_progress)
    if isinstance(result, SegmentAnalysis):
        from reattune.show.segment_export import write_segments

        return write_segments(result, out, on_progress=on_progress)
    from reattune.show.synchrony_export import write_signals

    return write_signals(result, out, on_progress=on_progress)


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
    result: AnyAnalysis,
    out: Path,
    formats: Iterable[str],
    path: str,
) -> Written:
    """Write a result for other programs; tiers are added to copies of the files at ``path``."""
    if not isinstance(result, Analysis | StudyAnalysis):
        told = "coded sessions; ratings, observer codes and signals have tables only"
        raise SettingError("--export", list(formats), told)
    from reattune.convert import export_results

    source = None if path.startswith(DATASET) else path
    return export_results(result, out, formats, source=source)


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
