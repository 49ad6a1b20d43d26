"""Words people use in tier and column names. Used for guessing only; no rule looks at them."""

from __future__ import annotations

import re

from reattune.core.recording import Track

# Word -> role. Two roles of one family ("mother", "father") are told apart only where both occur.
ROLE_WORDS: dict[str, str] = {
    **dict.fromkeys(
        "infant infants inf baby babies child children chi chd kid toddler newborn neonate son "
        "daughter boy girl kind enfant bebe bimbo bambino nino".split(),
        "infant",
    ),
    **dict.fromkeys(
        "caregiver caregivers carer parent parents adult caretaker cg ad".split(), "caregiver"
    ),
    **dict.fromkeys(
        "mother mothers mom moms mum mums mommy mummy mama maternal mot mutter mere madre "
        "fa1".split(),
        "mother",
    ),
    **dict.fromkeys(
        "father fathers dad dads daddy papa paternal fat vater pere padre".split(),
        "father",
    ),
    **dict.fromkeys(
        "patient patients pat pt client clients cl counselee interviewee klient".split(), "patient"
    ),
    **dict.fromkeys(
        "therapist therapists ther th thera counsellor counselor clinician psychotherapist "
        "interviewer therapeut".split(),
        "therapist",
    ),
    **dict.fromkeys("husband".split(), "husband"),
    **dict.fromkeys("wife".split(), "wife"),
}

# A role may be asked for by, or stand for, another one.
FAMILY: dict[str, tuple[str, ...]] = {
    "caregiver": ("mother", "father"),
    "mother": ("caregiver",),
    "father": ("caregiver",),
}

# The order in which two roles are named when the user does not say.
FIRST_ROLES = ("infant", "patient", "husband", "wife")

# Single letters mean something only as a pair, and only where both halves of it occur.
LETTER_PAIRS: dict[frozenset[str], dict[str, str]] = {
    frozenset("pt"): {"p": "patient", "t": "therapist"},
    frozenset("ct"): {"c": "patient", "t": "therapist"},
    frozenset("im"): {"i": "infant", "m": "mother"},
    frozenset("bm"): {"b": "infant", "m": "mother"},
    frozenset("cm"): {"c": "infant", "m": "mother"},
    frozenset("ic"): {"i": "infant", "c": "caregiver"},
    frozenset("cp"): {"c": "infant", "p": "caregiver"},
    frozenset("ip"): {"i": "infant", "p": "caregiver"},
    frozenset("hw"): {"h": "husband", "w": "wife"},
    frozenset("ab"): {"a": "a", "b": "b"},
}

UNCODABLE_TRACK = re.compile(
    r"problem|uncod|unscor|missing|not[ _-]?cod|invalid|unus|off[ _-]?camera", re.IGNORECASE
)
UNCODABLE_CODES = frozenset(
    "xx xxx ? ?? na n/a nan uncodable uncodeable uncoded unscorable unscoreable missing "
    "not_codable not_visible off_camera offscreen out_of_view obscured 99 -99 999 -999".split()
)
PHASE_TRACKS = frozenset("phase phases episode episodes condition segment segments".split())

# Words for the sign of affect or engagement.
VALENCE_WORDS: dict[str, str] = {
    **dict.fromkeys(
        "positive pos pa approach smile smiling laugh laughing joy happy happiness warm play "
        "social_play social_positive engaged interest".split(),
        "1",
    ),
    **dict.fromkeys(
        "neutral neu neut calm social_monitor monitor attend social_attend object object_attend "
        "environment none".split(),
        "0",
    ),
    **dict.fromkeys(
        "negative neg withdraw withdrawal withdrawn protest cry crying fuss fussing sad anger "
        "angry distress avert hostile intrusive fear".split(),
        "-1",
    ),
}

# Letters are read as valence only when all codes of the track belong to one of these alphabets.
VALENCE_LETTERS: tuple[dict[str, str], ...] = (
    {"a": "1", "n": "0", "w": "-1"},
    {"+": "1", "0": "0", "-": "-1"},
    {"pos": "1", "neu": "0", "neg": "-1"},
)


def split_name(name: str) -> list[str]:
    """The words of a tier or column name, lower case: at signs, blanks, camelCase, "ID_1".

    Examples
    --------
    >>> split_name("Infant Affect"), split_name("affect@FA1"), split_name("ID-2_Gesture_R1")
    (['infant', 'affect'], ['affect', 'fa1'], ['id2', 'gesture', 'r1'])
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = [word.lower() for word in re.split(r"[^A-Za-z0-9+]+", spaced) if word]
    joined: list[str] = []
    for word in words:
        numbered = joined and joined[-1] in ("id", "person", "partner", "participant", "subject")
        if numbered and word.isdigit():
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def role_of(word: str) -> str:
    """The role a word stands for, or an empty string."""
    return ROLE_WORDS.get(word.strip().lower(), "")


def guess_valence(codes: list[str], *, signed: bool = False) -> dict[str, str]:
    """Code -> "-1", "0" or "1" where all codes are words or letters of valence; else empty.

    Whole numbers go by their sign (so 2 becomes "1") where at least one is negative, or ``signed``
    says that they are valence.

    Examples
    --------
    >>> guess_valence(["A", "N", "W"])
    {'A': '1', 'N': '0', 'W': '-1'}
    """
    if not codes:
        return {}
    numbers = [int(c) for c in codes if c.lstrip("+-").isdigit()]
    if len(numbers) == len(codes):
        if (signed or min(numbers) < 0) and max(map(abs, numbers)) <= 3:
            return {
                c: "0" if n == 0 else ("1" if n > 0 else "-1")
                for c, n in zip(codes, numbers, strict=True)
            }
        return {}
    folded = {c: c.strip().lower().replace(" ", "_").replace("-", "_") or c for c in codes}
    if all(word in VALENCE_WORDS for word in folded.values()):
        return {c: VALENCE_WORDS[word] for c, word in folded.items()}
    for alphabet in VALENCE_LETTERS:
        plain = {c: c.strip().lower() for c in codes}
        if len(codes) > 1 and all(word in alphabet for word in plain.values()):
            return {c: alphabet[word] for c, word in plain.items()}
    return {}


# Names that the readers of transcripts and subtitles give to tracks of spoken words.
SPOKEN_TRACKS = frozenset({"utterances", "words", "transcript", "subtitles"})
_SENTENCE_WORDS = 3.0


def is_free_text(track: Track) -> bool:
    """Whether a track's labels are what people said rather than codes.

    Such labels are never listed: they are content. Recognised by the names that readers of speech
    give, or by labels that rarely repeat and have three words or more on average.
    """
    if track.kind == "samples":
        return False
    if track.name.strip().casefold() in SPOKEN_TRACKS:
        return True
    labels = [label for label in track.labels if label]
    if not labels or len(set(labels)) <= len(labels) / 2:
        return False
    return sum(len(label.split()) for label in labels) / len(labels) >= _SENTENCE_WORDS
