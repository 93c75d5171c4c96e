"""What every kind can do, without torch.

A kind turns examples into rows of plain integers, and the outputs of its head back into predictions. A *row* is one
unit of training: usually one sequence; for multiple choice the sequences of all options. Columns of a row:

    example   int        index of the example within its source
    ids       list[int]  token ids, special tokens included, the row's sequences end to end
    lengths   list[int]  tokens of each sequence of the row; sum(lengths) == len(ids)
    segments  list[int]  token type of each id (0 or 1)
    gold      list[int]  what the loss compares with; [] where the example is unlabelled
    ...                  columns of the kind's own, lists of int
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from xstilts.data.examples import Example
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(kw_only=True)
class Encoded:
    """Rows as columns, and what was lost on the way. Every column has one entry a row."""

    columns: dict[str, list[Any]]
    truncated: int = 0  # examples that lost tokens
    split: int = 0  # examples that became more than one row
    unusable: int = 0  # examples that cannot be trained on (an answer outside every window)
    notes: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.columns["ids"])


class Kind(Protocol):
    """A frozen dataclass; its fields are identity. The examples it is given are of the class `example`."""

    name: ClassVar[str]
    example: ClassVar[type[Example]]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Default metrics, the first one steering selection."""
        ...

    def check(self, example: Any) -> None:
        """Raises DataError at `example.where` when the gold is not one this kind allows (label outside the set, context
        without its answer, tags and words of different number)."""
        ...

    def encode(self, examples: Sequence[Any], tokenizer: Tokenizer, max_length: int) -> Encoded: ...

    def gold(self, example: Any) -> Any | None:
        """The gold value as plain JSON, None when unlabelled."""
        ...

    def postprocess(self, examples: Sequence[Any], rows: Mapping[str, Any], outputs: Sequence[Any]) -> list[Any]:
        """One prediction (plain JSON) for each example, from the head's output for each row (numpy arrays, see the
        kind). `rows` maps a column name to that column (indexable by row number)."""
        ...

    def chance_guesses(self, golds: Sequence[Any]) -> list[Any]:
        """The best guesses that ignore the input, one for each gold; scored like predictions they give chance level."""
        ...

    def count(self, metric: Metric, examples: Sequence[Any], guesses: Sequence[Any], language: str) -> np.ndarray:
        """Counts [N, K]. Most kinds pair each gold with its guess (`pairwise`); mining also sets its threshold here."""
        ...


def as_encoded(kind: Kind) -> Kind:
    """The kind whose rows serve this one too: where settings change only what is done with them (the layer retrieval
    reads), a task is tokenised once for all of them."""
    found: Kind = getattr(kind, "as_encoded", kind)
    return found


def pairwise(kind: Kind, metric: Metric, examples: Sequence[Any], guesses: Sequence[Any], language: str) -> np.ndarray:
    """Counts [N, K] for kinds whose examples are scored one by one."""
    rows = [metric.tally(kind.gold(e), g, language) for e, g in zip(examples, guesses, strict=True)]
    return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.counts))
