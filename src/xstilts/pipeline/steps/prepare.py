"""The prepare step: read one source, or its translation, check its examples and tokenise them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.files import read_json, write_json
from xstilts.data.examples import Example
from xstilts.data.read import ResolvedSource, load_examples
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.pipeline.estimates import BYTES_A_TOKEN, TOKENISE_BYTES, Size, Speed, source_size
from xstilts.pipeline.steps.base import Cost, EncoderAt, Estimator, StepKind

VERSION = 2
TRANSLATION = "translation"  # the input that is a translation
STORED_BYTES = 6.0  # of a token, in the prepared files


@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    source: ResolvedSource  # without views: a file is tokenised once, whatever part of it is used
    kind: Kind
    max_length: int
    encoder: EncoderAt  # whose tokenizer is used
    # the language the rows are translated into: they are those of the input "translation"
    translated: str = field(default="", metadata=OMIT_DEFAULT)


@dataclass(frozen=True, kw_only=True)
class PreparedFiles:
    """The counts of a prepare step.

    Attributes:
        rows: rows of tokens.
        examples: examples that were read; `blank` of them are scored and have no gold, the first at `first_blank`.
        dropped: reason -> rows that were left out on purpose.
        truncated, split, unusable: examples that were cut to the longest length, cut into windows, left without text.
        notes: what the kind has counted besides.
    """

    rows: int
    tokens: int
    examples: int
    blank: int
    first_blank: str | None
    dropped: Mapping[str, int]
    truncated: int
    split: int
    unusable: int
    notes: Mapping[str, int]

    @classmethod
    def read(cls, folder: Path) -> PreparedFiles:
        """Read them from the artefact of a prepare step."""
        counts, meta = read_json(folder / "read.json"), read_json(folder / "meta.json")
        return cls(
            rows=meta["rows"],
            tokens=meta["tokens"],
            examples=counts["examples"],
            blank=counts.get("blank", 0),
            first_blank=counts.get("first_blank"),
            dropped=counts.get("dropped", {}),
            truncated=meta.get("truncated", 0),
            split=meta.get("split", 0),
            unusable=meta.get("unusable", 0),
            notes=meta.get("notes", {}),
        )


def run(settings: PrepareSettings, context: Context) -> None:
    """Writes rows, keys and what was dropped. Raises DataError for a file that cannot be read."""
    from xstilts.kinds.tokenized import write
    from xstilts.kinds.tokenizers import load_tokenizer
    from xstilts.translate.artefact import read_rows

    context.progress(0, 1, "examples", "reading")
    loaded = read_rows(context.inputs[TRANSLATION]) if settings.translated else load_examples(settings.source)
    for example in loaded.examples:
        settings.kind.check(example)
    tokenizer = load_tokenizer(settings.encoder.path(context))
    write(loaded.examples, settings.kind, tokenizer, settings.max_length, context.out, context.progress)
    counts = {**_gold_counts(loaded.examples, settings.kind), "dropped": dict(loaded.dropped)}
    write_json(context.out / "read.json", counts)


def _gold_counts(examples: Sequence[Example], kind: Kind) -> dict[str, Any]:
    """Count the examples, and those that are scored but have no gold; the place of the first of these goes with it."""
    blank = [example.where for example in examples if example.scored and kind.gold(example) is None]
    return {"examples": len(examples), "blank": len(blank), "first_blank": blank[0] if blank else None}


def size(step: Step, artefact: Path | None) -> Size:
    """Rows and tokens: counted in the `artefact`, else estimated from the files (None: it is not done)."""
    if artefact is not None:
        meta = read_json(artefact / "meta.json")
        return Size(rows=meta["rows"], tokens=meta["tokens"], counted=True)
    return source_size(step.settings.source, step.settings.kind.typical_tokens)


def estimate(step: Step, estimator: Estimator) -> Cost:
    rows = estimator.size(step)
    text_bytes = step.settings.source.text_bytes or rows.tokens * BYTES_A_TOKEN
    speed = estimator.speed(KIND, Speed(start=0.0, tokens=TOKENISE_BYTES / BYTES_A_TOKEN))
    seconds = speed.seconds(rows.tokens) if speed.steps else text_bytes / TOKENISE_BYTES
    return Cost(tokens=rows.tokens, seconds=seconds, bytes=rows.tokens * STORED_BYTES, counted=rows.counted)


def tokens_done(artefact: Path, inputs: Mapping[str, Path]) -> float:
    path = artefact / "meta.json"
    return float(read_json(path)["tokens"]) if path.is_file() else 0.0


KIND = StepKind(name="prepare", version=VERSION, run=run, estimate=estimate, reads_files=True, tokens_done=tokens_done)


def prepare_step(settings: PrepareSettings, inputs: Mapping[str, Step], *, task: str, use: str, label: str) -> Step:
    """`use`: "train", "dev", "test" or "pool". The input "translation" is read where the settings name a language."""
    about = {"task": task, "use": use, "language": settings.translated or settings.source.language}
    return KIND.step(settings, inputs, label=label, about=about)
