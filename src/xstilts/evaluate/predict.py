"""Predict with a checkpoint: all languages of a task, and the pool they search, in one stream, written for scoring.

<language>.parquet   id, group and guess (JSON text) of each example; of several kinds in 0/, 1/, ...
meta.json            {language: {"n", "rows", "tokens", "truncated", "split", "seconds"}}
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xstilts.core.errors import DataError
from xstilts.core.files import write_json
from xstilts.core.io_errors import writing
from xstilts.core.path_names import inside
from xstilts.data.examples import Example
from xstilts.evaluate.language_adapters import AdapterSwitcher
from xstilts.heads.registry import head_key
from xstilts.heads.side_by_side import SideBySide
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import ConcatenatedColumns, TokenizedRows
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.train.checkpoint import encoder_folder, load_encoder, usable_head
from xstilts.train.job import Compute
from xstilts.train.memory import use_threads
from xstilts.train.model import Model, outputs

if TYPE_CHECKING:
    from xstilts.engine.step import Progress

_NO_HEAD = "It can only predict what it was trained for; labels and their order count."
OUTPUTS = 2**19  # rows times kinds that are kept at once: 2 GiB of vectors of 1,024 numbers


class SelectedRows(NamedTuple):
    """The rows of some examples: their numbers in the prepared file, and their columns (`example` counts from 0 among
    these examples)."""

    numbers: np.ndarray
    columns: dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictSet:
    """One language: its prepared file, all examples of that file, and which of them are predicted, in this order.

    pool: what its queries search beside its own examples. One that several languages have in common (the same object)
    goes through the encoder once, and is not predicted."""

    prepared: TokenizedRows
    examples: Sequence[Example]
    indices: Sequence[int]
    pool: PredictSet | None = None
    # for each of the examples the checkpoint whose language adapter reads it; () or None: the predicting one's own
    adapters: Sequence[Path | None] = ()

    @property
    def row_adapters(self) -> list[Path | None]:
        """The checkpoint whose language adapter reads each row (None: the predicting one's own)."""
        if not any(self.adapters):
            return [None] * len(self.rows.numbers)
        return [self.adapters[self.indices[index]] for index in self.rows.columns["example"].tolist()]

    @cached_property
    def rows(self) -> SelectedRows:
        return SelectedRows(*self.prepared.part(self.indices))

    @property
    def selected_examples(self) -> list[Example]:
        return [self.examples[i] for i in self.indices]

    @property
    def tokens(self) -> int:
        return int(self.prepared.lengths[self.rows.numbers].sum())


@dataclass(frozen=True, kw_only=True)
class CheckpointRef:
    """A checkpoint with what it does not hold itself.

    base: for one of adapters alone, the encoder (or the checkpoint that holds it) below them.
    head: the checkpoint whose head guesses, where it is an earlier phase's.
    task: which of the adapters' tasks is predicted, where they differ by task.
    """

    checkpoint: Path
    base: Path | None = None
    head: Path | None = None
    task: str = ""

    @classmethod
    def of(cls, checkpoint: Path | CheckpointRef) -> CheckpointRef:
        """Return a reference as it is, and one to a checkpoint that holds everything itself."""
        return checkpoint if isinstance(checkpoint, CheckpointRef) else cls(checkpoint=checkpoint)


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """A guess (plain JSON) for each example. `scores`: for kinds with one label an example, the probability of each
    label; None for others."""

    guesses: list[Any]
    scores: list[dict[str, float]] | None


def predict(
    checkpoint: Path | CheckpointRef,
    kind: Kind,
    sets: Mapping[str, PredictSet],
    out: Path,
    compute: Compute | None = None,
    progress: Progress | None = None,
    *,
    beside: Sequence[Kind] = (),
) -> None:
    """Write the guesses of every language into the folder `out`. `checkpoint` is a train artefact, or an encoder
    folder for kinds that need no trained head; `beside` are more kinds that read the same rows: the encoder runs once
    for all of them, as far as their outputs fit into memory.

    Raises EncoderError when the checkpoint has no head for `kind`, DataError when a language is empty.
    """
    compute, checkpoint = compute or Compute(), CheckpointRef.of(checkpoint)
    rows, seconds = _AllRows(sets), 0.0
    adapters = [adapter for part in rows.parts for adapter in part.row_adapters]
    for numbers in passes(1 + len(beside), len(rows.lengths)):
        kinds = (kind, *beside)[numbers.start : numbers.stop]
        model, started = load_model(checkpoint, kinds[0], compute, kinds[1:]), time.monotonic()
        switcher = AdapterSwitcher(model, checkpoint.checkpoint, compute, progress)
        decoded = switcher.outputs(head_key(kinds[0]), rows.row, rows.lengths, adapters)
        seconds += time.monotonic() - started
        for place, (number, one) in enumerate(zip(numbers, kinds, strict=True)):
            of_kind = [output[place] for output in decoded] if len(kinds) > 1 else decoded
            _write_guesses(one, rows, of_kind, out / str(number) if beside else out)
    seconds_per_token = seconds / max(1, int(rows.lengths.sum()))
    write_json(out / "meta.json", {language: _meta(one, seconds_per_token) for language, one in sets.items()})


def passes(kinds: int, rows: int) -> list[range]:
    """Return the numbers of the kinds that run together: as many as give at most `OUTPUTS` outputs, at least one.

    >>> passes(5, rows=OUTPUTS // 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    together = max(1, OUTPUTS // max(1, rows))
    return [range(start, min(start + together, kinds)) for start in range(0, kinds, together)]


class _AllRows:
    """The rows of all languages, and of the pools they search, one part after another. Raises DataError when a language
    is empty."""

    def __init__(self, sets: Mapping[str, PredictSet]) -> None:
        if empty := [language for language, predict_set in sets.items() if not len(predict_set.indices)]:
            raise DataError(f"there is nothing to predict for language '{empty[0]}': its test set is empty.")
        self.sets = sets
        pools = [predict_set.pool for predict_set in sets.values() if predict_set.pool]
        self.parts = list(dict.fromkeys([*sets.values(), *pools]))
        self._rows = [(part.prepared, number) for part in self.parts for number in part.rows.numbers.tolist()]
        self.lengths = np.concatenate([part.prepared.lengths[part.rows.numbers] for part in self.parts])

    def row(self, index: int) -> dict[str, Any]:
        prepared, number = self._rows[index]
        return prepared.row(number)


def _write_guesses(kind: Kind, rows: _AllRows, decoded: Sequence[Any], out: Path) -> None:
    """Write the files of all languages into the folder `out` from the head's output for each row."""
    outputs_in_order = iter(decoded)
    decoded_of = {part: list(islice(outputs_in_order, len(part.rows.numbers))) for part in rows.parts}
    out.mkdir(parents=True, exist_ok=True)
    for language, predict_set in rows.sets.items():
        parts = [predict_set, predict_set.pool] if predict_set.pool else [predict_set]
        guesses = _guesses(kind, parts, decoded_of)[: len(predict_set.indices)]
        _write(inside(out, f"{language}.parquet"), predict_set.selected_examples, guesses)


def _guesses(kind: Kind, parts: Sequence[PredictSet], decoded_of: Mapping[PredictSet, list[Any]]) -> list[Any]:
    """Return a guess for each example of the parts, as if they were one file."""
    if len(parts) == 1:
        return kind.postprocess(parts[0].selected_examples, parts[0].rows.columns, decoded_of[parts[0]])
    columns = [part.rows.columns for part in parts]
    first_examples = np.cumsum([0, *(len(part.indices) for part in parts)])
    chained: dict[str, Any] = {name: ConcatenatedColumns([part[name] for part in columns]) for name in columns[0]}
    numbers = [part["example"] + first for part, first in zip(columns, first_examples, strict=False)]
    chained["example"] = np.concatenate(numbers)
    examples = [example for part in parts for example in part.selected_examples]
    return kind.postprocess(examples, chained, [output for part in parts for output in decoded_of[part]])


def predict_examples(
    checkpoint: Path | CheckpointRef,
    kind: Kind,
    examples: Sequence[Example],
    compute: Compute | None = None,
    max_length: int = 256,
    progress: Progress | None = None,
) -> Predictions:
    """Guess for examples in memory, labelled or not; longer texts than `max_length` tokens are cut as the kind does.

    Raises EncoderError when the checkpoint has no head for `kind`, DataError for an example the kind does not allow.
    """
    for example in examples:
        kind.check(example)
    compute, checkpoint = compute or Compute(), CheckpointRef.of(checkpoint)
    model = load_model(checkpoint, kind, compute)
    tokenizer = load_tokenizer(encoder_folder(checkpoint.checkpoint, checkpoint.base))
    columns = kind.encode(examples, tokenizer, min(max_length, model.encoder.max_length or max_length)).columns
    lengths = np.array([len(ids) for ids in columns["ids"]], dtype=np.int64)

    def row(index: int) -> dict[str, Any]:
        return {name: column[index] for name, column in columns.items()}

    decoded = outputs(model, head_key(kind), row, lengths, compute, progress)
    return Predictions(
        guesses=kind.postprocess(examples, columns, decoded), scores=_label_scores(kind, examples, decoded)
    )


def load_model(checkpoint: Path | CheckpointRef, kind: Kind, compute: Compute, beside: Sequence[Kind] = ()) -> Model:
    """Load the encoder with its head for `kind`; with `beside` with the heads of all these kinds as one. Raises
    EncoderError when there is no such head: one that was neither trained nor pretrained would guess at random."""
    use_threads(compute.threads)
    checkpoint = CheckpointRef.of(checkpoint)
    encoder = load_encoder(checkpoint.checkpoint, checkpoint.base, device=compute.device)
    encoder.adapters.set_task(checkpoint.task)
    folder = checkpoint.head or checkpoint.checkpoint
    heads = [usable_head(folder, one, encoder, _NO_HEAD) for one in (kind, *beside)]
    head = SideBySide(heads, encoder) if beside else heads[0]
    return Model(encoder, {head_key(kind): head})


def _meta(predict_set: PredictSet, seconds_per_token: float) -> dict[str, Any]:
    """Return the entry of a language in `meta.json`. `truncated` counts the whole prepared file; `seconds` is the
    language's share by tokens."""
    rows = predict_set.rows
    return {
        "n": len(predict_set.indices),
        "rows": len(rows.numbers),
        "tokens": predict_set.tokens,
        "truncated": predict_set.prepared.meta["truncated"],
        "split": int((np.bincount(rows.columns["example"], minlength=1) > 1).sum()),
        "seconds": round(seconds_per_token * predict_set.tokens, 3),
    }


def _label_scores(kind: Kind, examples: Sequence[Example], decoded: Sequence[Any]) -> list[dict[str, float]] | None:
    """Return the probabilities of the labels where each example has exactly one logit a label. (Whole numbers are tags,
    not logits.)"""
    labels = tuple(getattr(kind, "labels", ()))
    if not labels or len(decoded) != len(examples) or any(_shape(logits) != (len(labels),) for logits in decoded):
        return None
    if any(np.asarray(logits).dtype.kind != "f" for logits in decoded):
        return None
    if not decoded:
        return []
    logits_NC = np.stack([np.asarray(logits, dtype=np.float64) for logits in decoded])
    return [dict(zip(labels, map(float, shares_C), strict=True)) for shares_C in kind.label_shares(logits_NC)]


def _shape(output: Any) -> tuple[int, ...] | None:
    """Return the shape of an output; None for one of several arrays, which may differ in length."""
    return None if isinstance(output, tuple) else np.shape(output)


def _write(path: Path, examples: Sequence[Example], guesses: Sequence[Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "id": pa.array([example.id for example in examples], pa.string()),
            "group": pa.array([example.group for example in examples], pa.string()),
            "guess": pa.array([json.dumps(guess, ensure_ascii=False) for guess in guesses], pa.string()),
        }
    )
    with writing(path):
        pq.write_table(table, path, compression="zstd")
