"""What an encoder is compared with: encoders of its own class that lack one thing it has.

Each control is an ordinary Hugging Face folder with the encoder's own tokenizer, so that everything is run on it as on
any encoder. D hidden size.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from transformers import AutoModel, PreTrainedConfig, PreTrainedModel

from xstilts.core.errors import EncoderError
from xstilts.models.encoders import ENCODER
from xstilts.nn import loading

SEED = 0  # of the random weights

Maker = Callable[[Path, PreTrainedConfig], PreTrainedModel]


def random_weights(_folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """The same architecture as `transformers` initialises it: says what the fine-tuning alone reaches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model: PreTrainedModel = AutoModel.from_config(config, dtype=torch.float32)
    if getattr(model, "pooler", None) is not None:  # heads would take a random pooler for a pretrained one
        model.pooler = None  # type: ignore[assignment]
    return model


def token_vectors(folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """The same token vectors with no layer above them, so that no word sees another: says what context adds.

    All that stands before the first layer is kept: positions, layer norm, the projection [E, D] of factorised
    embeddings. Raises EncoderError for a class that cannot be built so.
    """
    config.num_hidden_layers = 0
    if getattr(config, "layer_types", None):
        config.layer_types = []
    try:
        return loading.read_model(folder, config)
    except (ZeroDivisionError, EncoderError) as error:  # classes that scale their first weights by the number of layers
        raise EncoderError(
            f"A '{config.model_type}' encoder cannot be built without layers, so it has no control of token vectors.",
            where=str(folder),
            hint="Measure it without --controls.",
        ) from error


CONTROLS: Mapping[str, Maker] = {"random weights": random_weights, "token vectors only": token_vectors}


def write_control(name: str, folder: Path, home: Path) -> Path:
    """The folder below `home` that holds the control `name` of the encoder in `folder`, written unless it is there.

    Raises EncoderError when the folder is no encoder.
    """
    out = home / name.replace(" ", "-")
    if out.is_dir():
        return out
    config = loading.read_config(folder)
    model = CONTROLS[name](folder, config)
    half = out.with_name(f"{out.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    loading.write(half, model, config, {})
    for path in sorted({path for pattern in ENCODER.file_patterns for path in folder.glob(pattern)}):
        if path.suffix != ".safetensors" and not path.name.endswith(".index.json") and path.name != "config.json":
            shutil.copyfile(path, half / path.name)
    half.rename(out)  # a folder under its own name is whole
    return out
