"""Predictions of a checkpoint: all languages of a task, and the pool they search, in one stream, written for scoring.

<language>.parquet   id, group and guess (JSON text) of each example
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
from typing import TYPE_CHECKING, Any

import numpy as np

from xstilts.core.errors import DataError, EncoderError
from xstilts.core.files import write_json
from xstilts.core.io_errors import writing
from xstilts.data.examples import Example
from xstilts.evaluate.language_adapters import AdapterSwitcher
from xstilts.heads.base import Head
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import Chained, TokenizedRows
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.nn.encoder import Encoder
from xstilts.train.checkpoint import encoder_folder, head_keys, load_encoder, load_head, unique_tensors
from xstilts.train.job import Compute
from xstilts.train.memory import use_threads
from xstilts.train.model import Model, outputs

if TYPE_CHECKING:
    from xstilts.engine.step import Progress


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictSet:
    """One language: its prepared file, all examples of that file, and which of them are predicted, in this order.

    pool: what its queries search beside its own examples. One that several languages have in common (the same object)
    goes through the encoder once, and is not predicted."""

    prepared: TokenizedRows
    examples: Sequence[Example]
    indices: Sequence[int]
    pool: PredictSet | None = None
    # for each of the examples the checkpoint whose language adapter it is read with; () or None: the predicting one's
    adapters: Sequence[Path | None] = ()

    @property
    def readers(self) -> list[Path | None]:
        """Of each row the checkpoint whose language adapter it is read with."""
        numbers, columns = self.part
        if not any(self.adapters):
            return [None] * len(numbers)
        return [self.adapters[self.indices[place]] for place in columns["example"].tolist()]

    @cached_property
    def part(self) -> tuple[np.ndarray, dict[str, Any]]:
        return self.prepared.part(self.indices)

    @property
    def chosen(self) -> list[Example]:
        return [self.examples[i] for i in self.indices]

    @property
    def tokens(self) -> int:
        return int(self.prepared.lengths[self.part[0]].sum())


@dataclass(frozen=True, kw_only=True)
class CheckpointRef:
    """A checkpoint with what it does not hold itself: for one of adapters alone, the encoder (or the checkpoint that
    holds it) below them; `head`: the checkpoint whose head guesses, where it is an earlier phase's. `task`: which of
    the adapters' tasks is predicted, where they tell tasks apart."""

    checkpoint: Path
    base: Path | None = None
    head: Path | None = None
    task: str = ""


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
) -> None:
    """Writes the guesses of every language into the folder `out`. `checkpoint` is a train artefact, or an encoder
    folder for kinds that need no trained head.

    Raises EncoderError when the checkpoint has no head for `kind`, DataError when a language is empty.
    """
    compute = compute or Compute()
    stream = Stream(sets)
    model, started = load_model(checkpoint, kind, compute), time.monotonic()
    stack = checkpoint.checkpoint if isinstance(checkpoint, CheckpointRef) else checkpoint
    readers = [reader for part in stream.parts for reader in part.readers]
    turns = AdapterSwitcher(model, stack, compute, progress)
    found = turns.outputs(head_key(kind), stream.row, stream.lengths, readers)
    write_guesses(kind, stream, found, out, time.monotonic() - started)


class Stream:
    """The rows of all languages, and of the pools they search, one part after another. Raises DataError when a language
    is empty."""

    def __init__(self, sets: Mapping[str, PredictSet]) -> None:
        if empty := [language for language, given in sets.items() if not len(given.indices)]:
            raise DataError(f"there is nothing to predict for language '{empty[0]}': its test set is empty.")
        self.sets = sets
        self.parts = list(dict.fromkeys([*sets.values(), *(given.pool for given in sets.values() if given.pool)]))
        self._rows = [(part.prepared, number) for part in self.parts for number in part.part[0].tolist()]
        self.lengths = np.concatenate([part.prepared.lengths[part.part[0]] for part in self.parts])

    def row(self, place: int) -> dict[str, Any]:
        prepared, number = self._rows[place]
        return prepared.row(number)


def write_guesses(kind: Kind, stream: Stream, outputs: Sequence[Any], out: Path, seconds: float) -> None:
    """Writes the folder `out` from the head's output for each row."""
    every = iter(outputs)
    found = {part: list(islice(every, len(part.part[0]))) for part in stream.parts}
    pace = seconds / max(1, int(stream.lengths.sum()))
    out.mkdir(parents=True, exist_ok=True)
    meta = {}
    for language, given in stream.sets.items():
        guesses = _guesses(kind, [given, given.pool] if given.pool else [given], found)
        _write(out / f"{language}.parquet", given.chosen, guesses[: len(given.indices)])
        meta[language] = _meta(given, pace)
    write_json(out / "meta.json", meta)


