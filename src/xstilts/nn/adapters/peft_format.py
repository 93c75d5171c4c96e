"""LoRA and IA3 in the files of the package peft: adapter_config.json and adapter_model.safetensors.

After its documented format (a checkpoint of `PeftModel.save_pretrained`): layers are named `base_model.model.<path>`,
for a model of `AutoModel` without a head. The files are read and written without importing peft.
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
from xstilts.nn.adapters.patches import Patch

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."


def write(folder: Path, adapters: Adapters, base: str) -> None:
    """The one adapter of an encoder; `base` is the folder or name of the encoder below it.

    Raises EncoderError for a method that peft does not have, for several adapters, and for a share of a fused layer."""
    if len(adapters.each) != 1 or not isinstance(adapters.each[0].settings, LoRA | IA3):
        found = ", ".join(type(adapter.settings).__name__ for adapter in adapters.each) or "none"
        raise EncoderError(f"the layout of peft holds one adapter, LoRA or IA3; here are: {found}.", value=found)
    (adapter,) = adapters.each
    patches = list(adapter.each)
    if fused := [patch.sites[0] for patch in patches if patch.sites[0].rows is not None]:
        path = fused[0].path
        what = f"'{path}' holds several roles in one layer, and an adapter of peft changes all of it."
        hint = f"Train it with the target '{path.rpartition('.')[2]}', or leave out `--adapter`: the adapter is then put "
        raise EncoderError(what, hint=hint + "into the weights.")
    tensors: dict[str, Tensor] = {}
    for patch in patches:
        tensors |= {f"{PREFIX}{patch.sites[0].path}.{name}": tensor for name, tensor in patch.published.items()}
    own = {name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}
    assert isinstance(adapter.settings, LoRA | IA3)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CONFIG, _config(adapter.settings, patches) | {"base_model_name_or_path": base})
    save_file(own, folder / WEIGHTS, metadata={"format": "pt"})


def _config(settings: LoRA | IA3, patches: list[Patch]) -> dict[str, Any]:
    shared = {
        "task_type": "FEATURE_EXTRACTION",
        "inference_mode": True,
        "fan_in_fan_out": False,
        "target_modules": [patch.sites[0].path for patch in patches],
    }
    if isinstance(settings, IA3):
        inputs = [patch.sites[0].path for patch in patches if patch.sites[0].role in settings.inputs]
        return shared | {"peft_type": "IA3", "feedforward_modules": inputs}
    return shared | {
        "peft_type": "LORA",
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": settings.dropout,
        "use_dora": settings.dora,
        "bias": "none",
    }
