"""Augmentation: a share of a task's training rows with perturbed texts, the others as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.data.examples import Example
from xstilts.perturb.base import Perturbation
from xstilts.perturb.examples import perturb_examples
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.word_choice import TextRelevance, WordPreference


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Which rows are perturbed, and how.

    perturbations: each perturbed row has one of them, all equally often. share: of the rows, above 0 to 1. seed:
    another one perturbs other rows. consistency: above 0, a perturbed row is trained on beside the row as it is, and
    this is the weight of the distance between what the model says of either. stages: training goes from easy to hard in
    so many, at k/stages of the rates.

    preference: for words that are more relevant to their text (see `WordPreference.strength`); 0: all words are equally
    likely. With several stages it rises from what is less relevant, `-preference`, to what is more.
    """

    perturbations: tuple[Perturbation, ...]
    share: float
    seed: int = 0
    consistency: float = field(default=0.0, metadata=OMIT_DEFAULT)
    stages: int = field(default=1, metadata=OMIT_DEFAULT)
    preference: float = field(default=0.0, metadata=OMIT_DEFAULT)

    @property
    def stands_beside(self) -> bool:
        """Whether training reads the rows as they are as well."""
        return bool(self.consistency) or self.stages > 1

    @property
    def views(self) -> tuple[Augmentation, ...]:
        """What each stage does to the rows, the easiest first."""
        return tuple(self._at(stage) for stage in range(self.stages))

    def _at(self, stage: int) -> Augmentation:
        strength = (stage + 1) / self.stages
        milder = tuple(replace(one, rate=one.rate * strength) for one in self.perturbations)
        towards = 2 * stage / (self.stages - 1) - 1 if self.stages > 1 else 1.0
        preference = towards * self.preference
        return Augmentation(perturbations=milder, share=self.share, seed=self.seed, preference=preference)

    def chosen(self, example: Example) -> int | None:
        """Return the number of the perturbation of an example, None for one that stays as it is. It depends on the
        example's id alone, so that a row is perturbed alike in every subset of its file."""
        place = _place(example, self.share, self.seed)
        return int(place * len(self.perturbations)) if place < 1 else None


def is_perturbed(example: Example, share: float, seed: int) -> bool:
    """Return whether an example is among the `share` of rows that are perturbed under a seed."""
    return _place(example, share, seed) < 1


def _place(example: Example, share: float, seed: int) -> float:
    return RandomStream("augmentation", seed, example.id).uniform() / share


@dataclass(frozen=True, kw_only=True)
class AugmentedExamples:
    """Examples in their order, as many as there were. perturbed: how many have other texts now. kept: reason -> how
    many were chosen and stay as they are, since their gold would have been lost."""

    examples: list[Example]
    perturbed: int
    kept: dict[str, int]


def augment(
    examples: Sequence[Example],
    augmentation: Augmentation,
    language: str,
    relevance: Callable[[str], TextRelevance] | None = None,
) -> AugmentedExamples:
    """Perturb a share of the examples. relevance: that of the words of their texts, where the augmentation has a
    preference.

    Raises DataError where a perturbation has nothing for the language or for examples of this class, and what
    `relevance` raises."""
    preference = None
    if augmentation.preference:
        assert relevance is not None, "an even draw would pass for one by relevance"
        preference = WordPreference(relevance, augmentation.preference)
    numbers = [augmentation.chosen(example) for example in examples]
    rewritten: dict[str, Example] = {}
    kept: Counter[str] = Counter()
    for number, perturbation in enumerate(augmentation.perturbations):
        chosen = [example for example, of in zip(examples, numbers, strict=True) if of == number]
        found = perturb_examples(chosen, perturbation, language, preference=preference)
        rewritten |= {example.id: example for example in found.examples}
        kept.update(found.dropped)
    augmented = [rewritten.get(example.id, example) for example in examples]
    changed = sum(new.texts != old.texts for new, old in zip(augmented, examples, strict=True))
    return AugmentedExamples(examples=augmented, perturbed=changed, kept=dict(kept))
