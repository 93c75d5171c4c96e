"""Passage retrieval by trained dual encoders: LAReQA and Mewsli-X, which XTREME-R scores by mAP@20.

Fine-tuned in English alone; then the queries of each language search one pool that holds passages of many languages.
XTREME-R's scripts (google-research/xtreme, 838c13b) train LAReQA for 3 epochs at a rate of 2e-5, and Mewsli-X for 2 at
2e-5 (mBERT) or 1e-5 (XLM-R large), without warm-up or weight decay, in updates of 16, 256 and 32 rows. They cut these
into passes of 4, 64 and 8 rows, and a query is told its passage from those of its pass alone; here, of its update.
"""

from __future__ import annotations

from xstilts.data.readers.mewsli_x import Entities, MentionPairs, Mentions
from xstilts.data.readers.xquad_r import AnswerPassages
from xstilts.data.row_makers.catalog import AnswerSentenceRow, PassagesRow, SpanRow
from xstilts.data.source import Source
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.retrieval import LAREQA as ONE_LANGUAGE
from xstilts.tasks.retrieval import LAREQA_LANGUAGES, lareqa_urls
from xstilts.tasks.sources import hub, local, names, noted, source, web

MIXED = "mul"  # the language code of text in several (ISO 639-2)
ANSWER_SENTENCE = AnswerSentenceRow(span=SpanRow(group=("title",)))
_PARAGRAPH = PassagesRow(group=("pair",))
_LOCAL_LANGUAGES = names("ar de en es hi ru th vi zh")  # of the local copy


def _lareqa(query_language: str, language: str) -> Source:
    """The files of all languages: what is right for a question stands in each of them."""

    def files(languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"lareqa/xquad-r/{code}.json" for code in languages)

    full = web(
        AnswerPassages(languages=LAREQA_LANGUAGES, query_language=query_language),
        _PARAGRAPH,
        files(LAREQA_LANGUAGES),
        lareqa_urls(*LAREQA_LANGUAGES),
    )
    if query_language and query_language not in _LOCAL_LANGUAGES:
        return source(full, language=language)
    local_copy = local(
        AnswerPassages(languages=_LOCAL_LANGUAGES, query_language=query_language), _PARAGRAPH, *files(_LOCAL_LANGUAGES)
    )
    note = "the local copy lacks Greek and Turkish: a pool of nine languages, and nine right sentences a question"
    return source(full, noted(local_copy, note), language=language)


LAREQA = Task(
    name="lareqa",
    kind=DualEncoder(),
    # XQuAD-R translates SQuAD's development set, so training articles are held out for selection.
    train=source(hub("rajpurkar/squad", ANSWER_SENTENCE, "plain_text/train-00000-of-00001.parquet")),
    test={language: _lareqa(language, language) for language in LAREQA_LANGUAGES},
    pool=_lareqa("", MIXED),
    same_tests_as=ONE_LANGUAGE.name,
    origin=ONE_LANGUAGE.origin,
    benchmarks=("xtreme-r",),
)

MEWSLIX_LANGUAGES = names("ar de en es fa ja pl ro ta tr uk")
_ARCHIVE = "https://storage.googleapis.com/gresearch/mewsli/mewsli-x_20220518_6.zip"
_DOCUMENT = PassagesRow(group=("document",))
# The archive lacks the text of WikiNews; the publishers' get-mewsli-x.sh puts it in from dumps. This is a copy of what
# that makes. Its member is named as the process.py beside it opens it: assumed, the copy has not been opened here.
_COPY = "https://huggingface.co/datasets/izhx/mewsli-x/resolve/7e3723faa15c6d84cfd56d66cf6cd347be8ad00e/raw.tar.gz"
_MENTIONS = "wikinews_mentions-test.jsonl"
_ENTITIES = "candidate_set_entities.jsonl"


def _pairs(split: str) -> Source:
    name = f"wikipedia_pairs-{split}.jsonl"
    return source(web(MentionPairs(), _DOCUMENT, (f"mewslix/{name}",), (_ARCHIVE,), (name,)))


def _mentions(language: str) -> Source:
    files, members = (f"mewslix/{_MENTIONS}",), (f"raw/{_MENTIONS}",)
    return source(web(Mentions(language=language), _DOCUMENT, files, (_COPY,), members), language=language)


MEWSLIX = Task(
    name="mewslix",
    kind=DualEncoder(max_query=64, max_passage=64),
    train=_pairs("train"),
    dev=_pairs("dev"),
    test={language: _mentions(language) for language in MEWSLIX_LANGUAGES},
    pool=source(
        web(Entities(), PassagesRow(), (f"mewslix/{_ENTITIES}",), (_ARCHIVE,), (_ENTITIES,)),
        language=MIXED,
        note="1,003,893 descriptions in 50 languages",
    ),
    origin=Origin(
        licence="none stated with the data; text of Wikipedia CC BY-SA, of WikiNews CC BY 2.5",
        cite="Ruder et al. 2021, XTREME-R: Towards More Challenging and Nuanced Multilingual Evaluation",
        home="https://github.com/google-research/google-research/tree/master/dense_representations_for_entity_retrieval"
        "/mel",
        text="original",
    ),
    benchmarks=("xtreme-r",),
)

TASKS = (LAREQA, MEWSLIX)
