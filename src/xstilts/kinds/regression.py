"""Regression: a number for one text or a pair of texts, such as how much two sentences say the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Example, TextExample
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.text_rows import encode_text_rows
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, text_row_maker, unlabelled_text
from xstilts.metrics.correlation import Pearson, Spearman, ranks
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

STEPS = 1_000_000  # of the scale: gold columns hold whole numbers


@dataclass(frozen=True)
class Regression(Kind):
    """`lowest`, `highest`: the ends of the scale that the numbers of the data lie on.

    gold [millionths of the scale, from its lowest end]; output of the head for a row: a number, 0 for the lowest end of
    the scale and 1 for the highest; guess: a number on the scale, which may lie beyond its ends.
    """

    lowest: float
    highest: float

    name: ClassVar[str] = "regression"
    example: ClassVar[type[Example]] = TextExample
    head: ClassVar[str] = "xstilts.heads.regression:RegressionHead"
    survives_translation: ClassVar[bool] = True
    has_right_answers: ClassVar[bool] = False
    hf_auto_class: ClassVar[str | None] = "AutoModelForSequenceClassification"
    hf_problem_type: ClassVar[str | None] = "regression"
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        required=("text", "score"), optional=("pair", "id", "group")
    )

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lowest) and math.isfinite(self.highest) and self.lowest < self.highest):
            raise StudyError(f"a scale does not go from {self.lowest:g} to {self.highest:g}", where="range")

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Pearson(), Spearman())

    def check(self, example: TextExample) -> None:
        """Raise DataError for a label that is no number on the scale."""
        if example.label is None:
            return
        number = _number(example.label)
        if number is None or not self.lowest <= number <= self.highest:
            problem = f"'{example.label[:60]}' is no number from {self.lowest:g} to {self.highest:g}"
            raise DataError(problem, where=example.where, hint="`range` says which numbers a task has.")

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example; pairs are cut longest-first."""
        numbers = [self.gold(example) for example in examples]
        golds = [[] if number is None else [round(STEPS * self._share(number))] for number in numbers]
        return encode_text_rows(examples, golds, tokenizer, max_length)

    def gold(self, example: TextExample) -> float | None:
        return None if example.label is None else _number(example.label)

    def _share(self, number: float) -> float:
        return (number - self.lowest) / (self.highest - self.lowest)

    def postprocess(
        self, examples: Sequence[TextExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[float]:
        guesses = [self.lowest] * len(examples)
        for row, share in enumerate(outputs):
            guesses[int(rows["example"][row])] = self.lowest + (self.highest - self.lowest) * float(share)
        return guesses

    def count(self, metric: Metric, examples: Sequence[Any], guesses: Sequence[Any], language: str) -> np.ndarray:
        """Return counts [N, K] of numbers laid from -1 to 1; of ranks where the metric compares these."""
        golds = [self.gold(example) for example in examples]
        sides = ([2 * self._share(float(number or 0)) - 1 for number in side] for side in (golds, guesses))
        gold_N, guess_N = (ranks(side) for side in sides) if isinstance(metric, Spearman) else sides
        rows = [metric.tally(*pair, language) for pair in zip(gold_N, guess_N, strict=True)]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.counts))

    def chance_guesses(self, golds: Sequence[float]) -> list[float]:
        """Return the mean everywhere, which has no correlation with anything."""
        return [sum(golds) / len(golds)] * len(golds) if golds else []

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        if not task.range:
            problem = f"A {task.kind} task needs `range`, the lowest and the highest number of its scale: [0, 5]."
            raise StudyError(problem, where=where)
        lowest, highest = task.range
        if lowest >= highest:
            raise StudyError(f"A scale does not go from {lowest:g} to {highest:g}.", where=f"{where}.range")
        return cls(lowest=lowest, highest=highest)

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return text_row_maker(columns, columns["score"], **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> TextExample:
        return unlabelled_text(row, number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
