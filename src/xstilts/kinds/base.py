"""The base of every kind: what a kind can do and what is true of it, without torch.

A kind turns examples into rows of plain integers, and the outputs of its head back into predictions. A *row* is one
unit of training: usually one sequence; for multiple choice the sequences of all options. Columns of a row:

    example   int        index of the example within its source
    ids       list[int]  token ids, special tokens included, the row's sequences end to end
    lengths   list[int]  tokens of each sequence of the row; sum(lengths) == len(ids)
    segments  list[int]  token type of each id (0 or 1)
    gold      list[int]  what the loss compares with; [] where the example is unlabelled
    ...                  columns of the kind's own, lists of int

A new kind is a subclass of `Kind` in a file of its own, its head in `heads/`, and a line of `kinds.catalog`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xstilts.data.examples import Example
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.user_data import TaskDeclaration, UserColumns
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from xstilts.kinds.word_judges import WordJudge


# Why a kind that uses the encoder's own head has no score with an encoder that brings none.
NO_OWN_HEAD = "not applicable: the encoder has no masked-LM head"


@dataclass(kw_only=True)
class Encoded:
    """Rows as columns, and what was lost on the way. Every column has one entry a row."""

    columns: dict[str, list[Any]]
    truncated: int = 0  # examples that lost tokens
    split: int = 0  # examples that became more than one row
    unusable: int = 0  # examples that cannot be trained on (an answer outside every window)
    notes: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)  # of a note, or of what else is counted: file:line of the first

    def __len__(self) -> int:
        return len(self.columns["ids"])


class Kind(ABC):
    """An output shape. A kind is a frozen dataclass: its fields are identity, the facts below are not.

    name: unique; in a study file with hyphens ("span-qa").
    example: the class of the examples that it reads.
    head: where its head is, "module:class"; imported only where torch is needed.
    typical_tokens: tokens of a row, for estimates before anything is tokenised.
    default_max_length: tokens of a sequence where a study says nothing.
    survives_translation: whether gold still holds when a model translates the texts.
    answers_in_the_text: whether gold is a part of the text, so that a guess on a translation has other words than it.
    is_retrieval: whether nothing is trained for it: an encoder's states are compared as they are.
    is_probe: whether as a target it trains its head alone, whatever an arm tunes: it asks what the states hold.
    has_right_answers: whether a guess is right or wrong; a guessed number is near or far.
    copies_text: whether a guess is copied from the input, so that guesses on two inputs cannot be compared.
    uses_own_head: whether it is scored by the masked-LM head that the encoder brings, which nothing trains: an encoder
        without one cannot.
    hf_auto_class: the class of `transformers` with the same head; None where there is none.
    hf_problem_type: what that class is told of the labels, where it has several readings of them.
    training_version: one more whenever what a training on it writes changes, though its rows and others' trainings do
        not; part of a training's identity.
    prediction_version: the same of predictions, whose guesses change though the weights do not.
    class_scores: what its head scores classes of, which two views of an example are compared by: "row", or "word", of
        which both must have the same; "": none.
    user_columns: columns of a file that declares a task of this kind in a study; None: a study cannot declare one.
    """

    name: ClassVar[str]
    example: ClassVar[type[Example]]
    head: ClassVar[str]
    typical_tokens: ClassVar[float] = 40.0
    default_max_length: ClassVar[int] = 256
    survives_translation: ClassVar[bool] = False
    answers_in_the_text: ClassVar[bool] = False
    is_retrieval: ClassVar[bool] = False
    is_probe: ClassVar[bool] = False
    has_right_answers: ClassVar[bool] = True
    copies_text: ClassVar[bool] = False
    uses_own_head: ClassVar[bool] = False
    hf_auto_class: ClassVar[str | None] = None
    hf_problem_type: ClassVar[str | None] = None
    training_version: ClassVar[int] = 1
    prediction_version: ClassVar[int] = 1
    class_scores: ClassVar[str] = ""
    user_columns: ClassVar[UserColumns | None] = None

    @property
    @abstractmethod
    def metrics(self) -> tuple[Metric, ...]:
        """Default metrics, the first one steering selection."""

    @property
    def other_metrics(self) -> tuple[Metric, ...]:
        """Metrics that a study may choose in their place."""
        return ()

    @abstractmethod
    def check(self, example: Any) -> None:
        """Raise DataError at `example.where` when the gold is not one this kind allows (label outside the set, context
        without its answer, tags and words of different number)."""

    @abstractmethod
    def encode(self, examples: Sequence[Any], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Turn examples into rows, in their order, each sequence at most `max_length` tokens."""

    @abstractmethod
    def gold(self, example: Any) -> Any | None:
        """Return the gold value as plain JSON, None when unlabelled."""

    @abstractmethod
    def postprocess(self, examples: Sequence[Any], rows: Mapping[str, Any], outputs: Sequence[Any]) -> list[Any]:
        """Return one prediction (plain JSON) for each example, from the head's output for each row (numpy arrays, see
        the kind). `rows` maps a column name to that column (indexable by row number)."""

    @abstractmethod
    def chance_guesses(self, golds: Sequence[Any]) -> list[Any]:
        """Return the best guesses that ignore the input, one for each gold; scored like predictions they give chance
        level."""

    def count(self, metric: Metric, examples: Sequence[Any], guesses: Sequence[Any], language: str) -> np.ndarray:
        """Return counts [N, K]: each gold paired with its guess. Mining also sets its threshold here."""
        pairs = zip(map(self.gold, examples), guesses, strict=True)
        rows = [metric.tally(gold, guess, language) for gold, guess in pairs]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.counts))

    def blind_answers(self, golds: Sequence[Any]) -> list[list[Any]]:
        """Return several answers that ignore the input, each one guess for each gold; the best in a metric is its
        floor. They may know what the golds have in common, and of each how long it is."""
        return [self.chance_guesses(golds)]

    def label_shares(self, logits_NC: np.ndarray) -> np.ndarray:
        """Return the probability of each label, [N, C], for kinds with a logit for each label and example."""
        shares_NC = np.exp(logits_NC - logits_NC.max(axis=1, keepdims=True))
        return shares_NC / shares_NC.sum(axis=1, keepdims=True)

    def searched(self, examples: Sequence[Any]) -> int | None:
        """Return how many candidates each scored query searches among these examples; None for a kind that searches
        nothing."""
        return None

    @property
    def counts_together(self) -> str:
        """Why the counts of an example would be others if some of the rest were left out; "" where they would not."""
        return ""

    def facets(self, example: Any) -> Mapping[str, str]:
        """Return the parts of its test set that an example belongs to, name -> value, whose scores are told apart; ""
        where it says nothing of one."""
        return {}

    @property
    def word_judge(self) -> WordJudge | None:
        """What tells which single words are right, for the breakdown by words; None for a kind that says nothing of
        single words."""
        return None

    @property
    def note(self) -> str:
        """What a reader of its numbers must know of how it reads the files of a declared task; "" : nothing."""
        return ""

    @property
    def as_encoded(self) -> Kind:
        """The kind whose rows serve this one too: where settings change only what is done with them (the layer that
        retrieval reads), a task is tokenised once for all of them."""
        return self

    def at_depth(self, layers: int) -> Self:
        """Return this kind as an encoder of so many blocks reads it: settings that count its layers are said as numbers
        from 0. Raises StudyError for a layer that it has not."""
        return self

    @property
    def head_settings(self) -> Mapping[str, Any] | None:
        """Settings that the shapes of a head's weights, or what they mean, depend on; None: labels alone."""
        return None

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        """Return the kind of a task that a study declares. Raises StudyError at `where` for labels that are missing.
        Only asked of kinds with `user_columns`."""
        raise NotImplementedError(cls.name)

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        """Return what makes examples of the rows of a declared task. `columns`: role -> column of the file. Only asked
        of kinds with `user_columns`."""
        raise NotImplementedError(cls.name)

    def from_user_row(self, row: Row, number: str) -> Example | None:
        """Return an unlabelled example, to predict on; None for a kind that predicts on whole test sets alone.
        `number` is the row's, from 0. Raises DataError for a field that is missing."""
        return None
