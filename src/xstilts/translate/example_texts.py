"""Examples in translation: which texts of an example are translated, and the example that they make again.

Ids, groups and labels stay. Of a question's answers, those that stand at the same place are one; all of them must be
found in the translation, or the row is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, Example, SpanExample, TextExample
from xstilts.translate.passages import Passage, SentenceTranslation, TranslatableText, split_passage
from xstilts.translate.span_markers import UntranslatableError


@dataclass(frozen=True)
class _Form:
    """How examples of a class are taken apart and put together."""

    texts: Callable[[Any], list[TranslatableText]]
    example: Callable[[Any, Sequence[TranslatableText]], Example]


def _pair_texts(example: TextExample) -> list[TranslatableText]:
    return [TranslatableText(text) for text in (example.text, example.pair) if text is not None]


def _pair_example(example: TextExample, made: Sequence[TranslatableText]) -> TextExample:
    return replace(example, text=made[0].text, pair=made[1].text if len(made) > 1 else None)


def _choice_texts(example: ChoiceExample) -> list[TranslatableText]:
    return [TranslatableText(text) for text in (*example.prompts, *example.options)]


def _choice_example(example: ChoiceExample, made: Sequence[TranslatableText]) -> ChoiceExample:
    texts, prompts = [one.text for one in made], len(example.prompts)
    return replace(example, prompts=tuple(texts[:prompts]), options=tuple(texts[prompts:]))


def _span_texts(example: SpanExample) -> list[TranslatableText]:
    spans = dict.fromkeys((start, start + len(text)) for text, start in example.answers or ())
    return [TranslatableText(example.question), TranslatableText(example.context, tuple(spans))]


def _span_example(example: SpanExample, made: Sequence[TranslatableText]) -> SpanExample:
    question, context = made
    answers = tuple((context.text[start:end], start) for start, end in context.spans)
    found = example.answers if not example.answers else answers
    return replace(example, question=question.text, context=context.text, answers=found)


_FORMS: Mapping[type[Example], _Form] = {
    TextExample: _Form(_pair_texts, _pair_example),
    ChoiceExample: _Form(_choice_texts, _choice_example),
    SpanExample: _Form(_span_texts, _span_example),
}


@dataclass(frozen=True, kw_only=True)
class SplitExamples:
    """Examples taken apart, each with its passages, or the reason why it cannot be translated."""

    examples: Sequence[Example]
    passages: Sequence[tuple[Passage, ...] | str]

    @property
    def sentences(self) -> list[str]:
        """All that has to be translated, each once, in order."""
        each = (one for made in self.passages if not isinstance(made, str) for one in made)
        return list(dict.fromkeys(sentence for one in each for sentence in one.sentences))

    def put_together(self, rendered: Mapping[str, SentenceTranslation]) -> tuple[list[Example], Counter[str]]:
        """The examples in translation, and how many were left out, by reason."""
        examples: list[Example] = []
        dropped: Counter[str] = Counter()
        for example, made in zip(self.examples, self.passages, strict=True):
            try:
                if isinstance(made, str):
                    raise UntranslatableError(made)
                texts = [one.put_together(rendered) for one in made]
            except UntranslatableError as error:
                dropped[str(error)] += 1
            else:
                examples.append(_FORMS[type(example)].example(example, texts))
        return examples, dropped


def split_examples(examples: Iterable[Example]) -> SplitExamples:
    """Raises DataError for examples whose gold does not survive translation (tags of words)."""
    kept, passages = [], list[tuple[Passage, ...] | str]()
    for example in examples:
        form = _FORMS.get(type(example))
        if form is None:
            raise DataError(f"a {type(example).__name__} cannot be translated", where=example.where)
        kept.append(example)
        try:
            passages.append(tuple(split_passage(text) for text in form.texts(example)))
        except UntranslatableError as error:
            passages.append(str(error))
    return SplitExamples(examples=kept, passages=passages)
