"""One forward pass of an encoder: how its states become [T, D], and how states of inner layers are captured.

T tokens of all sequences, D hidden size, L the longest sequence (only where a class must be padded).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel


@dataclass
class Hidden:
    """Hidden states, [T, D] each.

    last_TD: the class's last hidden state; with `until` it is the state of that layer.
    layers: the layers asked for: 0 the embeddings, k the output of block k, the last one as `last_TD` (after a final
        norm, if any).
    """

    last_TD: Tensor
    layers: dict[int, Tensor] = field(default_factory=dict)


StateMap = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class ForwardPass:
    """A forward pass that is ready to run.

    run: runs the model and returns its last hidden state, in the shape of the model ([1, X, D] or [N, L, D]).
    to_tokens: turns the state of any layer into [T, D].
    last_to_tokens: the same for the last state, which may hold fewer tokens (`nn.last_block`).
    """

    run: Callable[[], Tensor]
    to_tokens: StateMap
    last_to_tokens: StateMap

    def last_TD(self) -> Tensor:
        """Run the pass; the last hidden state of each token."""
        return self.last_to_tokens(self.run())


class LayerReached(Exception):  # noqa: N818 (a way out, not an error)
    """Raised inside a forward pass after the last block that is needed."""


@contextmanager
def capture_states(blocks: Sequence[nn.Module], layers: set[int], until: int | None) -> Iterator[dict[int, Tensor]]:
    """Fill a dict with the states of `layers` during a forward pass, which ends with LayerReached after layer
    `until`."""
    states: dict[int, Tensor] = {}

    def before_first(_block: nn.Module, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        store(0, inputs[0] if inputs else keywords["hidden_states"])

    def after(layer: int) -> Callable[[nn.Module, Any, Any], None]:
        return lambda _block, _inputs, output: store(layer, output[0] if isinstance(output, tuple) else output)

    def store(layer: int, state: Tensor) -> None:
        states[layer] = state
        if layer == until:
            raise LayerReached

    handles = [blocks[layer - 1].register_forward_hook(after(layer)) for layer in layers if layer > 0]
    if 0 in layers:
        handles.append(blocks[0].register_forward_pre_hook(before_first, with_kwargs=True))
    try:
        yield states
    finally:
        for handle in handles:
            handle.remove()


def position_offset(model: PreTrainedModel) -> int:
    """Return the position of a first token: classes of the RoBERTa family count from the padding index + 1, all others
    from 0."""
    embeddings: Any = getattr(model, "embeddings", None)
    counts_from_padding = hasattr(embeddings, "create_position_ids_from_input_ids")
    return int(embeddings.padding_idx) + 1 if counts_from_padding else 0
