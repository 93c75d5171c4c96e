"""Reasoning as multiple choice: common sense, science and cause."""

from __future__ import annotations

from xstilts.data.readers.catalog import Csv, Jsonl, Lines, ZippedFiles
from xstilts.data.row_makers.catalog import ChoiceRow
from xstilts.data.source import Place
from xstilts.kinds.choice import Choice
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import CONVERTED, hub, local, names, noted, raw, source, web

CHOICE = Choice()

# As in jiant: the first part of the context, then its second part with each ending.
HELLASWAG_ROW = ChoiceRow(
    prompt="{ctx_a}", options="endings", option="{ctx_b} {option}", answer="label", group=("source_id",)
)


def _hellaswag(split: str, file: str) -> tuple[Place, ...]:
    name = f"data/hellaswag_{file}.jsonl"
    return (
        hub("Rowan/hellaswag", HELLASWAG_ROW, f"data/{split}-00000-of-00001.parquet"),
        web(Jsonl(), HELLASWAG_ROW, (f"hellaswag/{file}.jsonl",), raw("rowanz/hellaswag", "master", name)),
    )


HELLASWAG = Task(
    name="hellaswag",
    kind=CHOICE,
    train=source(*_hellaswag("train", "train"), rows=39_905),
    test={"en": source(*_hellaswag("validation", "val"), note="the development set: test labels are not public")},
    origin=Origin(
        licence="MIT",
        cite="Zellers et al. 2019, HellaSwag: Can a Machine Really Finish Your Sentence?",
        home="https://rowanzellers.com/hellaswag/",
        text="original",
    ),
)

COSMOSQA_ROW = ChoiceRow(
    prompt="{context} {question}",
    options=("answer0", "answer1", "answer2", "answer3"),
    answer="label",
    group=("context",),
)
_COSMOSQA = ("wilburOne/cosmosqa", "b6eb99cca4e2a51dd28a9a6f562534872d851639")


def _cosmosqa(split: str, file: str) -> tuple[Place, ...]:
    return (
        web(Csv(), COSMOSQA_ROW, (f"cosmosqa/{file}.csv",), raw(*_COSMOSQA, f"data/{file}.csv")),
        hub("allenai/cosmos_qa", COSMOSQA_ROW, f"default/{split}/0000.parquet", revision=CONVERTED),
    )


COSMOSQA = Task(
    name="cosmosqa",
    kind=CHOICE,
    train=source(*_cosmosqa("train", "train"), rows=25_262),
    test={"en": source(*_cosmosqa("validation", "valid"), note="the development set: test labels are not public")},
    origin=Origin(
        licence="CC BY 4.0",
        cite="Huang et al. 2019, Cosmos QA: Machine Reading Comprehension with Contextual Commonsense Reasoning",
        home="https://wilburone.github.io/cosmos/",
        text="original",
    ),
)

_CSQA_ROW = ChoiceRow(
    prompt="{question.stem}",
    options="question.choices.*.text",
    answer="answerKey",
    answer_as="letter",
    group=("question.question_concept",),
)
_CSQA_HUB = ChoiceRow(
    prompt="{question}", options="choices.text", answer="answerKey", answer_as="letter", group=("question_concept",)
)

COMMONSENSEQA = Task(
    name="commonsenseqa",
    kind=CHOICE,
    train=source(
        local(Jsonl(), _CSQA_ROW, "commonsenseqa/train_rand_split.jsonl.gz"),
        hub("tau/commonsense_qa", _CSQA_HUB, "data/train-00000-of-00001.parquet"),
        rows=9_741,
    ),
    test={
        "en": source(
            local(Jsonl(), _CSQA_ROW, "commonsenseqa/dev_rand_split.jsonl.gz"),
            hub("tau/commonsense_qa", _CSQA_HUB, "data/validation-00000-of-00001.parquet"),
            note="the development set: test labels are not public",
        )
    },
    origin=Origin(
        licence="MIT on the authors' repository; none stated with the data",
        cite="Talmor et al. 2019, CommonsenseQA: A Question Answering Challenge Targeting Commonsense Knowledge",
        home="https://www.tau-nlp.sites.tau.ac.il/commonsenseqa",
        text="original",
    ),
)


def _socialiqa_row(answer: str, answer_as: str) -> ChoiceRow:
    options = ("answerA", "answerB", "answerC")
    return ChoiceRow(
        prompt="{context} {question}", options=options, answer=answer, answer_as=answer_as, group=("context",)
    )


def socialiqa_local(file: str) -> Place:
    return local(Jsonl(), _socialiqa_row("correct", "letter"), f"socialiqa/socialIQa_v1.4_{file}.jsonl.gz")


