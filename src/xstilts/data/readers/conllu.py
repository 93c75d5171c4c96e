"""Reader of CoNLL-U: syntactic words, or the tokens that XTREME makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError
from xstilts.data.source import LINES, WHERE, Row
from xstilts.data.text_lines import Numbered, expect_fields, line_blocks

# Which of several equally high words names a fused token: the lists of ud-conversion-tools, which XTREME runs.
_PRECEDENCE = {
    "": "VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT",
    "es": "VERB AUX PRON ADP DET",
    "fr": "VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ",
    "it": "VERB AUX ADV PRON ADP DET INTJ",
}


COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")


class ConlluWord(NamedTuple):
    """A syntactic word: its columns, and where it was read (file:line, and the line alone)."""

    form: str
    upos: str
    xpos: str
    feats: str
    head: int
    deprel: str
    misc: str
    where: str
    line: int
    attached: bool = True  # False: the head is "_"


class MultiwordToken(NamedTuple):
    """A token of several words: their first and last index (from 1) and the form on the page."""

    first: int
    last: int
    form: str
    where: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Conllu:
    """CoNLL-U (10 TAB columns, comments, blank lines between sentences).

    view="words"   the syntactic words; ranges (`3-4`) and empty nodes (`8.1`) are passed over. Rows: words (forms),
                   upos, xpos, feats, heads (ints, 0 is the root), deprels, misc, sent_id, text.
    view="xtreme"  the tokens of XTREME's POS data (Hu et al. 2020, through ud-conversion-tools): the words of a range
                   become one token with the form on the page and the UPOS of one word, the word nearest to the root;
                   of several equally near, the one whose UPOS comes first in the precedence list of `language`, then
                   the first. Blanks and U+200C inside forms are removed. Rows: words, upos, sent_id, text, and masked
                   (all forms but one at most are "_": a treebank without its text, which XTREME leaves out).

    Arguments
        view: as above.
        language: "es", "fr" and "it" have precedence lists of their own; anything else takes the common one.
        corrected: of view "words": a word that the treebank marks as misspelt has its right form (`CorrectForm` of
            MISC), where this is one word.
        columns: of files with others than the ten, such as the six of KLUE: their names in order, those of CoNLL-U in
            lower case (`COLUMNS`) and any other, which is passed over.
    """

    view: str = "words"
    language: str = ""
    corrected: bool = field(default=False, metadata=OMIT_DEFAULT)
    columns: tuple[str, ...] = field(default=COLUMNS, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        row = {"words": _words_row, "xtreme": self._xtreme_row}[self.view]
        for path in paths:
            for block in line_blocks(path):
                comments, words, fused = parse_sentence(path, block, self.columns)
                _check_heads(words)
                if words:
                    words = [_corrected(word) for word in words] if self.corrected else words
                    shared = {"sent_id": comments.get("sent_id", ""), "text": comments.get("text", "")}
                    yield {**row(words, fused), **shared, WHERE: f"{path}:{block[0][0]}"}

    def _xtreme_row(self, words: list[ConlluWord], fused: list[MultiwordToken]) -> Row:
        starts = {token.first: token for token in fused}
        tokens: list[tuple[str, str, int]] = []
        index = 1
        while index <= len(words):
            token = starts.get(index)
            if token is None:
                tokens.append((words[index - 1].form, words[index - 1].upos, words[index - 1].line))
                index += 1
            else:
                tokens.append((token.form, self._upos(words, token), token.line))
                index = token.last + 1
        forms = [form.replace("\u200c", "").replace(" ", "") for form, _, _ in tokens]
        blanks = forms.count("_")
        masked = blanks > 0 and blanks >= len(forms) - 1
        return {
            "words": forms,
            "upos": [upos for _, upos, _ in tokens],
            "masked": masked,
            LINES: [line for *_, line in tokens],
        }

    def _upos(self, words: list[ConlluWord], token: MultiwordToken) -> str:
        order = _PRECEDENCE.get(self.language, _PRECEDENCE[""]).split()

        def rank(word: ConlluWord) -> tuple[int, int]:
            return _depth(words, word), order.index(word.upos) if word.upos in order else len(order)

        return min(words[token.first - 1 : token.last], key=rank).upos


def _words_row(words: list[ConlluWord], fused: list[MultiwordToken]) -> Row:
    return {
        "words": [word.form for word in words],
        "upos": [word.upos for word in words],
        "xpos": [word.xpos for word in words],
        "feats": [word.feats for word in words],
        "heads": [word.head for word in words],
        "deprels": [word.deprel for word in words],
        "misc": [word.misc for word in words],
        LINES: [word.line for word in words],
    }


def _corrected(word: ConlluWord) -> ConlluWord:
    """Return a word with its right form. "_" says that there should be no word, and is passed over, as several are."""
    facts = dict(fact.partition("=")[::2] for fact in word.misc.split("|"))
    form = facts.get("CorrectForm", "_").strip()
    return word if form in ("", "_") or len(form.split()) > 1 else word._replace(form=form)


def _depth(words: list[ConlluWord], word: ConlluWord) -> int:
    """Return the number of arcs between a word and the root. Raises DataError where the arcs run in a circle."""
    depth, head = 1, word.head
    while head:
        depth, head = depth + 1, words[head - 1].head
        if depth > len(words):
            raise DataError("the heads run in a circle", where=word.where)
    return depth


def parse_sentence(
    path: Path, block: list[Numbered], names: Sequence[str] = COLUMNS
) -> tuple[dict[str, str], list[ConlluWord], list[MultiwordToken]]:
    """Return comments (key -> value), words and multiword tokens of one sentence. `names`: of the columns; what CoNLL-U
    has besides is "_". Heads are numbers, not yet checked to
    be words of the sentence. Raises DataError for a line that is not CoNLL-U."""
    comments: dict[str, str] = {}
    words: list[ConlluWord] = []
    fused: list[MultiwordToken] = []
    for number, line in block:
        where = f"{path}:{number}"
        if line.startswith("#") and not words:
            key, _, value = line[1:].partition("=")
            comments[key.strip()] = value.strip()
            continue
        expect_fields(fields := line.split("\t"), len(names), where)
        cells = fields if names == COLUMNS else _ten_columns(fields, names)
        index = cells[0]
        if "." in index:
            continue
        if "-" in index:
            first, _, last = index.partition("-")
            fused.append(MultiwordToken(word_number(first, where), word_number(last, where), cells[1], where, number))
            continue
        if word_number(index, where) != len(words) + 1:
            raise DataError(f"the word has number {index}, expected {len(words) + 1}", where=where)
        attached = cells[6] != "_"
        head = word_number(cells[6], where) if attached else 0
        columns = (cells[1], cells[3], cells[4], cells[5], head, cells[7], cells[9])
        words.append(ConlluWord(*columns, where, number, attached))
    _check_ranges(words, fused)
    return comments, words, fused


def _ten_columns(fields: Sequence[str], names: Sequence[str]) -> list[str]:
    found = dict(zip(names, fields, strict=True))
    return [found.get(name, "_") for name in COLUMNS]


def _check_heads(words: list[ConlluWord]) -> None:
    for word in words:
        if not 0 <= word.head <= len(words):
            raise DataError(f"the head {word.head} is no word of the sentence ({len(words)} words)", where=word.where)


def _check_ranges(words: list[ConlluWord], fused: list[MultiwordToken]) -> None:
    last = 0
    for token in fused:
        if not last < token.first <= token.last <= len(words):
            raise DataError(f"the range {token.first}-{token.last} does not fit the words around it", where=token.where)
        last = token.last


def word_number(text: str, where: str) -> int:
    """Return the number of a word. Raises DataError at `where` for a text that is none."""
    if not text.isdecimal():
        raise DataError(f"'{text}' is not a word number", where=where)
    return int(text)
