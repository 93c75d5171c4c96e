"""Keyboard layouts: the letters of each row of keys, from left to right, and which keys touch.

Rows are written down from the national standards and what operating systems install for a language. "·" is a key that
gives no letter. Columns count in keys: the row of digits begins at 0, the three below at 0.5, 0.75 and 1.25, as on
every staggered keyboard; two keys touch that lie less than one key apart, or side by side in their row.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from xstilts.perturb.hangul import syllable_table
from xstilts.perturb.tables import Table
from xstilts.perturb.units import base_code

_QWERTY = "qwertyuiop/asdfghjkl/zxcvbnm"
# language -> layers, each "digits/top/home/bottom" or "top/home/bottom"
_LAYERS: Mapping[str, tuple[str, ...]] = {
    "ar": ("ضصثقفغعهخحجد/شسيبلاتنمكط/ئءؤر·ىةوزظ",),
    "bg": ("·уеишщксдзц·/ьяаожгтнвмч/юйъэфхпрлб",),
    "cs": ("·ěščřžýáíé/qwertzuiopú/asdfghjklů/yxcvbnm",),
    "da": ("qwertyuiopå/asdfghjklæø/zxcvbnm",),
    "de": ("··········ß/qwertzuiopü/asdfghjklöä/yxcvbnm",),
    "el": ("·ςερτυθιοπ/ασδφγηξκλ/ζχψωβνμ",),
    "en": (_QWERTY,),
    "es": ("qwertyuiop/asdfghjklñ/zxcvbnm",),
    "et": ("qwertyuiopüõ/asdfghjklöä/zxcvbnm",),
    "fa": ("ضصثقفغعهخحجچ/شسیبلاتنمکگ/ظطزرذدپو",),
    "fi": ("qwertyuiopå/asdfghjklöä/zxcvbnm",),
    "fr": ("·é····è·çà/azertyuiop/qsdfghjklmù/wxcvbn",),
    "he": ("··קראטוןםפ/שדגכעיחלךף/זסבהנמצתץ",),
    "hi": ("·····बहगदजड/·····परकतचट/··मनवलस··य", "औऐआईऊभङघधझढञ/ओएअइउफऱखथछठ/··ण··ळश"),
    "hu": ("·········öüó/qwertzuiopőú/asdfghjkléáű/yxcvbnm",),
    "it": ("···········ì/qwertyuiopè/asdfghjklòà/zxcvbnm",),
    "ka": ("ქწერტყუიოპ/ასდფგჰჯკლ/ზხცვბნმ",),
    "kk": ("·әіңғ··үұқөһ/йцукенгшщзхъ/фывапролджэ/ячсмитьбю",),
    "mr": ("·····बहगदजड/·····परकतचट/··मनवलस··य", "औऐआईऊभङघधझढञ/ओएअइउफऱखथछठ/··ण··ळश"),
    "nl": (_QWERTY,),
    "no": ("qwertyuiopå/asdfghjkløæ/zxcvbnm",),
    "pl": (_QWERTY, "··ę·····ó·/ąś······ł/żźć··ń·"),
    "pt": ("qwertyuiop/asdfghjklç/zxcvbnm",),
    "ru": ("йцукенгшщзхъ/фывапролджэ/ячсмитьбю",),
    "sv": ("qwertyuiopå/asdfghjklöä/zxcvbnm",),
    "th": (
        "ๅ··ภถ··คตจขช/ๆไ·พะ··รนยบล/ฟหกดเ··าสวง/ผปแอ··ทมใฝ",
        "············/··ฎฑธ··ณฯญฐ·/ฤฆฏโฌ··ษศซ·/··ฉฮ···ฒฬฦ",
    ),
    "tr": ("qwertyuıopğü/asdfghjklşi/zxcvbnmöç",),
    "uk": ("йцукенгшщзхї/фівапролджє/ячсмитьбю",),
}
# Letters typed as another key and a dead key, or a key with AltGr: they have the neighbours of that key, where these
# are letters alone.
_ON_KEYS: Mapping[str, str] = {
    "el": "άα έε ήη ίι όο ύυ ώω ϊι ϋυ ΐι ΰυ", "es": "áa ée íi óo úu üu", "pl": "ąa ćc ęe łl ńn óo śs źx żz",
    "pt": "áa âa ãa àa ée êe íi óo ôo õo úu", "fr": "âa êe îi ôo ûu ëe ïi üu", "hu": "íy", "cs": "ďd ňn óo ťt",
    "it": "ée", "nl": "ëe ïi ée", "ru": "ёе", "uk": "ґг", "sv": "ée",
}  # fmt: skip
_COLUMNS = (0.0, 0.5, 0.75, 1.25)  # where the rows begin: digits, top, home, bottom
_DIGITS = "1234567890"
_TURKIC = {"i": "İ", "ı": "I"}


@cache
def layout(language: str) -> Table:
    """Return the letters beside each letter on the keyboard of a language, in both cases; digits beside digits. Empty:
    there is no layout for it."""
    code = base_code(language)
    if code == "ko":
        return syllable_table()
    if code not in _LAYERS:
        return {}
    table = {_DIGITS[i]: (*_DIGITS[max(i - 1, 0) : i], *_DIGITS[i + 1 : i + 2]) for i in range(10)}
    for layer in _LAYERS[code]:
        for letter, others in _touching(layer).items():
            table.setdefault(letter, others)
    for pair in _ON_KEYS.get(code, "").split():
        table[pair[0]] = table[pair[1]]
    for letter in [*table]:
        if (capital := _upper(letter, code)) != letter:
            capitals = [_upper(other, code) for other in table[letter]]
            table[capital] = tuple(other for other in capitals if other not in table[letter])
    return {letter: others for letter, others in table.items() if others}


def _touching(layer: str) -> dict[str, tuple[str, ...]]:
    keys = list(_keys(layer))
    return {
        letter: tuple(
            other
            for other, line, column in keys
            if other != letter
            and (abs(column - at) == 1 if line == row else abs(line - row) == 1 and abs(column - at) < 1)
        )
        for letter, row, at in keys
    }


def _keys(layer: str) -> Iterator[tuple[str, int, float]]:
    """Yield each letter with its row and its column."""
    rows = layer.split("/")
    for row, letters in enumerate(rows, start=len(_COLUMNS) - len(rows)):
        for place, letter in enumerate(letters):
            if letter != "·" and unicodedata.category(letter).startswith("L"):
                yield letter, row, _COLUMNS[row] + place


def _upper(letter: str, code: str) -> str:
    """Return a letter as Shift gives it: itself where that is no single letter (ß)."""
    upper = _TURKIC.get(letter, letter.upper()) if code == "tr" else letter.upper()
    return upper if len(upper) == 1 else letter
