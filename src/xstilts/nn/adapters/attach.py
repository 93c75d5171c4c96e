"""Adapters on an encoder: made from settings, in the order in which they were attached.

A plain Hugging Face model is changed by hooks alone, so its weights, their names and its folder stay as they are. The
package peft is not needed: these few layers are our own, and `nn.adapters.peft_format` writes those it knows for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from xstilts.core.errors import EncoderError
from xstilts.core.tuning import IA3, Adapter, Bottleneck, Fuse, LoRA, shape
from xstilts.nn.adapters.fusion import Fusion, branch_weights, check
from xstilts.nn.adapters.patches import Branch, Coupling, Factors, LowRank, Parallel, Patch, Sequential
from xstilts.nn.adapters.sites import find_blocks, find_site, linear_at


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
        self._handles: list[RemovableHandle] = []

    @property
    def each(self) -> Iterator[Patch]:
        for patch in self.patches.values():
            assert isinstance(patch, Patch)
            yield patch

    @property
    def mergeable(self) -> bool:
        return all(patch.mergeable for patch in self.each)

    @property
    def handles(self) -> Sequence[RemovableHandle]:
        """Of its hooks, while it is attached."""
        return self._handles

    def attach(self, model: nn.Module) -> None:
        self._handles = [handle for patch in self.each for handle in patch.attach(model)]

    def unfreeze(self) -> None:
        for patch in self.each:
            patch.unfreeze()

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
    def each(self) -> list[Attached]:
        return [adapter for adapter in self if isinstance(adapter, Attached)]

    def add(self, settings: Adapter) -> Attached:
        """A fresh adapter on top of those that are there; its weights are drawn from torch's global generator. Raises
        EncoderError where the encoder has no place for it."""
        model, layers, size = self._of
        adapter = Attached(settings, model, layers, size).to(next(model.parameters()).device)
        adapter.attach(model)
        self.append(adapter)
        return adapter

    def fuse(self, trained: Sequence[tuple[Bottleneck, Mapping[str, Tensor]]]) -> Attached:
        """A fusion of adapters that were trained apart, given as their settings and weights."""
        adapter = self.add(Fuse(adapters=tuple(settings for settings, _ in trained)))
        found = adapter.load_state_dict(dict(branch_weights([state for _, state in trained])), strict=False)
        assert not found.unexpected_keys
        return adapter

    def begin(self, settings: Adapter) -> Attached:
        """The adapter that a phase trains: the newest, where it has the same shape and no new one is asked for; else a
        fresh one."""
        if self.each and not settings.stack and shape(self.each[-1].settings) == shape(settings):
            return self.each[-1]
        return self.add(settings)

    def remove(self) -> None:
        """The bare encoder again."""
        for adapter in self.each:
            adapter.remove()
        del self[:]

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

    def inverse(self, states: Tensor) -> Tensor:
        """States as they are before the invertible adapters, the last of them undone first."""
        for coupling in reversed(self.couplings):
            states = coupling.inverse(states)
        return states


def _patches(settings: Adapter, model: nn.Module, layers: int, size: int) -> Iterator[Patch]:
    if isinstance(settings, Bottleneck) and settings.invertible:
        path, _ = find_blocks(model, layers)
        yield Coupling(f"{path}.0", size, settings.activation)
    for block in range(settings.from_layer, layers + 1):
        if isinstance(settings, Bottleneck):
            yield from _bottlenecks(settings, model, layers, block)
            continue
        if isinstance(settings, Fuse):
            yield from _fusions(settings, model, layers, block)
            continue
        for role in settings.targets:
            site = find_site(model, layers, block, role)
            layer = linear_at(model, site)
            if isinstance(settings, LoRA):
                yield LowRank(site, layer, settings.rank, settings.alpha, settings.dropout, settings.dora)
            elif isinstance(settings, IA3):
                yield Factors(site, layer)


def _branch(settings: Bottleneck, reads: int, writes: int) -> Branch:
    width = settings.width or max(1, round(writes / settings.reduction))
    return Branch((reads, writes), width, settings.activation, settings.scale)


def _roles(settings: Bottleneck) -> tuple[str, ...]:
    return ("attention", "down") if settings.place == "houlsby" else ("down",)


def _bottlenecks(settings: Bottleneck, model: nn.Module, layers: int, block: int) -> Iterator[Patch]:
    for role in _roles(settings):
        site = find_site(model, layers, block, role)
        size = linear_at(model, site).out_features
        if settings.place == "parallel":
            up = find_site(model, layers, block, "up")
            yield Parallel(site, up, _branch(settings, linear_at(model, up).in_features, size))
        else:
            yield Sequential(site, _branch(settings, size, size))


def _fusions(settings: Fuse, model: nn.Module, layers: int, block: int) -> Iterator[Patch]:
    first = check(settings)
    for role in _roles(first) if block >= first.from_layer else ():
        site = find_site(model, layers, block, role)
        size = linear_at(model, site).out_features
        yield Fusion(site, [_branch(one, size, size) for one in settings.adapters], size)
