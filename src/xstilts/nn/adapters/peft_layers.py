"""LoRA, DoRA and IA3 by the package peft. This file alone imports it, and is itself imported where one of them is made.

peft puts a layer of its own in the place of each that it changes, which would rename the model's weights. So its layer
stands beside the model here: a hook gives it the input and the output of the model's layer, and `Stand` in it plays the
layer below. The formulas, the first values, dropout and merging are peft's. Where a layer holds several roles
(ModernBERT's Wqkv), peft sees one with the rows of a role alone. O outputs, I inputs of a linear layer.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import IA3Config, LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, LoRA
from xstilts.nn.adapters.layers import Patch
from xstilts.nn.adapters.targets import Site
from xstilts.nn.dropout import use_cheap_dropout

_LAYER = "layer"  # the name by which peft knows the one layer that it is given


class Stand(nn.Module):
    """The rows of a linear layer of the model, as peft's layer sees the one below it; it owns no weights. `output` is
    what the model has computed already; where there is none, the input is given back as it came."""

    def __init__(self, of: nn.Linear, rows: slice) -> None:
        super().__init__()
        self._of = (of, rows)  # a tuple registers nothing
        self.output: Tensor | None = None

    @property
    def weight(self) -> Tensor:
        of, rows = self._of
        return of.weight if rows == slice(None) else of.weight[rows]

    @property
    def bias(self) -> Tensor | None:
        of, rows = self._of
        return None if of.bias is None else of.bias[rows]

    def forward(self, states: Tensor) -> Tensor:
        return states if self.output is None else self.output


class PeftLayer(Patch):
    """A layer of peft around the outputs of one role. `of_inputs`: it changes inputs and nothing else, as IA3 does at
    the second half of the feed-forward layer."""

    mergeable = True

    def __init__(self, site: Site, layer: nn.Linear, settings: LoRA | IA3) -> None:
        super().__init__((site,))
        dora = isinstance(settings, LoRA) and settings.dora
        if dora and (layer._forward_hooks or layer._forward_pre_hooks):
            message = f"DoRA measures the weight of '{site.path}', which another adapter changes already."
            raise EncoderError(message, hint="Use plain LoRA in a stack.")
        self.rows = site.rows or slice(None)
        self.of_inputs = isinstance(settings, IA3) and site.role in settings.inputs
        container = nn.Module()
        container.add_module(_LAYER, _copy(layer, self.rows))
        inject_adapter_in_model(_config(settings, self.of_inputs), container)
        self.layer: Any = container.get_submodule(_LAYER)
        self.layer.base_layer = Stand(layer, self.rows)
        use_cheap_dropout(self)
        self._read: Tensor | None = None

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        if self.of_inputs:
            return [self.linear(model).register_forward_pre_hook(self.change_inputs, prepend=True)]
        return [self.linear(model).register_forward_pre_hook(self.before, prepend=True), *super().attach(model)]

    def change_inputs(self, layer: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self.layer(inputs[0]).to(inputs[0].dtype), *inputs[1:])

    def before(self, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._read = inputs[0]

    def after(self, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        read, self._read = self._read, None
        stand: Stand = self.layer.base_layer
        stand.output = output[..., self.rows]
        changed = self.layer(read).to(output.dtype)
        stand.output = None
        if self.rows == slice(None):
            return changed
        return torch.cat([output[..., : self.rows.start], changed, output[..., self.rows.stop :]], dim=-1)

    @torch.no_grad()
    def merge(self, model: nn.Module) -> None:
        layer = self.linear(model)
        self.layer.base_layer = merged = _copy(layer, self.rows)
        self.layer.merge()
        layer.weight[self.rows] = merged.weight
        if layer.bias is not None:
            layer.bias[self.rows] = merged.bias

    @property
    def published(self) -> dict[str, Tensor]:
        """Its weights by the ends of the names that peft gives them in a file (without the adapter's own name)."""
        weights = {
            name: tensor for name, tensor in self.layer.state_dict(keep_vars=True).items() if "base_layer" not in name
        }
        return {_published(name): tensor for name, tensor in weights.items()}


def _published(name: str) -> str:
    """
    >>> _published("lora_A.default.weight"), _published("lora_magnitude_vector.default.weight")
    ('lora_A.weight', 'lora_magnitude_vector')
    """
    name = name.replace(".default", "")
    return name.removesuffix(".weight") if "magnitude" in name else name


def _copy(layer: nn.Linear, rows: slice) -> nn.Linear:
    """Return a layer with the same rows of weights, of which none is registered with the model."""
    outputs, inputs = layer.weight[rows].shape
    copied = nn.Linear(inputs, outputs, bias=layer.bias is not None, device="meta")
    copied.weight = nn.Parameter(layer.weight.detach()[rows].clone())
    if layer.bias is not None:
        copied.bias = nn.Parameter(layer.bias.detach()[rows].clone())
    return copied


def _config(settings: LoRA | IA3, of_inputs: bool) -> LoraConfig | IA3Config:
    if isinstance(settings, IA3):
        return IA3Config(target_modules=[_LAYER], feedforward_modules=[_LAYER] if of_inputs else [])
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,  # type: ignore[arg-type]
        lora_dropout=settings.dropout,
        use_dora=settings.dora,
        target_modules=[_LAYER],
    )
