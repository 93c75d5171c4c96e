"""Sentence retrieval: nothing is trained; each sentence of one side looks for its match on the other."""

from __future__ import annotations

from xstilts.core.languages import canonical_code
from xstilts.data.readers.catalog import Mining, ParallelText
from xstilts.data.readers.mining import MiningParts
from xstilts.data.readers.xquad_r import AnswerSentences
from xstilts.data.row_makers.catalog import MinedPartsRow, MinedRow, SentencesRow
from xstilts.data.source import Source
from xstilts.kinds.retrieval import Retrieval
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import local, names, noted, raw, source, web

NEAREST = Retrieval(method="nearest")
BOTH_WAYS = Retrieval(method="nearest", reverse=True)

# The codes of LASER's test files, in the order of XTREME's languages; then what XTREME-R adds; then all others.
TATOEBA_XTREME = names(
    """afr ara bul ben deu ell spa est eus pes fin fra heb hin hun ind ita jpn jav kat kaz kor mal mar nld por rus
    swh tam tel tha tgl tur urd vie cmn"""
)
TATOEBA_XTREME_R = names("aze lit pol ron ukr")
TATOEBA_OTHERS = names(
    """amh ang arq arz ast awa bel ber bos bre cat cbk ceb ces cha cor csb cym dan dsb dtp epo fao fry gla gle glg
    gsw hrv hsb hye ido ile ina isl kab khm kur kzj lat lfn lvs max mhr mkd mon nds nno nob nov oci orv pam pms
    slk slv sqi srp swe swg tat tuk tzl uig uzb war wuu xho yid yue zsm"""
)
_LASER = ("facebookresearch/LASER", "74bc6ae7ffb7cba670fe0f428d0ede9f666fb821")
# The second file, English, looks for the first, and an English sentence is one item in all languages.
_ENGLISH_QUERIES = SentencesRow(a="b", b="a", group=("b",))


def _tatoeba(code: str) -> Source:
    """Each English sentence looks for its translation, as in XTREME (third_party/utils_retrieve.py,
    `similarity_search`: the foreign sentences are indexed, the English ones search)."""
    names = tuple(f"tatoeba.{code}-eng.{side}" for side in (code, "eng"))
    urls = raw(*_LASER, *(f"data/tatoeba/v1/{name}" for name in names))
    place = web(ParallelText(), _ENGLISH_QUERIES, tuple(f"tatoeba/{name}" for name in names), urls)
    return source(place, language=canonical_code(code), rows=2_000)


def _tests(codes: tuple[str, ...]) -> dict[str, Source]:
    return {canonical_code(code): _tatoeba(code) for code in codes}


TATOEBA = Task(
    name="tatoeba",
    kind=BOTH_WAYS,
    query_language="en",
    test=_tests(TATOEBA_XTREME + TATOEBA_XTREME_R),
    origin=Origin(
        licence="CC BY 2.0 FR",
        cite="Artetxe and Schwenk 2019, Massively Multilingual Sentence Embeddings for Zero-Shot Cross-"
        "Lingual Transfer and Beyond",
        home="https://github.com/facebookresearch/LASER/tree/main/data/tatoeba/v1",
        text="human-translated",
    ),
    note="each English sentence looks for its translation by cosine, as in XTREME; reverse accuracy is the other way",
    benchmarks=("xtreme",),
)
# XTREME-R scores an encoder that was fine-tuned on SQuAD 1.1 (Ruder et al. 2021, appendix on hyper-parameters).
TATOEBA_AFTER_SQUAD1 = TATOEBA.replace(name="tatoeba-after-squad1", finetuned_on="squad1", benchmarks=("xtreme-r",))
# What LASER has beside XTREME's languages.
TATOEBA_EXTRA = TATOEBA.replace(name="tatoeba-extra", test=_tests(TATOEBA_OTHERS), benchmarks=())

FLORES_CODES = names(
    """afr ara azj ben bul cmn_Hans cmn_Hant deu ell est eus fin fra guj hat heb hin hun ind ita jav jpn kat kaz
    kor lit mal mar mya nld pan pes pol por quy ron rus spa swh tam tel tgl tha tur ukr urd vie wol yor zsm"""
)
FLORES_REPOSITORY = ("Helsinki-NLP/OPUS-MT-testsets", "ac0f19c0be3cb4e0d9450fcb2d7a9847c4bdd180")
FLORES_FOLDER = "testsets/flores200_dataset/devtest"
_ALIGNED = SentencesRow()  # line i is the same item in all languages


def _flores(code: str) -> Source:
    names = tuple(f"{side}.devtest" for side in (code, "eng"))
    urls = raw(*FLORES_REPOSITORY, *(f"{FLORES_FOLDER}/{name}" for name in names))
    place = web(ParallelText(), _ALIGNED, tuple(f"parallel/flores200/devtest/{name}" for name in names), urls)
    return source(place, language=canonical_code(code))


