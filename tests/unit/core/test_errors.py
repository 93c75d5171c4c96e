from __future__ import annotations

import pytest

from xstilts.core.errors import DataError, EncoderError, StoreError, StudyError, XstiltsError, nearest, reason_of


def test_nearest_ignores_case_and_gives_up_on_the_far() -> None:
    assert nearest("XNLY", ["pawsx", "xnli"]) == "xnli"
    assert nearest("entailmnt", ["Entailment", "neutral"]) == "Entailment"
    assert nearest("zzz", ["pawsx", "xnli"]) is None
    assert nearest("a", []) is None


def test_an_error_is_one_paragraph_place_first_hint_last() -> None:
    error = DataError("the label 'entail' is unknown.", where="a.tsv:3", value="entail",
                      allowed=("entailment", "neutral"), hint="See the task.")  # fmt: skip
    assert str(error) == (
        "a.tsv:3: the label 'entail' is unknown. Did you mean 'entailment'? Allowed: entailment, neutral. See the task."
    )
    assert (error.where, error.value, error.allowed) == ("a.tsv:3", "entail", ("entailment", "neutral"))


def test_only_what_is_known_is_said() -> None:
    assert str(StoreError("the disk is full.")) == "the disk is full."
    assert str(StudyError("no arm 'q'.", value="q", allowed=["none"])) == "no arm 'q'. Allowed: none."


def test_long_lists_are_cut_and_counted() -> None:
    text = str(StudyError("no.", value="x", allowed=[f"name{i}" for i in range(50)]))
    assert "name39 and 10 more." in text and "name40" not in text


@pytest.mark.parametrize("kind", [StudyError, DataError, EncoderError, StoreError])
def test_all_are_user_errors_with_exit_code_two(kind: type[XstiltsError]) -> None:
    assert issubclass(kind, XstiltsError) and kind("x").exit_code == 2


def test_what_a_library_says_comes_without_its_classes():
    assert reason_of(ValueError("a.b.StrictDataclassError: Field 'x':\n KeyError: 7 is no <class 'int'>")) == (
        "Field 'x': 7 is no int"
    )
    assert reason_of(KeyError()) == "Key" and reason_of(OSError("404 Client Error")) == "404 Client Error"
    assert len(reason_of(ValueError("x" * 500))) == 200
