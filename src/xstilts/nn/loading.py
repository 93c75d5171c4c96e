"""Loading an ordinary Hugging Face encoder folder: config.json, safetensors, tokenizer.json.

Nothing is unpickled, no code from the folder is run, and a missing weight is an error rather than a random number.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
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

from xstilts.core.errors import EncoderError, reason_of
from xstilts.core.tensor_files import WEIGHTS, TensorHeader, read_headers, weight_files
from xstilts.nn.output_layers import is_output
from xstilts.nn.published_config import published_config, read_published

FLOATS = ("F64", "F32", "F16", "BF16")
_SHOWN = 3  # tensors that a message names

# What the classes of `transformers` call their dropouts.
_HIDDEN_DROPOUT = (
    "hidden_dropout_prob", "dropout", "hidden_dropout", "embedding_dropout", "mlp_dropout", "classifier_dropout",
    "pooler_dropout", "cls_dropout", "seq_classif_dropout", "qa_dropout", "summary_last_dropout",
)  # fmt: skip
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")


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


def empty_model(values: Mapping[str, Any], path: Path) -> PreTrainedModel:
    """Return the bare encoder of a configuration without any numbers, on the device "meta". `path`: of the
    configuration, for errors. Raises EncoderError where `transformers` has no such model."""
    config = published_config(values, path)
    with torch.device("meta"), quiet():
        return _model_class(config)(config)


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
    """Load the bare encoder in fp32, without pooler and language-model head. Raises EncoderError where the weights are
    cut, or are not those of this configuration."""
    return _loaded(folder, config, read_headers(folder), folder, use_safetensors=True)


def check_weights(folder: Path, config: PreTrainedConfig) -> None:
    """Raise EncoderError as `read_model` does, from the headers of the files alone: the encoder and its weights are
    without numbers."""
    headers = read_headers(folder)
    tensors = {name: torch.empty(tensor.shape, device="meta") for name, tensor in headers.items()}
    _loaded(folder, config, headers, None, state_dict=tensors, device_map={"": "meta"})


def _loaded(
    folder: Path, config: PreTrainedConfig, headers: Mapping[str, TensorHeader], source: Path | None, **how: Any
) -> PreTrainedModel:
    """Return the bare encoder of `source`, a folder, or of the state that is given. Raises EncoderError."""
    model_class = _model_class(config)
    takes_pooler = "add_pooling_layer" in inspect.signature(model_class).parameters
    bare: dict[str, Any] = {"add_pooling_layer": False} if takes_pooler else {}
    with quiet():
        try:
            loaded: Any = model_class.from_pretrained(
                source, config=config, dtype=torch.float32, local_files_only=True, ignore_mismatched_sizes=True,
                output_loading_info=True, **how, **bare,
            )  # fmt: skip
            model, info = loaded
        except Exception as error:  # a class checks its configuration as it likes
            message = f"no '{config.model_type}' encoder can be made of config.json and the weights: {reason_of(error)}"
            raise EncoderError(message, where=str(folder)) from error
    _check_types(headers, model, folder)
    _check_complete(info, model, folder, headers)
    return model


def _check_complete(
    info: Mapping[str, Any], model: PreTrainedModel, folder: Path, headers: Mapping[str, TensorHeader]
) -> None:
    """Raise EncoderError where the weights are not those of the model, as `transformers` says: of another shape, not
    there, or of more blocks."""
    kind = model.config.model_type
    if wrong := sorted(info["mismatched_keys"]):
        name, found, needed = wrong[0]
        raise EncoderError(
            f"the tensor '{name}' is {_size(found)}; config.json needs {_size(needed)}{_others(wrong)}.",
            where=str(folder),
            hint="One of the two files is not of this encoder.",
        )
    if missing := sorted(name for name in info["missing_keys"] if "pooler" not in name):
        message = f"the weights lack {len(missing)} tensors of a '{kind}' encoder, {_named(missing)}."
        none_fits = len(missing) == len(model.state_dict())
        hint = f"They are {_named(sorted(headers))}: a head alone, or another class of model." if none_fits else None
        raise EncoderError(message, where=str(folder), hint=hint)
    known = {_of_any_block(name) for name in model.state_dict()} - {""}
    prefix = model.base_model_prefix + "."
    more = [name for name in info["unexpected_keys"] if _of_any_block(name.removeprefix(prefix)) in known]
    if more:
        raise EncoderError(
            f"the weights hold more blocks than config.json says, '{sorted(more)[0]}' first.",
            where=str(folder),
            hint="To use the first layers alone, say `encoder: {name: ..., layers: N}` in the study.",
        )


def _named(names: Sequence[str]) -> str:
    """Name the first three tensors.

    >>> _named(["a", "b", "c", "d", "e"])
    "'a', 'b', 'c' and 2 more"
    """
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _of_any_block(name: str) -> str:
    """Return the name of a tensor with the numbers of blocks taken out; "" for one that is in no block.

    >>> _of_any_block("encoder.layer.11.output.dense.bias"), _of_any_block("pooler.dense.bias")
    ('encoder.layer.#.output.dense.bias', '')
    """
    parts = name.split(".")
    return ".".join("#" if part.isdigit() else part for part in parts) if any(map(str.isdigit, parts)) else ""


def _check_types(headers: Mapping[str, TensorHeader], model: PreTrainedModel, folder: Path) -> None:
    """Raise EncoderError where weights are whole numbers or of fewer than 16 bits: quantised, by a scale elsewhere."""
    weights = {name for name, parameter in model.named_parameters() if parameter.is_floating_point()}
    prefix = model.base_model_prefix + "."
    for name, tensor in headers.items():
        if name.removeprefix(prefix) in weights and tensor.dtype not in FLOATS:
            raise EncoderError(
                f"the tensor '{name}' is of type {tensor.dtype}, and weights are read as {', '.join(FLOATS)}.",
                where=str(folder),
                hint="Take the unquantised weights.",
            )


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _others(wrong: Sequence[Any]) -> str:
    return f" ({len(wrong) - 1} more do not fit)" if len(wrong) > 1 else ""


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
    for file in weight_files(folder):
        with safe_open(file, framework="pt") as tensors:
            for stored in tensors.keys():  # noqa: SIM118 (not a dict)
                # The first BERT checkpoints call the weights of a norm so.
                name = stored.replace(".gamma", ".weight").replace(".beta", ".bias")
                bare = name.removeprefix(prefix)
                if bare in encoder_weights or is_output(bare):
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
