"""Dependency parsing: each word of a sentence has a head, another word or the root, and a relation to it.

A sentence is one row, also where it is longer than the encoder (`kinds.windows`), so an arc may span all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
from annotated_types import Ge, Le, Lt

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import DependencyExample, Example
from xstilts.data.readers.catalog import Conll2009, ConlluTrees
from xstilts.data.row_makers.catalog import TreesRow
from xstilts.data.source import Row, RowMaker
from xstilts.data.syntax.trees import tree_fault
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.label_sets import UNIVERSAL_RELATIONS
from xstilts.kinds.tagging import UNKNOWN
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, unlabelled_words
from xstilts.kinds.windows import encode_sentences
from xstilts.kinds.word_judges import TreeJudge
from xstilts.metrics.tallies import Metric
from xstilts.metrics.trees import Attachment

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Dependency(Kind):
    """`labels`: the relations; the order gives the ids. `open_labels`: test files may hold relations that are not in
    the set (one that the training treebank lacks); they are left out of the loss and every guess for them is wrong.
    `arc`, `relation`: units of the layers before the two scorers; `dropout` after them (Dozat and Manning 2017).

    Columns of a row with W words, beside the common ones:
        first  [W] position of each word's first piece in the row, in the window where it is most central
        pieces [W] how many pieces it has
    gold [2W] heads (words from 1, 0 is the root), then relation ids, -1 for one outside an open set; output of the head
    for a row: [W, 2] head and relation id of each word; guess: {"heads", "relations"}, a tree with a single root.
    """

    labels: tuple[str, ...]
    open_labels: bool = field(default=False, metadata=OMIT_DEFAULT)
    arc: Annotated[int, Ge(1), Le(100_000)] = 500
    relation: Annotated[int, Ge(1), Le(100_000)] = 100
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.33

    name: ClassVar[str] = "dependency"
    example: ClassVar[type[Example]] = DependencyExample
    head: ClassVar[str] = "xstilts.heads.dependency:DependencyHead"
    typical_tokens: ClassVar[float] = 30.0
    user_columns: ClassVar[UserColumns | None] = UserColumns(
        optional=("id", "group"), readers={"conllu": ConlluTrees(), "conll2009": Conll2009()}
    )

    def __post_init__(self) -> None:
        if self.arc < 1 or self.relation < 1:
            raise StudyError("a layer of the parser needs at least one unit", value=f"{self.arc}, {self.relation}")
        if not 0 <= self.dropout < 1:
            raise StudyError("the dropout of the parser is a share, from 0 to less than 1", value=str(self.dropout))

    @property
    def head_settings(self) -> dict[str, Any]:
        """Sizes that the weights of a head depend on."""
        return {"arc": self.arc, "relation": self.relation}

    @property
    def as_encoded(self) -> Dependency:
        """A parser of another size reads the same rows."""
        return Dependency(self.labels, self.open_labels)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Attachment(),)

    @property
    def word_judge(self) -> TreeJudge:
        return TreeJudge()

    def check(self, example: DependencyExample) -> None:
        """Raise DataError for a sentence without words, heads or relations that are not one a word, heads that are no
        tree with a single root, or a relation outside a closed set."""
        if not example.words:
            raise DataError("a sentence without words", where=example.where)
        if example.heads is None or example.relations is None:
            if example.heads != example.relations:
                raise DataError("a sentence needs both heads and relations, or neither", where=example.where)
            return
        for name, values in (("heads", example.heads), ("relations", example.relations)):
            if len(values) != len(example.words):
                raise DataError(f"{len(values)} {name} for {len(example.words)} words", where=example.where)
        if wrong := tree_fault(example.heads):
            raise DataError(f"no tree: {wrong.description}", where=example.place(wrong.word - 1))
        strange = next((word for word, name in enumerate(example.relations) if name not in self.labels), None)
        if strange is not None and not self.open_labels:
            relation = example.relations[strange]
            problem = f"'{relation}' is not one of this task's relations"
            hint = "" if any(":" in label for label in self.labels) else "A subtype is cut off: nsubj:pass is nsubj."
            raise DataError(problem, where=example.place(strange), value=relation, allowed=self.labels, hint=hint)

    def encode(self, examples: Sequence[DependencyExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each sentence."""
        label_ids = {label: i for i, label in enumerate(self.labels)}
        golds = (
            [] if e.heads is None else [*e.heads, *(label_ids.get(relation, UNKNOWN) for relation in e.relations or ())]
            for e in examples
        )
        return encode_sentences(examples, golds, tokenizer, max_length)

    def gold(self, example: DependencyExample) -> dict[str, list] | None:
        if example.heads is None or example.relations is None:
            return None
        return {"heads": list(example.heads), "relations": list(example.relations)}

    def postprocess(
        self, examples: Sequence[DependencyExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[dict[str, list]]:
        guesses: list[dict[str, list]] = [{} for _ in examples]
        for row, output_W2 in enumerate(outputs):
            heads, relations = np.asarray(output_W2).T.tolist()
            named = [self.labels[relation] for relation in relations]
            guesses[int(rows["example"][row])] = {"heads": heads, "relations": named}
        return guesses

    def chance_guesses(self, golds: Sequence[Mapping[str, Sequence]]) -> list[dict[str, list]]:
        """Return the previous word as the head, the root for the first one; the commonest relation everywhere."""
        counts = Counter(relation for gold in golds for relation in gold["relations"])
        commonest = counts.most_common(1)[0][0]
        sizes = [len(gold["heads"]) for gold in golds]
        return [{"heads": list(range(size)), "relations": [commonest] * size} for size in sizes]

    def blind_answers(self, golds: Sequence[Mapping[str, Sequence]]) -> list[list[Any]]:
        """Return the previous word as the head of each, and the next one, with the last as the root."""
        before = self.chance_guesses(golds)
        after = [{**guess, "heads": [*range(2, len(guess["heads"]) + 1), 0][: len(guess["heads"])]} for guess in before]
        return [before, after]

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        """Return the parser of a declared task, with the 37 universal relations where the task names none."""
        return cls(labels=task.labels or (*UNIVERSAL_RELATIONS, "clf"))

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        """Return a maker of trees. Subtypes of relations ("nsubj:pass") are cut off unless the task's own labels have
        them."""
        return TreesRow(cut="" if any(":" in label for label in task.labels) else ":", **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> DependencyExample:
        return unlabelled_words(row, number, DependencyExample)
