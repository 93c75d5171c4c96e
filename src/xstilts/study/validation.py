"""Validation: read a YAML file into a model, and say precisely what is wrong with it: place, what is
allowed, nearest key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.dataclasses import is_pydantic_dataclass
from pydantic.fields import FieldInfo

from xstilts.core.errors import StudyError

M = TypeVar("M", bound=BaseModel)


def find_file(name: str, packaged: Mapping[str, Path], noun: str) -> Path:
    """A file, or the packaged one of that name. Raises StudyError where there is neither."""
    path = Path(name)
    if path.is_file():
        return path
    if name in packaged:
        return packaged[name]
    if path.suffix in {".yaml", ".yml"} or "/" in name:
        raise StudyError(f"There is no {noun} file '{name}'.", value=path.stem, allowed=packaged)
    raise StudyError(f"'{name}' is neither a file nor a packaged {noun}.", value=name, allowed=packaged)


def read_mapping(path: Path, otherwise: str) -> dict[str, Any]:
    """The top level of a YAML file; `otherwise` is said when it is no mapping. Raises StudyError (file:line)."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise StudyError(f"This is not valid YAML: {error.problem}.", where=f"{path.name}{line}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise StudyError(f"This is not valid YAML text: {error}.", where=path.name) from error
    if not isinstance(data, dict):
        raise StudyError(otherwise, where=path.name)
    return data


def checked(data: Mapping[str, Any], model: type[M], where: str) -> M:
    """The model of `data`. Raises StudyError for the first key or value that does not fit."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise explain(error, model, where) from error


def explain(error: ValidationError, model: type[BaseModel], where: str) -> StudyError:
    """The first violation as an error a user can act on."""
    first = error.errors()[0]
    path = [part for part in first["loc"] if part not in {"str", "tuple[union[str,tuple[str, ...]],...]"}]
    place = _place(path)
    at = f"{where}: {place}" if place else where
    others = len(error.errors()) - 1
    hint = f"({others} more problem{'s' if others > 1 else ''} in this file.)" if others else None
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):  # of a model, of a class of settings
        key = str(path[-1])
        allowed = _keys_at(model, path[:-1])
        return StudyError(f"Unknown key '{key}'.", where=at, value=key, allowed=allowed, hint=hint)
    if first["type"] == "missing":
        return StudyError(f"The key '{path[-1]}' is missing.", where=at, hint=hint)
    if first["type"] == "literal_error":
        allowed = get_args_text(first["ctx"]["expected"])
        value = first["input"]
        return StudyError(
            f"'{value}' is not one of the values allowed here.", where=at, value=str(value), allowed=allowed, hint=hint
        )
    message = first["msg"].removeprefix("Value error, ")
    received = "" if isinstance(first["input"], dict) else f" (got {first['input']!r})"
    return StudyError(f"{message[0].upper()}{message[1:]}{received}.", where=at, hint=hint)


def get_args_text(expected: str) -> list[str]:
    """The values in pydantic's "'a', 'b' or 'c'"."""
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def _place(path: list[Any]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _keys_at(root: type[BaseModel], path: list[Any]) -> list[str]:
    """The keys allowed at a place of the file."""
    model: Any = root
    for part in path:
        if _is_section(model):
            key = _keys_of(model).get(str(part))
            model = None if key is None else key.annotation
        else:  # a mapping or a sequence of sections
            model = next((arg for arg in get_args(model) if _has_section(arg)), None)
        model = _section_of(model)
    return list(_keys_of(model)) if _is_section(model) else []


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and (issubclass(annotation, BaseModel) or is_pydantic_dataclass(annotation))


def _keys_of(section: Any) -> Mapping[str, FieldInfo]:
    keys: Mapping[str, FieldInfo] = section.__pydantic_fields__
    return keys


def _section_of(annotation: Any) -> Any:
    if _is_section(annotation):
        return annotation
    sections = [arg for arg in get_args(annotation) if _is_section(arg)]
    is_container = getattr(annotation, "__origin__", None) is not None
    return annotation if is_container or not sections else sections[0]


def _has_section(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return _is_section(annotation)
    return any(_has_section(arg) for arg in get_args(annotation))


class _UniqueKeys(yaml.SafeLoader):
    """SafeLoader that refuses a mapping with the same key twice (YAML would silently keep the last)."""


def _unique_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.MarkedYAMLError(
                problem=f"the key '{key}' stands twice in one mapping", problem_mark=key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
