"""Reader of CoNLL-U with its dependency trees: what parsers are trained on and scored against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.data.readers.conllu import COLUMNS, ConlluWord, MultiwordToken, parse_sentence
from xstilts.data.source import LINES, WHERE, Row
from xstilts.data.syntax.trees import TreeFault, tree_fault
from xstilts.data.text_lines import line_blocks


@dataclass(frozen=True, kw_only=True)
class ConlluTrees:
    """The syntactic words of CoNLL-U, the tokens they stand in, and their tree; empty nodes (`8.1`) are passed over.

    Rows: words (forms), upos, heads (ints, 0 is the root) and deprels (both None in a sentence without heads), tokens
    ([first word, last word, form] of each range such as `3-4`), sent_id, text and fault: what is wrong with the tree,
    as (reason, text, file:line), or None. A tree may be wrong: whether that is an error is for the reader of the row
    to say. A malformed line is one here. `columns`: as for `Conllu`.
    """

    columns: tuple[str, ...] = field(default=COLUMNS, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for block in line_blocks(path):
                comments, words, fused = parse_sentence(path, block, self.columns)
                if words:
                    shared = {"sent_id": comments.get("sent_id", ""), "text": comments.get("text", "")}
                    yield {**tree_row(words, fused), **shared, WHERE: f"{path}:{block[0][0]}"}


def tree_row(words: list[ConlluWord], fused: list[MultiwordToken]) -> Row:
    """Return the fields that a sentence's words, tokens and tree are in."""
    labelled = any(word.attached for word in words)
    wrong = _fault(words) if labelled else None
    return {
        "words": [word.form for word in words],
        "upos": [word.upos for word in words],
        "heads": [word.head for word in words] if labelled else None,
        "deprels": [word.deprel for word in words] if labelled else None,
        "tokens": [[token.first, token.last, token.form] for token in fused],
        "fault": wrong and (wrong.reason, wrong.description, words[wrong.word - 1].where),
        LINES: [word.line for word in words],
    }


def _fault(words: list[ConlluWord]) -> TreeFault | None:
    for number, word in enumerate(words, start=1):
        if not word.attached:
            return TreeFault("a word without a head", f"the word {number} ('{word.form}') has no head", number)
    return tree_fault([word.head for word in words])
