"""Settings of peft (adapter_config.json) as ours: which layers are changed is read off the weights' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple

from torch import Tensor, nn

from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, LoRA
from xstilts.nn.adapters.targets import ROLES, find_blocks, find_site
from xstilts.nn.output_layers import OUTPUTS, is_output

# Keys that change no number of what was trained: provenance, how it was begun, what is read off the weights instead.
_HARMLESS = frozenset((
    "task_type", "peft_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode",
    "target_modules", "feedforward_modules", "exclude_modules", "layers_to_transform", "layers_pattern",
    "init_ia3_weights", "megatron_core", "qalora_group_size", "loftq_config", "eva_config", "lora_dropout",
    "r", "lora_alpha", "use_rslora", "use_dora", "ensure_weight_tying",
))  # fmt: skip
_BEGINS = (True, False, "gaussian", "eva", "orthogonal", None)  # other ways to begin have changed the weights below
_KINDS = ("LORA", "IA3")


def settings_of(config: Mapping[str, Any], targets: Sequence[str], inputs: Sequence[str], first: int) -> LoRA | IA3:
    """Return the settings of an adapter that changes `targets` from block `first` on, and of `inputs` the inputs (IA3).
    Raises EncoderError, naming the key, for what our layers do not do."""
    kind = str(config.get("peft_type"))
    if kind not in _KINDS:
        raise EncoderError(f"a '{kind}' adapter of peft cannot be read.", value=kind, allowed=_KINDS)
    for key, value in config.items():
        if not _is_known(key, value):
            raise EncoderError(f"adapters of peft with '{key}: {value}' cannot be read.", value=key)
    if kind == "IA3":
        usual = [target for target in targets if target == "down"] == list(inputs)
        return IA3(targets=tuple(targets), inputs=IA3.inputs if usual else tuple(inputs), from_layer=first)
    rank, alpha = int(config["r"]), float(config["lora_alpha"])
    return LoRA(
        rank=rank,
        alpha=alpha * sqrt(rank) if config.get("use_rslora") else alpha,
        targets=tuple(targets),
        dropout=float(config.get("lora_dropout") or 0.0),
        dora=bool(config.get("use_dora")),
        from_layer=first,
    )


def _is_known(key: str, value: Any) -> bool:
    if key == "init_lora_weights":
        return value in _BEGINS
    if key == "bias":
        return value == "none"
    if key == "modules_to_save":  # heads of other people's tasks
        return set(value or ()) <= set(OUTPUTS)
    return key in _HARMLESS or not value


class ChangedLayers(NamedTuple):
    """The first block (from 1) that has a changed layer, the targets in it, and the target of each layer's path."""

    first_block: int
    targets: list[str]
    target_of: dict[str, str]


def changed_layers(model: nn.Module, number: int, paths: Sequence[str]) -> ChangedLayers:
    """Find what an adapter changes in a model of `number` blocks. Raises EncoderError for a layer that is not there,
    and for blocks that are changed differently."""
    blocks_path, _ = find_blocks(model, number)
    ends: dict[int, set[str]] = {}
    for path in paths:
        block, _, end = path.removeprefix(f"{blocks_path}.").partition(".")
        if not path.startswith(f"{blocks_path}.") or not block.isdigit() or not 0 <= int(block) < number:
            raise EncoderError(f"an adapter of another encoder: here is no layer '{path}' in a block.", value=path)
        ends.setdefault(int(block) + 1, set()).add(end)
    if not ends:
        raise EncoderError("there are no weights of an adapter in this folder.")
    first = min(ends)
    for other in range(first, number + 1):
        if differ := ends[first] ^ ends.get(other, set()):
            message = f"blocks {first} and {other} are not changed alike ('{min(differ)}' in one of them alone)"
            raise EncoderError(f"{message}: an adapter has the same layers from a first block to the last.")
    target = {end: _target(model, number, first, f"{blocks_path}.{first - 1}.", end) for end in ends[first]}
    order = [*ROLES, *sorted(set(target.values()) - set(ROLES))]
    target_of = {path: target[path.removeprefix(f"{blocks_path}.").partition(".")[2]] for path in paths}
    return ChangedLayers(first, sorted(target.values(), key=order.index), target_of)


def _target(model: nn.Module, number: int, block: int, block_path: str, end: str) -> str:
    """Return the role of a layer, where it has no other; else how its path ends."""
    for role in ROLES:
        try:
            site = find_site(model, number, block, role)
        except EncoderError:
            continue
        if site.path == block_path + end and site.rows is None:
            return role
    return end


def layer_tensors(tensors: Mapping[str, Tensor], prefix: str, base: str) -> dict[tuple[str, str], Tensor]:
    """Return the weights of a file by (path of the layer, which of its weights), without heads. `base`: the name that a
    class with a head has for the encoder in it. Raises EncoderError for weights that belong to no layer."""
    weights = {}
    for name, tensor in tensors.items():
        bare = name.removeprefix(prefix).removeprefix(f"{base}.")
        if is_output(bare):
            continue
        path, dot, kind = next((bare.partition(mark) for mark in (".lora_", ".ia3_") if mark in bare), (bare, "", ""))
        if not name.startswith(prefix) or not dot:
            raise EncoderError(f"'{name}' is no weight of LoRA or IA3.", value=name)
        weights[path, dot[1:] + kind] = tensor
    return weights
