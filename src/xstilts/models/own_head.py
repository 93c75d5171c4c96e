"""Whether an encoder brings a masked-LM head, from its configuration and the names of its tensors alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xstilts.core.tensor_files import WEIGHTS, read_header, read_headers
from xstilts.engine.step import Step
from xstilts.models.encoders import LocatedEncoder


def has_own_head(encoder: LocatedEncoder) -> bool | None:
    """Tell whether an encoder brings all parameters of a masked-LM head; None where its files are not here yet.

    Raises EncoderError for a folder that is no encoder."""
    if encoder.folder is not None:
        return brings_head(encoder.folder, read_headers(encoder.folder))
    return _is_made_with_head(encoder.step)


def _is_made_with_head(step: Step | None) -> bool | None:
    """Tell the same of an encoder that a step makes: unpacks, or cuts from a folder or from what another step makes."""
    settings: Any = getattr(step, "settings", None)
    if step is None or settings is None:
        return None
    if (packed := getattr(settings, "folder", None)) is not None:  # one that comes with the program
        stored = read_header(Path(packed) / WEIGHTS.replace("model", "weights"))
        return _has_parts(_config(Path(packed)), (name.partition("|")[0] for name in stored))
    cut_from: Any = getattr(settings, "encoder", None)
    if (folder := getattr(cut_from, "folder", None)) is not None:
        return brings_head(folder, read_headers(folder))
    return next((_is_made_with_head(source) for source in step.inputs.values()), None)


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
