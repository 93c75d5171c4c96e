"""Positions in a YAML file: the line of each key and value, and the text that stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml

from xstilts.core.errors import StudyError, shortened


def place_name(path: Sequence[Any]) -> str:
    """Return a path of keys and indices as people write it.

    >>> place_name(["arms", "both", "through", 1])
    'arms.both.through[1]'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


@dataclass(frozen=True)
class Positions:
    """The file that something was read from, with the line (from 1) and the raw text of each place (see `place_name`).

    Never part of what a study is: all of them are equal.
    """

    file: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    raw: Mapping[str, str] = field(default_factory=dict, compare=False)  # of scalars that YAML takes for no text

    def __call__(self, place: str) -> str:
        """Return "file:line: place"; the line is that of the nearest place around it that stands in the file."""
        start = self._start(place)
        at = f"{self.file}:{self.lines[start]}" if start else self.file
        return f"{at}: {shortened(place, 120)}" if at and place else at or place

    def _start(self, place: str) -> str:
        while place and place not in self.lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return place

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Add file and line to the study errors raised within that name a place of this file."""
        try:
            yield
        except StudyError as error:
            if error.where is None or not self._start(error.where):
                raise
            raise error.moved(self(error.where)) from error


class LocatedMapping(dict[str, Any]):
    """The top level of a YAML file, with the positions of what is in it."""

    positions = Positions()


def located(node: yaml.MappingNode, data: Mapping[str, Any], file: str) -> LocatedMapping:
    """Return `data`, which was made of `node`, with its positions."""
    mapping = LocatedMapping(data)
    lines: dict[str, int] = {}
    raw: dict[str, str] = {}
    for path, key, value in _walk(node, ()):
        place = place_name(path)
        lines[place] = (key or value).start_mark.line + 1
        if isinstance(value, yaml.ScalarNode) and value.tag not in _TEXT:
            raw[place] = value.value
    mapping.positions = Positions(file, lines, raw)
    return mapping


_TEXT = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:null")


def _walk(
    node: yaml.Node, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], yaml.Node | None, yaml.Node]]:
    """Yield (path, the node of its key, the node of its value), depth first."""
    stack: list[tuple[tuple[str | int, ...], yaml.Node | None, yaml.Node]] = [(path, None, node)]
    seen: set[tuple[int, tuple[str | int, ...]]] = set()
    while stack:
        at, key, value = stack.pop()
        if at:
            yield at, key, value
        if (id(value), at) in seen or len(seen) > _MOST_PLACES:
            continue
        seen.add((id(value), at))
        if isinstance(value, yaml.MappingNode):
            stack += [((*at, child.value), child, item) for child, item in value.value if _is_scalar(child)]
        elif isinstance(value, yaml.SequenceNode):
            stack += [((*at, number), None, item) for number, item in enumerate(value.value)]


_MOST_PLACES = 200_000  # an alias may stand for a tree again and again


def _is_scalar(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode)
