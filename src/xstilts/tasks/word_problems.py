"""Word problems as tasks for an encoder: GSM8K in four castings, and MGSM's translations of its test problems.

What each casting is made of, and why its wrong options cannot be guessed, is said in `docs/reasoning.md`.
"""

from __future__ import annotations

from xstilts.data.readers.catalog import BesideFirstRows, Jsonl, Tsv
from xstilts.data.row_makers.catalog import AnswerRow, NextStepRow, OperationsRow, VerdictRow
from xstilts.data.source import RowMaker, Source
from xstilts.data.word_problems.operations import OPERATION_TAGS
from xstilts.kinds.base import Kind
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.tagging import Tagging
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import names, raw, source, web

_GSM8K = ("openai/grade-school-math", "3101c7d5072418e28b9008a6636bde82a006892c")
_MGSM = ("google-research/url-nlp", "452a21ad3dae5668c06ceeac21ff073e1e40f9be")
MGSM_LANGUAGES = names("de en es fr ja ru th zh")
_ORIGIN = Origin(
    licence="MIT",
    cite="Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems",
    home="https://github.com/openai/grade-school-math",
    text="original",
)


def _url(split: str) -> tuple[str, ...]:
    return raw(*_GSM8K, f"grade_school_math/data/{split}.jsonl")


def _gsm8k(row: RowMaker, split: str, rows: int) -> Source:
    return source(web(Jsonl(), row, (f"gsm8k/{split}.jsonl",), _url(split)), rows=rows)


def _casting(name: str, kind: Kind, row: RowMaker, rows: tuple[int, int], note: str) -> Task:
    """`rows`: examples of the training and of the test set."""
    return Task(
        name=f"gsm8k-{name}",
        kind=kind,
        train=_gsm8k(row, "train", rows[0]),
        test={"en": _gsm8k(row, "test", rows[1])},
        origin=_ORIGIN,
        note=note,
    )


_WORLD = "asked with numbers of the question exchanged or changed, so that the right one cannot be told by its looks"

GSM8K_ANSWER = _casting("answer", Choice(), AnswerRow(), (5_000, 890), f"four final numbers; {_WORLD}")
GSM8K_VERIFY = _casting(
    "verify",
    Classification(labels=("right", "wrong")),
    VerdictRow(),
    (6_000, 1_080),
    f"a solution, or one with numbers exchanged; {_WORLD}",
)
GSM8K_NEXT_STEP = _casting("next-step", Choice(), NextStepRow(), (3_000, 540), f"two to four next steps; {_WORLD}")
GSM8K_OPERATIONS = _casting(
    "operations",
    Tagging(labels=OPERATION_TAGS),
    OperationsRow(),
    (6_900, 1_200),
    "each number of a question is tagged with the operation that first uses it; a number counts as a chunk",
)


def _mgsm(language: str) -> Source:
    file = f"mgsm_{language}.tsv"
    row = AnswerRow(question="gsm8k_question", answer="gsm8k_answer", asked="question", states="answer")
    return source(
        web(
            BesideFirstRows(read=Tsv(columns=("question", "answer")), other=Jsonl(), prefix="gsm8k_"),
            row,
            (f"mgsm/{file}", "gsm8k/test.jsonl"),
            (*raw(*_MGSM, f"mgsm/{file}"), *_url("test")),
        ),
        language=language,
        rows=160,
    )


MGSM = GSM8K_ANSWER.replace(
    name="mgsm",
    test={language: _mgsm(language) for language in MGSM_LANGUAGES},
    note="the options are those of the English problem, made from its solution in GSM8K; numbers stand as the question "
    "has them",
    origin=Origin(
        licence="CC BY 4.0",
        cite="Shi et al. 2022, Language Models are Multilingual Chain-of-Thought Reasoners",
        home="https://github.com/google-research/url-nlp",
        text="human-translated",
    ),
)

TASKS = (GSM8K_ANSWER, GSM8K_VERIFY, GSM8K_NEXT_STEP, GSM8K_OPERATIONS, MGSM)
