"""Findings: sentences of a source text that state a result, found by rules.

A finding compares, gives a number of a result, or says what causes what. A plan, a definition, what others did, or a
description of the set-up is none, whatever numbers it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from xstilts.evidence.quantities import SCORES, Quantity, quantities_of
from xstilts.evidence.source_text import ABSTRACT, SourceSentence, SourceText
from xstilts.evidence.words import words_of

COMPARATIVE, NUMERIC, CAUSAL = "comparative", "numeric", "causal"

_UP = (
    r"(?:out)?perform(?:s|ed|ing)?|improv(?:e|es|ed|ing|ement|ements)|gain(?:s|ed)?|rais(?:e|es|ed)|ris(?:e|es)|rose|"
    r"increas(?:e|es|ed)|boost(?:s|ed)?|help(?:s|ed|ful)?|benefi(?:t|ts|ted|cial)|exceed(?:s|ed)?|surpass(?:es|ed)?|"
    r"better|best|higher|highest|larger|stronger|superior|effective|beat(?:s)?"
)
_DOWN = (
    r"drop(?:s|ped)?|decreas(?:e|es|ed)|reduc(?:e|es|ed|tion)|los(?:e|es|t|s)|hurt(?:s)?|harm(?:s|ed|ful)?|"
    r"degrad(?:e|es|ed|ation)|worse(?:n|ns|ned)?|worst|lower(?:s|ed)?|lowest|inferior|fail(?:s|ed)?|fall(?:s)?|fell|"
    r"vanish(?:es|ed)?|underperform(?:s|ed)?|weaker|ineffective|detrimental"
)
_SAME = (
    r"comparable|on par|no (?:significant |consistent |clear )?(?:difference|effect|gain|gains|improvement)|"
    r"within noise|limited|inconsistent|negligible|unchanged|do(?:es)? not (?:change|move|help|improve|matter)|"
    r"did not (?:change|move|help|improve)"
)
_RESULT = re.compile(rf"\b(?:{_UP}|{_DOWN}|{_SAME})\b", re.IGNORECASE)
_THAN = re.compile(r"\b(?:than|over|compared (?:to|with)|versus|vs\.?|relative to|against|while|whereas|most|least|"
                   r"(?:the )?baseline|before|after|with(?:out)?)\b", re.IGNORECASE)  # fmt: skip
_CAUSE = re.compile(
    r"\b(?:because|due to|leads? to|led to|results? in|caus(?:e|es|ed)|thanks to|therefore|enabl(?:e|es|ed)|"
    r"(?:explain|account)s? for|depends? on|attributed to)\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:we (?:find|found|show|observe|see|demonstrate|report|conclude)|results (?:show|suggest|indicate)|"
    r"experiments (?:show|suggest)|achiev(?:e|es|ed)|obtain(?:s|ed)?|yield(?:s|ed)?|reach(?:es|ed)?|scores?)\b",
    re.IGNORECASE,
)
_NO_FINDING = re.compile(
    r"^(?:in this (?:paper|work|study|section)|we (?:then )?(?:propose|present|introduce|describe|study|investigate|"
    r"ask|aim|consider|use|train|evaluate|compare|hope|plan|release)|this (?:paper|work|section)|our (?:goal|aim)|"
    r"to (?:this end|answer)|future work|(?:our |the )?(?:code|data) (?:and|is|are|will))\b|\?$|"
    r"\b(?:we will|we plan to|could be used|can we|whether)\b|\bet al\b|\(\s*(?:19|20)\d\d\)",
    re.IGNORECASE,
)
_RESULT_UNITS = SCORES | {"times"}
_NEGATED = re.compile(r"\b(?:not|no|never|neither|nor|without|cannot|fails? to|n't)\b|n't\b", re.IGNORECASE)
_DIRECTIONS = tuple(
    (sign, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for sign, words in ((0, _SAME), (1, _UP), (-1, _DOWN))
)
_NEAR = 30  # characters before a result in which a negation is about it
FEWEST_WORDS, MOST_WORDS = 5, 80


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence that states a result. kinds: how it states it. told_by: names of the extractors that tell it."""

    work: str
    version: str
    origin: str
    sentence: SourceSentence
    kinds: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    told_by: tuple[str, ...] = ("rules",)

    @property
    def text(self) -> str:
        return self.sentence.text

    @property
    def place(self) -> str:
        """ "abstract", "page 3, results"."""
        if self.sentence.page is None:
            return ABSTRACT
        section = f", {self.sentence.section}" if self.sentence.section else ""
        return f"page {self.sentence.page}{section}"


