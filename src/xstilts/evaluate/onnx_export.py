"""ONNX: an exported model in one more file, `model.onnx`, by torch's own exporter, compared with the model it is of.

This file alone imports onnxruntime, and through torch's exporter onnx and onnxscript (the extra `onnx`).

B sequences, C options of a choice, L tokens.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xstilts.core.errors import EncoderError, reason_of
from xstilts.core.io_errors import writing
from xstilts.heads.pretrained_heads import MULTIPLE_CHOICE, SEQUENCE_LEVEL
from xstilts.nn.loading import quiet

FILE = "model.onnx"
NEEDED = ("onnx", "onnxscript", "onnxruntime")
TOLERANCE = 1e-4  # of a logit, between torch and onnxruntime
_LARGEST = 1_900_000_000  # bytes of weights in the file itself; its format holds 2 GiB
_TRIED = ((1, 5), (3, 11))  # sequences and tokens that both are compared on
_TRACED = (2, 7)


def check_packages() -> None:
    """Raise EncoderError where a package of the extra `onnx` is not installed."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        verb = "is" if len(missing) == 1 else "are"
        raise EncoderError(
            f"ONNX needs {', '.join(missing)}, which {verb} not installed.", hint="pip install 'xstilts[onnx]'"
        )


def export_onnx(folder: Path, auto_class: str | None) -> float:
    """Write `model.onnx` into a folder that `evaluate.export.export` wrote, and return the largest difference of a
    logit between onnxruntime and torch, on sequences of other sizes than those it was traced with (of tagging, span
    questions and masked words on real tokens).

    Inputs are `input_ids` and `attention_mask`, int64 [B, L] (of a choice [B, C, L]), and `token_type_ids` where the
    encoder tells segments apart; B, C and L are free. Outputs are the logits, named as the class names them.

    Args:
        auto_class: the class of `transformers` that loads the folder; None where there is none.

    Raises EncoderError where there is none, where a package is missing, where torch cannot export the model, and where
    the difference is more than `TOLERANCE`; nothing is left of the file then."""
    check_packages()
    if auto_class is None:
        raise EncoderError(
            "ONNX needs a class of transformers that computes the head with the encoder, and there is none here.",
            where=str(folder),
            hint="Export it without --onnx.",
        )
    model = _loaded(folder, auto_class)
    has_options = auto_class == MULTIPLE_CHOICE
    draft = folder / f".draft-{FILE}"
    try:
        with writing(folder):
            _trace(model, _inputs(model, _TRACED, has_options), draft)
        tried = [_inputs(model, size, has_options) for size in _TRIED]
        difference = _difference(model, draft, tried, of_tokens=auto_class not in SEQUENCE_LEVEL)
        if not difference <= TOLERANCE:
            raise EncoderError(
                f"the ONNX file gives other logits than the model: {difference:.2g} apart, of {TOLERANCE:g} allowed.",
                where=str(folder),
            )
        draft.replace(folder / FILE)
    finally:
        draft.unlink(missing_ok=True)
    return difference


def _loaded(folder: Path, auto_class: str) -> Any:
    import transformers

    with quiet():
        model = getattr(transformers, auto_class).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, attn_implementation="eager", dtype=torch.float32
        )
    return model.eval()


def _inputs(model: Any, size: tuple[int, int], has_options: bool) -> dict[str, Tensor]:
    """Return ids that are no special tokens, the last sequence shorter than the others."""
    sequences, tokens = size
    shape = (sequences, 2, tokens) if has_options else (sequences, tokens)
    draw = torch.Generator().manual_seed(tokens)
    real = torch.ones(shape, dtype=torch.long)
    if sequences > 1:
        real[-1, ..., tokens - 2 :] = 0
    inputs = {
        "input_ids": torch.randint(5, model.config.vocab_size, shape, generator=draw),
        "attention_mask": real,
    }
    if getattr(model.config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = torch.randint(0, 2, shape, generator=draw)
    return inputs


def _trace(model: Any, inputs: Mapping[str, Tensor], path: Path) -> None:
    """Write the file. Raises EncoderError where torch cannot."""
    free = dict.fromkeys(range(inputs["input_ids"].ndim), torch.export.Dim.DYNAMIC)
    held = sum(parameter.nbytes for parameter in model.parameters())
    if held > _LARGEST:
        raise EncoderError(f"a model of {held:,} bytes does not fit into one ONNX file, which holds {_LARGEST:,}.")
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            names = list(model(**inputs).keys())
            torch.onnx.export(
                model,
                (),
                path,
                kwargs=dict(inputs),
                input_names=list(inputs),
                output_names=names,
                dynamic_shapes=dict.fromkeys(inputs, free),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # what an exporter of another library raises is not known
        kind = model.config.model_type
        raise EncoderError(f"torch cannot export this '{kind}' model as ONNX: {reason_of(error)}") from error


def _difference(model: Any, path: Path, tried: Sequence[Mapping[str, Tensor]], *, of_tokens: bool) -> float:
    """Return the largest difference of an output, nan where one is. `of_tokens`: of real tokens alone, for a padded one
    that sees nothing (in ModernBERT's local attention) has logits without a meaning."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    apart: list[Tensor] = []
    for inputs in tried:
        with torch.inference_mode():
            ours = [value for value in model(**inputs, return_dict=False) if isinstance(value, Tensor)]
        theirs = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
        real = inputs["attention_mask"].bool() if of_tokens else ...
        for expected, found in zip(ours, map(torch.from_numpy, theirs), strict=True):
            apart.append((expected - found)[real].abs().max())
    return float(torch.stack(apart).max())
