"""Semantic role labelling: the predicates of a sentence, and the arguments of each as spans or as single words.

A sentence is one row with all its predicates (`kinds.windows`), so it goes through the encoder once. Arguments are
tags of the words, a list of them for each predicate: in BIO for spans, the label itself for heads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

import numpy as np
from annotated_types import Ge, Le, Lt

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import Example, Predicate, RolesExample
from xstilts.data.readers.catalog import Conll2009, Conll2012, ConlluProps, EwtPropBank, UniversalPropBank
from xstilts.data.readers.universal_propbank import english_label, projected_label
from xstilts.data.row_makers.catalog import RolesRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.label_sets import PROPBANK_ROLES
from xstilts.kinds.tagging import UNKNOWN
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, unlabelled_words
from xstilts.kinds.windows import encode_sentences
from xstilts.metrics.roles import HeadRoles, PredicateF1, SpanRoles
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_AS_READ = "Files of Universal PropBank have A0 for ARG0 and AM-TMP for ARGM-TMP."

Form = Literal["spans", "heads"]
Span = tuple[int, int, str]  # words start to end - 1


@dataclass(frozen=True)
class SemanticRoles(Kind):
    """`labels`: the roles; the order gives the ids. `open_labels`: test files may hold others; they are left out of the
    loss and never found. `form`: what an argument is. `given`: whether the data says the predicates, as in CoNLL 2005,
    or they are found. `units`: of the layer in which a word and a predicate meet; `dropout` around it. Senses are not
    guessed.

    Columns of a row with W words, beside the common ones:
        first       [W] position of each word's first piece in the row
        pieces      [W] how many pieces it has
        predicates  [P] the words that are predicates, from 0; only where they are given
    gold: a 1 for each word that is a predicate and a 0 for others, then W tags for each of the P predicates: 0 for
    none, 1 + i for a head with label i, 1 + 2i and 2 + 2i for words that begin and continue a span of it, -1 for a
    label outside an open set. Output of the head for a row: (predicates [P], tags [P, W]). Guess: a list of
    {"predicate", "sense": None, "spans": [[start, end, label]]} (or "heads": [[word, label]]).
    """

    identity_name: ClassVar[str] = "Roles"

    labels: tuple[str, ...]
    open_labels: bool = field(default=False, metadata=OMIT_DEFAULT)
    form: Form = "spans"
    given: bool = False
    units: Annotated[int, Ge(1), Le(100_000)] = 300
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.2

    name: ClassVar[str] = "roles"
    example: ClassVar[type[Example]] = RolesExample
    head: ClassVar[str] = "xstilts.heads.roles:RolesHead"
    typical_tokens: ClassVar[float] = 30.0
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("id", "group"),
        readers={
            "props": ConlluProps(),
            "propbank": EwtPropBank(),
            "conllup": UniversalPropBank(),
            "conll2009": Conll2009(),
            "conll2012": Conll2012(),
        },
    )

    def __post_init__(self) -> None:
        if self.form not in get_args(Form):
            allowed = get_args(Form)
            raise StudyError(f"arguments cannot be '{self.form}'.", value=str(self.form), allowed=allowed, where="form")
        if self.units < 1 or not 0 <= self.dropout < 1:
            problem = "the layer of the roles needs at least one unit, and a dropout from 0 to less than 1"
            raise StudyError(problem, value=f"{self.units}, {self.dropout}")

    @property
    def tags(self) -> int:
        """The number of tags that a word may have."""
        return 1 + len(self.labels) * (2 if self.form == "spans" else 1)

    @property
    def head_settings(self) -> dict[str, Any]:
        """Settings that the sizes and the meaning of a head's outputs depend on."""
        return {"form": self.form, "units": self.units}

    @property
    def as_encoded(self) -> SemanticRoles:
        """A scorer of another size reads the same rows."""
        return SemanticRoles(self.labels, self.open_labels, self.form, self.given)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (SpanRoles(), PredicateF1()) if self.form == "spans" else (HeadRoles(), PredicateF1())

    def check(self, example: RolesExample) -> None:
        """Raise DataError for a sentence without words, predicates that are not in order, a predicate without
        arguments of this form, one or an argument that is no word of the sentence, or a label outside a closed set."""
        if not example.words:
            raise DataError("a sentence without words", where=example.where)
        if example.predicates is None and self.given:
            raise DataError("the predicates are to be given, but this sentence does not say them", where=example.where)
        last_index = -1
        for predicate in example.predicates or ():
            if not last_index < predicate.index < len(example.words):
                problem = f"the predicate {predicate.index} is no word after {last_index} of {len(example.words)} words"
                raise DataError(problem, where=example.where)
            last_index = predicate.index
            self._check_arguments(example, predicate)

    def _check_arguments(self, example: RolesExample, predicate: Predicate) -> None:
        if getattr(predicate, self.form) is None:
            raise DataError(
                f"the arguments of the predicate {predicate.index} are not {self.form}",
                where=example.place(predicate.index),
            )
        for number, (start, end, label) in enumerate(self._spans(predicate)):
            place = predicate.places[number] if number < len(predicate.places) else example.place(predicate.index)
            if not 0 <= start < end <= len(example.words):
                problem = f"the argument {label} of words {start} to {end - 1} is none of {len(example.words)} words"
                raise DataError(problem, where=place)
            if label not in self.labels and not self.open_labels:
                problem = f"'{label}' is not one of this task's roles"
                hint = _AS_READ if label != projected_label(label) else None
                raise DataError(problem, where=place, value=label, allowed=self.labels, hint=hint)

    def _spans(self, predicate: Predicate) -> list[Span]:
        """Return the arguments as spans, heads as spans of one word."""
        if self.form == "spans":
            return list(predicate.spans or ())
        return [(word, word + 1, label) for word, label in predicate.heads or ()]

    def encode(self, examples: Sequence[RolesExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each sentence. An argument that overlaps a longer one of its predicate has no tags
        (`notes["overlapping"]`)."""
        overlapping = 0
        golds = []
        for example in examples:
            gold: list[int] = []
            if example.predicates is not None:
                gold = [0] * len(example.words)
                for predicate in example.predicates:
                    gold[predicate.index] = 1
                for predicate in example.predicates:
                    tags, untagged = self._tags(predicate, len(example.words))
                    gold += tags
                    overlapping += untagged
            golds.append(gold)
        encoded = encode_sentences(examples, golds, tokenizer, max_length)
        encoded.notes["overlapping"] = overlapping
        if self.given:
            encoded.columns["predicates"] = [[predicate.index for predicate in e.predicates or ()] for e in examples]
        return encoded

    def _tags(self, predicate: Predicate, size: int) -> tuple[list[int], int]:
        """Return tags of the words for one predicate, and how many arguments have none."""
        step, tags, untagged = (2 if self.form == "spans" else 1), [0] * size, 0
        for start, end, label in sorted(self._spans(predicate), key=lambda span: (span[0] - span[1], span[0])):
            if any(tags[start:end]):
                untagged += 1
                continue
            is_known = label in self.labels
            begin = 1 + step * self.labels.index(label) if is_known else UNKNOWN
            tags[start:end] = [begin, *[begin + 1 if is_known else UNKNOWN] * (end - start - 1)]
        return tags, untagged

    def gold(self, example: RolesExample) -> list[dict[str, Any]] | None:
        if example.predicates is None:
            return None
        return [
            {
                "predicate": predicate.index,
                "sense": None,
                self.form: [list(a) for a in getattr(predicate, self.form) or ()],
            }
            for predicate in example.predicates
        ]

    def postprocess(
        self,
        examples: Sequence[RolesExample],
        rows: Mapping[str, Any],
        outputs: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> list[list[dict[str, Any]]]:
        guesses: list[list[dict[str, Any]]] = [[] for _ in examples]
        for row, (predicates_P, tags_PW) in enumerate(outputs):
            frames = zip(predicates_P.tolist(), tags_PW.tolist(), strict=True)
            guesses[int(rows["example"][row])] = [
                {"predicate": predicate, "sense": None, self.form: list(self._arguments(tags))}
                for predicate, tags in frames
            ]
        return guesses

    def _arguments(self, tags: Sequence[int]) -> Iterator[list[Any]]:
        """Yield the arguments that tags say, from left to right."""
        if self.form == "heads":
            yield from ([word, self.labels[tag - 1]] for word, tag in enumerate(tags) if tag)
            return
        for start, tag in enumerate(tags):
            if tag % 2:
                end = start + 1
                while end < len(tags) and tags[end] == tag + 1:
                    end += 1
                yield [start, end, self.labels[tag // 2]]

    def chance_guesses(self, golds: Sequence[Any]) -> list[list[Any]]:
        """Return nothing: who does not look at a sentence finds no argument in it."""
        return [[] for _ in golds]

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        """Return the kind of a declared task, with the roles of English PropBank where the task names none."""
        labels = task.labels or PROPBANK_ROLES
        if task.reader == "conllup":  # its reader renames the labels of the file in the same way
            labels = tuple(map(english_label, labels))
            if twice := next((label for label in labels if labels.count(label) > 1), None):
                problem = f"'{twice}' and '{projected_label(twice)}' are one label: A0 is read as ARG0."
                raise StudyError(problem, where=f"{where}.labels")
        return cls(labels=labels, form="heads" if task.form == "heads" else "spans")

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return RolesRow(derive_heads=task.form == "heads", **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> RolesExample:
        return unlabelled_words(row, number, RolesExample)
