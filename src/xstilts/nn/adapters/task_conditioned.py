"""Task-conditioned bottlenecks, which know which of K tasks an update is of. D hidden size, M width of the bottleneck,
E of embeddings.

An update holds one task, so that the task in use is a number that is set before its passes, None for a task that is
none of the K; only that task's own part has a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from xstilts.core.errors import EncoderError
from xstilts.nn.adapters.layers import NON_LINEARITIES, Branch

State = dict[str, Tensor]  # the weights of an ordinary `Branch`, by their names in it


class PerTask(nn.Module):
    """A module with one part for each task, `own` (the name in stored weights)."""

    own: nn.ModuleList | nn.ParameterList
    number: int | None = None  # of the task in use

    def add_task(self) -> None:
        """Add one more task, the last."""
        raise NotImplementedError

    def freeze_others(self, trained: Collection[int | None]) -> None:
        """Leave gradients to the parts of these tasks only, of those that had."""
        for number, task_part in enumerate(self.own):
            if number not in trained:
                task_part.requires_grad_(False)


class SharedOwnBranch(PerTask):
    """shared(x) + own_k(x) for task k, shared(x) for a task that is none of the K."""

    own: nn.ModuleList

    def __init__(self, tasks: int, make: Callable[[], Branch]) -> None:
        super().__init__()
        self._make = make
        self.shared = make()
        self.own = nn.ModuleList(make() for _ in range(tasks))

    def forward(self, states: Tensor) -> Tensor:
        added: Tensor = self.shared(states)
        return added if self.number is None else added + self.own[self.number](states)

    def add_task(self) -> None:
        self.own.append(self._make())

    def materialized(self) -> State:
        """Return the task in use as an ordinary branch: two bottlenecks that are added are one, as wide as both."""
        states = [self.shared.state_dict()]
        states += [] if self.number is None else [self.own[self.number].state_dict()]
        return {
            "down.weight": torch.cat([state["down.weight"] for state in states]),
            "down.bias": torch.cat([state["down.bias"] for state in states]),
            "up.weight": torch.cat([state["up.weight"] for state in states], dim=1),
            "up.bias": torch.stack([state["up.bias"] for state in states]).sum(0),
        }


class GeneratedBranch(nn.Module):
    """A bottleneck without weights but the embedding of its place: the hypernetwork, once there, makes the others."""

    def __init__(self, sizes: tuple[int, int], width: int, activation: str, scale: float, embedding: int) -> None:
        super().__init__()
        self.sizes, self.width, self.activation, self.scale = sizes, width, activation, scale
        self.place_E = nn.Parameter(torch.randn(embedding))
        self._network: tuple[Generator, ...] = ()  # a tuple registers nothing: it is one for all places

    def set_network(self, network: Generator) -> None:
        self._network = (network,)

    def forward(self, states: Tensor) -> Tensor:
        weights = self.materialized()
        narrow = NON_LINEARITIES[self.activation](F.linear(states, weights["down.weight"], weights["down.bias"]))
        return self.scale * F.linear(narrow, weights["up.weight"], weights["up.bias"])

    def materialized(self) -> State:
        """Return the weights for the task in use, as those of an ordinary branch."""
        (network,) = self._network
        reads, writes = self.sizes
        down, up = network(self.place_E)
        return {
            "down.weight": down[self.width :].view(self.width, reads),
            "down.bias": down[: self.width],
            "up.weight": up[writes:].view(writes, self.width),
            "up.bias": up[:writes],
        }


class Generator(PerTask):
    """The hypernetwork: z = norm(W_2 relu(W_1 [task; place])), W_1 [E, 2E], W_2 [E, E], and the weights of the two
    projections as linear functions of z (Mahabadi et al. 2021, section 2; the norm has no weights). The one that makes
    up-projections starts at zero, the other so that down-projections have the spread of ordinary ones.

    With P places, whose embeddings lie there, it has E(K + P) + 2E^2 + E + E^2 + E + E(2DM + D + M) weights."""

    own: nn.ParameterList

    def __init__(self, tasks: int, branches: Sequence[GeneratedBranch]) -> None:
        super().__init__()
        if not tasks or len({(branch.sizes, branch.width) for branch in branches}) != 1:
            raise EncoderError("a hypernetwork needs at least one task, and bottlenecks of one size at all places.")
        (reads, writes), width = branches[0].sizes, branches[0].width
        self.size = len(branches[0].place_E)
        self.own = nn.ParameterList(torch.randn(self.size) for _ in range(tasks))
        self.mix = nn.Sequential(nn.Linear(2 * self.size, self.size), nn.ReLU(), nn.Linear(self.size, self.size))
        self.down = nn.Linear(self.size, reads * width + width, bias=False)
        self.up = nn.Linear(self.size, width * writes + writes, bias=False)
        nn.init.normal_(self.down.weight, std=0.02 / self.size**0.5)
        nn.init.zeros_(self.up.weight)
        for branch in branches:
            branch.set_network(self)

    def forward(self, place_E: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weights of the two projections at a place, biases first."""
        task_E = self.mean_E if self.number is None else self.own[self.number]
        z_E = F.layer_norm(self.mix(torch.cat([task_E, place_E])), (self.size,))
        return self.down(z_E), self.up(z_E)

    @property
    def mean_E(self) -> Tensor:
        return torch.stack(list(self.own)).mean(0)

    def add_task(self) -> None:
        """Add a task that starts as the mean of the others."""
        self.own.append(nn.Parameter(self.mean_E.detach().clone()))

    def freeze_others(self, trained: Collection[int | None]) -> None:
        if None not in trained:  # else all of them are trained, through their mean
            super().freeze_others(trained)
