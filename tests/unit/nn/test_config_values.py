"""Values of a config.json that no encoder has are refused with the key, the value and what is allowed."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tiny_encoders import config
from xstilts.core.errors import EncoderError
from xstilts.nn.config_values import check_values

SIZES = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "n_layers",
    "dim",
)
LAYERS = ("num_hidden_layers", "n_layers")
NAMES = ("xlm-roberta", "bert", "electra", "modernbert", "eurobert", "distilbert", "deberta-v2", "mpnet", "rembert")
IDS = ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id", "mask_token_id")
odd = st.one_of(
    st.integers(max_value=0), st.integers(min_value=10**9), st.booleans(), st.floats(), st.text(), st.lists(st.none())
)


@pytest.mark.parametrize("name", NAMES)
def test_values_of_every_class_pass(name: str) -> None:
    check_values(config(name).to_dict(), "config.json")


@pytest.mark.parametrize("key", LAYERS)
def test_token_vectors_alone_are_an_encoder(key: str) -> None:
    check_values({key: 0}, "config.json")


@given(key=st.sampled_from(SIZES), value=odd)
def test_a_size_is_a_positive_whole_number(key: str, value: Any) -> None:
    assume(not (key in LAYERS and type(value) is int and value == 0))
    with pytest.raises(EncoderError) as refusal:
        check_values({key: value}, "there/config.json")
    said = str(refusal.value)
    assert said.startswith("there/config.json: ") and f"`{key}` is " in said and "allowed" in said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rope": {"factors": [1.0, math.nan]}}, "`rope.factors[1]` is nan; a finite number is allowed"),
        ({"hidden_dropout_prob": 1.5}, "`hidden_dropout_prob` is 1.5; a number from 0 to 1 is allowed"),
        ({"attention_dropout": "much"}, "`attention_dropout` is 'much'; a number from 0 to 1 is allowed"),
        ({"pad_token_id": -7}, "`pad_token_id` is -7; the number of a token, from 0 on, is allowed"),
        ({"pad_token_id": True}, "`pad_token_id` is true; the number of a token is allowed"),
        *(({key: [0]}, f"`{key}` is [0]; the number of a token is allowed") for key in IDS if key != "eos_token_id"),
        ({"eos_token_id": [None]}, "`eos_token_id` is [None]"),
        ({"max_position_embeddings": -2}, "a whole number from -1"),
        ({"eos_token_id": ["x"]}, "`eos_token_id` is ['x']"),
        ({"hidden_size": 30, "num_attention_heads": 4}, "`num_attention_heads` is 4, which does not divide"),
        ({"type_vocab_size": -1}, "a whole number from 0"),
    ],
)
def test_other_values_that_cannot_be(values: dict[str, Any], said: str) -> None:
    with pytest.raises(EncoderError) as refusal:
        check_values(values, "config.json")
    assert said in str(refusal.value)


def test_what_classes_leave_open_passes() -> None:
    check_values(
        {"type_vocab_size": 0, "pad_token_id": None, "eos_token_id": [1, 2], "classifier_dropout": None,
         "dropout_schedule": "linear", "dropout_steps": 1000, "token_dropout": True,
         "hidden_size": 30, "head_dim": 8, "num_attention_heads": 4, "max_position_embeddings": None}, "config.json",
    )  # fmt: skip
    check_values({"max_position_embeddings": -1}, "config.json")  # which some classes do not use
