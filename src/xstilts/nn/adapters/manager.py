"""Adapters on an encoder: made from settings, in the order in which they were attached.

A plain Hugging Face model is changed by hooks alone, so its weights, their names and its folder stay as they are.
LoRA, DoRA and IA3 are layers of the package peft (`nn.adapters.peft_layers`, imported where one is made).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import (
    IA3,
    Adapter,
    Bottleneck,
    Fuse,
    Hypernetwork,
    LoRA,
    Multitask,
    Prefix,
    Prompt,
    SharedOwn,
    adapter_shape,
)
from xstilts.nn.adapters.fusion import Fusion, branch_weights, check
from xstilts.nn.adapters.layers import Branch, Coupling, ParallelAdapter, Patch, SequentialAdapter
from xstilts.nn.adapters.prefixes import BlockPrefix
from xstilts.nn.adapters.prompts import PromptVectors
from xstilts.nn.adapters.targets import find_embedded, find_site, linear_at
from xstilts.nn.adapters.task_conditioned import GeneratedBranch, Generator, PerTask, SharedOwnBranch


class Attached(nn.Module):
    """One adapter: its settings and its layers, `patches` by names such as "3_down" (block 3)."""

    def __init__(self, settings: Adapter, model: nn.Module, layers: int, size: int) -> None:
        super().__init__()
        if not 1 <= settings.from_layer <= layers:
            raise EncoderError(
                f"'from_layer' is {settings.from_layer}, but this encoder has blocks 1 to {layers}.",
                value=str(settings.from_layer),
            )
        self.settings = settings
        made = {
            f"{patch.sites[0].block}_{patch.sites[0].role}": patch for patch in _patches(settings, model, layers, size)
        }
        self.patches = nn.ModuleDict({name.replace(".", "_"): patch for name, patch in made.items()})
        if isinstance(settings, Hypernetwork):
            generated = [module for module in self.modules() if isinstance(module, GeneratedBranch)]
            self.network = Generator(len(settings.tasks), generated)
        self._handles: list[RemovableHandle] = []

    @property
    def each(self) -> Iterator[Patch]:
        for patch in self.patches.values():
            assert isinstance(patch, Patch)
            yield patch

    @property
    def mergeable(self) -> bool:
        return all(patch.mergeable for patch in self.each)

    def attach(self, model: nn.Module) -> None:
        self._handles = [handle for patch in self.each for handle in patch.attach(model)]

    def unfreeze(self) -> None:
        for patch in self.each:
            patch.unfreeze()
        for part in self.per_task:
            part.requires_grad_(True)

    @property
    def per_task(self) -> list[PerTask]:
        return [module for module in self.modules() if isinstance(module, PerTask)]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks it tells apart."""
        return self.settings.tasks if isinstance(self.settings, Multitask) else ()

    def number(self, task: str) -> int | None:
        return self.tasks.index(task) if task in self.tasks else None

    def add_tasks(self, settings: Adapter) -> None:
        """Those tasks of other settings that it does not have yet."""
        if isinstance(settings, Multitask) and isinstance(self.settings, Multitask):
            new = tuple(task for task in settings.tasks if task not in self.tasks)
            for part in self.per_task:
                for _ in new:
                    part.add_task()
            self.settings = replace(self.settings, tasks=(*self.tasks, *new))

    def materialized(self) -> tuple[Adapter, dict[str, Tensor]]:
        """Settings and weights of the ordinary adapter that it is for the task in use."""
        if not isinstance(self.settings, Multitask):
            return self.settings, self.state_dict()
        state: dict[str, Tensor] = {}
        width = 0
        for name, module in self.named_modules():
            if isinstance(module, SharedOwnBranch | GeneratedBranch):
                own = module.materialized()
                state |= {f"{name}.{key}": value.detach() for key, value in own.items()}
                width = len(own["down.bias"])
            elif isinstance(module, Coupling):
                state |= module.state_dict(prefix=f"{name}.")
        return self.settings.plain(width), state

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


