"""Distillation: which layers are compared, in which units, and what a teacher must be."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tiny_encoders
import toy_training
from xstilts.core.errors import EncoderError
from xstilts.data.examples import TextExample
from xstilts.heads.distillation import DistillationHead, spread_layers
from xstilts.heads.registry import make_head
from xstilts.kinds.distillation import Distillation
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.nn.teacher import Teacher
from xstilts.train.model import Model


def row(number: int, ids: list[int]) -> dict:
    return {"example": number, "ids": ids, "lengths": [len(ids)], "segments": [0] * len(ids), "gold": [1]}


ROWS = [row(0, [1, 5, 6, 9, 2]), row(1, [1, 7, 2])]


def taught(kind: Distillation, student_seed: int, teacher_seed: int = 0) -> tuple[Model, DistillationHead]:
    encoder = tiny_encoders.encoder("bert", student_seed)
    head = make_head(kind, encoder)
    assert isinstance(head, DistillationHead)
    head.learn_from(Teacher.of(tiny_encoders.encoder("bert", teacher_seed), "fp32"))
    return Model(encoder, {"it": head}), head


def test_a_student_that_is_its_teacher_has_no_loss_and_another_has():
    same, head = taught(Distillation(), 0)
    batch = head.collate(ROWS)
    assert head.pairs == ((1, 1), (2, 2), (3, 3)) and head.layers == (1, 2, 3, 3)
    assert head.loss(same(batch, "it"), batch).sum.item() == pytest.approx(0.0, abs=1e-5)
    assert head.decode(same(batch, "it"), batch) == pytest.approx([1.0, 1.0], abs=1e-5)
    other, head = taught(Distillation(), 1)
    assert head.loss(other(batch, "it"), batch).sum.item() > 0.1


def test_the_loss_is_in_units_of_each_dimensions_spread_over_the_tokens():
    model, head = taught(Distillation(layers=((1, 2),), sentences=0.5), 1)
    batch = head.collate(ROWS)
    student, teacher = model.encoder, tiny_encoders.encoder("bert", 0)
    with torch.no_grad():
        ours_TD, theirs_TD = student(batch, layers=(1,)).layers[1], teacher(batch, layers=(2,)).layers[2]
        last_TD, aim_TD = student(batch).last_TD, teacher(batch).last_TD
        squares = (((ours_TD - theirs_TD) / theirs_TD.std(dim=0, unbiased=False)) ** 2).mean()
        cosines = [
            torch.cosine_similarity(last_TD[part].mean(0), aim_TD[part].mean(0), dim=0)
            for part in (slice(0, 5), slice(5, 8))
        ]
        expected = squares + 0.5 * (1 - sum(cosines) / 2)
    loss = head.loss(model(batch, "it"), batch)
    assert loss.count == 2
    assert loss.sum.item() / 2 == pytest.approx(float(expected), rel=1e-4)


def test_only_the_student_learns():
    model, head = taught(Distillation(), 1)
    batch = head.collate(ROWS)
    head.loss(model(batch, "it"), batch).sum.backward()
    assert head.teacher is not None
    assert all(parameter.grad is None for parameter in head.teacher.encoder.parameters())
    assert not list(head.parameters()) and not [name for name in model.trained if "teacher" in name]
    assert sum(float(parameter.grad.abs().sum()) for parameter in model.encoder.blocks()[0].parameters()) > 0


def test_a_layer_that_is_not_there_and_states_of_another_size():
    with pytest.raises(EncoderError, match="no pair 2: 7"):
        taught(Distillation(layers=((2, 7),)), 1)
    head = make_head(Distillation(), tiny_encoders.encoder("bert"))
    with pytest.raises(EncoderError, match="32 numbers, its teacher's 40"):
        head.learn_from(Teacher.of(tiny_encoders.encoder_of(hidden_size=40), "fp32"))


@given(st.integers(1, 12), st.integers(1, 24))
def test_the_last_layers_are_a_pair_and_depth_rises(student: int, teacher: int):
    pairs = spread_layers(student, teacher)
    assert pairs[-1] == (student, teacher)
    assert [pair[1] for pair in pairs] == sorted(pair[1] for pair in pairs)


def test_rows_are_single_texts_and_guesses_the_mean_over_them(tmp_path: Path):
    kind = Distillation()
    tokenizer = load_tokenizer(toy_training.encoder_folder(tmp_path))
    long = " ".join(["the sunny day"] * 9)
    examples = [TextExample(id="0", group="0", text=long, pair="a day"), TextExample(id="1", group="1", text="the day")]
    encoded = kind.encode(examples, tokenizer, 16)
    owners = encoded.columns["example"]
    assert owners.count(0) >= 3 and owners.count(1) == 1 and encoded.split == 1
    rows = zip(encoded.columns["lengths"], encoded.columns["ids"], strict=True)
    assert all(sum(lengths) == len(ids) <= 16 for lengths, ids in rows)
    outputs = [0.5] * owners.count(0) + [0.25]
    assert kind.postprocess(examples, encoded.columns, outputs) == [0.5, 0.25]
