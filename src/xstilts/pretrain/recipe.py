"""What a user writes to pretrain an encoder: the recipe file, checked key by key."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.dataclasses import dataclass

from xstilts.core.settings.training import Recipe
from xstilts.study.field_types import RecipeName
from xstilts.study.strict_model import GeneratedSection, StrictModel, section_of
from xstilts.study.validation import checked, find_file, read_mapping

Data = Literal["text", "parallel", "lexicon", "switched", "mined"]


class TokenizerSpec(StrictModel):
    """A Unigram tokenizer. `lines`: at most so many a language; `weight`: languages that count as several."""

    vocabulary: int = Field(16000, ge=300)
    lines: int = Field(2000, ge=1)
    weight: Mapping[str, int] = {}


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class EncoderShape:
    """An ELECTRA encoder of our own: its embeddings may be narrower than its states."""

    layers: Annotated[int, Field(ge=1)] = 4
    width: Annotated[int, Field(ge=8, description="hidden size")] = 256
    embedding: Annotated[int, Field(ge=8)] = 192
    heads: Annotated[int, Field(ge=1)] = 4
    feedforward: Annotated[int, Field(ge=8)] = 1024
    positions: Annotated[int, Field(ge=16, description="tokens a sequence at most")] = 512
    dropout: Annotated[float, Field(ge=0, lt=1, description="written down for fine-tuning")] = 0.1
    vectors: Annotated[
        bool, Field(description="start from token vectors by SVD over the parallel text, not from random ones")
    ] = True

    @model_validator(mode="after")
    def whole_heads(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be cut into {self.heads} heads")
        return self


class StudentShape(StrictModel):
    """An encoder that starts from another: the chosen layers of its teacher (from 1), over the pieces of the teacher's
    vocabulary that the corpora use (`tokenizer`: how many, counted in how many lines)."""

    teacher: str = Field(min_length=1)
    layers: tuple[Annotated[int, Field(ge=1)], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def layers_rise(self) -> Self:
        if list(self.layers) != sorted(set(self.layers)):
            raise ValueError(f"layers are named once each and in their order, not {list(self.layers)}")
        return self


class PartSpec(StrictModel):
    """One objective of a phase: what is learnt (`mlm`, `translation` or `distillation`) from which data.

    share: of the updates, relative to the other parts; batch: rows an update; examples: of the data, drawn at random,
    None for all. `rate` and `candidates` belong to mlm,
    `layer`, `sentences`, `words` and the temperatures to translation (see the kinds of these names). A pair under mlm
    is translation language modelling. `layers` belongs to distillation: layer of the student -> layer of its teacher,
    {} for the same share of the depth; `sentences` is the weight of its second loss.
    """

    learn: Literal["mlm", "translation", "distillation"]
    data: Data
    share: float = Field(1.0, gt=0)
    batch: int | None = Field(None, ge=1)
    examples: int | None = Field(None, ge=1)
    rate: float = Field(0.15, gt=0, lt=1)
    candidates: int | None = Field(None, ge=1)
    layer: int | None = Field(None, ge=0)
    sentences: float = Field(1.0, ge=0)
    words: float = Field(1.0, ge=0)
    temperature: float = Field(0.05, gt=0)
    word_temperature: float = Field(0.1, gt=0)
    layers: Mapping[int, int] = {}

    @model_validator(mode="after")
    def fits(self) -> PartSpec:
        if self.learn == "translation" and self.data in ("text", "switched"):
            raise ValueError(f"translation is learnt from pairs (parallel, lexicon, mined), not from {self.data}")
        return self


class MineSpec(StrictModel):
    """Mining before the phase: pairs of English and every other language, found in monolingual corpora by the encoder
    so far, as the data `mined`."""

    corpora: tuple[str, ...] = Field(min_length=1)
    layer: int | None = Field(None, ge=0)
    margin: float = Field(1.1, gt=0)
    most: int = Field(20000, ge=1)  # sentences of a language at most


PHASE_DEFAULTS: Mapping[str, Any] = {
    "updates": ...,  # the length of a phase must be given
    "batch": 64,
    "lr": 5e-4,
    "warmup": 0.05,
    "weight_decay": 0.01,
    "clip": 1.0,
    "dropout": 0.0,
}
PhaseNumbers: Any = section_of(Recipe, only=PHASE_DEFAULTS.keys(), defaults=PHASE_DEFAULTS)


class PhaseSpec(PhaseNumbers, GeneratedSection):
    """One phase of pretraining; its numbers are those of `core.settings.training.Recipe`, with other defaults."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    parts: tuple[PartSpec, ...] = Field(min_length=1)
    mine: MineSpec | None = None
    seed: int | None = None  # of the order of its rows, None: the recipe's; another one where a phase goes on with them
    max_length: int = Field(128, ge=8)
    precision: Literal["fp32", "bf16"] = "bf16"

    @property
    def recipe(self) -> Recipe:
        return Recipe(precision=self.precision, **{key: getattr(self, key) for key in PHASE_DEFAULTS})

    @model_validator(mode="after")
    def one_mask(self) -> PhaseSpec:
        if len({(part.rate, part.candidates) for part in self.parts if part.learn == "mlm"}) > 1:
            raise ValueError("the mlm parts of a phase share one head: give them the same rate and candidates")
        return self


def _form(value: Any) -> str:
    """Return which of its forms `encoder:` has: the name of one, a student of a teacher, or the shape of a new one."""
    if isinstance(value, str):
        return "name"
    is_student = "teacher" in value if isinstance(value, Mapping) else isinstance(value, StudentShape)
    return "student" if is_student else "shape"


class PackingSpec(StrictModel):
    """Bits of a number in the compact form that can be shipped: of matrices, and of the embedding table (None: the
    same)."""

    bits: Literal[4, 8] = 8
    table_bits: Literal[4, 8] | None = None


class PretrainRecipe(StrictModel):
    """`encoder`: the shape of a new one, the teacher and layers of one that is distilled, or the name of one to
    continue (packaged, a folder, on the hub), whose tokenizer is kept."""

    name: RecipeName = ""
    question: str = ""
    seed: int = 1
    languages: tuple[str, ...] = ()  # (): all of the corpora
    corpora: tuple[str, ...] = Field(min_length=1)
    allow_noncommercial: bool = False
    tokenizer: TokenizerSpec = TokenizerSpec()
    encoder: Annotated[
        Annotated[EncoderShape, Tag("shape")] | Annotated[StudentShape, Tag("student")] | Annotated[str, Tag("name")],
        Discriminator(lambda value: _form(value)),
    ] = EncoderShape()
    balance: float = Field(0.5, ge=0, le=1)  # exponent of a language's size in the sampling of text
    repeat: Mapping[str, int] = {}  # languages whose text is seen so many times as often as that
    switch: float = Field(0.4, gt=0, le=1)  # share of the words a lexicon knows that are switched
    packing: PackingSpec = PackingSpec()
    phases: tuple[PhaseSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def phases_fit(self) -> PretrainRecipe:
        names = [phase.name for phase in self.phases]
        if len(set(names)) < len(names):
            raise ValueError("two phases have one name")
        taught = isinstance(self.encoder, StudentShape)
        mined = False
        for phase in self.phases:
            mined = mined or phase.mine is not None
            if not taught and any(part.learn == "distillation" for part in phase.parts):
                raise ValueError(
                    f"phase '{phase.name}' learns by distillation: give a teacher, `encoder: {{teacher: e5-small, "
                    "layers: [2, 4, 6]}`"
                )
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
