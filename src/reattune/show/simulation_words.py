"""What was simulated, in sentences made from the numbers."""

from __future__ import annotations

from reattune.experiments.folder import WrittenSimulation
from reattune.models.course import SimulatedCourse, SimulatedStudy
from reattune.show.phrases import count, length, listed, number, percent, phase_name, start_upper

NOT_EVIDENCE = (
    "Arousal, trust and tolerance are the model's. Nobody measured them, and the model was fitted "
    "to no recording for its defaults."
)


def describe_simulation(written: WrittenSimulation) -> list[str]:
    """What was simulated, how it is seen, how it went, and how to go on."""
    plan = written.plan
    seen = plan.observation
    first, second = seen.names
    minutes = plan.paradigm.duration_s / 60
    alike = "all alike" if plan.dyads > 1 and plan.spread == 0 else ""
    if plan.spread > 0:
        alike = f"their rates spread by {plan.spread:g} on the log scale"
    out = [
        f"Simulated {count(plan.dyads, 'dyad')} of {first} and {second}"
        + (f", {alike}" if alike else "")
        + f": {count(plan.sessions, 'session')} of {number(minutes)} min each "
        f"({phase_name(plan.paradigm.name)}), preset {plan.preset}, seed {plan.seed}.",
        f"Coded {_coded(written)}.",
        *describe_lives(written.study),
        NOT_EVIDENCE,
        f"Wrote {count(len(written.files), 'file')} to {written.folder}; go on with:",
        f"  reattune analyze {written.study_file} --out results",
        f"  reattune fit {written.study_file} --codebook {seen.codebook.name}"
        + ("" if plan.preset == "infant_caregiver" else f" --preset {plan.preset}"),
    ]
    return out


def _coded(written: WrittenSimulation) -> str:
    seen = written.plan.observation
    step = "at every change" if seen.step_s is None else f"every {seen.step_s:g} s"
    parts = [f"{step} by the codebook {seen.codebook.name!r}"]
    if seen.codebook.approximate:
        parts[0] += f", our approximation {seen.codebook.source}"
    if seen.coder_error is not None:
        parts.append(f"{percent(seen.coder_error.focal[0][0])} of codes right")
    if seen.missing_per_min > 0:
        parts.append(f"each partner out of view {seen.missing_per_min:g} times a minute")
    if seen.arousal is not None:
        parts.append(f"a sensor of arousal at {seen.arousal.rate_hz:g} Hz")
    if seen.rating is not None:
        parts.append(f"a rating after every session ({seen.rating.name})")
    return "; ".join(parts)


def describe_lives(source: SimulatedCourse | SimulatedStudy) -> list[str]:
    """How the simulated sessions went, from the model's own tally."""
    courses = [source] if isinstance(source, SimulatedCourse) else list(source.courses)
    sums = sum(course.sums.sum(axis=(0, 1)) for course in courses)
    told = courses[0].describe_sums(sums)
    out = [
        f"Matched {percent(told['matched_prop'])} of the time; "
        f"{number(told['ruptures_per_min'])} ruptures a minute, repaired after "
        f"{length(told['latency_mean_s'])} on average, "
        f"{percent(told['repaired_by_responder_prop'])} of them by the responder."
    ]
    if max(len(course) for course in courses) > 1 and not any(c.prescribed for c in courses):
        ends = [(course.before, course.state) for course in courses]
        changes = []
        for name, words in (
            ("tolerance", "tolerance W"),
            ("trust", "trust T"),
            ("confident_trust", "confident trust Tc"),
        ):
            before, after = (
                sum(getattr(pair[side], name) for pair in ends) / len(ends) for side in (0, 1)
            )
            changes.append(f"{words} from {before:.2f} to {after:.2f}")
        which = "On average " if len(courses) > 1 else ""
        out.append(start_upper(f"{which}{listed(changes)} over the sessions."))
    left = sum(course.dropped for course in courses)
    if left:
        out.append(f"{count(left, 'dyad')} left before the end.")
    return out


def summarize_course(course: SimulatedCourse) -> list[str]:
    """The lines of a simulated course's summary."""
    return [
        f"Simulated dyad {course.dyad}: {count(len(course), 'session')} of "
        f"{phase_name(course.paradigm.name)}, {number(course.paradigm.duration_s / 60)} min each.",
        *describe_lives(course),
        NOT_EVIDENCE,
    ]


def summarize_simulated_study(study: SimulatedStudy) -> list[str]:
    """The lines of a simulated study's summary."""
    sessions = sum(len(course) for course in study)
    return [
        f"Simulated study {study.name}: {count(len(study), 'dyad')}, {count(sessions, 'session')}.",
        *describe_lives(study),
        NOT_EVIDENCE,
    ]
