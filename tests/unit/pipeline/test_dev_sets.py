"""A dev set that is scored again may hold examples without gold, as one that steers selection may."""

from __future__ import annotations

from xstilts.core.canonical import fingerprint
from xstilts.data.examples import TextExample
from xstilts.data.read import ResolvedSource
from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.views import Subsample
from xstilts.kinds.classification import Classification
from xstilts.pipeline.steps.base import EvaluationSet

KIND = Classification(labels=("no", "yes"))
FILE = ResolvedSource(files=("f" * 64,), read=Tsv(), row=TextRow(label="label"), paths=())
ROWS = [TextExample(id=str(i), group=str(i), text="x", label=None if i % 3 == 0 else "yes") for i in range(9)]


def test_examples_without_gold_are_left_out_of_a_dev_set_alone() -> None:
    test, dev = (
        EvaluationSet(language="en", source=FILE, views=()),
        EvaluationSet(language="en", source=FILE, views=(), use="dev"),
    )
    assert test.example_indices(ROWS, KIND) == list(range(9)) and dev.example_indices(ROWS, KIND) == [1, 2, 4, 5, 7, 8]
    assert (test.input, dev.input) == ("test/en", "dev/en")


def test_views_come_first() -> None:
    dev = EvaluationSet(language="en", source=FILE, views=(Subsample(n=4),), use="dev")
    whole = EvaluationSet(language="en", source=FILE, views=(Subsample(n=4),)).example_indices(ROWS, KIND)
    assert len(whole) == 4 and dev.example_indices(ROWS, KIND) == [i for i in whole if i % 3]


def test_a_test_set_keeps_its_identity() -> None:
    plain = EvaluationSet(language="en", source=FILE, views=())
    assert fingerprint(plain) == fingerprint(EvaluationSet(language="en", source=FILE, views=(), use="test"))
    assert fingerprint(plain) != fingerprint(EvaluationSet(language="en", source=FILE, views=(), use="dev"))
