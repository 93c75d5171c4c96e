"""The prepare step: read one source, or its translation, check its examples and tokenise them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.core.files import read_json, write_json
from xstilts.data.read import LoadedExamples, ResolvedSource
from xstilts.engine.step import Context, Step
from xstilts.kinds.base import Kind
from xstilts.perturb.base import Perturbation
from xstilts.pipeline.estimates import BYTES_A_TOKEN, TOKENISE_BYTES, Size, Speed, source_size
from xstilts.pipeline.steps.base import Cost, EncoderAt, Estimator, StepKind, tokens_in
from xstilts.pipeline.steps.perturbed_rows import read_augmented, read_examples
from xstilts.tasks.augmentation import Augmentation

VERSION = 3
TRANSLATION = "translation"  # the input that is a translation
RELEVANCE = "relevance"  # the input that says how relevant words are, where perturbed ones are chosen by it
# Of prepared files of all kinds, measured: ids and segments are 8 bytes a token, gold or places up to 8 more; every row
# has offsets, an id and a group.
TOKEN_BYTES, ROW_BYTES, RECORD_BYTES = 11.0, 60.0, 6e3


@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    # without views: a file is tokenised once, whatever part of it is used; of perturbed rows with them
    source: ResolvedSource
    kind: Kind
    max_length: int
    encoder: EncoderAt  # whose tokenizer is used
    # the language the rows are translated into: they are those of the input "translation"
    translated: str = field(default="", metadata=OMIT_DEFAULT)
    perturbation: Perturbation | None = field(default=None, metadata=OMIT_DEFAULT)  # of the texts of the examples
    augmentation: Augmentation | None = field(default=None, metadata=OMIT_DEFAULT)  # of a share of training rows


COUNT_FILES = ("read.json", "meta.json")  # what `PreparedFiles.of` reads


@dataclass(frozen=True, kw_only=True)
class PreparedFiles:
    """The counts of a prepare step.

    Attributes:
        rows: rows of tokens.
        read: rows that the source holds. Each is in exactly one of `used`, `without_gold` and `dropped`.
        without_gold: rows with an example that is scored and has no gold; the first is at `first_blank`.
        dropped: reason -> rows that were left out on purpose; `first_dropped`: reason -> file:line of the first.
        examples: examples that were read (of a parallel row two); `blank` of them are scored and have no gold.
        truncated, split, unusable: examples that were cut to the longest length, cut into windows, left without text.
        perturbed: of rows of which a share is perturbed: examples that have other texts now; None where none should.
        kept: reason -> those that were to be perturbed, or translated, and stay as they are.
        notes: what the kind has counted besides; `first`: what it counts -> file:line of the first.
    """

    rows: int
    tokens: int
    read: int
    without_gold: int
    examples: int
    blank: int
    first_blank: str | None
    dropped: Mapping[str, int]
    first_dropped: Mapping[str, str]
    truncated: int
    split: int
    unusable: int
    notes: Mapping[str, int]
    first: Mapping[str, str]
    perturbed: int | None = None
    kept: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        return self.read - self.without_gold - sum(self.dropped.values())

    @classmethod
    def of(cls, folder: Path) -> PreparedFiles:
        """Read them from the artefact of a prepare step."""
        counts, meta = read_json(folder / "read.json"), read_json(folder / "meta.json")
        return cls(
            rows=meta["rows"],
            tokens=meta["tokens"],
            read=counts["rows"],
            without_gold=counts["without_gold"],
            examples=counts["examples"],
            blank=counts["blank"],
            first_blank=counts["first_blank"],
            dropped=counts["dropped"],
            first_dropped=counts["first_dropped"],
            truncated=meta.get("truncated", 0),
            split=meta.get("split", 0),
            unusable=meta.get("unusable", 0),
            notes=meta.get("notes", {}),
            first=meta.get("first", {}),
            perturbed=counts.get("perturbed"),
            kept=counts.get("kept", {}),
        )


def run(settings: PrepareSettings, context: Context) -> None:
    """Writes rows, keys and what was dropped. Raises DataError for a file that cannot be read."""
    from xstilts.kinds.tokenized import write
    from xstilts.kinds.tokenizers import load_tokenizer
    from xstilts.translate.artefact import read_rows, rows_kept

    context.progress(0, 1, "examples", "reading")
    augmented: dict[str, Any] = {}
    if settings.translated:
        loaded = read_rows(context.inputs[TRANSLATION])
        augmented = {"kept": kept} if (kept := rows_kept(context.inputs[TRANSLATION])) else {}
    elif settings.augmentation:
        loaded, found = read_augmented(settings.source, settings.augmentation, context.inputs.get(RELEVANCE))
        augmented = {"perturbed": found.perturbed, "kept": found.kept}
    else:
        loaded = read_examples(settings.source, settings.perturbation)
    for example in loaded.examples:
        settings.kind.check(example)
    tokenizer = load_tokenizer(settings.encoder.path(context))
    write(loaded.examples, settings.kind, tokenizer, settings.max_length, context.out, context.progress)
    write_json(context.out / "read.json", row_counts(loaded, settings.kind) | augmented)


def row_counts(loaded: LoadedExamples, kind: Kind) -> dict[str, Any]:
    """Count what became of the rows of a source, all of it loaded (see `PreparedFiles`). A row whose examples are not
    scored themselves (a sentence that is searched, one that sets a threshold) lacks no gold."""
    numbered = zip(loaded.examples, loaded.row_numbers, strict=True)
    blank = [(example.where, row) for example, row in numbered if example.scored and kind.gold(example) is None]
    return {
        "rows": loaded.rows,
        "without_gold": len({row for _, row in blank}),
        "examples": len(loaded.examples),
        "blank": len(blank),
        "first_blank": blank[0][0] if blank else None,
        "dropped": dict(loaded.dropped),
        "first_dropped": dict(loaded.first_dropped),
    }


def unpaired(translated_rows: int, rows: int, *, translation: str, original: str) -> DataError | None:
    """Return what is wrong with a translation of another number of rows than the original's `rows`, where rows without
    an id are paired by their number: from the first lost row on each would be taken for the translation of another."""
    if translated_rows == rows:
        return None
    return DataError(
        f"the translation has {translated_rows:,} rows, but what it translates ({original}) has {rows:,}, and rows "
        "without an id are paired by their number",
        where=translation,
        hint="Give the translation a row for each row, or both files a column of ids (`columns: {id: ...}`).",
    )


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
    return Cost(tokens=rows.tokens, seconds=seconds, bytes=stored_bytes(rows), counted=rows.counted)


def stored_bytes(size: Size) -> float:
    """Return about how many bytes the prepared files of a source take."""
    return size.tokens * TOKEN_BYTES + size.rows * ROW_BYTES + RECORD_BYTES


KIND = StepKind(
    name="prepare",
    version=VERSION,
    run=run,
    estimate=estimate,
    reads_files=True,
    tokens_done=tokens_in("meta.json"),
)


def prepare_step(settings: PrepareSettings, inputs: Mapping[str, Step], *, task: str, use: str, label: str) -> Step:
    """`use`: "train", "dev", "test" or "pool". The input "translation" is read where the settings name a language,
    "relevance" where their augmentation has a preference."""
    about = {"task": task, "use": use, "language": settings.translated or settings.source.language}
    return KIND.step(settings, inputs, label=label, about=about)
