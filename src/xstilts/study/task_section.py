"""The section of a task: what a study may say of a task of its own, under `tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from xstilts.core.encodings import ENCODINGS, encoding_name
from xstilts.core.errors import StudyError
from xstilts.kinds.catalog import user_kinds
from xstilts.metrics.tag_schemes import Scheme
from xstilts.study.field_types import ByLanguage, EachOnce, EachOnceIn, LanguageCode
from xstilts.study.strict_model import StrictModel, one_of, refused

Layout = Literal[
    "tsv",
    "csv",
    "jsonl",
    "json",
    "conllu",
    "conll2009",
    "conll2012",
    "squad",
    "bio",
    "parallel",
    "parquet",
    "tmx",
    "props",
    "propbank",
    "conllup",
    "xsid",
]


def _listed(value: Any) -> Any:
    """A text where a list of texts may stand is a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


def _known_encoding(name: str) -> str:
    found = encoding_name(name)
    if found is None:
        raise refused(StudyError(f"There is no encoding '{name}'.", value=name, allowed=ENCODINGS))
    return found


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed), EachOnce]


class FileLayout(StrictModel):
    """How files of a task are laid out. One file may say otherwise than its task (`OwnFile`)."""

    reader: Layout | None = None
    columns: Annotated[Mapping[str, str | tuple[str, ...]], EachOnceIn] = {}  # role -> column, or "{one} {other}"
    header: bool | None = None  # of a tsv or csv file; None: it has one unless `fields` names the columns
    fields: Annotated[tuple[str, ...], EachOnce] = ()  # names of the file's columns where no header says them
    separator: str | None = Field(None, min_length=1)  # between columns; None: a TAB, in a csv file a comma
    quote: str | None = Field(None, max_length=1)  # of a csv file; "": none is a quotation mark
    escape: str | None = Field(None, max_length=1)  # of a csv file: before a quotation mark inside a cell
    comment: Texts = ()  # of a bio file: what lines begin with that stand before a sentence
    encoding: Annotated[str, AfterValidator(_known_encoding)] | None = None
    parse: Texts = ()  # columns of a tsv or csv file whose cells hold lists or objects
    where: Mapping[str, Texts] = {}  # column -> its values in the rows that are read
    drop: Mapping[str, Texts] = {}  # column -> its values in rows that are left out and counted
    label_names: Mapping[str, str] = {}  # label as it stands in the file -> its name
    label_separator: str | None = Field(None, min_length=1)  # between several labels of a text; None: a comma
    answer: Literal["index", "number", "letter", "text", "flags"] | None = None  # how a choice file gives the answer


class OwnFile(FileLayout):
    """The files of one use, and what is particular to them."""

    files: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)


def _file(value: Any) -> Any:
    """A file, or a list of files, as a section that says nothing else of them."""
    return {"files": value} if value is not None and not isinstance(value, Mapping | OwnFile) else value


Files = Annotated[OwnFile, BeforeValidator(_file)]
# Keys of a layout: a file in another one has none of those that the task names for its own.
OF_LAYOUT = ("header", "fields", "separator", "quote", "escape", "comment", "encoding", "parse")


class UserTask(FileLayout):
    """A task declared from files, without Python (docs/add-a-task.md).

    Files lie below a data folder or beside the study file; layouts of several files (`parallel`, `props`) name all.
    """

    kind: Annotated[str, one_of(user_kinds)]
    reader: Layout
    labels: Annotated[
        tuple[str, ...], EachOnce
    ] = ()  # in the order of their ids: of classification, tagging, relations, roles; names of slots
    intents: Annotated[tuple[str, ...], EachOnce] = ()  # of slots and intents, in the order of their ids
    range: tuple[float, float] | None = None  # regression: the lowest and the highest number of the scale
    metrics: Texts = ()  # in the place of those of the kind; the first is the score
    trained_on: str | None = None  # without training data: the task whose model is tested
    # tagging: what tags say of chunks; "": what the labels look like
    scheme: Scheme = ""
    form: Literal["spans", "heads"] = "spans"  # roles: what an argument is
    # parses: the language of forms (`metrics.form_tokens`)
    forms: Literal["", "tree", "funql", "prolog", "lambda", "lambda-dcs", "sql", "thingtalk", "sparql", "python"] = ""
    no_answer: bool = False  # span QA: some questions have none
    train: Files | None = None
    dev: Files | None = None
    test: Annotated[Mapping[str, Files], ByLanguage] = {}
    translations: Annotated[Mapping[str, Files], ByLanguage] = {}  # of the training data: language -> file
    holdout: float = Field(0.1, gt=0, lt=1)  # share of the training data that selects where there is no dev file
    language: LanguageCode = "en"  # of the training data
    licence: str = "not stated"
    cite: str = "the study's own data"

    @model_validator(mode="before")
    @classmethod
    def labels_are_named(cls, data: Any) -> Any:
        """Without `labels` those are the names that `label_names` gives, each once, in its order."""
        names = data.get("label_names") if isinstance(data, Mapping) and "labels" not in data else None
        if not isinstance(names, Mapping):
            return data
        return {**data, "labels": tuple(dict.fromkeys(name for name in names.values() if isinstance(name, str)))}

    def of_file(self, file: OwnFile) -> Self:
        """Return this task as one of its files is laid out: what that says is laid over what the task says, `columns`,
        `where` and `drop` key by key; in another layout than the task's, none of the task's keys of its layout hold."""
        said: dict[str, Any] = {key: getattr(file, key) for key in file.model_fields_set if key != "files"}
        for key in ("columns", "where", "drop"):
            if key in said:
                said[key] = {**getattr(self, key), **said[key]}
        if said.get("reader") not in (None, self.reader):
            said = {key: FileLayout.model_fields[key].default for key in OF_LAYOUT} | said
        return self.model_copy(update=said)
