"""FLOPs: floating-point operations of trainings and predictions, by counts of tokens (Kaplan et al. 2020).

Scaling Laws for Neural Language Models, arXiv 2001.08361, section 2.1: forward 2 N a token, N the encoder's weights
without embeddings, and 2 · layers · tokens of the sequence · width for attention; backward twice as much. Here the
sequence is the mean one, so that attention counts a little too low. Heads, norms and the optimiser are left out, as
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xstilts.core.settings.tuning import FROZEN, FULL
from xstilts.pipeline.estimates import block_weights

Config = Mapping[str, Any]


def forward_flops(config: Config, tokens: float, length: float) -> float | None:
    """Return the operations of a forward pass over `tokens` in sequences of `length`; None where the encoder's
    config.json is not known.

    >>> forward_flops({"hidden_size": 4, "intermediate_size": 8, "num_hidden_layers": 1}, tokens=10, length=5)
    2960.0
    """
    if "hidden_size" not in config:
        return None
    attention = 2.0 * float(config.get("num_hidden_layers", 2)) * length * float(config["hidden_size"])
    return tokens * (2.0 * block_weights(config) + attention)


def training_flops(config: Config, tokens: float, length: float, tune: object, small: float = 0.0) -> float | None:
    """Return the operations of updates on `tokens`.

    A backward pass has two halves of the work of the forward one: gradients of what a layer reads, and of its weights.
    All weights (`tune` "full") have both. Under small layers of `small` weights the encoder has the first half, from
    the lowest block that has them on, and the small ones all three. A frozen encoder has no backward pass.
    """
    forward = forward_flops(config, tokens, length)
    if forward is None or tune == FROZEN:
        return forward
    if tune == FULL:
        return 3.0 * forward
    layers = float(config.get("num_hidden_layers", 2))
    share = (layers - float(getattr(tune, "from_layer", 1)) + 1.0) / layers
    return forward * (1.0 + max(0.0, min(1.0, share))) + 6.0 * small * tokens
