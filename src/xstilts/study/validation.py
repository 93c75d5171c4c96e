"""Validation: read a YAML file into a model, and say precisely what is wrong with it: place, what is
allowed, nearest key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from xstilts.core.errors import DataError, StudyError
from xstilts.core.files import file_text, not_a_file
from xstilts.study.explanations import data_path, explain
from xstilts.study.positions import LocatedMapping, Positions, located, place_name
from xstilts.study.yaml_text import YamlError, parse_yaml

M = TypeVar("M", bound=BaseModel)


def find_file(name: str, packaged: Mapping[str, Path], noun: str) -> Path:
    """A file, or the packaged one of that name. Raises StudyError where there is neither."""
    path = Path(name)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError) as error:
        raise StudyError(
            f"There can be no {noun} file of this name: {getattr(error, 'strerror', None) or error}.", value=name[:80]
        ) from error
    if name in packaged:
        return packaged[name]
    if path.is_dir():
        raise StudyError(f"'{name}' is a folder, not a {noun} file.", allowed=packaged)
    if problem := not_a_file(path):
        raise StudyError(f"'{name}' is no {noun} file: {problem}.")
    if path.suffix in {".yaml", ".yml"} or "/" in name:
        raise StudyError(f"There is no {noun} file '{name}'.", value=path.stem, allowed=packaged)
    raise StudyError(f"'{name}' is neither a file nor a packaged {noun}.", value=name, allowed=packaged)


def read_mapping(path: Path, otherwise: str) -> LocatedMapping:
    """The top level of a YAML file; `otherwise` is said when it is no mapping. Raises StudyError (file:line)."""
    try:
        text = file_text(path)
    except DataError as error:
        raise StudyError(f"This cannot be read: {error.what}.", where=path.name, hint=error.hint) from error
    return mapping_of(text, path.name, otherwise)


def mapping_of(text: str, name: str, otherwise: str) -> LocatedMapping:
    """The top level of a YAML text, that of the file `name`. Raises StudyError as `read_mapping` does."""
    try:
        node, data = parse_yaml(text)
    except YamlError as error:
        line = f":{error.line}" if error.line else ""
        raise StudyError(f"This is not valid YAML: {error.problem}.", where=f"{name}{line}") from error
    if not isinstance(data, dict) or not isinstance(node, yaml.MappingNode):
        raise StudyError(otherwise, where=name)
    return located(node, data, name)


def checked(data: Mapping[str, Any], model: type[M], where: str) -> M:
    """The model of `data`. Where a text belongs, what YAML takes for something else (`no`, `0`) is the text it is.

    Raises StudyError for the first key or value that does not fit.
    """
    positions = getattr(data, "positions", Positions(where))
    written: set[str] = set()  # places that have their text already
    while True:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            as_written = {
                place: path
                for problem in error.errors()
                if problem["type"] in _TEXT_WANTED
                and (path := data_path(data, problem))
                and (place := place_name(path)) in positions.raw
                and place not in written
            }
            if not as_written:
                raise explain(error, model, data, positions) from error
            for place, path in as_written.items():
                data = _with_value(data, path, positions.raw[place])
            written |= as_written.keys()


_TEXT_WANTED = ("string_type", "literal_error")


def _with_value(data: Any, path: list[Any], value: str) -> Any:
    """Return `data` with another value at one place, itself unchanged."""
    if not path:
        return value
    key, *rest = path
    if isinstance(data, Mapping):
        return {**data, key: _with_value(data[key], rest, value)}
    return [_with_value(item, rest, value) if number == key else item for number, item in enumerate(data)]
