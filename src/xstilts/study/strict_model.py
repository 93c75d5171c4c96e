"""A strict model: a part of a study file whose unknown keys are errors, written out or made of a class of settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Optional, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model
from pydantic_core import PydanticCustomError


class StrictModel(BaseModel):
    """A frozen section of a study file that forbids unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
