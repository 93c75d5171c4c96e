"""Formal meanings as sequences of tokens: trees of MTOP, FunQL, Prolog, lambda terms, SQL, ThingTalk, SPARQL, Python.

A token is part of the form's language (a bracket, an operator, a name of the schema) or a *value*, a word that the
question may hold as well and a parser may copy. Between quotation marks every word between blanks is a value. Written
out again the tokens are the form up to blanks, which exact match (XSemPLR) takes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xstilts.core.errors import DataError

CLOSERS = {"(": ")", "[": "]", "{": "}"}


INTENT, SLOT = "IN:", "SL:"


class Bracket(NamedTuple):
    """What a token does: it "opens", "closes" or "quotes", "" : nothing; what closes it; and what may stand in it: of
    trees "IN:" or "SL:", else what closes it."""

    action: str = ""
    closer: str = ""
    level: str = ""


_PLAIN = Bracket()


class FormToken(NamedTuple):
    """A token and whether it is a value."""

    text: str
    is_value: bool


@dataclass(frozen=True)
class FormLanguage:
    """How forms of one language are cut and written.

    pattern: a token outside quotation marks. value: which of those are values. split: cuts a matched token into
    (text, is value) parts, where it holds several. quotes: the marks that hold words. glue: what stands between tokens.
    tight: tokens without a blank on either side. keeps_blanks: blanks stand inside quotation marks, beside them.
    bracketed: whether brackets must fit; one_tree: whether a form is one bracket of an intent.
    """

    name: str
    pattern: re.Pattern[str]
    value: re.Pattern[str]
    quotes: str = ""
    glue: str = " "
    tight: str = ""
    keeps_blanks: bool = False
    bracketed: bool = True
    one_tree: bool = False

    def tokens(self, form: str, where: str) -> list[FormToken]:
        """Cut a form. Raises DataError at `where` for a quotation mark that is never closed.

        >>> [text for text, _ in LANGUAGES["funql"].tokens("answer(city(stateid('new york')))", "f:1")]
        ['answer(', 'city(', 'stateid(', "'", 'new', 'york', "'", ')', ')', ')']
        """
        return list(self._tokens(form, where))

    def _tokens(self, form: str, where: str) -> Iterator[FormToken]:
        position = 0
        while found := self.pattern.search(form, position):
            text, position = found[0], found.end()
            if text not in self.quotes or not text:
                yield from self._parts(text)
                continue
            end = form.find(text, position)
            if end < 0:
                raise DataError(f"the form has a quotation mark {text} that is never closed", where=where)
            yield FormToken(text, False)
            yield from (FormToken(word, True) for word in form[position:end].split(" ") if word)
            yield FormToken(text, False)
            position = end + 1

    def _parts(self, text: str) -> Iterator[FormToken]:
        if self.name == "lambda" and (constant := _CONSTANT.fullmatch(text)):
            words = re.split("(_)", constant[1])
            yield from (FormToken(word, word != "_") for word in words if word)
            yield FormToken(constant[2], False)
            return
        yield FormToken(text, bool(self.value.fullmatch(text)))

    def written(self, tokens: Sequence[str]) -> str:
        """Write tokens as a form.

        >>> LANGUAGES["sql"].written(["SELECT", "A", "WHERE", "B", "=", '"', "new", "york", '"'])
        'SELECT A WHERE B = "new york"'
        """
        parts, mark = list[str](), ""
        before = ""
        for token in tokens:
            is_quote = bool(token) and token in self.quotes and mark in ("", token)
            inside = bool(mark)
            if parts and self._has_blank(before, token, inside, is_quote):
                parts.append(" ")
            parts.append(token)
            if is_quote:
                mark = "" if inside else token
            before = token
        return "".join(parts)

    def _has_blank(self, before: str, token: str, inside: bool, is_quote: bool) -> bool:
        if inside:  # the mark that closes, or a word: none beside the marks
            return self.keeps_blanks or not (is_quote or before in self.quotes)
        if not self.glue:
            return False
        if self.name == "lambda":
            return not (token in (")", "_") or before == "_" or _SORT.fullmatch(token))
        return not (token.startswith("\n") or before.startswith("\n") or token in self.tight or before in self.tight)

    def brackets(self, symbols: Sequence[str]) -> Mapping[str, Bracket]:
        """Return what symbols do. Those that are not in it do nothing."""
        does: dict[str, Bracket] = {}
        for symbol in symbols:
            if symbol and symbol in self.quotes:
                does[symbol] = Bracket("quotes", symbol, symbol)
            elif self.bracketed and symbol in (CLOSERS[opener] for opener in self.openers):
                does[symbol] = Bracket("closes", symbol, symbol)
            elif self.bracketed and (opener := self._opener(symbol)):
                level = symbol[1:4] if self.one_tree else CLOSERS[opener]
                does[symbol] = Bracket("opens", CLOSERS[opener], level)
        return does

    def _opener(self, symbol: str) -> str:
        """Return the bracket that a symbol opens: its first character ("(and:<t*,t>") or its last ("city(")."""
        if self.one_tree:
            return "[" if symbol.startswith(("[IN:", "[SL:")) else ""
        return next((end for end in (symbol[:1], symbol[-1:]) if end and end in self.openers), "")

    @property
    def openers(self) -> str:
        """The brackets that must fit."""
        return "" if not self.bracketed else "[" if self.one_tree else "([{"

    @property
    def marks(self) -> frozenset[str]:
        """Characters that no copied word may hold: brackets and quotation marks."""
        return frozenset(self.quotes + self.openers + "".join(CLOSERS[opener] for opener in self.openers))

    def fault(self, tokens: Sequence[str]) -> str:
        """Return what is wrong with the brackets of a form; "" where they fit. A tree is one bracket of an intent, with
        slots in intents and intents or words in slots.

        >>> LANGUAGES["funql"].fault(["city(", ")", ")"]), LANGUAGES["tree"].fault(["[IN:A", "[IN:B", "]", "]"])
        ("')' closes nothing", "'[IN:B' stands where a slot is expected")
        """
        does, stack = self.brackets(tokens), list[Bracket]()
        for number, token in enumerate(tokens):
            bracket, top = does.get(token, _PLAIN), stack[-1] if stack else _PLAIN
            if top.action == "quotes" and token != top.closer:
                continue
            if self.one_tree and (fault := _misplaced(token, bracket, top, number)):
                return fault
            if bracket.action == "opens" or (bracket.action == "quotes" and top.action != "quotes"):
                stack.append(bracket)
            elif bracket.action:
                if top.closer != bracket.closer:
                    expected = f"stands where '{top.closer}' is expected" if stack else "closes nothing"
                    return f"'{token}' {expected}"
                stack.pop()
        if stack:
            return f"a bracket or quotation mark is never closed ('{stack[-1].closer}' is missing)"
        return "" if tokens else "it is empty"


def _misplaced(token: str, bracket: Bracket, top: Bracket, number: int) -> str:
    """Return what is wrong with a token at its place in a tree; "" : nothing."""
    if number and not top.action:
        return f"it goes on after its last bracket, with '{token}'"
    expected = {"": INTENT, INTENT: SLOT, SLOT: INTENT}.get(top.level, "")
    if bracket.action == "opens" and bracket.level != expected:
        return f"'{token}' stands where {'a slot' if expected == SLOT else 'an intent'} is expected"
    if not bracket.action and top.level != SLOT:
        return f"'{token}' stands outside of a slot"
    return ""


_CONSTANT = re.compile(r"([^$:<>()]+)(:[a-z]+)")  # new_york:s
_SORT = re.compile(r":[a-z]+")
_NUMBER = r"-?\d[\d.,]*"
_SQL_WORDS = """
ABS ALL AND AS ASC AVG BETWEEN BY CASE COUNT CROSS DERIVED DESC DISTINCT ELSE END EXCEPT EXISTS FROM GROUP HAVING IN
INNER INTERSECT IS JOIN LEFT LIKE LIMIT MAX MIN NOT NULL ON OR ORDER OUTER SELECT SUM THEN UNION WHEN WHERE
"""
SQL_KEYWORDS = tuple(_SQL_WORDS.split())
_PYTHON_WORDS = """
False None True and as assert async await break class continue def del elif else except finally for from global if
import in is lambda nonlocal not or pass raise return try while with yield
"""
_KEYWORDS = "|".join((*SQL_KEYWORDS, *map(str.lower, SQL_KEYWORDS)))
_NAME = re.compile(rf"(?!(?:{_KEYWORDS})$)\w+(?:\.\d+)?")
_PYTHON_NAME = re.compile(rf"(?!(?:{'|'.join(_PYTHON_WORDS.split())})$)\w+(?:\.\d+)?")
_NOTHING = re.compile(r"(?!)")

_ALL = (
    FormLanguage("tree", re.compile(r"[^\s]+"), re.compile(r"[^\[\]].*"), one_tree=True),
    FormLanguage(
        "funql", re.compile(r"[^\s(),'\"]*\(|[),'\"]|[^\s(),'\"]+"), re.compile(_NUMBER), quotes="'\"", glue=""
    ),
    FormLanguage(
        "prolog", re.compile(r"[^\s(),']*\(|[),']|[^\s(),']+"), re.compile(r"[a-z0-9][^(]*"), quotes="'", glue=""
    ),
    FormLanguage("lambda", re.compile(r"\([^\s()]*|\)|[^\s()]+"), re.compile(_NUMBER)),
    FormLanguage("lambda-dcs", re.compile(r"[^\s]+"), re.compile(_NUMBER)),
    FormLanguage("sql", re.compile(r"\d+\.\d+|\w+|[<>!=]+|[^\s\w]"), _NAME, quotes="'\"", tight="."),
    FormLanguage("thingtalk", re.compile(r"[^\s]+"), re.compile(rf"{_NUMBER}|\d.*"), quotes='"', keeps_blanks=True),
    FormLanguage("sparql", re.compile(r"[^\s]+"), re.compile(r"M\d+")),
    FormLanguage(
        "python",
        re.compile(r"\n[ \t]*|\d+\.\d+|\w+|[<>!=*/+\-%&|^]+|[^\s\w]"),
        _PYTHON_NAME,
        quotes="'\"",
        tight=".",
    ),
)
LANGUAGES: Mapping[str, FormLanguage] = {language.name: language for language in _ALL}
