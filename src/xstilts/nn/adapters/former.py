"""Names of LoRA and IA3 weights in checkpoints that were written before these layers were peft's. O outputs."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

_NAMES = {
    "a": "layer.lora_A.default.weight",
    "b": "layer.lora_B.default.weight",
    "length_O": "layer.lora_magnitude_vector.default.weight",
    "factor": "layer.ia3_l.default",
}


def renamed(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` of a file under the names of `own`, the weights of the adapter that reads them; others as they are."""
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        above, _, last = name.rpartition(".")
        new = f"{above}.{_NAMES.get(last, last)}"
        if name in own or new not in own:
            new = name
        found[new] = tensor.view(own[new].shape) if new != name and tensor.numel() == own[new].numel() else tensor
    return found
