"""Identity: a canonical form for settings, and its fingerprint.

Literals are identity. A value without a stable form (a function, an open file, a path, any object whose printed form
holds an address) raises instead of silently giving a key that changes from run to run. Paths are execution, never
identity: hash a file's content with `core.files.file_fingerprint` and put the result in.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from collections.abc import Mapping
from typing import Any

PACKAGE = __name__.partition(".")[0]
# Metadata of a dataclass field: `field(default=None, metadata=NOT_IDENTITY)`. See `canonical`.
NOT_IDENTITY: Mapping[str, bool] = {"identity": False}
OMIT_DEFAULT: Mapping[str, bool] = {"omit_default": True}
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def canonical(value: Any, at: str = "settings") -> Json:
    """A JSON value that is equal for equal settings, in this and every later process.

    Frozen dataclasses become `{"!": identity name, field: ...}` (see `identity_name`). What a field may declare in its
    `metadata`: `NOT_IDENTITY` leaves it out; `OMIT_DEFAULT` leaves it out while it equals its default, so that adding
    an option keeps old identities; `{"identity_name": "..."}` is its name in identities, so that renaming the field
    keeps them too.

    >>> canonical({"b": (1, 2.5), "a": None})
    {'a': None, 'b': [1, 2.5]}

    Raises TypeError, naming the place, for anything without a stable form.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, enum.Enum):
        return canonical(value.value, at)
    if isinstance(value, int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dataclass(value, at)
    if isinstance(value, Mapping):
        if bad := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"{at}: keys must be strings to have a stable identity, got {bad[0]!r}")
        return {key: canonical(value[key], f"{at}.{key}") for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item, f"{at}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted((canonical(item, at) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    raise TypeError(f"{at}: {type(value).__name__} has no stable identity; give a literal or a frozen dataclass")


def _dataclass(value: Any, at: str) -> Json:
    if not value.__dataclass_params__.frozen:
        raise TypeError(f"{at}: {type(value).__name__} must be a frozen dataclass to have a stable identity")
    form: dict[str, Json] = {"!": identity_name(type(value))}
    for spec in dataclasses.fields(value):
        item = getattr(value, spec.name)
        if not spec.metadata.get("identity", True):
            continue
        if spec.metadata.get("omit_default") and item == spec.default:
            continue
        form[spec.metadata.get("identity_name", spec.name)] = canonical(item, f"{at}.{spec.name}")
    return form


def identity_name(cls: type) -> str:
    """What a class is called in identities and in artefacts.

    A class of this package declares `identity_name: ClassVar[str]` where its own name has changed; else it is the
    class's name. A class from elsewhere carries its module as well: another reader that happens to be called `Tsv` must
    not pass for ours.

    >>> identity_name(Mapping)
    'collections.abc.Mapping'
    """
    if cls.__module__.partition(".")[0] == PACKAGE:
        return cls.__dict__.get("identity_name", cls.__name__)
    return f"{cls.__module__}.{cls.__qualname__}"


def canonical_json(value: Any) -> str:
    return json.dumps(canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def fingerprint(value: Any, length: int = 16) -> str:
    """Hex digest (sha-256, `length` characters) of the canonical form of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]