def _guesses(kind: Kind, parts: Sequence[PredictSet], found: Mapping[PredictSet, list[Any]]) -> list[Any]:
    """A guess for each example of the parts, as if they were one file."""
    if len(parts) == 1:
        return kind.postprocess(parts[0].chosen, parts[0].part[1], found[parts[0]])
    columns = [part.part[1] for part in parts]
    firsts = np.cumsum([0, *(len(part.indices) for part in parts)])
    joined: dict[str, Any] = {name: Chained([own[name] for own in columns]) for name in columns[0]}
    numbers = [own["example"] + first for own, first in zip(columns, firsts, strict=False)]
    joined["example"] = np.concatenate(numbers)
    examples = [example for part in parts for example in part.chosen]
    return kind.postprocess(examples, joined, [output for part in parts for output in found[part]])


def predict_examples(
    checkpoint: Path | CheckpointRef,
    kind: Kind,
    examples: Sequence[Example],
    compute: Compute | None = None,
    max_length: int = 256,
    progress: Progress | None = None,
) -> Predictions:
    """Guesses for examples in memory, labelled or not; longer texts than `max_length` tokens are cut as the kind does.

    Raises EncoderError when the checkpoint has no head for `kind`, DataError for an example the kind does not allow.
    """
    for example in examples:
        kind.check(example)
    compute = compute or Compute()
    based = checkpoint if isinstance(checkpoint, CheckpointRef) else CheckpointRef(checkpoint=checkpoint)
    model = load_model(based, kind, compute)
    tokenizer = load_tokenizer(encoder_folder(based.checkpoint, based.base))
    encoded = kind.encode(examples, tokenizer, min(max_length, model.encoder.max_length or max_length))
    columns = encoded.columns
    lengths = np.array([len(ids) for ids in columns["ids"]], dtype=np.int64)

    def row(place: int) -> dict[str, Any]:
        return {name: column[place] for name, column in columns.items()}

    found = outputs(model, head_key(kind), row, lengths, compute, progress)
    return Predictions(guesses=kind.postprocess(examples, columns, found), scores=_label_scores(kind, examples, found))


def load_model(checkpoint: Path | CheckpointRef, kind: Kind, compute: Compute) -> Model:
    """The encoder with its head for `kind`. Raises EncoderError when there is no such head: one that was neither
    trained nor pretrained would guess at random."""
    use_threads(compute.threads)
    given = checkpoint if isinstance(checkpoint, CheckpointRef) else CheckpointRef(checkpoint=checkpoint)
    encoder = load_encoder(given.checkpoint, given.base, device=compute.device)
    encoder.adapters.set_task(given.task)
    return Model(encoder, {head_key(kind): usable_head(given.head or given.checkpoint, kind, encoder)})


def usable_head(checkpoint: Path, kind: Kind, encoder: Encoder) -> Head:
    """The head for `kind` of a checkpoint, or one that came with the pretrained encoder. Raises EncoderError."""
    head = load_head(checkpoint, kind, encoder) or make_head(kind, encoder)
    if head_key(kind) not in head_keys(checkpoint) and not _needs_no_training(head, encoder):
        raise EncoderError(
            f"this checkpoint has no head for '{head_key(kind)}' (the kind, and a digest of its labels).",
            where=str(checkpoint),
            value=head_key(kind),
            allowed=head_keys(checkpoint),
            hint="It can only predict what it was trained for; labels and their order count.",
        )
    return head


def _needs_no_training(head: Head, encoder: Encoder) -> bool:
    """Whether all weights of a head, if it has any, came with the pretrained encoder."""
    names = (name.removeprefix("part.module.") for name in unique_tensors(head))
    return all(name in encoder.pretrained_head_weights for name in names)


def _meta(given: PredictSet, pace: float) -> dict[str, Any]:
    """`truncated` counts the whole prepared file; `seconds` is the language's share by tokens."""
    numbers, columns = given.part
    return {
        "n": len(given.indices),
        "rows": len(numbers),
        "tokens": given.tokens,
        "truncated": given.prepared.meta["truncated"],
        "split": int((np.bincount(columns["example"], minlength=1) > 1).sum()),
        "seconds": round(pace * given.tokens, 3),
    }


def _label_scores(kind: Kind, examples: Sequence[Example], found: Sequence[Any]) -> list[dict[str, float]] | None:
    """Softmax of the logits where each example has exactly one logit a label. (Whole numbers are tags, not logits.)"""
    labels = tuple(getattr(kind, "labels", ()))
    if not labels or len(found) != len(examples) or any(_shape(one) != (len(labels),) for one in found):
        return None
    if any(np.asarray(one).dtype.kind != "f" for one in found):
        return None
    logits_NC = np.stack([np.asarray(one, dtype=np.float64) for one in found]) if found else np.zeros((0, len(labels)))
    shares_NC = np.exp(logits_NC - logits_NC.max(axis=1, keepdims=True))
    shares_NC /= shares_NC.sum(axis=1, keepdims=True)
    return [dict(zip(labels, map(float, shares_C), strict=True)) for shares_C in shares_NC]


def _shape(output: Any) -> tuple[int, ...] | None:
    """None for an output of several arrays, which may differ in length."""
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
