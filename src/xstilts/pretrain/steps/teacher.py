"""The teacher step: an encoder over the pieces of its vocabulary that the corpora use."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.engine.step import Context, Step
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.corpus import load_corpus
from xstilts.pretrain.rows import monolingual
from xstilts.pretrain.steps.base import CORPUS, ENCODER, Continued

VERSION = 2


@dataclass(frozen=True, kw_only=True)
class TeacherSettings:
    """The encoder, in `folder` or (None) the input "encoder", and the pieces that are kept: `vocabulary` of them,
    counted in so many `lines` a language (times `weight`)."""

    vocabulary: int
    lines: int
    weight: dict[str, int]
    encoder: str = ""  # identity of the folder, where it is not an input's
    folder: Path | None = field(default=None, metadata=NOT_IDENTITY)


def run(settings: TeacherSettings, context: Context) -> None:
    """Write an ordinary Hugging Face folder. Raises EncoderError for a tokenizer that cannot be trimmed, DataError for
    too small a vocabulary."""
    from xstilts.core.files import read_json
    from xstilts.kinds.tokenizers import load_tokenizer
    from xstilts.models.trimmed_vocabulary import special_ids, trim_encoder
    from xstilts.pretrain.pieces import choose_pieces, count_pieces

    folder = settings.folder or context.inputs[ENCODER]
    corpus, tokenizer = load_corpus(context.inputs[CORPUS]), load_tokenizer(folder)
    context.progress(0, 2, "stages", "counting pieces")
    counts_V = count_pieces(tokenizer, monolingual(corpus), settings.lines, settings.weight)
    kept_K = choose_pieces(tokenizer, counts_V, special_ids(read_json(folder / "tokenizer.json")), settings.vocabulary)
    context.progress(1, 2, "stages", f"{len(kept_K)} pieces are kept")
    trim_encoder(folder, kept_K, context.out)
    context.progress(2, 2, "stages", "")


KIND = StepKind(name="teacher", version=VERSION, run=run)


def teacher_step(settings: TeacherSettings, corpus: Step, encoder: Continued) -> Step:
    """Return the step that trims the teacher."""
    inputs = {CORPUS: corpus} | ({ENCODER: encoder.step} if encoder.step else {})
    return KIND.step(settings, inputs, label="the teacher over the pieces that the corpora use", about={})
