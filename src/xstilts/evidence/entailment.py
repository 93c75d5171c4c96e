"""Entailment by words and numbers: what a sentence of a document says of a claim, by a documented model.

Features are shares of words and numbers that the two have in common, negation and direction; the weights come from
labelled pairs of natural language inference (`fitted/entailment.json` says which). It is no reader: it knows no
synonyms. A checkpoint that was trained on such pairs takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from itertools import pairwise

import numpy as np

from xstilts.evidence.contradictions import opposite_on
from xstilts.evidence.findings import direction, says_direction
from xstilts.evidence.logistic import fitted
from xstilts.evidence.words import STOP_WORDS, stem, words_of

SUPPORT, CONTRADICT, NOT_ENOUGH_INFO = "SUPPORT", "CONTRADICT", "NOT_ENOUGH_INFO"
LABELS = (SUPPORT, CONTRADICT, NOT_ENOUGH_INFO)
Entailment = Callable[[Sequence[tuple[str, str]]], np.ndarray]  # N pairs (evidence, claim) -> probabilities [N, 3]

FEATURES = (
    "claim covered", "evidence covered", "pairs covered", "new words", "claim denies", "evidence denies",
    "one denies", "one denies and covered", "opposite direction", "same direction", "numbers differ", "numbers agree",
    "length",
)  # fmt: skip
_NEGATIONS = frozenset(
    ("not", "no", "never", "nobody", "nothing", "none", "neither", "nor", "without", "cannot", "n't", "hardly")
)
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Of TaxiNLI's pairs that say the opposite of the same, 30 contradict and 7 support (benchmarks/verification.py).
OPPOSITES_SUPPORT = 7 / 37


def entailment_by_words(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """Return the probabilities [N, 3] of `LABELS` of N pairs (evidence, claim), by the model that comes with the
    program. Of a pair that says the opposite of the same, support has at most `OPPOSITES_SUPPORT` of what speaks for or
    against: the pairs that the model was fitted on hardly ever say better or worse."""
    if not pairs:
        return np.zeros((0, len(LABELS)))
    probabilities_NK = fitted("entailment").probabilities(pair_features(pairs))
    opposite_N = np.array([bool(opposite_on(evidence, claim)) for evidence, claim in pairs])
    most_N = OPPOSITES_SUPPORT * (probabilities_NK[:, 0] + probabilities_NK[:, 1])
    moved_N = np.where(opposite_N, np.maximum(0, probabilities_NK[:, 0] - most_N), 0)
    return probabilities_NK + np.column_stack([-moved_N, moved_N, np.zeros(len(pairs))])


def pair_features(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """Return the features [N, F] of pairs (evidence, claim), `FEATURES`."""
    return np.array([_pair_features(evidence, claim) for evidence, claim in pairs])


def _pair_features(evidence: str, claim: str) -> list[float]:
    said, claimed = words_of(evidence), words_of(claim)
    evidence_stems, claim_stems = _content(said), _content(claimed)
    covered = _share(claim_stems, evidence_stems)
    pairs = [set(pairwise(words)) for words in (said, claimed)]
    denials = [any(word in _NEGATIONS or word.endswith("n't") for word in words) for words in (said, claimed)]
    numbers = [_numbers(words) for words in (said, claimed)]
    one_denies = float(denials[0] != denials[1])
    speak = says_direction(evidence) and says_direction(claim)
    product = direction(evidence) * direction(claim) if speak else 0
    apart = float(speak and direction(evidence) != direction(claim))
    return [
        covered,
        _share(evidence_stems, claim_stems),
        _share(pairs[1], pairs[0]),
        float(len(claim_stems - evidence_stems)) / 5,
        float(denials[1]),
        float(denials[0]),
        one_denies,
        one_denies * covered,
        apart * covered,
        float(product > 0) * covered,
        float(bool(numbers[0] and numbers[1] and not numbers[1] & numbers[0])),
        float(bool(numbers[1] and numbers[1] <= numbers[0])),
        min(2.0, len(claimed) / max(1, len(said))),
    ]


def _content(words: Sequence[str]) -> set[str]:
    return {stem(word) for word in words if word not in STOP_WORDS}


def _share(part: Set[object], whole: Set[object]) -> float:
    return len(part & whole) / len(part) if part else 0.0


def _numbers(words: Sequence[str]) -> set[str]:
    return {_NUMBERS.get(word, word) for word in words if word in _NUMBERS or _NUMBER.fullmatch(word)}
