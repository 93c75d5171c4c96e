"""Predictions of several checkpoints on one encoder: it is loaded once, and what they share is computed once.

>>> from xstilts.evaluate.multi_adapter import predict_many
>>> predict_many([parser, tagger], kind, sets, [Path("by-parser"), Path("by-tagger")])  # doctest: +SKIP
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from xstilts.core.errors import EncoderError
from xstilts.evaluate.predict import CheckpointRef, PredictSet, Stream, usable_head, write_guesses
from xstilts.heads.base import Head
from xstilts.heads.registry import head_key
from xstilts.kinds.base import Kind
from xstilts.nn.adapters.manager import Attached
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.multi_adapter import SideBySide
from xstilts.nn.precision import autocast
from xstilts.train import adapter_files
from xstilts.train.checkpoint import check, encoder_folder, has_adapters
from xstilts.train.job import Compute
from xstilts.train.memory import use_threads
from xstilts.train.model import Model, passes

if TYPE_CHECKING:
    from xstilts.engine.step import Progress


def predict_many(
    checkpoints: Sequence[Path | CheckpointRef],
    kind: Kind,
    sets: Mapping[str, PredictSet],
    outs: Sequence[Path],
    compute: Compute | None = None,
    progress: Progress | None = None,
) -> None:
    """Writes what `evaluate.predict.predict` writes for each checkpoint and the same test sets, into its folder of
    `outs`. Guesses are those of separate predictions up to the order of sums.

    checkpoints: train artefacts of adapters on one encoder, and of heads alone on it.
    compute: `forward_tokens` bounds the tokens of a pass with all copies; short passes run several adapters together.

    Raises EncoderError where checkpoints stand on different encoders or lack a head for `kind`, DataError when a
    language is empty, ValueError for another number of folders than checkpoints.
    """
    if len(outs) != len(checkpoints):
        raise ValueError(f"there are {len(checkpoints)} checkpoints and {len(outs)} folders for their predictions.")
    compute, stream = compute or Compute(), Stream(sets)
    side, heads = load_many(checkpoints, kind, compute)
    started = time.monotonic()
    found = outputs_of_each(side, heads, stream, compute, progress)
    seconds = (time.monotonic() - started) / len(checkpoints)
    for outputs, out in zip(found, outs, strict=True):
        write_guesses(kind, stream, outputs, out, seconds)


def load_many(
    checkpoints: Sequence[Path | CheckpointRef], kind: Kind, compute: Compute
) -> tuple[SideBySide, list[Head]]:
    """One encoder with the adapters of each checkpoint, and its head for `kind`. Raises as `predict_many` does."""
    use_threads(compute.threads)
    given = [
        one if isinstance(one, CheckpointRef) else CheckpointRef(checkpoint=Path(one), base=None) for one in checkpoints
    ]
    below, digest = _one_base(given)
    encoder = Encoder.load(below, device=compute.device).eval()
    sets: list[list[Attached]] = []
    heads: list[Head] = []
    for one in given:
        if has_adapters(one.checkpoint):
            adapter_files.read(one.checkpoint, encoder, below, digest)
            encoder.adapters.use(one.task)
        else:
            check(one.checkpoint)
        model = Model(encoder, {head_key(kind): usable_head(one.checkpoint, kind, encoder)}).eval()
        heads += model.by_key.values()
        sets.append(encoder.adapters.each)
        encoder.adapters.remove()
    return SideBySide(encoder, sets), heads


def outputs_of_each(
    side: SideBySide, heads: Sequence[Head], stream: Stream, compute: Compute, progress: Progress | None = None
) -> list[list[Any]]:
    """The decoded output of each row, for each of the sets of adapters with its head."""
    found: list[list[Any]] = [[None] * len(stream.lengths) for _ in heads]

    def run(batch: Batch) -> list[list[Any]]:
        def use(place: int, hidden_TD: Tensor) -> list[Any]:
            return heads[place].decode(heads[place](hidden_TD, batch), batch)

        together = compute.forward_tokens // batch.ids_T.numel()
        return side.each(batch, use, heads[0].layer, together, heads[0].reads(batch))

    with torch.inference_mode(), autocast(compute.device, compute.precision):
        for places, decoded in passes(heads[0], run, stream.row, (stream.lengths, compute), progress):
            for own, outputs in zip(found, decoded, strict=True):
                for place, output in zip(places, outputs, strict=True):
                    own[place] = output
    return found


def _one_base(given: Sequence[CheckpointRef]) -> tuple[Path, str]:
    """The folder of the encoder below all checkpoints, and the digest of its weights."""
    folders = [encoder_folder(one.checkpoint, one.base).resolve() for one in given]
    digests = {folder: adapter_files.encoder_fingerprint(folder) for folder in dict.fromkeys(folders)}
    first = folders[0]
    if others := [folder for folder in folders if digests[folder] != digests[first]]:
        raise EncoderError(
            f"these checkpoints stand on different encoders: '{first}' holds weights {digests[first]}, and "
            f"'{others[0]}' {digests[others[0]]}.",
            value=str(others[0]),
            hint="Predict with each of them on its own.",
        )
    return first, digests[first]
