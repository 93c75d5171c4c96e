"""Spans of joint labels: which words an argument is, where only the word that stands for it is known: rules in the
manner of Shi, Malioutov and İrsoy (2020), fitted by hand to PropBank on the training part of UD EWT."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from xstilts.data.syntax.trees import ancestors, subtree_spans

TWO_DEPENDENTS = "+"  # the argument begins with the dependent of the predicate before this one

_ALONE = ("ARGM-PRR", "ARGM-LVB")  # parts of a complex predicate: one word
# What hangs from a word and is no part of it as an argument of a predicate below it: before the word and the predicate
# (the preposition of "of the man who left"), and anywhere.
_LEADING = ("case", "cc", "mark")
_OUTSIDE = ("nsubj", "csubj", "aux", "cop", "parataxis", "discourse")
_CLAUSE = ("nsubj", "csubj", "cop", "aux")  # a conjunct with one of these is a clause of its own
_BRACKETS = {")": "(", "]": "[", "}": "{", "”": "“", "’": "‘", "»": "«", "''": "``"}
_QUOTES = ('"', "'")


class ParsedSentence:
    """A tree and its words; relations without subtypes. Words count from 1."""

    def __init__(self, words: Sequence[str], heads: Sequence[int], relations: Sequence[str]) -> None:
        self.words, self.heads, self.relations = words, heads, relations

    @cached_property
    def heads_above(self) -> dict[int, list[int]]:
        """Return the words above each word, the nearest first."""
        return {word: ancestors(self.heads, word) for word in range(1, len(self.heads) + 1)}

    def top_down(self) -> list[int]:
        return sorted(self.heads_above, key=lambda word: len(self.heads_above[word]))

    def span(self, predicate: int, word: int, role: str, roles: Mapping[int, str]) -> tuple[int, int]:
        """Return the argument `word` of a predicate as (start, end), from 0: what is below it, as far as there is no
        gap, without punctuation at its ends. Where the predicate is below it, without that part, without the other
        arguments (`roles`), and without what belongs to the clause."""
        if role.removesuffix(TWO_DEPENDENTS) in _ALONE:
            return word - 1, word
        covered = {word} | self._covered_words(self._parts(predicate, word, roles))
        first = last = word
        while first - 1 in covered:
            first -= 1
        while last + 1 in covered:
            last += 1
        first, last = self._trimmed(first, word, last)
        if role.endswith(TWO_DEPENDENTS):
            siblings = [other for other in range(1, word) if self.heads[other - 1] == self.heads[word - 1]]
            siblings = [other for other in siblings if self.relations[other - 1] != "punct"]
            first = subtree_spans(self.heads)[siblings[-1] - 1][0] if siblings else first
        return first - 1, last

    def _parts(self, predicate: int, word: int, roles: Collection[int]) -> list[int]:
        """Return the dependents of the argument that belong to it."""
        children = [child for child in self.heads_above if self.heads[child - 1] == word]
        path = [predicate, *self.heads_above[predicate]]
        if word not in path:
            return children
        return [
            child
            for child in children
            if child not in path and child not in roles and self._inside(child, word, predicate)
        ]

    def _inside(self, child: int, word: int, predicate: int) -> bool:
        relation = self.relations[child - 1]
        if relation in _LEADING:
            return predicate < word
        if relation == "conj":
            return not any(
                head == child and relation_of_dependent in _CLAUSE
                for head, relation_of_dependent in zip(self.heads, self.relations, strict=True)
            )
        return relation not in _OUTSIDE

    def _covered_words(self, tops: Collection[int]) -> set[int]:
        return {
            word
            for word, head_words in self.heads_above.items()
            if word in tops or not set(head_words).isdisjoint(tops)
        }

    def _trimmed(self, first: int, word: int, last: int) -> tuple[int, int]:
        """Return the stretch without punctuation at its ends, but for brackets and quotes whose other half is in it."""
        while last > word and self.relations[last - 1] == "punct" and not self._paired(first, last, last):
            last -= 1
        while first < word and self.relations[first - 1] == "punct" and not self._paired(first, last, first):
            first += 1
        return first, last

    def _paired(self, first: int, last: int, at: int) -> bool:
        inside, form = self.words[first - 1 : last], self.words[at - 1]
        if form in _QUOTES:
            return inside.count(form) % 2 == 0
        if at == last:
            return _BRACKETS.get(form) in inside
        return any(opening == form and closing in inside for closing, opening in _BRACKETS.items())
