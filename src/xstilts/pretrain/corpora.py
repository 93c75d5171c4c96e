"""The corpora an encoder may be pretrained on, as data: where they are, in which language, under which licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.core.catalog import Catalog
from xstilts.core.languages import canonical_code
from xstilts.data.readers.bible import Osis, Usfm
from xstilts.data.readers.catalog import Bio, Conllu, Csv, Lines, Tsv
from xstilts.data.readers.stories import Stories
from xstilts.data.row_makers.catalog import PairRow, TagsRow, TextRow
from xstilts.data.source import Reader, RowMaker, Source
from xstilts.tasks.retrieval import NTREX_CODES, NTREX_ENGLISH, NTREX_REPOSITORY, ntrex_name
from xstilts.tasks.sources import local, names, raw, source, web


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """form: "text", one source a language; "parallel", row i of every source says the same; "lexicon", English words
    and their translations. A second translation into one language is `pt#2`."""

    name: str
    form: str
    sources: Mapping[str, tuple[Source, ...]]
    licence: str
    home: str
    noncommercial: bool = False


def _text(read: Reader, folder: str, codes: str, end: str) -> dict[str, tuple[Source, ...]]:
    """`codes` are the names of the files, one or several a language: `de`, `zh-CN/wiki`."""
    sources_by_language: dict[str, tuple[Source, ...]] = {}
    for name in names(codes):
        language = canonical_code(name.partition("/")[0])
        place = local(read, TextRow(), f"{folder}/{name}{end}")
        sources_by_language[language] = (*sources_by_language.get(language, ()), source(place, language=language))
    return sources_by_language


def _merged(*parts: Mapping[str, tuple[Source, ...]]) -> dict[str, tuple[Source, ...]]:
    merged: dict[str, tuple[Source, ...]] = {}
    for part in parts:
        for language, sources in part.items():
            merged[language] = (*merged.get(language, ()), *sources)
    return merged


def _language_sources(
    language: str, read: Reader, *files: str, row: RowMaker | None = None
) -> dict[str, tuple[Source, ...]]:
    return {language: tuple(source(local(read, row or TextRow(), file), language=language) for file in files)}


COMMON_VOICE = Corpus(
    name="common-voice",
    form="text",
    sources=_text(
        Lines(),
        "text/commonvoice",
        """af/sentence-collector ar/sentence-collector bg/more-sentences bn/sentence-collector de/sentence-collector
        el/sentence-collector en/sentence-collector es/sentence-collector et/est-common-voice-10k eu/wiki.eu
        fa/sentence-collector fi/sentence-collector fr/issue2259_deleted_export_readd_fixed hi/sentence-collector
        hu/sentence-collector id/common id/sentence-collector it/frasi it/sentence-collector ja/sentence-collector
        ka/sentence-collector kk/sentence-collector ko/sentence-collector lt/sentence-collector
        ml/sentence-collector mr/sentence-collector nl/sentence-collector pa-IN/sentence-collector
        pl/sentence-collector pt/sentence-collector ro/sentence-collector ru/bakwc1 ru/highsource-de-ru-translations
        ru/sentence-collector ta/sentence-collector te/sentence-collector th/Wannaphong th/sentence-collector
        th/thsentences tl/sentence-collector tr/sentence-collector tr/setimes uk/sentence-collector
        ur/sentence-collector vi/sentence-collector zh-CN/wiki.zh-cn""",
        ".txt.gz",
    ),
    licence="CC0 1.0",
    home="https://github.com/mozilla/common-voice",
)
TATOEBA = Corpus(
    name="tatoeba-text",
    form="text",
    sources=_text(
        Lines(),
        "text/tatoeba",
        """af ar az bg bn de el en es et eu fa fi fr he hi hu id it ja ka kk ko lt ml mr ms my nl pl pt qu ro ru th tl
        tr uk ur vi zh""",
        ".txt.gz",
    ),
    licence="CC BY 2.0 FR",
    home="https://github.com/Helsinki-NLP/OPUS-MT-testsets",
)
LINGUA = Corpus(
    name="lingua",
    form="text",
    sources=_text(
        Lines(),
        "text/lingua",
        """af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja ka kk ko lt mr ms nl pa pl pt ro ru sw ta te
        th tl tr uk ur vi yo zh""",
        ".txt.gz",
    ),
    licence="Apache-2.0 (collection); sentences from the Leipzig Corpora, CC BY, some non-commercial",
    home="https://github.com/pemistahl/lingua-py",
    noncommercial=True,
)
STORIES = Corpus(
    name="stories",
    form="text",
    sources=_merged(
        _text(Stories(), "text/stories/asp-source", "sw en de pt af yo fr", ".md.gz"),
        _text(
            Stories(),
            "text/stories/global-asp",
            "tl ja ro es vi tr it gu uk pl ar my ko de bn ur lt fa ru hu hi el zh nl pa",
            ".md.gz",
        ),
        _text(Stories(), "text/stories/pb-source", "mr te gu en ta bn ml hi pa", ".md.gz"),
    ),
    licence="CC BY 4.0",
    home="https://github.com/global-asp",
)
_UDHR = {
    "af": "afr", "ar": "arb", "az": "azj_latn", "bn": "ben", "bg": "bul", "zh": "cmn_hans", "de": "deu",
    "el": "ell_monotonic", "en": "eng", "et": "est", "eu": "eus", "fi": "fin", "fr": "fra", "gu": "guj", "he": "heb",
    "hi": "hin", "hu": "hun", "id": "ind", "it": "ita", "jv": "jav", "ja": "jpn", "ka": "kat", "kk": "kaz",
    "ko": "kor", "lt": "lit", "ml": "mal", "mr": "mar", "my": "mya", "nl": "nld", "pa": "pan", "fa": "pes_1",
    "pl": "pol", "pt": "por_PT", "qu": "quy", "ro": "ron", "ru": "rus", "es": "spa", "sw": "swh", "ta": "tam",
    "tl": "tgl", "th": "tha", "tr": "tur", "uk": "ukr", "ur": "urd", "vi": "vie", "wo": "wol", "yo": "yor",
}  # fmt: skip
UDHR = Corpus(
    name="udhr",
    form="text",
    sources=_merged(*(_language_sources(code, Lines(), f"text/udhr/{name}.txt.gz") for code, name in _UDHR.items())),
    licence="public domain",
    home="https://www.unicode.org/udhr/",
)
BIBLE = Corpus(
    name="bible",
    form="text",
    sources={
        **_language_sources(
            "ml", Usfm(), *(f"text/bible/mal-{book}FBml.usfm.gz" for book in ("01_GEN", "41_MAT", "43_LUK", "45_ACT"))
        ),
        **_language_sources("sw", Osis(), "text/bible/swa-swahili.osis.xml.gz"),
    },
    licence="public domain",
    home="https://github.com/tfbf",
)
YORUBA = Corpus(
    name="yoruba",
    form="text",
    sources={
        "yo": (
            *_language_sources("yo", Lines(), "text/yoruba/yoglobalvoices.txt.gz")["yo"],
            *_language_sources(
                "yo",
                Tsv(columns=("id", "text"), header=False),
                "text/yoruba/line_index_female.tsv.gz",
                "text/yoruba/line_index_male.tsv.gz",
            )["yo"],
        )
    },
    licence="CC BY-SA 4.0",
    home="https://github.com/Niger-Volta-LTI/yoruba-text",
)
PANX = Corpus(
    name="panx-text",
    form="text",
    sources=_merged(
        *(
            _language_sources(code, Bio(columns=("token", "tag")), f"panx/train-{code}.tsv.gz", row=TagsRow(tags=None))
            for code in names("af az bn en fi gu he hi id kk ko lt ml mr ms my sw ta te tl vi")
        )
    ),
    licence="ODC-BY (text of Wikipedia: CC BY-SA)",
    home="https://github.com/afshinrahimi/mmner",
)
EWT = Corpus(
    name="ewt-text",
    form="text",
    sources=_language_sources("en", Conllu(), "ud/en/en_ewt-ud-train.conllu.gz", row=TagsRow(tags=None)),
    licence="CC BY-SA 4.0",
    home="https://github.com/UniversalDependencies/UD_English-EWT",
)


def _ntrex(file: str, language: str) -> tuple[Source, ...]:
    place = web(
        Lines(blank=True), TextRow(), (f"parallel/ntrex128/{file}",), raw(*NTREX_REPOSITORY, f"NTREX-128/{file}")
    )
    return (source(place, language=language),)


def _ntrex_key(code: str) -> str:
    return {"por-BR": "pt#2", "zho-TW": "zh#2"}.get(code) or canonical_code(code)


NTREX = Corpus(
    name="ntrex",
    form="parallel",
    sources={"en": _ntrex(NTREX_ENGLISH, "en")}
    | {_ntrex_key(code): _ntrex(ntrex_name(code), canonical_code(code)) for code in NTREX_CODES},
    licence="CC BY-SA 4.0",
    home="https://github.com/MicrosoftTranslator/NTREX",
)
_TICO = {code.partition("_")[0]: code for code in names("ar bn es_LA fa fr hi id mr ms my pt_BR ru sw ta tl ur zh")}
TICO = Corpus(
    name="tico19",
    form="parallel",
    sources={"en": _language_sources("en", Lines(blank=True), "parallel/tico19/en-ar/tico19-test.en.gz")["en"]}
    | {
        language: _language_sources(language, Lines(blank=True), f"parallel/tico19/en-{code}/tico19-test.{code}.gz")[
            language
        ]
        for language, code in _TICO.items()
    },
    licence="CC0 1.0",
    home="https://tico-19.github.io/",
)
_NUSAX = {"en": "english", "id": "indonesian", "jv": "javanese"}
NUSAX = Corpus(
    name="nusax",
    form="parallel",
    sources={
        language: tuple(
            source(local(Csv(), TextRow(text=column), f"parallel/nusax/{part}.csv.gz"), language=language)
            for part in ("train", "valid", "test")
        )
        for language, column in _NUSAX.items()
    },
    licence="CC BY-SA 4.0",
    home="https://github.com/IndoNLP/nusax",
)
_WORDS = """af ar bg bn de el es et eu fa fi fr he hi hu id it ja ka kk ko lt mr nl pl pt ro ru sw ta te th tl tr uk ur
    vi zh"""
LEXICONS = Corpus(
    name="lexicons",
    form="lexicon",
    sources=_merged(
        *(
            _language_sources(
                code, Tsv(header=True), f"lexicons/en-{code}.tsv.gz", row=PairRow(a="english", b="translation")
            )
            for code in names(_WORDS)
        )
    ),
    licence="CC BY-SA 3.0 and 4.0, CC BY 4.0, CC0 1.0 (WordNets, Wiktionary, PanLex)",
    home="https://github.com/omwn/omw-data",
)
CORPORA: Catalog[Corpus] = Catalog(
    "corpus",
    *(COMMON_VOICE, TATOEBA, LINGUA, STORIES, UDHR, BIBLE, YORUBA, PANX, EWT),
    *(NTREX, TICO, NUSAX, LEXICONS),
)
