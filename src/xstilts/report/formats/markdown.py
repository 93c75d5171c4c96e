"""A document as Markdown. Figures are left to the page; their numbers are in the tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from xstilts.core.visible_text import visible
from xstilts.report.elements.blocks import Block, Code, Document, Fold, Items, Prose, Table, TableCell

SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")


def markdown(document: Document) -> str:
    """Write GitHub-flavoured Markdown; text from data is escaped, so that it is shown and not interpreted."""
    parts = [f"# {inline(document.question or document.title)}"]
    parts += [inline(sentence) for sentence in document.answer]
    parts.append(inline(" · ".join([document.title, *document.facts])))
    for section in document.sections:
        parts += [f"## {inline(section.title)}", *_blocks(section.blocks)]
    return visible("\n\n".join(part for part in parts if part) + "\n")


def inline(text: str) -> str:
    """Return one line of text without anything Markdown or HTML would act on.

    >>> inline("a_b <script> | c")
    'a\\\\_b \\\\<script\\\\> \\\\| c'
    """
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table(block: Table) -> str:
    head = [inline(column.flat) for column in block.columns]
    rule = ["---"] + ["---:" if column.numeric else "---" for column in block.columns[1:]]
    lines = [head, rule, *(_cells(row) for row in (*block.rows, *block.foot))]
    grid = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return "\n\n".join([f"**{inline(block.full_caption)}**", grid, *(inline(note) for note in block.notes)])


def code(block: Code) -> str:
    """Write a fence longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", block.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{block.language}\n{block.text.rstrip()}\n{fence}"


def _prose(block: Prose) -> str:
    return inline(block.text)


def _items(block: Items) -> str:
    return "\n".join(f"- {inline(item)}" for item in block.items)


def _fold(block: Fold) -> str:
    """Fold as GitHub does; the attribute makes Python-Markdown (MkDocs) read what is inside. Nothing for a fold of
    pictures alone."""
    inside = [] if block.page_only else [part for part in _blocks(block.blocks) if part]
    if not inside:
        return ""
    title = f'<details markdown="1"><summary>{escape(" ".join(block.title.split()))}</summary>'
    return "\n\n".join([title, *inside, "</details>"])


def _cells(row: Sequence[TableCell]) -> list[str]:
    return [inline(cell.flat) for cell in row]


WRITERS: Mapping[str, Callable[..., str]] = {
    "table": table,
    "code": code,
    "prose": _prose,
    "items": _items,
    "fold": _fold,
    "figure": lambda block: "",
}


def _blocks(blocks: Sequence[Block]) -> list[str]:
    return [text for block in blocks if (text := WRITERS[block.form](block))]
