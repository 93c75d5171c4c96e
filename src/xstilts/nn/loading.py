"""Loading an ordinary Hugging Face encoder folder: config.json, safetensors, tokenizer.json.

Nothing is unpickled, no code from the folder is run, and a missing weight is an error rather than a random number.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto
from transformers.utils import logging as transformers_logging

from xstilts.core.errors import EncoderError
from xstilts.nn.published_config import read_published

WEIGHTS = "model.safetensors"

# What the classes of `transformers` call their dropouts.
_HIDDEN_DROPOUT = (
    "hidden_dropout_prob", "dropout", "hidden_dropout", "embedding_dropout", "mlp_dropout", "classifier_dropout",
    "pooler_dropout", "cls_dropout", "seq_classif_dropout", "qa_dropout", "summary_last_dropout",
)  # fmt: skip
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")

# Output layers of other people's tasks: never a part of what was pretrained.
OUTPUTS = ("classifier", "qa_outputs", "score", "discriminator_predictions", "sequence_summary")


def read_config(folder: Path) -> PreTrainedConfig:
    """Read config.json. Raises EncoderError where the folder is no encoder: a file is missing, the model type is
    unknown to `transformers`, or it has a decoder."""
    for name in ("config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise EncoderError(f"'{folder}' is not an encoder folder: it has no {name}.", value=str(folder))
    if (folder / "adapter_config.json").is_file():
        raise EncoderError(
            "adapter_config.json makes this an adapter for another model, which would be fetched.",
            where=str(folder),
            hint="Merge the adapter into its model, or delete the file where the weights are whole.",
        )
    config = read_published(folder / "config.json", modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES)
    kind = config.model_type
    only_decodes = (
        kind in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
        and kind not in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    )
    if config.is_encoder_decoder or getattr(config, "is_decoder", False) or only_decodes:
        raise EncoderError(
            f"'{folder}' holds a '{kind}' model, which has a decoder; xstilts needs an encoder.",
            where=str(folder / "config.json"),
            value=kind,
            hint="Encoders are XLM-R, mBERT, ModernBERT, mDeBERTa and their like.",
        )
    return config


def set_dropout(config: PreTrainedConfig, hidden: float | None, attention: float | None) -> dict[str, Any]:
    """Set dropouts in place (None leaves them alone) and return the values that were there."""
    before = {}
    for names, value in ((_HIDDEN_DROPOUT, hidden), (_ATTENTION_DROPOUT, attention)):
        for name in names:
            if value is not None and hasattr(config, name):
                before[name] = getattr(config, name)
                setattr(config, name, value)
    return before


def read_model(folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """Load the bare encoder in fp32, without pooler and language-model head."""
    _weight_files(folder)
    model_class = _model_class(config)
    takes_pooler = "add_pooling_layer" in inspect.signature(model_class).parameters
    bare: dict[str, Any] = {"add_pooling_layer": False} if takes_pooler else {}
    with quiet():
        try:
            loaded: Any = model_class.from_pretrained(
                folder, config=config, dtype=torch.float32, local_files_only=True,
                use_safetensors=True, output_loading_info=True, **bare,
            )  # fmt: skip
            model, info = loaded
        except (OSError, RuntimeError, ValueError) as error:
            raise EncoderError(f"the weights cannot be loaded: {error}", where=str(folder)) from error
    if missing := sorted(name for name in info["missing_keys"] if "pooler" not in name):
        message = f"the weights lack {len(missing)} tensors of a '{config.model_type}' encoder, '{missing[0]}' first."
        raise EncoderError(message, where=str(folder))
    return model


def _model_class(config: PreTrainedConfig) -> type[PreTrainedModel]:
    """Return the bare class of a configuration; the first where `transformers` has several (Funnel). Raises
    EncoderError where it has none."""
    try:
        found: Any = modeling_auto.MODEL_MAPPING[type(config)]
    except KeyError as error:
        raise EncoderError(f"transformers has no model for '{config.model_type}'.", value=config.model_type) from error
    return found[0] if isinstance(found, tuple) else found


def read_own_heads(folder: Path, model: PreTrainedModel) -> dict[str, Tensor]:
    """Read what the folder holds in addition to the encoder, under the names of the published classes: a pooler, a
    language-model head. Weights tied to the embeddings and output layers of fine-tuned tasks are left out."""
    encoder_weights = set(model.state_dict())
    prefix = model.base_model_prefix + "."
    tied = model.get_input_embeddings().weight.shape if model.config.tie_word_embeddings else None
    head_weights: dict[str, Tensor] = {}
    for file in _weight_files(folder):
        with safe_open(file, framework="pt") as tensors:
            for stored in tensors.keys():  # noqa: SIM118 (not a dict)
                # The first BERT checkpoints call the weights of a norm so.
                name = stored.replace(".gamma", ".weight").replace(".beta", ".bias")
                bare = name.removeprefix(prefix)
                if bare in encoder_weights or bare.partition(".")[0] in OUTPUTS:
                    continue
                tensor = tensors.get_tensor(stored)
                if tensor.is_floating_point() and tensor.shape != tied:
                    full = prefix + bare if bare.startswith("pooler.") else name
                    head_weights[full] = tensor.float()
    return head_weights


def write(folder: Path, model: PreTrainedModel, config: PreTrainedConfig, head_weights: dict[str, Tensor]) -> None:
    """Write an ordinary Hugging Face folder: config.json and model.safetensors under the names of the published
    classes."""
    folder.mkdir(parents=True, exist_ok=True)
    config.dtype = torch.float32
    config.architectures = config.architectures or [type(model).__name__]
    config.save_pretrained(folder)
    named = {f"{model.base_model_prefix}.{name}": tensor for name, tensor in model.state_dict().items()} | head_weights
    tensors = {name: tensor.detach().float().cpu().contiguous() for name, tensor in named.items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def _weight_files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        pickled = sorted(path.name for path in folder.glob("*.bin"))
        hint = f"{pickled[0]} is a pickle and is not read; convert it to safetensors." if pickled else None
        raise EncoderError(f"'{folder}' has no {WEIGHTS}.", value=str(folder), hint=hint)
    return files


@contextmanager
def quiet() -> Iterator[None]:
    """Silence `transformers`, which reports a language-model head it was not asked for as a warning."""
    before = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)
        if bars:
            transformers_logging.enable_progress_bar()
