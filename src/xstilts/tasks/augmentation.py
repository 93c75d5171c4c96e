"""Augmentation: a share of a task's training rows with perturbed texts, the others as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.data.examples import Example
from xstilts.perturb.base import Perturbation
from xstilts.perturb.examples import perturb_examples
from xstilts.perturb.random_stream import RandomStream


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Which rows are perturbed, and how.

    perturbations: each perturbed row has one of them, all equally often. share: of the rows, above 0 to 1. seed:
    another one perturbs other rows.
    """

    perturbations: tuple[Perturbation, ...]
    share: float
    seed: int = 0

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
