"""Texts of examples for translation: which texts of an example are translated, and the example that they make again.

Ids, groups and labels stay. Of a question's answers, those that stand at the same place are one; all of them must be
found in the translation, or the row is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, Example, LabelsExample, SpanExample, TextExample
from xstilts.translate.passages import Passage, SentenceTranslation, TranslatableText, split_passage
from xstilts.translate.span_markers import UntranslatableError


@dataclass(frozen=True)
class _Form:
    """The functions that take the texts of an example class out, and put them back."""

    texts: Callable[[Any], list[TranslatableText]]
    example: Callable[[Any, Sequence[TranslatableText]], Example]


def _pair_texts(example: TextExample) -> list[TranslatableText]:
    return [TranslatableText(text) for text in (example.text, example.pair) if text is not None]


def _pair_example(example: TextExample, texts: Sequence[TranslatableText]) -> TextExample:
    return replace(example, text=texts[0].text, pair=texts[1].text if len(texts) > 1 else None)


def _choice_texts(example: ChoiceExample) -> list[TranslatableText]:
    return [TranslatableText(text) for text in (*example.prompts, *example.options)]


def _choice_example(example: ChoiceExample, translated: Sequence[TranslatableText]) -> ChoiceExample:
    texts, prompts = [text.text for text in translated], len(example.prompts)
    return replace(example, prompts=tuple(texts[:prompts]), options=tuple(texts[prompts:]))


def _span_texts(example: SpanExample) -> list[TranslatableText]:
    spans = dict.fromkeys((start, start + len(text)) for text, start in example.answers or ())
    return [TranslatableText(example.question), TranslatableText(example.context, tuple(spans))]


def _span_example(example: SpanExample, texts: Sequence[TranslatableText]) -> SpanExample:
    question, context = texts
    answers = tuple((context.text[start:end], start) for start, end in context.spans)
    new_answers = example.answers if not example.answers else answers
    return replace(example, question=question.text, context=context.text, answers=new_answers)


_FORMS: Mapping[type[Example], _Form] = {
    TextExample: _Form(_pair_texts, _pair_example),
    LabelsExample: _Form(_pair_texts, _pair_example),
    ChoiceExample: _Form(_choice_texts, _choice_example),
    SpanExample: _Form(_span_texts, _span_example),
}


@dataclass(frozen=True, kw_only=True)
class SplitExamples:
    """Examples split into texts, each with its passages, or the reason why it cannot be translated."""

    examples: Sequence[Example]
    passages: Sequence[tuple[Passage, ...] | str]

    @property
    def sentences(self) -> list[str]:
        """Return all that has to be translated, each once, in order."""
        passages = (passage for parts in self.passages if not isinstance(parts, str) for passage in parts)
        return list(dict.fromkeys(sentence for passage in passages for sentence in passage.sentences))

    def reassemble(
        self, rendered: Mapping[str, SentenceTranslation], *, every: bool = False
    ) -> tuple[list[Example], Counter[str]]:
        """Return the examples in translation, and how many cannot be had in it, by reason: they are left out, or with
        `every` stay as they are."""
        examples: list[Example] = []
        failed: Counter[str] = Counter()
        for example, parts in zip(self.examples, self.passages, strict=True):
            try:
                if isinstance(parts, str):
                    raise UntranslatableError(parts)
                texts = [passage.reassemble(rendered) for passage in parts]
            except UntranslatableError as error:
                failed[str(error)] += 1
                if every:
                    examples.append(example)
            else:
                examples.append(_FORMS[type(example)].example(example, texts))
        return examples, failed


def split_examples(examples: Iterable[Example]) -> SplitExamples:
    """Split examples into passages to translate. Raises DataError for examples whose gold does not survive translation
    (tags of words)."""
    originals, passages = [], list[tuple[Passage, ...] | str]()
    for example in examples:
        form = _FORMS.get(type(example))
        if form is None:
            raise DataError(f"a {type(example).__name__} cannot be translated", where=example.where)
        originals.append(example)
        try:
            passages.append(tuple(split_passage(text) for text in form.texts(example)))
        except UntranslatableError as error:
            passages.append(str(error))
    return SplitExamples(examples=originals, passages=passages)
