"""Texts that look alike and differ: composed and decomposed letters, invisible characters, letters of other scripts."""

from __future__ import annotations

import unicodedata

# Letters of Cyrillic and of Greek that are drawn as Latin ones are, and strokes that are drawn as a hyphen.
# (first code point, what it and those after it are drawn as; "." : like nothing)
_CYRILLIC = (0x405, "SI.J"), (0x410, "A.B..E....K.MHO.PCT..X"), (0x430, "a....e........o.pc.y.x"), (0x455, "si.j")
_OTHERS = (0x391, "AB..EZH.IK.MNO.P.TY.X"), (0x3BF, "o"), (0x2010, "------"), (0x2212, "-")
DRAWN_AS = {
    first + i: letter for first, letters in (*_CYRILLIC, *_OTHERS) for i, letter in enumerate(letters) if letter != "."
}
_SHOWN = 3  # code points of a difference


def look_alike(one: str, other: str) -> bool:
    """Return whether two texts differ, but a reader would not see it.

    >>> look_alike("e" + chr(0x301), chr(0xE9)), look_alike(chr(0x41E), "O"), look_alike("B-PER", "B-ORG")
    (True, True, False)
    """
    return one != other and _drawn(one) == _drawn(other)


def _drawn(text: str) -> str:
    """Return what is seen of a text: letters by their shape, blanks as one, nothing of what is invisible."""
    shapes = unicodedata.normalize("NFKC", text).translate(DRAWN_AS)
    return " ".join("".join(letter for letter in shapes if letter.isspace() or not _is_invisible(letter)).split())


def _is_invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf") or 0xFE00 <= ord(letter) < 0xFE10


def code_points(one: str, other: str) -> tuple[str, str]:
    """Return the code points in which two texts differ, of each: "U+0065 U+0301"; "nothing" where one only lacks some.

    >>> code_points("cafe" + chr(0x301) + "s", "caf" + chr(0xE9) + "s")
    ('U+0065 U+0301', 'U+00E9')
    """
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return _named(one[start : len(one) - end]), _named(other[start : len(other) - end])


def _named(text: str) -> str:
    names = [f"U+{ord(letter):04X}" for letter in text[:_SHOWN]]
    return " ".join([*names, "..."] if len(text) > _SHOWN else names) or "nothing"
