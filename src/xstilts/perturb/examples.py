"""Perturbed examples: the texts of every class of examples rewritten, with their gold, ids and groups as they were.

Of a retrieval test only queries are rewritten: what is searched stays clean. An answer is found again at its exact
place in the new context; an example of which an answer is not is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from xstilts.core.errors import DataError
from xstilts.core.languages import canonical_code
from xstilts.data.examples import (
    ChoiceExample,
    DependencyExample,
    DependencyRolesExample,
    Example,
    PassageExample,
    RolesExample,
    SentenceExample,
    SpanExample,
    TagExample,
    TextExample,
    WordsExample,
)
from xstilts.perturb.base import Perturbation, joined
from xstilts.perturb.edits import Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.word_choice import WordPreference
from xstilts.perturb.word_languages import word_languages

E = TypeVar("E", bound=Example)
Watch = Callable[[Example, str, Rewriting], None]  # is told of each text: the example, which text of it, what was done

CROSSED = "an edit crosses the border of an answer"
VANISHED = "an answer vanished"


@dataclass(frozen=True, kw_only=True)
class PerturbedExamples(Generic[E]):
    """What `perturb_examples` makes.

    examples: in the order of the originals, without those that were dropped. units: what the perturbation could have
    changed in them (its `unit`: characters or words); changed: how many it did. dropped: reason -> number of examples;
    first_dropped: reason -> place (file:line, or the id) of the first of them. language_tags: of each rewritten text
    the language of every word, where a perturbation switches languages (for `switch_measures`); else ().
    """

    examples: Sequence[E]
    units: int
    changed: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    first_dropped: Mapping[str, str] = field(default_factory=dict)
    language_tags: Sequence[Sequence[str]] = ()

    @property
    def realised_rate(self) -> float | None:
        """The share of units that were changed; None where there was nothing to change."""
        return self.changed / self.units if self.units else None


class _LostError(Exception):
    """A gold of an example is not found again."""


class _Texts(Protocol):
    """What is done with the texts of an example, one after another."""

    def text(self, example: Example, name: str, text: str) -> Rewriting: ...

    def words(self, example: WordsExample) -> tuple[str, ...]: ...


class _Rewriter:
    """Rewrites the texts of one example after another, and counts."""

    def __init__(
        self, perturbation: Perturbation, language: str, watch: Watch | None, preference: WordPreference | None
    ) -> None:
        self.perturbation, self.language, self.watch, self.preference = perturbation, language, watch, preference
        self.units = self.changed = 0
        self.tags: list[list[str]] = []

    def text(self, example: Example, name: str, text: str) -> Rewriting:
        stream = self._stream(example, name)
        rewriting = self.perturbation.rewrite_text(text, self.language, stream, self.preference)
        self._count(example, name, rewriting)
        return rewriting

    def words(self, example: WordsExample) -> tuple[str, ...]:
        stream = self._stream(example, "words")
        words, rewriting = self.perturbation.rewrite_words(example.words, self.language, stream, self.preference)
        self._count(example, "words", rewriting)
        return tuple(words)

    def _stream(self, example: Example, name: str) -> RandomStream:
        return RandomStream(self.perturbation.name, self.perturbation.seed, example.id, name)

    def _count(self, example: Example, name: str, rewriting: Rewriting) -> None:
        self.units += rewriting.units
        self.changed += rewriting.changed
        if self.perturbation.switches:
            self.tags.append(word_languages(rewriting, canonical_code(self.language)))
        if self.watch:
            self.watch(example, name, rewriting)


class _Collector:
    """Collects the texts of examples, and leaves them as they are."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def text(self, example: Example, name: str, text: str) -> Rewriting:
        self.texts.append(text)
        return Rewriting(text)

    def words(self, example: WordsExample) -> tuple[str, ...]:
        self.texts.append(joined(example.words))
        return example.words


def _text(example: TextExample, to: _Texts) -> TextExample:
    pair = None if example.pair is None else to.text(example, "pair", example.pair).text
    return replace(example, text=to.text(example, "text", example.text).text, pair=pair)


def _choice(example: ChoiceExample, to: _Texts) -> ChoiceExample:
    rewritten: dict[str, str] = {}  # a prompt that stands before every option is the same before each
    for number, text in enumerate((*example.prompts, *example.options)):
        if text not in rewritten:
            rewritten[text] = to.text(example, str(number), text).text
    prompts, options = (tuple(rewritten[text] for text in texts) for texts in (example.prompts, example.options))
    return replace(example, prompts=prompts, options=options)


def _span(example: SpanExample, to: _Texts) -> SpanExample:
    context = to.text(example, "context", example.context)
    question = to.text(example, "question", example.question).text
    answers = example.answers and tuple(_answer(text, start, context) for text, start in example.answers)
    return replace(example, question=question, context=context.text, answers=answers)


