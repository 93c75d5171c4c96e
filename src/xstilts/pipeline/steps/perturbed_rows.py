"""Rows that are perturbed as they are read: by the step that prepares them, and those that predict and score them."""

from __future__ import annotations

from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.read import LoadedExamples, ResolvedSource, load_examples
from xstilts.perturb.base import Perturbation
from xstilts.perturb.examples import perturb_examples
from xstilts.perturb.relevance_file import RelevanceFile
from xstilts.tasks.augmentation import Augmentation, AugmentedExamples, augment


def read_augmented(
    source: ResolvedSource, augmentation: Augmentation, relevance: Path | None = None
) -> tuple[LoadedExamples, AugmentedExamples]:
    """Read the training examples that the views of a source choose, a share of them perturbed, and what became of them.
    `rows` is of the chosen rows. relevance: the folder that holds that of their words, where words are chosen by it.

    Raises StoreError where it is not of these rows."""
    loaded = load_examples(source)
    words = RelevanceFile(relevance).of if relevance else None
    found = augment(loaded.examples, augmentation, source.language, words)
    rows = len(set(loaded.row_numbers))
    return LoadedExamples(examples=found.examples, row_numbers=loaded.row_numbers, rows=rows, dropped={}), found


def read_examples(source: ResolvedSource, perturbation: Perturbation | None) -> LoadedExamples:
    """Read the examples of a source; with a perturbation those that its views choose, their texts perturbed. Ids,
    groups and gold stay. `rows` and `dropped` are then of the chosen rows: what reading the file itself drops stands
    beside the clean one.

    Raises DataError as `load_examples` does, and where no example is left.
    """
    loaded = load_examples(source)
    if perturbation is None:
        return loaded
    perturbed = perturb_examples(loaded.examples, perturbation, source.language)
    if not perturbed.examples:
        raise DataError(
            f"'{perturbation.name}' at rate {perturbation.rate:g} leaves no example of language '{source.language}' "
            f"whose gold is found again ({dict(perturbed.dropped)})",
            where=", ".join(map(str, source.paths)),
        )
    kept = {example.id for example in perturbed.examples}
    numbered = zip(loaded.examples, loaded.row_numbers, strict=True)
    return LoadedExamples(
        examples=list(perturbed.examples),
        row_numbers=[number for example, number in numbered if example.id in kept],
        rows=len(set(loaded.row_numbers)),
        dropped=perturbed.dropped,
        first_dropped=perturbed.first_dropped,
    )
