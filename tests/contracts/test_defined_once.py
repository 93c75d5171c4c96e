"""No module defines a function or class twice: the second would silently take the place of the first."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "benchmarks", "tests", "scripts")


def defined_twice(source: str) -> list[str]:
    """The names that a module, or a class in it, defines more than once without a decorator (`overload`, a setter)."""
    twice = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef):
            made = [x for x in node.body if isinstance(x, ast.FunctionDef | ast.ClassDef) and not x.decorator_list]
            twice += [name for name, count in Counter(x.name for x in made).items() if count > 1]
    return twice


def test_a_name_that_is_defined_twice_is_found() -> None:
    assert defined_twice("def f(): ...\nclass A:\n    def g(self): ...\n    def g(self): ...\ndef f(): ...") == [
        "f",
        "g",
    ]
    assert defined_twice("@overload\ndef f(): ...\n@overload\ndef f(): ...\ndef f(): ...") == []


def test_every_module_defines_a_name_once() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)): defined_twice(path.read_text("utf-8")) for path in files}
    assert len(files) > 400
    assert {path: names for path, names in found.items() if names} == {}
