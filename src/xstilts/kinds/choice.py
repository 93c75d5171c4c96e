"""Multiple choice: every option is a sequence of its own and gets one score. The number of options may vary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, Example
from xstilts.data.fields import field_value, words_field
from xstilts.data.row_makers.catalog import ChoiceRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import encode_texts
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, made, user_id
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Choice(Kind):
    """A row holds the k sequences of one example, `lengths` has k entries.

    gold [index of the right option]; output of the head for a row: scores [k]; guess: an index.
    """

    name: ClassVar[str] = "choice"
    example: ClassVar[type[Example]] = ChoiceExample
    head: ClassVar[str] = "xstilts.heads.choice:ChoiceHead"
    class_scores: ClassVar[str] = "row"
    typical_tokens: ClassVar[float] = 200.0  # of all options, each with its prompt
    survives_translation: ClassVar[bool] = True
    hf_auto_class: ClassVar[str | None] = "AutoModelForMultipleChoice"
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        required=("prompt", "options", "answer"), optional=("id", "group"), own_templates=("prompt",)
    )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Accuracy(),)

    def check(self, example: ChoiceExample) -> None:
        """Raise DataError for fewer than two options, prompts and options of different number, or an answer that
        is no option's index."""
        prompts, options = len(example.prompts), len(example.options)
        if prompts != options:
            raise DataError(f"{prompts} prompts for {options} options", where=example.where)
        if options < 2:
            raise DataError(f"{options} options; a choice needs at least two", where=example.where)
        if example.answer is not None and not 0 <= example.answer < options:
            raise DataError(
                f"answer {example.answer} is not the index of an option",
                where=example.where,
                allowed=map(str, range(options)),
            )

    def encode(self, examples: Sequence[ChoiceExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return one row for each example: its (prompt, option) pairs end to end, each cut longest-first."""
        encoded = encode_texts(
            [text for e in examples for text in e.prompts],
            [text for e in examples for text in e.options],
            tokenizer,
            max_length,
        )
        columns: dict[str, list[Any]] = {"example": list(range(len(examples)))}
        ends = np.cumsum([len(e.options) for e in examples], dtype=int).tolist()
        slices = [slice(end - len(e.options), end) for e, end in zip(examples, ends, strict=True)]
        columns["ids"] = [list(chain.from_iterable(encoded.ids[part])) for part in slices]
        columns["lengths"] = [[len(ids) for ids in encoded.ids[part]] for part in slices]
        columns["segments"] = [list(chain.from_iterable(encoded.segments[part])) for part in slices]
        columns["gold"] = [[] if e.answer is None else [e.answer] for e in examples]
        return Encoded(columns=columns, truncated=sum(any(encoded.cut[part]) for part in slices))

    def gold(self, example: ChoiceExample) -> int | None:
        return example.answer

    def postprocess(
        self, examples: Sequence[ChoiceExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[int]:
        guesses = [0] * len(examples)
        for row, scores_k in enumerate(outputs):
            guesses[int(rows["example"][row])] = int(np.argmax(scores_k))
        return guesses

    def chance_guesses(self, golds: Sequence[int]) -> list[int]:
        """Return the commonest position everywhere. With k options each it is right at least once in k, so this is also
        the larger of 1/k and the commonest position."""
        return [Counter(golds).most_common(1)[0][0]] * len(golds) if golds else []

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls()

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        """Return a maker of choices; their prompt may be a template of several columns."""
        prompt, options = columns["prompt"], columns["options"]
        return ChoiceRow(
            prompt=prompt if "{" in prompt else "{" + prompt + "}",
            options=options if isinstance(options, str) else tuple(options),
            answer=columns["answer"],
            answer_as=task.answer or "index",
            **id_and_group(columns),
        )

    def from_user_row(self, row: Row, number: str) -> ChoiceExample:
        """Return an example with one prompt for all options, or a list of them."""
        make = ChoiceRow(prompt="{prompt}", options="options", **user_id(row))
        prompts = words_field(row, "prompt") if isinstance(field_value(row, "prompt"), list) else ()
        example = made(make, {**row, "prompt": ""} if prompts else row, number)
        assert isinstance(example, ChoiceExample)
        return replace(example, prompts=prompts) if prompts else example
