"""Measures of code-switching: how much languages are mixed in tagged words, each definition under its own name.

A sentence is a sequence of tags; those in `languages` count as languages, others (names, punctuation) belong to none.
What is not defined is None. Where the literature's programs differ by what they do at the borders of sentences, there
are two functions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

Tags = Sequence[str]


def language_tags(tags: Iterable[str], languages: Iterable[str]) -> list[str]:
    """Return the tags of words that have a language."""
    known = frozenset(languages)
    return [tag for tag in tags if tag in known]


def switch_points(tags: Tags, languages: Sequence[str]) -> int:
    """Return how often the language changes between words that have one; words without are skipped."""
    return sum(one != other for one, other in pairwise(language_tags(tags, languages)))


def adjacent_switch_points(tags: Tags, languages: Sequence[str]) -> int:
    """Return how often two words side by side have different languages."""
    known = frozenset(languages)
    return sum(one != other and one in known and other in known for one, other in pairwise(tags))


def cmi_2014(tags: Tags, languages: Sequence[str]) -> float:
    """Return the code-mixing index of a sentence, 0 to 100: 100 (1 - most words of a language / words with a language)
    (Das & Gambäck 2014); 0 without words that have a language."""
    counts = Counter(language_tags(tags, languages))
    return 100 * (1 - max(counts.values()) / counts.total()) if counts else 0.0


def cmi_2016(tags: Tags, languages: Sequence[str]) -> float:
    """Return Cu of a sentence: 100 (N - most + switch points) / 2N (Gambäck & Das 2016)."""
    counts = Counter(language_tags(tags, languages))
    if not counts:
        return 0.0
    return 100 * (counts.total() - max(counts.values()) + switch_points(tags, languages)) / (2 * counts.total())


def cc_2016(sentences: Sequence[Tags], languages: Sequence[str]) -> float:
    """Return Cc of a corpus: 100/U (1/2 sum (1 - (most - switch points)/N + d) + 5/6 S) over the S mixed ones of U
    sentences; d: the matrix language is another than in the sentence before (Gambäck & Das 2016, as their program has
    it: on a tie that of the sentence before). It can exceed 100."""
    total, before = 0.0, ""
    for tags in sentences:
        counts = Counter(language_tags(tags, languages))
        if not counts:
            continue
        most = max(counts.values())
        leading = [language for language in languages if counts[language] == most]
        matrix = before if before in leading else leading[0]
        if len(counts) > 1:
            mixing = 1 - (most - switch_points(tags, languages)) / counts.total()
            total += (mixing + (matrix != before and before != "")) / 2 + 5 / 6
        before = matrix
    return 100 * total / len(sentences) if sentences else 0.0


def m_index(tags: Tags, languages: Sequence[str]) -> float | None:
    """Return the multilingual index, 0 (one language) to 1 (equal parts): (1 - sum p²) / ((k - 1) sum p²) with k the
    languages declared (Barnett et al. 2000; Guzmán et al. 2017)."""
    counts = Counter(language_tags(tags, languages))
    if not counts or len(languages) < 2:
        return None
    squares = sum((count / counts.total()) ** 2 for count in counts.values())
    return (1 - squares) / ((len(languages) - 1) * squares)


def entropy(tags: Tags, languages: Sequence[str]) -> float | None:
    """Return the entropy of the languages of words, in bits (Guzmán et al. 2017)."""
    counts = Counter(language_tags(tags, languages))
    shares = [count / counts.total() for count in counts.values()]
    return -sum(share * math.log2(share) for share in shares) if counts else None


def i_index(tags: Tags, languages: Sequence[str]) -> float | None:
    """Return the integration index: switch points / (words with a language - 1) (Guzmán et al. 2017). On a corpus they
    run it over all sentences end to end, so that a change between two of them counts."""
    size = len(language_tags(tags, languages))
    return switch_points(tags, languages) / (size - 1) if size > 1 else None


def i_index_within_sentences(sentences: Sequence[Tags], languages: Sequence[str]) -> float | None:
    """Return switch points / places where one could be, over sentences, none of them at a border."""
    places = sum(max(len(language_tags(tags, languages)) - 1, 0) for tags in sentences)
    return sum(switch_points(tags, languages) for tags in sentences) / places if places else None


def switch_point_fraction(tags: Tags, languages: Sequence[str]) -> float | None:
    """Return SPF: switch points / (all words - 1) (Pratapa et al. 2018)."""
    return switch_points(tags, languages) / (len(tags) - 1) if len(tags) > 1 else None


def burstiness(tags: Tags, languages: Sequence[str]) -> float | None:
    """Return the burstiness of spans in one language, -1 (regular) to 1: (s - m) / (s + m) with the mean m and the
    population's standard deviation s of their lengths (Goh & Barabási 2008; Guzmán et al. 2017)."""
    spans = language_spans(tags, languages)
    if not spans:
        return None
    mean = sum(spans) / len(spans)
    deviation = math.sqrt(sum((span - mean) ** 2 for span in spans) / len(spans))
    return (deviation - mean) / (deviation + mean)


def language_spans(tags: Tags, languages: Sequence[str]) -> list[int]:
    """Return the lengths of runs of words in one language; words without one are skipped."""
    return [len(list(run)) for _, run in groupby(language_tags(tags, languages))]


@dataclass(frozen=True, kw_only=True)
class SwitchMeasures:
    """How much languages are mixed in sentences. Averages are over all sentences (`all`) or those that are mixed."""

    sentences: int
    mixed: int
    cmi_2014_all: float
    cmi_2014_mixed: float | None
    cmi_2016_all: float
    cmi_2016_mixed: float | None
    cc_2016: float
    m_index: float | None
    i_index_across_sentences: float | None
    i_index_within_sentences: float | None
    switch_point_fraction: float | None  # mean of sentences that have two words


def measure_switching(sentences: Sequence[Tags], languages: Sequence[str]) -> SwitchMeasures:
    """Return the measures of tagged sentences. M-index and the first I-index are of all words end to end."""
    old, new = ([cmi(tags, languages) for tags in sentences] for cmi in (cmi_2014, cmi_2016))
    mixed = [i for i, value in enumerate(old) if value > 0]
    stream = [tag for tags in sentences for tag in tags]
    fractions = [value for tags in sentences if (value := switch_point_fraction(tags, languages)) is not None]
    return SwitchMeasures(
        sentences=len(sentences),
        mixed=len(mixed),
        cmi_2014_all=_mean(old) or 0.0,
        cmi_2014_mixed=_mean([old[i] for i in mixed]),
        cmi_2016_all=_mean(new) or 0.0,
        cmi_2016_mixed=_mean([new[i] for i in mixed]),
        cc_2016=cc_2016(sentences, languages),
        m_index=m_index(stream, languages),
        i_index_across_sentences=i_index(stream, languages),
        i_index_within_sentences=i_index_within_sentences(sentences, languages),
        switch_point_fraction=_mean(fractions),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
