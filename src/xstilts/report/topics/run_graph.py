"""The run graph as a layered drawing: inputs to the left, a step's depth is the longest way to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xstilts.report.elements import formatting, svg
from xstilts.report.scores.inputs import StepInfo

HIGH, GAP, AISLE = 24.0, 8.0, 40.0
LONGEST = 38  # characters of a label that are shown
MOST = 120  # boxes a reader can still follow


@dataclass(frozen=True)
class GraphLayout:
    """`at`: (layer, row) of each step; `edges`: pairs of keys, source first."""

    at: Mapping[str, tuple[int, float]]
    edges: tuple[tuple[str, str], ...]


def visible(steps: Sequence[StepInfo]) -> tuple[StepInfo, ...]:
    """The steps to draw: all of them, or the routes through training; () where even those are too many."""
    if len(steps) <= MOST // 2:
        return tuple(steps)
    routes = tuple(step for step in steps if step.is_on_route)
    return routes if len(routes) <= MOST else ()


def layout(steps: Sequence[StepInfo], shown: Sequence[StepInfo]) -> GraphLayout:
    """Layers by longest path, rows by the mean row of what a step reads. Edges through steps that are not shown are
    contracted."""
    known = {step.key: step for step in steps}
    keep = {step.key for step in shown}
    parents = {step.key: _parents(step, known, keep) for step in shown}
    depth: dict[str, int] = {}
    for step in _sorted(shown, parents):
        depth[step] = 1 + max((depth[p] for p in parents[step]), default=-1)
    at: dict[str, tuple[int, float]] = {}
    for layer in range(max(depth.values(), default=-1) + 1):
        here = [key for key in depth if depth[key] == layer]
        wish = {k: sum(at[p][1] for p in parents[k]) / len(parents[k]) if parents[k] else 0.0 for k in here}
        for row, key in enumerate(sorted(here, key=lambda k: wish[k])):
            at[key] = (layer, float(row))
    tallest = max([sum(1 for d in depth.values() if d == layer) for layer in set(depth.values())] or [0])
    for layer in set(depth.values()):
        members = [k for k in at if at[k][0] == layer]
        shift = (tallest - len(members)) / 2
        at.update({k: (layer, at[k][1] + shift) for k in members})
    return GraphLayout(at, tuple((p, k) for k in at for p in parents[k]))


def drawing(steps: Sequence[StepInfo], name: str) -> str:
    """SVG text, "" where there is nothing to draw or too much to follow."""
    shown = visible(steps)
    if not shown:
        return ""
    plan = layout(steps, shown)
    wide = min(max(len(_name(step)) for step in shown), LONGEST) * svg.CHARACTER + 18
    place = {key: (4 + layer * (wide + AISLE), 4 + row * (HIGH + GAP)) for key, (layer, row) in plan.at.items()}
    parts = []
    for source, goal in plan.edges:
        (x1, y1), (x2, y2) = place[source], place[goal]
        x1, y1, y2, bend = x1 + wide, y1 + HIGH / 2, y2 + HIGH / 2, AISLE * 0.5
        curve = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        parts.append(svg.shape("path", "edge", d=curve))
    parts += [_box(step, *place[step.key], wide) for step in shown]
    layers = 1 + max(layer for layer, _ in plan.at.values())
    bottom = max(y for _, y in place.values()) + HIGH
    return svg.picture(layers * (wide + AISLE) - AISLE + 8, bottom + 6, name, parts)


def _name(step: StepInfo) -> str:
    return step.label or step.key


def _box(step: StepInfo, x: float, y: float, wide: float) -> str:
    facts = [
        step.status,
        formatting.seconds(step.seconds),
        f"{formatting.count(step.tokens)} tokens" if step.tokens else "",
        step.error,
    ]
    tip = f"{_name(step)}: " + ", ".join(fact for fact in facts if fact)
    css = f"step {step.name} {step.status.replace(' ', '-')}"
    parts = [svg.shape("rect", "box", x=x, y=y, width=wide, height=HIGH, rx=5.0)]
    parts.append(svg.shape("rect", "edge-mark", x=x, y=y, width=4.0, height=HIGH, rx=2.0))
    parts.append(svg.text(svg.shorten(_name(step), LONGEST), x + 10, y + 16))
    return svg.group(parts, css, tip)


def _parents(step: StepInfo, known: Mapping[str, StepInfo], keep: set[str]) -> tuple[str, ...]:
    """The nearest shown steps that `step` depends on."""
    found: dict[str, None] = {}
    waiting, seen = list(step.inputs), set[str]()
    while waiting:
        key = waiting.pop()
        if key in seen or key not in known:
            continue
        seen.add(key)
        if key in keep:
            found[key] = None
        else:
            waiting.extend(known[key].inputs)
    return tuple(sorted(found))


def _sorted(shown: Sequence[StepInfo], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Keys, inputs before what reads them (the graph has no cycle: a step's identity holds its inputs')."""
    order: dict[str, None] = {}

    def visit(key: str) -> None:
        if key not in order:
            for parent in parents[key]:
                visit(parent)
            order[key] = None

    for step in shown:
        visit(step.key)
    return list(order)
