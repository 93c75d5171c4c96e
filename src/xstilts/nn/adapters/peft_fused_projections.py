"""Fused projections: adapters of the roles of one layer (Wqkv) as the one adapter of the whole layer, which is all that
peft knows.

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
    """Return patches by the path of the layer that they change."""
    patches_of: dict[str, list[Patch]] = {}
    for patch in patches:
        patches_of.setdefault(patch.sites[0].path, []).append(patch)
    return patches_of


@torch.no_grad()
def as_one(patches: Sequence[Patch], layer: nn.Linear, most_roles: int) -> dict[str, Tensor]:
    """Return the weights of an adapter of all of `layer`, by peft's ends of names; LoRA is given the rank K * R
    (`most_roles` is K), with zeros where it has fewer roles."""
    first = patches[0].published
    if FACTOR in first:
        is_full = len(patches) == 1 and patches[0].sites[0].rows is None
        return first if is_full else {FACTOR: _spread(patches, FACTOR, torch.ones_like(layer.weight[:, :1]))}
    rank = len(first[DOWN])
    down_KRI = torch.cat([patch.published[DOWN] for patch in patches])
    up_OKR = layer.weight.new_zeros(layer.out_features, most_roles * rank)
    for number, patch in enumerate(patches):
        rows = patch.sites[0].rows or slice(None)
        up_OKR[rows, number * rank : (number + 1) * rank] = patch.published[UP]
    fused = {DOWN: F.pad(down_KRI, (0, 0, 0, most_roles * rank - len(down_KRI))), UP: up_OKR}
    if LENGTH in first:
        fused[LENGTH] = _spread(patches, LENGTH, layer.weight.norm(dim=1))
    return fused


def _spread(patches: Sequence[Patch], name: str, unchanged: Tensor) -> Tensor:
    """Return `unchanged` for all outputs, with the values of each role in its rows."""
    values = unchanged.clone()
    for patch in patches:
        values[patch.sites[0].rows or slice(None)] = patch.published[name]
    return values
