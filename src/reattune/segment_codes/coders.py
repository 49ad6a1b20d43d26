"""How far coders agree on segments: prevalence, alpha and ICC of every code, with limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from reattune.segment_codes.agreement import (
    FloatArray,
    Level,
    alpha_of,
    count_coincidences,
    icc_of,
    icc_sums,
)
from reattune.segment_codes.criteria import SegmentCriteria
from reattune.segment_codes.kinds import KINDS, NONE
from reattune.segment_codes.meeting import CodedMeeting

MIN_MEETINGS = 5
MIN_DEFINED = 0.9


@dataclass(frozen=True)
class AgreementRow:
    """One statistic of agreement.

    Attributes
    ----------
    item : str
        A marker, kind, strategy or rating.
    about : str
        ``salience``, ``kind``, ``strategy``, ``extent``, ``frequency`` or ``overall``.
    statistic : str
        ``alpha_ordinal``, ``alpha_nominal``, ``icc_2_1``, ``icc_2_k``.
    value, low, high : float
        95 % limits: meetings drawn with replacement; nan below five meetings.
    n : int
        Segments (or meetings) that at least two coders rated; for ICC, that all rated.
    prevalence_low, prevalence_high : float
        Lowest and highest share over the coders of segments with the code; nan where it makes no
        sense.
    """

    item: str
    about: str
    statistic: str
    value: float
    low: float
    high: float
    n: int
    prevalence_low: float = nan
    prevalence_high: float = nan


def compare_coders(
    meetings: Sequence[CodedMeeting],
    criteria: SegmentCriteria | None = None,
    *,
    rng: np.random.Generator,
    n: int = 999,
) -> tuple[AgreementRow, ...]:
    """Agreement on every marker, kind, strategy and rating; empty with one coder.

    Parameters
    ----------
    meetings : sequence of CodedMeeting
    criteria : SegmentCriteria, optional
        Its threshold says when a coder's salience makes a rupture segment.
    rng : numpy.random.Generator
    n : int, default 999
        Times the meetings are drawn with replacement for the limits.
    """
    rule = criteria or SegmentCriteria()
    coders = tuple(dict.fromkeys(coder for m in meetings for coder in m.coders))
    if len(coders) < 2:
        return ()
    by = [_by_coder(m, coders) for m in meetings]
    size = len(meetings)
    drawn = rng.integers(0, size, (n if size >= MIN_MEETINGS else 0, size))
    draws = (drawn[:, :, None] == np.arange(size)).sum(axis=1).astype(np.float64)
    rows: list[AgreementRow] = []

    def alpha(item: str, about: str, units: list[FloatArray], level: Level,
              share: Sequence[FloatArray] | None = None) -> None:  # fmt: skip
        _, tables = count_coincidences(units)
        value = alpha_of(tables.sum(axis=0), level)
        low, high = _limits([alpha_of(np.tensordot(w, tables, 1), level) for w in draws], value)
        rated = sum(int((np.isfinite(u).sum(axis=0) > 1).sum()) for u in units)
        spread = _prevalence(share if share is not None else [])
        rows.append(AgreementRow(item, about, f"alpha_{level}", value, low, high, rated, *spread))

    def icc(item: str, about: str, units: list[FloatArray]) -> None:
        sums = np.stack([icc_sums(u) for u in units])
        found = icc_of(sums.sum(axis=0))
        again = [icc_of(w @ sums) for w in draws]
        for name, value, drawn in (
            ("icc_2_1", found.single, [i.single for i in again]),
            ("icc_2_k", found.average, [i.average for i in again]),
        ):
            rows.append(AgreementRow(item, about, name, value, *_limits(drawn, value), found.n))

    first = meetings[0]
    over = rule.threshold + 1e-9
    for m, marker in enumerate(first.markers):
        units = [b["salience"][:, :, m] for b in by]
        alpha(marker.name, "salience", units, "ordinal", [_flag(u, over) for u in units])
        icc(marker.name, "salience", units)
    kinds = [_kinds(b["salience"], first, over) for b in by]
    alpha("kind of rupture", "kind", kinds, "nominal", [_flag(u, 0.5) for u in kinds])
    for name, units in _frequencies(by, first, over).items():
        icc(name, "frequency", units)
    for s, strategy in enumerate(first.strategies):
        units = [b["shown"][:, :, s] for b in by]
        alpha(strategy, "strategy", units, "nominal", [_flag(u, 0.5) for u in units])
    if any(np.isfinite(b["extent"]).any() for b in by):
        alpha("extent resolved, per segment", "extent", [b["extent"] for b in by], "ordinal")
    for rating in dict.fromkeys(name for m in meetings for name in m.overall):
        icc(rating.replace("_", " "), "overall", [_overall(m, rating, coders) for m in meetings])
    return tuple(rows)


def _by_coder(meeting: CodedMeeting, coders: Sequence[str]) -> dict[str, FloatArray]:
    """The meeting's arrays with one row for each coder of the whole table."""
    out: dict[str, FloatArray] = {}
    for name in ("salience", "shown", "extent"):
        own = getattr(meeting, name)
        full = np.full((len(coders), *own.shape[1:]), nan)
        for at, coder in enumerate(meeting.coders):
            full[coders.index(coder)] = own[at]
        out[name] = full
    return out


