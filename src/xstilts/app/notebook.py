"""What a notebook shows of a plan and of an answer: small HTML, with every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """A table with the first column to the left and the others to the right.

    >>> html_table(["arm", "a<b"], [["none", "1.0"]])
    '<table><thead><tr><th>arm</th><th>a&lt;b</th></tr></thead><tbody><tr><th>none</th><td>1.0</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(
        f"<tr><th>{escape(first)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for first, *cells in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def html_lines(*lines: str) -> str:
    """Each line as a paragraph.

    >>> html_lines("a & b")
    '<p>a &amp; b</p>'
    """
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
