"""Prefix tuning (Li and Liang 2021): trained keys and values that every token sees beside those of its own sequence.

They are trained as they are, as in P-tuning v2 (Liu et al. 2022), without the paper's network that makes them. They
have no position (rotary encoders have turned a sequence's keys by theirs before), and a layer with a sliding window
sees all of them from everywhere. P keys, O outputs of the key and value layers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle
from transformers import PreTrainedModel

from xstilts.nn.adapters.layers import Patch
from xstilts.nn.adapters.prompts import check_packed
from xstilts.nn.adapters.targets import Site, find_site, linear_at
from xstilts.nn.attention import Packing


class BlockPrefix(Patch):
    """The prefix of one block. The site is the module that calls the attention function, the one that holds the query
    layer."""

    def __init__(self, model: nn.Module, layers: int, block: int, length: int) -> None:
        query, key = (find_site(model, layers, block, role) for role in ("query", "key"))
        super().__init__((Site(block, "prefix", query.path.rpartition(".")[0]),))
        assert isinstance(model, PreTrainedModel)
        check_packed(model, "a prefix")
        size = len(linear_at(model, key).weight[key.rows or slice(None)])
        self.key_PO, self.value_PO = (nn.Parameter(0.02 * torch.randn(length, size)) for _ in range(2))

    def attach(self, model: nn.Module) -> list[RemovableHandle]:
        return [model.get_submodule(self.sites[0].path).register_forward_pre_hook(self.before, with_kwargs=True)]

    def before(
        self, attention: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        packing: Packing = named["packing"]
        return inputs, {**named, "packing": packing.with_prefix(self.key_PO, self.value_PO)}
