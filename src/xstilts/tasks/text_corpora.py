"""Plain text for masked language modelling, many languages in one source. The language of such a source is "en" in name
only: nothing is selected or scored by it."""

from __future__ import annotations

from xstilts.core.languages import canonical_code
from xstilts.data.readers.catalog import Lines
from xstilts.data.readers.filters import HeldOutMarker
from xstilts.data.row_makers.catalog import TextRow
from xstilts.kinds.mlm import MaskedLM
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.retrieval import (
    NTREX_CODES,
    NTREX_ENGLISH,
    NTREX_ORIGIN,
    NTREX_REPOSITORY,
    TATOEBA_OTHERS,
    TATOEBA_XTREME,
    TATOEBA_XTREME_R,
    ntrex_name,
)
from xstilts.tasks.sources import local, names, raw, source, web, written_in

MLM = MaskedLM()
_TEXT = TextRow(group=("text",))  # a sentence that occurs twice is held out twice
_ALIGNED_TEXT = TextRow()

LINGUA = names(
    """af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja ka kk ko lt mr ms nl pa pl pt ro ru sw ta te
    th tl tr uk ur vi yo zh"""
)
MLM_LINGUA = Task(
    name="mlm-lingua",
    kind=MLM,
    train=source(
        written_in(
            web(
                Lines(),
                _TEXT,
                tuple(f"text/lingua/{code}.txt" for code in LINGUA),
                raw(
                    "pemistahl/lingua-py",
                    "754ce21122c083a7200763015fdaf7cda8d85453",
                    *(f"language-testdata/sentences/{code}.txt" for code in LINGUA),
                ),
            ),
            *LINGUA,
        ),
        note=f"{len(LINGUA)} languages, at most 1,000 sentences each",
    ),
    origin=Origin(
        licence="Apache-2.0 (collection); sentences from the Leipzig Corpora, CC BY, some non-commercial",
        cite="Goldhahn, Eckart and Quasthoff 2012, Building Large Monolingual Dictionaries at the Leipzig "
        "Corpora Collection",
        home="https://github.com/pemistahl/lingua-py",
        text="original",
        noncommercial=True,
    ),
)

_TATOEBA_TEXT = names(
    """af ar az bg bn de el en es et eu fa fi fr he hi hu id it ja ka kk ko lt ml mr ms my nl pl pt qu ro ru th tl
    tr uk ur vi zh"""
)
MLM_TATOEBA = Task(
    name="mlm-tatoeba",
    kind=MLM,
    train=source(
        written_in(
            local(Lines(), _TEXT, *(f"text/tatoeba/{code}.txt.gz" for code in _TATOEBA_TEXT)),
            *_TATOEBA_TEXT,
        ),
        note=f"{len(_TATOEBA_TEXT)} languages; no line of the Tatoeba test set",
    ),
    origin=Origin(
        licence="CC BY 2.0 FR",
        cite="Tiedemann 2020, The Tatoeba Translation Challenge",
        home="https://github.com/Helsinki-NLP/OPUS-MT-testsets",
        text="original",
    ),
)

# Files as they are published: one or several a language.
_COMMON_VOICE = names(
    """af/sentence-collector ar/sentence-collector bg/more-sentences bn/sentence-collector de/sentence-collector
    el/sentence-collector en/sentence-collector es/sentence-collector et/est-common-voice-10k eu/wiki.eu
    fa/sentence-collector fi/sentence-collector fr/issue2259_deleted_export_readd_fixed hi/sentence-collector
    hu/sentence-collector id/common id/sentence-collector it/frasi it/sentence-collector ja/sentence-collector
    ka/sentence-collector kk/sentence-collector ko/sentence-collector lt/sentence-collector
    ml/sentence-collector mr/sentence-collector nl/sentence-collector pa-IN/sentence-collector pl/sentence-collector
    pt/sentence-collector ro/sentence-collector ru/bakwc1 ru/highsource-de-ru-translations ru/sentence-collector
    ta/sentence-collector te/sentence-collector th/Wannaphong th/sentence-collector th/thsentences
    tl/sentence-collector tr/sentence-collector tr/setimes uk/sentence-collector ur/sentence-collector
    vi/sentence-collector
    zh-CN/wiki.zh-cn"""
)
_ABSENT = frozenset(names("est eus heb kat kaz mal swh vie"))  # test files that are not in the local copy
_TESTS = tuple(
    f"tatoeba/tatoeba.{code}-eng.{side}.gz"
    for code in TATOEBA_XTREME + TATOEBA_XTREME_R + TATOEBA_OTHERS
    if code not in _ABSENT
    for side in (code, "eng")
)
MLM_COMMON_VOICE = Task(
    name="mlm-common-voice",
    kind=MLM,
    train=source(
        written_in(
            local(
                HeldOutMarker(read=Lines(), tests=len(_TESTS)),
                TextRow(group=("text",), drop=(("held_out", "True"),)),
                *(f"text/commonvoice/{name}.txt.gz" for name in _COMMON_VOICE),
                *_TESTS,
            ),
            *(canonical_code(name.partition("/")[0].partition("-")[0]) for name in _COMMON_VOICE),
            *("" for _ in _TESTS),
        ),
        note="lines that stand in a Tatoeba test file are left out",
    ),
    origin=Origin(
        licence="CC0 1.0",
        cite="Ardila et al. 2020, Common Voice: A Massively-Multilingual Speech Corpus",
        home="https://github.com/mozilla/common-voice",
        text="original",
    ),
)

_PACKAGED = names("arb deu ell fin fra hin ind ita jpn nld por rus spa tha tur vie zho-CN")
_NTREX_FILES = (NTREX_ENGLISH, *(ntrex_name(code) for code in NTREX_CODES))


def _ntrex_languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    """English, then those of the translations: `por-BR` is Portuguese."""
    return "en", *(canonical_code(code.partition("-")[0]) for code in codes)


MLM_NTREX = Task(
    name="mlm-ntrex",
    kind=MLM,
    train=source(
        written_in(
            web(
                Lines(),
                _ALIGNED_TEXT,
                tuple(f"parallel/ntrex128/{name}" for name in _NTREX_FILES),
                raw(*NTREX_REPOSITORY, *(f"NTREX-128/{name}" for name in _NTREX_FILES)),
            ),
            *_ntrex_languages(NTREX_CODES),
        ),
        written_in(
            local(
                Lines(),
                _ALIGNED_TEXT,
                *(f"parallel/ntrex128/{name}.gz" for name in (NTREX_ENGLISH, *map(ntrex_name, _PACKAGED))),
            ),
            *_ntrex_languages(_PACKAGED),
        ),
        note=f"English and {len(NTREX_CODES)} translations of 1,997 sentences; packaged: {len(_PACKAGED)} of 1,000",
    ),
    origin=NTREX_ORIGIN,
)

TASKS = (MLM_LINGUA, MLM_TATOEBA, MLM_COMMON_VOICE, MLM_NTREX)
