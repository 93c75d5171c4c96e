"""The section of a task: what a study may say of a task of its own, under `tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from xstilts.kinds.catalog import user_kinds
from xstilts.metrics.tag_schemes import Scheme
from xstilts.study.field_types import ByLanguage, EachOnce, EachOnceIn, LanguageCode
from xstilts.study.strict_model import StrictModel, one_of


class UserTask(StrictModel):
    """A task declared from files, without Python (docs/add-a-task.md).

    Files lie below a data folder or beside the study file; layouts of several files (`parallel`, `props`) name all.
    """

    kind: Annotated[str, one_of(user_kinds)]
    reader: Literal[
        "tsv",
        "csv",
        "jsonl",
        "json",
        "conllu",
        "squad",
        "bio",
        "parallel",
        "parquet",
        "props",
        "propbank",
        "conllup",
        "xsid",
    ]
    labels: Annotated[
        tuple[str, ...], EachOnce
    ] = ()  # in the order of their ids: of classification, tagging, relations, roles; names of slots
    intents: Annotated[tuple[str, ...], EachOnce] = ()  # of slots and intents, in the order of their ids
    columns: Annotated[Mapping[str, str | tuple[str, ...]], EachOnceIn] = {}  # role -> column of the file
    header: bool = True  # of a tsv or csv file
    fields: Annotated[tuple[str, ...], EachOnce] = ()  # names of the file's columns where no header says them
    separator: str = ""  # between the columns of a csv or bio file; "": a comma, a TAB
    comment: str = ""  # how lines of a bio file begin that are no words; "": there are none
    answer: Literal["index", "number", "letter", "text"] = "index"  # how a choice file gives the answer
    # tagging: what tags say of chunks; "": what the labels look like
    scheme: Scheme = ""
    form: Literal["spans", "heads"] = "spans"  # roles: what an argument is
    # parses: the language of forms (`metrics.form_tokens`)
    forms: Literal["", "tree", "funql", "prolog", "lambda", "lambda-dcs", "sql", "thingtalk", "sparql", "python"] = ""
    no_answer: bool = False  # span QA: some questions have none
    train: str | tuple[str, ...] | None = None
    dev: str | tuple[str, ...] | None = None
    test: Annotated[Mapping[str, str | tuple[str, ...]], ByLanguage] = {}
    translations: Annotated[
        Mapping[str, str | tuple[str, ...]], ByLanguage
    ] = {}  # of the training data: language -> file
    holdout: float = Field(0.1, gt=0, lt=1)  # share of the training data that selects where there is no dev file
    language: LanguageCode = "en"  # of the training data
    licence: str = "not stated"
    cite: str = "the study's own data"
