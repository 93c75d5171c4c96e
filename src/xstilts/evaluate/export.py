"""Export of a checkpoint as an ordinary Hugging Face model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from transformers import PreTrainedModel

from xstilts.core.io_errors import writing
from xstilts.heads.base import Head
from xstilts.heads.own_head import beside, drop_outdated
from xstilts.heads.pretrained_heads import HeadModule, class_config, class_state
from xstilts.kinds.base import Kind
from xstilts.nn.adapters import peft_format
from xstilts.nn.encoder import Encoder
from xstilts.train import adapter_files
from xstilts.train.checkpoint import (
    copy_tokenizer,
    encoder_folder,
    load_encoder,
    unique_tensors,
    usable_head,
)
from xstilts.train.snapshot import save_weights


def export(checkpoint: Path, kind: Kind, out: Path, task: str = "") -> str | None:
    """Write the encoder with its head for `kind` into the folder `out`, tokenizer included, and its own language-model
    head, where it has one and the class has no other layer of such a name.

    Returns the class of `transformers` that loads both with the same logits (`AutoModelForSequenceClassification`, ..).
    None where there is no such class: then `out` is the encoder alone, with our head next to it as `head.safetensors`.
    A published language-model head that one of our own has replaced is left out, for its numbers are older.
    Adapters are put into the weights where they can be; with others left, `out` holds them as `adapter.json` and
    `adapters/` and there is no class either. Adapters that differ by task become ordinary ones, those of `task`.

    Raises EncoderError when the checkpoint has no head for `kind`, StoreError on a full disk.
    """
    encoder, head = _load(checkpoint, kind)
    drop_outdated(encoder)
    encoder.adapters.materialize_task(task)
    encoder.adapters.merge()
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        auto_class = None if encoder.adapters.each else head.auto_class
        if auto_class:
            _write_model(encoder, head, kind, out)
        else:
            encoder.save(out)
            save_weights(out / "head.safetensors", unique_tensors(head))
            if encoder.adapters.each:
                adapter_files.write(out, encoder, out)
        copy_tokenizer(encoder_folder(checkpoint), out)
    return auto_class


def export_adapter(checkpoint: Path, kind: Kind, out: Path) -> None:
    """Write the LoRA or IA3 adapter of a checkpoint alone into `out`, in the files of the package peft, with our head
    next to it as `head.safetensors`. Raises EncoderError as `export`, and where peft has no such adapter."""
    encoder, head = _load(checkpoint, kind)
    with writing(out):
        peft_format.write(out, encoder.adapters, str(encoder_folder(checkpoint)))
        save_weights(out / "head.safetensors", unique_tensors(head))


def _load(checkpoint: Path, kind: Kind) -> tuple[Encoder, Head]:
    encoder = load_encoder(checkpoint, attention_dropout=None)
    return encoder, usable_head(checkpoint, kind, encoder)


def _write_model(encoder: Encoder, head: Head, kind: Kind, out: Path) -> None:
    """Write the class's own configuration and weights, the head and the encoder's own included."""
    part = cast(HeadModule, head.get_submodule("part"))
    module = cast(PreTrainedModel, part.module)
    config = class_config(encoder, module.config.num_labels or 0, tuple(getattr(kind, "labels", ())))
    if kind.hf_problem_type is not None:
        cast(Any, config).problem_type = kind.hf_problem_type
    config.architectures, config.dtype = [type(module).__name__], torch.float32
    config.save_pretrained(out)
    named = beside(encoder, part) | class_state(encoder, part)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in named.items()}
    save_weights(out / "model.safetensors", _without_shared_names(state))


def _without_shared_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Leave out the second names of tensors that share memory, which a file cannot hold; the class ties them again."""
    seen: dict[int, str] = {}
    return {name: tensor for name, tensor in state.items() if seen.setdefault(tensor.data_ptr(), name) == name}
