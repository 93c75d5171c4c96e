"""The head of a fine-tuned model that is named as an encoder: it is left out, and this says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from xstilts.core.files import read_json
from xstilts.core.tensor_files import read_headers
from xstilts.models.encoders import LocatedEncoder
from xstilts.nn.output_layers import task_layers


def left_out_head(encoder: LocatedEncoder) -> tuple[str, ...]:
    """Return the layers of a task that an encoder's folder has and that are not read; () where it has none, and of one
    that is not here or comes with the program. Raises EncoderError for weights that cannot be read."""
    folder = _folder(encoder)
    return () if folder is None else task_layers(read_headers(folder))


def left_out_sentence(encoder: LocatedEncoder, name: str) -> str:
    """Say what `left_out_head` returns in one sentence, with the class of the model; "" where there is no such head.
    `name`: of the encoder, for people."""
    folder, layers = _folder(encoder), left_out_head(encoder)
    if folder is None or not layers:
        return ""
    several = len(layers) > 1
    return (
        f"{name}: a fine-tuned model{_class_name(folder)}; its output layer{'s' if several else ''} "
        f"({', '.join(layers)}) {'are' if several else 'is'} left out, and every route starts from the encoder below"
    )


def _folder(encoder: LocatedEncoder) -> Path | None:
    """Return the folder of an encoder, or of the one that it is cut from."""
    settings: Any = encoder.step.settings if encoder.step else None
    return encoder.folder or getattr(getattr(settings, "encoder", None), "folder", None)


def _class_name(folder: Path) -> str:
    """Return " (BertForSequenceClassification)" as config.json says; "" for what is no name of a class."""
    match read_json(folder / "config.json"):
        case {"architectures": [str(name), *_]} if re.fullmatch(r"\w{1,80}", name, re.ASCII):
            return f" ({name})"
    return ""
