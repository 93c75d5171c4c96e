"""Cut an encoder to some of its layers: an ordinary Hugging Face folder from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xstilts.core.errors import EncoderError
from xstilts.nn.config_values import LAYER_KEYS


def check_layers(config: Mapping[str, Any], layers: int, name: str) -> None:
    """Raise EncoderError where an encoder of this configuration has fewer layers than are to be kept. A configuration
    that is not known yet passes."""
    there = number_of_layers(config)
    if there is not None and layers > there:
        raise EncoderError(
            f"'{name}' has {there} layers, of which {layers} cannot be kept.",
            where="encoder: layers",
            value=str(layers),
            hint=f"Give {there} or fewer, or leave 'layers' out for all of them.",
        )


def cut_config(config: Mapping[str, Any], kept: Sequence[int]) -> dict[str, Any]:
    """Return config.json of an encoder of the layers `kept` (from 1): their number, and lists that say something of
    each layer.

    >>> cut_config({"num_hidden_layers": 3, "layer_types": ["a", "b", "c"], "hidden_size": 8}, [1, 3])
    {'num_hidden_layers': 2, 'layer_types': ['a', 'c'], 'hidden_size': 8}
    """
    there = number_of_layers(config)

    def cut(key: str, value: Any) -> Any:
        if key in LAYER_KEYS:
            return len(kept)
        of_each = isinstance(value, list) and len(value) == there
        return [value[layer - 1] for layer in kept] if of_each else value

    return {key: cut(key, value) for key, value in config.items()}


def number_of_layers(config: Mapping[str, Any]) -> int | None:
    """Return how many layers a configuration says; None where it does not."""
    return next((config[key] for key in LAYER_KEYS if key in config), None)


def keep_layers(folder: Path, kept: Sequence[int], out: Path) -> None:
    """Write an encoder of the blocks `kept` (from 1, in their order) of the one in `folder`, with its tokenizer, pooler
    and language-model head. Raises EncoderError where it has fewer, or cannot be loaded."""
    from torch import nn

    from xstilts.nn import loading
    from xstilts.nn.adapters.targets import find_blocks
    from xstilts.train.checkpoint import copy_tokenizer

    config = loading.read_config(folder)
    there = config.num_hidden_layers
    check_layers({"num_hidden_layers": there}, max(kept), str(folder))
    model = loading.read_model(folder, config)
    heads = loading.read_own_heads(folder, model)
    path, blocks = find_blocks(model, there)
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, nn.ModuleList(blocks[layer - 1] for layer in kept))
    loading.write(out, model, type(config).from_dict(cut_config(config.to_dict(), kept)), heads)
    copy_tokenizer(folder, out)
