"""What a user writes to pretrain an encoder: the recipe file, checked key by key."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, model_validator

from xstilts.study.schema import StrictModel
from xstilts.study.validation import checked, find_file, read_mapping

Data = Literal["text", "parallel", "lexicon", "switched", "mined"]


class TokenizerSpec(StrictModel):
    """A Unigram tokenizer. `lines`: at most so many a language; `weight`: languages that count as several."""

    vocabulary: int = Field(16000, ge=300)
    lines: int = Field(2000, ge=1)
    weight: Mapping[str, int] = {}


class EncoderSpec(StrictModel):
    """An ELECTRA encoder of our own. `vectors`: start from token vectors by SVD over the parallel text."""

    layers: int = Field(4, ge=1)
    width: int = Field(256, ge=8)
    embedding: int = Field(192, ge=8)
    heads: int = Field(4, ge=1)
    feedforward: int = Field(1024, ge=8)
    positions: int = Field(512, ge=16)
    dropout: float = Field(0.1, ge=0, lt=1)
    vectors: bool = True

    @model_validator(mode="after")
    def whole_heads(self) -> EncoderSpec:
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be cut into {self.heads} heads")
        return self


class PartSpec(StrictModel):
    """One objective of a phase: what is learnt (`mlm` or `translation`) from which data.

    share: of the updates, relative to the other parts; batch: rows an update. `rate` and `candidates` belong to mlm,
    `layer`, `sentences`, `words` and the temperatures to translation (see the kinds of these names). A pair under mlm
    is translation language modelling.
    """

    learn: Literal["mlm", "translation"]
    data: Data
    share: float = Field(1.0, gt=0)
    batch: int | None = Field(None, ge=1)
    rate: float = Field(0.15, gt=0, lt=1)
    candidates: int | None = Field(None, ge=1)
    layer: int | None = Field(None, ge=0)
    sentences: float = Field(1.0, ge=0)
    words: float = Field(1.0, ge=0)
    temperature: float = Field(0.05, gt=0)
    word_temperature: float = Field(0.1, gt=0)

    @model_validator(mode="after")
    def fits(self) -> PartSpec:
        if self.learn == "translation" and self.data in ("text", "switched"):
            raise ValueError(f"translation is learnt from pairs (parallel, lexicon, mined), not from {self.data}")
        return self


class MineSpec(StrictModel):
    """Before the phase: pairs of English and every other language, found in monolingual corpora by the encoder so far,
    as the data `mined`."""

    corpora: tuple[str, ...] = Field(min_length=1)
    layer: int | None = Field(None, ge=0)
    margin: float = Field(1.1, gt=0)
    most: int = Field(20000, ge=1)  # sentences of a language at most


class PhaseSpec(StrictModel):
    name: str = Field(pattern=r"^[a-z0-9-]+$")
    parts: tuple[PartSpec, ...] = Field(min_length=1)
    mine: MineSpec | None = None
    seed: int | None = None  # of the order of its rows, None: the recipe's; another one where a phase goes on with them
    updates: int = Field(ge=1)
    batch: int = Field(64, ge=1)
    lr: float = Field(5e-4, gt=0)
    warmup: float = Field(0.05, ge=0, le=1)
    weight_decay: float = Field(0.01, ge=0)
    clip: float = Field(1.0, gt=0)
    max_length: int = Field(128, ge=8)
    precision: Literal["fp32", "bf16"] = "bf16"
    dropout: float = Field(0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def one_mask(self) -> PhaseSpec:
        if len({(part.rate, part.candidates) for part in self.parts if part.learn == "mlm"}) > 1:
            raise ValueError("the mlm parts of a phase share one head: give them the same rate and candidates")
        return self


class PretrainRecipe(StrictModel):
    """`encoder`: the shape of a new one, or the name of one to continue (packaged, a folder, on the hub), whose
    tokenizer is kept."""

    name: str = ""
    question: str = ""
    seed: int = 1
    languages: tuple[str, ...] = ()  # (): all of the corpora
    corpora: tuple[str, ...] = Field(min_length=1)
    allow_noncommercial: bool = False
    tokenizer: TokenizerSpec = TokenizerSpec()
    encoder: EncoderSpec | str = EncoderSpec()
    balance: float = Field(0.5, ge=0, le=1)  # exponent of a language's size in the sampling of text
    repeat: Mapping[str, int] = {}  # languages whose text is seen so many times as often as that
    switch: float = Field(0.4, gt=0, le=1)  # share of the words a lexicon knows that are switched
    phases: tuple[PhaseSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def phases_fit(self) -> PretrainRecipe:
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError("two phases have one name")
        mined = False
        for phase in self.phases:
            mined = mined or phase.mine is not None
            if not mined and any(part.data == "mined" for part in phase.parts):
                raise ValueError(f"phase '{phase.name}' learns from mined pairs, and nothing was mined before it")
        return self


def packaged_recipes() -> dict[str, Path]:
    """Names of the recipes that come with the program."""
    folder = Path(str(resources.files("xstilts"))) / "recipes"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_recipe(recipe: str) -> PretrainRecipe:
    """A recipe by its file or packaged name. Raises StudyError with the place and the nearest valid key."""
    path = find_file(recipe, packaged_recipes(), "recipe")
    data = read_mapping(path, "A recipe is a mapping of keys such as corpora, tokenizer, encoder, phases.")
    data.setdefault("name", path.stem)
    return checked(data, PretrainRecipe, path.name)


def dump_recipe(recipe: PretrainRecipe) -> str:
    """Return a recipe as the text of a file that `load_recipe` reads as the same recipe."""
    return yaml.safe_dump(recipe.model_dump(mode="json", exclude_unset=True) | {"name": recipe.name}, sort_keys=False)
