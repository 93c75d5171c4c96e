"""AdapterFusion (Pfeiffer et al. 2021): an attention over several trained adapters at the place of one. K adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Bottleneck, Fuse, Multitask
from xstilts.nn.adapters.layers import Branch, Patch
from xstilts.nn.adapters.targets import Site


class Fusion(Patch):
    """h + sum over K of a_k V branch_k(h), a = softmax over K of (Q h) . (K branch_k(h)).

    V starts near the identity, so that equal attention is the mean of the adapters. The branches are not trained. The
    paper's penalty on how far V is from the identity is not there: the loss is a task's alone."""

    def __init__(self, site: Site, branches: Sequence[Branch], size: int) -> None:
        super().__init__((site,))
        self.branches = nn.ModuleList(branches)
        self.query, self.key = nn.Linear(size, size), nn.Linear(size, size)
        self.value = nn.Linear(size, size, bias=False)
        for layer in (self.query, self.key):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.value.weight.copy_(torch.eye(size) + 1e-6 * torch.randn(size, size))

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        added_KD = torch.stack([branch(output) for branch in self.branches], dim=-2)
        attention_K = (self.query(output)[..., None, :] * self.key(added_KD)).sum(-1).softmax(-1)
        return output + (attention_K[..., None] * self.value(added_KD)).sum(-2).to(output.dtype)

    def unfreeze(self) -> None:
        for layer in (self.query, self.key, self.value):
            layer.requires_grad_(True)


def check(settings: Fuse) -> Bottleneck:
    """Return the first of the adapters, which all of them are like. Raises EncoderError for adapters at different
    places, and for parallel and invertible ones."""
    if not settings.adapters:
        raise EncoderError("there are no adapters to fuse.")
    first = settings.adapters[0]
    if any((other.place, other.from_layer) != (first.place, first.from_layer) for other in settings.adapters):
        raise EncoderError("adapters at different places cannot be fused: give them one place and one 'from_layer'.")
    if any(isinstance(adapter, Multitask) for adapter in settings.adapters):
        raise EncoderError("adapters that tell tasks apart cannot be fused; export one task's first.")
    if first.place == "parallel" or any(adapter.invertible for adapter in settings.adapters):
        raise EncoderError("parallel and invertible adapters cannot be fused.")
    return first


def branch_weights(states: Sequence[Mapping[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of K adapters under the names that they have in a fusion of them."""
    for number, state in enumerate(states):
        for name, tensor in state.items():
            yield name.replace(".branch.", f".branches.{number}."), tensor
