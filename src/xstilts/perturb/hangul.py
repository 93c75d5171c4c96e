"""Hangul on the keyboard: syllables in which one letter is that of a neighbouring key (the two-set layout, KS X 5002).

A syllable is composed of a leading consonant, a vowel and perhaps a trailing consonant (The Unicode Standard, 3.12).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

_ROWS = ("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", "ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", "ㅋㅌㅊㅍㅠㅜㅡ")
_STARTS = (0.5, 0.75, 1.25)
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TRAILS = "·ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_FIRST = 0xAC00
_KEYS = [(letter, row, _STARTS[row] + place) for row, line in enumerate(_ROWS) for place, letter in enumerate(line)]


def _beside(letter: str, among: str) -> list[int]:
    """Return the places in `among` of the letters whose keys touch that of `letter`; none for one of several keys."""
    found = next(((row, at) for key, row, at in _KEYS if key == letter), None)
    if found is None:
        return []
    row, at = found
    return [
        among.index(key)
        for key, line, column in _KEYS
        if key in among and (abs(column - at) == 1 if line == row else abs(line - row) == 1 and abs(column - at) < 1)
    ]


@cache
def syllable_table() -> Mapping[str, tuple[str, ...]]:
    """Return what each syllable becomes where one of its keys was missed: the same kind of letter stands for it."""
    leads, vowels, trails = ([_beside(letter, letters) for letter in letters] for letters in (_LEADS, _VOWELS, _TRAILS))
    table: dict[str, tuple[str, ...]] = {}
    for lead in range(len(_LEADS)):
        for vowel in range(len(_VOWELS)):
            for trail in range(len(_TRAILS)):
                table[_syllable(lead, vowel, trail)] = (
                    *(_syllable(other, vowel, trail) for other in leads[lead]),
                    *(_syllable(lead, other, trail) for other in vowels[vowel]),
                    *(_syllable(lead, vowel, other) for other in trails[trail]),
                )
    return {syllable: others for syllable, others in table.items() if others}


def _syllable(lead: int, vowel: int, trail: int) -> str:
    return chr(_FIRST + (lead * len(_VOWELS) + vowel) * len(_TRAILS) + trail)
