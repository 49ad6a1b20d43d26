"""English lists: function words, word lists and cues of turns. Written for this package.

They are short, plain and open to be read; they are no validated dictionary. Pass your own
`Lexicon` for another language or another purpose.
"""

from __future__ import annotations

from reattune.talk.cues import ENGLISH_CUES
from reattune.talk.words import Lexicon

_PERSONAL = (
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself they them their theirs themselves y'all"
)
_IMPERSONAL = (
    "it its itself this that these those what whatever which whichever who whom whose whoever "
    "something anything everything nothing someone anyone everyone somebody anybody everybody "
    "nobody one other others another thing things stuff"
)
_AUXILIARY = (
    "am is are was were be been being have has had having do does did doing will would shall "
    "should can could may might must ought gonna wanna gotta"
)
_PREPOSITIONS = (
    "about above across after against along among around as at before behind below beneath beside "
    "besides between beyond by despite down during except for from in inside into like near of "
    "off on onto out outside over past per since through throughout till to toward towards under "
    "until up upon with within without"
)
_CONJUNCTIONS = (
    "and but or nor so yet because 'cause cos cuz although though while whereas if unless when "
    "whenever whether until than then as since that how however where plus either neither"
)
_ADVERBS = (
    "about actually again almost already also always anyway away back basically certainly clearly "
    "completely definitely especially even ever exactly finally here honestly hopefully just "
    "kinda lately maybe mostly nearly now obviously often once only perhaps possibly pretty "
    "probably quickly quite rather really recently seriously simply so sometimes somewhat soon "
    "sorta still suddenly sure there though too totally truly usually very well yet"
)
_QUANTIFIERS = (
    "all any bit both couple double each either enough entire every few fewer fewest half less "
    "lot lots little loads many more most much neither none part plenty several some ton tons "
    "various whole"
)
_NEGATIONS = "no not never none nor neither nothing nobody nowhere without cannot nope nah"
_NEGATED = (
    "don't doesn't didn't isn't aren't wasn't weren't haven't hasn't hadn't won't wouldn't "
    "shouldn't can't couldn't mightn't mustn't needn't ain't"
)
# As people and speech recognisers often write them.
_DROPPED = _NEGATED.replace("'", "")


def _contracted(subjects: str, endings: str) -> list[str]:
    return [f"{subject}'{ending}" for subject in subjects.split() for ending in endings.split()]


_PERSONAL_CONTRACTED = [
    *_contracted("i", "m ve d ll"),
    *_contracted("we you they", "re ve d ll"),
    *_contracted("he she", "s d ll"),
    "let's",
]
_IMPERSONAL_CONTRACTED = [
    *_contracted("it that this", "s d ll"),
    *_contracted("what who", "s re d ll ve"),
    *_contracted("something everything nothing someone everyone", "s"),
]
_PLACE_CONTRACTED = [*_contracted("there here", "s"), "there'd", "there'll"]
_ASKING_CONTRACTED = _contracted("how where when why", "s")
_SHOULD_HAVE = "should've could've would've might've must've".split()

FUNCTION_WORDS: dict[str, list[str]] = {
    "personal_pronouns": [*_PERSONAL.split(), *_PERSONAL_CONTRACTED],
    "impersonal_pronouns": [*_IMPERSONAL.split(), *_IMPERSONAL_CONTRACTED],
    "articles": ["a", "an", "the"],
    "prepositions": _PREPOSITIONS.split(),
    "auxiliary_verbs": [
        *_AUXILIARY.split(),
        *_NEGATED.split(),
        *_DROPPED.split(),
        *(word for word in _PERSONAL_CONTRACTED if word != "let's"),
        *_IMPERSONAL_CONTRACTED,
        *_PLACE_CONTRACTED,
        *_ASKING_CONTRACTED,
        *_SHOULD_HAVE,
        "cannot",
    ],
    "adverbs": [*_ADVERBS.split(), *_PLACE_CONTRACTED],
    "conjunctions": [*_CONJUNCTIONS.split(), *_ASKING_CONTRACTED],
    "negations": [*_NEGATIONS.split(), *_NEGATED.split(), *_DROPPED.split()],
    "quantifiers": _QUANTIFIERS.split(),
}

_COMPLAINT = (
    "annoy annoyed annoying angry mad hate hated hates stupid ridiculous pointless useless "
    "unfair nonsense frustrated frustrating frustration irritated irritating upset upsetting "
    "complain complained complaining complaint bother bothered bothering blame blamed blaming "
    "fault nag nagging lecture lecturing lectured judging judged unhelpful disagree wrong "
    "terrible awful horrible sucks crap bullshit whatever"
)
_COMPLAINT_PHRASES = (
    *("fed up", "sick of", "tired of", "not fair", "waste of time", "wasting my time"),
    *("leave me alone", "not listening", "don't listen", "never listen", "not helping"),
    *("doesn't help", "don't care", "don't understand", "what's the point", "no point"),
)

WORD_LISTS: dict[str, list[str]] = {
    "negation": FUNCTION_WORDS["negations"],
    "complaint": [*_COMPLAINT.split(), *_COMPLAINT_PHRASES],
    "i": ["i", "me", "my", "mine", "myself", *_contracted("i", "m ve d ll")],
    "you": [
        *("you", "your", "yours", "yourself", "yourselves", "y'all"),
        *_contracted("you", "re ve d ll"),
    ],
    "we": ["we", "us", "our", "ours", "ourselves", "let's", *_contracted("we", "re ve d ll")],
    "nonfluency": [
        *("um", "umm", "uhm", "uh", "uhh", "er", "err", "erm", "ehm", "hm", "hmm", "hmmm"),
        *("you know", "i mean", "sort of", "kind of"),
    ],
}

ENGLISH = Lexicon("English", FUNCTION_WORDS, WORD_LISTS, ENGLISH_CUES)
