"""Reading a source into examples: find the files, name their content, read them, choose rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.core.costly_values import CostlyValues
from xstilts.core.errors import DataError
from xstilts.core.fingerprints import file_fingerprint, file_stamp
from xstilts.data.examples import Example
from xstilts.data.locate import Roots, locate_files
from xstilts.data.lock import fingerprint_cache, read_lock, verify_against_lock
from xstilts.data.source import WHERE, Drop, Key, Place, Reader, RowMaker, Source, View

_GZIP_RATIO = 3.0  # of text, about
TO_FETCH = "to fetch"


@dataclass(frozen=True, kw_only=True)
class ResolvedSource:
    """A source with its files on this machine. Identity: the content of the files, how they are read, the views; never
    a path."""

    identity_name: ClassVar[str] = "Resolved"

    files: tuple[str, ...]  # sha-256 of each file
    read: Reader
    row: RowMaker
    views: tuple[View, ...] = ()
    language: str = "en"
    paths: tuple[Path, ...] = field(default=(), metadata=NOT_IDENTITY)
    # "data", "store" or "sample": where they were found; "to fetch": they are not here, and this is for a plan alone
    kind: str = field(default="data", metadata=NOT_IDENTITY)
    rows: int | None = field(default=None, metadata=NOT_IDENTITY)  # the published number, of one to fetch
    note: str = field(default="", metadata=NOT_IDENTITY)

    @property
    def text_bytes(self) -> float:
        """Return about how many bytes the files hold, uncompressed."""
        sizes = ((path, path.stat().st_size) for path in self.paths)
        return sum(size * (_GZIP_RATIO if path.suffix == ".gz" else 1.0) for path, size in sizes)


@dataclass(frozen=True, kw_only=True)
class LoadedExamples:
    """Examples in file order, and what became of the other rows.

    Attributes:
        examples: those that the views let through; a row may make several (the two sides of a parallel row).
        row_numbers: for each example the number of its row in the source, from 0.
        rows: rows that the source holds: each made examples or was dropped.
        dropped: reason -> rows that were left out on purpose.
        first_dropped: reason -> file:line of the first of them.
    """

    examples: list[Example]
    row_numbers: Sequence[int]
    rows: int
    dropped: Mapping[str, int]
    first_dropped: Mapping[str, str] = field(default_factory=dict)


def resolve_source(source: Source, roots: Roots) -> ResolvedSource:
    """Find the files of a source and take their fingerprints (remembered while they are the same).

    Raises DataError when files are missing, or when a fetched one is not what it was when it was fetched.
    """
    located = locate_files(source, roots)
    digests = tuple(file_fingerprint(path, fingerprint_cache(roots.store)) for path in located.paths)
    if located.kind == "store":
        lock = read_lock(roots.store)
        for path, digest in zip(located.paths, digests, strict=True):
            verify_against_lock(path, digest, roots.store, lock)
    return ResolvedSource(
        files=digests,
        read=located.place.read,
        row=located.place.row,
        views=source.views,
        language=source.language,
        paths=located.paths,
        kind=located.kind,
        note=joined_note(source, located.place),
    )


def place_to_fetch(source: Source, roots: Roots) -> Place | None:
    """Return the place that the files of a source can be fetched from; None where they are here. Raises DataError where
    there is none."""
    try:
        locate_files(source, roots)
        return None
    except DataError:
        place = next((place for place in source.places if place.can_be_fetched), None)
        if place is None:
            raise
        return place


def expected_source(source: Source, roots: Roots) -> ResolvedSource:
    """Return a source for a plan: as it is here, or as it will be once it is fetched. Raises DataError where it can
    neither be found nor fetched."""
    place = place_to_fetch(source, roots)
    if place is None:
        return resolve_source(source, roots)
    return ResolvedSource(
        files=tuple(f"to fetch: {place.hub or ''} {name}" for name in place.files),
        read=place.read,
        row=place.row,
        views=source.views,
        language=source.language,
        kind=TO_FETCH,
        rows=source.rows,
        note=joined_note(source, place),
    )


def joined_note(source: Source, place: Place) -> str:
    """Return what is to be said of the rows of a source that are read from `place`."""
    return "; ".join(note for note in (source.note, place.note) if note)


def load_examples(resolved: ResolvedSource) -> LoadedExamples:
    """Read all rows, make examples and apply the views. What this process has read before, and is the same, is not read
    again (see `_READ`).

    Raises DataError (file:line) for a malformed row, an id that occurs twice, and when no example is left.
    """
    key = _read_key(resolved)
    made = _READ.get(key, resolved.text_bytes, lambda: _read_all(resolved)) if key else _read_all(resolved)
    indices = apply_views(resolved.views, [Key.of(example) for example in made.examples])
    if not indices:
        found = made.examples or made.dropped
        counts = f" ({len(made.examples)} before views, dropped: {dict(made.dropped)})" if found else ""
        names = ", ".join(str(path) for path in resolved.paths)
        raise DataError(f"no examples are left for language '{resolved.language}'{counts}", where=names)
    return LoadedExamples(
        examples=[made.examples[i] for i in indices],
        row_numbers=[made.numbers[i] for i in indices],
        rows=made.rows,
        dropped=dict(made.dropped),
        first_dropped=dict(made.first_dropped),
    )


def _read_all(resolved: ResolvedSource) -> _MadeRows:
    """Return the examples of all rows. Raises DataError (file:line) for a malformed row and an id that occurs twice."""
    made = _MadeRows()
    made.examples = list(made.each(resolved))
    first: dict[str, Example] = {}
    for example in made.examples:
        if (other := first.setdefault(example.id, example)) is not example:
            raise DataError(f"the id '{example.id}' occurs twice, first at {other.where}", where=example.where)
    return made


def _read_key(resolved: ResolvedSource) -> Hashable:
    """Return what decides which examples are made: the files as they are now, and how they are read. None where there
    are no such files."""
    try:
        stamps = tuple((str(path), file_stamp(path)) for path in resolved.paths)
    except OSError:
        return None
    return (stamps, resolved.files, resolved.read, resolved.row) if stamps else None


def first_examples(resolved: ResolvedSource) -> Iterator[Example]:
    """Yield the examples of a source one by one, in file order, before its views; a plan looks at the first ones.
    Raises DataError (file:line) for a malformed row."""
    return _MadeRows().each(resolved)


@dataclass
class _MadeRows:
    """The examples of a source before its views, and counts of rows while they are made."""

    examples: list[Example] = field(default_factory=list)
    rows: int = 0
    numbers: list[int] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    first_dropped: dict[str, str] = field(default_factory=dict)

    def each(self, resolved: ResolvedSource) -> Iterator[Example]:
        for number, row in enumerate(resolved.read(resolved.paths)):
            example = resolved.row(row, number)
            self.rows += 1
            if isinstance(example, Drop):
                self.dropped[example.reason] += 1
                self.first_dropped.setdefault(example.reason, row[WHERE])
                continue
            made = (example,) if isinstance(example, Example) else example
            self.numbers += [number] * len(made)
            yield from made


# What was read in this process, by `_read_key`: a source is prepared, selects, is predicted, scored and compared, and
# rows such as word problems that are solved with other numbers take far longer to make than to read.
_READ = CostlyValues[_MadeRows](room=20e6)  # bytes of text; in memory 3 to 22 times as much, measured: tags take most


def apply_views(views: Sequence[View], keys: Sequence[Key]) -> list[int]:
    """Return indices into `keys` of the rows that all views let through, each view seeing what the one before it
    left."""
    indices = list(range(len(keys)))
    for view in views:
        visible_keys = [keys[i] for i in indices]
        indices = [indices[i] for i in view.select(visible_keys)]
    return indices
