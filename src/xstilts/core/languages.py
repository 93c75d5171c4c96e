"""Languages by code: name, family and script, so that scores can be grouped and wrong codes are noticed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from xstilts.core.errors import StudyError, nearest
from xstilts.core.language_table import TABLE


@dataclass(frozen=True, slots=True)
class Language:
    """One language or variety.

    `code` is canonical: ISO 639-1 where there is one, else ISO 639-3, with a suffix for a variety ("pt-br"). `branch`
    divides a large family ("Germanic") and is "" elsewhere.
    """

    code: str
    name: str
    family: str
    script: str
    branch: str = ""


def _read(table: str) -> tuple[dict[str, Language], dict[str, str]]:
    languages: dict[str, Language] = {}
    codes: dict[str, str] = {}
    family = branch = ""
    for line in table.strip().splitlines():
        if "|" not in line:
            family, _, branch = (part.strip() for part in line.partition(":"))
            continue
        names, name, script = (part.strip() for part in line.split("|"))
        code, *others = names.split()
        languages[code] = Language(code, name, family, script, branch)
        for alias in (code, *others):
            if alias in codes:
                raise ValueError(f"language table: code '{alias}' stands for both '{codes[alias]}' and '{code}'")
            codes[alias] = code
    return languages, codes


LANGUAGES, _CODES = _read(TABLE)

# XTREME (Hu et al. 2020, table 6) and XTREME-R (Ruder et al. 2021), in alphabetical order of their codes.
_BOTH = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv "
    "ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi yo zh"
)
_ONLY_R = "az gu ht lt pa pl qu ro uk wo"
XTREME: tuple[str, ...] = tuple(_BOTH.split())
XTREME_R: tuple[str, ...] = tuple(sorted((*XTREME, *_ONLY_R.split())))


def canonical_code(code: str, where: str | None = None) -> str:
    """Return the canonical code of any known spelling: `cmn_Hans` -> `zh`, `swa` -> `sw`, `pt_BR` -> `pt-br`.

    Raises StudyError for an unknown one, naming the nearest code or the code of the nearest name.
    """
    plain = code.strip().lower().replace("_", "-")
    if plain in _CODES:
        return _CODES[plain]
    raise StudyError(f"there is no language '{code}'.", where=where, hint=_suggestion(plain), allowed=sorted(LANGUAGES))


def _suggestion(plain: str) -> str | None:
    # Someone who writes a word means a name; someone who writes two or three letters, or a hyphen, means a code.
    by_name = {language.name.lower(): language for language in LANGUAGES.values()}
    names = difflib.get_close_matches(plain, by_name, n=1, cutoff=0.75) if len(plain) > 3 else []
    spelling = nearest(plain, _CODES)
    meant = by_name[names[0]] if names else LANGUAGES[_CODES[spelling]] if spelling else None
    return f"Did you mean '{meant.code}' ({meant.name})?" if meant else None


def language(code: str, where: str | None = None) -> Language:
    """Return the language of a code in any known spelling. Raises StudyError as `canonical_code` does."""
    return LANGUAGES[canonical_code(code, where)]
