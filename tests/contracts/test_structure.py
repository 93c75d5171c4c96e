"""The structure of the program, as far as a reader must be able to rely on it: one meaning a class name, modules that
say what they are, steps that nobody asks for their type."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import xstilts

PACKAGE = Path(xstilts.__file__).parent
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.name.startswith("__")]
# Modules whose docstring says in other words what they hold.
SAY_IT_OTHERWISE = 12


def public_classes() -> Iterator[tuple[str, str]]:
    """(name, module) of every public class."""
    for path in MODULES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, path.relative_to(PACKAGE).as_posix()


def test_a_class_name_means_one_thing():
    modules: dict[str, list[str]] = defaultdict(list)
    for name, module in public_classes():
        modules[name].append(module)
    assert {name: of for name, of in modules.items() if len(of) > 1} == {}


def names_itself(path: Path) -> bool:
    """Whether the first paragraph of a module's docstring has the beginning of a word of its name."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    first = docstring.partition("\n\n")[0].lower()
    return any(word[:4] in first for word in path.stem.split("_"))


def test_a_module_says_what_its_name_says():
    silent = [path.relative_to(PACKAGE).as_posix() for path in MODULES if not names_itself(path)]
    assert len(silent) <= SAY_IT_OTHERWISE, silent


def test_no_kind_of_step_is_asked_for_outside_its_file():
    types = "Train|Prepare|Predict|Score|Merge|Encoder|Translate"
    asked = re.compile(rf"isinstance\([^)]*\bstep\.settings,|isinstance\([^)]*({types})Settings\)")
    askers = [path.name for path in MODULES if asked.search(path.read_text("utf-8"))]
    assert askers == []
