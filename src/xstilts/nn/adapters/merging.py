"""Merging of several adapters of one shape into one: pure functions on their weights by name. K adapters.

The low-rank matrices of LoRA are joined each for itself, as its users do; the product of means is not the mean of the
products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from xstilts.core.errors import EncoderError
from xstilts.core.settings.merging import Arithmetic, Average, Join, Ties

State = Mapping[str, Tensor]


def join(method: Join, start: State, states: Sequence[State]) -> dict[str, Tensor]:
    """Join weights by name. `start`: those from which all of them were trained. Raises EncoderError for adapters of
    other shapes, and for weights that are not one for each."""
    if not states:
        raise EncoderError("there are no adapters to join.")
    first = states[0]
    for state in (start, *states):
        if wrong := sorted(name for name in state.keys() | first.keys() if _size(state, name) != _size(first, name)):
            raise EncoderError(
                f"adapters of different shapes cannot be joined: '{wrong[0]}' is {_size(first, wrong[0])} in one and "
                f"{_size(state, wrong[0])} in another.",
                value=wrong[0],
            )
    if isinstance(method, Average):
        return average(states, _weights(method.weights, states))
    if isinstance(method, Arithmetic):
        return arithmetic(start, states, _weights(method.weights, states), method.scale)
    return ties(start, states, method)


def average(states: Sequence[State], weights: Sequence[float]) -> dict[str, Tensor]:
    """Return the weighted mean."""
    total = sum(weights)
    if total == 0:
        raise EncoderError("the weights of a mean sum to zero.")
    shares = [weight / total for weight in weights]
    return {name: _sum([state[name] for state in states], shares) for name in states[0]}


def arithmetic(start: State, states: Sequence[State], weights: Sequence[float], scale: float) -> dict[str, Tensor]:
    """Return start + scale * sum of weight * (state - start)."""
    return {
        name: first + scale * _sum([state[name] - first for state in states], weights) for name, first in start.items()
    }


def ties(start: State, states: Sequence[State], method: Ties) -> dict[str, Tensor]:
    """Trim, elect a sign, take the mean of what agrees. The share is counted over all weights of an adapter at once."""
    learnt_K = [
        _trimmed({name: state[name] - first for name, first in start.items()}, method.density) for state in states
    ]
    joined = {}
    for name, first in start.items():
        changes_K = torch.stack([learnt[name] for learnt in learnt_K])
        agrees_K = (changes_K.sign() == changes_K.sum(0).sign()) & (changes_K != 0)
        mean = (changes_K * agrees_K).sum(0) / agrees_K.sum(0).clamp(min=1)
        joined[name] = first + method.scale * mean
    return joined


def _trimmed(learnt: State, density: float) -> dict[str, Tensor]:
    """Zero where a weight is not among the `density` share that changed most."""
    sizes = torch.cat([tensor.abs().flatten() for tensor in learnt.values()])
    count = max(1, round(density * len(sizes)))
    bound = sizes.kthvalue(len(sizes) - count + 1).values
    return {name: torch.where(tensor.abs() >= bound, tensor, 0.0) for name, tensor in learnt.items()}


def _sum(tensors: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    return torch.stack([weight * tensor for weight, tensor in zip(weights, tensors, strict=True)]).sum(0)


def _weights(weights: Sequence[float] | None, states: Sequence[State]) -> Sequence[float]:
    if weights is not None and len(weights) != len(states):
        raise EncoderError(f"there are {len(states)} adapters and {len(weights)} weights.")
    return [1.0] * len(states) if weights is None else weights


def _size(state: State, name: str) -> str:
    return "x".join(map(str, state[name].shape)) if name in state else "missing"
