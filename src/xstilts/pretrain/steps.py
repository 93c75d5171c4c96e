"""The steps of pretraining, as plain functions: read the corpora, make the start, make rows, mine, train."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.core.files import write_atomic, write_json
from xstilts.core.settings.training import Recipe
from xstilts.data.examples import TextExample
from xstilts.engine.step import Context
from xstilts.kinds.base import Encoded
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.tokenized import TokenizedRows, write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.kinds.translation import TranslationRanking
from xstilts.pipeline.steps.train import SNAPSHOT_SECONDS
from xstilts.pretrain import rows
from xstilts.pretrain.corpus import load_corpus
from xstilts.pretrain.start import EncoderShape

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from xstilts.pretrain.corpus import CorpusData
    from xstilts.pretrain.links import Links


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    vocabulary: int
    lines: int
    weight: dict[str, int]
    shape: EncoderShape
    seed: int


def start(settings: StartSettings, context: Context) -> None:
    """A new tokenizer and a new encoder, as an ordinary folder. Input: corpus."""
    from xstilts.pretrain.start import build_start
    from xstilts.pretrain.tokenizer import learn_tokenizer, save_tokenizer

    corpus = load_corpus(context.inputs["corpus"])
    context.progress(0, 2, "stages", "learning a tokenizer")
    tokenizer = learn_tokenizer(rows.monolingual(corpus), settings.vocabulary, settings.lines, settings.weight)
    context.progress(1, 2, "stages", "token vectors")
    build_start(corpus, tokenizer, settings.shape, settings.seed, context.out)
    save_tokenizer(tokenizer, context.out, settings.shape.positions)
    context.progress(2, 2, "stages", "")


@dataclass(frozen=True, kw_only=True)
class RowSettings:
    """Rows of `data` for `kind`, with the tokenizer of the folder `encoder` (None: of the input "encoder")."""

    data: str
    kind: MaskedLM | TranslationRanking
    max_length: int
    seed: int
    balance: float = 1.0  # of text
    repeat: tuple[tuple[str, int], ...] = ()  # of text: (language, times)
    switch: float = 0.0  # of switched text
    tokenizer: str = ""  # sha-256, where it is not an input's
    encoder: Path | None = field(default=None, metadata=NOT_IDENTITY)


def make_rows(settings: RowSettings, context: Context) -> None:
    """Inputs: corpus, and encoder (unless a folder is given) and mined (for mined pairs)."""
    corpus = load_corpus(context.inputs["corpus"])
    tokenizer = load_tokenizer(settings.encoder or context.inputs["encoder"])
    examples = _examples(settings, corpus, context)
    kind = settings.kind
    if isinstance(kind, TranslationRanking) and kind.words:
        kind = _linked(settings, corpus, examples, tokenizer, context)
    write(examples, kind, tokenizer, settings.max_length, context.out, context.progress)


def _examples(settings: RowSettings, corpus: CorpusData, context: Context) -> list[TextExample]:
    if settings.data == "text":
        return rows.texts(corpus, settings.balance, dict(settings.repeat), settings.seed)
    if settings.data == "switched":
        return rows.switched(corpus, settings.switch, settings.seed)
    if settings.data == "lexicon":
        return rows.lexicon(corpus)
    if settings.data == "mined":
        return read_mined(context.inputs["mined"])
    return rows.pairs(corpus)


def _linked(
    settings: RowSettings, corpus: CorpusData, examples: list[TextExample], tokenizer: Tokenizer, context: Context
) -> TranslationRanking:
    """The kind with the aligned words of these examples. The lexicons teach the aligner beside them, and the parallel
    text where they are mined."""
    from xstilts.kinds.special_tokens import frame
    from xstilts.pretrain.links import links

    taught = {language: list(found) for language, found in corpus.lexicon.items()}
    languages = rows.languages_of_pairs(corpus)
    if settings.data == "mined":
        for language, example in zip(languages, rows.pairs(corpus), strict=True):
            taught.setdefault(language, []).append((example.text, example.pair or ""))
        languages = [example.id.partition("-")[0] for example in examples]

    def told(done: int, total: int, language: str) -> None:
        context.progress(done, total, "languages", f"aligning words, {language}")

    shape = frame(tokenizer, 1)
    found = links(examples, languages, taught, tokenizer, shape.room(settings.max_length), told)
    places = {example.id: own for example, own in zip(examples, found, strict=True)}
    return Linked(**asdict(settings.kind), places=places, start=len(shape.fixed[0]))


@dataclass(frozen=True)
class Linked(TranslationRanking):
    """A translation kind whose rows get links: `places` holds those of an example by its id, `start` is where its text
    begins in a row."""

    places: Mapping[str, Links] = field(default_factory=dict, compare=False)
    start: int = 0

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        encoded = super().encode(examples, tokenizer, max_length)
        own = [self.places[examples[number].id] for number in encoded.columns["example"]]
        encoded.columns["links"] = [(found.pieces + self.start).ravel().tolist() for found in own]
        encoded.columns["words"] = [(found.words + self.start).ravel().tolist() for found in own]
        return encoded


@dataclass(frozen=True, kw_only=True)
class MineSettings:
    corpora: tuple[str, ...]
    layer: int | None
    margin: float
    most: int
    precision: str = "fp32"


def mine(settings: MineSettings, context: Context) -> None:
    """Pairs of an English line and one in another language. Inputs: corpus, checkpoint. Writes mined.json.gz."""
    from xstilts.pretrain.mine import mutual

    lines = load_corpus(context.inputs["corpus"]).of(settings.corpora)
    lines = {language: found[: settings.most] for language, found in lines.items()}
    vectors = _vectors(lines, settings, context)
    found = [
        (language, lines["en"][m], lines[language][n])
        for language in sorted(set(lines) - {"en"})
        for n, m in mutual(vectors[language], vectors["en"], settings.margin)
    ]
    text = "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in found)
    write_atomic(context.out / "mined.jsonl.gz", gzip.compress(text.encode(), mtime=0))
    counts = {language: sum(pair[0] == language for pair in found) for language in sorted(lines)}
    write_json(context.out / "counts.json", counts)


def read_mined(folder: Path) -> list[TextExample]:
    text = gzip.decompress((folder / "mined.jsonl.gz").read_bytes()).decode()
    pairs = [json.loads(line) for line in text.split("\n") if line]
    return [
        TextExample(id=f"{language}-{number}", group=f"{language}-{number}", text=english, pair=other)
        for number, (language, english, other) in enumerate(pairs)
    ]


def _vectors(lines: dict[str, list[str]], settings: MineSettings, context: Context) -> dict[str, np.ndarray]:
    """Unit vectors of all lines, [N, D] a language."""
    from xstilts.data.examples import SentenceExample
    from xstilts.heads.registry import head_key, make_head
    from xstilts.kinds.retrieval import Retrieval
    from xstilts.train.checkpoint import encoder_folder, load_encoder
    from xstilts.train.job import Compute
    from xstilts.train.model import Model, outputs

    folder = context.inputs["checkpoint"]
    tokenizer, kind = load_tokenizer(encoder_folder(folder)), Retrieval(layer=settings.layer)
    encoder = load_encoder(folder, device=context.device)
    key = head_key(kind)
    model = Model(encoder, {key: make_head(kind, encoder)})
    compute = Compute(device=context.device, threads=context.threads, precision=settings.precision)
    found = {}
    for done, (language, own) in enumerate(lines.items()):
        context.progress(done, len(lines), "languages", f"sentence vectors, {language}")
        sentences = [SentenceExample(id=str(i), group=str(i), text=text, side="query") for i, text in enumerate(own)]
        columns = kind.encode(sentences, tokenizer, 128).columns
        table = [{name: column[i] for name, column in columns.items()} for i in range(len(columns["ids"]))]
        lengths = np.array([len(row["ids"]) for row in table])
        made = outputs(model, key, table.__getitem__, lengths, compute)
        vectors = np.zeros((len(own), encoder.hidden_size), dtype=np.float32)
        for row, vector in zip(table, made, strict=True):
            vectors[row["example"]] = vector / max(float(np.linalg.norm(vector)), 1e-12)
        found[language] = vectors
    return found


@dataclass(frozen=True, kw_only=True)
class PhasePart:
    """Its rows are the input "rows/i"."""

    name: str
    kind: MaskedLM | TranslationRanking
    share: float
    batch: int | None


@dataclass(frozen=True, kw_only=True)
class PhaseSettings:
    parts: tuple[PhasePart, ...]
    recipe: Recipe
    seed: int
    encoder: str = ""  # identity of the folder, where it is not an input's
    folder: Path | None = field(default=None, metadata=NOT_IDENTITY)


def phase(settings: PhaseSettings, context: Context) -> None:
    """One phase. Inputs: rows, and start (an encoder folder, or the checkpoint of the phase before)."""
    import os

    from xstilts.train.job import Job, JobPart
    from xstilts.train.loop import fit

    parts = []
    for i, part in enumerate(settings.parts):
        prepared = TokenizedRows(context.inputs[f"rows/{i}"])
        everything = range(prepared.meta["examples"])
        parts.append(
            JobPart(
                name=part.name,
                kind=part.kind,
                train=prepared,
                train_indices=everything,
                select=part.kind.metrics[0],
                share=part.share,
                batch=part.batch,
            )
        )
    job = Job(
        start=settings.folder or context.inputs["start"],
        parts=tuple(parts),
        recipe=settings.recipe,
        seed=settings.seed,
        keep_head=True,
        device=context.device,
        threads=context.threads,
    )
    fit(job, context.out, context.scratch, context.progress, float(os.environ.get(SNAPSHOT_SECONDS, 120)))
