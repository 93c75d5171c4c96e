"""LoRA and IA3 in the files of the package peft: adapter_config.json and adapter_model.safetensors.

After its documented format (a checkpoint of `PeftModel.save_pretrained`): layers are named `base_model.model.<path>`,
for a model of `AutoModel` without a head. The files are read and written without importing peft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from xstilts.core.errors import EncoderError, StoreError
from xstilts.core.files import read_json, read_settings, write_json
from xstilts.core.settings.tuning import IA3, LoRA
from xstilts.core.tensor_files import read_header
from xstilts.nn.adapters.layers import Patch
from xstilts.nn.adapters.manager import Adapters, Attached
from xstilts.nn.adapters.peft_fused_projections import as_one, by_layer
from xstilts.nn.adapters.peft_settings import changed_layers, layer_tensors, settings_of

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."


def write(folder: Path, adapters: Adapters, base: str) -> None:
    """Write the one adapter of an encoder; `base` is the folder or name of the encoder below it.

    Roles that share a layer become one adapter of it (`peft_fused_projections`). Raises EncoderError for a method that
    peft does not have and for several adapters."""
    if len(adapters.each) != 1 or not isinstance(adapters.each[0].settings, LoRA | IA3):
        names = ", ".join(type(adapter.settings).__name__ for adapter in adapters.each) or "none"
        raise EncoderError(f"the layout of peft holds one adapter, LoRA or IA3; here are: {names}.", value=names)
    (adapter,) = adapters.each
    patches = list(adapter.each)
    layers = by_layer(patches)
    most_roles = max(map(len, layers.values()))
    tensors: dict[str, Tensor] = {}
    for path, roles in layers.items():
        fused = as_one(roles, roles[0].linear(adapters.model), most_roles)
        tensors |= {f"{PREFIX}{path}.{name}": tensor for name, tensor in fused.items()}
    stored = {name: tensor.detach().float().cpu().contiguous() for name, tensor in tensors.items()}
    assert isinstance(adapter.settings, LoRA | IA3)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CONFIG, _config(adapter.settings, layers, most_roles) | {"base_model_name_or_path": base})
    save_file(stored, folder / WEIGHTS, metadata={"format": "pt"})


def read(folder: Path, adapters: Adapters) -> Attached:
    """Attach the adapter of a folder that peft has written, on top of those that are there. The heads of other tasks
    that peft has put beside it are left out. What the adapter was trained on is not in the files, but for its sizes.

    Raises EncoderError for files that cannot be read, an adapter of an encoder of another shape or class, and one that
    does more than our layers do."""
    try:
        config, tensors = read_json(folder / CONFIG), load_file(folder / WEIGHTS)
    except (OSError, SafetensorError, StoreError) as error:
        raise EncoderError(f"there is no adapter of peft here: {error}", where=str(folder)) from error
    adapter, weights = _attach(folder, config, tensors, adapters)
    with torch.no_grad():
        for key, tensor in _published(adapter).items():
            tensor.copy_(weights[key])
    return adapter


def fitting_settings(folder: Path, adapters: Adapters) -> LoRA | IA3:
    """Return the settings of the adapter of a folder, from the headers of its files alone. `adapters`: of a model of
    the encoder's shape, which may be without numbers (on the device "meta"). Raises EncoderError as `read` does."""
    headers = read_header(folder / WEIGHTS)
    tensors = {name: torch.empty(tensor.shape, device="meta") for name, tensor in headers.items()}
    adapter, _ = _attach(folder, read_settings(folder / CONFIG), tensors, adapters)
    adapters.drop_last()
    assert isinstance(adapter.settings, LoRA | IA3)
    return adapter.settings


def _attach(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Tensor], adapters: Adapters
) -> tuple[Attached, dict[tuple[str, str], Tensor]]:
    """Attach a fresh adapter with the settings of a folder, and return it with the weights that are its own there."""
    model, layers = adapters.model, adapters.layers
    try:
        weights = layer_tensors(tensors, PREFIX, str(getattr(model, "base_model_prefix", "")))
        first, targets, target_of = changed_layers(model, layers, sorted({path for path, _ in weights}))
        inputs = {target_of[path] for (path, kind), tensor in weights.items() if kind == "ia3_l" and len(tensor) == 1}
        settings = settings_of(config, targets, [target for target in targets if target in inputs], first)
        adapter = adapters.add(settings)
    except EncoderError as error:
        raise error.moved(str(folder)) from error
    ours = _published(adapter)
    if wrong := sorted(key for key in ours.keys() | weights.keys() if _size(ours, key) != _size(weights, key)):
        adapters.drop_last()
        (path, name), stored_size, size = wrong[0], _size(weights, wrong[0]), _size(ours, wrong[0])
        message = f"an adapter of another encoder: '{path}.{name}' is {stored_size} there, this encoder needs {size}."
        raise EncoderError(message, where=str(folder / WEIGHTS))
    return adapter, weights


def _published(adapter: Attached) -> dict[tuple[str, str], Tensor]:
    """Return the weights of an adapter as peft stores them, by (path of the layer, which of its weights)."""
    return {(patch.sites[0].path, name): tensor for patch in adapter.each for name, tensor in patch.published.items()}


def _size(tensors: Mapping[tuple[str, str], Tensor], key: tuple[str, str]) -> str:
    return "x".join(map(str, tensors[key].shape)) if key in tensors else "missing"


def _config(settings: LoRA | IA3, layers: Mapping[str, Sequence[Patch]], most_roles: int) -> dict[str, Any]:
    shared = {
        "task_type": "FEATURE_EXTRACTION",
        "inference_mode": True,
        "fan_in_fan_out": False,
        "target_modules": list(layers),
    }
    if isinstance(settings, IA3):
        inputs = [path for path, roles in layers.items() if roles[0].sites[0].role in settings.inputs]
        return shared | {"peft_type": "IA3", "feedforward_modules": inputs}
    return shared | {
        "peft_type": "LORA",
        "r": most_roles * settings.rank,
        "lora_alpha": most_roles * settings.alpha,
        "lora_dropout": settings.dropout,
        "use_dora": settings.dora,
        "bias": "none",
    }
