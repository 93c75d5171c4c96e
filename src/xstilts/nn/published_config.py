"""Configurations of published models, read so that nothing they name can run.

`transformers` follows names that it finds in a configuration: a repository of kernels as attention, classes in files of
the folder (`auto_map`), quantisers. What is passed on to it is therefore built here: settings without a leading
underscore whose values are numbers, truth values, plain words, or lists and mappings of these. A word has no slash,
dot or colon, so it names no repository, module, file or address.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES

from xstilts.core.errors import EncoderError, reason_of
from xstilts.core.files import read_settings
from xstilts.nn.config_values import check_values, said

# Names of attention that are part of transformers and torch. None is followed: xstilts chooses its own.
ATTENTION = ("eager", "sdpa", "flex_attention", "flash_attention_2", "flash_attention_3", "paged_attention")

_ATTENTION_KEYS = ("_attn_implementation", "attn_implementation", "_attn_implementation_internal")
_QUANTISED = ("quantization_config", "compression_config")
# What says where something else lies or how it is to be run, and nothing about the weights.
_IGNORED = frozenset(
    ("auto_map", "custom_pipelines", "custom_generate", "kernel_config", "use_kernels", "experts_implementation",
     "name_or_path", "tokenizer_class", "processor_class", "adapters", "transformers_weights")
)  # fmt: skip
_CODE = frozenset(("auto_map", "custom_pipelines", "custom_generate", "kernel_config", "use_kernels"))
_LABELS = frozenset(("id2label", "label2id", "task_specific_params", "finetuning_task", "prefix", "license"))
_SAYS_NOTHING = frozenset(("architectures",))  # of the weights: odd text is left out
_DTYPE_KEYS = ("dtype", "torch_dtype")
_DTYPES = re.compile(r"(torch\.)?[a-z]+\d*")
_WORD = re.compile(r"[\w+|\- ]*")
_DEPTH = 6  # of lists and mappings within each other
_TOKENIZERS = re.compile(r"\w*Tokenizer(Fast)?|TokenizersBackend|SentencePieceBackend|PythonBackend")


class IgnoredSettings(UserWarning):
    """A configuration has settings that would run somebody's code."""


def read_published(path: Path, model_types: Collection[str] = ()) -> PreTrainedConfig:
    """Return the configuration in a config.json.

    Args:
        path: the file.
        model_types: those that are of use, for the message; () for all that `transformers` has.

    Raises EncoderError where the file is no configuration, names a model type that `transformers` lacks or an attention
    that is not in `ATTENTION`, where the weights are quantised, and for values that no encoder or not its class takes.
    """
    return published_config(read_settings(path), path, model_types)


def published_config(values: Mapping[str, Any], path: Path, model_types: Collection[str] = ()) -> PreTrainedConfig:
    """Return the configuration of the content of a config.json. `path` is said in errors, which are those of
    `read_published`."""
    model_type = values.get("model_type")
    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING_NAMES:
        own_code = " Its own code (`auto_map`) is not run." if "auto_map" in values else ""
        raise EncoderError(
            f"config.json cannot be used: `model_type` is '{model_type}', which transformers does not have.{own_code}",
            where=str(path),
            value=str(model_type),
            allowed=sorted(model_types),
        )
    check_values(values, str(path))
    settings = allowed_settings(values, path)
    try:
        config = CONFIG_MAPPING[model_type].from_dict(settings)
    except Exception as error:  # a class checks its values as it likes
        raise EncoderError(f"config.json cannot be used: {reason_of(error)}", where=str(path)) from error
    for key in sorted(values.keys() - settings.keys()):
        if (
            hasattr(config, key) and key not in _SAYS_NOTHING and not _is_ignored(key)
        ):  # the class's default would stand for it
            allowed = "numbers, truth values and plain words"
            raise EncoderError(f"`{key}` is {said(values[key])}; {allowed} are allowed.", where=str(path))
    return config


def allowed_settings(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the settings of a config.json that are passed on; those that would run code are named in a warning.

    Args:
        values: the content.
        path: the file, for messages.

    Raises EncoderError for quantised weights and for an attention from elsewhere.
    """
    for key in _QUANTISED:
        if values.get(key):
            raise EncoderError(
                f"these weights are quantised (`{key}`), and only plain ones are read.",
                where=str(path),
                hint="Take the repository of the unquantised weights.",
            )
    for key in _ATTENTION_KEYS:
        _check_attention(values.get(key), key, path)
    if ignored := sorted(key for key in values if key in _CODE and values[key]):
        text = f"{path}: {', '.join(f'`{key}`' for key in ignored)} would run code and is ignored."
        warnings.warn(IgnoredSettings(text), stacklevel=2)
    return {key: _plain_dtypes(key, value) for key, value in values.items() if _is_allowed(key, value, _DEPTH)}


def check_tokenizer_settings(folder: Path) -> None:
    """Raise EncoderError where tokenizer_config.json names a class that is not one of `transformers`, or is none."""
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return
    values = read_settings(path)
    name = values.get("tokenizer_class")
    if name is None and not values.get("auto_map"):
        return
    import transformers

    if not isinstance(name, str) or not _TOKENIZERS.fullmatch(name) or not hasattr(transformers, name):
        raise EncoderError(
            f"the tokenizer is of the class '{name}', which transformers does not have; code of a folder is not run.",
            where=str(path),
            hint="A tokenizer.json is read without any class.",
        )


def tokenizer_settings(folder: Path) -> dict[str, Any]:
    """Return what tokenizer_config.json may say to a tokenizer class: names of special tokens and switches, no code and
    no files. Raises EncoderError as `check_tokenizer_settings`."""
    check_tokenizer_settings(folder)
    path = folder / "tokenizer_config.json"
    values = read_settings(path) if path.is_file() else {}
    return {
        key: value
        for key, value in values.items()
        if key not in ("auto_map", "chat_template", "name_or_path", "backend") and not key.endswith("_file")
    }


def _check_attention(value: Any, key: str, path: Path) -> None:
    for name in value.values() if isinstance(value, Mapping) else [value]:
        if name is not None and name not in ATTENTION:
            raise EncoderError(
                f"`{key}` is '{name}': attention from elsewhere would run code of its repository.",
                where=str(path),
                value=str(name),
                allowed=ATTENTION,
                hint="Delete the line: xstilts computes attention itself.",
            )


def _is_ignored(key: str) -> bool:
    return key.startswith("_") or key in _IGNORED or "implementation" in key


def _is_allowed(key: str, value: Any, depth: int) -> bool:
    if _is_ignored(key):
        return False
    if key in _LABELS:
        return True
    if key in _DTYPE_KEYS:
        return value is None or (isinstance(value, str) and _DTYPES.fullmatch(value) is not None)
    return key == "transformers_version" or _is_plain(value, depth)


def _plain_dtypes(key: str, value: Any) -> Any:
    """Return a setting with types of numbers by the name alone that `transformers` looks up in torch."""
    if isinstance(value, Mapping):
        return {name: _plain_dtypes(str(name), item) for name, item in value.items()}
    return value.removeprefix("torch.") if key in _DTYPE_KEYS and isinstance(value, str) else value


def _is_plain(value: Any, depth: int) -> bool:
    match value:
        case None | bool() | int() | float():
            return True
        case str():
            return _WORD.fullmatch(value) is not None
        case list():
            return depth > 0 and all(_is_plain(item, depth - 1) for item in value)
        case dict():
            return depth > 0 and all(_is_allowed(str(key), item, depth - 1) for key, item in value.items())
    return False
