"""The view that `show` prints of a step: what it is, why it runs or not, what it reads, its settings and its curve."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.app.show import Neighbour, ShownStep
from xstilts.core.short_keys import short_key
from xstilts.engine.reasons import RUNS, Reason
from xstilts.report.elements import formatting

_BARS = "▁▂▃▄▅▆▇█"
_LAST_LINES = 12  # of an error


def step_page(step: ShownStep) -> RenderableType:
    parts: list[RenderableType] = [
        Text(f"{short_key(step.key)}: {step.label}", style="bold"),
        Text(f"{step.reason.state}: {step.reason.text}", style="yellow" if step.reason.state == RUNS else "green"),
    ]
    if step.arms:
        parts.append(Text(f"part of the arms {', '.join(step.arms)}"))
    parts += _made(step)
    parts += _neighbours("reads", step.inputs)
    parts += _neighbours("read by", step.readers)
    parts += _curve(step)
    parts.append(_settings(step))
    if step.error:
        parts.append(Text("The last attempt failed:", style="red"))
        parts.append(Text("\n".join(step.error.strip().splitlines()[-_LAST_LINES:])))
    return Group(*parts)


def reasons_table(reasons: Sequence[Reason], labels: Mapping[str, str]) -> RenderableType:
    """Why each step that would run does so, and how many do not."""
    table = Table(box=None, pad_edge=False, header_style="dim", title="Why", title_justify="left")
    table.add_column("step", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("why", overflow="fold")
    for reason in reasons:
        if reason.state == RUNS:
            table.add_row(Text(short_key(reason.key)), Text(labels.get(reason.key, "")), Text(reason.text))
    states = Counter(reason.state for reason in reasons if reason.state != RUNS)
    others = ", ".join(f"{number} {state}" for state, number in states.items())
    return Group(table, Text(f"The other steps: {others}.", style="dim")) if others else table


def _made(step: ShownStep) -> Iterable[RenderableType]:
    if not step.record:
        if step.flops:
            yield Text(f"about {formatting.operations(step.flops)}")
        return
    spent, size = formatting.seconds(step.record.get("seconds")), formatting.size(step.record.get("bytes"))
    threads = formatting.plural(int(step.record.get("threads", 1)), "thread")
    gone = f"; thrown away since: {', '.join(step.trimmed)}" if step.trimmed else ""
    yield Text(f"{spent} on {step.record.get('device')} with {threads}, {size}{gone}")
    taken, energy = step.record.get("energy", {}), "energy not measured"
    if taken:
        energy = f"{formatting.energy(taken['joules'])} on {taken['covers']}, with all that ran there meanwhile"
    yield Text("; ".join(filter(None, (formatting.operations(step.flops), energy))))
    versions = step.record.get("versions", {})
    yield Text(", ".join(f"{name} {version}" for name, version in versions.items()), style="dim")


def _neighbours(title: str, steps: Sequence[Neighbour]) -> Iterable[RenderableType]:
    if not steps:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(title, no_wrap=True)
    table.add_column("key", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("", no_wrap=True)
    for one in steps:
        table.add_row(Text(one.use), short_key(one.key), Text(one.label), one.state)
    yield table


def _curve(step: ShownStep) -> Iterable[Text]:
    for name, points, digits in (("dev score", step.curve, 1), ("loss", step.loss, 3)):
        if points:
            first, last = points[0], points[-1]
            ends = ", ".join(f"{formatting.number(value, digits)} at {update}" for update, value in (first, last))
            yield Text(f"{name:<10}{bars([value for _, value in points])}  {ends}")


def bars(values: Sequence[float]) -> str:
    """Return values as a line of bars from the least to the greatest.

    >>> bars([0, 1, 2])
    '▁▅█'
    """
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(_BARS[min(len(_BARS) - 1, round((value - low) / span * (len(_BARS) - 1)))] for value in values)


def _settings(step: ShownStep) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    for place, value in step.settings.items():
        table.add_row(Text(place), Text(_value(value)))
    return table


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
