"""A user's own data as ordinary tasks: the `tasks:` section of a study, turned into declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.data.readers import catalog
from xstilts.data.row_makers import plain
from xstilts.data.source import Place, Reader, RowMaker, Source
from xstilts.kinds.base import Kind
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.study import user_trees
from xstilts.study.schema import OwnTask
from xstilts.tasks.base import Origin, Task

Columns = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Roles:
    """What the columns of a kind may be called."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    defaults: Mapping[str, str] | None = None


ROLES: Mapping[str, _Roles] = {
    "classification": _Roles(needed=("text", "label"), optional=("pair", "id", "group")),
    "choice": _Roles(needed=("prompt", "options", "answer"), optional=("id", "group")),
    "span-qa": _Roles(
        needed=(),
        optional=("question", "context", "answers", "id", "group", "impossible"),
        defaults={"question": "question", "context": "context", "answers": "answers"},
    ),
    "tagging": _Roles(needed=("words", "tags"), optional=("id", "group")),
    "retrieval": _Roles(needed=(), optional=("a", "b", "id", "group"), defaults={"a": "a", "b": "b"}),
    "dependency": _Roles(needed=(), optional=("id", "group")),
    "roles": _Roles(needed=(), optional=("id", "group")),
}


def own_tasks(declared: Mapping[str, OwnTask]) -> list[Task]:
    """Ordinary tasks. Raises StudyError for a role the kind does not have or misses, and for missing labels."""
    return [_task(name, own, f"tasks.{name}") for name, own in declared.items()]


def _task(name: str, own: OwnTask, where: str) -> Task:
    if own.train is None and not own.test:
        raise StudyError("A task needs a training file, test files, or both.", where=where)
    columns = _columns(own, where)
    user_trees.check(own, where)
    reader = user_trees.reader(own) or READERS[own.reader](own, columns)
    make = MAKERS[own.kind](own, columns)

    def source(files: str | tuple[str, ...], language: str) -> Source:
        listed = (files,) if isinstance(files, str) else tuple(files)
        return Source(places=(Place(files=listed, read=reader, row=make),), language=language)

    return Task(
        name=name,
        kind=_kind(own, where),
        origin=Origin(licence=own.licence, cite=own.cite),
        train=source(own.train, own.language) if own.train is not None else None,
        dev=source(own.dev, own.language) if own.dev is not None else None,
        test={language: source(files, language) for language, files in own.test.items()},
        translations={language: source(files, language) for language, files in own.translations.items()},
        holdout=own.holdout,
        candidates=own.language if own.kind == "retrieval" else "",
    )


def _columns(own: OwnTask, where: str) -> Columns:
    roles = ROLES[own.kind]
    allowed = (*roles.needed, *roles.optional)
    for role in own.columns:
        if role not in allowed:
            raise StudyError(
                f"A {own.kind} task has no column '{role}'.", where=f"{where}.columns", value=role, allowed=allowed
            )
    columns = {**(roles.defaults or {}), **_usual(own), **own.columns}
    for role in roles.needed:
        if role not in columns:
            raise StudyError(
                f"A {own.kind} task needs to know which column is '{role}'.",
                where=f"{where}.columns",
                allowed=allowed,
            )
    return columns


def _usual(own: OwnTask) -> Columns:
    """Columns that a format names by itself."""
    if own.kind == "tagging" and own.reader == "conllu":
        return {"words": "words", "tags": "upos"}
    if own.kind == "tagging" and own.reader == "bio":
        return {"words": "token", "tags": "tag"}
    if own.kind == "span-qa" and own.reader == "squad":
        return {"id": "id", "group": ("title", "paragraph"), "impossible": "is_impossible"}
    return {}


def _kind(own: OwnTask, where: str) -> Kind:
    if own.kind in {"classification", "tagging"} and len(own.labels) < 2:
        raise StudyError(f"A {own.kind} task needs `labels`, at least two, in the order of their ids.", where=where)
    kinds: Mapping[str, Callable[[], Kind]] = {
        "classification": lambda: Classification(labels=own.labels),
        "choice": Choice,
        "span-qa": lambda: SpanQA(no_answer=own.no_answer),
        "tagging": lambda: Tagging(labels=own.labels),
        "retrieval": Retrieval,
        "dependency": lambda: user_trees.dependency(own),
        "roles": lambda: user_trees.roles(own),
    }
    return kinds[own.kind]()


def _bio_columns(own: OwnTask, columns: Columns) -> tuple[str, ...]:
    """The columns of a line, the one with the words called "token" as the reader wants it."""
    listed = own.fields or (columns["words"], columns["tags"])
    return tuple("token" if name == columns["words"] else str(name) for name in listed)


READERS: Mapping[str, Callable[[OwnTask, Columns], Reader]] = {
    "tsv": lambda own, _: catalog.Tsv(columns=own.fields or None, header=own.header and not own.fields),
    "csv": lambda own, _: catalog.Csv(columns=own.fields or None, header=own.header and not own.fields),
    "jsonl": lambda own, _: catalog.Jsonl(),
    "json": lambda own, _: catalog.JsonList(),
    "conllu": lambda own, _: catalog.Conllu(),
    "squad": lambda own, _: catalog.SquadReader(),
    "bio": lambda own, columns: catalog.Bio(columns=_bio_columns(own, columns), separator=own.separator),
    "parallel": lambda own, _: catalog.ParallelText(),
    "parquet": lambda own, _: catalog.Parquet(),
}


def _names(columns: Columns) -> dict[str, Any]:
    group = columns.get("group", ())
    return {"id": columns.get("id"), "group": (group,) if isinstance(group, str) else tuple(group)}


def _classification(own: OwnTask, columns: Columns) -> RowMaker:
    if "pair" in columns:
        return plain.PairRow(a=columns["text"], b=columns["pair"], label=columns["label"], **_names(columns))
    return plain.TextRow(text=columns["text"], label=columns["label"], **_names(columns))


def _choice(own: OwnTask, columns: Columns) -> RowMaker:
    options = columns["options"]
    prompt = columns["prompt"] if "{" in columns["prompt"] else "{" + columns["prompt"] + "}"
    return plain.ChoiceRow(
        prompt=prompt,
        options=options if isinstance(options, str) else tuple(options),
        answer=columns["answer"],
        answer_as=own.answer,
        **_names(columns),
    )


def _span(own: OwnTask, columns: Columns) -> RowMaker:
    return plain.SpanRow(
        question=columns["question"],
        context=columns["context"],
        answers=columns["answers"],
        impossible=columns.get("impossible"),
        **_names(columns),
    )


def _tagging(own: OwnTask, columns: Columns) -> RowMaker:
    if own.reader == "bio":
        return plain.TagsRow(words="words", tags=f"{columns['tags']}s", **_names(columns))
    return plain.TagsRow(words=columns["words"], tags=columns["tags"], **_names(columns))


MAKERS: Mapping[str, Callable[[OwnTask, Columns], RowMaker]] = {
    "classification": _classification,
    "choice": _choice,
    "span-qa": _span,
    "tagging": _tagging,
    "dependency": lambda own, columns: user_trees.trees(own, _names(columns)),
    "roles": lambda own, columns: user_trees.predicates(own, _names(columns)),
    "retrieval": lambda own, columns: plain.SentencesRow(a=columns["a"], b=columns["b"], **_names(columns)),
}
