"""The small batch that shows whether an encoder can run in another way. T tokens, D hidden size."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import PreTrainedConfig

from xstilts.nn.batch import Batch

# Wrong positions or mixed sequences move states by a share of their size; another order of sums by a millionth.
SAME = 1e-3


def apart(got_TD: Tensor, expected_TD: Tensor) -> float:
    """The largest difference, as a share of the largest state."""
    return float((got_TD - expected_TD).abs().max() / expected_TD.abs().max())


def trial_batch(config: PreTrainedConfig, max_length: int | None) -> Batch:
    """Two sequences of different length, the longer one beyond a local layer's window where that is cheap."""
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
