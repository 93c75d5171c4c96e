"""The catalogue of perturbations, and how study files say them: `{noise: keyboard, rate: 0.1}`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.perturb.base import Perturbation
from xstilts.perturb.casing import Casing
from xstilts.perturb.characters import Keyboard, LookAlikes, Ocr, Width
from xstilts.perturb.diacritics import Diacritics
from xstilts.perturb.invisible import BidiMarks, ZeroWidth
from xstilts.perturb.letters import Delete, Insert, Repeat, Swap
from xstilts.perturb.misspellings import Misspellings
from xstilts.perturb.phrases import PhraseSwitch
from xstilts.perturb.punctuation import Punctuation, Spacing
from xstilts.perturb.romanisation import Romanise
from xstilts.perturb.switching import DictionarySwitch
from xstilts.perturb.words import DropWords, DuplicateWords, ShuffleWords

_CHARACTERS = (Swap, Delete, Insert, Repeat, Keyboard, Diacritics, LookAlikes, Ocr, Width, ZeroWidth, BidiMarks)
_WORDS = (Casing, Punctuation, Spacing, Misspellings, DropWords, DuplicateWords, ShuffleWords, Romanise)
NOISE: Mapping[str, type[Perturbation]] = {cls.name: cls for cls in (*_CHARACTERS, *_WORDS)}
SWITCHING: Mapping[str, type[Perturbation]] = {cls.name: cls for cls in (DictionarySwitch, PhraseSwitch)}

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
    allowed = [field.name for field in dataclasses.fields(cls) if not field.name.endswith("_digest")]
    values = {str(key): value for key, value in raw.items() if key != section}
    for key in values:
        if key not in allowed:
            raise DataError(f"'{name}' has no setting '{key}'", where=f"{where}.{key}", value=key, allowed=allowed)
    for field in dataclasses.fields(cls):
        if field.name not in values and field.default is dataclasses.MISSING:
            problem = f"'{name}' lacks its setting '{field.name}'"
            raise DataError(
                problem, where=where, hint="Such as {noise: keyboard, rate: 0.1}; docs/perturbations.md has all."
            )
    for key in set(cls.paths) & set(values):
        if not isinstance(values[key], str | Path):
            raise DataError(f"'{key}' is a path, got {values[key]!r}", where=f"{where}.{key}")
        values[key] = (folder or Path()) / values[key]
    try:
        return cls(**values)
    except DataError as error:  # a place in a file stays
        start, _, key = (error.where or "").partition(".")
        raise error.moved(f"{where}.{key}" if key else where) if start == name else error from None
