"""Corpus sizes: how much text of a language XLM-R was pretrained on, as a published measure of its resources.

CC-100, in GiB: Conneau et al. 2020, "Unsupervised Cross-lingual Representation Learning at Scale", appendix A, table 6.
Of a language with two lines there (Burmese in Unicode and in Zawgyi) the size is their sum.
"""

from __future__ import annotations

SOURCE = "CC-100 as XLM-R was trained on it, in GiB (Conneau et al. 2020, table 6)"

_TABLE = """
af 1.3  am 0.8  ar 28.0  as 0.1  az 6.5  be 4.3  bg 57.5  bn 8.4  bn-latn 0.5  br 0.1  bs 0.1  ca 10.1  cs 16.3
cy 0.8  da 45.6  de 66.6  el 46.9  en 300.8  eo 0.9  es 53.3  et 6.1  eu 2.0  fa 111.6  fi 54.3  fr 56.8  fy 0.2
ga 0.5  gd 0.1  gl 2.9  gu 1.9  ha 0.3  he 31.6  hi 20.2  hi-latn 0.5  hr 20.5  hu 58.4  hy 5.5  id 148.3  is 3.2
it 30.2  ja 69.3  jv 0.2  ka 9.1  kk 6.4  km 1.5  kn 3.3  ko 54.2  ku 0.4  ky 1.2  la 2.5  lo 0.6  lt 13.7  lv 8.8
mg 0.2  mk 4.8  ml 7.6  mn 3.0  mr 2.8  ms 8.5  my 2.0  ne 3.8  nl 29.3  no 49.0  om 0.1  or 0.6  pa 0.8  pl 44.6
ps 0.7  pt 49.1  ro 61.4  ru 278.0  sa 0.3  sd 0.4  si 3.6  sk 23.2  sl 10.3  so 0.4  sq 5.4  sr 9.1  su 0.1
sv 85.0  sw 1.6  ta 12.2  ta-latn 0.3  te 4.7  te-latn 0.3  th 71.7  tl 3.1  tr 20.9  ug 0.4  uk 84.6  ur 5.7
ur-latn 0.5  uz 0.7  vi 137.3  xh 0.1  yi 0.3  zh 46.9  zh-tw 16.6
"""


def _read(table: str) -> dict[str, float]:
    fields = table.split()
    return {code: float(size) for code, size in zip(fields[::2], fields[1::2], strict=True)}


CORPUS_GIB: dict[str, float] = _read(_TABLE)  # canonical code -> GiB
COUNTED_AS = {"nb": "no", "pt-br": "pt"}  # varieties that corpora do not tell apart from their language

NO_CORPUS = "none in CC-100"
_LEVELS = ((10.0, "10 GiB or more"), (1.0, "1 to 10 GiB"), (0.0, "below 1 GiB"))
RESOURCE_LEVELS: tuple[str, ...] = (*(name for _, name in _LEVELS), NO_CORPUS)


def corpus_gib(code: str) -> float | None:
    """Return the size of a language's corpus; None where it has none.

    >>> corpus_gib("nb"), corpus_gib("yo")
    (49.0, None)
    """
    return CORPUS_GIB.get(COUNTED_AS.get(code, code))


def resource_level(code: str) -> str:
    """Return the level of a language by the size of its corpus, one of `RESOURCE_LEVELS`.

    >>> resource_level("de"), resource_level("sw"), resource_level("yo")
    ('10 GiB or more', '1 to 10 GiB', 'none in CC-100')
    """
    size = corpus_gib(code)
    return NO_CORPUS if size is None else next(name for least, name in _LEVELS if size >= least)
