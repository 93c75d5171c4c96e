"""Row maker of multiple choice: several options of which one is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample
from xstilts.data.fields import field_value, fill_template, text_field, words_field
from xstilts.data.row_makers.base import RowMakerBase, label_name
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class ChoiceRow(RowMakerBase):
    """Several options of which one is right.

    Arguments
        prompt: template for the first half of each scored pair, such as "{context} {question}".
        options: path of a list of options ("endings", "question.choices.*.text"), or one field for each option.
        option: template for the second half; "{option}" is the option at hand. `prompt` may use it too.
        answer: field of the answer; None: unlabelled. An empty answer is unlabelled too.
        answer_as: "index" (from 0), "number" (from 1), "letter" (A is the first), "text" (the option itself) or
            "label" (the position in the list at path `answer_labels`).
        phrases: (value, phrase) pairs for the field `phrase`: "{phrase}" in a template is the phrase of its value
            (XCOPA's "cause" and "effect").
    """

    identity_name: ClassVar[str] = "Choice"

    prompt: str
    options: str | tuple[str, ...]
    option: str = "{option}"
    answer: str | None = None
    answer_as: str = "index"
    answer_labels: str | None = None
    phrase: str | None = None
    phrases: tuple[tuple[str, str], ...] = ()

    def __call__(self, row: Row, number: int) -> ChoiceExample | Drop:
        if drop := self.dropped(row):
            return drop
        paths = self.options
        options = words_field(row, paths) if isinstance(paths, str) else tuple(text_field(row, path) for path in paths)
        if len(options) < 2:
            raise DataError(f"a choice needs two options, the row has {len(options)}", where=row["where"])
        if self.phrase is not None:
            row = {**row, "phrase": label_name(field_value(row, self.phrase), self.phrases, row["where"])}
        option_rows = [{**row, "option": option} for option in options]
        return ChoiceExample(
            **self.names(row, number),
            prompts=tuple(fill_template(self.prompt, option_row) for option_row in option_rows),
            options=tuple(fill_template(self.option, option_row) for option_row in option_rows),
            answer=self._answer(row, options),
        )

    def _answer(self, row: Row, options: tuple[str, ...]) -> int | None:
        raw = None if self.answer is None else field_value(row, self.answer)
        if raw is None or raw == "":
            return None
        count = len(options)
        names = {
            "index": lambda: [str(i) for i in range(count)],
            "number": lambda: [str(i + 1) for i in range(count)],
            "letter": lambda: [chr(ord("A") + i) for i in range(count)],
            "text": lambda: list(options),
            "label": lambda: list(words_field(row, self.answer_labels or "")),
        }[self.answer_as]()
        if str(raw) not in names:
            raise DataError(f"the answer '{raw}' names no option", where=row["where"], value=str(raw), allowed=names)
        return names.index(str(raw))
