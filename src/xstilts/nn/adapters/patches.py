"""The small layers themselves, each at one place of one block. D hidden size, R rank, O outputs of a linear layer.

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
from xstilts.nn.adapters.sites import Site, linear_at
from xstilts.nn.dropout import CheapDropout

_ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
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
        """Hooks into the model's forward pass."""
        return [self.linear(model).register_forward_hook(self.after)]

    def linear(self, model: nn.Module, place: int = 0) -> nn.Linear:
        return linear_at(model, self.sites[place])

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        """What takes the place of the layer's output."""
        raise NotImplementedError

    def merge(self, model: nn.Module) -> None:
        raise NotImplementedError

    def unfreeze(self) -> None:
        """Lets what is trained of it be trained."""
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
        added = self.up(_ACTIVATIONS[self.activation](self.down(states)))
        return added if self.scale == 1.0 else self.scale * added


class Sequential(Patch):
    """h + branch(h) of the output h of a sub-layer's last projection, so before its residual sum and norm, in blocks
    that norm before and after alike. (The `adapters` library's pfeiffer reads the state after the norm instead.)"""

    def __init__(self, site: Site, branch: Branch) -> None:
        super().__init__((site,))
        self.branch = branch

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        return output + self.branch(output).to(output.dtype)


class Parallel(Patch):
    """h + branch(x): x the input of the feed-forward layer (of its first projection, the second site), h its output."""

    def __init__(self, down: Site, up: Site, branch: Branch) -> None:
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


class LowRank(Patch):
    """LoRA: W x + (alpha / R) B A x, B [O, R] zero at first. `dora`: rows of W + (alpha / R) B A get the trained length
    `length_O`, at first that of W's; their own is held constant in the gradient (Liu et al. 2024, section 4.3)."""

    mergeable = True

    def __init__(self, site: Site, layer: nn.Linear, rank: int, alpha: float, dropout: float, dora: bool) -> None:
        super().__init__((site,))
        rows = layer.weight.detach()[_rows(site)].float()
        self.a = nn.Parameter(torch.empty(rank, rows.shape[1]))
        self.b = nn.Parameter(torch.zeros(rows.shape[0], rank))
        nn.init.kaiming_uniform_(self.a, a=5**0.5)
        self.scale, self.dropout = alpha / rank, CheapDropout(dropout)
        self.length_O = nn.Parameter(rows.norm(dim=1).clone()) if dora else None
        self._read: Tensor | None = None
        if dora and (layer._forward_hooks or layer._forward_pre_hooks):
            what = f"DoRA measures the weight of '{site.path}', which another adapter changes already."
            raise EncoderError(what, hint="Use plain LoRA in a stack.")

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        return [self.linear(model).register_forward_pre_hook(self.before, prepend=True), *super().attach(model)]

    def before(self, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._read = inputs[0]

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        read, self._read = self._read, None
        assert isinstance(layer, nn.Linear) and read is not None
        delta = self.scale * F.linear(F.linear(self.dropout(read), self.a), self.b)
        rows = _rows(self.sites[0])
        own = output[..., rows]
        if self.length_O is None:
            changed = own + delta
        else:
            factor_O = self.length_O / self._weight(layer).detach().norm(dim=1)
            bias_O = 0.0 if layer.bias is None else layer.bias[rows]
            changed = factor_O * (own - bias_O + delta) + bias_O
        return _replaced(output, rows, changed)

    def _weight(self, layer: nn.Linear) -> Tensor:
        return layer.weight[_rows(self.sites[0])].float() + self.scale * self.b @ self.a

    @torch.no_grad()
    def merge(self, model: nn.Module) -> None:
        layer = self.linear(model)
        weight = self._weight(layer)
        if self.length_O is not None:
            weight = (self.length_O / weight.norm(dim=1))[:, None] * weight
        layer.weight[_rows(self.sites[0])] = weight


class Factors(Patch):
    """IA3: a factor for each output of a linear layer, one at first; of its inputs for the role "down"."""

    mergeable = True

    def __init__(self, site: Site, layer: nn.Linear) -> None:
        super().__init__((site,))
        self.of_inputs = site.role == "down"
        sizes = layer.weight[_rows(site)].shape
        self.factor = nn.Parameter(torch.ones(sizes[1] if self.of_inputs else sizes[0]))

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        if not self.of_inputs:
            return super().attach(model)
        return [self.linear(model).register_forward_pre_hook(self.before, prepend=True)]

    def before(self, layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return ((inputs[0] * self.factor).to(inputs[0].dtype), *inputs[1:])

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        rows = _rows(self.sites[0])
        return _replaced(output, rows, output[..., rows] * self.factor)

    @torch.no_grad()
    def merge(self, model: nn.Module) -> None:
        layer, rows = self.linear(model), _rows(self.sites[0])
        layer.weight[rows] *= self.factor if self.of_inputs else self.factor[:, None]
        if layer.bias is not None and not self.of_inputs:
            layer.bias[rows] *= self.factor


class Coupling(Patch):
    """NICE (Dinh et al. 2015) on the embeddings, as in MAD-X: with halves a and b of a state, b' = b + f(a) and
    a' = a + g(b'), so that `inverse` is exact. At first it changes nothing. The site is the first block."""

    def __init__(self, path: str, size: int, activation: str) -> None:
        super().__init__((Site(1, "embeddings", path),))
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


def _rows(site: Site) -> slice:
    return site.rows or slice(None)


def _replaced(output: Tensor, rows: slice, changed: Tensor) -> Tensor:
    """`output` with other values in the outputs `rows`."""
    changed = changed.to(output.dtype)
    if rows == slice(None):
        return changed
    return torch.cat([output[..., : rows.start], changed, output[..., rows.stop :]], dim=-1)
