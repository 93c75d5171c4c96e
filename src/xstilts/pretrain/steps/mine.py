"""The mine step: translations found in monolingual text by the encoder so far. In stores it is called "mined"."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xstilts.core.files import write_atomic, write_json
from xstilts.data.examples import SentenceExample, TextExample
from xstilts.engine.step import Context, Step
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.corpus import load_corpus
from xstilts.pretrain.mine import mutual
from xstilts.pretrain.steps.base import CHECKPOINT, CORPUS

VERSION = 1
_MAX_LENGTH = 128  # tokens of a sentence


@dataclass(frozen=True, kw_only=True)
class MineSettings:
    """Pairs of English and every other language among the lines of `corpora`, at most `sentence_limit` a language."""

    corpora: tuple[str, ...]
    layer: int | None
    margin: float
    sentence_limit: int = field(metadata={"identity_name": "most"})
    precision: str = "fp32"


def run(settings: MineSettings, context: Context) -> None:
    """Write the pairs, [language, English, other], and how many there are of each language."""
    lines = load_corpus(context.inputs[CORPUS]).of(settings.corpora)
    lines = {language: sentences[: settings.sentence_limit] for language, sentences in lines.items()}
    vectors = _vectors(lines, settings, context)
    pairs = [
        (language, lines["en"][m], lines[language][n])
        for language in sorted(set(lines) - {"en"})
        for n, m in mutual(vectors[language], vectors["en"], settings.margin)
    ]
    text = "".join(json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs)
    write_atomic(context.out / "mined.jsonl.gz", gzip.compress(text.encode(), mtime=0))
    counts = {language: sum(pair[0] == language for pair in pairs) for language in sorted(lines)}
    write_json(context.out / "counts.json", counts)


def read_mined(artefact: Path) -> list[TextExample]:
    """Return the pairs of a mine step as examples; an id begins with the language."""
    text = gzip.decompress((artefact / "mined.jsonl.gz").read_bytes()).decode()
    pairs = [json.loads(line) for line in text.split("\n") if line]
    return [
        TextExample(id=f"{language}-{number}", group=f"{language}-{number}", text=english, pair=other)
        for number, (language, english, other) in enumerate(pairs)
    ]


def _vectors(
    lines: Mapping[str, Sequence[str]], settings: MineSettings, context: Context
) -> dict[str, NDArray[np.float32]]:
    """Return the unit vectors of all lines, [N, D] a language."""
    from xstilts.heads.registry import head_key, make_head
    from xstilts.kinds.retrieval import Retrieval
    from xstilts.train.checkpoint import encoder_folder, load_encoder
    from xstilts.train.job import Compute
    from xstilts.train.model import Model, outputs

    folder = context.inputs[CHECKPOINT]
    tokenizer, kind = load_tokenizer(encoder_folder(folder)), Retrieval(layer=settings.layer)
    encoder = load_encoder(folder, device=context.device)
    key = head_key(kind)
    model = Model(encoder, {key: make_head(kind, encoder)})
    compute = Compute(device=context.device, threads=context.threads, precision=settings.precision)
    vectors = {}
    for done, (language, texts) in enumerate(lines.items()):
        context.progress(done, len(lines), "languages", f"sentence vectors, {language}")
        sentences = [SentenceExample(id=str(i), group=str(i), text=text, side="query") for i, text in enumerate(texts)]
        columns = kind.encode(sentences, tokenizer, _MAX_LENGTH).columns
        rows = [{name: column[i] for name, column in columns.items()} for i in range(len(columns["ids"]))]
        lengths = np.array([len(row["ids"]) for row in rows])
        vectors_ND = np.zeros((len(texts), encoder.hidden_size), dtype=np.float32)
        for row, vector_D in zip(rows, outputs(model, key, rows.__getitem__, lengths, compute), strict=True):
            vectors_ND[row["example"]] = vector_D / max(float(np.linalg.norm(vector_D)), 1e-12)
        vectors[language] = vectors_ND
    return vectors


KIND = StepKind(name="mined", version=VERSION, run=run, takes_device=True)


def mine_step(settings: MineSettings, *, corpus: Step, checkpoint: Step | None, phase: str) -> Step:
    """`checkpoint`: the step whose encoder finds the pairs; `phase`: the name of the phase that learns from them."""
    inputs = {CORPUS: corpus, **({CHECKPOINT: checkpoint} if checkpoint else {})}
    label = f"{phase}: translations found in {', '.join(settings.corpora)}"
    return KIND.step(settings, inputs, label=label, about={"phase": phase})
