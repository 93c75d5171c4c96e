"""Row maker around another one that leaves out rows with a blank text, as machine translation leaves some behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from xstilts.data.examples import ChoiceExample, Example, SentenceExample, SpanExample, TextExample, WordsExample
from xstilts.data.source import Drop, Row, RowMaker


@dataclass(frozen=True, kw_only=True)
class WithoutBlanks:
    """The examples that `make` makes, without those that have a blank text: they are dropped and counted."""

    identity_name: ClassVar[str] = "WithoutBlanks"

    make: RowMaker

    @property
    def id(self) -> str | None:
        """The field of the ids, as `make` has it."""
        return getattr(self.make, "id", None)

    @property
    def unit(self) -> str:
        return getattr(self.make, "unit", "id")

    def __call__(self, row: Row, number: int) -> Example | Sequence[Example] | Drop:
        made = self.make(row, number)
        examples = () if isinstance(made, Drop) else (made,) if isinstance(made, Example) else made
        return Drop("a text is blank") if any(_has_blank_text(example) for example in examples) else made


def _has_blank_text(example: Example) -> bool:
    return any(not text.strip() for text in _texts(example))


def _texts(example: Example) -> Iterator[str]:
    match example:
        case TextExample():
            yield example.text
            if example.pair is not None:
                yield example.pair
        case ChoiceExample():
            yield from example.prompts
            yield from example.options
        case SpanExample():
            yield from (example.question, example.context)
        case WordsExample():
            yield " ".join(example.words)
        case SentenceExample():
            yield example.text