def _overall(meeting: CodedMeeting, rating: str, coders: Sequence[str]) -> FloatArray:
    full = np.full((len(coders), 1), nan)
    if rating in meeting.overall:
        for at, coder in enumerate(meeting.coders):
            full[coders.index(coder), 0] = meeting.overall[rating][at]
    return full


def _flag(values: FloatArray, over: float) -> FloatArray:
    return np.where(np.isfinite(values), (values > over).astype(np.float64), nan)


def _kinds(salience: FloatArray, meeting: CodedMeeting, over: float) -> FloatArray:
    """Kind of each segment by each coder: 0 none, then the kinds, then several."""
    rated = np.isfinite(salience).any(axis=2)
    found = np.zeros(salience.shape[:2])
    several = np.zeros(salience.shape[:2], dtype=np.int64)
    for number, kind in enumerate(KINDS, start=1):
        columns = [marker.kind == kind for marker in meeting.markers]
        with np.errstate(invalid="ignore"):
            on = (salience[:, :, columns] > over).any(axis=2)
        several += on
        found = np.where(on, number, found)
    found = np.where(several > 1, len(KINDS) + 1, found)
    return np.where(rated, found, nan)


def _frequencies(
    by: Sequence[dict[str, FloatArray]], meeting: CodedMeeting, over: float
) -> dict[str, list[FloatArray]]:
    """Segments with each kind of marker (or any) in each meeting, among those all coders coded."""
    kinds = [k for k in KINDS if any(m.kind == k for m in meeting.markers)]
    names = {kind: (kind,) for kind in kinds} | {"any rupture": tuple(kinds)}
    if len(kinds) == 1:
        names = {kinds[0]: (kinds[0],)}
    out: dict[str, list[FloatArray]] = {name: [] for name in names}
    for arrays in by:
        salience = arrays["salience"]
        shared = np.isfinite(salience).any(axis=2).all(axis=0)
        for name, chosen in names.items():
            columns = [m.kind in chosen and m.kind != NONE for m in meeting.markers]
            with np.errstate(invalid="ignore"):
                on = np.asarray((salience[:, :, columns] > over).any(axis=2))
            counts = on[:, shared].sum(axis=1).astype(np.float64)
            out[name].append(counts[:, None] if shared.any() else np.full((len(on), 1), nan))
    return out


def _prevalence(units: Sequence[FloatArray]) -> tuple[float, float]:
    """Lowest and highest share of the code over the coders."""
    if not units:
        return (nan, nan)
    whole = np.concatenate(list(units), axis=1)
    shares = [float(row[np.isfinite(row)].mean()) for row in whole if np.isfinite(row).any()]
    return (min(shares), max(shares)) if shares else (nan, nan)


def _limits(drawn: Sequence[float], value: float) -> tuple[float, float]:
    """Percentile limits (Efron 1979); nan where too many draws are undefined."""
    known = np.array([v for v in drawn if isfinite(v)])
    if not isfinite(value) or not known.size or known.size < MIN_DEFINED * len(drawn):
        return (nan, nan)
    low, high = np.quantile(known, [0.025, 0.975])
    return (float(low), float(high))
