"""The code of steps: of each kind of step what its `run` reaches in its own module and, one import further, in others.

Only what is computed counts: comments, docstrings, annotations and layout do not, nor what the module holds besides
(what a step costs, its label). Settings need no hash: they are a step's identity.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RUN = "run"
_BELOW = ("core", "engine")  # packages below every step: errors, files, the store
_IGNORED = {"type_comment", "type_params", "kind", "ctx", "returns", "annotation"}


@dataclass(frozen=True)
class Module:
    """The top-level definitions of a module by name, and for each imported name the (module, name) it comes from."""

    definitions: Mapping[str, ast.stmt]
    imports: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class StepCode:
    """The version of a kind of step, and a hash of the code that it runs, by module."""

    version: int
    code: Mapping[str, str] = field(default_factory=dict)


def parsed(text: str) -> Module:
    """Return a module's definitions; imports at any depth count as the module's own."""
    tree = ast.parse(text)
    definitions: dict[str, ast.stmt] = {}
    for node in tree.body:
        for name in _bound(node):
            definitions[name] = node
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    imports = {(alias.asname or alias.name): (node.module or "", alias.name) for node in froms for alias in node.names}
    return Module(definitions, imports)


def code_of(root: Path, package: str, module: str) -> dict[str, str]:
    """Return module -> hash of what `run` of `module` reaches. `root`: the folder of the package."""
    step = parsed(_path(root, package, module).read_text("utf-8"))
    own, imported = _reached(step, {RUN})
    code = {module: _hash(step, own)}
    others: dict[str, set[str]] = {}
    for home, name in imported:
        if _path(root, package, home).is_file() and home.split(".")[1] not in _BELOW:
            others.setdefault(home, set()).add(name)
    for home, names in others.items():
        other = parsed(_path(root, package, home).read_text("utf-8"))
        code[home] = _hash(other, _reached(other, names)[0])
    return dict(sorted(code.items()))


def complaints(
    recorded: Mapping[str, StepCode], current: Mapping[str, StepCode], homes: Mapping[str, str]
) -> list[str]:
    """Return what is to be done about steps whose code is another than was recorded, a sentence each. `homes`: the
    file with each step's version."""
    said = []
    for name in sorted(recorded.keys() | current.keys()):
        old, new = recorded.get(name), current.get(name)
        if old == new:
            continue
        if old is None or new is None:
            said.append(f"'{name}' is a kind of step that is {'new' if old is None else 'gone'}: {_WRITE}.")
        elif old.version != new.version:
            said.append(f"'{name}' has version {new.version} now, recorded is {old.version}: {_WRITE}.")
        else:
            modules = [
                one for one in sorted(old.code.keys() | new.code.keys()) if old.code.get(one) != new.code.get(one)
            ]
            said.append(
                f"'{name}' runs other code in {', '.join(modules)}, and its version is still {new.version}: where it "
                f"writes anything else than before, give it {new.version + 1} (VERSION in {homes[name]}). Then, or "
                f"where it writes the same, {_WRITE}."
            )
    return said


_WRITE = "record it with XSTILTS_WRITE_GOLDENS=1 pytest tests/golden/test_step_code.py, and say why in the commit"


def _path(root: Path, package: str, module: str) -> Path:
    parts = module.split(".")[1:]
    return root.joinpath(*parts[:-1], f"{parts[-1]}.py") if parts and module.split(".")[0] == package else root / "none"


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a top-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def _reached(module: Module, names: set[str]) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the definitions that `names` reach within a module, and the names of other modules that these use."""
    own: set[str] = set()
    imported: set[tuple[str, str]] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in own or name not in module.definitions:
            continue
        own.add(name)
        used = {node.id for node in _computing(module.definitions[name]) if isinstance(node, ast.Name)}
        waiting += sorted(used)
        imported |= {module.imports[one] for one in used if one in module.imports and one not in module.definitions}
    return own, imported


def _computing(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it that compute something: no annotations."""
    yield node
    for name, value in ast.iter_fields(node):
        if name not in _IGNORED:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _computing(child)


def _hash(module: Module, names: set[str]) -> str:
    nodes = {id(module.definitions[name]): (name, module.definitions[name]) for name in sorted(names, reverse=True)}
    text = "\n".join(f"{name} {_written(node)}" for name, node in sorted(nodes.values(), key=lambda one: one[0]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(value: Any) -> str:
    """Write a tree down, the same in every version of Python: what is empty is left out, and so are docstrings."""
    if isinstance(value, ast.AST):
        fields = ((name, one) for name, one in ast.iter_fields(value) if name not in _IGNORED and one not in (None, []))
        inner = ",".join(f"{name}={_written(_without_docstring(name, one))}" for name, one in fields)
        return f"{type(value).__name__}({inner})"
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    return repr(value)


def _without_docstring(name: str, value: Any) -> Any:
    if name != "body" or not isinstance(value, list):
        return value
    is_text = isinstance(value[0], ast.Expr) and isinstance(value[0].value, ast.Constant)
    return value[1:] if is_text and isinstance(value[0].value.value, str) else value
