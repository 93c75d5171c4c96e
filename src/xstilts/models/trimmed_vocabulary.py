"""Trim the vocabulary of an encoder to some of its pieces: the same encoder over fewer rows of its embedding table.

A text is then cut into the pieces that are left, so that states differ only where a dropped piece occurs. V pieces of
the whole vocabulary, K of them kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xstilts.core.errors import EncoderError

_COPIED = ("tokenizer_config.json", "special_tokens_map.json")


def special_ids(tokenizer: Mapping[str, Any]) -> list[int]:
    """Return the ids that every trimmed vocabulary keeps: added tokens, and the piece for what is unknown."""
    unknown = tokenizer["model"].get("unk_id")
    added = [token["id"] for token in tokenizer.get("added_tokens", ())]
    return sorted({*added, *([] if unknown is None else [unknown])})


def trim_tokenizer(tokenizer: Mapping[str, Any], kept_K: Sequence[int]) -> dict[str, Any]:
    """Return the content of tokenizer.json with the pieces `kept_K` (ids in rising order, special ones included),
    renumbered from 0 in that order. Raises EncoderError for a tokenizer that is no Unigram model."""
    model = tokenizer["model"]
    if model.get("type") != "Unigram":
        raise EncoderError(
            f"the vocabulary of a '{model.get('type')}' tokenizer cannot be trimmed: its pieces depend on each other.",
            hint="Unigram tokenizers can: those of XLM-R, mDeBERTa, e5 and their like.",
        )
    new_id = {old: new for new, old in enumerate(kept_K)}
    pieces = model["vocab"]
    # An added token may lie behind the model's own pieces (XLM-R's mask); it is a piece of the trimmed model.
    added = {token["id"]: token["content"] for token in tokenizer.get("added_tokens", ())}
    kept = [pieces[old] if old < len(pieces) else [added[old], 0.0] for old in kept_K]
    return {
        **tokenizer,
        "model": {**model, "vocab": kept, "unk_id": new_id.get(model.get("unk_id"))},
        "added_tokens": [{**token, "id": new_id[token["id"]]} for token in tokenizer.get("added_tokens", ())],
        "post_processor": _renumbered(tokenizer.get("post_processor"), new_id),
    }


def _renumbered(value: Any, new_id: Mapping[int, int]) -> Any:
    """Return a post-processor whose special tokens have their new ids."""
    if isinstance(value, list):
        return [_renumbered(item, new_id) for item in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("ids"), list):
        return {**value, "ids": [new_id[old] for old in value["ids"]]}
    return {key: _renumbered(item, new_id) for key, item in value.items()}


def trim_encoder(folder: Path, kept_K: NDArray[np.int64], out: Path) -> None:
    """Write the encoder of `folder` over the pieces `kept_K`, as an ordinary Hugging Face folder.

    Raises EncoderError for a tokenizer that cannot be trimmed, and where the encoder cannot be loaded."""
    import torch

    from xstilts.nn import loading

    text = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    trimmed = trim_tokenizer(text, kept_K.tolist())
    config = loading.read_config(folder)
    model = loading.read_model(folder, config)
    kept = torch.from_numpy(kept_K)
    heads = {  # of a decoder and its bias the kept pieces are left, as of the embedding table
        name: tensor[kept] if tensor.shape[:1] == (config.vocab_size,) else tensor
        for name, tensor in loading.read_own_heads(folder, model).items()
    }
    table = model.get_input_embeddings()
    assert isinstance(table, torch.nn.Embedding)
    rows_KE = table.weight.detach()[kept]
    new_id = {int(old): new for new, old in enumerate(kept_K)}
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        old = getattr(config, name, None)
        if old is not None:
            setattr(config, name, new_id.get(int(old)))
    config.vocab_size = len(kept_K)
    model.set_input_embeddings(torch.nn.Embedding.from_pretrained(rows_KE, padding_idx=config.pad_token_id))
    loading.write(out, model, config, heads)
    (out / "tokenizer.json").write_text(json.dumps(trimmed, ensure_ascii=False), "utf-8")
    for name in _COPIED:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)
