"""Whether an encoder brings a masked-LM head, from its configuration and the names of its tensors alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xstilts.core.tensor_files import WEIGHTS, read_header, read_headers
from xstilts.models.encoders import LocatedEncoder


def has_own_head(encoder: LocatedEncoder) -> bool | None:
    """Tell whether an encoder brings all parameters of a masked-LM head; None where its files are not here yet.

    Raises EncoderError for a folder that is no encoder."""
    if encoder.folder is not None:
        return brings_head(encoder.folder, read_headers(encoder.folder))
    if (settings := getattr(encoder.step, "settings", None)) is None:
        return None
    if (packed := getattr(settings, "folder", None)) is not None:  # one that comes with the program
        stored = read_header(Path(packed) / WEIGHTS.replace("model", "weights"))
        return _has_parts(_config(Path(packed)), (name.partition("|")[0] for name in stored))
    cut_from: Any = getattr(settings, "encoder", None)
    folder = getattr(cut_from, "folder", None)
    return brings_head(folder, read_headers(folder)) if folder is not None else None


def brings_head(folder: Path, tensors: Iterable[str]) -> bool:
    """Tell whether tensors of these names are those of a masked-LM head, for the encoder of a folder."""
    from xstilts.nn.loading import read_config

    return _has_parts(read_config(folder), tensors)


def _config(folder: Path) -> Any:
    from transformers.models.auto import modeling_auto

    from xstilts.nn.published_config import read_published

    return read_published(folder / "config.json", modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES)


def _has_parts(config: Any, tensors: Iterable[str]) -> bool:
    from xstilts.heads.pretrained_heads import PLAIN_LANGUAGE_MODEL, own_language_model_names

    names = {name.replace(".gamma", ".weight").replace(".beta", ".bias") for name in tensors}
    needed = own_language_model_names(config)
    if needed is None:
        return any(name.startswith(PLAIN_LANGUAGE_MODEL) for name in names)
    return needed <= names
