"""Reader of xSID: utterances with an intent and slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.source import LINES, WHERE, Row
from xstilts.data.text_lines import Numbered, expect_fields, line_blocks


@dataclass(frozen=True, kw_only=True)
class XsidUtterances:
    """xSID: comments `# key = value`, then `index TAB word TAB intent TAB slot`, a blank line between utterances.

    Rows: words (one may be ""), slots, intent and text (from the comments where they are there: single tokens may say
    otherwise) and item, what names the utterance in every language: the English text, or the utterance's own id where
    that is not given.
    """

    identity_name: ClassVar[str] = "Utterances"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in line_blocks(path):
                yield _utterance(path, block)


def _utterance(path: Path, block: list[Numbered]) -> Row:
    comments = dict(_comment(line) for _, line in block if line.startswith("#"))
    words, intents, slots, lines = [], [], [], []
    for number, line in block:
        if not line.startswith("#"):
            expect_fields(fields := line.split("\t"), 4, f"{path}:{number}")
            lines.append(number)
            words.append(fields[1])
            intents.append(fields[2])
            slots.append(fields[3])
    where = f"{path}:{block[0][0]}"
    if not words:
        raise DataError("an utterance without words", where=where)
    text = comments.get("text", " ".join(words))
    item = comments.get("text-en") or (text if path.name.startswith("en.") else comments.get("id", ""))
    return {
        "words": words,
        "slots": slots,
        "intent": comments.get("intent", intents[0]),
        "text": text,
        "item": item,
        WHERE: where,
        LINES: lines,
    }


def _comment(line: str) -> tuple[str, str]:
    """Return (key, value) of `# key = value`; other comments (`# slots: ...`) come back under a key that nothing asks
    for."""
    key, _, value = line[1:].partition(" = ")
    return key.strip(), value
