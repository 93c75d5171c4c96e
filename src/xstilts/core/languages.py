"""Languages by code: name, family and script, so that scores can be grouped and wrong codes are noticed.

A code may be written as ISO 639-1 or 639-3 has it, as a BCP 47 tag with script, region or variants, or as a data set
has it; each has one canonical form.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from xstilts.core.errors import StudyError, nearest, shortened
from xstilts.core.language_table import TABLE
from xstilts.core.other_languages import OTHERS


@dataclass(frozen=True, slots=True)
class Language:
    """One language or variety.

    `code` is canonical: ISO 639-1 where there is one, else ISO 639-3, with a suffix for a variety ("pt-br") or for a
    script that is not the language's usual one ("sr-latn"). `branch` divides a large family ("Germanic") and is ""
    elsewhere.
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


LANGUAGES, _CODES = _read(TABLE + OTHERS)

# ISO 15924 -> the script as the table calls it.
_SCRIPTS = {
    "arab": "Arabic", "aran": "Arabic", "armn": "Armenian", "beng": "Bengali", "cans": "Canadian syllabics",
    "cher": "Cherokee", "copt": "Coptic", "cyrl": "Cyrillic", "deva": "Devanagari", "ethi": "Ethiopic",
    "geor": "Georgian", "goth": "Gothic", "grek": "Greek", "gujr": "Gujarati", "guru": "Gurmukhi", "hang": "Hangul",
    "hani": "Han", "hans": "Han", "hant": "Han", "hebr": "Hebrew", "hira": "Japanese", "jpan": "Japanese",
    "kana": "Japanese", "khmr": "Khmer", "knda": "Kannada", "kore": "Hangul", "laoo": "Lao", "latn": "Latin",
    "mlym": "Malayalam", "mong": "Mongolian", "mtei": "Meitei", "mymr": "Myanmar", "nkoo": "N'Ko", "olck": "Ol Chiki",
    "orya": "Odia", "sinh": "Sinhala", "syrc": "Syriac", "taml": "Tamil", "telu": "Telugu", "tfng": "Tifinagh",
    "thaa": "Thaana", "thai": "Thai", "tibt": "Tibetan", "xsux": "Cuneiform", "yiii": "Yi",
}  # fmt: skip
_LOCAL = re.compile(r"q[a-t][a-z]")  # ISO 639: for local use, a language that has no code
_REGION, _VARIANT = re.compile(r"[a-z]{2}|\d{3}"), re.compile(r"[a-z0-9]{5,8}|\d[a-z0-9]{3}")

# XTREME (Hu et al. 2020, table 6) and XTREME-R (Ruder et al. 2021), in alphabetical order of their codes.
_BOTH = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv "
    "ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi yo zh"
)
_ONLY_R = "az gu ht lt pa pl qu ro uk wo"
XTREME: tuple[str, ...] = tuple(_BOTH.split())
XTREME_R: tuple[str, ...] = tuple(sorted((*XTREME, *_ONLY_R.split())))


def canonical_code(code: str, where: str | None = None) -> str:
    """Return the canonical code of any known spelling.

    A region or variant makes no other language, unless data sets tell it apart (`pt-br`, `zh-tw`, `de-muc`); a script
    does where it is not the language's usual one. English is `en` in every spelling. `qaa` to `qtz` are for local use.

    Raises StudyError for an unknown one, naming the nearest code or the code of the nearest name.

    >>> [canonical_code(code) for code in ("cmn_Hans", "swa", "pt_BR", "eng_Latn", "fr-CA", "sr-Latn", "qax")]
    ['zh', 'sw', 'pt-br', 'en', 'fr', 'sr-latn', 'qax']
    """
    if found := known_code(code):
        return found
    others = "Codes are those of ISO 639 (de, deu) and BCP 47 (sr-Latn); qaa to qtz are for others."
    hint = _suggestion(_plain(code)) or others
    raise StudyError(f"there is no language '{shortened(code)}'.", where=where, hint=hint)


def codes_of(code: str) -> tuple[str, ...]:
    """Return every spelling of a canonical code that the table lists, the code itself first; () for an unknown one.

    >>> codes_of("de")
    ('de', 'deu', 'ger')
    """
    return tuple(alias for alias, canonical in _CODES.items() if canonical == code)


def known_code(code: str) -> str | None:
    """Return what `canonical_code` does; None for an unknown spelling, for which no nearest one is looked for.

    >>> known_code("DE-DE"), known_code("x-klingon"), known_code("")
    ('de', None, None)
    """
    plain = _plain(code)
    if plain in _CODES:
        return _CODES[plain]
    language, *subtags = plain.split("-")
    base = _CODES.get(language, language if _LOCAL.fullmatch(language) else None)
    if base is None:
        return None
    rest = list(subtags)
    script = rest.pop(0) if rest and rest[0] in _SCRIPTS else ""
    region = rest.pop(0) if rest and _REGION.fullmatch(rest[0]) else ""
    if not all(map(_VARIANT.fullmatch, rest)):
        return None
    for suffix in filter(None, (script, region)):
        for start in (language, base):
            if f"{start}-{suffix}" in _CODES:
                return _CODES[f"{start}-{suffix}"]
    usual = LANGUAGES[base].script if base in LANGUAGES else ""
    return base if base == "en" or not script or _SCRIPTS[script] == usual else f"{base}-{script}"


def _plain(code: str) -> str:
    return code.strip().lower().replace("_", "-")


def _suggestion(plain: str) -> str | None:
    # Someone who writes a word means a name; someone who writes two or three letters, or a hyphen, means a code.
    by_name = {language.name.lower(): language for language in LANGUAGES.values()}
    names = difflib.get_close_matches(plain, by_name, n=1, cutoff=0.75) if len(plain) > 3 else []
    spelling = nearest(plain, _CODES)
    meant = by_name[names[0]] if names else LANGUAGES[_CODES[spelling]] if spelling else None
    return f"Did you mean '{meant.code}' ({meant.name})?" if meant else None


def language(code: str, where: str | None = None) -> Language:
    """Return the language of a code in any known spelling. Raises StudyError as `canonical_code` does."""
    found = canonical_code(code, where)
    if found in LANGUAGES:
        return LANGUAGES[found]
    start, _, script = found.partition("-")
    base = LANGUAGES.get(start, Language(start, f"{start} (local use)", "Other", "various"))
    if not script:
        return base
    return Language(found, f"{base.name} ({_SCRIPTS[script]} script)", base.family, _SCRIPTS[script], base.branch)
