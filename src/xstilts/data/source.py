"""A source: where rows come from, how they are read, and which of them are seen.

A source is a value. It lists *places* in order of preference; the first place whose files are here is read (see
`data.locate`), so a local folder, the packaged sample and the hub can hold one task in different formats. Its identity
is the content of the files that were read, how they were read, and the views on them: never a path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.data.examples import Example


class RowPlace(Enum):
    """The keys of a row's place. They are no texts, so that no column of a file is hidden by them."""

    WHERE = "where"
    LINES = "lines"

    __hash__ = object.__hash__  # one key of each row that is read: the hash of an Enum is worked out in Python


WHERE = RowPlace.WHERE
LINES = RowPlace.LINES
# raw fields by name, plus WHERE: "file:line"; where words have lines of their own, LINES: the line of each
Row = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Drop:
    """A row maker's answer for a row that is left out on purpose; reasons are counted and reported."""

    reason: str


class Reader(Protocol):
    """A frozen dataclass that turns files into rows. Raises DataError (file:line) on a malformed row."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]: ...


class RowMaker(Protocol):
    """A frozen dataclass that turns a row into an example, or into several (the two sides of a parallel row).
    `number` is the row's number in the source, from 0."""

    def __call__(self, row: Row, number: int) -> Example | Sequence[Example] | Drop: ...


@dataclass(frozen=True, kw_only=True)
class Place:
    """One way to get the rows. `files` are paths below a data root (`--data`, `XSTILTS_DATA`, the store's `data/`, the
    packaged samples); a hub or web place names its files there and is fetched into the store."""

    read: Reader
    row: RowMaker
    files: tuple[str, ...] = ()  # below a data root; several when a reader joins files
    hub: str | None = None  # "owner/name"; `files` are then paths in that data set repository
    revision: str | None = None  # None: resolved at first fetch and locked
    urls: tuple[str, ...] = ()  # the original addresses, one for each file; tried after the hub
    members: tuple[str, ...] = ()  # for archives: the member read from each fetched file, "" when not an archive
    languages: tuple[str, ...] = ()  # one for each file ("" stays always), where a source holds texts of several
    # what its files are, where they stand in for what the source names: "the development set"; shown with every score
    note: str = field(default="", metadata=NOT_IDENTITY)

    @property
    def can_be_fetched(self) -> bool:
        return bool(self.hub or self.urls)

    def only_languages(self, languages: Collection[str]) -> Place:
        """Return this place without the files of other languages. Raises DataError for a language it has no file in."""
        for language in languages:
            if language not in self.languages:
                offered = sorted(set(self.languages) - {""})
                raise DataError(f"there is no text in '{language}'.", value=language, allowed=offered)
        indices = [i for i, language in enumerate(self.languages) if not language or language in languages]

        def keep_files(parts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(parts[i] for i in indices) if parts else ()

        return replace(
            self,
            files=keep_files(self.files),
            urls=keep_files(self.urls),
            members=keep_files(self.members),
            languages=keep_files(self.languages),
        )


@dataclass(frozen=True, slots=True)
class Key:
    """All that a view looks at of an example: enough to choose rows without reading them again.

    `scored`: a score counts it (`Example.scored`); of a training set, where views do not ask, always true."""

    id: str
    group: str
    scored: bool = True

    @classmethod
    def of(cls, example: Example) -> Key:
        return cls(example.id, example.group, example.scored)


class View(Protocol):
    """A frozen dataclass that chooses rows: indices into `keys`, in the order they should have."""

    def select(self, keys: Sequence[Key]) -> list[int]: ...

    def passing_share(self, rows: float) -> float:
        """Return about which share of `rows` rows it lets through, for estimates."""
        ...


@dataclass(frozen=True, kw_only=True)
class MachineTranslation:
    """Into which language a model translates the rows of a source, and how. The model goes by its name here; where it
    is looked up, its content becomes identity."""

    language: str
    model: str  # a folder, or "owner/name[@revision]"
    beams: int  # 1: greedy


@dataclass(frozen=True, kw_only=True)
class Source:
    """Origin of rows: places in order of preference, the language of their text, and the views on them."""

    places: tuple[Place, ...]
    language: str = "en"
    views: tuple[View, ...] = ()
    translation: MachineTranslation | None = field(default=None, metadata=OMIT_DEFAULT)  # of the rows the views chose
    note: str = field(default="", metadata=NOT_IDENTITY)  # "a slice of the dev file": shown in every report
    # The published number of examples, for plans before the files are here.
    rows: int | None = field(default=None, metadata=NOT_IDENTITY, compare=False)

    @property
    def notes(self) -> str:
        """What is to be said of its rows, wherever they lie."""
        return "; ".join(dict.fromkeys(note for note in (self.note, *(place.note for place in self.places)) if note))

    def subsample(self, n: int, seed: int = 0) -> Source:
        """Return the first `n` rows of a seeded shuffle, in file order; a smaller `n` is a subset of a larger one. Of
        retrieval sources whole groups, at most `n` rows: a sentence stays with its translation."""
        from xstilts.data.views import Subsample

        # Row makers whose rows lose their meaning one by one (a sentence without its translation) say so.
        by = getattr(self.places[0].row, "unit", "id") if self.places else "id"
        return replace(self, views=(*self.views, Subsample(n=n, seed=seed, by=by)))

    def only_languages(self, languages: Collection[str]) -> Source:
        """Return text of these languages alone, of a source that holds several: in the places that have them all.
        Raises DataError where none has."""
        places, refused = [], None
        for place in self.places:
            try:
                places.append(place.only_languages(languages))
            except DataError as error:
                refused = refused or error
        if refused and not places:
            raise refused
        return replace(self, places=tuple(places))

    def with_translation(self, translation: MachineTranslation) -> Source:
        """Return the rows of this source as a model translates them; no view is laid on top."""
        return replace(self, translation=translation)

    def without_blanks(self) -> Source:
        """Return this source without rows that have a blank text, which machine translations hold here and there."""
        from xstilts.data.row_makers.blanks import WithoutBlanks

        return replace(self, places=tuple(replace(place, row=WithoutBlanks(make=place.row)) for place in self.places))

    def split(self, name: str, share: float, seed: int = 0) -> Source:
        """Return one of two disjoint parts, cut by group: `name` is "held" (about `share` of the groups) or "rest"."""
        from xstilts.data.views import SplitView

        return replace(self, views=(*self.views, SplitView(name=name, share=share, seed=seed)))
