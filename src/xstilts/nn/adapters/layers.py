"""Layers of adapters that are our own, each at one place of one block. D hidden size.

All work on the last axis alone, so packed [1, T, D] and padded [N, L, D] states are the same to them. A fresh one
leaves the encoder's outputs as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.hooks import RemovableHandle

from xstilts.core.errors import EncoderError
from xstilts.nn.adapters.targets import Site, linear_at

NON_LINEARITIES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
}


class Patch(nn.Module):
    """`sites[0]` is the layer that is changed. A patch whose effect is another weight can `merge` into it.

    A patch that reads or changes inputs does so before those that were attached earlier: it stands around the layer
    with its earlier patches, as a merged weight does.
    """

    mergeable = False

    def __init__(self, sites: Sequence[Site]) -> None:
        super().__init__()
        self.sites = tuple(sites)

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        """Hook into the model's forward pass."""
        return [self.linear(model).register_forward_hook(self.after)]

    def linear(self, model: nn.Module, place: int = 0) -> nn.Linear:
        return linear_at(model, self.sites[place])

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        """Return what replaces the layer's output."""
        raise NotImplementedError

    def merge(self, model: nn.Module) -> None:
        raise NotImplementedError

    @property
    def published(self) -> dict[str, Tensor]:
        """Weights by the ends of the names that peft gives them in a file; none where peft has no such layer."""
        return {}

    def unfreeze(self) -> None:
        """Let what is trained of it be trained."""
        self.requires_grad_(True)


class Branch(nn.Module):
    """scale * up(f(down(x))); the up-projection starts at zero. `sizes`: of what it reads and what it adds to."""

    def __init__(self, sizes: tuple[int, int], width: int, activation: str, scale: float) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(sizes[0], width), nn.Linear(width, sizes[1])
        self.activation, self.scale = activation, scale
        nn.init.normal_(self.down.weight, std=0.02)
        for tensor in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(tensor)

    def forward(self, states: Tensor) -> Tensor:
        added = self.up(NON_LINEARITIES[self.activation](self.down(states)))
        return added if self.scale == 1.0 else self.scale * added


class SequentialAdapter(Patch):
    """h + branch(h) of the output h of a sub-layer's last projection, so before its residual sum and norm, in blocks
    that norm before and after alike. (The `adapters` library's pfeiffer reads the state after the norm instead.)"""

    def __init__(self, site: Site, branch: nn.Module) -> None:
        super().__init__((site,))
        self.branch = branch

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        return output + self.branch(output).to(output.dtype)


class ParallelAdapter(Patch):
    """h + branch(x): x the input of the feed-forward layer (of its first projection, the second site), h its output."""

    def __init__(self, down: Site, up: Site, branch: nn.Module) -> None:
        super().__init__((down, up))
        self.branch = branch
        self._read: Tensor | None = None

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        return [self.linear(model, 1).register_forward_pre_hook(self.before, prepend=True), *super().attach(model)]

    def before(self, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._read = inputs[0]

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        read, self._read = self._read, None
        assert read is not None
        return output + self.branch(read).to(output.dtype)


class Coupling(Patch):
    """NICE (Dinh et al. 2015) on the embeddings, as in MAD-X: with halves a and b of a state, b' = b + f(a) and
    a' = a + g(b'), so that `inverse` is exact. At first it changes nothing. The site is what reads the embeddings: the
    first block, or the layer that widens them."""

    def __init__(self, path: str, size: int, activation: str) -> None:
        super().__init__((Site(1, "embeddings", path),))
        self.size = size
        if size % 2:
            raise EncoderError(f"an invertible adapter halves the states; the hidden size {size} is odd.")
        half = size // 2
        self.f, self.g = (Branch((half, half), max(1, half // 2), activation, 1.0) for _ in range(2))

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        block = model.get_submodule(self.sites[0].path)
        return [block.register_forward_pre_hook(self.before, with_kwargs=True)]

    def before(
        self, block: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if inputs:
            return (self(inputs[0]), *inputs[1:]), named
        return inputs, {**named, "hidden_states": self(named["hidden_states"])}

    def forward(self, states: Tensor) -> Tensor:
        a, b = states.chunk(2, dim=-1)
        b = b + self.f(a)
        return torch.cat([a + self.g(b), b], dim=-1)

    def inverse(self, states: Tensor) -> Tensor:
        a, b = states.chunk(2, dim=-1)
        a = a - self.g(b)
        return torch.cat([a, b - self.f(a)], dim=-1)
