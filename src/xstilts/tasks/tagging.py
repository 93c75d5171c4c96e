"""Tagging: a tag for each word, parts of speech and names."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.core.languages import canonical_code
from xstilts.data.readers.catalog import Bio, Conllu
from xstilts.data.row_makers.catalog import TagsRow
from xstilts.data.source import Place, Source
from xstilts.kinds.tagging import Tagging
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import hub, local, names, noted, raw, source, web
from xstilts.tasks.treebanks import EWT, TREEBANKS, Treebank

UPOS = Tagging(labels=names("ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"))

# The PUD treebanks translate the same sentences and share their names, so names are groups. Rows number the sentences:
# two treebanks of a language may hold the same name.
_FUSED = TagsRow(tags="upos", group=("sent_id",), drop=(("masked", "True"),))
_WORDS = TagsRow(tags="upos", group=("sent_id",))
_EWT = next(treebank for treebank in TREEBANKS if treebank.name == "en_ewt")
_UD_NOTE = "one or two treebanks a language; local copies hold at most 500 sentences of each but English"


def _ud(view: str, split: str, language: str, treebanks: Sequence[Treebank]) -> Source:
    """Return all sentences of some treebanks, one treebank after another."""
    files = tuple(f"ud/{language}/{treebank.file(split)}" for treebank in treebanks)
    urls = tuple(url for t in treebanks for url in raw(t.repository, t.commit, t.file(split)))
    read = Conllu(view=view, language=language)
    place = web(read, _FUSED if view == "xtreme" else _WORDS, files, urls)
    rows = {"train": 12_544, "dev": 2_001}.get(split, 1_000 * len(treebanks))
    return source(place, language=language, note=_UD_NOTE if split == "test" else "", rows=rows)


def _ud_tests(view: str) -> dict[str, Source]:
    languages = dict.fromkeys(treebank.language for treebank in TREEBANKS)
    return {code: _ud(view, "test", code, [t for t in TREEBANKS if t.language == code]) for code in languages}


_UD_ORIGIN = Origin(
    licence="CC BY-SA 4.0 or 3.0; Bulgarian, Estonian, Basque, Hungarian and Urdu CC BY-NC-SA; Polish LFG GPL 3.0",
    cite="Nivre et al. 2020, Universal Dependencies v2: An Evergrowing Multilingual Treebank Collection",
    home="https://universaldependencies.org/",
    text="original; PUD human-translated",
    noncommercial=any(treebank.noncommercial for treebank in TREEBANKS),
)

# XTREME's reading: fused tokens with one tag each, chunk F1 over bare tags. XTREME takes all treebanks of UD 2.5.
UDPOS = Task(
    name="udpos",
    kind=UPOS,
    train=_ud("xtreme", "train", "en", (_EWT,)),
    dev=_ud("xtreme", "dev", "en", (_EWT,)),
    test=_ud_tests("xtreme"),
    corpora=(EWT,),
    metrics=(ChunkF1(), TokenAccuracy()),
    note="read as XTREME does (view: xtreme): a multi-word token is one token with one tag. F1 is seqeval 0.0.12's "
    "over bare tags, which counts neighbours with equal tags as one chunk; accuracy of tokens stands beside it",
    origin=_UD_ORIGIN,
    benchmarks=("xtreme", "xtreme-r"),
)

# UD's own reading: syntactic words and accuracy.
UDPOS_WORDS = Task(
    name="udpos-words",
    kind=UPOS,
    train=_ud("words", "train", "en", (_EWT,)),
    dev=_ud("words", "dev", "en", (_EWT,)),
    test=_ud_tests("words"),
    corpora=(EWT,),
    metrics=(TokenAccuracy(), ChunkF1()),
    note="read as UD does (view: words): the syntactic words of a multi-word token, each with its own tag",
    origin=_UD_ORIGIN,
)


def bio(*types: str) -> Tagging:
    """Return the tag set: O, then B- and I- of each type."""
    return Tagging(labels=("O", *(f"{position}-{name}" for name in types for position in "BI")))


NAMES = bio("PER", "ORG", "LOC")
PANX_LANGUAGES = names(
    """af ar az bg bn de el en es et eu fa fi fr gu he hi hu id it ja jv ka kk ko lt ml mr ms my nl pa pl pt qu ro
    ru sw ta te th tl tr uk ur vi yo zh"""
)
_TAGS = TagsRow()
_NUMBERS = tuple((str(i), label) for i, label in enumerate(NAMES.labels))  # the hub's numbers follow the same order
_WIKIANN = TagsRow(words="tokens", tags="ner_tags", labels=_NUMBERS)
_PANX = Bio(columns=("token", "tag"))
_INDEXED = Bio(columns=("index", "token", "tag"))
_BLANKS = Bio(columns=("token", "tag"), separator=" ")
_PANX_DEV = frozenset(PANX_LANGUAGES) - set(names("eu ka th tl ur yo"))
_TAGGED_TESTS = {
    **{code: local(_INDEXED, _TAGS, f"panx/wikiann-{code}.test.conllu.gz") for code in names("de en es nl pl ru")},
    **{
        canonical_code(name): local(_BLANKS, _TAGS, f"panx/masakhane-{name}.test.txt.gz")
        for name in ("amh", "ibo", "kin", "swa")
    },
}  # fmt: skip


_PANX_TEST = 7_000  # sentences of a language on average; 10,000 of most


def _wikiann(language: str, split: str) -> Place:
    return hub("unimelb-nlp/wikiann", _WIKIANN, f"{language}/{split}-00000-of-00001.parquet")


def _panx(language: str) -> Source:
    if language in _TAGGED_TESTS:
        note = "local copies hold at most 1,000 sentences of the test set"
        tagged = noted(_TAGGED_TESTS[language], note)
        return source(tagged, _wikiann(language, "test"), language=language, rows=_PANX_TEST)
    if language in _PANX_DEV:
        dev = local(_PANX, _TAGS, f"panx/dev-{language}.tsv.gz")
        note = "the local copy holds 1,000 sentences or fewer of the development set; the hub has the test set"
        return source(noted(dev, note), _wikiann(language, "test"), language=language, rows=_PANX_TEST)
    return source(_wikiann(language, "test"), language=language, rows=_PANX_TEST)


PANX = Task(
    name="panx",
    kind=NAMES,
    train=source(
        local(_PANX, _TAGS, "panx/train-en.tsv.gz"),
        _wikiann("en", "train"),
        note="as published, 32 sentences also stand in the English development set and 24 in the English test set",
        rows=20_000,
    ),
    dev=source(local(_PANX, _TAGS, "panx/dev-en.tsv.gz"), _wikiann("en", "validation")),
    test={language: _panx(language) for language in PANX_LANGUAGES},
    origin=Origin(
        licence="annotation: none stated; text CC BY-SA 3.0 (Wikipedia)",
        cite="Pan et al. 2017, Cross-lingual Name Tagging and Linking for 282 Languages; splits of Rahimi,"
        " Li and Cohn 2019",
        home="https://github.com/afshinrahimi/mmner",
        text="original, annotated automatically",
    ),
    benchmarks=("xtreme", "xtreme-r"),
)

# The same training as PAN-X, scored in languages that neither XTREME nor XTREME-R has.
PANX_EXTRA = PANX.replace(name="panx-extra", test={code: _panx(code) for code in ("am", "ig", "rw")}, benchmarks=())

FOUR_NAMES = bio("PER", "ORG", "LOC", "MISC")
_WIKINEURAL = ("Babelscape/wikineural", "d2e28c770cba2b285e742529ae18ed849e336c65")


def _babelscape(path: str, language: str = "en", note: str = "") -> Source:
    place = web(_INDEXED, _TAGS, (path,), raw(*_WIKINEURAL, f"data/{path}"))
    return source(place, language=language, note=note)


WIKINEURAL = Task(
    name="wikineural",
    kind=FOUR_NAMES,
    train=_babelscape("wikineural/en/train.conllu"),
    dev=_babelscape("wikineural/en/val.conllu"),
    test={
        language: _babelscape(f"wikineural/{language}/test.conllu", language, "local copies hold 700 sentences")
        for language in ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "ru")
    },
    origin=Origin(
        licence="CC BY-NC-SA 4.0",
        cite="Tedeschi et al. 2021, WikiNEuRal: Combined Neural and Knowledge-based Silver Data Creation "
        "for Multilingual NER",
        home="https://github.com/Babelscape/wikineural",
        text="original, annotated automatically",
        noncommercial=True,
    ),
)

# The same training as WikiNEuRal, scored on names annotated by hand.
WIKIGOLD = WIKINEURAL.replace(
    name="wikigold",
    test={"en": _babelscape("wikigold/en/test.conllu")},
    origin=Origin(
        licence="CC BY 4.0; trained on WikiNEuRal, CC BY-NC-SA 4.0",
        cite="Balasuriya et al. 2009, Named Entity Recognition in Wikipedia",
        home="https://github.com/Babelscape/wikineural",
        text="original",
        noncommercial=True,
    ),
)

MASAKHANER_NAMES = names("bam bbj ewe fon hau ibo kin lug luo mos nya pcm sna swa tsn twi wol xho yor zul")
_MASAKHANE = ("masakhane-io/masakhane-ner", "ba5843cd08aa491d5f96a5e809e71eb9ec461391")


def _masakhaner(name: str, split: str) -> Place:
    path = f"MasakhaNER2.0/data/{name}/{split}.txt"
    return web(_BLANKS, _TAGS, (path,), raw(*_MASAKHANE, path))


def masakhaner_local(name: str, split: str) -> Place:
    return local(_BLANKS, _TAGS, f"masakhaner2/{name}/{split}.txt.gz")


def _masakhaner_test(name: str) -> Source:
    is_local = name in ("swa", "yor")
    places = (noted(masakhaner_local(name, "test"), "the local copy holds 500 sentences"),) if is_local else ()
    return source(*places, _masakhaner(name, "test"), language=canonical_code(name))


MASAKHANER2 = Task(
    name="masakhaner2",
    kind=bio("PER", "LOC", "ORG", "DATE"),
    train=source(_masakhaner("swa", "train"), language="sw", note="trained in Swahili: there is no English"),
    dev=source(_masakhaner("swa", "dev"), language="sw"),
    test={canonical_code(name): _masakhaner_test(name) for name in MASAKHANER_NAMES},
    origin=Origin(
        licence="CC BY-NC 4.0",
        cite="Adelani et al. 2022, MasakhaNER 2.0: Africa-centric Transfer Learning for Named Entity Recognition",
        home="https://github.com/masakhane-io/masakhane-ner",
        text="original",
        noncommercial=True,
    ),
)

TASKS = (UDPOS, UDPOS_WORDS, PANX, PANX_EXTRA, WIKINEURAL, WIKIGOLD, MASAKHANER2)
