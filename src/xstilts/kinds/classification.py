"""Classification: one label for one text or a pair of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, TextExample
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.text_rows import encode_text_rows
from xstilts.kinds.user_data import (
    TaskDeclaration,
    UserColumns,
    id_and_group,
    named_labels,
    required_labels,
    text_row_maker,
    unlabelled_text,
)
from xstilts.metrics.label_f1 import MacroF1, WeightedF1
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Classification(Kind):
    """`labels`: the label set; the order gives the ids, so it is part of the identity.

    gold [label id]; output of the head for a row: logits [C]; guess: a label.

    >>> # Classification(labels=("0", "1")).encode([TextExample(id="a", group="a", text="x", pair="y", label="1")], ...)
    >>> # columns: example [0], ids [[0, 9, 2, 2, 8, 2]], lengths [[6]], segments [[0, 0, 0, 0, 0, 0]], gold [[1]]
    """

    labels: tuple[str, ...]

    name: ClassVar[str] = "classification"
    example: ClassVar[type[Example]] = TextExample
    head: ClassVar[str] = "xstilts.heads.classification:ClassificationHead"
    class_scores: ClassVar[str] = "row"
    survives_translation: ClassVar[bool] = True
    hf_auto_class: ClassVar[str | None] = "AutoModelForSequenceClassification"
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        required=("text", "label"), optional=("pair", "id", "group"), named_labels=True
    )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Accuracy(),)

    @property
    def other_metrics(self) -> tuple[Metric, ...]:
        return (MacroF1(self.labels), WeightedF1(self.labels))

    def check(self, example: TextExample) -> None:
        """Raise DataError for a label outside the set."""
        if example.label is not None and example.label not in self.labels:
            raise DataError(
                f"label '{example.label}' is not one of this task's labels",
                where=example.where,
                value=example.label,
                allowed=self.labels,
            )

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example; pairs are cut longest-first."""
        label_ids = {label: i for i, label in enumerate(self.labels)}
        golds = [[] if e.label is None else [label_ids[e.label]] for e in examples]
        return encode_text_rows(examples, golds, tokenizer, max_length)

    def gold(self, example: TextExample) -> str | None:
        return example.label

    def postprocess(
        self, examples: Sequence[TextExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[str]:
        guesses = [""] * len(examples)
        for row, logits_C in enumerate(outputs):
            guesses[int(rows["example"][row])] = self.labels[int(np.argmax(logits_C))]
        return guesses

    def chance_guesses(self, golds: Sequence[str]) -> list[str]:
        """Return the commonest label everywhere."""
        return [Counter(golds).most_common(1)[0][0]] * len(golds) if golds else []

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls(labels=required_labels(task, where))

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return text_row_maker(columns, columns["label"], **id_and_group(columns), **named_labels(task))

    def from_user_row(self, row: Row, number: str) -> Example:
        return unlabelled_text(row, number)
