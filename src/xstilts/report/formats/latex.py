r"""A document's tables as LaTeX, for papers: booktabs, one table environment each, with a label to refer to.

Needs `\usepackage{booktabs}`, and for text in other scripts LuaLaTeX or XeLaTeX with fonts that have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xstilts.core.visible_text import visible
from xstilts.report.elements.blocks import Block, Document, Fold, Prose, Table, TableCell, TableColumn
from xstilts.report.elements.marks import STAR

METHODS = "methods"  # the section whose paragraphs come first
_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "≤": r"$\leq$", "≥": r"$\geq$", "→": r"$\to$",
    "–": "--", "—": "---", "…": r"\ldots{}", '"': "''",
}  # fmt: skip
_FIND = re.compile("|".join(map(re.escape, _SPECIAL)))


def latex(document: Document) -> str:
    """Write a document's paragraph of methods, then all its tables in their order."""
    methods = [block for section in document.sections if section.id == METHODS for block in section.blocks]
    parts = [f"% {escaped(document.title)}", *(escaped(block.text) for block in methods if isinstance(block, Prose))]
    for section in document.sections:
        parts += [table(block, f"{section.id}-{number}") for number, block in enumerate(_tables(section.blocks), 1)]
    return visible("\n\n".join(parts) + "\n")


def escaped(text: str) -> str:
    r"""Return one line of text that LaTeX prints and does not act on.

    >>> escaped("50 % of a_b & c")
    '50 \\% of a\\_b \\& c'
    """
    return _FIND.sub(lambda match: _SPECIAL[match[0]], " ".join(text.split()))


def table(block: Table, name: str) -> str:
    """Write one table; `name` follows "tab:" in its label. Its caption says what stars and other marks mean."""
    caption = " ".join(map(_sentence, (block.full_caption, *block.notes)))
    columns = "".join("r" if column.numeric else "l" for column in block.columns)
    foot = [r"\midrule", *map(_row, block.foot)] if block.foot else []
    lines = (
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(caption)}}}",
        rf"\label{{tab:{name}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(map(_head, block.columns)) + r" \\",
        r"\midrule",
        *map(_row, block.rows),
        *foot,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    )
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _head(column: TableColumn) -> str:
    return escaped(column.flat)


def _row(row: Sequence[TableCell]) -> str:
    return " & ".join(map(_cell, row)) + r" \\"


def _cell(cell: TableCell) -> str:
    text = escaped(cell.flat.removesuffix(STAR))
    text = rf"\textbf{{{text}}}" if cell.role == "best" else text
    return text + "$^{*}$" if cell.flat.endswith(STAR) else text


def _tables(blocks: Sequence[Block]) -> Iterator[Table]:
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Fold):
            yield from _tables(block.blocks)
