"""Manager of the adapters on an encoder: made from settings, in the order in which they were attached.

A plain Hugging Face model is changed by hooks alone, so its weights, their names and its folder stay as they are.
LoRA, DoRA and IA3 are layers of the package peft (`nn.adapters.peft_layers`, imported where one is made).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import (
    Adapter,
    Bottleneck,
    Fuse,
    Hypernetwork,
    Multitask,
    Prompt,
    adapter_shape,
)
from xstilts.nn.adapters.fusion import branch_weights
from xstilts.nn.adapters.layers import Coupling, Patch
from xstilts.nn.adapters.patches import make_patches
from xstilts.nn.adapters.prompts import PromptVectors
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
        patches = {
            f"{patch.sites[0].block}_{patch.sites[0].role}": patch
            for patch in make_patches(settings, model, layers, size)
        }
        self.patches = nn.ModuleDict({name.replace(".", "_"): patch for name, patch in patches.items()})
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
        """Add those tasks of other settings that it does not have yet."""
        if isinstance(settings, Multitask) and isinstance(self.settings, Multitask):
            new = tuple(task for task in settings.tasks if task not in self.tasks)
            for part in self.per_task:
                for _ in new:
                    part.add_task()
            self.settings = replace(self.settings, tasks=(*self.tasks, *new))

    def materialized(self) -> tuple[Adapter, dict[str, Tensor]]:
        """Return settings and weights of the ordinary adapter that it is for the task in use."""
        if not isinstance(self.settings, Multitask):
            return self.settings, self.state_dict()
        state: dict[str, Tensor] = {}
        width = 0
        for name, module in self.named_modules():
            if isinstance(module, SharedOwnBranch | GeneratedBranch):
                weights = module.materialized()
                state |= {f"{name}.{key}": value.detach() for key, value in weights.items()}
                width = len(weights["down.bias"])
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
        """Attach a fresh adapter on top of those that are there; its weights are drawn from torch's global generator.
        Raises EncoderError where the encoder has no place for it."""
        model, layers, size = self._of
        adapter = Attached(settings, model, layers, size).to(next(model.parameters()).device)
        adapter.train(model.training).attach(model)
        self.append(adapter)
        return adapter

    def fuse(self, trained: Sequence[tuple[Bottleneck, Mapping[str, Tensor]]]) -> Attached:
        """Attach a fusion of adapters that were trained separately, each given as its settings and weights."""
        adapter = self.add(Fuse(adapters=tuple(settings for settings, _ in trained)))
        keys = adapter.load_state_dict(dict(branch_weights([state for _, state in trained])), strict=False)
        assert not keys.unexpected_keys
        return adapter

    def start_training(self, settings: Adapter) -> Attached:
        """Return the adapter that a phase trains: the newest, where it has the same shape and no new one is asked for;
        else a fresh one."""
        if self.each and not settings.stack and adapter_shape(self.each[-1].settings) == adapter_shape(settings):
            self.each[-1].add_tasks(settings)
            return self.each[-1].to(next(self._of[0].parameters()).device)
        return self.add(settings)

    def set_task(self, task: str) -> None:
        """Set the task of the passes to come, for adapters that differ by task."""
        for adapter in self.each:
            for part in adapter.per_task:
                part.number = adapter.number(task)

    def freeze_others(self, tasks: Collection[str]) -> None:
        """Leave gradients to what these tasks go through only, of what would be trained."""
        for adapter in self.each:
            for part in adapter.per_task:
                part.freeze_others({adapter.number(task) for task in tasks})

    def materialize_task(self, task: str) -> None:
        """Replace adapters that differ by task by ordinary ones, with the same states for `task`."""
        if any(adapter.tasks for adapter in self.each):
            self.set_task(task)
            materialized = [adapter.materialized() for adapter in self.each]
            self.remove()
            for settings, state in materialized:
                self.add(settings).load_state_dict(state)

    def remove(self) -> None:
        """Detach all adapters."""
        for adapter in self.each:
            adapter.remove()
        del self[:]

    def drop_last(self) -> None:
        self.each[-1].remove()
        del self[-1]

    def merge(self) -> None:
        """Merge adapters into the weights, from the first on, until one cannot be (a bottleneck, and what follows)."""
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
        prompts: list[Tensor] = [
            patch.vectors_PE
            for adapter in reversed(self.each)
            for patch in adapter.each
            if isinstance(patch, PromptVectors)
        ]
        return torch.cat(prompts) if prompts else None

    @property
    def prompt_length(self) -> int:
        return sum(adapter.settings.length for adapter in self.each if isinstance(adapter.settings, Prompt))

    def inverse(self, states: Tensor) -> Tensor:
        """Return states as they are before the invertible adapters, the last of them undone first."""
        for coupling in reversed(self.couplings):
            states = coupling.inverse(states)
        return states
