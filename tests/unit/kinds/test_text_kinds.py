"""Several labels a text, and a number for one: rows, guesses, checks, and their heads over a tiny encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from tiny_encoders import encoder
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import LabelsExample, TextExample
from xstilts.data.row_makers.catalog import LabelsRow
from xstilts.data.source import WHERE
from xstilts.heads.registry import make_head
from xstilts.kinds.multi_label import MultiLabel
from xstilts.kinds.regression import Regression

MOODS = MultiLabel(labels=("joy", "fear", "trust"))
STS = Regression(lowest=0, highest=5)


def moods(*labels: str) -> LabelsExample:
    return LabelsExample(id="1", group="1", text="It rains.", labels=labels, where="x.tsv:3")


def similar(score: str | None) -> TextExample:
    return TextExample(id="1", group="1", text="a", pair="b", label=score, where="sts.tsv:3")


def test_gold_is_yes_or_no_to_each_label_and_a_text_may_have_none(xlmr: Tokenizer):
    unlabelled = replace(moods(), labels=None)
    columns = MOODS.encode([moods("trust", "joy"), moods(), unlabelled], xlmr, 32).columns
    assert columns["gold"] == [[1, 0, 1], [0, 0, 0], []]
    assert [MOODS.gold(example) for example in (moods("trust", "joy"), moods(), unlabelled)] == [
        ["joy", "trust"], [], None,
    ]  # fmt: skip


def test_guesses_are_the_labels_above_zero():
    outputs = [np.array([2.0, -1.0, 0.1]), np.array([-1.0, -2.0, -3.0])]
    assert MOODS.postprocess([moods(), moods()], {"example": [1, 0]}, outputs) == [[], ["joy", "trust"]]
    assert MOODS.label_shares(np.array([[0.0, 1000.0, -1000.0]])).tolist() == [[0.5, 1.0, 0.0]]


def test_answers_that_ignore_the_text_are_the_commonest_labels():
    golds = [["joy"], ["joy", "fear"], ["joy"]]
    assert MOODS.blind_answers(golds) == [[["joy"]] * 3, [["joy", "fear"]] * 3]
    assert MOODS.blind_answers([[], []]) == [[[], []]]


@pytest.mark.parametrize(
    ("row", "settings", "labels"),
    [
        ({"labels": "1, 3"}, {}, ("1", "3")),
        ({"labels": "1;3;1"}, {"separator": ";"}, ("1", "3")),
        ({"labels": " "}, {}, ()),
        ({"labels": None}, {}, None),
        ({"labels": [1, 3]}, {}, ("1", "3")),
        ({"labels": 2}, {}, ("2",)),
        ({"labels": [0]}, {"labels": (("0", "joy"),)}, ("joy",)),
        ({"joy": "1", "fear": 0}, {"label": ("joy", "fear")}, ("joy",)),
        ({"joy": None, "fear": 0}, {"label": ("joy", "fear")}, None),
    ],
)
def test_labels_as_files_write_them(row: dict[str, Any], settings: dict[str, Any], labels: tuple[str, ...] | None):
    made = LabelsRow(**settings)({"text": "x", WHERE: "f:1", **row}, 0)
    assert isinstance(made, LabelsExample) and made.labels == labels


@pytest.mark.parametrize(
    ("row", "message"),
    [({"labels": [None]}, "f:1: .*not a list of labels"), ({"labels": [{}]}, "f:1: .*not a label"), ({}, "no field")],
)
def test_labels_that_are_refused(row: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        LabelsRow()({"text": "x", WHERE: "f:1", **row}, 0)
    with pytest.raises(DataError, match=r"x\.tsv:3: label 'jyo'.*Did you mean 'joy'"):
        MOODS.check(moods("jyo"))


def test_numbers_are_laid_on_their_scale(xlmr: Tokenizer):
    columns = STS.encode([similar("2.5"), similar(None), similar("5")], xlmr, 32).columns
    assert columns["gold"] == [[500_000], [], [1_000_000]]
    guesses = STS.postprocess([similar("1")] * 2, {"example": [1, 0]}, [np.float32(0.5), np.float32(1.25)])
    assert guesses == [6.25, 2.5]
    assert STS.chance_guesses([1.0, 4.0]) == [2.5, 2.5]


@pytest.mark.parametrize("score", ["5.1", "-0.1", "nan", "inf", "high", ""])
def test_a_number_off_the_scale_is_named(score: str):
    with pytest.raises(DataError, match=r"sts\.tsv:3: .*no number from 0 to 5"):
        STS.check(similar(score))


@pytest.mark.parametrize("ends", [(5, 0), (1, 1), (0, float("nan"))])
def test_a_scale_has_two_ends(ends: tuple[float, float]):
    with pytest.raises(StudyError, match="a scale does not go from"):
        Regression(*ends)


def test_the_losses_of_the_heads():
    tiny = encoder("xlm-roberta")
    rows: list[dict[str, Any]] = [
        {"example": i, "ids": [0, 7 + i, 2], "lengths": [3], "segments": [0, 0, 0], "gold": [i % 2, 1, 0]}
        for i in range(3)
    ]
    head = make_head(MOODS, tiny).eval()
    batch = head.collate(rows)
    scores = head(tiny(batch).last_TD, batch)
    loss = head.loss(scores, batch)
    gold = torch.tensor([[0.0, 1, 0], [1, 1, 0], [0, 1, 0]])
    expected = -(gold * scores.sigmoid().log() + (1 - gold) * (1 - scores.sigmoid()).log()).sum()
    assert scores.shape == (3, 3) and loss.count == 3
    torch.testing.assert_close(loss.sum, expected)
    head = make_head(STS, tiny).eval()
    batch = head.collate([{**row, "gold": [250_000 * i]} for i, row in enumerate(rows)])
    scores = head(tiny(batch).last_TD, batch)
    torch.testing.assert_close(head.loss(scores, batch).sum, ((scores - torch.tensor([0, 0.25, 0.5])) ** 2).sum())
    assert np.asarray(head.decode(scores, batch)).shape == (3,)
