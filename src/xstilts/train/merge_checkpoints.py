"""Merging of checkpoints: phases that were trained separately, each from one encoder, become one checkpoint without
heads of tasks. The encoder's own head is merged as its weights are.

Nothing is trained and nothing is read but weights, so it runs on the CPU. Whole encoders are held in memory at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xstilts.core.errors import EncoderError
from xstilts.core.settings.merging import AdapterFusion, Arithmetic, Average, Composition, Join, Stacked, Ties
from xstilts.core.settings.tuning import Adapter, Bottleneck
from xstilts.nn.adapters.merging import join as merge_weights
from xstilts.nn.encoder import Encoder
from xstilts.train import adapter_files
from xstilts.train.checkpoint import encoder_folder, has_adapters, load_encoder, newer_own_head, save
from xstilts.train.summary import TrainSummary

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class TrainedAdapter:
    """The adapter of a checkpoint. `seed`: of the attempt that counts, from which its first weights follow."""

    settings: Adapter
    weights: Weights
    seed: int


def merge(start: Path, checkpoints: Sequence[Path], method: Composition, seed: int, out: Path) -> None:
    """Write the checkpoint that `checkpoints`, all trained from the encoder folder `start`, become, into `out`.

    `seed` is what the weights of a fusion are drawn with. Raises EncoderError for checkpoints that cannot be merged,
    and StoreError on a full disk."""
    base = encoder_folder(start)
    if not all(has_adapters(checkpoint) for checkpoint in checkpoints):
        encoder = _merge_encoders(base, checkpoints, method)
    else:
        encoder = _merge_adapters(base, checkpoints, method, seed)
    save(out, encoder, {}, base, adapters_alone=bool(encoder.adapters.each))


def _merge_encoders(base: Path, checkpoints: Sequence[Path], method: Composition) -> Encoder:
    """Return the encoder with merged weights; whatever is no number with a fraction stays as it was."""
    if isinstance(method, AdapterFusion | Stacked) or any(has_adapters(checkpoint) for checkpoint in checkpoints):
        raise EncoderError("whole encoders are joined by their weights: average, arithmetic or ties.")
    encoder = Encoder.load(base)
    start = _float_weights(encoder)
    encoder_weights, own_heads = [], []
    for checkpoint in checkpoints:
        trained = load_encoder(checkpoint)
        encoder_weights.append(_float_weights(trained))
        own_heads.append(trained.own_head_weights)
    encoder.model.load_state_dict(merge_weights(method, start, encoder_weights), strict=False)
    encoder.own_head_weights = merge_own_heads(method, encoder.own_head_weights, own_heads)
    return encoder


def merge_own_heads(method: Join, start: Mapping[str, Tensor], heads: Sequence[Mapping[str, Tensor]]) -> Weights:
    """Return the encoder's own head of a merged checkpoint: the weights that any part has trained are merged like its
    others. What is new in a part has nothing in common with the other parts' and is left out."""
    common = {name: first for name, first in start.items() if all(name in head for head in heads)}
    trained = [name for name, first in common.items() if any(not torch.equal(head[name], first) for head in heads)]
    if not trained:
        return common
    first, *others = ({name: head[name] for name in trained} for head in (start, *heads))
    return common | merge_weights(method, first, others)


def _float_weights(encoder: Encoder) -> Weights:
    state = encoder.model.state_dict()
    return {name: tensor.detach().clone() for name, tensor in state.items() if tensor.is_floating_point()}


def _merge_adapters(base: Path, checkpoints: Sequence[Path], method: Composition, seed: int) -> Encoder:
    encoder = load_encoder(base)
    trained = [_read_adapter(encoder, base, checkpoint) for checkpoint in checkpoints]
    torch.manual_seed(seed)
    if isinstance(method, AdapterFusion):
        encoder.adapters.fuse(
            [(adapter.settings, adapter.weights) for adapter in trained if isinstance(adapter.settings, Bottleneck)]
        )
    elif isinstance(method, Stacked):
        for adapter in trained:
            encoder.adapters.add(adapter.settings).load_state_dict(adapter.weights)
    else:
        weights = _merge_adapter_weights(method, base, trained)
        encoder.adapters.add(trained[0].settings).load_state_dict(weights)
    start = encoder.own_head_weights
    own_heads = [newer_own_head(checkpoint) or start for checkpoint in checkpoints]
    by_weights = Average() if isinstance(method, AdapterFusion | Stacked) else method
    encoder.own_head_weights = merge_own_heads(by_weights, start, own_heads)
    return encoder


def _read_adapter(encoder: Encoder, base: Path, checkpoint: Path) -> TrainedAdapter:
    """Return the adapter of one checkpoint. Raises EncoderError where it has several: its phase did not start from the
    encoder."""
    adapter_files.read(checkpoint, encoder, base)
    if len(encoder.adapters.each) != 1:
        message = f"one adapter of each part is joined, and this one has {len(encoder.adapters.each)}."
        raise EncoderError(message, where=str(checkpoint))
    (adapter,) = encoder.adapters.each
    seed = TrainSummary.read(checkpoint).seed
    trained = TrainedAdapter(adapter.settings, _copy(adapter.state_dict()), seed)
    encoder.adapters.remove()
    return trained


def _merge_adapter_weights(method: Join, base: Path, trained: Sequence[TrainedAdapter]) -> Weights:
    weights: list[Mapping[str, Tensor]] = [adapter.weights for adapter in trained]
    if not isinstance(method, Arithmetic | Ties):
        return merge_weights(method, weights[0], weights)
    # A phase that diverged was tried again with another seed, so it started from other weights: only what it learnt is
    # carried over to those of the first.
    first = initial_weights(base, trained[0].settings, trained[0].seed)
    for i, adapter in enumerate(trained):
        if adapter.seed != trained[0].seed:
            start = initial_weights(base, adapter.settings, adapter.seed)
            weights[i] = {name: first[name] + tensor - start[name] for name, tensor in adapter.weights.items()}
    return merge_weights(method, first, weights)


def initial_weights(base: Path, settings: Adapter, seed: int) -> Weights:
    """Return the weights with which a phase began that trained this adapter from the encoder `base`: drawn as
    `train.attempt` draws them."""
    torch.manual_seed(seed)
    return _copy(load_encoder(base).adapters.start_training(settings).state_dict())


def _copy(state: Mapping[str, Tensor]) -> Weights:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
