"""Cut an encoder to its first layers: an ordinary Hugging Face folder from another."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import EncoderError

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
# What classes call their number of blocks in config.json; BERT's and XLM-R's name first.
LAYER_KEYS = ("num_hidden_layers", "n_layers", "num_layers", "n_layer")


def check_layers(config: Mapping[str, Any], layers: int, name: str) -> None:
    """Raise EncoderError where an encoder of this configuration has fewer layers than are to be kept. A configuration
    that is not known yet passes."""
    there = next((config[key] for key in LAYER_KEYS if key in config), None)
    if there is not None and layers > there:
        raise EncoderError(
            f"'{name}' has {there} layers, of which {layers} cannot be kept.",
            where="encoder: layers",
            value=str(layers),
            hint=f"Give {there} or fewer, or leave 'layers' out for all of them.",
        )


def cut_config(config: Mapping[str, Any], layers: int) -> dict[str, Any]:
    """Return config.json of the first layers: the number, and lists that say something of each layer.

    >>> cut_config({"num_hidden_layers": 3, "layer_types": ["a", "b", "a"], "hidden_size": 8}, 2)
    {'num_hidden_layers': 2, 'layer_types': ['a', 'b'], 'hidden_size': 8}
    """
    there = next((config[key] for key in LAYER_KEYS if key in config), None)

    def cut(key: str, value: Any) -> Any:
        if key in LAYER_KEYS:
            return layers
        return value[:layers] if isinstance(value, list) and len(value) == there else value

    return {key: cut(key, value) for key, value in config.items()}


def keep_first_layers(folder: Path, layers: int, out: Path) -> None:
    """Write an encoder with the first `layers` blocks of the one in `folder`, with its tokenizer, pooler and
    language-model head. Raises EncoderError where it has fewer, or cannot be loaded."""
    from xstilts.nn import loading

    config = loading.read_config(folder)
    check_layers({"num_hidden_layers": config.num_hidden_layers}, layers, str(folder))
    heads = loading.read_pretrained_heads(folder, loading.read_model(folder, config))
    config = type(config).from_dict(cut_config(config.to_dict(), layers))
    loading.write(out, loading.read_model(folder, config), config, heads)
    for name in TOKENIZER_FILES:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)
