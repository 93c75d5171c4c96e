"""Read a study file, apply a scale profile, and say precisely what is wrong with it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from xstilts.core.errors import StudyError
from xstilts.study.schema import ScaleSpec, Study, Train


def packaged_studies() -> dict[str, Path]:
    """Names of the studies that come with the program."""
    folder = Path(str(resources.files("xstilts"))) / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_study(study: str) -> Path:
    path = Path(study)
    if path.is_file():
        return path
    packaged = packaged_studies()
    if study in packaged:
        return packaged[study]
    if path.suffix in {".yaml", ".yml"} or "/" in study:
        raise StudyError(f"There is no study file '{study}'.", value=path.stem, allowed=packaged)
    raise StudyError(f"'{study}' is neither a file nor a packaged study.", value=study, allowed=packaged)


def beside(study: str) -> tuple[Path, ...]:
    """The folder of a study file, where its own tasks name files; none for a packaged study."""
    path = Path(study)
    return (path.parent,) if path.is_file() else ()


def load_study(study: str, scale: str | None = None) -> Study:
    path = find_study(study)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise StudyError(f"This is not valid YAML: {error.problem}.", where=f"{path.name}{line}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise StudyError(f"This is not valid YAML text: {error}.", where=path.name) from error
    if not isinstance(data, dict):
        raise StudyError("A study is a mapping of keys such as question, encoder, arms, targets.", where=path.name)
    data.setdefault("name", path.stem)
    return apply_scale(parse_study(data, path.name), scale)


def parse_study(data: dict[str, Any], where: str = "study") -> Study:
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        raise _explain(error, where) from error


def apply_scale(study: Study, scale: str | None) -> Study:
    """The study with one of its scale profiles folded in. Raises StudyError for an unknown profile."""
    if scale is None:
        return study
    if scale not in study.scale:
        raise StudyError(f"The study has no scale '{scale}'.", where="scale", value=scale, allowed=study.scale)
    profile: ScaleSpec = study.scale[scale]
    changes: dict[str, Any] = {
        key: value
        for key in ("encoder", "seeds", "targets", "languages", "allow_missing")
        if (value := getattr(profile, key)) is not None
    }
    changes["train"] = _overlay(study.train, profile.train)
    changes["take"] = _overlay(study.take, profile.take)
    changes["substitute"] = {**study.substitute, **profile.substitute}
    changes["settings"] = {**study.settings, **profile.settings}
    return study.model_copy(update=changes)


def _overlay(base: BaseModel, over: BaseModel) -> Any:
    """`base` with the values that `over` sets; a length given in `over` replaces the other way to give one."""
    changes: dict[str, Any] = {}
    for key in over.model_fields_set:
        value = getattr(over, key)
        old = getattr(base, key)
        if isinstance(value, BaseModel):
            changes[key] = _overlay(old, value)
        elif key == "tasks" and isinstance(base, Train):
            changes[key] = {**old, **{k: _overlay(old[k], v) if k in old else v for k, v in value.items()}}
        else:
            changes[key] = value
    if "updates" in changes and hasattr(base, "epochs"):
        changes.setdefault("epochs", None)
    if "epochs" in changes and hasattr(base, "updates"):
        changes.setdefault("updates", None)
    return base.model_copy(update=changes)


def dump_study(study: Study) -> str:
    """The study as YAML: what was set, in the order of the schema."""
    data = study.model_dump(mode="json", exclude_unset=True, exclude={"scale"})
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)


def _explain(error: ValidationError, where: str) -> StudyError:
    first = error.errors()[0]
    path = [part for part in first["loc"] if part not in {"str", "tuple[union[str,tuple[str, ...]],...]"}]
    place = _place(path)
    at = f"{where}: {place}" if place else where
    more = len(error.errors()) - 1
    hint = f"({more} more problem{'s' if more > 1 else ''} in this file.)" if more else None
    if first["type"] == "extra_forbidden":
        key = str(path[-1])
        allowed = _keys_at(path[:-1])
        return StudyError(f"Unknown key '{key}'.", where=at, value=key, allowed=allowed, hint=hint)
    if first["type"] == "missing":
        return StudyError(f"The key '{path[-1]}' is missing.", where=at, hint=hint)
    if first["type"] == "literal_error":
        allowed = get_args_text(first["ctx"]["expected"])
        given = first["input"]
        return StudyError(
            f"'{given}' is not one of the values allowed here.", where=at, value=str(given), allowed=allowed, hint=hint
        )
    message = first["msg"].removeprefix("Value error, ")
    shown = "" if isinstance(first["input"], dict) else f" (got {first['input']!r})"
    return StudyError(f"{message[0].upper()}{message[1:]}{shown}.", where=at, hint=hint)


def get_args_text(expected: str) -> list[str]:
    """The values in pydantic's "'a', 'b' or 'c'"."""
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def _place(path: list[Any]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _keys_at(path: list[Any]) -> list[str]:
    """The keys allowed at a place of the study."""
    model: Any = Study
    for part in path:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        else:  # a mapping or a sequence of sections
            model = next((arg for arg in get_args(model) if _has_section(arg)), None)
        model = _section_of(model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _section_of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    sections = [arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, BaseModel)]
    is_container = getattr(annotation, "__origin__", None) is not None
    return annotation if is_container or not sections else sections[0]


def _has_section(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, BaseModel)
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
