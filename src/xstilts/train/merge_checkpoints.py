"""Checkpoints of phases that were trained apart, each from one encoder, made one: a checkpoint without heads.

Nothing is trained and nothing is read but weights, so it runs on the CPU. Whole encoders are held in memory at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json
from xstilts.core.settings.merging import AdapterFusion, Arithmetic, Composition, Join, Stacked, Ties
from xstilts.core.settings.tuning import Adapter, Bottleneck
from xstilts.nn.adapters.merging import join as joined_weights
from xstilts.nn.encoder import Encoder
from xstilts.train import adapter_files
from xstilts.train.checkpoint import encoder_folder, has_adapters, load_encoder, save

State = dict[str, Tensor]


@dataclass(frozen=True)
class Trained:
    """One adapter of a checkpoint. `seed`: of the attempt that counts, from which its first weights follow."""

    settings: Adapter
    weights: State
    seed: int


def join(start: Path, parts: Sequence[Path], how: Composition, seed: int, out: Path) -> None:
    """Writes the checkpoint that joins `parts`, all trained from the encoder folder `start`, into `out`.

    `seed` is what the weights of a fusion are drawn with. Raises EncoderError for parts that cannot be joined, and
    StoreError on a full disk."""
    base = encoder_folder(start)
    if not all(has_adapters(part) for part in parts):
        encoder = _whole(base, parts, how)
    else:
        encoder = _adapters(base, parts, how, seed)
    save(out, encoder, {}, base, alone=bool(encoder.adapters.each))


def _whole(base: Path, parts: Sequence[Path], how: Composition) -> Encoder:
    """The encoder with its weights joined; whatever is no number with a fraction stays as it was."""
    if isinstance(how, AdapterFusion | Stacked) or any(has_adapters(part) for part in parts):
        raise EncoderError("whole encoders are joined by their weights: average, arithmetic or ties.")
    encoder = Encoder.load(base)
    start = _numbers(encoder)
    states = [_numbers(load_encoder(part)) for part in parts]
    encoder.model.load_state_dict(joined_weights(how, start, states), strict=False)
    return encoder


def _numbers(encoder: Encoder) -> State:
    state = encoder.model.state_dict()
    return {name: tensor.detach().clone() for name, tensor in state.items() if tensor.is_floating_point()}


def _adapters(base: Path, parts: Sequence[Path], how: Composition, seed: int) -> Encoder:
    encoder = load_encoder(base)
    trained = [_trained(encoder, base, part) for part in parts]
    torch.manual_seed(seed)
    if isinstance(how, AdapterFusion):
        encoder.adapters.fuse([(one.settings, one.weights) for one in trained if isinstance(one.settings, Bottleneck)])
    elif isinstance(how, Stacked):
        for one in trained:
            encoder.adapters.add(one.settings).load_state_dict(one.weights)
    else:
        weights = _joined(how, base, trained)
        encoder.adapters.add(trained[0].settings).load_state_dict(weights)
    return encoder


def _trained(encoder: Encoder, base: Path, part: Path) -> Trained:
    """The adapter of one part. Raises EncoderError where it has several: its phase did not start from the encoder."""
    adapter_files.read(part, encoder, base)
    if len(encoder.adapters.each) != 1:
        what = f"one adapter of each part is joined, and this one has {len(encoder.adapters.each)}."
        raise EncoderError(what, where=str(part))
    (adapter,) = encoder.adapters.each
    seed = int(read_json(part / "summary.json")["seed"])
    found = Trained(adapter.settings, _copy(adapter.state_dict()), seed)
    encoder.adapters.remove()
    return found


def _joined(how: Join, base: Path, trained: Sequence[Trained]) -> State:
    states: list[Mapping[str, Tensor]] = [one.weights for one in trained]
    if not isinstance(how, Arithmetic | Ties):
        return joined_weights(how, states[0], states)
    # A phase that diverged was tried again with another seed, so it started from other weights: only what it learnt is
    # carried over to those of the first.
    first = fresh(base, trained[0].settings, trained[0].seed)
    for i, one in enumerate(trained):
        if one.seed != trained[0].seed:
            own = fresh(base, one.settings, one.seed)
            states[i] = {name: first[name] + tensor - own[name] for name, tensor in one.weights.items()}
    return joined_weights(how, first, states)


def fresh(base: Path, settings: Adapter, seed: int) -> State:
    """The weights with which a phase began that trained this adapter from the encoder `base`: drawn as `train.attempt`
    draws them."""
    torch.manual_seed(seed)
    return _copy(load_encoder(base).adapters.start_training(settings).state_dict())


def _copy(state: Mapping[str, Tensor]) -> State:
    return {name: tensor.detach().clone() for name, tensor in state.items()}
