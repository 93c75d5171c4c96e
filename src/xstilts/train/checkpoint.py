"""Checkpoint: a trained encoder with its heads, as a folder.

encoder/                an ordinary Hugging Face folder: its tokenizer, and its own language-model head as it was last
                        trained, or one of ours in its place (RemBERT, EuroBERT: `heads.own_head`), which
                        `AutoModelForMaskedLM` does not know; not there where adapters alone were trained
own_head.safetensors    that head, where the encoder below the adapters has an older one
adapter.json, adapters/ the adapters of the encoder, where it has any (see `train.adapter_files`)
heads/<key>.safetensors weights of one head, by `heads.registry.head_key`
heads.json              {"encoder": {shape}, "heads": {key: {"native", "auto_class"}}}
parts.json              {"weights": [files that may be deleted to save space]}
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from xstilts.core.errors import EncoderError, StoreError
from xstilts.core.files import read_json, read_json_mapping, write_json
from xstilts.core.io_errors import writing
from xstilts.heads.base import Head
from xstilts.heads.own_head import give_back, load_own_head
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.base import NO_OWN_HEAD, Kind
from xstilts.nn.encoder import Encoder
from xstilts.nn.loading import read_own_heads
from xstilts.train import adapter_files
from xstilts.train.snapshot import save_weights
from xstilts.train.weight_check import fitting_tensors, same_tensors, stored_tensors

OWN_HEAD = "own_head.safetensors"
_HEADS_FILE = "heads.json"
_PARTS_FILE = "parts.json"
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


@dataclass(frozen=True)
class HeadsFile:
    """Contents of `heads.json`: the sizes of the encoder that the heads were trained with, and the heads by key."""

    encoder_shape: Mapping[str, Any]
    heads: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> HeadsFile | None:
        """Read the file of a checkpoint; None where there is none, as in a plain encoder folder. Raises StoreError for
        a file with other content."""
        path = Path(folder) / _HEADS_FILE
        if not path.is_file():
            return None
        match read_json(path):
            case {"encoder": dict(shape), "heads": dict(heads)}:
                return cls(shape, heads)
        raise StoreError("this should hold the `encoder` and the `heads` of a checkpoint.", where=str(path))


def save(folder: Path, encoder: Encoder, heads: Mapping[str, Head], start: Path, adapters_alone: bool = False) -> None:
    """Write a checkpoint.

    Args:
        start: the encoder folder or checkpoint that the phase began with; its tokenizer is copied.
        adapters_alone: the encoder is still what it was there, and its adapters and the heads are written without it.

    Raises StoreError on a full disk.
    """
    base = encoder_folder(start) if adapters_alone else folder / adapter_files.ENCODER_FOLDER
    give_back(encoder, heads.values())
    own_head = []
    with writing(folder):
        if not adapters_alone:
            encoder.save(base)
            copy_tokenizer(encoder_folder(start), base)
        elif not same_tensors(encoder.own_head_weights, read_own_heads(base, encoder.model)):
            own_head = [folder / OWN_HEAD]
            save_weights(folder / OWN_HEAD, encoder.own_head_weights)
        adapters = adapter_files.write(folder, encoder, base) if encoder.adapters.each else []
    entries = {}
    for key, head in heads.items():
        save_weights(folder / "heads" / f"{key}.safetensors", unique_tensors(head))
        entries[key] = {"native": head.native, "auto_class": head.auto_class}
    write_json(folder / _HEADS_FILE, {"encoder": adapter_files.shape_of(encoder.config.to_dict()), "heads": entries})
    encoder_weights = [] if adapters_alone else list(base.glob("*.safetensors"))
    weights = [*encoder_weights, *own_head, *adapters, *(folder / "heads").glob("*.safetensors")]
    write_json(folder / _PARTS_FILE, {"weights": sorted(path.relative_to(folder).as_posix() for path in weights)})


def weight_bytes(folder: Path) -> int:
    """Return the bytes of the weight files of a checkpoint."""
    return sum((folder / name).stat().st_size for name in checkpoint_weights(folder))


def checkpoint_weights(folder: Path) -> list[str]:
    """Return the weight files that `parts.json` names. Raises StoreError for a file with other content."""
    path = folder / _PARTS_FILE
    match read_json(path):
        case {"weights": list(names)} if all(isinstance(name, str) for name in names):
            return names
    raise StoreError("this should name the `weights` of a checkpoint.", where=str(path))


def load_encoder(folder: Path, base: Path | None = None, **settings: Any) -> Encoder:
    """Load the encoder of a checkpoint, with its adapters, or that of a plain encoder folder.

    Args:
        base: the encoder below a checkpoint of adapters alone; None: where the checkpoint says it was.
        settings: for `Encoder.load`.

    Raises EncoderError when the checkpoint's heads or adapters belong to another encoder, and what `Encoder.load`
    raises.
    """
    encoder_path = encoder_folder(folder, base)
    if not has_adapters(folder):
        check_shape(folder)
        return Encoder.load(encoder_path, **settings)
    encoder = Encoder.load(encoder_path, **settings)
    adapter_files.read(Path(folder), encoder, encoder_path)
    encoder.own_head_weights = newer_own_head(folder) or encoder.own_head_weights
    return encoder


def newer_own_head(folder: Path) -> dict[str, Tensor]:
    """Return the encoder's own head of a checkpoint of adapters, where it is newer than that of the encoder below; else
    {}. Raises EncoderError where its file is gone, StoreError where `parts.json` holds something else."""
    if not (Path(folder) / _PARTS_FILE).exists() or OWN_HEAD not in checkpoint_weights(Path(folder)):
        return {}
    return stored_tensors(Path(folder) / OWN_HEAD, "the encoder's own head")


def usable_head(folder: Path, kind: Kind, encoder: Encoder, hint: str | None = None) -> Head:
    """Load the head for `kind` of a checkpoint, or the encoder's own. Raises EncoderError where there is neither, with
    `hint`: one that was neither trained nor pretrained would guess at random."""
    head = load_head(folder, kind, encoder) or load_own_head(kind, encoder)
    if head is None and kind.uses_own_head:
        raise EncoderError(
            f"{NO_OWN_HEAD} that '{kind.name}' could ask.",
            where=str(folder),
            hint="Sentence encoders and encoders of other tasks have none: use a linear probe (minimal-pairs-probe).",
        )
    if head is None:
        raise EncoderError(
            f"this checkpoint has no head for '{head_key(kind)}' (the kind, and a digest of its labels).",
            where=str(folder),
            value=head_key(kind),
            allowed=head_keys(folder),
            hint=hint,
        )
    return head


def load_head(folder: Path, kind: Kind, encoder: Encoder) -> Head | None:
    """Load the head that a checkpoint has for `kind`, None when it has none. Raises EncoderError when it does not
    fit."""
    key = head_key(kind)
    if key not in head_keys(folder):
        return None
    head, path = make_head(kind, encoder), Path(folder) / "heads" / f"{key}.safetensors"
    tensors = fitting_tensors(path, unique_tensors(head), f"the head '{key}'", "a head from another encoder")
    head.load_state_dict(tensors, strict=False)
    return head


def head_keys(folder: Path) -> list[str]:
    """Return the keys of the heads in a checkpoint; none in a plain encoder folder."""
    heads_file = HeadsFile.read(folder)
    return sorted(heads_file.heads) if heads_file else []


def has_adapters(folder: Path) -> bool:
    return (Path(folder) / adapter_files.FILE).is_file()


def encoder_folder(folder: Path, base: Path | None = None) -> Path:
    """Return the Hugging Face folder within a checkpoint, or below one of adapters alone (`base`, see `load_encoder`);
    the folder itself where it is not a checkpoint. Raises EncoderError where the encoder below adapters is gone."""
    if has_adapters(folder):
        return adapter_files.find_base(Path(folder), base)
    return adapter_files.encoder_within(Path(folder))


def check_shape(folder: Path) -> None:
    """Raise EncoderError when the heads of a checkpoint were trained with an encoder of another shape than the one that
    is stored with them."""
    heads_file, config = HeadsFile.read(folder), encoder_folder(folder) / "config.json"
    if heads_file is None or not config.is_file():
        return
    expected, actual = heads_file.encoder_shape, adapter_files.shape_of(read_json_mapping(config))
    names = adapter_files.SHAPE
    if differing := [name for name in names if actual[name] is not None and expected.get(name) != actual[name]]:
        raise EncoderError(
            f"a checkpoint from another encoder: its heads belong to {adapter_files.shape_text(expected)}, "
            f"but encoder/ holds {adapter_files.shape_text(actual)}.",
            where=str(folder),
            value=str(actual[differing[0]]),
            hint="Copy the whole folder of one training.",
        )


def copy_tokenizer(source: Path, target: Path) -> None:
    """Copy the files of a tokenizer from one encoder folder to another."""
    target.mkdir(parents=True, exist_ok=True)
    for name in _TOKENIZER_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)


def unique_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return the state of a module without the second names of shared tensors."""
    seen: dict[int, str] = {}
    state = module.state_dict(keep_vars=True)
    return {name: tensor.detach() for name, tensor in state.items() if seen.setdefault(id(tensor), name) == name}
