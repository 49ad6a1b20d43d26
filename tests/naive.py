"""Rupture and repair counted frame by frame: slow, obvious, and independent of the package.

Nothing here imports `reattune`, numpy or scipy. A session is two lists of ``(start, end, code)``
in seconds; everything is looked up one frame at a time and counted with plain loops.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from math import exp, factorial, isnan, log, nan, sqrt

Event = tuple[float, float, str]
Span = tuple[float, float]
Code = str | None
Z = statistics.NormalDist().inv_cdf(0.975)
MATCH, MISMATCH, UNKNOWN = "match", "mismatch", "unknown"


# -- from events to frames -------------------------------------------------------------------------


def code_at(time: float, events: Sequence[Event], uncodable: Sequence[Span] = ()) -> Code:
    """The code that holds at that moment; None where there is none or it could not be coded."""
    for start, end in uncodable:
        if start <= time < end:
            return None
    for start, end, code in events:
        if start <= time < end:
            return code
    return None


def frame_codes(
    events: Sequence[Event], uncodable: Sequence[Span], frames: range, frame_s: float
) -> list[Code]:
    """One code per frame, looked up in the middle of the frame."""
    return [code_at((i + 0.5) * frame_s, events, uncodable) for i in frames]


def merge_alike(
    codes: Sequence[str], others: Sequence[str], look: Callable[[str, str], object]
) -> dict[str, str]:
    """Codes between which the rule sees no difference, whatever the other does, made one."""
    name: dict[str, str] = {}
    for code in codes:
        name[code] = next(
            (kept for kept in name.values() if all(look(kept, o) == look(code, o) for o in others)),
            code,
        )
    return name


def contact_codes(on: Sequence[Code], patience: int) -> list[Code]:
    """In contact while the behaviour ("on") was shown within the last ``patience`` frames."""
    codes: list[Code] = []
    for i, now in enumerate(on):
        if now is None:
            codes.append(None)
        elif any(on[j] == "on" for j in range(max(0, i - patience), i + 1)):
            codes.append("in")
        else:
            # Just after observation began the behaviour may have been shown unseen.
            began = i
            while began > 0 and on[began - 1] is not None:
                began -= 1
            codes.append(None if i - began < patience else "out")
    return codes


# -- from frames to runs ---------------------------------------------------------------------------


class Session:
    """Everything counted from one session; the attributes are what the measures are named."""

    def __init__(
        self,
        first: Sequence[Code],
        second: Sequence[Code],
        match: Callable[[str, str], bool | None],
        *,
        frame_s: float,
        start: int = 0,
        distance: Callable[[str, str], float] | None = None,
        negative: Callable[[str, str], bool] | None = None,
        cuts: Sequence[int] = (),
        tie: int = 0,
        merge_gap: int = 0,
        min_rupture: int = 0,
        repair_window: int | None = None,
    ) -> None:
        self.codes = (list(first), list(second))
        self.n = len(self.codes[0])
        self.match, self.frame_s, self.start, self.tie = match, frame_s, start, tie
        self.cuts = {cut - start for cut in cuts}
        self.state = [self._judge(a, b) for a, b in zip(*self.codes, strict=True)]
        self.distance = [
            None if s == UNKNOWN else 0.0 if s == MATCH else distance(a, b) if distance else 1.0
            for a, b, s in zip(*self.codes, self.state, strict=True)
        ]
        self.n_negative = sum(
            s != UNKNOWN and negative is not None and negative(a, b)
            for a, b, s in zip(*self.codes, self.state, strict=True)
        )
        self.knows_negative = negative is not None
        self.changed = (self._changes(0), self._changes(1))
        raw = self._find_runs(self.state)
        self.raw_ruptures = self._find_ruptures(raw, repair_window)
        smooth = self._drop(raw, MATCH, MISMATCH, merge_gap)
        smooth = self._drop(smooth, MISMATCH, MATCH, min_rupture)
        self.runs = smooth
        self.ruptures = self._find_ruptures(smooth, repair_window)

    def _judge(self, a: Code, b: Code) -> str:
        if a is None or b is None:
            return UNKNOWN
        answer = self.match(a, b)
        return UNKNOWN if answer is None else MATCH if answer else MISMATCH

    def _find_runs(self, states: Sequence[str]) -> list[tuple[str, int, int]]:
        """(state, first frame, frame after the last), broken at cuts."""
        runs: list[tuple[str, int, int]] = []
        for i, state in enumerate(states):
            if runs and runs[-1][0] == state and i not in self.cuts:
                runs[-1] = (state, runs[-1][1], i + 1)
            else:
                runs.append((state, i, i + 1))
        return runs

    def _beside(self, runs: list[tuple[str, int, int]], i: int, step: int) -> str:
        """State of the run before (-1) or after (+1); unknown at an edge or a cut."""
        border = runs[i][1] if step < 0 else runs[i][2]
        inside = 0 <= i + step < len(runs)
        return runs[i + step][0] if inside and border not in self.cuts else UNKNOWN

    def _drop(
        self, runs: list[tuple[str, int, int]], short: str, around: str, frames: int
    ) -> list[tuple[str, int, int]]:
        """Too short runs between two of the other state take that state."""
        states: list[str] = []
        for i, (state, a, b) in enumerate(runs):
            between = self._beside(runs, i, -1) == self._beside(runs, i, 1) == around
            states += [around if state == short and b - a < frames and between else state] * (b - a)
        return self._find_runs(states)

    # -- who changed -------------------------------------------------------------------------------

    def _changes(self, who: int) -> list[int]:
        """Frames at which this partner's own code changes, seen before and after."""
        codes = self.codes[who]
        return [
            i
            for i in range(1, self.n)
            if i not in self.cuts
            and codes[i - 1] is not None
            and codes[i] is not None
            and codes[i - 1] != codes[i]
        ]

    def who_at(self, frame: int) -> str:
        """Who made the change of the dyad at that frame."""
        own = [frame in self.changed[who] for who in (0, 1)]
        near = [
            any(abs(frame - other) <= self.tie for other in self.changed[who]) for who in (0, 1)
        ]
        made = [own[who] or (any(own) and near[who]) for who in (0, 1)]
        return {(0, 0): "", (1, 0): "<first>", (0, 1): "<second>", (1, 1): "both"}[tuple(made)]

    # -- ruptures ----------------------------------------------------------------------------------

    def _find_ruptures(
        self, runs: list[tuple[str, int, int]], repair_window: int | None
    ) -> list[dict]:
        found = []
        for i, (state, a, b) in enumerate(runs):
            if state != MISMATCH:
                continue
            entered = self._beside(runs, i, -1) == MATCH
            closed = self._beside(runs, i, 1) == MATCH
            outcome, reason = "repaired", ""
            if not closed:
                outcome = "censored"
                reason = "end" if b == self.n else "cut" if b in self.cuts else "missing"
            if repair_window is not None and b - a > repair_window:
                outcome, reason = "unrepaired", "window"
            depths = [d for d in self.distance[a:b] if d is not None]
            found.append(
                {
                    "onset": (a + self.start) * self.frame_s,
                    "end": (b + self.start) * self.frame_s,
                    "frames": b - a,
                    "entered": entered,
                    "closed": closed,
                    "outcome": outcome,
                    "reason": reason,
                    "by": self.who_at(a) if entered else "",
                    "repaired_by": self.who_at(b) if closed else "",
                    "depth": max(depths),
                    "area": sum(depths) * self.frame_s,
                }
            )
        return found

    # -- chance ------------------------------------------------------------------------------------

    def marginals(self, who: int) -> dict[str, float]:
        """Share of the defined time that this partner spends in each code."""
        seen = [c for c, s in zip(self.codes[who], self.state, strict=True) if s != UNKNOWN]
        return {code: seen.count(code) / len(seen) for code in sorted(set(seen))}

    def expected_prop(self) -> float:
        """Share expected to match when only the marginals count."""
        p, q = self.marginals(0), self.marginals(1)
        hit = sum(p[a] * q[b] for a in p for b in q if self.match(a, b) is True)
        known = sum(p[a] * q[b] for a in p for b in q if self.match(a, b) is not None)
        return hit / known if known else nan

    def expected_repairs(self) -> float:
        """Repairs that each partner's changes would make against the other's marginals."""
        total = 0.0
        for who in (0, 1):
            other = self.marginals(1 - who)
            codes = self.codes[who]

            def meets(own: str, code: str, who: int = who) -> bool | None:
                return self.match(own, code) if who == 0 else self.match(code, own)

            for i in self.changed[who]:
                if UNKNOWN in (self.state[i - 1], self.state[i]):
                    continue
                before, after = codes[i - 1], codes[i]
                known = [
                    c for c in other if meets(before, c) is not None and meets(after, c) is not None
                ]
                made = [c for c in known if meets(before, c) is False and meets(after, c) is True]
                if known:
                    total += sum(other[c] for c in made) / sum(other[c] for c in known)
        return total

    # -- measures ----------------------------------------------------------------------------------

    def measures(self) -> dict[str, float]:
        """Every measure by name, with "<first>", "<second>" and "both" for who."""
        return {name: value for name, (value, _, _) in self.measures_with_limits().items()}

    def measures_with_limits(self) -> dict[str, tuple[float, float, float]]:
        """(value, low, high) of every measure; limits are nan where there are none."""
        f = self.frame_s
        matched = self.state.count(MATCH) * f
        mismatched = self.state.count(MISMATCH) * f
        observed = matched + mismatched
        run_matched = sum(b - a for s, a, b in self.runs if s == MATCH) * f
        run_mismatched = sum(b - a for s, a, b in self.runs if s == MISMATCH) * f
        entered = [r for r in self.ruptures if r["entered"]]
        closed = [r for r in self.ruptures if r["closed"]]
        done = [r for r in entered if r["outcome"] == "repaired"]
        raw = [r for r in self.raw_ruptures if r["entered"]]
        chance = self.expected_prop() if observed else nan
        hazard = nan
        if observed and 1 - chance > 1e-12:
            hazard = self.expected_repairs() / (observed * (1 - chance))
        repairs = hazard * run_mismatched if run_mismatched else 0.0
        changes = [
            sum(UNKNOWN not in (self.state[i - 1], self.state[i]) for i in self.changed[who])
            for who in (0, 1)
        ]
        steps = kaplan_meier([(r["frames"], r["closed"]) for r in entered])
        raw_steps = kaplan_meier([(r["frames"], r["closed"]) for r in raw])
        last = max((r["frames"] for r in entered), default=0)
        values = {
            "observed_s": observed,
            "matched_s": matched,
            "mismatched_s": mismatched,
            "matched_prop": ratio(matched, observed),
            "expected_prop": chance,
            "match_kappa": ratio(ratio(matched, observed) - chance, 1 - chance)
            if 1 - chance > 1e-12
            else nan,
            "negative_match_prop": ratio(self.n_negative * f, observed)
            if self.knows_negative
            else nan,
            "match_duration_s": ratio(run_matched, len(entered)),
            "repair_hazard_per_s": ratio(len(closed), run_mismatched),
            "rupture_hazard_per_s": ratio(len(entered), run_matched),
            "expected_repair_hazard_per_s": ratio(repairs, run_mismatched),
            "repair_ratio": ratio(len(closed), repairs),
            "excess_repairs": len(closed) - repairs if observed else nan,
            "repairs_per_min": ratio(60 * len(closed), observed),
            "ruptures_per_min": ratio(60 * len(entered), observed),
            "seconds_per_repair": ratio(run_mismatched, len(closed)),
            "n_ruptures": len(entered),
            "n_repaired": len(done),
            "n_censored": sum(r["outcome"] == "censored" for r in entered),
            "n_unrepaired": sum(r["outcome"] == "unrepaired" for r in entered),
            "n_not_entered": len(self.ruptures) - len(entered),
            "n_repair_events": len(closed),
            "depth_q50": statistics.median(r["depth"] for r in entered) if entered else nan,
            "legacy_latency_mean_s": f
            * ratio(
                sum(r["frames"] for r in entered if r["closed"]), sum(r["closed"] for r in entered)
            ),
        }
        found = {name: (value, nan, nan) for name, value in values.items()}
        for name, count, exposure, factor in (
            ("repair_hazard_per_s", len(closed), run_mismatched, 1),
            ("rupture_hazard_per_s", len(entered), run_matched, 1),
            ("repairs_per_min", len(closed), observed, 60),
            ("ruptures_per_min", len(entered), observed, 60),
        ):
            low, high = poisson_limits(count)
            found[name] = (
                values[name],
                factor * ratio(low, exposure),
                factor * ratio(high, exposure),
            )
        _, low, high = found["repair_hazard_per_s"]
        found["seconds_per_repair"] = (values["seconds_per_repair"], ratio(1, high), ratio(1, low))
        found["mismatch_duration_q50_s"] = quantile_with_limits(raw_steps, 0.5, f)
        for q in (25, 50, 75):
            found[f"repair_latency_q{q}_s"] = quantile_with_limits(steps, q / 100, f)
        for t in (1, 3, 5, 10):
            by_then = [step for step in steps if step[0] <= int(t / f + 1e-6)]
            share = 1 - by_then[-1][1] if by_then else 0.0
            low, high = band(by_then[-1]) if by_then else (nan, nan)
            gone = not entered or (t > last * f + 1e-9 and share < 1)
            found[f"repaired_within_{t}s"] = (nan, nan, nan) if gone else (share, 1 - high, 1 - low)
        for who, name in enumerate(("<first>", "<second>", "both")):
            for label, rows, key in (
                ("opened_by_{}_prop", entered, "by"),
                ("repaired_by_{}_prop", done, "repaired_by"),
                ("repair_events_by_{}", closed, "repaired_by"),
            ):
                hits = sum(r[key] == name for r in rows)
                found[label.format(name)] = (ratio(hits, len(rows)), *wilson(hits, len(rows)))
            if who < 2:
                found[f"change_share_{name}"] = (ratio(changes[who], sum(changes)), nan, nan)
        return found


