"""Parses by generation: a question becomes a form of a formal language, token by token.

A token of a form is one of the kind's labels, or a word of the question that is copied by its place (a pointer: See et
al. 2017; Rongali et al. 2020). A question is one row, however long (`kinds.windows`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

import numpy as np
from annotated_types import Ge, Le, Lt

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Example, ParseExample
from xstilts.data.readers.catalog import Jsonl, JsonList, Parquet, Tsv
from xstilts.data.row_makers.catalog import ParsesRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, required_labels, unlabelled_words
from xstilts.kinds.windows import encode_sentences
from xstilts.metrics.form_tokens import LANGUAGES, FormLanguage, FormToken
from xstilts.metrics.forms import ValidForms
from xstilts.metrics.mtop import XsemplrMatch
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Language = Literal["tree", "funql", "prolog", "lambda", "lambda-dcs", "sql", "thingtalk", "sparql", "python"]
END = 0  # the id of the end; labels count from 1, words of the question follow them
NOT_COPIED = -1
Form = dict[str, Any]


@dataclass(frozen=True)
class ParseGeneration(Kind):
    """`labels`: the tokens of forms that are not copied; their order gives the ids. `form_language`: what forms are
    written in (`metrics.form_tokens`). `open_labels`: files may hold forms that cannot be written (a token that is
    neither a label nor a word of the question, brackets that do not fit, more tokens than `longest`); they are counted,
    not trained on, and scored as they are. Where labels are closed these are errors, but for words.

    layers, width, heads, dropout: of the decoder. longest: tokens that it writes at most, with the end. beams: forms
    that are kept while one is written; 1 is greedy.

    Columns of a row with W words, beside the common ones:
        first   [W] position of each word's first piece in the row
        pieces  [W] how many pieces it has
        copies  [W] the place of the first equal word, -1 for a word that no form may hold
    gold: ids of tokens, then END: labels from 1, after them words by their place. [] where the form cannot be written.
    Output of the head for a row: the same without the end. Guess: {"form": text}; gold as well, with the `database`.
    """

    labels: tuple[str, ...]
    form_language: Language
    open_labels: bool = field(default=False, metadata=OMIT_DEFAULT)
    layers: Annotated[int, Ge(1), Le(24)] = 2
    width: Annotated[int, Ge(1), Le(4096)] = 256
    heads: Annotated[int, Ge(1), Le(64)] = 4
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.1
    longest: Annotated[int, Ge(4), Le(1024)] = 128
    beams: Annotated[int, Ge(1), Le(64)] = 1

    name: ClassVar[str] = "parse_generation"
    example: ClassVar[type[Example]] = ParseExample
    head: ClassVar[str] = "xstilts.heads.parse_generation:ParseGenerationHead"
    typical_tokens: ClassVar[float] = 16.0
    training_version: ClassVar[int] = 2  # words as inputs are as large as labels
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("text", "form", "id", "group"),
        defaults={"text": "text", "form": "form"},
        readers={"jsonl": Jsonl(), "json": JsonList(), "parquet": Parquet(), "tsv": Tsv(header=True)},
    )

    def __post_init__(self) -> None:
        if self.form_language not in LANGUAGES:
            problem = f"there are no forms in '{self.form_language}'."
            raise StudyError(problem, value=str(self.form_language), allowed=get_args(Language))
        if self.width % (2 * self.heads):
            problem = f"the width of the decoder ({self.width}) is no multiple of twice its heads ({self.heads})."
            raise StudyError(problem, value=str(self.width), where="width")
        does = self.language.brackets(self.labels)
        for label, bracket in does.items():
            if bracket.closer not in self.labels:
                problem = f"'{label}' opens a bracket, and '{bracket.closer}' is none of the labels."
                raise StudyError(problem, value=label)

    @property
    def language(self) -> FormLanguage:
        return LANGUAGES[self.form_language]

    @property
    def head_settings(self) -> Mapping[str, Any]:
        """What the weights of a head depend on."""
        return {
            "form_language": self.form_language,
            "layers": self.layers,
            "width": self.width,
            "heads": self.heads,
        }

    @property
    def as_encoded(self) -> ParseGeneration:
        return ParseGeneration(self.labels, self.form_language, self.open_labels, longest=self.longest)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (XsemplrMatch(), ValidForms(form_language=self.form_language))

    def check(self, example: ParseExample) -> None:
        """Raise DataError for a question without words; where labels are closed also for a form with brackets that do
        not fit, too many tokens, or a token that is no label."""
        if not example.words:
            raise DataError("a question without words", where=example.where)
        if example.form is None or self.open_labels:
            return
        tokens = self.language.tokens(example.form, example.where)
        if fault := self.language.fault([token.text for token in tokens]):
            raise DataError(f"the brackets of the form do not fit: {fault}", where=example.where)
        if len(tokens) >= self.longest:
            problem = f"the form has {len(tokens)} tokens, and the decoder writes {self.longest - 1} at most"
            raise DataError(problem, where=example.where, hint="Set a larger `longest` under `settings`.")
        strange = next((t.text for t in tokens if not t.is_value and t.text not in self.labels), None)
        if strange is not None:
            problem = f"the form holds '{strange}', which is not one of this task's labels"
            raise DataError(problem, where=example.where, value=strange, allowed=self.labels)

    def encode(self, examples: Sequence[ParseExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each question. One whose form cannot be written has no gold (`unusable`); the reasons are
        counted in `notes`, the first of each named: "malformed_forms", "long_forms", "unknown_tokens" (a token that is
        neither a label nor a word of the question)."""
        ids = {label: number for number, label in enumerate(self.labels, 1)}
        golds, notes = list[list[int]](), Counter[str](malformed_forms=0, long_forms=0, unknown_tokens=0)
        copies = [self.copied(example.words) for example in examples]
        first: dict[str, str] = {}
        for example, copies_W in zip(examples, copies, strict=True):
            gold = self._gold(example, copies_W, ids) if example.form is not None else []
            if isinstance(gold, str):
                notes[gold] += 1
                for name in (gold, "unusable"):
                    first.setdefault(name, example.where)
            golds.append([] if isinstance(gold, str) else gold)
        encoded = encode_sentences(examples, golds, tokenizer, max_length)
        encoded.first = first
        encoded.columns["copies"] = copies
        encoded.unusable = notes.total()
        encoded.notes.update(notes)
        return encoded

    def copied(self, words: Sequence[str]) -> list[int]:
        """Return the place of the first equal word for each word, -1 for one with a bracket or a quotation mark of the
        forms, which would not fit where it is copied."""
        first: dict[str, int] = {}
        for place, word in enumerate(words):
            first.setdefault(word, place)
        marks = self.language.marks
        return [NOT_COPIED if marks & set(word) or not word else first[word] for word in words]

    def _gold(self, example: ParseExample, copies: Sequence[int], ids: Mapping[str, int]) -> list[int] | str:
        """Return the ids of a form, or why it has none. A value that the question holds is copied."""
        try:
            tokens = self.language.tokens(example.form or "", example.where)
        except DataError:
            return "malformed_forms"
        if not tokens or self.language.fault([token.text for token in tokens]):
            return "malformed_forms"
        if len(tokens) >= self.longest:
            return "long_forms"
        places = {word: place for word, place in zip(example.words, copies, strict=True) if place != NOT_COPIED}
        numbers = [self._id(token, places, ids) for token in tokens]
        return "unknown_tokens" if None in numbers else [*(number or 0 for number in numbers), END]

    def _id(self, token: FormToken, places: Mapping[str, int], ids: Mapping[str, int]) -> int | None:
        if token.is_value and token.text in places:
            return 1 + len(self.labels) + places[token.text]
        return ids.get(token.text)

    def gold(self, example: ParseExample) -> Form | None:
        if example.form is None:
            return None
        return {"form": example.form, **({"database": example.database} if example.database else {})}

    def postprocess(
        self, examples: Sequence[ParseExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[Form]:
        guesses: list[Form] = [{"form": ""} for _ in examples]
        for row, output in enumerate(outputs):
            index = int(rows["example"][row])
            guesses[index] = {"form": self.form_of(output, examples[index].words)}
        return guesses

    def form_of(self, ids: Sequence[int] | np.ndarray, words: Sequence[str]) -> str:
        """Write ids (without END) as a form."""
        first = 1 + len(self.labels)
        return self.language.written([self.labels[int(i) - 1] if i < first else words[int(i) - first] for i in ids])

    def chance_guesses(self, golds: Sequence[Form]) -> list[Form]:
        """Return the commonest form."""
        form = next((form for form, _ in Counter(gold["form"] for gold in golds).most_common(1)), "")
        return [{"form": form}] * len(golds)

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        if task.forms not in LANGUAGES:
            problem = f"A {task.kind} task needs `forms`, the language of its forms."
            raise StudyError(problem, where=f"{where}.forms", value=task.forms, allowed=tuple(LANGUAGES))
        return cls(labels=required_labels(task, where), form_language=task.forms)  # type: ignore[arg-type]

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return ParsesRow(text=columns["text"], form=columns["form"], **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> ParseExample:
        return unlabelled_words(row, number, ParseExample)


def labels_of(examples: Sequence[ParseExample], form_language: Language) -> tuple[str, ...]:
    """Return the labels that the forms of a training set need, the commonest first: all tokens but values that stand in
    their questions. Forms with a quotation mark that is never closed are passed over."""
    language, counts = LANGUAGES[form_language], Counter[str]()
    kind = ParseGeneration(labels=("x",), form_language=form_language)
    for example in examples:
        copied = {word for word, at in zip(example.words, kind.copied(example.words), strict=True) if at != NOT_COPIED}
        try:
            tokens = language.tokens(example.form or "", example.where)
        except DataError:
            continue
        counts.update(token.text for token in tokens if not (token.is_value and token.text in copied))
    return tuple(label for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
