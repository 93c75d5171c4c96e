"""Multi-label classification: any number of labels for one text or a pair of texts, none included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, LabelsExample
from xstilts.data.row_makers.catalog import LabelsRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.text_rows import encode_text_rows
from xstilts.kinds.user_data import (
    TaskDeclaration,
    UserColumns,
    id_and_group,
    named_labels,
    required_labels,
    unlabelled_text,
)
from xstilts.metrics.label_f1 import MacroF1, MicroF1, WeightedF1
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class MultiLabel(Kind):
    """`labels`: the label set; the order gives the ids.

    gold [C], 1 for each label that the example has, else 0; output of the head for a row: logits [C]; guess: the
    labels with a logit above 0, in their order.
    """

    labels: tuple[str, ...]

    name: ClassVar[str] = "multi_label"
    example: ClassVar[type[Example]] = LabelsExample
    head: ClassVar[str] = "xstilts.heads.multi_label:MultiLabelHead"
    survives_translation: ClassVar[bool] = True
    hf_auto_class: ClassVar[str | None] = "AutoModelForSequenceClassification"
    hf_problem_type: ClassVar[str | None] = "multi_label_classification"
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        required=("text", "labels"), optional=("pair", "id", "group"), named_labels=True
    )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (MicroF1(self.labels), MacroF1(self.labels))

    @property
    def other_metrics(self) -> tuple[Metric, ...]:
        return (WeightedF1(self.labels), Accuracy())

    def check(self, example: LabelsExample) -> None:
        """Raise DataError for a label outside the set."""
        for label in example.labels or ():
            if label not in self.labels:
                problem = f"label '{label}' is not one of this task's labels"
                raise DataError(problem, where=example.where, value=label, allowed=self.labels)

    def encode(self, examples: Sequence[LabelsExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example; pairs are cut longest-first."""
        golds = [[] if e.labels is None else [int(label in e.labels) for label in self.labels] for e in examples]
        return encode_text_rows(examples, golds, tokenizer, max_length)

    def gold(self, example: LabelsExample) -> list[str] | None:
        """Return the labels in the order of the set."""
        return None if example.labels is None else [label for label in self.labels if label in example.labels]

    def postprocess(
        self, examples: Sequence[LabelsExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[list[str]]:
        guesses: list[list[str]] = [[] for _ in examples]
        for row, logits_C in enumerate(outputs):
            chosen = zip(self.labels, np.asarray(logits_C).tolist(), strict=True)
            guesses[int(rows["example"][row])] = [label for label, logit in chosen if logit > 0]
        return guesses

    def label_shares(self, logits_NC: np.ndarray) -> np.ndarray:
        """Return the probability of each label, which is none of the others'."""
        return np.exp(-np.logaddexp(0, -logits_NC))

    def chance_guesses(self, golds: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return the commonest label everywhere."""
        counts = Counter(label for gold in golds for label in gold)
        return [[label for label, _ in counts.most_common(1)]] * len(golds)

    def blind_answers(self, golds: Sequence[Sequence[str]]) -> list[list[list[str]]]:
        """Return the commonest labels everywhere, one, two, ... and all of them."""
        counts = Counter(label for gold in golds for label in gold)
        ordered = [label for label, _ in counts.most_common()]
        return [[ordered[:number]] * len(golds) for number in range(1, len(ordered) + 1)] or [[[]] * len(golds)]

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls(labels=required_labels(task, where))

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return LabelsRow(
            text=columns["text"],
            pair=columns.get("pair"),
            label=columns["labels"],
            separator=task.label_separator or ",",
            **id_and_group(columns) | named_labels(task),
        )

    def from_user_row(self, row: Row, number: str) -> LabelsExample:
        text = unlabelled_text(row, number)
        return LabelsExample(id=text.id, group=text.group, where=text.where, text=text.text, pair=text.pair)
