"""Reader of MultiCheckList: rows of questions in one language, made from the template table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.checklist.cases import case_of
from xstilts.data.checklist.templates import CheckTest, read_tests
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import numbered_lines


@dataclass(frozen=True, kw_only=True)
class MultiCheckList:
    """`cases` questions of each test, with fields id, test, context, question and answers (SQuAD's lists). A case that
    the language has no text for has no question and no context, for a row maker to drop and count; an answer that its
    context does not hold starts at -1.

    Arguments
        language: the column of the table.
        test: the name of a test, as the table has it; "" for all.
    """

    language: str
    test: str = ""
    cases: int = 100
    seed: int = 42

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            tests = read_tests(((f"{path}:{n}", line) for n, line in numbered_lines(path)), self.language)
            _share_values(tests)
            if self.test and self.test not in {test.name for test in tests}:
                allowed = [test.name for test in tests]
                raise DataError(f"there is no test '{self.test}'", where=str(path), value=self.test, allowed=allowed)
            for test in tests:
                if not self.test or test.name == self.test:
                    yield from self._rows(test)

    def _rows(self, test: CheckTest) -> Iterator[Row]:
        for number in range(self.cases):
            case = case_of(test, number, self.seed)
            yield {
                "id": f"{test.name} {number}",
                "test": test.name,
                "rendered": "no" if case is None else "yes",
                "context": case.context if case else "",
                "question": case.question if case else "",
                "answers": {"text": [case.answer], "answer_start": [case.start]} if case else None,
                WHERE: test.contexts[0].where,
            }


def _share_values(tests: Sequence[CheckTest]) -> None:
    """Give a test without values of its own those of the test before it: its second version."""
    for before, test in pairwise(tests):
        if not test.values:
            test.values = before.values