@dataclass(frozen=True, kw_only=True)
class Extractor:
    """What tells findings from other sentences. find: texts -> of each the numbers of its
    sentences that are findings."""

    name: str
    find: Callable[[Sequence[SourceText]], Sequence[Collection[int]]]


def findings_of(
    texts: Iterable[SourceText], extractors: Sequence[Extractor] | None = None, most: int = 40
) -> Iterator[Finding]:
    """Yield the findings of texts that any extractor tells, the rules where none is named; of each text at most `most`,
    in its order."""
    texts = list(texts)
    names = [one.name for one in extractors or (RULES,)]
    by_text = zip(*(one.find(texts) for one in extractors or (RULES,)), strict=True)
    for text, found_by in zip(texts, by_text, strict=True):
        told = list(zip(names, found_by, strict=True))
        numbers = sorted({number for _, found in told for number in found})[:most]
        for number in numbers:
            sentence = text.sentences[number]
            yield Finding(
                work=text.work,
                version=text.version,
                origin=text.origin,
                sentence=sentence,
                kinds=finding_kinds(sentence.text) or _likely_kinds(sentence.text),
                quantities=quantities_of(sentence.text),
                told_by=tuple(name for name, found in told if number in found),
            )


def _told_by_rules(texts: Sequence[SourceText]) -> list[list[int]]:
    return [[number for number, one in enumerate(text.sentences) if finding_kinds(one.text)] for text in texts]


def could_be_finding(sentence: str) -> bool:
    """Whether a sentence has as many words as one that states a result may have."""
    return FEWEST_WORDS <= len(words_of(sentence)) <= MOST_WORDS


def _likely_kinds(sentence: str) -> tuple[str, ...]:
    """Return how a sentence that the rules take for none would be a finding."""
    numeric = any(one.unit in _RESULT_UNITS or one.digits for one in quantities_of(sentence))
    return (NUMERIC,) if numeric else (CAUSAL,) if _CAUSE.search(sentence) else (COMPARATIVE,)


RULES = Extractor(name="rules", find=_told_by_rules)


def finding_kinds(sentence: str) -> tuple[str, ...]:
    """Return how a sentence is a finding; () where it is none.

    >>> finding_kinds("Parsing first improves transfer over the baseline by 1.2 LAS.")
    ('comparative', 'numeric')
    >>> finding_kinds("We study parsing in 12 languages.")
    ()
    """
    if not could_be_finding(sentence) or _NO_FINDING.search(sentence):
        return ()
    result, said = bool(_RESULT.search(sentence)), bool(_SAID.search(sentence))
    numbers = [one for one in quantities_of(sentence) if one.unit in _RESULT_UNITS or one.signed or one.digits]
    kinds = []
    if result and (_THAN.search(sentence) or said or numbers):
        kinds.append(COMPARATIVE)
    if numbers and (result or said):
        kinds.append(NUMERIC)
    if _CAUSE.search(sentence) and (result or said):
        kinds.append(CAUSAL)
    if result and not kinds and not sentence.endswith(":"):
        kinds.append(COMPARATIVE)
    return tuple(kinds)


def direction(text: str) -> int:
    """Return +1 where the first result that a sentence speaks of is something better, -1 of something worse, 0 of no
    change, of none, or of a change that is denied.

    >>> direction("Parsing helps"), direction("Parsing hurts"), direction("Parsing does not help")
    (1, -1, 0)
    """
    first = {sign: found.start() for sign, pattern in _DIRECTIONS if (found := pattern.search(text))}
    if not first:
        return 0
    sign = min(first, key=lambda each: first[each])
    return 0 if _NEGATED.search(text[max(0, first[sign] - _NEAR) : first[sign]]) else sign


def says_direction(text: str) -> bool:
    """Whether a sentence says better, worse or the same at all."""
    return bool(_RESULT.search(text))


def is_result_word(word: str) -> bool:
    """Whether a word says better, worse or the same."""
    return bool(_RESULT.fullmatch(word))
