"""Whose track is it? Guessing people and stream names from tier and column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reattune.core.errors import ReadError, did_you_mean
from reattune.core.recording import Recording, Track
from reattune.prepare.words import FAMILY, FIRST_ROLES, LETTER_PAIRS, role_of, split_name


@dataclass(frozen=True, eq=False)
class Owned:
    """A track, the person it belongs to ("" when nobody's), and what is left of its name."""

    track: Track
    person: str
    rest: str


def find_owners(recording: Recording) -> tuple[Owned, ...]:
    """Every track with its person, by what the file says or by the track's name.

    In this order: the person stated in the file; a word for a role in the name ("Infant Affect",
    "affect_mom"); two prefixes or two suffixes that share a rest ("p_looking", "t_looking").
    """
    tracks = recording.tracks
    if recording.people:
        stated = {track.person.lower() for track in tracks if track.person}
        # A tier that is named like a person says who that person is: "FA1" of "Mother".
        known = {
            t.name.strip().lower(): t.person
            for t in tracks
            if t.person and t.name.strip().lower() in stated
        }
        people = [known.get(t.person.lower(), t.person) for t in tracks]
        return tuple(
            Owned(t, who, _rest(t.name, {*stated, *_name_words(who)}))
            for t, who in zip(tracks, people, strict=True)
        )
    words = {track.name: split_name(track.name) for track in tracks}
    by_role = [_by_role(track, words[track.name]) for track in tracks]
    if len({owned.person for owned in by_role if owned.person}) >= 2:
        return tuple(by_role)
    by_pair = _by_pair(tracks, words)
    return tuple(by_pair or by_role)


def _name_words(person: str) -> tuple[str, ...]:
    return (*split_name(person), *(role_of(word) for word in split_name(person)))


def _rest(name: str, owners: set[str]) -> str:
    words = [word for word in split_name(name) if word not in owners]
    # A tier "gaze@FA1" of a person called "Mother" carries the person twice.
    kept = [word for word in words if not role_of(word)] if len(words) > 1 else words
    return "_".join(kept if kept else [word for word in words if not role_of(word)])


def _by_role(track: Track, words: list[str]) -> Owned:
    for at in (0, len(words) - 1, *range(1, len(words) - 1)):
        role = role_of(words[at]) if words else ""
        if role:
            return Owned(track, role, "_".join(words[:at] + words[at + 1 :]))
    return Owned(track, "", "_".join(words))


def _by_pair(tracks: Sequence[Track], words: dict[str, list[str]]) -> list[Owned]:
    """Two first words (or last words) before the same rest, as in "p_looking", "t_looking"."""
    for at in (0, -1):
        rests: dict[str, set[tuple[str, ...]]] = {}
        for split in words.values():
            if split:
                rest = split[1:] if at == 0 else split[:-1]
                rests.setdefault(split[at], set()).add(tuple(rest))
        names = [
            one
            for one, own in rests.items()
            if any(own & other for two, other in rests.items() if two != one)
            and (any(own) or _numbered(one))
        ]
        if len(names) > 2:
            names = [name for name in names if _numbered(name)]
        if len(names) < 2:
            continue
        letters = LETTER_PAIRS.get(frozenset(names), {})
        owned = []
        for track in tracks:
            split = words[track.name]
            if split and split[at] in names:
                rest = split[1:] if at == 0 else split[:-1]
                person = letters.get(split[at], split[at])
                owned.append(Owned(track, person, "_".join(rest)))
            else:
                owned.append(Owned(track, "", "_".join(split)))
        return owned
    return []


def _numbered(name: str) -> bool:
    """Whether a word is a name with a number, such as child1, id2, A or B."""
    return len(name) == 1 or (name[-1].isdigit() and name[:1].isalpha())


def choose_people(
    owners: Sequence[Owned], partners: tuple[str, str] | None, recording: Recording
) -> dict[str, str]:
    """Person in the file -> partner's name, for the two people of the session.

    Without ``partners`` there must be exactly two people; they are called by their roles. With
    them each name must fit exactly one person, by itself or through the words for its role.

    Raises
    ------
    ReadError
        For fewer than two people, for more without saying which, or for a name nobody has.
    """
    people = list(dict.fromkeys(owned.person for owned in owners if owned.person))
    if partners is None:
        if len(people) < 2:
            raise ReadError(
                "two people could not be told apart by the names of its tracks.",
                path=recording.path,
                found=", ".join(repr(owned.track.name) for owned in owners[:12]) or "no track",
                expected=(
                    "a person for each track; say which is whose in a study file "
                    "(reattune info FILE --draft study.toml)"
                ),
            )
        if len(people) > 2:
            raise ReadError(
                f"{len(people)} people are in it: say which two.",
                path=recording.path,
                found=", ".join(repr(person) for person in people[:12]),
                expected="partners, e.g. " + ", ".join(repr(p) for p in people[:2]),
            )
        return _name_people(people)
    chosen: dict[str, str] = {}
    for partner in partners:
        fitting = [person for person in _fitting(partner, people) if person not in chosen]
        if len(fitting) != 1:
            many = len(fitting) > 1
            raise ReadError(
                f"partner {partner!r} {'could be several people' if many else 'was not found'}."
                + ("" if many else did_you_mean(partner, people)),
                path=recording.path,
                found=", ".join(repr(person) for person in fitting) if many else "",
                expected="the name as the file has it" if many else "",
            )
        chosen[fitting[0]] = partner
    return chosen


def _name_people(people: list[str]) -> dict[str, str]:
    roles = {person: _role(person) for person in people}
    taken = list(roles.values())
    names: dict[str, str] = {}
    for person, role in roles.items():
        # A mother beside a child is the caregiver; beside a father she is the mother.
        family = [other for other in FAMILY.get(role, ()) if other == "caregiver"]
        wide = family[0] if family and not _related(role, taken) else role
        unique = bool(wide) and taken.count(role) == 1
        names[person] = wide if unique else "_".join(split_name(person)) or person
    order = sorted(people, key=lambda person: names[person] not in FIRST_ROLES)
    return {person: names[person] for person in order}


def _related(role: str, taken: Sequence[str]) -> bool:
    family = {"caregiver", *FAMILY["caregiver"]}
    return sum(other in family for other in taken) > 1 or role not in family


def _role(person: str) -> str:
    return next((role_of(word) for word in split_name(person) if role_of(word)), "")


def _fitting(partner: str, people: Sequence[str]) -> list[str]:
    asked = partner.strip().casefold()
    exact = [p for p in people if p.strip().casefold() == asked]
    if exact:
        return exact
    role = _role(partner) or asked
    same = [p for p in people if _role(p) == role]
    return same or [p for p in people if _role(p) in FAMILY.get(role, ())]
