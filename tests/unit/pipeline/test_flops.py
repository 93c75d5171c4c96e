"""FLOPs by the formula of Kaplan et al. (2020), and what of a backward pass a way of tuning has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xstilts.core.settings.tuning import FROZEN, FULL, LoRA
from xstilts.pipeline.estimates import block_weights
from xstilts.pipeline.flops import forward_flops, training_flops

BASE = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "vocab_size": 250_002}
TOKENS, LENGTH = 1_000_000.0, 128.0
FORWARD = 2 * 12 * 12 * 768**2 + 2 * 12 * 128 * 768  # a token: 12 d² weights a layer, and attention


def test_a_forward_pass_is_two_operations_a_weight_and_the_attention():
    assert block_weights(BASE) == 12 * 12 * 768**2
    assert forward_flops(BASE, TOKENS, LENGTH) == pytest.approx(TOKENS * FORWARD)
    assert forward_flops({**BASE, "vocab_size": 5}, TOKENS, LENGTH) == forward_flops(BASE, TOKENS, LENGTH)


def test_training_everything_is_three_forward_passes_and_heads_alone_one():
    assert training_flops(BASE, TOKENS, LENGTH, FULL, 1e9) == pytest.approx(3 * TOKENS * FORWARD)
    assert training_flops(BASE, TOKENS, LENGTH, FROZEN, 1e9) == pytest.approx(TOKENS * FORWARD)


def test_small_layers_need_gradients_of_what_the_frozen_ones_read_from_their_first_block_on():
    lora = LoRA()
    assert training_flops(BASE, TOKENS, LENGTH, lora) == pytest.approx(2 * TOKENS * FORWARD)
    assert training_flops(BASE, TOKENS, LENGTH, lora, 1000.0) == pytest.approx(TOKENS * (2 * FORWARD + 6000))
    assert training_flops(BASE, TOKENS, LENGTH, replace(lora, from_layer=7)) == pytest.approx(1.5 * TOKENS * FORWARD)


def test_an_encoder_that_is_not_known_has_no_number():
    assert forward_flops({}, TOKENS, LENGTH) is None and training_flops({"dim": 768}, TOKENS, LENGTH, FULL) is None
