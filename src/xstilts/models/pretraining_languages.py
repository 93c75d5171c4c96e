"""Pretraining languages: in which languages an encoder has read text before a study begins, where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.corpus_sizes import CORPUS_GIB
from xstilts.core.files import read_json
from xstilts.models.bundled import HOME
from xstilts.models.named_encoders import NAMED_ENCODERS

RECORD = "pretraining.json"  # what `xstilts pretrain` writes beside an encoder


@dataclass(frozen=True, kw_only=True)
class PretrainingLanguages:
    """Canonical codes, and where it is said that these are the languages."""

    codes: frozenset[str]
    source: str


_CC100 = PretrainingLanguages(
    codes=frozenset(CORPUS_GIB), source="the languages of CC-100 (Conneau et al. 2020, table 6)"
)
# Wikipedias with the most articles, Thai and Mongolian: google-research/bert, multilingual.md, "BERT-Base, Multilingual
# Cased (New)". Norwegian stands there in both of its forms.
_MBERT = """
af an ar ast az azb ba bar be bg bn bpy br bs ca ce ceb cs cv cy da de el en es et eu fa fi fr fy ga gl gu he hi hr ht
hu hy id io is it ja jv ka kk kn ko ky la lb lmo lt lv mg min mk ml mn mr ms my nb nds ne new nl nn oc pa pl pms pnb pt
ro ru scn sco sh sk sl sq sr su sv sw ta te tg th tl tr tt uk ur uz vi vo war yo zh zh-tw
"""
_WIKIPEDIAS = PretrainingLanguages(
    codes=frozenset((*_MBERT.split(), "no")), source="104 Wikipedias (google-research/bert, multilingual.md)"
)
# Of others (rembert, mmbert, infoxlm) only the number of languages is known here. minilm was taught by XLM-R on its
# data; multilingual-e5-small begins as minilm.
_KNOWN = {
    **dict.fromkeys(("xlmr-base", "xlmr-large", "xlmr-xl", "minilm", "e5-small"), _CC100),
    "mbert": _WIKIPEDIAS,
}


def pretraining_languages(name: str, folder: Path | None = None) -> PretrainingLanguages | None:
    """Return the languages of an encoder by the name a study calls it, or by the record beside its files; None where
    they are not known."""
    short = {encoder.hub: encoder.name for encoder in NAMED_ENCODERS.values()}
    repo = name.partition("@")[0]
    if found := _KNOWN.get(short.get(repo, repo)):
        return found
    return _of_recipe(recipe) if (recipe := pretraining_recipe(name, folder)) is not None else None


def pretraining_recipe(name: str, folder: Path | None = None) -> Mapping[str, Any] | None:
    """Return the recipe of an encoder, as the record beside its files has it; None where there is none."""
    places = [HOME / name, *([folder, folder.parent] if folder else [])]
    record = next((place / RECORD for place in places if (place / RECORD).is_file()), None)
    return read_json(record).get("recipe", {}) if record else None


def start_of(recipe: Mapping[str, Any]) -> str | None:
    """Return the encoder that a recipe starts from, or learns from; None where it begins anew."""
    shape = recipe.get("encoder")
    return shape if isinstance(shape, str) else shape.get("teacher") if isinstance(shape, Mapping) else None


def _of_recipe(recipe: Mapping[str, Any]) -> PretrainingLanguages | None:
    """Return the languages of a recipe, and of the encoder it starts from; None where those are not known."""
    own, start = frozenset(recipe.get("languages", ())), start_of(recipe)
    if start is None:
        return PretrainingLanguages(codes=own, source="its recipe") if own else None
    first = pretraining_languages(start)
    if first is None:
        return None
    return PretrainingLanguages(codes=own | first.codes, source=f"its recipe, and of {start} {first.source}")
