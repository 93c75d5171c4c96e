"""Find an encoder by name: a packaged one, a published one by its short name, a local folder, or one on the hub.

What is found is a folder in the ordinary Hugging Face layout (config.json, safetensors, tokenizer.json) and a digest of
its content; a packaged encoder that is built on the machine is instead a step of the run graph, with its recipe as
identity. What was fetched, or carried here, is in the store's `encoders/` (see `models.store`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json
from xstilts.data.locate import Roots
from xstilts.engine.step import Step
from xstilts.models.encoder_check import check_encoder, check_once, remember
from xstilts.models.named_encoders import NAMED_ENCODERS
from xstilts.models.store import (
    MODEL,
    ChangedEncoderError,
    ModelContent,
    ModelFiles,
    ModelStore,
    Say,
    at_revision,
    naming,
)
from xstilts.models.tokenizer_conversion import TOKENIZER_SOURCES, convert_tokenizer
from xstilts.study.phase import EncoderRef

__all__ = ["ChangedEncoderError", "LocatedEncoder", "find_encoder", "from_folder", "portable_files"]


@dataclass(frozen=True, kw_only=True)
class LocatedEncoder:
    """An encoder that can be used: a folder that is here, or the step that builds it. Where a plan looks ahead,
    `is_here` is False of one that is still to be fetched."""

    ref: EncoderRef
    folder: Path | None = None
    step: Step | None = None
    shape: Mapping[str, Any] = field(default_factory=dict)  # of one that is not here, or is still to be made
    origin: str = ""  # where its files came from, where that is not the hub
    is_here: bool = True

    def config(self) -> Mapping[str, Any]:
        """config.json as plain JSON; what is known of it while the encoder is not here."""
        return read_json(self.folder / "config.json") if self.folder else self.shape


_BASE = NAMED_ENCODERS["xlmr-base"]  # encoders without a short name are taken to have the shape of a base model


def expected_encoder(name: str) -> LocatedEncoder:
    """Return an encoder of the hub as it will be once it is fetched, for a plan."""
    repo = name.partition("@")[0]
    named = next((known for known in NAMED_ENCODERS.values() if repo in (known.name, known.hub)), _BASE)
    return LocatedEncoder(ref=EncoderRef(identity=f"to fetch: {name}", name=name), shape=named.config, is_here=False)


def find_encoder(
    name: str, roots: Roots, built: Mapping[str, Step], *, fetch: Say | None = None, revision: str = ""
) -> LocatedEncoder:
    """Return an encoder by name: a packaged encoder (a key of `built`), a short name (`named_encoders`), a folder, or
    `owner/name[@revision]` on the hub. With `fetch`, one that is not here is fetched from the hub (`HF_ENDPOINT`), or
    from where else it can be had, announced through it. `revision`: the commit that is fetched; "": the newest.

    Raises EncoderError when it is none of them, cannot be fetched, or is not what was fetched."""
    if name in built:
        step = built[name]
        shape = read_json(step.settings.folder / "config.json")
        return LocatedEncoder(ref=EncoderRef(identity=step.id, name=name), step=step, shape=shape)
    model_store, names = _model_store(roots), [*built, *NAMED_ENCODERS]
    if name not in NAMED_ENCODERS:
        repo = at_revision(name, revision)
        return from_folder(model_store.find(name, fetch=fetch, packaged_names=names, repo=repo), name, roots)
    named = NAMED_ENCODERS[name]
    repo = at_revision(named.hub, revision)
    folder = model_store.find(name, fetch=fetch, packaged_names=names, repo=repo, substitute=named.substitute)
    return replace(from_folder(folder, name, roots), origin=model_store.origin(name))


def from_folder(folder: Path, name: str, roots: Roots) -> LocatedEncoder:
    """Return an encoder in an ordinary Hugging Face folder; a checkpoint of ours is one too (its `encoder/`), but for
    one that has adapters, which would be lost without a word. What is in the files is checked the first time. Raises
    EncoderError."""
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
    identity = model_store.identity(folder)
    with naming(ENCODER, name):
        check_once(folder, identity, roots.store)
    return LocatedEncoder(ref=EncoderRef(identity=identity, name=name), folder=folder)


def encoder_files(encoder: LocatedEncoder, roots: Roots) -> ModelContent:
    """Return the files of an encoder that is here, of a packaged one those that come with the program."""
    if encoder.folder is not None:
        return _model_store(roots).content(encoder.folder)
    assert encoder.step is not None  # an encoder that is here is a folder or a step
    folder = encoder.step.settings.folder
    return ModelContent(folder=folder, files=dict(encoder.step.settings.files))


def portable_files(encoder: LocatedEncoder, roots: Roots) -> dict[str, Path | bytes]:
    """Return all that another machine's store needs to find this encoder by the same name: path below the store -> a
    file, or its content. {} for a packaged encoder, which every installation has."""
    return {} if encoder.folder is None else _model_store(roots).portable_files(encoder.ref.name, encoder.folder)


def _model_store(roots: Roots) -> ModelStore:
    return ModelStore(spec=ENCODER, roots=roots)


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
    converted="tokenizer.json",
    converted_patterns=TOKENIZER_SOURCES,
    convert=convert_tokenizer,
    check=check_encoder,
    remember=remember,
    hint="Give a local folder as `encoder:`, or try again with a network.",
)