def ratio(top: float, bottom: float) -> float:
    """The quotient; undefined without anything below the line."""
    return top / bottom if bottom > 0 and not isnan(bottom) else nan


def mean(values: Iterable[float]) -> float:
    """The mean; undefined without values."""
    held = list(values)
    return sum(held) / len(held) if held else nan


# -- Kaplan-Meier, as in the textbook --------------------------------------------------------------


def kaplan_meier(rows: Sequence[tuple[int, bool]]) -> list[tuple[int, float, float]]:
    """(time, S(t), Greenwood's sum) at every time with an event, from (duration, event) rows."""
    steps = []
    survival, greenwood = 1.0, 0.0
    for time in sorted({duration for duration, event in rows if event}):
        at_risk = sum(duration >= time for duration, _ in rows)
        events = sum(duration == time and event for duration, event in rows)
        survival *= 1 - events / at_risk
        left = at_risk - events
        greenwood += events / (at_risk * left) if left else float("inf")
        steps.append((time, survival, greenwood))
    return steps


def quantile(steps: Sequence[tuple[int, float, float]], q: float) -> float:
    """The first time at which a share q has had the event."""
    for time, survival, _ in steps:
        if survival <= 1 - q + 1e-12:
            return time
    return nan


def band(step: tuple[int, float, float]) -> tuple[float, float]:
    """Greenwood's limits of S(t) on the log(-log) scale; nan where S is 0 or 1."""
    _, survival, greenwood = step
    if survival in (0, 1):
        return (nan, nan)
    half = Z * sqrt(greenwood) / log(survival)
    return (survival ** exp(-half), survival ** exp(half))


