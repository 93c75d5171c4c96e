"""Word alignment: words of one text cut in two ways, aligned by its characters as the CoNLL 2018
evaluator does (Zeman et al. 2018).

The text is the forms on the page, end to end, without blanks (Unicode Zs). A word that is a token of its own is aligned
with the word that covers the same characters. Words inside a token of several words have no characters of their own:
around such tokens, gold or system, the smallest stretch that no such token sticks out of is taken, and the words in it
are aligned by the longest common subsequence of their forms in lower case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

Tokens = Sequence[tuple[int, int, str]]  # (first word, last word, form on the page), words from 1


@dataclass(frozen=True, eq=False)
class TextWords:
    """Words laid along their text; one entry a word. Words inside a token have the characters of the whole token.

    forms: in lower case. starts, ends: characters, half-open. inside: whether the word is part of a token of several.
    sentences: for each sentence its first character.
    """

    text: str
    forms: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.forms)


def without_blanks(form: str) -> str:
    return "".join(c for c in form if unicodedata.category(c) != "Zs")


def lay(sentences: Sequence[tuple[Sequence[str], Tokens]]) -> TextWords:
    """Lay the words of (words, tokens) sentences along the text that they make.

    >>> text_words = lay([(["vamos", "nos", "a", "el"], [(1, 2, "vámonos")])])
    >>> text_words.text, text_words.starts, text_words.ends
    ('vámonosael', [0, 0, 7, 8], [7, 7, 8, 10])
    """
    aligned, pieces, at = TextWords(""), [], 0
    for words, tokens in sentences:
        aligned.sentences.append(at)
        last_of = {first: (last, form) for first, last, form in tokens}
        number = 1
        while number <= len(words):
            last, form = last_of.get(number, (number, words[number - 1]))
            pieces.append(piece := without_blanks(form))
            for word in range(number, last + 1):
                # As the evaluator: blanks go from what is on the page, not from words inside a token.
                aligned.forms.append((words[word - 1] if number in last_of else piece).lower())
                aligned.starts.append(at)
                aligned.ends.append(at + len(piece))
                aligned.inside.append(number in last_of)
            at += len(piece)
            number = last + 1
    return TextWords("".join(pieces), aligned.forms, aligned.starts, aligned.ends, aligned.inside, aligned.sentences)


def align(gold: TextWords, system: TextWords) -> list[tuple[int, int]]:
    """Return pairs (gold word, system word), from 0, in order. Both must be laid along the same text."""
    pairs: list[tuple[int, int]] = []
    g = s = 0
    while g < len(gold) and s < len(system):
        if gold.inside[g] or system.inside[s]:
            golds, systems = _stretch(gold, system, g, s)
            pairs += _common(gold.forms, system.forms, golds, systems)
            g, s = golds.stop, systems.stop
        elif (gold.starts[g], gold.ends[g]) == (system.starts[s], system.ends[s]):
            pairs.append((g, s))
            g, s = g + 1, s + 1
        elif gold.starts[g] <= system.starts[s]:
            g += 1
        else:
            s += 1
    return pairs


def _stretch(gold: TextWords, system: TextWords, g: int, s: int) -> tuple[range, range]:
    """Return the words of the smallest stretch that begins here and that no token of several words sticks out of."""
    if gold.inside[g]:
        end = gold.ends[g]
        s += not system.inside[s] and system.starts[s] < gold.starts[g]
    else:
        end = system.ends[s]
        g += gold.starts[g] < system.starts[s]
    first = g, s
    while not (_past(gold, g, end) and _past(system, s, end)):
        if g < len(gold) and (s >= len(system) or gold.starts[g] <= system.starts[s]):
            end = max(end, gold.ends[g]) if gold.inside[g] else end
            g += 1
        else:
            end = max(end, system.ends[s]) if system.inside[s] else end
            s += 1
    return range(first[0], g), range(first[1], s)


def _past(laid: TextWords, word: int, end: int) -> bool:
    """Return whether the word does not belong to a stretch that ends before the character `end`."""
    if word >= len(laid):
        return True
    return laid.starts[word] >= end if laid.inside[word] else laid.ends[word] > end


def _common(gold: Sequence[str], system: Sequence[str], golds: range, systems: range) -> list[tuple[int, int]]:
    """Return the longest common subsequence of forms; equal forms are paired as early as they meet."""
    longest = [[0] * (len(systems) + 1) for _ in range(len(golds) + 1)]
    for i in reversed(range(len(golds))):
        for j in reversed(range(len(systems))):
            if gold[golds[i]] == system[systems[j]]:
                longest[i][j] = 1 + longest[i + 1][j + 1]
            longest[i][j] = max(longest[i][j], longest[i + 1][j], longest[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(golds) and j < len(systems):
        if gold[golds[i]] == system[systems[j]]:
            pairs.append((golds[i], systems[j]))
            i, j = i + 1, j + 1
        elif longest[i][j] == longest[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs
