"""Row maker of multiple choice: several options of which one is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample
from xstilts.data.fields import field_value, fill_template, label_field, name_field, shown, value_name, words_field
from xstilts.data.row_makers.base import RowMakerBase, label_of
from xstilts.data.source import WHERE, Drop, Row


@dataclass(frozen=True, kw_only=True)
class ChoiceRow(RowMakerBase):
    """Several options of which one is right.

    Arguments
        prompt: template for the first half of each scored pair, such as "{context} {question}".
        options: path of a list of options ("endings", "question.choices.*.text"), or one field for each option.
        option: template for the second half; "{option}" is the option at hand. `prompt` may use it too, where the file
            has no field of that name.
            Blank options and nulls at the end of a row are no options: rows of fewer options are padded with them.
        answer: field of the answer; None: unlabelled. An empty answer is unlabelled too.
        answer_as: "index" (from 0), "number" (from 1), "letter" (A is the first), "text" (the option itself),
            "flags" (a list that says of each option whether it is right, as one of them is) or "label" (the position in
            the list at path `answer_labels`).
        phrases: (value, phrase) pairs for the field `phrase`: "{phrase}" in a template is the phrase of its value
            (XCOPA's "cause" and "effect").
    """

    identity_name: ClassVar[str] = "Choice"
    gold_fields: ClassVar[tuple[str, ...]] = ("answer",)

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
        options = self._options(row)
        if self.phrase is not None:
            row = {**row, "phrase": label_of(row, self.phrase, self.phrases)}
        option_rows = [{**row, "option": option} for option in options]
        return ChoiceExample(
            **self.names(row, number),
            prompts=tuple(fill_template(self.prompt, {**option_row, **row}) for option_row in option_rows),
            options=tuple(fill_template(self.option, option_row) for option_row in option_rows),
            answer=self._answer(row, options),
        )

    def _options(self, row: Row) -> tuple[str, ...]:
        if isinstance(self.options, str):
            options = list(words_field(_without_nulls_at_the_end(row, self.options), self.options))
        else:
            options = [name_field(row, path) for path in _without_nulls(row, self.options)]
        while options and not options[-1].strip():
            options.pop()
        if len(options) < 2:
            raise DataError(f"a choice needs two options, the row has {len(options)}", where=row[WHERE])
        if blank := next((number for number, option in enumerate(options, start=1) if not option.strip()), 0):
            raise DataError(f"option {blank} of {len(options)} is blank", where=row[WHERE])
        return tuple(options)

    def _flagged(self, row: Row, path: str, options: int) -> int:
        """Return the one option that a list of flags says is right."""
        values = field_value(row, path)
        flags = [value_name(value) for value in values] if isinstance(values, list | tuple) else []
        if not flags or set(flags) - {"true", "false", "1", "0"}:
            problem = f"the field '{path}' does not say of each option whether it is right: {shown(values)}"
            raise DataError(problem, where=row[WHERE])
        right = [number for number, flag in enumerate(flags) if flag in ("true", "1")]
        if len(flags) != options or len(right) != 1:
            problem = f"{len(right)} of {len(flags)} flags in the field '{path}' say right, for {options} options"
            raise DataError(problem, where=row[WHERE], hint="One option is right.")
        return right[0]

    def _answer(self, row: Row, options: tuple[str, ...]) -> int | None:
        if self.answer_as == "flags" and self.answer is not None:
            return self._flagged(row, self.answer, len(options))
        raw = None if self.answer is None else label_field(row, self.answer)
        if raw is None or not raw.strip():
            return None
        count = len(options)
        names = {
            "index": lambda: [str(i) for i in range(count)],
            "number": lambda: [str(i + 1) for i in range(count)],
            "letter": lambda: [chr(ord("A") + i) for i in range(count)],
            "text": lambda: list(options),
            "label": lambda: list(words_field(row, self.answer_labels or ""))[:count],
        }[self.answer_as]()
        if raw not in names:
            raise DataError(f"the answer '{raw}' names no option", where=row[WHERE], value=raw, allowed=names)
        if names.count(raw) > 1:
            raise DataError(f"the answer '{raw}' names {names.count(raw)} of the options", where=row[WHERE])
        return names.index(raw)


def _without_nulls_at_the_end(row: Row, path: str) -> Row:
    """Return a row whose list at `path` has no nulls at its end, which pad it as blanks would."""
    value = field_value(row, path)
    count = _nulls(reversed(value)) if isinstance(value, list) else 0
    return {**row, path: value[:-count]} if count else row


def _without_nulls(row: Row, paths: Sequence[str]) -> Sequence[str]:
    """Return the paths without those at the end whose fields are null, which is how a table of other types is
    padded."""
    return paths[: len(paths) - _nulls(field_value(row, path) for path in reversed(paths))]


def _nulls(values: Iterable[Any]) -> int:
    """Return how many values in front are null."""
    return sum(1 for _ in takewhile(lambda value: value is None, values))
