"""Facets of words: what kinds of words trees and tags are right about, from gold and guesses alone.

A facet gives each word of a sentence a value; counts are by value and add. Every word with a gold head counts,
punctuation too, and a head is right where it is the very word: CoNLL-X's `eval.pl` counts "correct" where gold and
guess are in the same *bin*, and leaves punctuation out by default.

    distance   |word - head| by gold: 1, 2, 3-6, 7-... (the bins of `eval.pl`), root
    direction  where the head stands, as `eval.pl` says it: left or right of the word, root
    depth      steps to the root by gold; the root's child has 1
    length     words of the sentence: 1-10, 11-20, 21-30, 31-40, 41-...
    word       whether the form was seen in training, in any case
    tag n-gram whether the tags of the word and of its n - 1 neighbours before it were seen in training in this order
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ROOT, SEEN, UNSEEN = "root", "seen", "unseen"
ORDER = 3  # of the tag n-grams: XTREME's analysis has trigrams and 4-grams (Hu et al. 2020, section 6)
_DISTANCES = ((1, "1"), (2, "2"), (6, "3-6"))
_LENGTHS = ((10, "1-10"), (20, "11-20"), (30, "21-30"), (40, "31-40"))


@dataclass(frozen=True)
class SeenInTraining:
    """Forms (lower case) and tag n-grams of training sentences."""

    forms: frozenset[str]
    ngrams: frozenset[tuple[str, ...]] = field(default=frozenset())
    order: int = ORDER

    @classmethod
    def of(cls, sentences: Iterable[tuple[Sequence[str], Sequence[str]]], order: int = ORDER) -> SeenInTraining:
        """Gather them from (words, tags) of sentences."""
        forms, ngrams = set[str](), set[tuple[str, ...]]()
        for words, tags in sentences:
            forms.update(word.lower() for word in words)
            ngrams.update(tag_ngrams(tags, order))
        return cls(frozenset(forms), frozenset(ngrams), order)


def tag_ngrams(tags: Sequence[str], order: int = ORDER) -> list[tuple[str, ...]]:
    """Return the n-gram that ends at each word, with "<s>" before the sentence.

    >>> tag_ngrams(["DET", "NOUN"], 2)
    [('<s>', 'DET'), ('DET', 'NOUN')]
    """
    padded = ["<s>"] * (order - 1) + list(tags)
    return [tuple(padded[i : i + order]) for i in range(len(tags))]


def depths(heads: Sequence[int]) -> list[int]:
    """Return the steps from each word to the root; heads count from 1, 0 is the root. Raises ValueError for a circle.

    >>> depths([2, 0, 2, 3])
    [2, 1, 2, 3]
    """
    found: list[int] = []
    for word in range(1, len(heads) + 1):
        steps, at = 0, word
        while at:
            at = heads[at - 1]
            steps += 1
            if steps > len(heads):
                raise ValueError(f"the heads of word {word} form a circle")
        found.append(steps)
    return found


def distance_bin(word: int, head: int) -> str:
    """Return the bin of a dependency; words count from 1."""
    return ROOT if not head else next((name for most, name in _DISTANCES if abs(word - head) <= most), "7-...")


def length_bin(words: int) -> str:
    return next((name for most, name in _LENGTHS if words <= most), "41-...")


def tree_facets(heads: Sequence[int]) -> dict[str, list[str]]:
    """Return facet -> the value of each word, from a gold tree."""
    numbered = list(enumerate(heads, start=1))
    return {
        "distance": [distance_bin(word, head) for word, head in numbered],
        "direction": [ROOT if not head else "left" if head < word else "right" for word, head in numbered],
        "depth": [str(depth) for depth in depths(heads)],
        "length": [length_bin(len(heads))] * len(heads),
    }


def seen_facets(words: Sequence[str], tags: Sequence[str] | None, seen: SeenInTraining) -> dict[str, list[str]]:
    """Return facet -> the value of each word; without gold `tags` the words alone."""
    facets = {"word": [SEEN if word.lower() in seen.forms else UNSEEN for word in words]}
    if tags is not None:
        ngrams = tag_ngrams(tags, seen.order)
        facets[f"tag {seen.order}-gram"] = [SEEN if ngram in seen.ngrams else UNSEEN for ngram in ngrams]
    return facets


Tree = tuple[Sequence[int], Sequence[str]]  # heads and relations
Counts = dict[str, dict[str, Counter[str]]]  # facet -> value -> name of a count -> count


def attachment_counts(
    gold: Tree,
    guess: Tree,
    facets: Mapping[str, Sequence[str]],
) -> Counts:
    """Return words, right heads ("uas") and right heads with their relation, subtypes left out ("las"), by facet and
    value."""
    rows = []
    for gold_head, gold_relation, head, relation in zip(*gold, *guess, strict=True):
        attached = head == gold_head
        labelled = attached and relation.split(":")[0] == gold_relation.split(":")[0]
        rows.append({"words": 1, "uas": int(attached), "las": int(labelled)})
    return _counted(rows, facets)


def tag_counts(gold: Sequence[str], guess: Sequence[str], facets: Mapping[str, Sequence[str]]) -> Counts:
    """Return words and right tags ("correct"), by facet and value."""
    return _counted([{"words": 1, "correct": int(a == b)} for a, b in zip(gold, guess, strict=True)], facets)


def _counted(rows: Sequence[Mapping[str, int]], facets: Mapping[str, Sequence[str]]) -> Counts:
    counts: Counts = {}
    for facet, values in facets.items():
        by_value = counts.setdefault(facet, defaultdict(Counter))
        for value, row in zip(values, rows, strict=True):
            by_value[value].update(row)
    return counts


def added(parts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    total: Counts = {}
    for part in parts:
        for facet, by_value in part.items():
            into = total.setdefault(facet, defaultdict(Counter))
            for value, counts in by_value.items():
                into[value].update(counts)
    return total


def left_shares(trees: Iterable[Tree]) -> dict[str, tuple[float, int]]:
    """Return relation -> (share of its dependents that stand left of their head, how many there are), subtypes and the
    root left out."""
    left, total = Counter[str](), Counter[str]()
    for heads, relations in trees:
        for word, (head, relation) in enumerate(zip(heads, relations, strict=True), start=1):
            if head:
                total[name := relation.split(":")[0]] += 1
                left[name] += word < head
    return {name: (left[name] / n, n) for name, n in total.items()}


def order_distance(
    one: Mapping[str, tuple[float, int]], other: Mapping[str, tuple[float, int]], fewest: int = 10
) -> float | None:
    """Return the word-order distance of two treebanks, from 0 to 1: the mean over relations that both have at least
    `fewest` times of how far their shares of left dependents are apart, weighted by the smaller number. None where they
    have none in common. (Dependency directions as in Liu 2010 and Ahmad et al. 2019, with relations alone.)"""
    shared = {name: min(one[name][1], other[name][1]) for name in one.keys() & other.keys()}
    shared = {name: n for name, n in shared.items() if n >= fewest}
    if not shared:
        return None
    return sum(n * abs(one[name][0] - other[name][0]) for name, n in shared.items()) / sum(shared.values())
