"""What stands twice in a study under two names, or in a list of columns."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from study_toys import trained

from xstilts.study.task_section import UserTask
from xstilts.study.twin_targets import twin_notes


def test_a_target_with_the_files_of_another_is_said_and_no_other() -> None:
    one, other = trained("a"), trained("b")
    assert twin_notes({"a": one, "b": other}) == {}
    notes = twin_notes({"a": one, "again": one.replace(name="again"), "b": other})
    assert list(notes) == ["again"] and "the same files as a" in notes["again"]
    fewer = {language: source for language, source in one.test.items() if language == "de"}
    assert twin_notes({"a": one, "tests": one.replace(test=fewer), "train": one.replace(train=other.train)}) == {}


@pytest.mark.parametrize("role", ["options", "group"])
def test_a_column_stands_once_in_a_list(role: str) -> None:
    columns: dict[str, Any] = {"prompt": "q", "options": ("a", "b"), "answer": "z", role: ("a", "b", "a")}
    with pytest.raises(ValidationError) as refused:
        UserTask(kind="choice", reader="csv", train="a.csv", columns=columns)
    assert str(refused.value.errors()[0]["ctx"]["refusal"]) == "'a' stands here twice."
