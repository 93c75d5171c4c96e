"""Real misspellings of words, from lists of what people wrote: codespell's, or a table with a column `correct_form`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.core.fingerprints import file_checksum
from xstilts.core.languages import canonical_code
from xstilts.data.text_lines import Numbered, numbered_lines
from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import base_code
from xstilts.perturb.word_forms import in_case_of

Misspelt = Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]]  # language -> word in small letters -> word, forms

_LAYOUT = (
    "A list has a line 'wrong->right' or 'wrong->right, other,' for each misspelling (English, as codespell has it), "
    "or is a TAB-separated table whose header names the columns lang, form, correct_form and split."
)
_COLUMNS = ("lang", "form", "correct_form", "split")


@dataclass(frozen=True, kw_only=True)
class Misspellings(Perturbation):
    """A word is written as somebody miswrote it. Units are the words for which the list has a misspelling.

    list: the file. Of a table with splits only the rows of `train` make noise, so that texts that are tested on are in
    none of it. list_digest: the checksum of the file.
    """

    name: ClassVar[str] = "misspellings"
    identity_name: ClassVar[str] = "MisspellingNoise"
    unit: ClassVar[str] = "word"
    paths: ClassVar[tuple[str, ...]] = ("list",)

    list: Path = field(metadata=NOT_IDENTITY)
    list_digest: str = field(default="", metadata=OMIT_DEFAULT)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "list", Path(self.list))
        read_misspellings(self.list)
        object.__setattr__(self, "list_digest", file_checksum(self.list))

    def unavailable(self, language: str) -> str | None:
        code = base_code(language)
        return None if code in read_misspellings(self.list) else f"no misspellings of {code} in {self.list}"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        known = read_misspellings(self.list).get(base_code(original.language), {})
        found = []
        for start, end in original.words:
            word = original.text[start:end]
            if (entry := known.get(word.lower())) is not None:
                found.append((start, end, word, *entry))
        edits = []
        chosen = original.places([place[:2] for place in found], self.rate, stream)
        for start, end, word, right, wrong in map(found.__getitem__, chosen):
            edits.append(Edit(start, end, in_case_of(word, stream.one_of(wrong), right)))
        return rewriting_of(original, edits, len(found))


@lru_cache(maxsize=8)
def read_misspellings(path: Path) -> Misspelt:
    """Return the misspellings in a file: those of one word for one word. Raises DataError (file:line)."""
    lines = [(number, line) for number, line in numbered_lines(path) if line.strip()]
    if not lines:
        raise DataError("the list is empty", where=str(path), hint=_LAYOUT)
    pairs = _table(lines, path) if "\t" in lines[0][1] else _arrows(lines, path)
    known: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for language, wrong, right in pairs:
        if wrong != right and not any(char.isspace() for char in wrong + right):
            known[language][right].append(wrong)
    if not known:
        raise DataError("the list has no misspelling that may be used", where=str(path), hint=_LAYOUT)
    return {
        language: {right.lower(): (right, tuple(dict.fromkeys(wrong))) for right, wrong in words.items()}
        for language, words in known.items()
    }


def _arrows(lines: Iterable[Numbered], path: Path) -> Iterator[tuple[str, str, str]]:
    for number, line in lines:
        wrong, arrow, right = (part.strip() for part in line.partition("->"))
        corrections = [item.strip() for item in right.split(",") if item.strip()]
        if not arrow or not wrong or not corrections:
            raise DataError(f"this is no misspelling: '{line[:60]}'", where=f"{path}:{number}", hint=_LAYOUT)
        for correction in corrections:
            yield "en", wrong, correction


def _table(lines: Iterable[Numbered], path: Path) -> Iterator[tuple[str, str, str]]:
    rows = iter(lines)
    number, line = next(rows)
    header = line.split("\t")
    if missing := [name for name in _COLUMNS if name not in header]:
        raise DataError(f"the header has no column '{missing[0]}'", where=f"{path}:{number}", hint=_LAYOUT)
    for number, line in rows:
        cells = line.split("\t")
        if len(cells) != len(header):
            problem = f"the row has {len(cells)} fields, expected {len(header)}"
            raise DataError(problem, where=f"{path}:{number}")
        row = dict(zip(header, cells, strict=True))
        if row["split"] == "train" and row["form"] and row["correct_form"]:
            yield canonical_code(row["lang"], f"{path}:{number}").partition("-")[0], row["form"], row["correct_form"]
