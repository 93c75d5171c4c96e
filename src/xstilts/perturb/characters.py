"""Noise in characters by packaged tables: missed keys, letters that look alike, what OCR confuses, width."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from xstilts.core.lookalikes import DRAWN_AS
from xstilts.perturb.layouts import layout
from xstilts.perturb.tables import Table, TableNoise
from xstilts.perturb.units import base_code, script_of


@dataclass(frozen=True, kw_only=True)
class Keyboard(TableNoise):
    """A letter is replaced by that of a key beside it, on the keyboard of the language; case is kept."""

    name: ClassVar[str] = "keyboard"
    identity_name: ClassVar[str] = "KeyboardNoise"

    def packaged_table(self, language: str) -> Table:
        return layout(language)

    def lacks(self, language: str) -> str:
        return f"no keyboard layout for {base_code(language)}"


@dataclass(frozen=True, kw_only=True)
class LookAlikes(TableNoise):
    """A letter is replaced by one of another script that is drawn as it is (Latin, Cyrillic, Greek)."""

    name: ClassVar[str] = "look-alikes"
    identity_name: ClassVar[str] = "LookAlikeNoise"

    def packaged_table(self, language: str) -> Table:
        return _drawn_alike().get(script_of(language), {})

    def lacks(self, language: str) -> str:
        return f"no letters of other scripts that look like {script_of(language)} ones"


@cache
def _drawn_alike() -> Mapping[str, Table]:
    """Return the tables by script, from the letters that `core.lookalikes` knows to be drawn as Latin ones."""
    latin, cyrillic, greek = (defaultdict[str, list[str]](list) for _ in range(3))
    for code, letter in DRAWN_AS.items():
        if letter.isalpha():
            latin[letter].append(chr(code))
            (cyrillic if code >= 0x400 else greek)[chr(code)].append(letter)
    return {"Latin": latin, "Cyrillic": cyrillic, "Greek": greek}


# What is confused in scanned pages: letters that differ by a stroke, a dot or a gap; "rn" and "m" are the proverbial
# ones (Lopresti 2009). Groups of characters that stand for each other, and pairs "one several".
_CONFUSED: Mapping[str, tuple[str, str]] = {
    "Latin": (
        "l1I ec hb un O0Q S5 B8 Z2 G6 g9q iíì aâ oö0 tf vy CG DO EF UV", "m rn|d cl|w vv|n ri|h li|u ii|k lc|H ll"
    ),
    "Cyrillic": ("нпи шщ цд ев ос бв гт ьъ лп З3Э ОО0 ИН", "ы ьі|ю іо|м лл"),
    "Greek": ("νυ οσ0 ηπ ιί ζξ ρφ ωώ ΑΔΛ ΟΘ0", "π τι"),
    "Hebrew": ("הח דר בכ וזן םס גנ עצ", ""),
    "Arabic": ("بتثنيپ جحخچ دذ رزژ سش صض طظ عغ فق كگک", ""),
    "Devanagari": ("बव पष मभ घध डङ थय", ""),
    "Thai": ("ดตค ถภฤ บป ผพฟฝ ชซ ขฃ อฮ", ""),
    "Han": ("土士 未末 日曰目 己已巳 人入八 天夫 大太犬 千干于 午牛 王玉主 白自 爪瓜 鸟乌 侯候 今令 又叉 折拆", ""),
    "Japanese": ("ソンリ シツ ロ口 ニ二 ハ八 カ力 エ工 ト卜 クワ コユ めぬ われね はほ きさ るろ 日目 土士 未末", ""),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Ocr(TableNoise):
    """A letter is replaced by what it is taken for in scanned pages; one may become two ("m" to "rn")."""

    name: ClassVar[str] = "ocr"
    identity_name: ClassVar[str] = "OcrNoise"

    def packaged_table(self, language: str) -> Table:
        return _confusions(script_of(language))

    def lacks(self, language: str) -> str:
        return f"no table of what OCR confuses in {script_of(language)} script"


@cache
def _confusions(script: str) -> Table:
    groups, pairs = _CONFUSED.get(script, ("", ""))
    table = defaultdict[str, list[str]](list)
    for group in groups.split():
        for char in group:
            table[char] += [other for other in group if other != char]
    for pair in filter(None, pairs.split("|")):
        one, several = pair.split()
        table[one].append(several)
    return table


@dataclass(frozen=True, kw_only=True)
class Width(TableNoise):
    """A letter, digit or mark of ASCII is written full-width, or one that is so half-width (UAX 11)."""

    name: ClassVar[str] = "width"
    identity_name: ClassVar[str] = "WidthNoise"

    def packaged_table(self, language: str) -> Table:
        return _widths() if script_of(language) in ("Latin", "Han", "Japanese", "Hangul") else {}

    def lacks(self, language: str) -> str:
        return f"{script_of(language)} script has no full-width letters"


@cache
def _widths() -> Table:
    ascii_marks = {chr(code): (chr(code + 0xFEE0),) for code in range(0x21, 0x7F)}
    return ascii_marks | {wide: (char,) for char, (wide,) in ascii_marks.items()}
