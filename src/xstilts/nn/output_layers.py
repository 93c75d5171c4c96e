"""Output layers: what other people's fine-tuned models have above the encoder, told by the names of their weights.

They are never a part of what was pretrained, so an encoder is read without them.
"""

from __future__ import annotations

from collections.abc import Iterable

# What the classes of `transformers` call the layers of a task. ELECTRA's discriminator has been pretrained.
_OF_TASKS = ("classifier", "pre_classifier", "qa_outputs", "score", "sequence_summary")
OUTPUTS = (*_OF_TASKS, "discriminator_predictions")


def is_output(name: str) -> bool:
    """Say whether a weight is one of an output layer. `name`: without what stands before the encoder's own weights."""
    return name.partition(".")[0] in OUTPUTS


def task_layers(names: Iterable[str]) -> tuple[str, ...]:
    """Return the layers of a task that weights of these names are of, in the order of the alphabet; () where none.

    >>> task_layers(["bert.pooler.dense.bias", "classifier.bias", "classifier.weight"])
    ('classifier',)
    """
    return tuple(sorted({name.partition(".")[0] for name in names} & set(_OF_TASKS)))
