"""Metrics of answer spans: exact match and word F1, the best over the gold answers.

Gold is the list of answer texts, [] for a question without an answer; a guess is a text, "" for "no answer".
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent

_ARTICLES = {
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "ar": re.compile("ال"),  # the official scorer drops these letters anywhere, not only at word starts
}
_CHARACTERS = {  # scripts written without spaces: each of these characters is a word
    "zh": re.compile("([\u4e00-\u9fa5])"),
    "ja": re.compile("([\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u4e00-\u9fff])"),
    "th": re.compile("([\u0e00-\u0e7f])"),
    "lo": re.compile("([\u0e80-\u0eff])"),
    "my": re.compile("([\u1000-\u109f])"),
    "km": re.compile("([\u1780-\u17ff])"),
}
_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)


@lru_cache(maxsize=1 << 16)
def english_words(text: str, language: str = "en") -> tuple[str, ...]:
    """SQuAD's normalisation: lower case, no ASCII punctuation, no English articles, split at white space.

    >>> english_words("The Broncos, of Denver!")
    ('broncos', 'of', 'denver')
    """
    return tuple(_ARTICLES["en"].sub(" ", text.lower().translate(_ASCII_PUNCTUATION)).split())


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


@lru_cache(maxsize=1 << 16)
def language_words(text: str, language: str) -> tuple[str, ...]:
    """MLQA's normalisation: lower case, no Unicode punctuation, no articles of the language, Chinese
    characters one by one.

    MLQA defines en, es, de, ar, hi, vi, zh, and for those this is its official scorer. Beyond them we
    continue in its spirit: Unicode punctuation everywhere, characters one by one where words are not spaced
    (ja, th, lo, my, km), and no list of articles.

    >>> language_words("天氣很好。", "zh")
    ('天', '氣', '很', '好')
    """
    text = "".join(c for c in text.lower() if not _is_punctuation(c))
    if articles := _ARTICLES.get(language):
        text = articles.sub(" ", text)
    if characters := _CHARACTERS.get(language):
        text = characters.sub(r" \1 ", text)
    return tuple(text.split())


def _f1(gold: tuple[str, ...], guess: tuple[str, ...]) -> float:
    same = sum((Counter(gold) & Counter(guess)).values())
    return 2 * same / (len(gold) + len(guess)) if same else 0.0


def _best(golds: Sequence[str], guess: str, words: Callable[[str], tuple[str, ...]]) -> tuple[float, float]:
    """Return (exact match, F1), each the best over the golds."""
    guess_words, gold_words = words(guess), [words(gold) for gold in golds]
    return float(guess_words in gold_words), max((_f1(gold, guess_words) for gold in gold_words), default=0.0)


def _mean_values(counts: np.ndarray) -> Mapping[str, np.ndarray]:
    exact, f1, total = counts[..., 0], counts[..., 1], counts[..., 2]
    return {"exact_match": percent(exact, total), "f1": percent(f1, total)}


@dataclass(frozen=True)
class SquadScore:
    """SQuAD 1.1's exact match and F1 (Rajpurkar et al. 2016), English normalisation for every language.
    XTREME scores XQuAD and TyDiQA-GoldP so; without spaces between words its F1 is close to exact match.
    `Mlqa` is the other reading."""

    identity_name: ClassVar[str] = "Squad"

    name: ClassVar[str] = "squad"
    counts: ClassVar[tuple[str, ...]] = ("exact_match", "f1", "total")
    headline: ClassVar[tuple[str, ...]] = ("exact_match", "f1")

    def tally(self, gold: Sequence[str], guess: str, language: str) -> tuple[float, ...]:
        return *_best(gold, guess, english_words), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return _mean_values(counts)


@dataclass(frozen=True)
class Mlqa:
    """MLQA's exact match and F1 (Lewis et al. 2020), normalised by language; see `language_words` for other
    languages."""

    name: ClassVar[str] = "mlqa"
    counts: ClassVar[tuple[str, ...]] = ("exact_match", "f1", "total")
    headline: ClassVar[tuple[str, ...]] = ("exact_match", "f1")

    def tally(self, gold: Sequence[str], guess: str, language: str) -> tuple[float, ...]:
        return *_best(gold, guess, lambda text: language_words(text, language)), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return _mean_values(counts)


@dataclass(frozen=True)
class Squad2:
    """SQuAD 2.0's exact match and F1 (Rajpurkar et al. 2018): a question without an answer is right when the
    guess is empty. The two sorts of question are also scored by themselves (nan where a file has none of a sort)."""

    name: ClassVar[str] = "squad2"
    counts: ClassVar[tuple[str, ...]] = ("answer_exact", "answer_f1", "answers", "none_right", "none")
    headline: ClassVar[tuple[str, ...]] = ("exact_match", "f1")

    def tally(self, gold: Sequence[str], guess: str, language: str) -> tuple[float, ...]:
        if not gold:
            return 0.0, 0.0, 0.0, float(not english_words(guess)), 1.0
        # As the official script: golds that normalise to nothing are left out, and an exact match always has
        # full F1.
        exact, f1 = _best([text for text in gold if english_words(text)] or [""], guess, english_words)
        return exact, max(exact, f1), 1.0, 0.0, 0.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        exact, f1, answers, right, none = (counts[..., k] for k in range(5))
        total = answers + none
        return {
            "exact_match": percent(exact + right, total),
            "f1": percent(f1 + right, total),
            "has_answer_exact_match": percent(exact, answers),
            "has_answer_f1": percent(f1, answers),
            "no_answer_accuracy": percent(right, none),
        }
