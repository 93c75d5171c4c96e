"""Identity: a canonical form for settings, and its fingerprint.

Literals are identity. A value without a stable form (a function, an open file, a path, any object whose printed form
holds an address) raises instead of silently giving a key that changes from run to run. Paths are execution, never
identity: hash a file's content with `core.fingerprints.file_fingerprint` and put the result in.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from json.encoder import encode_basestring as _string
from typing import Any

_WORDS = {None: "null", True: "true", False: "false"}
_REMEMBERED = "_canonical_json"  # the attribute of an object that holds its canonical text
PACKAGE = __name__.partition(".")[0]
# Metadata of a dataclass field: `field(default=None, metadata=NOT_IDENTITY)`. See `canonical`.
NOT_IDENTITY: Mapping[str, bool] = {"identity": False}
OMIT_DEFAULT: Mapping[str, bool] = {"omit_default": True}
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def canonical(value: Any, at: str = "settings") -> Json:
    """Return a JSON value that is equal for equal settings, in this and every later process.

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
    return {key: canonical(item, f"{at}.{key}") for key, item in _fields(value, at)}


def _fields(value: Any, at: str = "settings") -> Iterator[tuple[str, Any]]:
    """Yield the parts of a frozen dataclass that are its identity, by their names there; its own name is "!"."""
    if not value.__dataclass_params__.frozen:
        raise TypeError(f"{at}: {type(value).__name__} must be a frozen dataclass to have a stable identity")
    cls: Any = type(value)
    yield "!", identity_name(cls)
    for name, key, omitted in _identity_fields(cls):
        item = getattr(value, name)
        if omitted is dataclasses.MISSING or item != omitted:
            yield key, item


@cache
def _identity_fields(cls: type) -> tuple[tuple[str, str, Any], ...]:
    """(name, name in identities, the value at which it is left out) of each field that is identity."""
    return tuple(
        (
            field.name,
            field.metadata.get("identity_name", field.name),
            field.default if field.metadata.get("omit_default") else dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
        if field.metadata.get("identity", True)
    )


def identity_name(cls: type) -> str:
    """Return the name of a class in identities and in artefacts.

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
    """The canonical form as JSON text: keys in order, no spaces.

    Every frozen dataclass on the way remembers its text, for the settings of many steps hold the same values (kinds,
    sources, recipes) and a large study has ten thousands of steps. Values that are equal need not have equal texts
    (1 == 1.0), so it is the object that remembers, never a table of values.
    """
    try:
        return _text(value)
    except TypeError:
        canonical(value)  # names the place
        raise


def _text(value: Any) -> str:
    cls = type(value)
    if cls is str:
        return _string(value)
    remembered: dict[str, Any] = getattr(value, "__dict__", {})
    if _REMEMBERED in remembered:
        return remembered[_REMEMBERED]
    if cls is tuple or cls is list:
        return f"[{','.join([_text(item) for item in value])}]"
    if cls is dict and all(type(key) is str for key in value):
        return object_text({key: _text(item) for key, item in value.items()})
    if value is None or cls is bool:
        return _WORDS[value]
    if cls is int:
        return str(value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return json.dumps(canonical(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    text = remembered[_REMEMBERED] = object_text({key: _text(item) for key, item in _fields(value)})
    return text


def object_text(texts: Mapping[str, str]) -> str:
    """The canonical JSON of a mapping whose values are canonical JSON already."""
    return f"{{{','.join([f'{_string(key)}:{texts[key]}' for key in sorted(texts)])}}}"


def fingerprint(value: Any, length: int = 16) -> str:
    """Return the hex digest (sha-256, `length` characters) of the canonical form of `value`."""
    return text_fingerprint(canonical_json(value), length)


def text_fingerprint(text: str, length: int = 16) -> str:
    """Return the fingerprint of a value whose canonical JSON is `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]