def _answer(text: str, start: int, context: Rewriting) -> tuple[str, int]:
    if context.old[start : start + len(text)] != text:
        raise _LostError("an answer does not stand where the data say")
    span = context.new_span(start, start + len(text))
    if span is None:
        raise _LostError(CROSSED)
    answer, new_start = context.text[slice(*span)], span[0]
    if text == text.strip() != "":  # a blank that was within it, and now is at its border, is none of it
        new_start += len(answer) - len(answer.lstrip())
        answer = answer.strip()
    if text and not answer:
        raise _LostError(VANISHED)
    return answer, new_start


def _words(example: Any, to: _Texts) -> Any:
    return replace(example, words=to.words(example))


def _tree(example: Any, to: _Texts) -> Any:
    words = to.words(example)
    tokens = tuple(
        (first, last, _token_form(example.words, words, first, last, form)) for first, last, form in example.tokens
    )
    return replace(example, words=words, tokens=tokens)


def _token_form(old: Sequence[str], new: Sequence[str], first: int, last: int, form: str) -> str:
    """Return the form of a token of several words: of one that is its words end to end, what they are now."""
    return "".join(new[first - 1 : last]) if "".join(old[first - 1 : last]) == form else form


def _sentence(example: SentenceExample, to: _Texts) -> SentenceExample:
    return replace(example, text=to.text(example, "text", example.text).text) if example.side == "query" else example


def _passage(example: PassageExample, to: _Texts) -> PassageExample:
    query = None if example.query is None else to.text(example, "query", example.query).text
    return replace(example, query=query)


_FORMS: Mapping[type[Example], Callable[[Any, _Texts], Example]] = {
    TextExample: _text,
    ChoiceExample: _choice,
    SpanExample: _span,
    TagExample: _words,
    RolesExample: _words,
    DependencyExample: _tree,
    DependencyRolesExample: _tree,
    SentenceExample: _sentence,
    PassageExample: _passage,
}


def cannot_take(example: type[Example], perturbation: Perturbation) -> str | None:
    """Return why examples of a class cannot be perturbed in this way, else None; to be asked before anything runs."""
    form = next((cls for cls in example.__mro__ if cls in _FORMS), None)
    if form is None:
        return f"a {example.__name__} has no texts that could be perturbed"
    if issubclass(form, WordsExample) and not perturbation.keeps_words:
        return f"'{perturbation.name}' changes which words there are, and the gold of a sentence is one a word"
    return None


def perturbed_texts(example: Example) -> list[str]:
    """Return the texts of an example that a perturbation would be given, words joined by blanks; none of a class that
    cannot be perturbed."""
    collector = _Collector()
    form = next((_FORMS[cls] for cls in type(example).__mro__ if cls in _FORMS), None)
    if form is not None:
        with suppress(_LostError):  # of an answer that does not stand where the data say, after the texts
            form(example, collector)
    return collector.texts


def perturb_examples(
    examples: Iterable[E],
    perturbation: Perturbation,
    language: str,
    watch: Watch | None = None,
    preference: WordPreference | None = None,
) -> PerturbedExamples[E]:
    """Return examples of a language with perturbed texts; at rate 0 they are the same objects. `watch` is told of every
    text that is rewritten, those of dropped examples too. `preference`: which words are likelier to be hit, of noise
    whose unit is a word.

    Raises DataError where the perturbation has nothing for the language or cannot be taken by examples of this class.
    """
    if reason := perturbation.unavailable(language):
        raise DataError(f"'{perturbation.name}' is not available: {reason}", where=perturbation.name)
    to = _Rewriter(perturbation, language, watch, preference)
    kept: list[E] = []
    dropped, first_dropped = Counter[str](), dict[str, str]()
    for example in examples:
        form = _form(example, perturbation)
        units, changed, tagged = to.units, to.changed, len(to.tags)
        try:
            kept.append(form(example, to) if perturbation.rate else example)
        except _LostError as lost:
            to.units, to.changed = units, changed
            del to.tags[tagged:]
            dropped[str(lost)] += 1
            first_dropped.setdefault(str(lost), example.where or example.id)
    return PerturbedExamples(
        examples=kept,
        units=to.units,
        changed=to.changed,
        dropped=dict(dropped),
        first_dropped=first_dropped,
        language_tags=to.tags,
    )


def _form(example: Example, perturbation: Perturbation) -> Callable[[Any, _Texts], Any]:
    if reason := cannot_take(type(example), perturbation):
        raise DataError(reason, where=example.where or example.id)
    return next(_FORMS[cls] for cls in type(example).__mro__ if cls in _FORMS)
