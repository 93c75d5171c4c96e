"""The leak guard: it keeps texts that a model is tested on out of its pretraining.

A line leaks when, after normalisation (NFKC, case folded, punctuation and symbols taken as blanks), it
    equals a protected text ("exact"; texts of fewer than three words and eight characters protect nothing: "Oh no!"),
    shares eight consecutive words with one ("8 words"), or
    shares 25 consecutive letters with one where words are not written apart: zh, ja, th, my ("25 characters").
"""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.data.leak_words import CHARACTERS, WORDS, is_unspaced, normal

REASONS = ("exact", f"{WORDS} words", f"{CHARACTERS} characters")


class LeakGuard:
    """Built from (language, text) of everything that is protected."""

    def __init__(self, protected: Iterable[tuple[str, str]]) -> None:
        self._lines: set[str] = set()
        self._words: set[int] = set()
        self._characters: set[int] = set()
        self.texts = 0
        for language, text in protected:
            self.texts += 1
            words = normal(text).split()
            line = " ".join(words)
            if len(words) >= 3 or len(line) >= 8:
                self._lines.add(line)
            self._words.update(_runs(words))
            if is_unspaced(language):
                self._characters.update(_stretches("".join(words)))

    def reason(self, text: str, language: str) -> str | None:
        """Return why this line may not be trained on; None where it may.

        >>> guard = LeakGuard([("en", "One two three four, five six seven eight nine.")])
        >>> guard.reason("and TWO three four five six seven eight nine ten", "en")
        '8 words'
        >>> guard.reason("two three four five six seven eight", "en") is None
        True
        """
        words = normal(text).split()
        if " ".join(words) in self._lines:
            return REASONS[0]
        if not self._words.isdisjoint(_runs(words)):
            return REASONS[1]
        if is_unspaced(language) and not self._characters.isdisjoint(_stretches("".join(words))):
            return REASONS[2]
        return None


def _runs(words: list[str]) -> Iterable[int]:
    return (hash(tuple(words[start : start + WORDS])) for start in range(len(words) - WORDS + 1))


def _stretches(line: str) -> Iterable[int]:
    return (hash(line[start : start + CHARACTERS]) for start in range(len(line) - CHARACTERS + 1))
