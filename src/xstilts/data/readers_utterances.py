"""Readers of utterances with an intent and slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.lines import Numbered, blocks, expect_fields, lines
from xstilts.data.source import Row


@dataclass(frozen=True, kw_only=True)
class Split:
    """One sentence a line, its words between blanks (any number of them); line i of a file of words fits line i of the
    file of their tags, so empty lines stay.

    Arguments
        field: name of the field that holds the list of words.
    """

    field: str = "words"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in lines(path):
                yield {self.field: line.split(), "where": f"{path}:{number}"}


@dataclass(frozen=True, kw_only=True)
class Utterances:
    """xSID: comments `# key = value`, then `index TAB word TAB intent TAB slot`, a blank line between utterances.

    Rows: words (one may be ""), slots, intent and text (both from the comments: single tokens may say otherwise) and item,
    what names the utterance in every language: the English text, or the utterance's own id where that is not given.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in blocks(path):
                yield _utterance(path, block)


def _utterance(path: Path, block: list[Numbered]) -> Row:
    where = f"{path}:{block[0][0]}"
    comments: dict[str, str] = {}
    words, slots = [], []
    for number, line in block:
        if line.startswith("# ") and not words:
            key, equals, value = line[2:].partition(" = ")
            if equals:
                comments.setdefault(key, value)
            continue
        expect_fields(fields := line.split("\t"), 4, f"{path}:{number}")
        words.append(fields[1])
        slots.append(fields[3])
    for key in ("text", "intent"):
        if key not in comments:
            raise DataError(f"the utterance has no comment '# {key} = '", where=where, value=key, allowed=comments)
    english = comments.get("text-en") or (comments["text"] if "/en." in path.as_posix() else "")
    item = english or comments.get("id", "")
    return {"words": words, "slots": slots, "intent": comments["intent"], "text": comments["text"], "item": item, "where": where}
