"""BM25 over a collection of texts (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and
Beyond"), with the weight of rare words that is never negative (as Lucene has it)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

K1, B = 1.2, 0.75


class Bm25Index:
    """An index of N texts, each a sequence of stems. others: texts beside them that hold no word of a query, which make
    every word of the N as rare as it is among all; they have no score."""

    def __init__(self, texts: Sequence[Sequence[str]], others: int = 0) -> None:
        self.size = len(texts)
        self._all = len(texts) + others
        lengths = np.array([len(text) for text in texts], dtype=np.float64)
        average = lengths.mean() if self.size and lengths.any() else 1.0
        self._norms = K1 * (1 - B + B * lengths / average)
        counts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, text in enumerate(texts):
            for word, count in Counter(text).items():
                counts[word].append((number, count))
        self._counts: Mapping[str, list[tuple[int, int]]] = counts

    def weight(self, word: str) -> float:
        """Return how rare a word is: log(1 + (N - n + 0.5) / (n + 0.5))."""
        holding = len(self._counts.get(word, ()))
        return math.log(1 + (self._all - holding + 0.5) / (holding + 0.5))

    def scores(self, query: Iterable[str]) -> np.ndarray:
        """Return the score of every text [N] for a query; a word that stands twice in it counts once."""
        scores = np.zeros(self.size)
        for word in dict.fromkeys(query):
            if places := self._counts.get(word):
                numbers, counts = np.array(places).T
                scores[numbers] += self.weight(word) * counts * (K1 + 1) / (counts + self._norms[numbers])
        return scores

    def shares(self, query: Iterable[str]) -> np.ndarray:
        """Return the scores as shares of the most that any text could have [N], 0 to 1: comparable between queries."""
        words = list(dict.fromkeys(query))
        most = sum(self.weight(word) for word in words) * (K1 + 1)
        return self.scores(words) / most if most > 0 else np.zeros(self.size)
