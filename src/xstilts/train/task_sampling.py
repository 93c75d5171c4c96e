"""Task sampling: how often each task of a mixture has its turn, and in which order. Plain numbers, no data."""

from __future__ import annotations

import random
from collections.abc import Sequence

from xstilts.core.errors import StudyError


def rates(sizes: Sequence[int], temperature: float = 1.0, cap: int | None = None, uniform: bool = False) -> list[float]:
    """Return the share of updates of each task; they sum to 1.

    Proportional to min(size, cap) ** (1 / temperature): 1 is proportional to size, larger is flatter. `cap` is the
    examples-proportional mixing of Raffel et al. 2020 (T5, section 3.5.2), `temperature` that of multilingual BERT.
    `uniform` gives every task the same share whatever the sizes.

    >>> rates([300, 100])
    [0.75, 0.25]
    >>> rates([900, 100], temperature=2)
    [0.75, 0.25]
    """
    if not sizes or min(sizes) <= 0:
        raise StudyError(f"every task of a mixture needs examples, got {list(sizes)}")
    if temperature <= 0:
        raise StudyError(f"a sampling temperature is above 0, got {temperature}")
    if cap is not None and cap <= 0:
        raise StudyError(f"a sampling cap is above 0, got {cap}")
    if uniform:
        return [1 / len(sizes)] * len(sizes)
    capped = [min(size, cap or size) for size in sizes]
    weights = [(size / max(capped)) ** (1 / temperature) for size in capped]  # at most 1: no overflow
    return [weight / sum(weights) for weight in weights]


def draw_tasks(rates: Sequence[float], updates: int, seed: int) -> list[int]:
    """Return the task of each update. Each task has its rate times `updates` turns, rounded up or down (largest
    remainders), so that shares do not drift by chance; only the order is shuffled by `seed`.

    >>> sorted(draw_tasks([0.75, 0.25], 4, seed=1))
    [0, 0, 0, 1]
    """
    total = sum(rates)
    exact = [rate / total * updates for rate in rates]
    turns = [int(share) for share in exact]
    by_remainder = sorted(range(len(rates)), key=lambda i: (turns[i] - exact[i], i))
    for i in by_remainder[: updates - sum(turns)]:
        turns[i] += 1
    order = [task for task, count in enumerate(turns) for _ in range(count)]
    # random() gives the same numbers in every Python, which shuffle() does not promise.
    draw = random.Random(seed)
    keyed = [(draw.random(), i) for i in range(len(order))]
    return [order[i] for _, i in sorted(keyed)]
