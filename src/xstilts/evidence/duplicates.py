"""Duplicates: records of several services that are one work, told by DOI, arXiv id, or title with year.

Two publications with different DOIs are never one work, nor are two arXiv ids, however near their titles are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from xstilts.evidence.identifiers import family_name, is_of_arxiv, title_words
from xstilts.evidence.works import PREPRINT, PUBLISHED, Work, WorkRecord, WorkVersion

ALIKE = 0.92  # of two titles, as difflib counts it over characters
_SMALL = frozenset(("a", "an", "and", "are", "can", "do", "does", "for", "from", "how", "in", "is", "of", "on", "the"))


def merge_works(records: Sequence[WorkRecord]) -> tuple[Work, ...]:
    """Return the works of these records, in the order in which they first came."""
    groups = _Groups(records)
    for key in ("doi", "arxiv_id"):
        by_key: dict[str, int] = {}
        for number, record in enumerate(records):
            if value := getattr(record, key):
                groups.join(by_key.setdefault(value, number), number)
    for first, second in _pairs_with_like_titles(records):
        groups.join(first, second)
    named: dict[str, int] = defaultdict(int)
    return tuple(_work(members, named) for members in groups.members())


class _Groups:
    """Disjoint sets of records; two are joined only where no identifier of them says that they differ."""

    def __init__(self, records: Sequence[WorkRecord]) -> None:
        self.records = records
        self.root = list(range(len(records)))
        self.published = [{r.doi} if r.doi and not is_of_arxiv(r.doi) else set() for r in records]
        self.preprints = [{r.arxiv_id} if r.arxiv_id else set() for r in records]

    def find(self, number: int) -> int:
        while self.root[number] != number:
            self.root[number] = self.root[self.root[number]]
            number = self.root[number]
        return number

    def join(self, first: int, second: int) -> None:
        first, second = sorted((self.find(first), self.find(second)))
        if first == second:
            return
        for of in (self.published, self.preprints):
            if of[first] and of[second] and not of[first] & of[second]:
                return
        self.root[second] = first
        self.published[first] |= self.published[second]
        self.preprints[first] |= self.preprints[second]

    def members(self) -> Iterable[list[WorkRecord]]:
        groups: dict[int, list[WorkRecord]] = defaultdict(list)
        for number, record in enumerate(self.records):
            groups[self.find(number)].append(record)
        return groups.values()


def _pairs_with_like_titles(records: Sequence[WorkRecord]) -> Iterator[tuple[int, int]]:
    """Yield pairs of records that are taken to be one work by title, year and authors.

    Compared are records that share their title's first two words, or what stands before its colon."""
    blocks: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        words = title_words(record.title)
        for block in {words[:2], _main_title(record.title)}:
            if block:
                blocks[block].append(number)
    seen: set[tuple[int, int]] = set()
    for numbers in blocks.values():
        for place, first in enumerate(numbers):
            for second in numbers[place + 1 :]:
                if (first, second) not in seen and _same_work(records[first], records[second]):
                    yield first, second
                seen.add((first, second))


def _same_work(first: WorkRecord, second: WorkRecord) -> bool:
    if first.year and second.year and abs(first.year - second.year) > 1:
        return False
    names = [{family_name(author) for author in record.authors} for record in (first, second)]
    if all(names) and not names[0] & names[1]:
        return False
    one, other = (" ".join(title_words(record.title)) for record in (first, second))
    if one == other or (all(names) and _main_title(first.title) == _main_title(second.title) != ()):
        return True
    alike = SequenceMatcher(None, one, other, autojunk=False)
    return alike.quick_ratio() >= ALIKE and alike.ratio() >= ALIKE and _same_numbers(one, other)


def _main_title(title: str) -> tuple[str, ...]:
    """Return the words before a colon, where they are enough to tell a work by; a version may add what follows it."""
    words = title_words(title.partition(":")[0])
    return words if len(words) >= 4 else ()


def _same_numbers(first: str, second: str) -> bool:
    """Whether two titles hold the same numbers: "part 1" and "part 2" are alike and two works."""
    return [w for w in first.split() if w.isdigit()] == [w for w in second.split() if w.isdigit()]


def _work(records: Sequence[WorkRecord], named: dict[str, int]) -> Work:
    by_version: dict[str, list[WorkRecord]] = defaultdict(list)
    for record in records:
        by_version[record.version_name].append(record)
    names = sorted(by_version, key=_order)
    versions = tuple(WorkVersion(name=name, records=tuple(by_version[name])) for name in names)
    key = _citation_key(Work(key="", versions=versions))
    named[key] += 1
    return Work(key=key if named[key] == 1 else f"{key}-{named[key]}", versions=versions)


def _order(name: str) -> tuple[int, int]:
    if name in (PREPRINT, PUBLISHED):
        return (1 if name == PREPRINT else 2, 0)
    return (0, int(name[1:]))


def _citation_key(work: Work) -> str:
    """Return "dogan2098intermediate": family name, year, first word of the title that says something."""
    name = family_name(work.authors[0]) if work.authors else "anonymous"
    words = [word for word in title_words(work.title) if word not in _SMALL and not word.isdigit()]
    key = f"{name}{work.year or ''}{words[0] if words else ''}"
    return "".join(char for char in key if char.isascii() and char.isalnum()) or "work"
