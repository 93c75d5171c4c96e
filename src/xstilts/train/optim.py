"""Optimiser: AdamW with warm-up and linear decay, which every recipe of the field has in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import AdamW

from xstilts.core.settings.training import Recipe

HEADS = "heads."  # how the names of a model's own heads begin
_FUSED = ("cpu", "cuda", "mps")


def make_optimiser(named: Mapping[str, Parameter], recipe: Recipe) -> AdamW:
    """Return AdamW (Loshchilov & Hutter 2019). Vectors (biases, norms) do not decay; heads (`heads.*`) may have a rate
    of their own. The rates are set before each update."""
    groups: dict[tuple[float, float], list[Parameter]] = {}
    for name, parameter in named.items():
        scale = recipe.head_lr / recipe.lr if recipe.head_lr and name.startswith(HEADS) else 1.0
        groups.setdefault((recipe.weight_decay if parameter.ndim > 1 else 0.0, scale), []).append(parameter)
    fused = all(parameter.device.type in _FUSED for parameter in named.values())
    settings = [
        {"params": parameters, "weight_decay": decay, "scale": scale} for (decay, scale), parameters in groups.items()
    ]
    return AdamW(settings, lr=recipe.lr, fused=fused)


def learning_rate(update: int, updates: int, recipe: Recipe) -> float:
    """Return the learning rate of update number `update` (from 0): linear up over the warm-up, then linear down.

    >>> [learning_rate(u, 4, Recipe(lr=1.0, warmup=0.5)) for u in range(4)]
    [0.5, 1.0, 1.0, 0.5]
    """
    warm = round(recipe.warmup * updates)
    share = (update + 1) / warm if update < warm else (updates - update) / max(1, updates - warm)
    return recipe.lr * share


def set_learning_rate(optimiser: AdamW, value: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = value * group["scale"]


@torch.no_grad()
def scale_and_clip(parameters: Iterable[Parameter], targets: int, clip: float) -> float:
    """Turn gradients of a sum into those of a mean over `targets`, then clips their norm (0: not at all), as
    `torch.nn.utils.clip_grad_norm_` does. Returns the norm before clipping; inf or nan when a gradient is."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return 0.0
    norm = float(torch.stack(torch._foreach_norm(gradients)).norm()) / max(1, targets)
    factor = min(1.0, clip / (norm + 1e-6)) if clip > 0 else 1.0
    torch._foreach_mul_(gradients, factor / max(1, targets))
    return norm


def state_tensors(optimiser: AdamW, named: Mapping[str, Parameter]) -> dict[str, Tensor]:
    """Return the moments as flat tensors, `<parameter>|<entry>`. Parameters that had no gradient yet have none."""
    return {
        f"{name}|{entry}": value
        for name, parameter in named.items()
        for entry, value in optimiser.state.get(parameter, {}).items()
    }


def restore_state(optimiser: AdamW, named: Mapping[str, Parameter], tensors: Mapping[str, Tensor]) -> None:
    """Put back what `state_tensors` took."""
    optimiser.state.clear()
    for key, value in tensors.items():
        name, entry = key.rsplit("|", 1)
        optimiser.state[named[name]][entry] = value.to(named[name].device)
