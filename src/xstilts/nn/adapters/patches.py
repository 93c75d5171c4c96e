"""Patches of an adapter: the layers that its settings ask for, one after another for all blocks of a model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn

from xstilts.core.settings.tuning import (
    IA3,
    Adapter,
    Bottleneck,
    Fuse,
    Hypernetwork,
    LoRA,
    Prefix,
    Prompt,
    SharedOwn,
)
from xstilts.nn.adapters.fusion import Fusion, check
from xstilts.nn.adapters.layers import Branch, Coupling, ParallelAdapter, Patch, SequentialAdapter
from xstilts.nn.adapters.prefixes import BlockPrefix
from xstilts.nn.adapters.prompts import PromptVectors
from xstilts.nn.adapters.targets import find_embedded, find_site, linear_at
from xstilts.nn.adapters.task_conditioned import GeneratedBranch, SharedOwnBranch


def make_patches(settings: Adapter, model: nn.Module, layers: int, size: int) -> Iterator[Patch]:
    """Yield the fresh patches of an adapter for a model of `layers` blocks with states of `size`."""
    if isinstance(settings, Bottleneck) and settings.invertible:
        path, width = find_embedded(model, layers, size, _vector_size(model))
        yield Coupling(path, width, settings.activation)
    if isinstance(settings, Prompt):
        yield PromptVectors(model, settings.length)
        return
    for block in range(settings.from_layer, layers + 1):
        if isinstance(settings, Prefix):
            yield BlockPrefix(model, layers, block, settings.length)
            continue
        if isinstance(settings, Bottleneck):
            yield from _bottlenecks(settings, model, layers, block)
            continue
        if isinstance(settings, Fuse):
            yield from _fusions(settings, model, layers, block)
            continue
        yield from _of_peft(settings, model, layers, block)


def _of_peft(settings: LoRA | IA3, model: nn.Module, layers: int, block: int) -> Iterator[Patch]:
    from xstilts.nn.adapters.peft_layers import PeftLayer  # importing peft takes a second or two

    for role in settings.targets:
        site = find_site(model, layers, block, role)
        yield PeftLayer(site, linear_at(model, site), settings)


def _vector_size(model: nn.Module) -> int:
    """Return the size of a token's embedding."""
    table = model.get_input_embeddings()  # type: ignore[operator]
    return int(table.embedding_dim)


def _branch(settings: Bottleneck, reads: int, writes: int) -> Branch:
    return Branch((reads, writes), _width(settings, writes), settings.activation, settings.scale)


def _placed(settings: Bottleneck, reads: int, writes: int) -> nn.Module:
    """Return the module of one place: a branch, or one that differs by task."""
    if isinstance(settings, SharedOwn):
        return SharedOwnBranch(len(settings.tasks), partial(_branch, settings, reads, writes))
    if isinstance(settings, Hypernetwork):
        sizes, width = (reads, writes), _width(settings, writes)
        return GeneratedBranch(sizes, width, settings.activation, settings.scale, settings.embedding)
    return _branch(settings, reads, writes)


def _width(settings: Bottleneck, writes: int) -> int:
    return settings.width or max(1, round(writes / settings.reduction))


def _roles(settings: Bottleneck) -> tuple[str, ...]:
    return ("attention", "down") if settings.place == "houlsby" else ("down",)


def _bottlenecks(settings: Bottleneck, model: nn.Module, layers: int, block: int) -> Iterator[Patch]:
    for role in _roles(settings):
        site = find_site(model, layers, block, role)
        size = linear_at(model, site).out_features
        if settings.place == "parallel":
            up = find_site(model, layers, block, "up")
            yield ParallelAdapter(site, up, _placed(settings, linear_at(model, up).in_features, size))
        else:
            yield SequentialAdapter(site, _placed(settings, size, size))


def _fusions(settings: Fuse, model: nn.Module, layers: int, block: int) -> Iterator[Patch]:
    first = check(settings)
    for role in _roles(first) if block >= first.from_layer else ():
        site = find_site(model, layers, block, role)
        size = linear_at(model, site).out_features
        yield Fusion(site, [_branch(adapter, size, size) for adapter in settings.adapters], size)
