"""The rows step: examples of one form of data, tokenised for one objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.data.examples import TextExample
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Encoded
from xstilts.kinds.tokenized import write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.kinds.translation import TranslationRanking
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain import rows
from xstilts.pretrain.corpus import load_corpus
from xstilts.pretrain.steps.base import CORPUS, ENCODER, MINED, Objective
from xstilts.pretrain.steps.mine import read_mined

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from xstilts.pretrain.corpus import CorpusData
    from xstilts.pretrain.links import Links

VERSION = 2


@dataclass(frozen=True, kw_only=True)
class RowSettings:
    """Rows of `data` for `kind`, with the tokenizer of the folder `encoder` (None: of the input "encoder")."""

    data: str
    kind: Objective
    max_length: int
    seed: int
    balance: float = 1.0  # of text
    repeat: tuple[tuple[str, int], ...] = ()  # of text: (language, times)
    switch: float = 0.0  # of switched text
    limit: int | None = field(default=None, metadata=OMIT_DEFAULT)  # examples drawn, None: all
    tokenizer: str = ""  # sha-256, where it is not an input's
    encoder: Path | None = field(default=None, metadata=NOT_IDENTITY)


def run(settings: RowSettings, context: Context) -> None:
    """Write the tokenised rows, those of translations with their aligned words."""
    corpus = load_corpus(context.inputs[CORPUS])
    tokenizer = load_tokenizer(settings.encoder or context.inputs[ENCODER])
    examples = drawn(_examples(settings, corpus, context), settings.limit, settings.seed)
    kind = settings.kind
    if isinstance(kind, TranslationRanking) and kind.words:
        kind = _with_links(settings, corpus, examples, tokenizer, context)
    write(examples, kind, tokenizer, settings.max_length, context.out, context.progress)


def _examples(settings: RowSettings, corpus: CorpusData, context: Context) -> list[TextExample]:
    if settings.data == "text":
        return rows.texts(corpus, settings.balance, dict(settings.repeat), settings.seed)
    if settings.data == "switched":
        return rows.switched(corpus, settings.switch, settings.seed)
    if settings.data == "lexicon":
        return rows.lexicon(corpus)
    if settings.data == "mined":
        return read_mined(context.inputs[MINED])
    return rows.pairs(corpus)


def drawn(examples: list[TextExample], limit: int | None, seed: int) -> list[TextExample]:
    """Return `limit` of the examples in their order, drawn by `seed`; all where there are no more."""
    if limit is None or limit >= len(examples):
        return examples
    places = np.random.default_rng(seed).permutation(len(examples))[:limit]
    return [examples[place] for place in sorted(places.tolist())]


def _with_links(
    settings: RowSettings, corpus: CorpusData, examples: list[TextExample], tokenizer: Tokenizer, context: Context
) -> TranslationRanking:
    """Return the kind with the aligned words of these examples. The lexicons teach the aligner too, and so does the
    parallel text where the examples are mined."""
    from xstilts.kinds.special_tokens import frame
    from xstilts.pretrain.links import links

    extra_pairs = {language: list(pairs) for language, pairs in corpus.lexicon.items()}
    language_of = rows.languages_of_pairs(corpus)
    if settings.data == "mined":
        for example in rows.pairs(corpus):
            extra_pairs.setdefault(language_of[example.id], []).append((example.text, example.pair or ""))
        languages = [example.id.partition("-")[0] for example in examples]
    else:
        languages = [language_of[example.id] for example in examples]

    def on_progress(done: int, total: int, language: str) -> None:
        context.progress(done, total, "languages", f"aligning words, {language}")

    shape = frame(tokenizer, 1)
    example_links = links(examples, languages, extra_pairs, tokenizer, shape.room(settings.max_length), on_progress)
    links_by_id = {example.id: item for example, item in zip(examples, example_links, strict=True)}
    return LinkedTranslation(**asdict(settings.kind), links=links_by_id, text_start=len(shape.fixed[0]))


@dataclass(frozen=True)
class LinkedTranslation(TranslationRanking):
    """A translation kind whose rows get links: `links` holds those of an example by its id, `text_start` is where its
    text begins in a row."""

    links: Mapping[str, Links] = field(default_factory=dict, compare=False)
    text_start: int = 0

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        encoded = super().encode(examples, tokenizer, max_length)
        row_links = [self.links[examples[number].id] for number in encoded.columns["example"]]
        encoded.columns["links"] = [(item.pieces + self.text_start).ravel().tolist() for item in row_links]
        encoded.columns["words"] = [(item.words + self.text_start).ravel().tolist() for item in row_links]
        return encoded


KIND = StepKind(name="rows", version=VERSION, run=run)


def row_step(settings: RowSettings, *, corpus: Step, encoder: Step | None, mined: Step | None, objective: str) -> Step:
    """`encoder`: the step that makes the tokenizer (None: the settings have its folder); `mined`: the step that found
    the translations, where these are the data; `objective`: its name in a recipe."""
    inputs = {CORPUS: corpus}
    inputs |= {ENCODER: encoder} if encoder else {}
    inputs |= {MINED: mined} if mined else {}
    about = {"data": settings.data, "objective": objective}
    return KIND.step(settings, inputs, label=f"{settings.data} for {objective}", about=about)
