"""Inputs of an example by name: what somebody reads beside its gold and a guess."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from xstilts.core.errors import shortened
from xstilts.data.examples import ChoiceExample, Example, WordsExample

# Fields of examples that are input, in the order in which they are read.
_INPUTS = (
    "text", "pair", "question", "context", "prompts", "options", "words", "query", "passage", "good", "bad",
    "conditions",
)  # fmt: skip


def example_inputs(example: Example) -> dict[str, Any]:
    """Return the input of an example, name -> text or list, without what it lacks.

    >>> from xstilts.data.examples import TextExample
    >>> example_inputs(TextExample(id="0", group="0", text="so", label="yes"))
    {'text': 'so'}
    """
    names = {field.name for field in fields(example)}
    found = {name: getattr(example, name) for name in _INPUTS if name in names}
    return {name: _plain(value) for name, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def in_words(example: Example, value: Any, limit: int = 400) -> str:
    """Return a gold value or a guess as somebody reads it: an option by its text, tags beside their words, anything
    else as JSON spells it, cut where it is long."""
    if value is None:
        return "none"
    if isinstance(example, ChoiceExample) and isinstance(value, int) and 0 <= value < len(example.options):
        return shortened(example.options[value], limit)
    if isinstance(example, WordsExample) and isinstance(value, list) and len(value) == len(example.words):
        return shortened(" ".join(f"{word}/{tag}" for word, tag in zip(example.words, value, strict=True)), limit)
    if isinstance(value, Mapping) and isinstance(value.get("answers"), list):
        return shortened(" | ".join(map(str, value["answers"])) or "no answer", limit)
    return shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), limit)
