"""Typology: how far languages are from English by features of grammars and sounds, from a packaged table.

The table is `references/typology.tsv`: its head says where the features are from and under which licence they stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ENGLISH = "en"
SOURCE = "URIEL's features as in lang2vec 1.1.2, 1 - cosine, to English (Littell et al. 2017; CC BY-SA 4.0)"
_FILE = "typology.tsv"
# Of these varieties the table has the language alone.
_VARIETIES = {"pt-br": "pt", "zh-tw": "zh"}


@dataclass(frozen=True, kw_only=True)
class TypologicalDistance:
    """Distances of one language to English, from 0 to 1; None where sources state less than a third of its features.

    syntax: of 103 features of grammar (WALS, SSWL, Ethnologue). phonology: of 28 of the sound system; inventory: of 158
    sounds (PHOIBLE).
    """

    syntax: float | None
    phonology: float | None
    inventory: float | None


NOTHING_KNOWN = TypologicalDistance(syntax=None, phonology=None, inventory=None)


def distance_to_english(code: str) -> TypologicalDistance:
    """Return the distances of a canonical code; of a language in another script ("sr-latn") those of the language.

    >>> distance_to_english("de").syntax, distance_to_english("hi-latn").syntax, distance_to_english("qte").syntax
    (0.097, 0.384, None)
    """
    base, _, script = code.partition("-")
    return _table().get(_VARIETIES.get(code, base if len(script) == 4 else code), NOTHING_KNOWN)


@cache
def _table() -> Mapping[str, TypologicalDistance]:
    text = (files("xstilts") / "references" / _FILE).read_text(encoding="utf-8")
    head, *lines = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    rows = (dict(zip(head, line, strict=True)) for line in lines)
    return {row["language"]: _distance(row) for row in rows}


def _distance(row: Mapping[str, str]) -> TypologicalDistance:
    return TypologicalDistance(
        **{name: float(row[name]) if row[name] else None for name in ("syntax", "phonology", "inventory")}
    )
