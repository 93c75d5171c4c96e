"""Equivalence check: whether an encoder computes the same states for a small batch when it runs packed.

T tokens, D hidden size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig

from xstilts.nn.attention import PACKED, Unpackable
from xstilts.nn.batch import Batch
from xstilts.nn.last_block import can_narrow, narrow

if TYPE_CHECKING:
    from xstilts.nn.encoder import Encoder

# Wrong positions or mixed sequences move states by a share of their size; another order of sums by a millionth.
SAME = 1e-3


class PackingTrial(NamedTuple):
    """Result of a trial: why the encoder must pad (None: it need not), and whether its last block leaves out
    tokens that nobody reads."""

    padding_reason: str | None
    skips_unread_tokens: bool


def try_packing(encoder: Encoder, is_compiled: bool) -> PackingTrial:
    """Switch an encoder to packed attention if a small batch shows that it changes nothing."""
    model = encoder.model
    if not getattr(model, "_supports_attention_backend", False) or "position_ids" not in encoder.input_names:
        return PackingTrial("its class does not take another attention function", False)
    batch = trial_batch(encoder.config, encoder.max_length).to(model.device)
    attention_before, training = encoder.config._attn_implementation, model.training
    model.eval()
    skips_unread = False
    with torch.no_grad():
        expected_TD = encoder.padded_pass(batch).last_TD()
        model.set_attn_implementation(PACKED)
        reason = _difference(encoder, batch, expected_TD)
        if not reason and not is_compiled:  # compiled blocks do all they did
            skips_unread = _try_skipping_unread(encoder, batch, expected_TD)
    model.train(training)
    if reason:
        model.set_attn_implementation(attention_before)
    return PackingTrial(reason, skips_unread)


def relative_difference(got_TD: Tensor, expected_TD: Tensor) -> float:
    """Return the largest difference, as a share of the largest state."""
    return float((got_TD - expected_TD).abs().max() / expected_TD.abs().max())


def trial_batch(config: PreTrainedConfig, max_length: int | None) -> Batch:
    """Return two sequences of different length, the longer one beyond a local layer's window where that is cheap."""
    window = getattr(config, "sliding_window", None) or 0
    longer = min(max(9, window + 3 if window <= 128 else 0), max_length or 512)
    shorter = max(1, longer // 2)
    total = longer + shorter
    ids_T = 1 + torch.arange(total) * 7919 % (config.vocab_size - 1)
    ids_T[ids_T == config.pad_token_id] = 0 if config.pad_token_id else 1
    return Batch(
        ids_T=ids_T,
        segments_T=(torch.arange(total) % 5 == 0).long(),
        lengths_N=torch.tensor([longer, shorter]),
        sequences_R=[1, 1],
        examples_R=[0, 1],
    )


def _difference(encoder: Encoder, batch: Batch, expected_TD: Tensor) -> str | None:
    trace: list[nn.Module] = []
    try:
        packed_TD = encoder.packed_pass(batch, trace=trace).last_TD()
    except (Unpackable, TypeError) as error:
        return str(error)
    if len(trace) != encoder.num_layers:
        return f"{len(trace)} of its {encoder.num_layers} layers use the attention function they are given"
    worst = relative_difference(packed_TD, expected_TD)
    return None if worst < SAME else f"a packed batch differs from a padded one by {worst:.1e} of the largest state"


def _try_skipping_unread(encoder: Encoder, batch: Batch, expected_TD: Tensor) -> bool:
    """Let the last block leave out tokens that nobody reads, if a trial shows that it may."""
    blocks = encoder.blocks()
    if not len(blocks) or not can_narrow(blocks[-1]):
        return False
    handles, first_N = narrow(blocks[-1]), batch.starts_N.to(batch.ids_T.device)
    try:
        states_TD = encoder.packed_pass(batch, first_N).last_TD()
        if relative_difference(states_TD[first_N], expected_TD[first_N]) < SAME:
            return True
    except (RuntimeError, TypeError, IndexError):
        pass  # a block of other parts under the same names
    for handle in handles:
        handle.remove()
    return False