FLORES = Task(
    name="flores",
    kind=BOTH_WAYS,
    candidate_language="en",
    note="each sentence looks for its English one by cosine; reverse accuracy is the other way",
    test={canonical_code(code): _flores(code) for code in FLORES_CODES},
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="NLLB Team 2022, No Language Left Behind; Goyal et al. 2022, The FLORES-101 Evaluation Benchmark",
        home="https://github.com/facebookresearch/flores",
        text="human-translated",
    ),
)

NTREX_CODES = names(
    """afr arb aze-Latn ben bul deu ell eus fas fil fin fra guj hin hun ind ita jpn kor lit mar msa mya nld pan pol
    por por-BR ron rus spa tam tel tha tur ukr urd vie wol yor zho-CN zho-TW"""
)
NTREX_ENGLISH = "newstest2019-src.eng.txt"
NTREX_REPOSITORY = ("MicrosoftTranslator/NTREX", "8561f6a622db9edad1217683e5c83daefd8bb2bf")


def ntrex_name(code: str) -> str:
    return f"newstest2019-ref.{code}.txt"


def _ntrex(code: str) -> Source:
    names = (ntrex_name(code), NTREX_ENGLISH)
    urls = raw(*NTREX_REPOSITORY, *(f"NTREX-128/{name}" for name in names))
    place = web(ParallelText(), _ALIGNED, tuple(f"parallel/ntrex128/{name}" for name in names), urls)
    note = "never a fair test of an encoder whose token vectors or weights were made from NTREX"
    return source(place, language=canonical_code(code), note=note)


NTREX_ORIGIN = Origin(
    licence="CC BY-SA 4.0",
    cite="Federmann, Kocmi and Xin 2022, NTREX-128: News Test References for MT Evaluation of 128 Languages",
    home="https://github.com/MicrosoftTranslator/NTREX",
    text="human-translated",
)
NTREX = Task(
    name="ntrex",
    kind=BOTH_WAYS,
    candidate_language="en",
    note="each sentence looks for its English one by cosine; reverse accuracy is the other way",
    test={canonical_code(code): _ntrex(code) for code in NTREX_CODES},
    origin=NTREX_ORIGIN,
)


_BUCC_SENTENCES = {"de": 813_206, "fr": 641_684, "ru": 1_019_254, "zh": 183_497}  # of both sides


def _bucc(language: str) -> Source:
    """XTREME's use of the shared task: its sample sets the threshold, its training set is scored."""
    files = tuple(
        f"bucc2018/{language}-en/{language}-en.{part}.{side}"
        for part in ("sample", "training")
        for side in (language, "en", "gold")
    )
    archives = tuple(
        f"https://comparable.limsi.fr/bucc2018/bucc2018-{language}-en.{part}-gold.tar.bz2"
        for part in ("sample", "training")
        for _ in range(3)
    )
    full = web(MiningParts(), MinedPartsRow(), files, archives, files)
    if language != "zh":
        return source(full, language=language, rows=_BUCC_SENTENCES[language])
    dev = local(Mining(), MinedRow(), *(f"bucc2018/zh-en.dev.{side}.gz" for side in ("zh", "en", "gold")))
    note = "the local copy holds the sample set: half of its pairs set the threshold, half are scored"
    return source(full, noted(dev, note), language=language, rows=_BUCC_SENTENCES[language])


BUCC = Task(
    name="bucc2018",
    kind=Retrieval(method="mine"),
    candidate_language="en",
    can_subsample=False,
    note="ratio margin over 4 neighbours, one-to-one; the threshold is set on pairs that are not scored",
    test={language: _bucc(language) for language in ("de", "fr", "ru", "zh")},
    origin=Origin(
        licence="none stated (text of Wikipedia and News Commentary)",
        cite="Zweigenbaum, Sharoff and Rapp 2018, Overview of the Third BUCC Shared Task",
        home="https://comparable.limsi.fr/bucc2018/",
        text="original and human-translated",
    ),
    benchmarks=("xtreme",),
)

LAREQA_LANGUAGES = names("ar de el en es hi ru th tr vi zh")


def lareqa_urls(*languages: str) -> tuple[str, ...]:
    commit = "9bc8c7fb6dd8d01d72a05a93c2cb96882b0d299c"
    return raw("google-research-datasets/lareqa", commit, *(f"xquad-r/{language}.json" for language in languages))


def _lareqa(language: str) -> Source:
    name = f"lareqa/xquad-r/{language}.json"
    return source(web(AnswerSentences(), MinedRow(tune=0.0), (name,), lareqa_urls(language)), language=language)


# LAReQA itself (`tasks.passages`) ranks sentences of all languages in one pool; this is its task within one language.
LAREQA = Task(
    name="lareqa-one-language",
    kind=NEAREST,
    test={language: _lareqa(language) for language in LAREQA_LANGUAGES},
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Roy et al. 2020, LAReQA: Language-agnostic Answer Retrieval from a Multilingual Pool",
        home="https://github.com/google-research-datasets/lareqa",
        text="human-translated",
    ),
)

TASKS = (TATOEBA, TATOEBA_AFTER_SQUAD1, TATOEBA_EXTRA, FLORES, NTREX, BUCC, LAREQA)
