"""A trained encoder with its heads, as a folder.

encoder/                an ordinary Hugging Face folder with its tokenizer
heads/<key>.safetensors weights of one head, by `heads.index.head_key`
heads.json              {"encoder": {shape}, "heads": {key: {"native", "auto_class"}}}
parts.json              {"weights": [files that may be deleted to save space]}
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from xstilts.core.disk import writing
from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json, write_json
from xstilts.heads.base import Head
from xstilts.heads.index import head_key, make_head
from xstilts.kinds.base import Kind
from xstilts.nn.encoder import Encoder
from xstilts.train.snapshot import save_weights

_SHAPE = ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")
_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spm.model",
)


def save(folder: Path, encoder: Encoder, heads: Mapping[str, Head], tokenizer_from: Path) -> None:
    """Writes a checkpoint; `tokenizer_from` is an encoder folder or a checkpoint. Raises StoreError on a full disk."""
    with writing(folder):
        encoder.save(folder / "encoder")
        copy_tokenizer(encoder_folder(tokenizer_from), folder / "encoder")
    entries = {}
    for key, head in heads.items():
        save_weights(folder / "heads" / f"{key}.safetensors", unique_tensors(head))
        entries[key] = {"native": head.native, "auto_class": head.auto_class}
    write_json(folder / "heads.json", {"encoder": _shape(encoder.config.to_dict()), "heads": entries})
    weights = [*(folder / "encoder").glob("*.safetensors"), *(folder / "heads").glob("*.safetensors")]
    write_json(folder / "parts.json", {"weights": sorted(path.relative_to(folder).as_posix() for path in weights)})


def load_encoder(folder: Path, **settings: Any) -> Encoder:
    """The encoder of a checkpoint or of a plain encoder folder; `settings` go to `Encoder.load`.

    Raises EncoderError when the checkpoint's heads belong to another encoder, and what `Encoder.load` raises.
    """
    check(folder)
    return Encoder.load(encoder_folder(folder), **settings)


def load_head(folder: Path, kind: Kind, encoder: Encoder) -> Head | None:
    """The head this checkpoint has for `kind`, None when it has none. Raises EncoderError when it does not fit."""
    key = head_key(kind)
    if key not in head_keys(folder):
        return None
    head, path = make_head(kind, encoder), Path(folder) / "heads" / f"{key}.safetensors"
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise EncoderError(
            f"the weights of the head '{key}' cannot be read: {error}",
            where=str(path),
            hint="If they were deleted to save space, train the phase again.",
        ) from error
    own = unique_tensors(head)
    if wrong := [name for name in own.keys() | tensors.keys() if _size(own, name) != _size(tensors, name)]:
        name = sorted(wrong)[0]
        raise EncoderError(
            f"a head from another encoder: '{name}' is {_size(tensors, name)} here, "
            f"this encoder needs {_size(own, name)}.",
            where=str(path),
        )
    head.load_state_dict(tensors, strict=False)
    return head


def head_keys(folder: Path) -> list[str]:
    """Keys of the heads in a checkpoint; none in a plain encoder folder."""
    path = Path(folder) / "heads.json"
    return sorted(read_json(path)["heads"]) if path.is_file() else []


def encoder_folder(folder: Path) -> Path:
    """The Hugging Face folder within a checkpoint; the folder itself where it is not a checkpoint."""
    inner = Path(folder) / "encoder"
    return inner if inner.is_dir() else Path(folder)


def check(folder: Path) -> None:
    """Raises EncoderError when the heads of a checkpoint were trained with an encoder of another shape than the one
    that lies beside them."""
    named, beside = Path(folder) / "heads.json", encoder_folder(folder) / "config.json"
    if not named.is_file() or not beside.is_file():
        return
    wanted, found = read_json(named)["encoder"], _shape(read_json(beside))
    differing = [name for name in _SHAPE if found[name] is not None and wanted.get(name) != found[name]]
    if differing:
        raise EncoderError(
            f"a checkpoint from another encoder: its heads belong to {_spell(wanted)}, "
            f"but encoder/ holds {_spell(found)}.",
            where=str(folder),
            value=str(found[differing[0]]),
            hint="Copy the whole folder of one training.",
        )


def copy_tokenizer(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in _TOKENIZER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def unique_tensors(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module without the second names of shared tensors."""
    seen: dict[int, str] = {}
    state = module.state_dict(keep_vars=True)
    return {name: tensor.detach() for name, tensor in state.items() if seen.setdefault(id(tensor), name) == name}


def _shape(config: Mapping[str, Any]) -> dict[str, Any]:
    """What tells encoders apart; None where a class calls it something else."""
    return {name: config.get(name) for name in _SHAPE}


def _spell(shape: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {shape.get(name)}" for name in _SHAPE)


def _size(tensors: Mapping[str, Tensor], name: str) -> str:
    return "x".join(map(str, tensors[name].shape)) if name in tensors else "missing"
