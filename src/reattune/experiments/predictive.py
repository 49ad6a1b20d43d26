"""Posterior-predictive check: do sessions drawn from a fit look like the ones it was fitted to?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from reattune.core.errors import SettingError
from reattune.core.session import Session
from reattune.core.streams import States
from reattune.experiments.predictive_result import Predictive, Seen, compare_seen, pool_seen
from reattune.experiments.seen_again import FINE_S, find_origin, show_path
from reattune.measures import make_tally
from reattune.models.codebooks import PLAIN, Codebook
from reattune.models.coordinates import COORDINATES, place
from reattune.models.fitted import Fit
from reattune.models.likelihood import follow_slow
from reattune.models.parameters import DyadParameters
from reattune.models.path import Path
from reattune.models.reading import find_step, find_streams, read_path
from reattune.models.replay import replay_path
from reattune.phase_analysis import choose_phases
from reattune.repair import find_ruptures
from reattune.rules import OwnTable, Rule, StateMatch

MAX_DRAWS = 10_000


def check_predictions(
    fit: Fit,
    sessions: Sequence[Session],
    *,
    codebook: Codebook | None = None,
    n: int = 200,
    uncertainty: bool = True,
    rule: Rule | None = None,
    rng: np.random.Generator,
    on_draw: Callable[[int], None] | None = None,
) -> Predictive:
    """Measures of sessions drawn from a fit beside those of the sessions it was fitted to.

    Parameters
    ----------
    fit : Fit
    sessions : sequence of Session
        Those it was fitted to, in the same order.
    codebook : Codebook, optional
        The one it was fitted with.
    n : int, default 200
        Simulations of all sessions.
    uncertainty : bool, default True
        Draw the parameters of each simulation from the curvature at the estimate (Laplace), so that
        the predictions are as uncertain as the fit is. Otherwise take the estimate.
    rule : Rule, optional
        What counts as attuned; the codebook's pairs when absent.
    rng : numpy.random.Generator
        Each simulation has a child of its own.
    on_draw : callable(done), optional

    Returns
    -------
    Predictive

    Notes
    -----
    Rubin (1984, Annals of Statistics 12, 1151), Gelman, Meng and Stern (1996, Statistica Sinica 6,
    733). Every simulation has the starting states, phases, missing time and coding step of the
    sessions, and is read by the same rule and measured by the same code. Because the fit has seen
    these sessions, values tend to lie nearer to the middle than new sessions would: a
    misfit that shows is one, and that none shows proves little. The sessions' own starting states
    and earlier history (with learning) are kept.

    Examples
    --------
    >>> import numpy as np
    >>> from reattune.models import DyadParameters, play, simulate_session
    >>> from reattune.models.fit import fit_session
    >>> session = simulate_session(DyadParameters(), play(120), rng=np.random.default_rng(1))
    >>> found = check_predictions(
    ...     fit_session(session), [session], n=20, rng=np.random.default_rng(2)
    ... )
    >>> found.draws.shape[0], found.to_frame()["measure"][0]
    (20, 'matched_prop')
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_DRAWS:
        raise SettingError("n", n, f"a whole number from 1 to {MAX_DRAWS:,}")
    if len(sessions) != len(fit.data):
        raise SettingError("sessions", len(sessions), f"the {len(fit.data)} of the fit")
    book = codebook or PLAIN
    base = fit.parameters
    paths = [read_path(session, book, base) for session in sessions]
    origins = [find_origin(session, book) for session in sessions]
    rule = rule or make_match_rule(book, base)
    unit_s = base.time_unit_s
    shown = [
        show_path(path, session, book, unit_s=unit_s, origin_s=origin)
        for path, session, origin in zip(paths, sessions, origins, strict=True)
    ]
    partners = tuple(stream.partner for stream in find_streams(sessions[0], book))
    observed = _measure(shown, rule, book, partners)
    drawn = []
    for done, child in enumerate(rng.spawn(n)):
        if on_draw:
            on_draw(done)
        parameters = draw_parameters(fit, rng=child) if uncertainty else base
        drawn.append(_measure(_redraw(parameters, fit, paths, sessions, origins, book, child), rule,
                              book, partners))  # fmt: skip
    settings = {
        "n": n,
        "uncertainty": uncertainty,
        "rule": rule.to_dict(),
        "rule_in_words": rule.describe(),
        "codebook": book.name,
    }
    return compare_seen(fit.id, observed, drawn, partners, settings)


def make_match_rule(codebook: Codebook, parameters: DyadParameters) -> StateMatch:
    """Attuned while the codes match as the codebook says."""
    return StateMatch(codebook.stream, OwnTable(codebook.match_pairs(parameters.fit_table)))


def draw_parameters(fit: Fit, *, rng: np.random.Generator) -> DyadParameters:
    """Parameters from the normal distribution around the estimate (Laplace), held in bounds."""
    values, vectors = np.linalg.eigh(fit.covariance)
    moved = fit.estimate + vectors @ (
        np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(values.size)
    )
    low = [COORDINATES[name].low for name in fit.free]
    high = [COORDINATES[name].high for name in fit.free]
    return place(fit.prior.base, fit.free, np.clip(moved, low, high))


def _redraw(
    parameters: DyadParameters,
    fit: Fit,
    paths: Sequence[Path],
    sessions: Sequence[Session],
    origins: Sequence[float],
    book: Codebook,
    rng: np.random.Generator,
) -> list[Session]:
    slow = follow_slow(parameters, paths, learning=fit.learning)
    out = []
    for path, session, origin, before in zip(paths, sessions, origins, slow, strict=True):
        made = replay_path(parameters, path, before, rng=rng)
        step = find_step(session, book)
        out.append(
            show_path(
                made,
                session,
                book,
                unit_s=parameters.time_unit_s,
                step_s=step if step >= FINE_S else 0.0,
                origin_s=origin,
            )
        )
    return out


def _measure(
    sessions: Sequence[Session], rule: Rule, book: Codebook, partners: tuple[str, ...]
) -> dict[str, Seen]:
    """By phase, everything that is compared, added up over sessions."""
    found: dict[str, list[Seen]] = {}
    for session in sessions:
        groups = _group_phases([phase.label for phase in session.phases])
        for phase in choose_phases(session, "apart"):
            attunement = rule.judge(rule.read(session, phase.window))
            tally = make_tally(attunement, find_ruptures(attunement))
            seconds = tuple(
                _find_seconds(session, who, book, phase.window, labels)
                for who, labels in zip(partners, (book.focal, book.responder), strict=True)
            )
            seen = Seen(tally, seconds, phase.imposed)  # type: ignore[arg-type]
            found.setdefault(groups.get(phase.label, phase.label), []).append(seen)
    return {phase: pool_seen(parts) for phase, parts in found.items()}


def _group_phases(labels: Sequence[str]) -> dict[str, str]:
    """Phases that differ by a number only ("free 1", "free 2") are looked at together."""
    plain = {label: label.rstrip("0123456789").rstrip(" _") or label for label in labels}
    shared = [name for name in plain.values() if list(plain.values()).count(name) > 1]
    return {label: name for label, name in plain.items() if name in shared}


def _find_seconds(
    session: Session, who: str, book: Codebook, window: tuple[float, float], labels: Sequence[str]
) -> dict[str, float]:
    stream = session.stream(book.stream, who, States).clip(*window)
    lengths = stream.ends - stream.starts
    of = np.array(stream.labels, dtype=object)
    return {label: float(lengths[of == label].sum()) for label in dict.fromkeys(labels)}
