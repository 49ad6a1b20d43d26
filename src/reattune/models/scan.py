"""The event likelihood once more, as a JAX function with derivatives (extra ``bayes``).

The same likelihood as `likelihood`, with two differences: pieces of the quadrature are cut in
advance and do not end where arousal passes twice the tolerance, and JAX computes with single
precision unless told otherwise. Both together cost less than a thousandth of a nat in sessions of
ten minutes.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reattune.core.checks import require
from reattune.core.errors import SettingError
from reattune.models.likelihood import start_slow
from reattune.models.parameters import ATTEND, RESPONDER_STATES, DyadParameters
from reattune.models.path import (
    FOCAL,
    MODE,
    RESPONDER,
    SET_FOCAL,
    SET_RESPONDER,
    UNOBSERVED,
    Path,
)
from reattune.models.record import FREE

FloatArray = NDArray[np.float64]

_PIECE = 1.5
_NODES = np.array([0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15)])
_WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18.0


def cut_pieces(path: Path) -> dict[str, NDArray[Any]]:
    """A path as equally long columns for a scan: pieces that one joint state holds through.

    Columns: h, x, y, mode (during the piece), kind and to (change at its end; kind -1: none).
    """
    rows: list[tuple[float, int, int, int, int, int]] = []
    x, y, mode, now = path.start_focal, path.start_responder, path.mode, 0.0
    for i in range(path.times.size + 1):
        end = float(path.times[i]) if i < path.times.size else path.length
        kind = int(path.kinds[i]) if i < path.times.size else -1
        to = int(path.states[i]) if i < path.times.size else 0
        n = max(1, math.ceil((end - now) / _PIECE)) if mode != UNOBSERVED else 1
        piece = (end - now) / n
        scored = kind in (FOCAL, RESPONDER)
        rows += [(piece, x, y, mode, -1, 0)] * (n - 1)
        if piece > 0 or scored or not rows:
            rows.append((piece, x, y, mode, kind if scored else -1, to))
        now = end
        if kind in (FOCAL, SET_FOCAL):
            x = to
        elif kind in (RESPONDER, SET_RESPONDER):
            y = to
        elif kind == MODE:
            mode = to
    columns = list(zip(*rows, strict=True))
    names = ("h", "x", "y", "mode", "kind", "to")
    kinds: tuple[type, ...] = (np.float64, *(np.int32,) * 5)
    return {
        name: np.array(column, dtype=dtype)
        for name, column, dtype in zip(names, columns, kinds, strict=True)
    }


def make_tables(parameters: DyadParameters, path: Path) -> dict[str, FloatArray]:
    """What depends on the joint state alone, and not on what is moved; (4, 5) unless noted.

    ``rise``: du/dalpha; ``fall``: b; ``follow``: state that following leads to, or -1; ``looks``
    and ``fitting``: misread states that lead to each response, and whether the fitting one does;
    ``focal`` (4, 4) and ``responder`` (5, 5): which state is coded as which.
    """
    from reattune.models.arousal import find_drive, pack
    from reattune.models.passes import find_followed

    p = pack(parameters)
    vector = start_slow(parameters).vector(p)
    rest, per_alpha = vector[2], vector[6]
    seen_focal = np.array(path.seen_focal, dtype=np.int8)
    out = {name: np.zeros((4, 5)) for name in ("rise", "fall", "follow", "looks", "fitting")}
    for x in range(4):
        out["fitting"][x, path.seen_responder[x]] = 1.0
        for k in range(4):
            if k != x:
                out["looks"][x, path.seen_responder[k]] += 1.0
        for y in range(5):
            out["rise"][x, y], out["fall"][x, y] = find_drive(p, x, y, rest, per_alpha)
            out["follow"][x, y] = find_followed(p, x, y, seen_focal)
    out["focal"] = np.eye(4)[list(path.seen_focal)]
    out["responder"] = np.eye(5)[list(path.seen_responder)]
    out["slow"] = vector
    return out


def make_log_likelihood(
    base: DyadParameters, free: tuple[str, ...], paths: Sequence[Path]
) -> Callable[[Any], Any]:
    """A JAX function: coordinates of each session's dyad, (n, d), to log likelihoods, (n,).

    All sessions must be coded with one codebook.
    """
    require("bayes", "sampling the posterior of a fit")
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    if len({(path.seen_focal, path.seen_responder) for path in paths}) > 1:
        raise SettingError("sessions", "several codebooks", "one codebook for all")
    tables = {name: jnp.array(v) for name, v in make_tables(base, paths[0]).items()}
    columns = [cut_pieces(path) for path in paths]
    size = max(item["h"].size for item in columns)
    data = {
        name: jnp.array(np.stack([_pad(item[name], size, name) for item in columns]))
        for name in columns[0]
    }
    arousal = jnp.array([path.start_arousal for path in paths])
    at = {name: i for i, name in enumerate(free)}

    def one(vector: Any, seen: dict[str, Any], start: Any) -> Any:
        return _session(jax, jnp, base, at, tables, vector, seen, start)

    many = jax.vmap(one)
    return lambda vectors: many(vectors, data, arousal)


def _session(
    jax: Any,
    jnp: Any,
    base: DyadParameters,
    at: dict[str, int],
    tables: dict[str, Any],
    vector: Any,
    seen: dict[str, Any],
    start: Any,
) -> Any:
    def rate(name: str) -> Any:
        return jnp.exp(vector[at[name]]) if name in at else getattr(base, name)

    def logit(name: str) -> Any:
        return vector[at[name]] if name in at else getattr(base, name)

    tolerance, trust, _, _, ordinary, back, _ = (tables["slow"][i] for i in range(7))
    h, x, y, mode, kind, to = (seen[n] for n in ("h", "x", "y", "mode", "kind", "to"))
    hidden = mode == UNOBSERVED
    fall = jnp.where(hidden, back, tables["fall"][x, y])
    level = jnp.where(hidden, ordinary, rate("arousal_gain_per_s") * tables["rise"][x, y] / fall)
    shrink = jnp.exp(-fall * h)

    def step(a: Any, piece: Any) -> Any:
        to_level, factor = piece
        return to_level + (a - to_level) * factor, a

    _, first = jax.lax.scan(step, start, (level, shrink))
    scale = jnp.exp(vector[at["slope_scale"]]) if "slope_scale" in at else 1.0
    steep = scale * jnp.array([base.slope_negative, base.slope_away, 0.0, -base.slope_positive])
    offset = jnp.stack(
        [logit("logit_negative") - steep[0], logit("logit_away"), 0.0, logit("logit_positive")]
    )

    def shown(a: Any) -> Any:
        z = jnp.minimum(a / tolerance, 2.0)
        return jax.nn.softmax(offset + steep * z[..., None], axis=-1) @ tables["focal"]

    nodes = level + (first - level) * jnp.exp(-fall * h * _NODES[:, None])
    stay = jnp.take_along_axis(shown(nodes), x[None, :, None], axis=-1)[..., 0]
    leave = h * (1.0 - _WEIGHTS @ stay)
    agenda, joining = rate("focal_agenda_per_s"), rate("focal_follow_per_s") * trust
    follow = tables["follow"][x, y]
    spent = agenda * leave + joining * h * (follow >= 0)
    weights = jnp.stack(
        [
            math.log(max(base.responder_agenda[k], 1e-12))
            if f"agenda_{state}" not in at
            else vector[at[f"agenda_{state}"]] + math.log(base.responder_agenda[ATTEND])
            for k, state in enumerate(RESPONDER_STATES)
        ]
    )
    own = jax.nn.softmax(weights) @ tables["responder"]
    kappa = rate("contingent_per_s")
    hazards = (
        rate("responder_agenda_per_s") * own
        + rate("misread_per_s") * tables["looks"]
        + kappa * tables["fitting"]
    )
    rates = hazards[x]
    out = rates.sum(axis=-1) - jnp.take_along_axis(rates, y[:, None], axis=-1)[:, 0]
    total = -jnp.sum(jnp.where(hidden, 0.0, spent)) - jnp.sum(jnp.where(mode == FREE, out * h, 0.0))
    last = level + (first - level) * shrink
    chance = jnp.take_along_axis(shown(last), jnp.minimum(to, 3)[:, None], axis=-1)[:, 0]
    moved = agenda * chance + joining * (follow == to)
    answered = jnp.take_along_axis(rates, to[:, None], axis=-1)[:, 0]
    total += jnp.sum(jnp.where(kind == FOCAL, jnp.log(jnp.where(kind == FOCAL, moved, 1.0)), 0.0))
    return total + jnp.sum(
        jnp.where(kind == RESPONDER, jnp.log(jnp.where(kind == RESPONDER, answered, 1.0)), 0.0)
    )


def _pad(values: NDArray[Any], size: int, name: str) -> NDArray[Any]:
    out = np.full(size, -1 if name == "kind" else 0, dtype=values.dtype)
    out[: values.size] = values
    return out
