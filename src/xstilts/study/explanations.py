"""Explanations of what is wrong in a study file, in plain words: the place, what is allowed there, the nearest key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.dataclasses import is_pydantic_dataclass
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from xstilts.core.errors import StudyError, nearest, shortened
from xstilts.study.positions import Positions, place_name

_NUMBERS = ("greater_than", "less_than", "finite_number", "int_", "float_", "number_as_truth")
_KEY_IS_NOT_THERE = ("missing", "extra_forbidden", "unexpected_keyword_argument")
_WANTED = {
    "bool": "true or false",
    "string_type": "a text (put quotation marks around it)",
    "tuple_type": "a list",
    "list_type": "a list",
    "model": "a mapping of keys",
    "dataclass": "a mapping of keys",
    "mapping_type": "a mapping of keys",
    "dict_type": "a mapping of keys",
}


def explain(
    error: ValidationError, model: type[BaseModel], data: Any, positions: Positions, prefix: Sequence[Any] = ()
) -> StudyError:
    """Return the first violation as an error a user can act on. `prefix`: where in the file `data` stands."""
    problems = error.errors()
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    others = len(problems) - 1
    hint = f"({others} more problem{'s' if others > 1 else ''} in this file.)" if others else None
    context = first.get("ctx", {})
    path = [*data_path(data, first), *context.get("key", ())]
    at = positions(place_name([*prefix, *path]))
    if isinstance(context.get("refusal"), StudyError):
        refusal: StudyError = context["refusal"]
        hints = " ".join(filter(None, (refusal.hint, hint))) or None
        return StudyError(refusal.what, where=at, value=refusal.value, allowed=refusal.allowed, hint=hints)
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):  # of a model, of a class of settings
        return _unknown_key(str(path[-1]), _keys_at(model, path[:-1]), problems, at)
    if first["type"] == "missing":
        return StudyError(f"The key '{path[-1]}' is missing.", where=at, hint=hint)
    if first["type"] == "literal_error":
        value = positions.raw.get(place_name([*prefix, *path]), first["input"])
        what = f"'{value}' is not one of the values allowed here."
        return StudyError(what, where=at, value=str(value), allowed=_expected(context["expected"]), hint=hint)
    return StudyError(
        _sentence(first, model, path, positions.raw.get(place_name([*prefix, *path]))), where=at, hint=hint
    )


def data_path(data: Any, problem: ErrorDetails) -> list[Any]:
    """Return the keys and indices of a problem's place, without what the checker itself puts between them."""
    path: list[Any] = []
    for number, part in enumerate(problem["loc"]):
        is_last = number == len(problem["loc"]) - 1
        if _holds(data, part):
            data = data[part]
        elif not (is_last and problem["type"] in _KEY_IS_NOT_THERE):
            continue
        path.append(part)
    return path


def _holds(data: Any, part: int | str) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _unknown_key(key: str, allowed: list[str], problems: Sequence[ErrorDetails], at: str) -> StudyError:
    """A key that there is not; a missing one that it looks like is named as missing."""
    missing = [str(problem["loc"][-1]) for problem in problems if problem["type"] == "missing"]
    meant = nearest(key, allowed)
    others = f" {shortened(meant)!r} is missing." if meant in missing else ""
    return StudyError(f"Unknown key '{shortened(key)}'.{others}", where=at, value=key, allowed=allowed)


def _sentence(problem: ErrorDetails, model: type[BaseModel], path: list[Any], raw: str | None) -> str:
    """Say what belongs at a place, and what stands there."""
    found = problem.get("ctx", {}).get("found", problem["input"]) if raw is None else raw
    kind, key = problem["type"], _key(path)
    received = "" if isinstance(found, Mapping) else f", not {shortened(repr(found))}"
    if kind.startswith(_NUMBERS):
        whole = kind.startswith("int_") or int in _types(_annotation_at(model, path))
        return f"{key} must be {allowed_numbers(_annotation_at(model, path), whole)}{received}."
    if kind == "too_short":
        return f"{key} needs at least {problem['ctx']['min_length']} item, and has {problem['ctx']['actual_length']}."
    if wanted := next((words for start, words in _WANTED.items() if kind.startswith(start)), ""):
        return f"{key} must be {wanted}{received}."
    message = problem["msg"].removeprefix("Value error, ")
    received = "" if isinstance(found, Mapping) else f" (got {shortened(repr(found))})"
    return f"{message[0].upper()}{message[1:]}{received}."


def _key(path: Sequence[Any]) -> str:
    """Name a place by its last key."""
    names = [str(part) for part in path if isinstance(part, str)]
    return f"'{names[-1]}'" if names else "this"


def _expected(expected: str) -> list[str]:
    """The values in pydantic's "'a', 'b' or 'c'"."""
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def allowed_numbers(annotation: Any, whole: bool) -> str:
    """Say which numbers an annotated type allows.

    >>> from typing import Annotated
    >>> from pydantic import Field
    >>> allowed_numbers(Annotated[float, Field(gt=0, le=1)], False)
    'a number, above 0 and at most 1'
    """
    words = []
    for bound in _bounds(annotation):
        if isinstance(bound, Ge):
            words.append(f"at least {bound.ge:,}")
        elif isinstance(bound, Gt):
            words.append(f"above {bound.gt:,}")
        elif isinstance(bound, Le):
            words.append(f"at most {bound.le:,}")
        elif isinstance(bound, Lt):
            words.append(f"below {bound.lt:,}")
    number = "a whole number" if whole else "a number"
    return f"{number}, {' and '.join(dict.fromkeys(words))}" if words else number


def _bounds(annotation: Any) -> Iterator[Any]:
    """Yield the bounds in an annotation, however deep they stand in it."""
    if isinstance(annotation, FieldInfo):
        for entry in (*annotation.metadata, annotation.annotation):
            yield from _bounds(entry)
    elif isinstance(annotation, (Ge, Gt, Le, Lt)):
        yield annotation
    else:
        for part in (*getattr(annotation, "__metadata__", ()), *get_args(annotation)):
            yield from _bounds(part)


def _types(annotation: Any) -> set[Any]:
    """The plain types in an annotation."""
    if isinstance(annotation, FieldInfo):
        return _types(annotation.annotation)
    parts = get_args(annotation)
    return {annotation} if not parts else {found for part in parts for found in _types(part)}


def _annotation_at(root: type[BaseModel], path: Sequence[Any]) -> Any:
    """The annotation of what stands at a place of the file; None where it cannot be told."""
    model: Any = root
    for part in path:
        section = _section_of(model.annotation if isinstance(model, FieldInfo) else model)
        if _is_section(section):
            model = _keys_of(section).get(str(part))
        elif (parts := get_args(section)) and not isinstance(part, int):
            model = parts[-1]
        elif not parts:
            return None
    return model


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
    annotation = _bare(annotation)
    if _is_section(annotation):
        return annotation
    sections = [bare for arg in get_args(annotation) if _is_section(bare := _bare(arg))]
    is_container = getattr(annotation, "__origin__", None) not in (None, Union)
    return annotation if is_container or not sections else sections[0]


def _bare(annotation: Any) -> Any:
    """A type without what `Annotated` says of it."""
    return annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation


def _has_section(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return _is_section(annotation)
    return any(_has_section(arg) for arg in get_args(annotation))
