"""What studies of people say for and against each claim, with their size.

Read in the sources or their abstracts; a study is called small below `POWERED` dyads or patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["for", "against", "beside"]
# A correlation of .25, about what care and attachment share in meta-analyses (De Wolff and van
# IJzendoorn 1997), is found with 80 % power from so many on (two-sided .05, Fisher's z).
POWERED = 123


@dataclass(frozen=True)
class Evidence:
    """One study.

    Attributes
    ----------
    side : {"for", "against", "beside"}
        ``"beside"``: it bears on the claim without testing it.
    source : str
        Authors and year.
    n : int or None
        Dyads, infants or patients; None for reviews, and where it is not known here.
    sample : str
        Who, with the number.
    found : str
        What, in a sentence.
    null : bool
        Looked for and not found.
    """

    side: Side
    source: str
    n: int | None
    sample: str
    found: str
    null: bool = False

    @property
    def small(self) -> bool:
        """Whether it has fewer than `POWERED`."""
        return self.n is not None and self.n < POWERED

    @property
    def text(self) -> str:
        """Source, size and finding as one sentence."""
        size = f"{self.sample}, small" if self.small else self.sample
        return f"{self.source}, {size}: {'null, ' if self.null else ''}{self.found}"


MIDDLE = (
    Evidence(
        *("for", "Jaffe, Beebe, Feldstein, Crown and Jasnow (2001)", 88, "88 infants"),
        "vocal coordination in the middle range went with secure attachment.",
    ),
    Evidence(
        *("for", "Hane, Feldstein and Dernetz (2003)", 35, "35 mothers and infants"),
        "mothers rated most sensitive coordinated moderately.",
    ),
    Evidence(
        *("for", "Beebe and others (2008)", 132, "132 mothers and infants"),
        "in half of the findings, low and high depressive symptoms looked alike.",
    ),
    Evidence(
        *("for", "Lotzin and others (2015)", 68, "68 mothers with mood disorder and infants"),
        "more gaze synchrony went with more difficulty of the mother in regulating emotion.",
    ),
    Evidence(
        *("against", "Noe, Schluckwerder and Reck (2015)", 68, "68 dyads"),
        "more matching in play went with more positive and less negative affect, in a line over "
        "low, middle and high.",
    ),
    Evidence(
        *("against", "Davis, Bilms and Suveg (2017)", None, "meta-analysis of 658 children"),
        "more positive synchrony went with more self-regulation.",
    ),
    Evidence(
        *(
            "against",
            "Isabella and Belsky (1991)",
            None,
            "dyads seen at 3 and 9 months, number not at hand",
        ),
        "later secure dyads interacted in a more synchronous way.",
    ),
    Evidence(
        *("against", "Jaffe and others (2001)", 88, "the same 88 infants"),
        "for cognition, high coordination with a stranger was best.",
    ),
)
REPAIR = (
    Evidence(
        *("for", "Müller and others (2015)", 46, "46 dyads"),
        "slower repair in reunion went with more cortisol reactivity.",
    ),
    Evidence(
        *("for", "Müller and others (2022)", 58, "58 dyads, the same laboratory"),
        "slower repair in reunion went with insecure attachment.",
    ),
    Evidence(
        *("for", "Provenzi and others (2015)", 65, "65 dyads"),
        "more repair went with less reactivity and better recovery, in infants who suppress "
        "respiratory sinus arrhythmia only.",
    ),
    Evidence(
        *("for", "Kemp and others (2016)", 96, "96 dyads of 3 years"),
        "better repair went with better regulation four months later.",
    ),
    Evidence(
        *("against", "Scholtes, Lyons and Skowron (2021)", 238, "238 dyads, one occasion"),
        "synchrony carried the link of risk and self-control as well as the latency of repair did: "
        "both, not one instead of the other.",
    ),
    Evidence(
        *("against", "Noe, Schluckwerder and Reck (2015)", 68, "68 dyads"),
        "how much was matched in play went with more positive affect in the still-face and after.",
    ),
    Evidence(
        *("against", "Müller and others (2015)", 46, "the same 46 dyads"),
        "repair was not slower with an anxiety disorder of the mother (p > .23).",
        null=True,
    ),
    Evidence(
        *("against", "Kemp (2015, thesis)", 138, "138 dyads of 3 years"),
        "risk changed neither how often nor how soon was repaired.",
        null=True,
    ),
)
SIZE = (
    Evidence(
        *("for", "DiCorcia and Tronick (2011)", None, "a review"),
        "argues that everyday, repaired strain builds resilience; it has no data of its own.",
    ),
    Evidence(
        *("beside", "Mesman, van IJzendoorn and Bakermans-Kranenburg (2009)", None),
        *("more than 80 studies reviewed",),
        "one long imposed absence lowers positive affect, and some of it carries over to reunion.",
    ),
    Evidence(
        *("beside", "Weinberg and Tronick (1996)", 50, "50 infants"),
        "after it, reunion has more negative affect and a rebound of positive affect.",
    ),
)
MANY = (
    Evidence(
        *("for", "Müller and others (2022)", 58, "58 dyads"),
        "quicker repair went with secure attachment, which may stand for trust. Trust itself was "
        "not measured.",
    ),
    Evidence(
        *("for", "Montirosso and others (2013)", 74, "74 infants"),
        "cortisol two weeks after a still-face showed that it was remembered; behaviour did not.",
    ),
    Evidence(
        *(
            "against",
            "DiCorcia, Snidman and Tronick (2018)",
            None,
            "a still-face on two days, number not at hand",
        ),
        "neither cortisol nor behaviour showed a memory on the next day.",
        null=True,
    ),
    Evidence(
        *("beside", "De Wolff and van IJzendoorn (1997)", 1099, "21 studies, 1,099 dyads"),
        "sensitivity and security share r = .24; a repair measure will hardly do better.",
    ),
)
THERAPY = (
    Evidence(
        *("for", "Eubanks, Muran and Safran (2018)", 1314, "11 studies, 1,314 patients"),
        "repaired ruptures and outcome, r = .29 (.10 to .47).",
    ),
    Evidence(
        *("for", "McLaughlin and others (2014)", 116, "116 patients"),
        "an unrepaired rupture went with a worse outcome of exposure therapy.",
    ),
    Evidence(
        *("against", "Eubanks, Muran and Safran (2018)", 276, "6 studies, 276 trainees"),
        "training therapists in repair, r = .11 (−.09 to .30).",
        null=True,
    ),
    Evidence(
        *("against", "Stevens and others (2007)", 44, "44 cases"),
        "local ruptures and repairs in the ratings were not related to outcome.",
        null=True,
    ),
)