class Adapters(nn.ModuleList):
    """The adapters of one model, first attached first. `model` belongs to the encoder, not to this module."""

    def __init__(self, model: nn.Module, layers: int, size: int) -> None:
        super().__init__()
        self._of = (model, layers, size)  # a tuple registers nothing

    @property
    def model(self) -> nn.Module:
        return self._of[0]

    @property
    def layers(self) -> int:
        """Blocks of the model."""
        return self._of[1]

    @property
    def each(self) -> list[Attached]:
        return [adapter for adapter in self if isinstance(adapter, Attached)]

    def add(self, settings: Adapter) -> Attached:
        """A fresh adapter on top of those that are there; its weights are drawn from torch's global generator. Raises
        EncoderError where the encoder has no place for it."""
        model, layers, size = self._of
        adapter = Attached(settings, model, layers, size).to(next(model.parameters()).device)
        adapter.train(model.training).attach(model)
        self.append(adapter)
        return adapter

    def fuse(self, trained: Sequence[tuple[Bottleneck, Mapping[str, Tensor]]]) -> Attached:
        """A fusion of adapters that were trained apart, given as their settings and weights."""
        adapter = self.add(Fuse(adapters=tuple(settings for settings, _ in trained)))
        found = adapter.load_state_dict(dict(branch_weights([state for _, state in trained])), strict=False)
        assert not found.unexpected_keys
        return adapter

    def start_training(self, settings: Adapter) -> Attached:
        """The adapter that a phase trains: the newest, where it has the same shape and no new one is asked for; else a
        fresh one."""
        if self.each and not settings.stack and adapter_shape(self.each[-1].settings) == adapter_shape(settings):
            self.each[-1].add_tasks(settings)
            return self.each[-1].to(next(self._of[0].parameters()).device)
        return self.add(settings)

    def set_task(self, task: str) -> None:
        """The task of the passes to come; for adapters that tell tasks apart."""
        for adapter in self.each:
            for part in adapter.per_task:
                part.number = adapter.number(task)

    def freeze_others(self, tasks: Collection[str]) -> None:
        """Only what these tasks go through is trained, of what would be."""
        for adapter in self.each:
            for part in adapter.per_task:
                part.freeze_others({adapter.number(task) for task in tasks})

    def materialize_task(self, task: str) -> None:
        """Ordinary adapters in the place of those that tell tasks apart, with the same states for `task`."""
        if any(adapter.tasks for adapter in self.each):
            self.set_task(task)
            settled = [adapter.materialized() for adapter in self.each]
            self.remove()
            for settings, state in settled:
                self.add(settings).load_state_dict(state)

    def remove(self) -> None:
        """The bare encoder again."""
        for adapter in self.each:
            adapter.remove()
        del self[:]

    def drop_last(self) -> None:
        self.each[-1].remove()
        del self[-1]

    def merge(self) -> None:
        """Puts adapters into the weights, from the first on, until one cannot be (a bottleneck, and what follows)."""
        while self.each and self.each[0].mergeable:
            first = self.each[0]
            first.remove()
            for patch in first.each:
                patch.merge(self._of[0])
            del self[0]

    @property
    def couplings(self) -> list[Coupling]:
        return [patch for adapter in self.each for patch in adapter.each if isinstance(patch, Coupling)]

    @property
    def prompt_PE(self) -> Tensor | None:
        """The vectors before each text, those of the newest prompt first; None without any."""
        found: list[Tensor] = [
            patch.vectors_PE for one in reversed(self.each) for patch in one.each if isinstance(patch, PromptVectors)
        ]
        return torch.cat(found) if found else None

    @property
    def prompt_length(self) -> int:
        return sum(one.settings.length for one in self.each if isinstance(one.settings, Prompt))

    def inverse(self, states: Tensor) -> Tensor:
        """States as they are before the invertible adapters, the last of them undone first."""
        for coupling in reversed(self.couplings):
            states = coupling.inverse(states)
        return states


def _patches(settings: Adapter, model: nn.Module, layers: int, size: int) -> Iterator[Patch]:
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
    """Of a token's embedding."""
    table = model.get_input_embeddings()  # type: ignore[operator]
    return int(table.embedding_dim)


def _branch(settings: Bottleneck, reads: int, writes: int) -> Branch:
    return Branch((reads, writes), _width(settings, writes), settings.activation, settings.scale)


def _placed(settings: Bottleneck, reads: int, writes: int) -> nn.Module:
    """What stands at one place: a branch, or what tells tasks apart."""
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
        yield Fusion(site, [_branch(one, size, size) for one in settings.adapters], size)
