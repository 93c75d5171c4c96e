"""Augmentation: a share of a task's training rows with perturbed texts, the others as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.data.examples import Example
from xstilts.perturb.base import Perturbation
from xstilts.perturb.examples import perturb_examples
from xstilts.perturb.random_stream import RandomStream


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Which rows are perturbed, and how.

    perturbations: each perturbed row has one of them, all equally often. share: of the rows, above 0 to 1. seed:
    another one perturbs other rows. consistency: above 0, a perturbed row is trained on beside the row as it is, and
    this is the weight of the distance between what the model says of either. stages: training goes from easy to hard in
    so many, at k/stages of the rates.
    """

    perturbations: tuple[Perturbation, ...]
    share: float
    seed: int = 0
    consistency: float = field(default=0.0, metadata=OMIT_DEFAULT)
    stages: int = field(default=1, metadata=OMIT_DEFAULT)

    @property
    def stands_beside(self) -> bool:
        """Whether training reads the rows as they are as well."""
        return bool(self.consistency) or self.stages > 1

    @property
    def views(self) -> tuple[Augmentation, ...]:
        """What each stage does to the rows, the easiest first."""
        return tuple(self._at((stage + 1) / self.stages) for stage in range(self.stages))

    def _at(self, strength: float) -> Augmentation:
        milder = tuple(replace(one, rate=one.rate * strength) for one in self.perturbations)
        return Augmentation(perturbations=milder, share=self.share, seed=self.seed)

    def chosen(self, example: Example) -> int | None:
        """Return the number of the perturbation of an example, None for one that stays as it is. It depends on the
        example's id alone, so that a row is perturbed alike in every subset of its file."""
        place = RandomStream("augmentation", self.seed, example.id).uniform() / self.share
        return int(place * len(self.perturbations)) if place < 1 else None


@dataclass(frozen=True, kw_only=True)
class AugmentedExamples:
    """Examples in their order, as many as there were. perturbed: how many have other texts now. kept: reason -> how
    many were chosen and stay as they are, since their gold would have been lost."""

    examples: list[Example]
    perturbed: int
    kept: dict[str, int]


def augment(examples: Sequence[Example], augmentation: Augmentation, language: str) -> AugmentedExamples:
    """Perturb a share of the examples. Raises DataError where a perturbation has nothing for the language or for
    examples of this class."""
    numbers = [augmentation.chosen(example) for example in examples]
    rewritten: dict[str, Example] = {}
    kept: Counter[str] = Counter()
    for number, perturbation in enumerate(augmentation.perturbations):
        chosen = [example for example, of in zip(examples, numbers, strict=True) if of == number]
        found = perturb_examples(chosen, perturbation, language)
        rewritten |= {example.id: example for example in found.examples}
        kept.update(found.dropped)
    augmented = [rewritten.get(example.id, example) for example in examples]
    changed = sum(new.texts != old.texts for new, old in zip(augmented, examples, strict=True))
    return AugmentedExamples(examples=augmented, perturbed=changed, kept=dict(kept))
