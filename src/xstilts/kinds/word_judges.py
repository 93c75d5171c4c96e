"""Word judges: of what a kind says of single words, which is right, and what can be said of each word.

A judge serves the breakdown by words (`pipeline/steps/words`); the facets themselves are `metrics.word_facets`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from xstilts.data.examples import DependencyExample, TagExample
from xstilts.metrics.word_facets import SeenInTraining, left_shares, length_bin, seen_facets, tree_facets

DEEPEST = 7  # steps to the root that are told apart
Orders = dict[str, tuple[float, int]]  # relation -> share of dependents left of their head, how many


class WordJudge(Protocol):
    """measures: what is counted of a word, the main one first."""

    measures: ClassVar[tuple[str, ...]]

    def seen(self, examples: Iterable[Any]) -> SeenInTraining:
        """Gather what training sentences hold."""

    def facets(self, example: Any, seen: SeenInTraining | None) -> Mapping[str, Sequence[str]]:
        """Return facet -> the value of each word of a labelled example; without `seen` those that ask no training."""

    def right(self, gold: Any, guess: Any) -> Mapping[str, Sequence[bool]]:
        """Return measure -> whether each word is right."""

    def orders(self, examples: Iterable[Any]) -> Orders:
        """Return the word order of a treebank; {} for examples without trees."""


@dataclass(frozen=True)
class TagJudge:
    """Of tags that stand for single words: accuracy."""

    measures: ClassVar[tuple[str, ...]] = ("accuracy",)

    def seen(self, examples: Iterable[TagExample]) -> SeenInTraining:
        return SeenInTraining.of((example.words, example.tags or ()) for example in examples)

    def facets(self, example: TagExample, seen: SeenInTraining | None) -> dict[str, list[str]]:
        length = [length_bin(len(example.words))] * len(example.words)
        return {**(seen_facets(example.words, example.tags, seen) if seen else {}), "length": length}

    def right(self, gold: Sequence[str], guess: Sequence[str]) -> dict[str, list[bool]]:
        return {"accuracy": [a == b for a, b in zip(gold, guess, strict=True)]}

    def orders(self, examples: Iterable[TagExample]) -> Orders:
        return {}


@dataclass(frozen=True)
class TreeJudge:
    """Of trees over the gold words: LAS and UAS. Subtypes of relations are left out."""

    measures: ClassVar[tuple[str, ...]] = ("las", "uas")

    def seen(self, examples: Iterable[DependencyExample]) -> SeenInTraining:
        return SeenInTraining.of((example.words, ()) for example in examples)

    def facets(self, example: DependencyExample, seen: SeenInTraining | None) -> dict[str, list[str]]:
        facets = tree_facets(example.heads or ())
        facets["depth"] = [depth if int(depth) < DEEPEST else f"{DEEPEST}-..." for depth in facets["depth"]]
        return {**facets, **(seen_facets(example.words, None, seen) if seen else {})}

    def right(self, gold: Mapping[str, Sequence], guess: Mapping[str, Sequence]) -> dict[str, list[bool]]:
        heads = [a == b for a, b in zip(gold["heads"], guess["heads"], strict=True)]
        relations = [
            a.split(":")[0] == b.split(":")[0] for a, b in zip(gold["relations"], guess["relations"], strict=True)
        ]
        return {"las": [a and b for a, b in zip(heads, relations, strict=True)], "uas": heads}

    def orders(self, examples: Iterable[DependencyExample]) -> Orders:
        return left_shares((example.heads or (), example.relations or ()) for example in examples)
