"""Find an encoder by name: a packaged one, a local folder, or one on the hub.

What is found is a folder in the ordinary Hugging Face layout (config.json, safetensors, tokenizer.json) and a digest of
its content; a packaged encoder that is built on the machine is instead a step of the run graph, with its recipe as
identity. What was fetched, or carried here, is in the store's `encoders/` (see `models.store`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json
from xstilts.data.locate import Roots
from xstilts.engine.step import Step
from xstilts.models.store import MODEL, ChangedEncoderError, ModelFiles, ModelStore, Say, one_line
from xstilts.study.phase import EncoderRef

__all__ = ["ChangedEncoderError", "LocatedEncoder", "find_encoder", "from_folder", "portable_files"]


@dataclass(frozen=True, kw_only=True)
class LocatedEncoder:
    """An encoder that can be used: a folder that is here, or the step that builds it."""

    ref: EncoderRef
    folder: Path | None = None
    step: Step | None = None
    shape: Mapping[str, Any] = field(default_factory=dict)  # of one that is not here, for a plan

    def config(self) -> Mapping[str, Any]:
        """config.json as plain JSON; what is known of it while the encoder is not here."""
        return read_json(self.folder / "config.json") if self.folder else self.shape


# (width, feed-forward width, layers, vocabulary) in the config.json of encoders people name, for plans before they are
# fetched. Others are taken to have the shape of a base model.
_SHAPES = {
    "FacebookAI/xlm-roberta-base": (768, 3072, 12, 250_002),
    "FacebookAI/xlm-roberta-large": (1024, 4096, 24, 250_002),
    "facebook/xlm-roberta-xl": (2560, 10240, 36, 250_880),
    "google-bert/bert-base-multilingual-cased": (768, 3072, 12, 119_547),
    "microsoft/infoxlm-large": (1024, 4096, 24, 250_002),
    "google/rembert": (1152, 4608, 32, 250_300),
}
_BASE = (768, 3072, 12, 250_002)


def expected_encoder(name: str) -> LocatedEncoder:
    """Return an encoder of the hub as it will be once it is fetched, for a plan."""
    width, inner, layers, vocabulary = _SHAPES.get(name.partition("@")[0], _BASE)
    shape = {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "vocab_size": vocabulary,
    }
    return LocatedEncoder(ref=EncoderRef(identity=f"to fetch: {name}", name=name), shape=shape)


def find_encoder(name: str, roots: Roots, built: Mapping[str, Step], *, fetch: Say | None = None) -> LocatedEncoder:
    """Return an encoder by name. `name`: a packaged encoder (a key of `built`), a folder, or `owner/name[@revision]` on
    the hub. With `fetch`, one that is not here is fetched from the hub (`HF_ENDPOINT`), announced through it.

    Raises EncoderError when it is none of them, is on the hub and cannot be fetched, or is not what was fetched."""
    if name in built:
        step = built[name]
        return LocatedEncoder(ref=EncoderRef(identity=step.id, name=name), step=step)
    return from_folder(_model_store(roots).find(name, fetch=fetch, packaged_names=built), name, roots)


def from_folder(folder: Path, name: str, roots: Roots) -> LocatedEncoder:
    """Return an encoder in an ordinary Hugging Face folder; a checkpoint of ours is one too (its `encoder/`), but for
    one that has adapters, which would be lost without a word. Raises EncoderError."""
    if (folder / "adapter.json").is_file():
        raise EncoderError(
            f"'{name}' is an encoder with adapters, and a study starts from a plain one.",
            where=str(folder),
            hint="`xstilts export` puts LoRA and IA3 into the weights; or train the adapters within the study.",
        )
    inner = folder / "encoder"
    if not (folder / "config.json").is_file() and (inner / "config.json").is_file():
        folder = inner
    model_store = _model_store(roots)
    model_store.require(folder, name, ENCODER.required_files)
    return LocatedEncoder(ref=EncoderRef(identity=model_store.identity(folder), name=name), folder=folder)


def portable_files(encoder: LocatedEncoder, roots: Roots) -> dict[str, Path | bytes]:
    """Return all that another machine's store needs to find this encoder by the same name: path below the store -> a
    file, or its content. {} for a packaged encoder, which every installation has."""
    return {} if encoder.folder is None else _model_store(roots).portable_files(encoder.ref.name, encoder.folder)


def _model_store(roots: Roots) -> ModelStore:
    return ModelStore(spec=ENCODER, roots=roots)


def _convert_tokenizer(folder: Path) -> None:
    """Encoders published with a SentencePiece file or a vocabulary alone get a tokenizer.json, once."""
    if (folder / "tokenizer.json").is_file():
        return
    from transformers import AutoTokenizer

    try:
        backend = AutoTokenizer.from_pretrained(folder, trust_remote_code=False).backend_tokenizer
        backend.save(str(folder / "tokenizer.json"))
    except Exception as error:
        raise EncoderError(
            f"This encoder has no tokenizer.json, and none can be made of its files: {one_line(error)}",
            where=str(folder),
            hint="Only encoders with a fast tokenizer can be used.",
        ) from error


ENCODER = ModelFiles(
    noun="encoder",
    with_article="an encoder",
    store_folder="encoders",
    file_patterns=(
        "config.json",
        "*.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "sentencepiece.bpe.model",
        "vocab.txt",
        "spiece.model",
    ),
    required_files={**MODEL, "tokenizer.json": "tokenizer.json"},
    convert=_convert_tokenizer,
    hint="Give a local folder as `encoder:`, or try again with a network.",
)
