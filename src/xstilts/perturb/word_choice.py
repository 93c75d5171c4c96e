"""Word choice: which words of a text noise is likelier to hit, by how relevant each is to the text.

The relevance of a word says how much of the vector that an encoder makes of the text hangs on it
(`heads.word_relevance`). It comes by tokens, T of a text, and a word's is the sum of its tokens', whatever a
perturbation takes for a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.perturb.edits import Span


@dataclass(frozen=True, eq=False)
class TextRelevance:
    """The tokens of a text that stand for characters of it: token i for those from starts_T[i] to ends_T[i]. shares_T:
    the relevance of each; they sum to 1."""

    starts_T: np.ndarray
    ends_T: np.ndarray
    shares_T: np.ndarray

    def of(self, words: Sequence[Span]) -> np.ndarray:
        """Return the relevance of each word, [W]: the sum over its tokens. Of a token that it holds a part of, the part
        counts.

        >>> tokens = TextRelevance(np.array([0, 4]), np.array([3, 8]), np.array([0.25, 0.75]))
        >>> tokens.of([(0, 3), (4, 6), (0, 8)]).tolist()
        [0.25, 0.375, 1.0]
        """
        bounds_W2 = np.asarray(words, dtype=np.int64).reshape(-1, 2)
        changes = np.zeros(int(max(self.ends_T.max(initial=0), bounds_W2.max(initial=0))) + 1)
        of_character_T = self.shares_T.astype(np.float64) / np.maximum(self.ends_T - self.starts_T, 1)
        np.add.at(changes, self.starts_T, of_character_T)
        np.add.at(changes, self.ends_T, -of_character_T)
        before = np.concatenate([[0.0], np.cumsum(np.cumsum(changes))])
        return before[bounds_W2[:, 1]] - before[bounds_W2[:, 0]]


@dataclass(frozen=True)
class WordPreference:
    """How much likelier words are to be hit that are more relevant.

    relevance: of a text. strength: 1 / temperature: a word whose relevance lies one standard deviation higher is
    exp(strength) times as likely to be drawn next. Below 0 less relevant words are the likelier ones.
    """

    relevance: Callable[[str], TextRelevance]
    strength: float

    def log_weights(self, text: str, words: Sequence[Span]) -> list[float]:
        """Return the logarithm of the weight of each word, strength times its relevance, which is standardised over
        these words. Raises what `relevance` raises."""
        if not words:
            return []
        weights: list[float] = (self.strength * standardised(self.relevance(text).of(words))).tolist()
        return weights


def standardised(values: np.ndarray) -> np.ndarray:
    """Return values less their mean, in standard deviations; zeros where all are equal.

    >>> standardised(np.array([1.0, 3.0])).tolist(), standardised(np.array([2.0, 2.0])).tolist()
    ([-1.0, 1.0], [0.0, 0.0])
    """
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
