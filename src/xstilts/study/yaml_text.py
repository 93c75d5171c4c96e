"""YAML as studies and recipes are written in it: unique keys that are texts, bounded in size, depth and repetition."""

from __future__ import annotations

from typing import Any

import yaml

from xstilts.core.errors import shortened

MOST_CHARACTERS = 4_000_000
DEEPEST = 40  # levels of lists and mappings within each other
MOST_VALUES = 200_000  # with every alias replaced by what it stands for


class YamlError(Exception):
    """What is wrong with a YAML text, and the line (from 1; 0: of none in particular)."""

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.problem, self.line = problem, line


def parse_yaml(text: str) -> tuple[yaml.Node | None, Any]:
    """Return the top node of a YAML text and its value; (None, None) of an empty text.

    Raises YamlError for what is not YAML, for keys that are no texts or stand twice, for scalars that are not what
    their form or tag says, and for texts that no person writes: nested deeper than `DEEPEST`, or with aliases that
    stand for more than `MOST_VALUES` values.
    """
    if len(text) > MOST_CHARACTERS:
        raise YamlError(f"the file has {len(text):,} characters, and at most {MOST_CHARACTERS:,} are read")
    try:
        loader = _StrictLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None, None
        _values_below(node, {})
        return node, loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "it cannot be read"
        raise YamlError(problem, mark.line + 1 if mark else 0) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"the character U+{ord(text[error.position]):04X} is not allowed", line) from error


def _values_below(node: yaml.Node, counted: dict[int, int]) -> int:
    """Return how many values a node stands for, every alias replaced. Raises YamlError for too many."""
    if id(node) in counted:
        if not counted[id(node)]:
            raise YamlError("an alias stands within what it stands for", node.start_mark.line + 1)
        return counted[id(node)]
    if isinstance(node, yaml.MappingNode):
        children = [part for pair in node.value for part in pair]
    else:
        children = node.value if isinstance(node, yaml.SequenceNode) else []
    counted[id(node)] = 0  # being counted
    total = 1 + sum(_values_below(child, counted) for child in children)
    if total > MOST_VALUES:
        problem = f"its aliases stand for more than {MOST_VALUES:,} values"
        raise YamlError(problem, node.start_mark.line + 1)
    counted[id(node)] = total
    return total


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses deep nesting, and a mapping with one key twice (YAML would silently keep the last)."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node and those below it; the recursion ends before Python's does."""
        self.depth += 1
        if self.depth > DEEPEST:
            line = self.peek_event().start_mark.line + 1
            raise YamlError(f"it is nested too deeply: at most {DEEPEST} levels are read", line)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if isinstance(node, yaml.ScalarNode) and not node.value.isascii():
            _check_whole(node)
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Construct a value; a scalar that is not what its form or tag says is named with its line."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError, TypeError, KeyError, AttributeError, IndexError) as error:
            kind = str(node.tag).rpartition(":")[2]
            said = f"'{shortened(str(node.value))}' is no {_KINDS.get(kind, kind)}; quote it where it is a text"
            raise yaml.MarkedYAMLError(problem=said, problem_mark=node.start_mark) from error


def _check_whole(node: yaml.ScalarNode) -> None:
    """Join pairs of surrogates, which YAML may write as two escapes. Raises YamlError for half of a pair."""
    try:
        node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        problem = "a text holds half a character: a surrogate without the other one of its pair"
        raise YamlError(problem, node.start_mark.line + 1) from None


_KINDS = {"int": "whole number", "float": "number", "bool": "true or false", "timestamp": "date"}


def _unique_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    """Construct a mapping whose keys are the texts that stand in the file (`no` is Norwegian, never false)."""
    _check_keys(node, once=True)
    loader.flatten_mapping(node)
    _check_keys(node, once=False)  # those of a merged mapping come first and give way
    return {str(key.value): loader.construct_object(value, deep=True) for key, value in node.value}


def _check_keys(node: yaml.MappingNode, once: bool) -> None:
    seen: set[str] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            problem = "a key must be a text, not a list or a mapping"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        if once and key_node.value in seen:
            problem = f"the key '{key_node.value}' stands twice in one mapping"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
        seen.add(key_node.value)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
