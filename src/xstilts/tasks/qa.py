"""Extractive question answering (QA): which span of the context is the answer?

The copies of XQuAD, MLQA and TyDiQA on the hub strip the contexts, which moves answers by the blanks that were in front
of them. So these come from their original addresses.
"""

from __future__ import annotations

from xstilts.data.readers.catalog import SquadReader
from xstilts.data.readers.filters import RowsByPrefix
from xstilts.data.row_makers.catalog import SpanRow
from xstilts.data.source import Place, Source
from xstilts.kinds.span_qa import SpanQA
from xstilts.metrics.spans import Mlqa, SquadScore
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import hub, local, names, noted, raw, source, web

QA = SpanQA()
_DOCUMENT = SpanRow(group=("title",))
_PARAGRAPH = SpanRow(group=("title", "paragraph"))
_CONTEXT = SpanRow(id=None, group=("context",))

SQUAD_TRANSLATIONS = names("ar de el es hi ru th tr vi zh")


def _squad_in(language: str) -> Source:
    """The translate-train file of XTREME: ids are those of the English questions."""
    file = f"translate-train/squad.translate.train.en-{language}.json"
    return source(
        web(
            SquadReader(),
            SpanRow(group=("title",), misplaced="drop"),
            (f"squad/{file}",),
            (f"https://storage.googleapis.com/xtreme_translations/SQuAD/{file}",),
        ),
        language=language,
        note="machine-translated by the authors of XTREME",
        rows=87_599,
    ).without_blanks()


SQUAD1 = Task(
    name="squad1",
    kind=QA,
    train=source(hub("rajpurkar/squad", _DOCUMENT, "plain_text/train-00000-of-00001.parquet"), rows=87_599),
    translations={language: _squad_in(language) for language in SQUAD_TRANSLATIONS},
    test={
        "en": source(
            hub("rajpurkar/squad", _DOCUMENT, "plain_text/validation-00000-of-00001.parquet"),
            note="the development set: the test set is not public",
        )
    },
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text",
        home="https://rajpurkar.github.io/SQuAD-explorer/",
        text="original",
    ),
)

# Questions without an answer have empty answer lists on the hub, and a key of their own in the published JSON.
_HUB_SQUAD2 = SpanRow(group=("title",), impossible=None, empty="impossible")

SQUAD2 = Task(
    name="squad2",
    kind=SpanQA(no_answer=True),
    train=source(hub("rajpurkar/squad_v2", _HUB_SQUAD2, "squad_v2/train-00000-of-00001.parquet"), rows=130_319),
    test={
        "en": source(
            noted(
                local(SquadReader(), _DOCUMENT, "squad2/dev-v2.0.json.gz"),
                "the local copy holds about half of it",
            ),
            hub("rajpurkar/squad_v2", _HUB_SQUAD2, "squad_v2/validation-00000-of-00001.parquet"),
            note="the development set: the test set is not public",
        )
    },
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Rajpurkar, Jia and Liang 2018, Know What You Don't Know: Unanswerable Questions for SQuAD",
        home="https://rajpurkar.github.io/SQuAD-explorer/",
        text="original",
    ),
)

_ENGLISH_RULES = (
    "answers of every language are normalised by SQuAD's rules for English, as XTREME's program does; the score by "
    "MLQA's rules for each language stands beside it"
)
XQUAD_LANGUAGES = names("ar de el en es hi ro ru th tr vi zh")
_XQUAD = ("google-deepmind/xquad", "7d30520c717524000f0d9d2f9c10a069acd9d285")

# Selection holds out SQuAD training articles: XQuAD translates SQuAD's development set, so that must not select.
XQUAD = Task(
    name="xquad",
    kind=QA,
    train=SQUAD1.train,
    translations=SQUAD1.translations,
    test={
        language: source(
            web(SquadReader(), _PARAGRAPH, (f"xquad/xquad.{language}.json",), raw(*_XQUAD, f"xquad.{language}.json")),
            language=language,
            rows=1_190,
        )
        for language in XQUAD_LANGUAGES
    },
    metrics=(SquadScore(), Mlqa()),
    note=_ENGLISH_RULES,
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Artetxe, Ruder and Yogatama 2020, On the Cross-lingual Transferability of Monolingual Representations",
        home="https://github.com/google-deepmind/xquad",
        text="human-translated",
    ),
    benchmarks=("xtreme", "xtreme-r"),
)

