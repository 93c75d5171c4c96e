"""The last block of an encoder, after its attention, for those tokens alone whose states somebody reads.

A classifier reads the first token of a sequence; the projection, the feed-forward layer and the norms of the last block
are then needed for no other one. Blocks like those of BERT allow it: what follows the attention is a module of two
inputs, the attention's output and the residual, and works on each token for itself.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from xstilts.nn.attention import Packing

_AFTER_ATTENTION = "attention.output"


def can_narrow(block: nn.Module) -> bool:
    """Tell whether a block has BERT's parts. What they compute is for a trial run to show."""
    names = {name for name, _ in block.named_modules()}
    return {f"{_AFTER_ATTENTION}.dense", "intermediate.dense", "output.dense"} <= names


class _Reading:
    """The tokens [P] of the call that a block is in; a block that is run again in the backward pass sees its own."""

    read_P: Tensor | None = None

    def begin(self, _block: nn.Module, _inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        packing = named.get("packing")
        self.read_P = packing.read_P if isinstance(packing, Packing) else None

    def cut(self, _layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.read_P is None:
            return inputs
        return tuple(states.index_select(1, self.read_P) for states in inputs)


def narrow(block: nn.Module) -> list[RemovableHandle]:
    """Cut the block's states [1, T, D] to [1, P, D], those of the tokens `packing.read_P`, where a call has them."""
    reading = _Reading()
    return [
        block.register_forward_pre_hook(reading.begin, with_kwargs=True),
        block.get_submodule(_AFTER_ATTENTION).register_forward_pre_hook(reading.cut),
    ]
