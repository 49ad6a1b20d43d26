"""Cues of turns, as English regular expressions: questions, reflections, advice.

Each pattern is searched in a turn's or a sentence's text as `plain_text` makes it: lower case,
straight apostrophes, punctuation kept. They find wordings, not intentions: a reflection without a
stock phrase is missed, and "you should have seen it" is taken for advice.
"""

from __future__ import annotations

# The start of a sentence or clause, after what people say before they begin.
_BEGIN = (
    r"(?:^|[.?!,;:\u2026-]\s*)"
    r"(?:(?:so|and|but|well|okay|ok|um|uh|yeah|yes|no|now|right|oh|ah|mm|mhm|mm-hmm|hmm|then|"
    r"alright|all right|sure|great|good)\b[,.\s]*){0,6}?"
)
_YOU_ARE = r"you(?:'re| are| were)"
_VERY = r"(?:\s(?:really|very|so|kind of|sort of|a little|a bit|pretty|also|still|just|not))*\s"
# Bounded, as everything here: no text may make a search slow.
_NOT_ASKED = r"(?![^.?!]{0,300}\?)"

QUESTION: tuple[str, ...] = (
    r"\?",
    # Recognised speech may have no question marks.
    _BEGIN
    + r"(?:what|why|how|where|who)(?:'s|'re|'d|\s(?:is|are|was|were|do|does|did|would|could|can|"
    r"will|have|has|had|about|kind|sort|made|makes|brings|brought|many|much|long|often|else))\b",
    _BEGIN
    + r"(?:do|does|did|don't|didn't|are|aren't|were|can|could|would|will|have|haven't|is|was)"
    r"\s(?:you|we|they|he|she|there|your)\b",
    r"\btell me (?:a (?:little|bit)|some|more|about|what|how|why|where)\b",
)

REFLECTION: tuple[str, ...] = (
    r"\b(?:sounds?|seems?|sounding|sounded|seemed) (?:like|as if|as though|to me|that|really|very|"
    r"pretty|quite)\b",
    r"\b(?:feels|looks|looking|felt) (?:like|as if|as though) (?:you|it's|it is|there)\b",
    r"\bi(?:'m| am| can|'ve| have)? (?:also )?hear(?:d|ing)?\b(?! (?:of|about|from)\b)",
    r"\bwhat (?:i'm|i am|i) (?:hear|hearing|gather|gathering)\b",
    r"\b" + _YOU_ARE + _VERY + r"(?:saying|telling me|feeling|wondering|worried|concerned|"
    r"thinking|hoping|afraid|scared|struggling|frustrated|noticing|looking for|aware|torn|unsure|"
    r"ready|willing|motivated|proud|interested|tired|upset|angry|nervous|open to|committed|sure)\b",
    r"\byou" + _VERY + r"(?:feel|felt|want|wanted|wish|hope|enjoy|enjoyed|value|care|believe|"
    r"mentioned|recognize|recognise|realize|realise|noticed|worry|don't want|don't feel|"
    r"don't like|don't see|don't think)\b" + _NOT_ASKED,
    _BEGIN
    + r"so,?\s(?:(?:um|uh),?\s)*(?:you|you're|you've|your|for you|part of you)\b"
    + _NOT_ASKED,
    r"\b(?:on (?:the )?one hand|on the other hand|part of you|in other words)\b",
    r"\bif i (?:understand|hear|heard|understood|got|get|have)\b",
    r"\b(?:let me|make sure|see if) (?:see if |make sure |that )?(?:i )?(?:understand|have this|"
    r"have that|got this|got that|i've got|i got|i'm following|summarize|summarise)\b",
    r"\b(?:important|hard|difficult|tough|scary|frustrating|stressful) (?:to|for) you\b",
)

ADVICE: tuple[str, ...] = (
    r"\byou(?:'ve)? (?:really |just |probably |definitely |also |still |do )*"
    r"(?:should|shouldn't|need to|needs to|have to|got to|gotta|must|ought to|had better|better)\b",
    r"\byou'(?:d|ll) (?:better|need to|have to|want to)\b",
    r"\byou(?:'re| are) (?:really |just )*(?:gonna|going to) (?:need|have|want) to\b",
    r"\b(?:i|i'd|i would|we|we'd|i'm|i am)\s(?:really |strongly |highly |just |usually |would |do |"
    r"always )*(?:recommend|recommending|suggest|suggesting|advise|advising|encourage|encouraging|"
    r"urge)\b",
    r"\bmy (?:advice|suggestion|recommendation)\b",
    r"\bi(?:'d| would)? (?:really |just )*(?:want|need|like) you to\b",
    r"\bif i were you\b",
    r"\bwhy (?:don't|not) (?:you|we)?\b",
    r"\b(?:have you|did you) (?:ever )?(?:tried|try|thought about|thought of|think about|consider|"
    r"considered)\b",
    r"\b(?:you could|you can|you might|you may)(?: want to| also| always| just| even| maybe)* (?:"
    r"try|use|start|take|go|get|talk|call|do|make|switch|consider|think about|look)\b",
    r"\byou (?:might|may) want to\b",
    r"\b(?:the best thing|one thing you|what you (?:can|could|should|need)|it's important (?:to|"
    r"that you)|it would be (?:good|best|better|helpful)|it's (?:best|better|good) (?:to|if|for "
    r"you))\b",
    r"\bhow about (?:you|we|if|try|trying)\b",
    _BEGIN + r"(?:please\s)?(?:try|stop|quit|consider|make sure|don't|just)\s(?:to\s|and\s|you\s|"
    r"do\s|go\s|using\s|drinking\s|smoking\s|taking\s|eating\s|forget|worry|try|stop)",
)

ENGLISH_CUES: dict[str, tuple[str, ...]] = {
    "question": QUESTION,
    "reflection": REFLECTION,
    "advice": ADVICE,
}