MLQA_LANGUAGES = names("ar de en es hi vi zh")
_ITEM = SpanRow(group=("id",))  # titles and paragraphs differ between languages, ids do not


def _mlqa(split: str, language: str) -> str:
    return f"{split}/{split}-context-{language}-question-{language}.json"


MLQA = Task(
    name="mlqa",
    kind=QA,
    train=SQUAD1.train,
    translations=SQUAD1.translations,
    test={
        language: source(
            noted(
                local(SquadReader(), _ITEM, f"mlqa/MLQA_V1/{_mlqa('dev', language)}.gz"),
                "the local copy holds the development set; the original address has the test set",
            ),
            web(
                SquadReader(),
                _ITEM,
                (f"mlqa/MLQA_V1/{_mlqa('test', language)}",),
                ("https://dl.fbaipublicfiles.com/MLQA/MLQA_V1.zip",),
                (f"MLQA_V1/{_mlqa('test', language)}",),
            ),
            language=language,
            rows=5_000,
        )
        for language in MLQA_LANGUAGES
    },
    metrics=(Mlqa(),),
    note="answers are normalised by the rules of their language, as MLQA's program does",
    select=SquadScore(),  # the same on English but for Unicode punctuation; so one SQuAD training serves XQuAD and MLQA
    origin=Origin(
        licence="CC BY-SA 3.0",
        cite="Lewis et al. 2020, MLQA: Evaluating Cross-lingual Extractive Question Answering",
        home="https://github.com/facebookresearch/MLQA",
        text="original, aligned across languages; questions human-translated",
    ),
    benchmarks=("xtreme", "xtreme-r"),
)

TYDIQA_NAMES = {
    "ar": "arabic",
    "bn": "bengali",
    "en": "english",
    "fi": "finnish",
    "id": "indonesian",
    "ko": "korean",
    "ru": "russian",
    "sw": "swahili",
    "te": "telugu",
}
_TYDIQA = "https://storage.googleapis.com/tydiqa/v1.1"


def _tydiqa_test(language: str) -> tuple[Place, ...]:
    dev = f"tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-{TYDIQA_NAMES[language]}.json"
    full = web(SquadReader(), _CONTEXT, (f"tydiqa/{dev}",), (f"{_TYDIQA}/tydiqa-goldp-v1.1-dev.tgz",), (dev,))
    train = f"tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.{language}.train.json.gz"
    if language not in ("ko", "sw"):
        return (full,)
    note = "the local copy scores the training file of this language (the development answers are blank there)"
    return (noted(local(SquadReader(), _CONTEXT, train), note), full)


TYDIQA = Task(
    name="tydiqa",
    kind=QA,
    train=source(
        local(SquadReader(), _CONTEXT, "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json.gz"),
        web(
            RowsByPrefix(read=SquadReader(), field="id", start="english-"),
            _CONTEXT,
            ("tydiqa/tydiqa-goldp-v1.1-train.json",),
            (f"{_TYDIQA}/tydiqa-goldp-v1.1-train.json",),
        ),
        rows=3_696,
    ),
    test={
        language: source(
            *_tydiqa_test(language),
            language=language,
        )
        for language in TYDIQA_NAMES
    },
    holdout=0.1,  # the English development set is the test set of the benchmark
    metrics=(SquadScore(), Mlqa()),
    note=_ENGLISH_RULES,
    origin=Origin(
        licence="Apache-2.0",
        cite="Clark et al. 2020, TyDi QA: A Benchmark for Information-Seeking Question Answering in "
        "Typologically Diverse Languages",
        home="https://github.com/google-research-datasets/tydiqa",
        text="original",
    ),
    benchmarks=("xtreme", "xtreme-r"),
)

TASKS = (SQUAD1, SQUAD2, XQUAD, MLQA, TYDIQA)
