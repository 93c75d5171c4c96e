"""Adapters of the roles of one fused layer (Wqkv) as the one adapter of the whole layer, which is all that peft knows.

The result is exact: products of matrices side by side are their sum, rows that no role changes stay as they are. R rank
of each role's LoRA, K the most roles in one layer, O outputs of the layer, I its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from xstilts.nn.adapters.layers import Patch

DOWN, UP, LENGTH, FACTOR = "lora_A.weight", "lora_B.weight", "lora_magnitude_vector", "ia3_l"


def by_layer(patches: Sequence[Patch]) -> dict[str, list[Patch]]:
    """Patches by the path of the layer that they change."""
    found: dict[str, list[Patch]] = {}
    for patch in patches:
        found.setdefault(patch.sites[0].path, []).append(patch)
    return found


@torch.no_grad()
def as_one(patches: Sequence[Patch], layer: nn.Linear, most: int) -> dict[str, Tensor]:
    """The weights of an adapter of all of `layer`, by peft's ends of names; LoRA is given the rank K * R (`most` is K),
    with zeros where it has fewer roles."""
    first = patches[0].published
    if FACTOR in first:
        whole = len(patches) == 1 and patches[0].sites[0].rows is None
        return first if whole else {FACTOR: _spread(patches, FACTOR, torch.ones_like(layer.weight[:, :1]))}
    rank = len(first[DOWN])
    down_KRI = torch.cat([patch.published[DOWN] for patch in patches])
    up_OKR = layer.weight.new_zeros(layer.out_features, most * rank)
    for number, patch in enumerate(patches):
        rows = patch.sites[0].rows or slice(None)
        up_OKR[rows, number * rank : (number + 1) * rank] = patch.published[UP]
    found = {DOWN: F.pad(down_KRI, (0, 0, 0, most * rank - len(down_KRI))), UP: up_OKR}
    if LENGTH in first:
        found[LENGTH] = _spread(patches, LENGTH, layer.weight.norm(dim=1))
    return found


def _spread(patches: Sequence[Patch], name: str, still: Tensor) -> Tensor:
    """`still` for all outputs, with the values of each role in its rows."""
    found = still.clone()
    for patch in patches:
        found[patch.sites[0].rows or slice(None)] = patch.published[name]
    return found
