"""Metrics of dependency trees, as the CoNLL 2018 evaluator (`conll18_ud_eval.py`; Zeman et al. 2018) computes them.

All are F1 over aligned words (`metrics.word_alignment`), so gold and system may be cut into different words and
sentences: correct words twice, over gold and system words together. Relations are compared without their
subtypes ("nsubj:pass" is "nsubj").

    UAS   the head is the word that the gold head is aligned with
    LAS   the head and the relation
    CLAS  as LAS, over words with a content relation (on each side those that it calls so)
    UPOS  the universal part of speech

A tree is a mapping, as a file of predictions has it: `heads` (from 1, 0 is the root) and `relations`; `upos` where
it is known; `words` (forms) and `tokens` ((first word, last word, form) of those of several words). Where one side has
no `words`, both sides have the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np

from xstilts.core.errors import DataError
from xstilts.metrics.word_alignment import TextWords, align, lay

Tree = Mapping[str, Any]

_CONTENT = (
    "nsubj obj iobj csubj ccomp xcomp obl vocative expl dislocated advcl advmod discourse nmod appos nummod acl amod"
    " conj fixed flat compound list parataxis orphan goeswith reparandum root dep"
)
CONTENT = frozenset(_CONTENT.split())
COLUMNS = ("gold", "system", "upos", "uas", "las", "content_gold", "content_system", "clas")


def tallies(golds: Sequence[Tree], systems: Sequence[Tree]) -> np.ndarray:
    """Return counts [N, K] of one text for each of its N gold sentences; K as in `COLUMNS`. Their sum is what the
    evaluator counts. A system word counts in the gold sentence that holds its first character.

    Raises DataError where the texts differ, and where words are not given and their numbers differ.
    """
    pairs, sentence_of_system = _aligned(golds, systems)
    gold, system = _flat(golds), _flat(systems)
    sentence_of_gold = [i for i, tree in enumerate(golds) for _ in tree["heads"]]
    counts = np.zeros((len(golds), len(COLUMNS)))
    for column, words, sentences in ((0, gold, sentence_of_gold), (1, system, sentence_of_system)):
        content = [float(relation in CONTENT) for relation in words.relations]
        counts[:, column] = np.bincount(np.asarray(sentences, dtype=int), minlength=len(golds))
        counts[:, column + 5] = np.bincount(np.asarray(sentences, dtype=int), content, minlength=len(golds))
    partner = {s: g for g, s in pairs}
    partner[_ROOT] = _ROOT
    for g, s in pairs:
        attached = partner.get(system.heads[s]) == gold.heads[g]
        labelled = attached and system.relations[s] == gold.relations[g]
        row = counts[sentence_of_gold[g]]
        row[2] += gold.upos[g] == system.upos[s]
        row[3] += attached
        row[4] += labelled
        row[7] += labelled and gold.relations[g] in CONTENT
    return counts


_ROOT = -1


@dataclass(frozen=True)
class _FlatWords:
    """Words of all sentences: heads as numbers of words in the whole text (from 0, -1 is the root)."""

    heads: list[int]
    relations: list[str]
    upos: list[str]


def _flat(trees: Sequence[Tree]) -> _FlatWords:
    heads: list[int] = []
    relations: list[str] = []
    upos: list[str] = []
    for tree in trees:
        words_before = len(heads)
        heads += [words_before + head - 1 if head else _ROOT for head in tree["heads"]]
        relations += [relation.split(":")[0] for relation in tree["relations"]]
        upos += tree.get("upos") or [""] * len(tree["heads"])
    return _FlatWords(heads, relations, upos)


def _aligned(golds: Sequence[Tree], systems: Sequence[Tree]) -> tuple[list[tuple[int, int]], list[int]]:
    """Return pairs of words, and for each system word the gold sentence it counts in."""
    if all("words" in tree for tree in (*golds, *systems)) and not _same_words(golds, systems):
        gold, system = _text_words(golds), _text_words(systems)
        if gold.text != system.text:
            at = first_difference(gold.text, system.text)
            raise DataError(f"the texts differ: '{gold.text[at : at + 20]}' against '{system.text[at : at + 20]}'")
        starts = np.searchsorted(gold.sentences, system.starts, side="right") - 1
        return align(gold, system), [int(sentence) for sentence in starts]
    sizes = [len(tree["heads"]) for tree in golds]
    if sizes != (system_sizes := [len(tree["heads"]) for tree in systems]):
        raise DataError(f"the trees have {sum(system_sizes)} words, where {sum(sizes)} are expected")
    ends = list(accumulate(sizes, initial=0))
    return [(i, i) for i in range(ends[-1])], [i for i, size in enumerate(sizes) for _ in range(size)]


def _same_words(golds: Sequence[Tree], systems: Sequence[Tree]) -> bool:
    def cut(trees: Sequence[Tree]) -> list[tuple[list[str], list[tuple]]]:
        return [(list(tree["words"]), [tuple(token) for token in tree.get("tokens", ())]) for tree in trees]

    return cut(golds) == cut(systems)


def _text_words(trees: Sequence[Tree]) -> TextWords:
    return lay([(tree["words"], tree.get("tokens", ())) for tree in trees])


def first_difference(a: str, b: str) -> int:
    """Return the first place where two texts differ; the length of the shorter one where it begins the other."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _f1(correct: np.ndarray, gold: np.ndarray, system: np.ndarray) -> np.ndarray:
    """Return F1 in percent, 0 where there is nothing. The ratio comes first, as in the evaluator: it decides the last
    digit."""
    total = np.asarray(gold + system, dtype=np.float64)
    return 100.0 * np.divide(2 * correct, total, out=np.zeros(total.shape), where=total != 0)


@dataclass(frozen=True)
class _TreeMetric:
    """Base of metrics of trees: each reads some of the columns of `tallies`."""

    counts: ClassVar[tuple[str, ...]]

    def tally(self, gold: Tree, guess: Tree, language: str) -> Sequence[float]:
        return [float(count) for count in self.select_columns(tallies([gold], [guess]))[0]]

    def select_columns(self, counts: np.ndarray) -> np.ndarray:
        """Return the columns [..., K] of this metric, of all those [..., 8] of `tallies`."""
        return counts[..., [COLUMNS.index(name) for name in self.counts]]


@dataclass(frozen=True)
class Attachment(_TreeMetric):
    """UAS, LAS and CLAS (see the module). Gold and guess are trees."""

    name: ClassVar[str] = "attachment"
    counts: ClassVar[tuple[str, ...]] = ("gold", "system", "uas", "las", "content_gold", "content_system", "clas")
    headline: ClassVar[tuple[str, ...]] = ("las",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        gold, system, uas, las, content_gold, content_system, clas = (counts[..., k] for k in range(7))
        return {
            "uas": _f1(uas, gold, system),
            "las": _f1(las, gold, system),
            "clas": _f1(clas, content_gold, content_system),
        }


@dataclass(frozen=True)
class AlignedUpos(_TreeMetric):
    """F1 of parts of speech over aligned words (see the module). Gold and guess are trees with `upos`."""

    name: ClassVar[str] = "upos"
    counts: ClassVar[tuple[str, ...]] = ("gold", "system", "upos")
    headline: ClassVar[tuple[str, ...]] = ("upos",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"upos": _f1(counts[..., 2], counts[..., 0], counts[..., 1])}
