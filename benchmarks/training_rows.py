"""The encoder folder and the rows that all contestants of training.py share."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.tokenized import write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.tasks.catalog import TASKS

# Whose rows, and tokens of a sequence at most.
LENGTHS = {"nli": ("mnli-taxinli10k", 256), "tagging": ("udpos", 256), "qa": ("squad1-36-articles", 384)}
EXAMPLES = 4000


def make_folder(shape: str, place: Path) -> Path:
    """An ordinary Hugging Face folder: the packaged encoder, a shape with random weights, or `shape` itself."""
    if Path(shape).is_dir():
        return Path(shape)
    tiny = _unpacked(place)
    if shape == "tiny":
        return tiny
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(0)
    config = XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5)
    folder = place / "shape"
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    # The lengths are those of the packaged tokenizer; the model's table has the published number of rows.
    shutil.copy(tiny / "tokenizer.json", folder)
    return folder


def _unpacked(place: Path) -> Path:
    from types import SimpleNamespace

    step = packaged_encoders()["tiny"]
    folder = place / "tiny"
    folder.mkdir()
    step.call(step.settings, SimpleNamespace(out=folder, scratch=place, inputs={}, progress=None))  # type: ignore[arg-type]
    return folder


def make_rows(lengths: str, folder: Path, data: Sequence[Path], place: Path) -> Path:
    """Prepared rows of the first examples of a real training file, in a seeded order."""
    name, max_length = LENGTHS[lengths]
    task = TASKS[name]
    fit = task.fit
    assert fit is not None
    resolved = resolve_source(fit.train.subsample(EXAMPLES), Roots(data=tuple(data), store=place / "store"))
    loaded = load_examples(resolved)
    out = place / "rows"
    out.mkdir()
    write(loaded.examples, task.kind, load_tokenizer(folder), max_length, out)
    return out
