"""Filters: readers around another reader, which give some of its rows, or its rows with a mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.fields import field_value, text_field, value_name
from xstilts.data.source import Reader, Row
from xstilts.data.text_lines import numbered_lines


@dataclass(frozen=True, kw_only=True)
class RowsByPrefix:
    """The rows of `read` whose field begins with `start`: one language of a file that holds several.

    Arguments
        read: the reader of the whole file.
        field, start: a row is kept when the text at `field` begins with `start`.
    """

    identity_name: ClassVar[str] = "Only"

    read: Reader
    field: str
    start: str

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        return (row for row in self.read(paths) if text_field(row, self.field).startswith(self.start))


@dataclass(frozen=True, kw_only=True)
class HeldOutMarker:
    """The rows of `read` over all files but the last `tests`, each with the mark `held_out`: whether its text is a line
    of one of those. A row maker drops and counts the marked ones, so that no text of a test is trained on.

    Arguments
        read: the reader of the first files.
        tests: how many of the files it does not read; the rows are compared with their lines.
        field: the text that is compared, blanks around it left out.
    """

    identity_name: ClassVar[str] = "Screened"

    read: Reader
    tests: int
    field: str = "text"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        texts = len(paths) - self.tests
        test_lines = {line.strip() for path in paths[texts:] for _, line in numbered_lines(path)}
        for row in self.read(paths[:texts]):
            yield {**row, "held_out": text_field(row, self.field).strip() in test_lines}


@dataclass(frozen=True, kw_only=True)
class RowsWith:
    """The rows of `read` that have a field, named by path: one language of a file whose rows are each in one."""

    read: Reader
    field: str

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        *parents, name = self.field.split(".")
        for row in self.read(paths):
            holder = field_value(row, ".".join(parents)) if parents else row
            if isinstance(holder, dict) and name in holder:
                yield row


@dataclass(frozen=True, kw_only=True)
class RowsWhere:
    """The rows of `read` in which every field has one of its values: one language, or one split, of a file of several.

    Arguments
        read: the reader of the whole file.
        values: (field, values) pairs; numbers, true and false are compared as they are written.

    Raises DataError (the files) where no row has one of the values of a field, with the values that there are.
    """

    read: Reader
    values: tuple[tuple[str, tuple[str, ...]], ...]

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        found: dict[str, dict[str, None]] = {name: {} for name, _ in self.values}
        chosen = 0
        for row in self.read(paths):
            names = {name: value_name(field_value(row, name)) for name in found}
            if all(names[name] in allowed for name, allowed in self.values):
                chosen += 1
                yield row
            elif not chosen:
                for name, value in names.items():
                    if len(found[name]) < _MOST_NAMED:
                        found[name][value] = None
        if not chosen:
            raise _none_chosen(self.values, found, paths)


_MOST_NAMED = 1000  # values of a field that are kept for a message


def _none_chosen(
    values: Sequence[tuple[str, tuple[str, ...]]], found: Mapping[str, Iterable[str]], paths: Sequence[Path]
) -> DataError:
    """Return the error for the first field that has none of its values anywhere, or of all fields together."""
    where = ", ".join(map(str, paths))
    for name, allowed in values:
        if not set(allowed) & set(found[name]):
            problem = f"no row has '{' or '.join(allowed)}' in its field '{name}'"
            return DataError(problem, where=where, value=allowed[0], allowed=sorted(found[name]))
    asked = " and ".join(f"'{' or '.join(allowed)}' in '{name}'" for name, allowed in values)
    return DataError(f"no row has {asked}", where=where)
