"""Find a translation model by name: a local folder, or one on the hub, kept in the store's `translators/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xstilts.core.files import read_settings
from xstilts.core.tensor_files import read_headers
from xstilts.data.locate import Roots
from xstilts.models.store import MODEL, ModelContent, ModelFiles, ModelStore, Say, at_revision, naming


def _check(folder: Path) -> None:
    """Raise EncoderError where config.json cannot be read, or weights are cut or not there. No weight is read."""
    read_settings(folder / "config.json")
    read_headers(folder)


TRANSLATOR = ModelFiles(
    noun="translation model",
    with_article="a translation model",
    store_folder="translators",
    file_patterns=(
        "config.json",
        "generation_config.json",
        "*.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "merges.txt",
        "*.spm",
        "sentencepiece.bpe.model",
        "spiece.model",
    ),
    required_files=MODEL,
    check=_check,
    hint="Give a local folder as `model:`, or try again with a network. Where a repository has its weights as "
    "safetensors in another branch, name it: `owner/name@refs/pr/1`.",
)


@dataclass(frozen=True, kw_only=True)
class LocatedTranslator:
    """A translation model that is here. `identity` is a digest of its content."""

    name: str
    identity: str
    folder: Path


def find_translator(name: str, roots: Roots, *, fetch: Say | None = None, revision: str = "") -> LocatedTranslator:
    """Return a translation model by name. `name`: a folder, or `owner/name[@revision]` on the hub; `revision`: the
    commit that is fetched. Raises EncoderError as `ModelStore.find` does."""
    model_store = ModelStore(spec=TRANSLATOR, roots=roots)
    folder = model_store.find(name, fetch=fetch, repo=at_revision(name, revision))
    model_store.require(folder, name, TRANSLATOR.required_files)
    with naming(TRANSLATOR, name):
        _check(folder)
    return LocatedTranslator(name=name, identity=model_store.identity(folder), folder=folder)


def translator_files(translator: LocatedTranslator, roots: Roots) -> ModelContent:
    """Return the files of a translation model."""
    return ModelStore(spec=TRANSLATOR, roots=roots).content(translator.folder)


def portable_files(translator: LocatedTranslator, roots: Roots) -> dict[str, Path | bytes]:
    """Return all that another machine's store needs to find this model by the same name (see
    `ModelStore.portable_files`)."""
    return ModelStore(spec=TRANSLATOR, roots=roots).portable_files(translator.name, translator.folder)
