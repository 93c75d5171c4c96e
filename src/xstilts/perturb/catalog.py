"""The catalogue of perturbations, and how study files say them: `{noise: keyboard, rate: 0.1}`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.perturb.base import Perturbation
from xstilts.perturb.letters import Delete, Insert, Repeat, Swap

NOISE: Mapping[str, type[Perturbation]] = {cls.name: cls for cls in (Swap, Delete, Insert, Repeat)}
SWITCHING: Mapping[str, type[Perturbation]] = {}

_SECTIONS: Mapping[str, Mapping[str, type[Perturbation]]] = {"noise": NOISE, "switch": SWITCHING}


def parse(raw: Any, where: str, folder: Path | None = None) -> Perturbation:
    """Return the perturbation that a mapping says: `noise` or `switch` with its name, `rate`, and fields of its own.

    folder: that of the study file; paths are relative to it. Raises DataError at `where`.

    >>> parse({"noise": "swap", "rate": 0.1}, "stress.typos")
    Swap(rate=0.1, seed=0)
    """
    if not isinstance(raw, Mapping):
        raise DataError(f"a perturbation is a mapping such as {{noise: swap, rate: 0.1}}, got {raw!r}", where=where)
    sections = [key for key in _SECTIONS if key in raw]
    if len(sections) != 1:
        raise DataError("a perturbation has one of the keys 'noise' and 'switch'", where=where)
    section, name = sections[0], raw[sections[0]]
    classes = _SECTIONS[section]
    if not isinstance(name, str) or name not in classes:
        raise DataError(f"there is no {section} '{name}'", where=f"{where}.{section}", value=str(name), allowed=classes)
    cls = classes[name]
    allowed = [field.name for field in dataclasses.fields(cls) if field.init]
    values = {str(key): value for key, value in raw.items() if key != section}
    for key in values:
        if key not in allowed:
            raise DataError(f"'{name}' has no setting '{key}'", where=f"{where}.{key}", value=key, allowed=allowed)
    if "rate" not in values:
        raise DataError(f"'{name}' lacks its rate", where=where, hint="Say which share is changed: `rate: 0.1`.")
    try:
        return cls(**values)
    except DataError as error:
        key = (error.where or "").removeprefix(name).removeprefix(".")
        raise error.moved(f"{where}.{key}" if key else where) from None