def quantile_with_limits(
    steps: Sequence[tuple[int, float, float]], q: float, frame_s: float
) -> tuple[float, float, float]:
    """The quantile, and the first times at which either limit of S has come down to it."""
    level = 1 - q + 1e-12
    first = [next((step[0] for step in steps if band(step)[side] <= level), nan) for side in (0, 1)]
    return (quantile(steps, q) * frame_s, first[0] * frame_s, first[1] * frame_s)


# -- limits of counts and shares -------------------------------------------------------------------


def poisson_limits(count: int) -> tuple[float, float]:
    """The means under which a count as high (as low) has probability .025, by halving."""

    def at_most(n: int, mean: float) -> float:
        return exp(-mean) * sum(mean**i / factorial(i) for i in range(n + 1))

    def solve(holds: Callable[[float], bool]) -> float:
        low, high = 0.0, 3.0 * count + 20
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if holds(middle) else (middle, high)
        return low

    if count == 0:
        return (0.0, -log(0.05))
    return (
        solve(lambda mean: 1 - at_most(count - 1, mean) > 0.025),
        solve(lambda mean: at_most(count, mean) < 0.025),
    )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The two shares p for which (hits / n - p)^2 = z^2 p (1 - p) / n."""
    if n == 0:
        return (nan, nan)
    a, b, c = 1 + Z**2 / n, -2 * hits / n - Z**2 / n, (hits / n) ** 2
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return ((-b - root) / (2 * a), (-b + root) / (2 * a))
