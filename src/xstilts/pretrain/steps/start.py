"""The start step: a new tokenizer and a new encoder, as an ordinary Hugging Face folder."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.engine.step import Context, Step
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.corpus import load_corpus
from xstilts.pretrain.recipe import EncoderShape
from xstilts.pretrain.rows import monolingual
from xstilts.pretrain.steps.base import CORPUS

VERSION = 2


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    """A tokenizer of `vocabulary` pieces from so many `lines` a language (times `weight`), and an encoder's shape."""

    vocabulary: int
    lines: int
    weight: dict[str, int]
    shape: EncoderShape
    seed: int


def run(settings: StartSettings, context: Context) -> None:
    """Write config.json, model.safetensors and the tokenizer. Raises DataError for a corpus without lines."""
    from xstilts.pretrain.start import build_start
    from xstilts.pretrain.tokenizer import learn_tokenizer, save_tokenizer

    corpus = load_corpus(context.inputs[CORPUS])
    context.progress(0, 2, "stages", "learning a tokenizer")
    tokenizer = learn_tokenizer(monolingual(corpus), settings.vocabulary, settings.lines, settings.weight)
    context.progress(1, 2, "stages", "token vectors")
    build_start(corpus, tokenizer, settings.shape, settings.seed, context.out)
    save_tokenizer(tokenizer, context.out, settings.shape.positions)
    context.progress(2, 2, "stages", "")


KIND = StepKind(name="start", version=VERSION, run=run, takes_device=True)


def start_step(settings: StartSettings, corpus: Step) -> Step:
    """Return the step that makes the encoder the first phase starts from."""
    return KIND.step(settings, {CORPUS: corpus}, label="a tokenizer and token vectors", about={})
