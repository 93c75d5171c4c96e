"""A strict model: a part of a study file whose unknown keys are errors, written out or made of a class of settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Optional, get_args, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model, model_validator
from pydantic_core import PydanticCustomError

from xstilts.core.errors import StudyError


class StrictModel(BaseModel):
    """A frozen section of a study file that forbids unknown keys, numbers that are not finite, and truth values where
    a number belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def truth_is_no_number(cls, data: Any) -> Any:
        for key, value in data.items() if isinstance(data, Mapping) else ():
            if key in cls.model_fields and _has_truth(value):
                types = _plain_types(cls.model_fields[key].annotation)
                if types & {int, float} and not types & {bool, str, Any}:
                    raise PydanticCustomError("number_as_truth", "not a number", {"key": (key,), "found": value})
        return data


def _has_truth(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, (list, tuple)) and any(isinstance(x, bool) for x in value))


def _plain_types(annotation: Any) -> set[Any]:
    parts = [part for part in get_args(annotation) if part is not ...]
    return {found for part in parts for found in _plain_types(part)} if parts else {annotation}


def refused(error: StudyError, *key: str | int) -> PydanticCustomError:
    """Return what a validator raises so that `error` is said with its place; `key`: where below the value it is."""
    return PydanticCustomError("refused", "refused", {"refusal": error, "key": key})


class GeneratedSection(StrictModel):
    """A section whose keys are those of a class of settings (see `section_of`)."""

    if TYPE_CHECKING:

        def __getattr__(self, key: str) -> Any: ...


def section_of(
    settings: type,
    *,
    only: Collection[str] | None = None,
    leave_out: Collection[str] = (),
    optional: bool = False,
    defaults: Mapping[str, Any] | None = None,
) -> Any:
    """Make a section of a class of settings: the same keys, bounds and defaults, declared once.

    Args:
        settings: A frozen pydantic dataclass.
        only: The fields that become keys; None: all of them.
        leave_out: Fields that do not.
        optional: Every key may be left out, and is None then.
        defaults: Other defaults than those of the settings; `...` for a key that must be given.

    Returns:
        A base class for a section; typed as Any, since its keys are known when it is made.
    """
    hints, changed = get_type_hints(settings, include_extras=True), defaults or {}
    keys: dict[str, Any] = {}
    for spec in fields(settings):
        if spec.name not in leave_out and (only is None or spec.name in only):
            default = None if optional else changed.get(spec.name, spec.default)
            keys[spec.name] = (Optional[hints[spec.name]] if optional else hints[spec.name], default)  # noqa: UP045
    return create_model(f"{settings.__name__}Section", __base__=GeneratedSection, __doc__=settings.__doc__, **keys)


def one_of(names: Callable[[], Iterable[str]]) -> BeforeValidator:
    """Make a literal whose values are looked up when a file is read, so that a table says them and nothing else."""

    def check(name: Any) -> Any:
        allowed = list(names())
        if name in allowed:
            return name
        *others, last = [repr(value) for value in allowed]
        expected = f"{', '.join(others)} or {last}"
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})

    return BeforeValidator(check)
