"""The run graph as a layered drawing: inputs to the left, a step's depth is the longest way to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from xstilts.report.elements import formatting, svg
from xstilts.report.elements.blocks import Block, Figure, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.scores.inputs import StepInfo
from xstilts.report.topics.topic import Topic

BOX_HEIGHT, GAP, AISLE = 24.0, 8.0, 40.0
LABEL_LIMIT = 38  # characters of a label that are drawn
BOX_LIMIT = 120  # boxes a reader can still follow


@dataclass(frozen=True)
class GraphLayout:
    """`positions`: (layer, row) of each step; `edges`: pairs of keys, source first."""

    positions: Mapping[str, tuple[int, float]]
    edges: tuple[tuple[str, str], ...]


def sections(steps: Sequence[StepInfo]) -> tuple[Section, ...]:
    """Return what failed, and the drawing."""
    blocks: list[Block] = []
    if failures := failure_table(steps):
        blocks.append(failures)
    if picture := drawing(steps, "The run graph: every step with what it reads to its left"):
        part = "" if len(visible(steps)) == len(steps) else " Only the steps of the routes are drawn."
        caption = f"The run graph; each step reads what lies to its left. Point at a step for its state and cost.{part}"
        blocks.append(Figure(svg=(picture,), caption=caption))
    else:
        text = f"A graph of {len(steps)} steps is too large to draw; report.json lists each with what it reads."
        blocks.append(Prose(text=text))
    return (Section(id="graph", title="Run graph and costs", blocks=tuple(blocks)),)


def failure_table(steps: Sequence[StepInfo]) -> Table | None:
    """Lay out failed steps and their errors; None when nothing failed."""
    rows = tuple((TableCell(text=_name(s)), TableCell(text=s.error)) for s in steps if s.status == "failed")
    if not rows:
        return None
    columns = (TableColumn(label="Failed step", numeric=False), TableColumn(label="Error", numeric=False))
    return Table(caption="Steps that failed. What depends on them was not run.", columns=columns, rows=rows)


def visible(steps: Sequence[StepInfo]) -> tuple[StepInfo, ...]:
    """Return the steps to draw: all of them, or the routes through training; () where even those are too many."""
    if len(steps) <= BOX_LIMIT // 2:
        return tuple(steps)
    routes = tuple(step for step in steps if step.is_on_route)
    return routes if len(routes) <= BOX_LIMIT else ()


def layout(steps: Sequence[StepInfo], drawn: Sequence[StepInfo]) -> GraphLayout:
    """Compute layers by longest path, rows by the mean row of what a step reads. Edges through steps that are not drawn
    are contracted."""
    by_key = {step.key: step for step in steps}
    keys = {step.key for step in drawn}
    parents = {step.key: _parents(step, by_key, keys) for step in drawn}
    depth: dict[str, int] = {}
    for step in _sorted(drawn, parents):
        depth[step] = 1 + max((depth[p] for p in parents[step]), default=-1)
    positions: dict[str, tuple[int, float]] = {}
    for layer in range(max(depth.values(), default=-1) + 1):
        members = [key for key in depth if depth[key] == layer]
        wish = {k: sum(positions[p][1] for p in parents[k]) / len(parents[k]) if parents[k] else 0.0 for k in members}
        for row, key in enumerate(sorted(members, key=lambda k: wish[k])):
            positions[key] = (layer, float(row))
    tallest = max([sum(1 for d in depth.values() if d == layer) for layer in set(depth.values())] or [0])
    for layer in set(depth.values()):
        members = [k for k in positions if positions[k][0] == layer]
        shift = (tallest - len(members)) / 2
        positions.update({k: (layer, positions[k][1] + shift) for k in members})
    return GraphLayout(positions, tuple((p, k) for k in positions for p in parents[k]))


def drawing(steps: Sequence[StepInfo], name: str) -> str:
    """Return SVG text, "" where there is nothing to draw or too much to follow."""
    drawn = visible(steps)
    if not drawn:
        return ""
    graph = layout(steps, drawn)
    width = min(max(len(_name(step)) for step in drawn), LABEL_LIMIT) * svg.CHARACTER + 18
    corners = {
        key: (4 + layer * (width + AISLE), 4 + row * (BOX_HEIGHT + GAP))
        for key, (layer, row) in graph.positions.items()
    }
    parts = []
    for source, goal in graph.edges:
        (x1, y1), (x2, y2) = corners[source], corners[goal]
        x1, y1, y2, bend = x1 + width, y1 + BOX_HEIGHT / 2, y2 + BOX_HEIGHT / 2, AISLE * 0.5
        curve = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        parts.append(svg.shape("path", "edge", d=curve))
    parts += [_box(step, *corners[step.key], width) for step in drawn]
    layers = 1 + max(layer for layer, _ in graph.positions.values())
    bottom = max(y for _, y in corners.values()) + BOX_HEIGHT
    return svg.picture(layers * (width + AISLE) - AISLE + 8, bottom + 6, name, parts)


def _name(step: StepInfo) -> str:
    return step.label or step.key


def _box(step: StepInfo, x: float, y: float, width: float) -> str:
    facts = [
        step.status,
        formatting.seconds(step.seconds),
        f"{formatting.count(step.tokens)} tokens" if step.tokens else "",
        step.error,
    ]
    tip = f"{_name(step)}: " + ", ".join(fact for fact in facts if fact)
    css = f"step {step.name} {step.status.replace(' ', '-')}"
    parts = [svg.shape("rect", "box", x=x, y=y, width=width, height=BOX_HEIGHT, rx=5.0)]
    parts.append(svg.shape("rect", "edge-mark", x=x, y=y, width=4.0, height=BOX_HEIGHT, rx=2.0))
    parts.append(svg.text(svg.shorten(_name(step), LABEL_LIMIT), x + 10, y + 16))
    return svg.group(parts, css, tip)


def _parents(step: StepInfo, by_key: Mapping[str, StepInfo], drawn: set[str]) -> tuple[str, ...]:
    """Return the nearest drawn steps that `step` depends on."""
    parents: set[str] = set()
    waiting, seen = list(step.inputs), set[str]()
    while waiting:
        key = waiting.pop()
        if key in seen or key not in by_key:
            continue
        seen.add(key)
        if key in drawn:
            parents.add(key)
        else:
            waiting.extend(by_key[key].inputs)
    return tuple(sorted(parents))


def _sorted(drawn: Sequence[StepInfo], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Order keys: inputs before what reads them (the graph has no cycle: a step's identity holds its inputs')."""
    order: dict[str, None] = {}

    def visit(key: str) -> None:
        if key not in order:
            for parent in parents[key]:
                visit(parent)
            order[key] = None

    for step in drawn:
        visit(step.key)
    return list(order)


def _step_record(step: StepInfo) -> dict[str, Any]:
    return {f.name: getattr(step, f.name) for f in fields(step) if f.metadata.get("record", True)}


RUN_GRAPH = Topic(
    name="run_graph",
    compute=lambda board: board.results.steps or None,
    sections=sections,
    record=lambda steps: {"steps": [_step_record(step) for step in steps]},
    empty_record={"steps": []},
)
