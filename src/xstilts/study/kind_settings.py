"""Settings of tasks: what a study may say of them under `settings`, with the types and bounds that their kinds declare.

A setting is a field of a kind; its annotation says its type and range (`Annotated[int, Ge(1)]`), or its values
(`Literal`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from pydantic import ConfigDict, ValidationError, create_model

from xstilts.core.errors import StudyError
from xstilts.kinds.base import Kind
from xstilts.study.explanations import explain
from xstilts.study.positions import Positions
from xstilts.study.strict_model import section_of

REPORTED = "reported"  # beside the settings of a kind: which values of a sweep are the score (`settings_sweep`)
# Fields of kinds that say what a file holds, so that no study changes them.
OF_THE_DATA = ("labels", "open_labels", "intents", "slots", "form_language", "lowest", "highest")


def setting_names(kind: type[Kind]) -> tuple[str, ...]:
    """Return the names of a kind's settings."""
    return tuple(spec.name for spec in fields(kind) if spec.name not in OF_THE_DATA)  # type: ignore[arg-type]


@cache
def settings_section(kind: type[Kind]) -> Any:
    """Return the section of a study (a model) that holds settings of a kind, each optional, of its own type alone."""
    section = section_of(kind, only=setting_names(kind), optional=True)
    made: Any = create_model(f"{kind.__name__}Settings", __base__=section)
    made.model_config = ConfigDict(**{**made.model_config, "strict": True})
    made.model_rebuild(force=True)
    return made


def checked_settings(
    kind: type[Kind], settings: Mapping[str, Any], task: str, positions: Positions | None = None
) -> dict[str, Any]:
    """Return the settings of a task; a list of values, which is a sweep, is checked value by value. What it
    reports is checked with the sweep (`settings_sweep`).

    Raises StudyError for an unknown setting, a value of another type or out of range, an empty sweep and a value twice
    in one.
    """
    name = kind.name.replace("_", " ")
    where, prefix = positions or Positions(), ("settings", task)
    kind_values = {key: value for key, value in settings.items() if key != REPORTED}
    for key in kind_values:
        if key not in setting_names(kind):
            what = f"A {name} task has no setting '{key}'."
            at = where(f"settings.{task}.{key}") if where.file else f"settings.{task}"
            raise StudyError(what, where=at, value=key, allowed=setting_names(kind))
    for key, value in kind_values.items():
        values = value if isinstance(value, list | tuple) else [value]
        if not values:
            raise StudyError(f"The list of values of '{key}' is empty.", where=where(f"settings.{task}.{key}"))
        for number, one in enumerate(values):
            if any(type(one) is type(other) and one == other for other in values[:number]):
                raise StudyError(f"'{one}' stands here twice.", where=where(f"settings.{task}.{key}[{number}]"))
            _check(kind, {key: one}, prefix, where)
    return dict(settings)


def _check(kind: type[Kind], setting: Mapping[str, Any], prefix: tuple[str, ...], positions: Positions) -> None:
    (key,) = setting
    if setting[key] is None and key not in _optional(kind):
        raise StudyError(f"'{key}' has no value.", where=positions(".".join((*prefix, key))))
    try:
        settings_section(kind).model_validate(setting)
    except ValidationError as error:
        raise explain(error, settings_section(kind), setting, positions, prefix) from error


@cache
def _optional(kind: type[Kind]) -> tuple[str, ...]:
    """The settings that may be None."""
    return tuple(spec.name for spec in fields(kind) if spec.default is None)  # type: ignore[arg-type]
