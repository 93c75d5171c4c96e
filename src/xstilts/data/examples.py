"""Examples: what a reader promises and a kind encodes. One frozen dataclass per input shape.

`id` is unique within a source and stable across runs. `group` is the unit of resampling: rows that share a document,
a context or a premise share a group, and translations of one item carry the same group in every language.
Gold is None where the file has none; nothing may invent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """The base of all examples."""

    id: str
    group: str
    where: str = ""  # file:line, for error messages

    @property
    def scored(self) -> bool:
        """True where a score counts this example: all but what is only searched through or sets a threshold."""
        return True

    @property
    def texts(self) -> tuple[str, ...]:
        """All that the example says, without its gold; by it rows of different files are compared."""
        return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TextExample(Example):
    """One text or a pair of texts with one label (classification; MLM and retrieval use `text` alone)."""

    text: str
    pair: str | None = None
    label: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.text,) if self.pair is None else (self.text, self.pair)


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelsExample(TextExample):
    """One text or a pair of texts with any number of labels. `labels is None`: unlabelled; `label` says nothing."""

    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceExample(Example):
    """`prompts[i]` and `options[i]` are scored together; `answer` indexes the right option."""

    prompts: tuple[str, ...]
    options: tuple[str, ...]
    answer: int | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return (*self.prompts, *self.options)


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanExample(Example):
    """A question about a context. `answers` are (text, character start) with
    `context[start:start + len(text)] == text`; `impossible` questions have none. `answers is None`: unlabelled.
    `blanks`: how many blank ones its row has beside them, which are left out."""

    question: str
    context: str
    answers: tuple[tuple[str, int], ...] | None = None
    impossible: bool = False
    blanks: int = field(default=0, compare=False, repr=False)

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.question, self.context)


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsExample(Example):
    """The base of sentences. `lines`: the line of each word in the file; () where a sentence stands in one line."""

    words: tuple[str, ...]
    lines: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def texts(self) -> tuple[str, ...]:
        return self.words

    def place(self, word: int) -> str:
        """Return file:line of a word (from 0), for error messages."""
        return word_place(self.where, self.lines, word)


def word_place(where: str, lines: Sequence[int], word: int) -> str:
    """Return file:line of a word (from 0) of a sentence at `where` whose words stand in `lines`, () in one line.

    >>> word_place("f:4", (5, 6), 1), word_place("f:4", (), 1)
    ('f:6', 'f:4')
    """
    return f"{where.rpartition(':')[0]}:{lines[word]}" if word < len(lines) else where


@dataclass(frozen=True, kw_only=True, slots=True)
class TagExample(WordsExample):
    """Words and one tag for each."""

    tags: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameExample(WordsExample):
    """An utterance: its words with a slot tag for each (in BIO), and the intent of all of them. Both are None where the
    file has no frame; slots alone, where no tags can say them.

    form: the meaning as the file writes it, where it says more than intent and slots do."""

    slots: tuple[str, ...] | None = None
    intent: str | None = None
    form: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ParseExample(WordsExample):
    """A question and its meaning. `words`: of the question, and what else a parser may copy (names of a schema).
    `form`: the meaning in a formal language; None: unlabelled. `database`: the script of what an SQL form is about."""

    form: str | None = None
    database: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DependencyExample(WordsExample):
    """Syntactic words and their tree: for each word the number of its head (words count from 1, 0 is the root) and its
    relation. Both are None where the file has no tree.

    `tokens` are the tokens of several words as they stand on the page, (first word, last word, form), words from 1.
    """

    heads: tuple[int, ...] | None = None
    relations: tuple[str, ...] | None = None
    tokens: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicate:
    """A predicate and its arguments, in the order of the file. Words count from 0.

    index: the word. sense: its roleset ("come.03"), None where the file has none.
    spans: (start, end, label), `words[start:end]`; heads: (word, label). None: the file does not have this form.
    A label may begin with "C-" (it continues the argument of that label before it) or "R-" (it refers to one).
    places: file:line of each argument, for error messages; () where they are not known.
    """

    index: int
    sense: str | None = None
    spans: tuple[tuple[int, int, str], ...] | None = None
    heads: tuple[tuple[int, str], ...] | None = None
    places: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RolesExample(WordsExample):
    """Words and the predicates among them, from left to right; () : there are none, None: unlabelled."""

    predicates: tuple[Predicate, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DependencyRolesExample(DependencyExample):
    """A tree and the predicates among its words, from left to right; None: unlabelled."""

    predicates: tuple[Predicate, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SentenceExample(Example):
    """One side of a retrieval test. `matches` are ids of the sentences it translates; None: unlabelled, () : none.
    Queries look for candidates; only queries carry matches."""

    text: str
    side: str  # "query" | "candidate"
    matches: tuple[str, ...] | None = None
    part: str = "test"  # "tune": may set a threshold; "test": scored
    corpus: str = ""  # mining searches within a corpus

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.text,)

    @property
    def scored(self) -> bool:
        return self.side == "query" and self.part == "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class PassageExample(Example):
    """Input of a dual encoder: a query, a passage that is searched, or both (a query and a passage that answers it).

    `context` is text around the passage, read after it. `relevant` are the names of the passages that answer the query,
    that of its own passage first; None: unlabelled. A passage alone is named by its id."""

    query: str | None = None
    passage: str | None = None
    context: str | None = None
    relevant: tuple[str, ...] | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for text in (self.query, self.passage) if text)

    @property
    def name(self) -> str:
        """Return the name of the passage: one that several queries share is searched once."""
        return self.id if self.query is None or not self.relevant else self.relevant[0]

    @property
    def scored(self) -> bool:
        return self.query is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedExample(Example):
    """The base of examples that say which sentences should be likelier than others. `phenomenon` and `paradigm` are the
    broad and the fine part of the test suite that one belongs to."""

    phenomenon: str = ""
    paradigm: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairExample(JudgedExample):
    """A minimal pair: `good` should be likelier than `bad`."""

    good: str
    bad: str

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.good, self.bad)


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionsExample(JudgedExample):
    """An item of a SyntaxGym suite. `conditions`: the name of each sentence and its regions in order (some are empty);
    `predictions`: formulas over the surprisals of regions (`data.syntax.region_formulas`), each of which should hold.
    """

    conditions: tuple[tuple[str, tuple[str, ...]], ...]
    predictions: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(" ".join(filter(None, regions)) for _, regions in self.conditions)
