"""LoRA and IA3 in the files of the package peft: adapter_config.json and adapter_model.safetensors.

Written after its documented format (a checkpoint of `PeftModel.save_pretrained`), without the package: layers are named
`base_model.model.<path>`, for a model of `AutoModel` without a head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from xstilts.core.errors import EncoderError
from xstilts.core.files import write_json
from xstilts.core.tuning import IA3, LoRA
from xstilts.nn.adapters.attach import Adapters
from xstilts.nn.adapters.patches import Factors, LowRank

_PREFIX = "base_model.model."


def write(folder: Path, adapters: Adapters, base: str) -> None:
    """The one adapter of an encoder; `base` is the folder or name of the encoder below it.

    Raises EncoderError for a method that peft does not have, for several adapters, and for a share of a fused layer."""
    if len(adapters.each) != 1 or not isinstance(adapters.each[0].settings, LoRA | IA3):
        found = ", ".join(type(adapter.settings).__name__ for adapter in adapters.each) or "none"
        raise EncoderError(f"the layout of peft holds one adapter, LoRA or IA3; here are: {found}.", value=found)
    (adapter,) = adapters.each
    patches = list(adapter.each)
    if fused := [patch.sites[0].path for patch in patches if patch.sites[0].rows is not None]:
        what = f"'{fused[0]}' holds several roles in one layer, and an adapter of peft changes all of it."
        raise EncoderError(what, hint="Leave out `--adapter`: the adapter is then put into the weights.")
    tensors: dict[str, Tensor] = {}
    for patch in patches:
        name = _PREFIX + patch.sites[0].path
        if isinstance(patch, LowRank):
            tensors |= {f"{name}.lora_A.weight": patch.a, f"{name}.lora_B.weight": patch.b}
            tensors |= {} if patch.length_O is None else {f"{name}.lora_magnitude_vector": patch.length_O}
        elif isinstance(patch, Factors):
            tensors[f"{name}.ia3_l"] = patch.factor[None, :] if patch.of_inputs else patch.factor[:, None]
    own = {name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}
    inputs = [patch.sites[0].path for patch in patches if isinstance(patch, Factors) and patch.of_inputs]
    paths = [patch.sites[0].path for patch in patches]
    assert isinstance(adapter.settings, LoRA | IA3)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / "adapter_config.json", _config(adapter.settings, paths, inputs) | {"base_model_name_or_path": base}
    )
    save_file(own, folder / "adapter_model.safetensors", metadata={"format": "pt"})


def _config(settings: LoRA | IA3, paths: list[str], inputs: list[str]) -> dict[str, Any]:
    shared = {"task_type": "FEATURE_EXTRACTION", "inference_mode": True, "fan_in_fan_out": False}
    if isinstance(settings, IA3):
        return shared | {"peft_type": "IA3", "target_modules": paths, "feedforward_modules": inputs}
    return shared | {
        "peft_type": "LORA",
        "target_modules": paths,
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": settings.dropout,
        "use_dora": settings.dora,
        "bias": "none",
    }
