"""Encoders as facts: those that come with the program and published ones by short names, and which are here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json
from xstilts.data.locate import Roots
from xstilts.models.bundled import packed_folders
from xstilts.models.encoders import find_encoder
from xstilts.models.named_encoders import NAMED_ENCODERS
from xstilts.pipeline.estimates import parameters


@dataclass(frozen=True, kw_only=True)
class EncoderFacts:
    """One encoder that a study can name.

    Attributes:
        status: "packaged", "here" (in the store), or "to fetch".
        languages: in how many languages it was pretrained; None: see its page.
        parameters: about how many weights it has, token vectors included.
        sources: where it is taken from, the first choice first.
    """

    name: str
    status: str
    licence: str
    languages: int | None
    layers: int
    width: int
    vocabulary: int
    parameters: int
    sources: tuple[str, ...]


def encoder_facts(roots: Roots) -> Iterator[EncoderFacts]:
    """Yield the packaged encoders, then the named ones by size. Nothing is fetched."""
    for folder in packed_folders():
        config = read_json(folder / "config.json")
        recipe = read_json(folder / "pretraining.json")["recipe"]
        layers, width, vocabulary = config["num_hidden_layers"], config["hidden_size"], config["vocab_size"]
        yield EncoderFacts(
            name=folder.name,
            status="packaged",
            licence="MIT",  # as its teacher; its folder has the text
            languages=len(recipe["languages"]),
            layers=layers,
            width=width,
            vocabulary=vocabulary,
            parameters=int(parameters(config)),
            sources=("comes with the program",),
        )
    for named in sorted(NAMED_ENCODERS.values(), key=lambda encoder: parameters(encoder.config)):
        yield EncoderFacts(
            name=named.name,
            status="here" if _is_here(named.name, roots) else "to fetch",
            licence=named.licence,
            languages=named.languages,
            layers=named.layers,
            width=named.width,
            vocabulary=named.vocabulary,
            parameters=int(parameters(named.config)),
            sources=(named.hub, *((named.substitute.label,) if named.substitute else ())),
        )


def _is_here(name: str, roots: Roots) -> bool:
    try:
        return find_encoder(name, roots, {}).folder is not None
    except EncoderError:
        return False
