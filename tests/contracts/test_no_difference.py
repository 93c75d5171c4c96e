"""No sentence of the program says that there is no difference: a test of equivalence alone may, by its margin."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import xstilts

ROOT = Path(xstilts.__file__).parent
SAID = re.compile(r"\b(no|without a) (significant )?(difference|effect)\b(?! (of \w+ )?can be)|\bmakes? no\b", re.I)
# The comparison of that name, which needs a margin, is no sentence.
MAY = {"claims/comparisons.py": "no difference"}


def texts(path: Path) -> Iterator[str]:
    """Every string of a file but its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_sentence_says_that_nothing_differs() -> None:
    said = {
        (str(path.relative_to(ROOT)), text) for path in ROOT.rglob("*.py") for text in texts(path) if SAID.search(text)
    }
    assert {place for place, text in said if MAY.get(place) != text} == set(), said


def test_what_is_looked_for_would_be_found() -> None:
    assert all(SAID.search(text) for text in ("There is no difference.", "It makes no change", "no significant effect"))
    assert not SAID.search("Inconclusive: no arm differs significantly; no difference of drops can be computed")
