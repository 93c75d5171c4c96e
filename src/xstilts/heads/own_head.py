"""The encoder's own head on its way from phase to phase: a language-model head belongs to the encoder, which is saved,
merged and exported with it as it was last trained.

Classes of `transformers` whose head we do not train as it is (RemBERT, EuroBERT; see `pretrained_heads.NATIVE`) get one
of our own for masked words, under names of its own. The published head, which no phase goes on training, is then left
out: beside an encoder that has moved on it would load as if it were this encoder's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from torch import Tensor

from xstilts.heads.base import Head
from xstilts.heads.pretrained_heads import PLAIN_LANGUAGE_MODEL, HeadModule, TiedDecoder
from xstilts.heads.registry import make_head
from xstilts.kinds.base import Kind
from xstilts.nn.encoder import Encoder


def give_back(encoder: Encoder, heads: Iterable[Head]) -> None:
    """Put what these heads have learnt in the place of the encoder's own; heads of tasks are left out."""
    for head in heads:
        if head.is_encoders_own:
            part = cast(HeadModule, head.get_submodule("part"))
            weights = {name: tensor.detach().clone() for name, tensor in part.published.items()}
            encoder.own_head_weights = {**_without_tied(encoder, part), **weights}
            drop_outdated(encoder)


def drop_outdated(encoder: Encoder) -> None:
    """Leave out the published language-model head of an encoder that has one of our own: its numbers are older. A
    pooler stays."""
    own, stays = encoder.own_head_weights, (PLAIN_LANGUAGE_MODEL, encoder.pooler_prefix)
    if any(name.startswith(PLAIN_LANGUAGE_MODEL) for name in own):
        encoder.own_head_weights = {name: tensor for name, tensor in own.items() if name.startswith(stays)}


def load_own_head(kind: Kind, encoder: Encoder) -> Head | None:
    """Return the head for `kind` that the encoder brings, or one without weights; None where any would be new: has
    another name, or another shape than the encoder brings."""
    head = make_head(kind, encoder)
    prefix = getattr(getattr(head, "part", None), "published_prefix", "")
    needed = {(name.replace("part.module.", prefix, 1), weight.shape) for name, weight in head.named_parameters()}
    return head if needed <= {(name, tensor.shape) for name, tensor in encoder.own_head_weights.items()} else None


def beside(encoder: Encoder, part: HeadModule) -> dict[str, Tensor]:
    """Return the encoder's own head under names that can stand in one file with `part`, the head of a task. Nothing
    where the class of `part` has another layer under one of them, as ModernBERT's have."""
    weights, pooler = encoder.own_head_weights, encoder.pooler_prefix
    own = {name: tensor for name, tensor in weights.items() if not name.startswith(pooler)}
    return {} if own.keys() & part.published.keys() else own


def _without_tied(encoder: Encoder, part: HeadModule) -> dict[str, Tensor]:
    """Return the encoder's own weights without second names of what `part` ties, which would keep the older numbers."""
    decoders = [name for name, module in part.module.named_modules() if isinstance(module, TiedDecoder)]
    second = {f"{part.published_prefix}{decoder}.{name}" for decoder in decoders for name in ("weight", "bias")}
    return {name: tensor for name, tensor in encoder.own_head_weights.items() if name not in second}