def _socialiqa(split: str, file: str) -> tuple[Place, ...]:
    """The published archive keeps answers in a file of their own."""
    archive = "https://storage.googleapis.com/ai2-mosaic/public/socialiqa/socialiqa-train-dev.zip"
    files = (f"socialiqa-train-dev/{file}.jsonl", f"socialiqa-train-dev/{file}-labels.lst")
    read = ZippedFiles(readers=(Jsonl(), Lines(field="gold")))
    converted = f"default/{split}/0000.parquet"
    return (
        web(read, _socialiqa_row("gold", "number"), tuple(f"socialiqa/{f}" for f in files), (archive, archive), files),
        hub("allenai/social_i_qa", _socialiqa_row("label", "number"), converted, revision=CONVERTED),
    )


SOCIALIQA = Task(
    name="socialiqa",
    kind=CHOICE,
    train=source(*_socialiqa("train", "train")),
    test={
        "en": source(
            noted(socialiqa_local("tst"), "the local copy holds the test set; elsewhere it is the development set"),
            *_socialiqa("validation", "dev"),
        )
    },
    origin=Origin(
        licence="CC BY 4.0",
        cite="Sap et al. 2019, Social IQa: Commonsense Reasoning about Social Interactions",
        home="https://leaderboard.allenai.org/socialiqa/submissions/get-started",
        text="original",
    ),
)

XCOPA_LANGUAGES = names("et ht id it qu sw ta th tr vi zh")
_ASKS = (("cause", "What was the cause?"), ("effect", "What happened as a result?"))


def _copa_row(question: str, answer: str) -> ChoiceRow:
    return ChoiceRow(
        id="idx",
        group=("idx",),  # item idx is the same in every language
        prompt="{premise} {phrase}",
        options=("choice1", "choice2"),
        answer=answer,
        phrase=question,
        phrases=_ASKS,
    )


_COPA = _copa_row("question", "label")
# `question` is wrong in many rows of th, tr and sw and in some of id and it; Vietnamese has it as in English.
_WITH_VI = ZippedFiles(readers=(Jsonl(), Jsonl()), prefixes=("", "vi_"), on="idx")
_XCOPA = ("cambridgeltl/xcopa", "e2e9d7f105a758ee869cd13e0fe251ef93a29840")


def _xcopa(language: str) -> Place:
    row = _copa_row("vi_question", "label")
    names = (f"{language}/test.{language}.jsonl", "vi/test.vi.jsonl")
    urls = raw(*_XCOPA, *(f"data/{name}" for name in names))
    return web(_WITH_VI, row, tuple(f"xcopa/{name}" for name in names), urls)


XCOPA = Task(
    name="xcopa",
    kind=CHOICE,
    train=source(
        local(Jsonl(), _COPA, "xcopa/en/train-en.jsonl.gz"),
        hub("aps/super_glue", _COPA, "copa/train-00000-of-00001.parquet"),
    ),
    dev=source(
        local(Jsonl(), _COPA, "xcopa/en/val-en.jsonl.gz"),
        hub("aps/super_glue", _COPA, "copa/validation-00000-of-00001.parquet"),
    ),
    test={
        "en": source(
            local(
                _WITH_VI, _copa_row("vi_question", "vi_label"), "xcopa/en/test-en.jsonl.gz", "xcopa/vi/test.vi.jsonl.gz"
            ),
            note="the English file has no labels: they are those of the Vietnamese translation, by idx",
        ),
        **{language: source(_xcopa(language), language=language) for language in XCOPA_LANGUAGES},
    },
    origin=Origin(
        licence="CC BY 4.0 (English COPA: BSD-2-Clause)",
        cite="Ponti et al. 2020, XCOPA: A Multilingual Dataset for Causal Commonsense Reasoning; Gordon et"
        " al. 2012, COPA",
        home="https://github.com/cambridgeltl/xcopa",
        text="human-translated",
    ),
    benchmarks=("xtreme-r",),
)

_ARC_ROW = ChoiceRow(
    prompt="{question.stem}",
    options="question.choices.*.text",
    answer="answerKey",
    answer_as="label",
    answer_labels="question.choices.*.label",
)
_ARC_HUB = ChoiceRow(
    prompt="{question}", options="choices.text", answer="answerKey", answer_as="label", answer_labels="choices.label"
)


def arc_local(split: str) -> Place:
    return local(Jsonl(), _ARC_ROW, f"arc/ARC-Challenge/ARC-Challenge-{split}.jsonl.gz")


def _arc_hub(split: str) -> Place:
    return hub("allenai/ai2_arc", _ARC_HUB, f"ARC-Challenge/{split}-00000-of-00001.parquet")


ARC = Task(
    name="arc",
    kind=CHOICE,
    train=source(_arc_hub("train")),
    dev=source(arc_local("Dev"), _arc_hub("validation")),
    test={"en": source(noted(arc_local("Test"), "the local copy holds 1,150 of 1,172 questions"), _arc_hub("test"))},
    origin=Origin(
        licence="CC BY-SA 4.0",
        cite="Clark et al. 2018, Think you have Solved Question Answering? Try ARC, the AI2 Reasoning Challenge",
        home="https://allenai.org/data/arc",
        text="original",
    ),
)

TASKS = (HELLASWAG, COSMOSQA, COMMONSENSEQA, SOCIALIQA, XCOPA, ARC)
