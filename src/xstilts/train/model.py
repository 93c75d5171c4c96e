"""Model: an encoder with the heads of its tasks, and rows run through them. T tokens, R rows, D hidden size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import Parameter

from xstilts.core.errors import StudyError
from xstilts.core.settings.tuning import Fuse
from xstilts.heads.base import Head
from xstilts.heads.pretrained_heads import undo_before_decoder
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.precision import autocast
from xstilts.train.batches import cut
from xstilts.train.job import ADAPTER, TUNES, Compute
from xstilts.train.memory import free_cached, is_out_of_memory

if TYPE_CHECKING:
    from xstilts.engine.step import Progress

Row = Mapping[str, Any]


class Model(nn.Module):
    """`heads` by head key; tasks with one key share a head. With tune "frozen" the encoder stays as it is, without
    dropout, and only the heads learn; with "adapter" the encoder's newest adapter learns with them, and with it the
    attention of a fusion below."""

    def __init__(self, encoder: Encoder, heads: Mapping[str, Head], tune: str = "full") -> None:
        super().__init__()
        if tune not in (*TUNES, ADAPTER):
            raise StudyError(f"there is no way of tuning called '{tune}'.", value=tune, allowed=TUNES)
        self.encoder, self.heads, self.tune = encoder, nn.ModuleDict(heads), tune
        encoder.requires_grad_(tune == "full")
        if tune == ADAPTER:
            for adapter in encoder.adapters.each:
                if adapter is encoder.adapters.each[-1] or isinstance(adapter.settings, Fuse):
                    adapter.unfreeze()
        if encoder.adapters.couplings:
            self._invert_before_decoders()

    def _invert_before_decoders(self) -> None:
        """An invertible adapter is undone before the tied decoder of a language-model head (Pfeiffer et al. 2020)."""
        for key, head in self.by_key.items():
            if head.reads_embedding_table:
                undo_before_decoder(head, self.encoder, key)

    def train(self, mode: bool = True) -> Model:
        super().train(mode)
        self.encoder.train(mode and self.tune != "frozen")
        return self

    @property
    def by_key(self) -> dict[str, Head]:
        return {key: cast(Head, head) for key, head in self.heads.items()}

    def forward(self, batch: Batch, key: str) -> Any:
        """Return the scores of one head. `batch` is on the encoder's device."""
        head = self.by_key[key]
        return head(self._hidden(head, batch), batch)

    def _hidden(self, head: Head, batch: Batch) -> Tensor:
        """Return the states that a head reads."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.tune != "frozen"):
            hidden = self.encoder(batch, layers=head.layers, until=head.layer, read_P=head.reads(batch))
        return torch.cat([hidden.layers[i] for i in head.layers], dim=-1) if head.layers else hidden.last_TD

    @property
    def trained(self) -> dict[str, Parameter]:
        """Parameters that learn, by name: all that a snapshot needs in addition to the start."""
        return {name: parameter for name, parameter in self.named_parameters() if parameter.requires_grad}

    @torch.no_grad()
    def load_trained(self, tensors: Mapping[str, Tensor]) -> None:
        """Copy weights back that were taken from `trained`."""
        trained = self.trained
        for name, tensor in tensors.items():
            trained[name].copy_(tensor)


def outputs(
    model: Model,
    key: str,
    row: Callable[[int], Row],
    lengths_R: np.ndarray,
    compute: Compute,
    progress: Progress | None = None,
) -> list[Any]:
    """Return the decoded output of each of R rows, in the rows' order. Rows run longest first, so that what does not
    fit into memory shows at once; then passes are halved. `row(i)` gives row i."""
    model.eval()
    decoded_R: list[Any] = [None] * len(lengths_R)
    budget, tokens_done, total = compute.forward_tokens, 0, int(lengths_R.sum())
    waiting = np.argsort(-lengths_R, kind="stable")
    with torch.inference_mode(), autocast(compute.device, compute.precision):  # one context keeps weights it has cast
        while len(waiting):
            indices = waiting[cut(lengths_R[waiting], budget)[0]]
            decoded = None
            try:
                decoded = _decode(model, key, [row(int(index)) for index in indices], compute.device)
            except (RuntimeError, MemoryError) as error:
                budget = smaller_pass(error, lengths_R[indices], compute.device)
            if decoded is None:  # outside of the clause: an error keeps the tensors of its frames alive
                free_cached(compute.device)
                continue
            for index, output in zip(indices, decoded, strict=True):
                decoded_R[index] = output
            waiting = waiting[len(indices) :]
            tokens_done += int(lengths_R[indices].sum())
            if progress:
                progress(tokens_done, total, "tokens")
    return decoded_R


def _decode(model: Model, key: str, rows: Sequence[Row], device: str) -> list[Any]:
    head = model.by_key[key]
    batch = head.collate(rows)
    return head.decode(model(batch.to(device), key), batch)


def smaller_pass(error: RuntimeError | MemoryError, lengths: np.ndarray, device: str, whole: bool = False) -> int:
    """Return half of the tokens that did not fit. Raises `error` itself when memory was not what failed, and StudyError
    when a single row does not fit, or an update that is one pass (`whole`)."""
    if not is_out_of_memory(error):
        raise error
    if whole:
        raise StudyError(
            f"an update of {len(lengths)} rows, {int(lengths.sum())} tokens, does not fit into the memory of {device}, "
            "and its loss compares all its rows, so it cannot be cut.",
            value=str(len(lengths)),
            hint="Set `checkpointing: true`, a smaller max_length, a smaller batch (fewer wrong answers to tell the "
            "right one from), or use bf16 or a smaller encoder.",
        ) from error
    if len(lengths) == 1:
        raise StudyError(
            f"a single row of {int(lengths[0])} tokens does not fit into the memory of {device}.",
            value=str(int(lengths[0])),
            hint="Set a smaller max_length, or use bf16 or a smaller encoder.",
        ) from error
    return max(1, int(lengths.sum()) // 2)
