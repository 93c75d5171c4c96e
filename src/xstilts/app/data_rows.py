"""The rows of a study's tasks, all of them read: what is used, what is left out, and some examples as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, shortened
from xstilts.data.examples import Example
from xstilts.data.locate import Roots, locate_files
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.pipeline.steps.prepare import row_counts
from xstilts.study.load import load_study
from xstilts.study.resolve import resolve_study
from xstilts.tasks.base import Task

SHOWN = 5  # examples of a task
_LONGEST = 200  # characters of a text
_NAMES = ("id", "group", "where", "lines", "blanks")  # fields that are no content


@dataclass(frozen=True, kw_only=True)
class ReadRows:
    """What was read of one source: `used` rows, those `without_gold`, and `dropped`, reason -> number. `problem`: why
    it cannot be read, with file and line; "" where it can."""

    task: str
    use: str  # "train", "dev", "test" or "pool"
    language: str
    rows: int = 0
    used: int = 0
    without_gold: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem

    def as_line(self) -> str:
        name = f"{self.task} {self.use} {self.language}"
        if self.problem:
            return f"WRONG    {name}: {self.problem}"
        lost = [f"{n:,} dropped ({reason})" for reason, n in self.dropped.items()]
        lost += [f"{self.without_gold:,} without gold"] if self.without_gold else []
        return f"read     {name}: {self.used:,} of {self.rows:,} rows used{''.join(f', {part}' for part in lost)}"


@dataclass(frozen=True, kw_only=True)
class ShownExample:
    """An example as it is read. `content`: what it holds, texts and gold by the names of its fields."""

    task: str
    use: str
    language: str
    place: str  # file:line, without folders
    content: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class TaskRows:
    """All sources of a task that are here, and some of their examples, of each source in turn."""

    task: str
    sources: tuple[ReadRows, ...]
    examples: tuple[ShownExample, ...]

    @property
    def ok(self) -> bool:
        return all(source.ok for source in self.sources)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


def read_study_rows(names: Iterable[str], options: Options, scale: str | None = None) -> Iterator[TaskRows]:
    """Read every row that is here of every task of the studies among `names`, substitutes in the place of what they
    stand in for. A file that cannot be read is a problem of its source, and no error."""
    catalog = catalog_for(None, options)
    for name in names:
        if name in catalog:
            continue
        study = load_study(name, scale)
        resolved = resolve_study(study, catalog_for(study, options), options.roots.data)
        tasks = {task.name: task for task in (*resolved.intermediates.values(), *resolved.finetuning_tasks.values())}
        for task in (tasks | dict(resolved.targets)).values():
            yield _task_rows(task, options.roots)


def _task_rows(task: Task, roots: Roots) -> TaskRows:
    here = [(use, source) for use, source in task.sources if _is_here(source, roots)]
    read = [_read(task, use, replace(source, views=()), roots) for use, source in here]
    in_turn = [example for shown in zip_longest(*(shown for _, shown in read)) for example in shown if example]
    return TaskRows(task=task.name, sources=tuple(rows for rows, _ in read), examples=tuple(in_turn[:SHOWN]))


def _is_here(source: Source, roots: Roots) -> bool:
    try:
        locate_files(source, roots)
    except DataError:
        return False
    return True


def _read(task: Task, use: str, source: Source, roots: Roots) -> tuple[ReadRows, list[ShownExample]]:
    language = source.language
    try:
        loaded = load_examples(resolve_source(source, roots))
        for example in loaded.examples:
            task.kind.check(example)
    except DataError as error:
        return ReadRows(task=task.name, use=use, language=language, problem=str(error)), []
    without_gold = row_counts(loaded, task.kind)["without_gold"]
    rows = ReadRows(
        task=task.name,
        use=use,
        language=language,
        rows=loaded.rows,
        used=loaded.rows - without_gold - sum(loaded.dropped.values()),
        without_gold=without_gold,
        dropped=loaded.dropped,
    )
    shown = [
        ShownExample(task=task.name, use=use, language=language, place=Path(one.where).name, content=content_of(one))
        for one in islice(loaded.examples, SHOWN)
    ]
    return rows, shown


def content_of(example: Example) -> dict[str, str]:
    """Return what an example holds, by the names of its fields: each in one line, cut where it is long.

    >>> from xstilts.data.examples import TagExample
    >>> content_of(TagExample(id="1", group="1", words=("in", "Paris"), tags=("O", "B-LOC")))
    {'words': 'in · Paris', 'tags': 'O · B-LOC'}
    """
    values = {spec.name: getattr(example, spec.name) for spec in fields(example) if spec.name not in _NAMES}
    return {name: _line(value) for name, value in values.items() if value is not None and value is not False}


def _line(value: Any) -> str:
    text = " · ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return shortened(" ".join(text.split()) or "(none)", _LONGEST)
