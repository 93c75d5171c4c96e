"""Paraphrase identification: do two texts say the same?"""

from __future__ import annotations

from xstilts.data.readers.catalog import Tsv
from xstilts.data.row_makers.catalog import PairRow
from xstilts.data.source import Place, Source
from xstilts.kinds.classification import Classification
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import hub, local, names, noted, source, web

SAME = Classification(labels=("0", "1"))  # 1: a paraphrase

PAWSX_LANGUAGES = names("de en es fr ja ko zh")
_ROW = PairRow(a="sentence1", b="sentence2", label="label")  # row i is the same pair in every language
# Pairs that were not translated hold "NS": they are scored, as everybody does, and never trained on.
_TRAIN_ROW = PairRow(a="sentence1", b="sentence2", label="label", drop=(("sentence1", "NS"), ("sentence2", "NS")))


def _pawsx_test(language: str) -> tuple[Place, ...]:
    labelled = noted(
        local(Tsv(header=True), _ROW, f"pawsx/x-final/{language}/test_2k.tsv.gz"),
        "the local copy holds 1,000 of 2,000 test rows",
    )
    dev = noted(
        local(Tsv(columns=("sentence1", "sentence2", "label")), _ROW, f"pawsx/dev-{language}.tsv.gz"),
        "the local copy holds the development set, whose English rows also select; the hub has the test set",
    )
    full = hub("google-research-datasets/paws-x", _ROW, f"{language}/test-00000-of-00001.parquet")
    return (labelled if language in ("de", "zh") else dev, full)


# Rows are those of the English file. The hub marks a label that is neither 0 nor 1 with -1.
_TRANSLATED_ROW = PairRow(
    a="sentence1", b="sentence2", label="label", drop=(("sentence1", "NS"), ("sentence2", "NS"), ("label", "-1"))
)


def _pawsx_in(language: str) -> Source:
    file = f"x-final/{language}/translated_train.tsv"
    archive = "https://storage.googleapis.com/paws/pawsx/x-final.tar.gz"
    return source(
        web(Tsv(header=True), _TRANSLATED_ROW, (f"pawsx/{file}",), (archive,), (file,)),
        hub("google-research-datasets/paws-x", _TRANSLATED_ROW, f"{language}/train-00000-of-00001.parquet"),
        language=language,
        note="machine-translated by the authors of PAWS-X",
    ).without_blanks()


PAWSX = Task(
    name="pawsx",
    kind=SAME,
    train=source(hub("google-research-datasets/paws-x", _TRAIN_ROW, "en/train-00000-of-00001.parquet"), rows=49_401),
    translations={language: _pawsx_in(language) for language in PAWSX_LANGUAGES if language != "en"},
    dev=source(
        local(Tsv(columns=("sentence1", "sentence2", "label")), _ROW, "pawsx/dev-en.tsv.gz"),
        hub("google-research-datasets/paws-x", _ROW, "en/validation-00000-of-00001.parquet"),
    ),
    test={
        language: source(
            *_pawsx_test(language),
            language=language,
            rows=2_000,
        )
        for language in PAWSX_LANGUAGES
    },
    origin=Origin(
        licence="free for any purpose, acknowledgement appreciated (Google)",
        cite="Yang et al. 2019, PAWS-X: A Cross-lingual Adversarial Dataset for Paraphrase Identification",
        home="https://github.com/google-research-datasets/paws/tree/master/pawsx",
        text="human-translated",
    ),
    benchmarks=("xtreme",),
)

_QQP_ROW = PairRow(a="question1", b="question2", label="label", group=("question1",))

QQP = Task(
    name="qqp",
    kind=SAME,
    train=source(hub("nyu-mll/glue", _QQP_ROW, "qqp/train-00000-of-00001.parquet"), rows=363_846),
    test={
        "en": source(
            hub("nyu-mll/glue", _QQP_ROW, "qqp/validation-00000-of-00001.parquet"),
            note="the development set of GLUE: the labels of its test set are not public",
        )
    },
    origin=Origin(
        licence="Quora terms of service, non-commercial",
        cite="Iyer, Dandekar and Csernai 2017, First Quora Dataset Release: Question Pairs",
        home="https://quoradata.quora.com/First-Quora-Dataset-Release-Question-Pairs",
        text="original",
        noncommercial=True,
    ),
)

TASKS = (PAWSX, QQP)
