"""Find a translation model by name: a local folder, or one on the hub, kept in the store's `translators/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xstilts.data.locate import Roots
from xstilts.models.store import MODEL, ModelFiles, ModelStore, Say

TRANSLATOR = ModelFiles(
    what="translation model",
    one="a translation model",
    home="translators",
    wanted=(
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
    needed=MODEL,
    hint="Give a local folder as `model:`, or try again with a network. Where a repository has its weights as "
    "safetensors in another branch, name it: `owner/name@refs/pr/1`.",
)


@dataclass(frozen=True, kw_only=True)
class LocatedTranslator:
    """A translation model that is here. `identity` is a digest of its content."""

    name: str
    identity: str
    folder: Path


def find_translator(name: str, roots: Roots, *, fetch: Say | None = None) -> LocatedTranslator:
    """`name`: a folder, or `owner/name[@revision]` on the hub. Raises EncoderError as `ModelStore.find` does."""
    shelf = ModelStore(form=TRANSLATOR, roots=roots)
    folder = shelf.find(name, fetch=fetch)
    shelf.require(folder, name, TRANSLATOR.needed)
    return LocatedTranslator(name=name, identity=shelf.identity(folder), folder=folder)


def carried(found: LocatedTranslator, roots: Roots) -> dict[str, Path | bytes]:
    """All that another machine's store needs to find this model by the same name (see `ModelStore.carried`)."""
    return ModelStore(form=TRANSLATOR, roots=roots).carried(found.name, found.folder)
