"""Reader of MASSIVE as published: a JSON object a line, slots marked inside the utterance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.fields import text_field
from xstilts.data.readers.json_records import Jsonl
from xstilts.data.source import WHERE, Row

OUTSIDE = "Other"
_MARK = re.compile(r"\[\s*([^\s\[\]:]+)\s*:\s*([^\[\]]*)\]|([^\[\]]+)")


@dataclass(frozen=True, kw_only=True)
class MassiveUtterances:
    """MASSIVE 1.0 and 1.1: `annot_utt` is the utterance with `[slot : words]` in it.

    Rows: id, intent, words, slots (a name for each word, "Other" for none), as the data set's own script makes them;
    no-break spaces and the like are blanks to it. Rows of other partitions are passed over.

    Arguments
        partition: "train", "dev" or "test".
        by_character: words that are not all ASCII are cut into characters, as is done for Japanese and Chinese.

    Raises DataError (file:line) for brackets that do not fit.
    """

    partition: str
    by_character: bool = False

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in Jsonl()(paths):
            if text_field(row, "partition") == self.partition:
                words, slots = self._tagged(text_field(row, "annot_utt"), row[WHERE])
                yield {
                    "id": row.get("id"),
                    "intent": row.get("intent"),
                    "words": words,
                    "slots": slots,
                    WHERE: row[WHERE],
                }

    def _tagged(self, text: str, where: str) -> tuple[list[str], list[str]]:
        words, slots, end = list[str](), list[str](), 0
        while end < len(text):
            match = _MARK.match(text, end)
            if match is None:
                raise DataError(f"brackets that do not fit: {text}", where=where)
            end = match.end()
            found = [word for chunk in (match[2] or match[3] or "").split() for word in self._parts(chunk)]
            words += found
            slots += [match[1] or OUTSIDE] * len(found)
        return words, slots

    def _parts(self, chunk: str) -> list[str]:
        return list(chunk) if self.by_character and not chunk.isascii() else [chunk]
