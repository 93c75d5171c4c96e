"""Dependency parsing and semantic roles by one parser: the roles of a sentence are packed into the relations of its
tree (`data.syntax.joint_labels`; Shi, Malioutov and İrsoy 2020), and a parser with these labels finds both at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyExample, DependencyRolesExample, Example, Predicate
from xstilts.data.source import Row
from xstilts.data.syntax.joint_labels import JointLabel, pack_roles, unpack_roles
from xstilts.kinds.base import Encoded
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.tagging import UNKNOWN
from xstilts.kinds.user_data import UserColumns, unlabelled_words
from xstilts.kinds.windows import encode_sentences
from xstilts.metrics.roles import PredicateF1, SpanRoles
from xstilts.metrics.tallies import Metric
from xstilts.metrics.trees import Attachment

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_ANY_TREE = Dependency(labels=(), open_labels=True)
_OF_ROLES = (SpanRoles.name, PredicateF1.name)


@dataclass(frozen=True)
class DependencyRoles(Dependency):
    """A `Dependency` parser with joint labels ("nsubj|ARG0|_|_"). A gold label outside the set is replaced by the one
    with fewer roles that is in it. `given`: whether the data says which words are predicates; otherwise those are
    predicates that a label gives an argument to.

    Rows and outputs are those of `Dependency`; guess: {"heads", "relations", "frames"}, relations without roles, frames
    as of `Roles` with spans. Scores compare with the gold roles themselves, so what labels cannot say is missed.
    """

    given: bool = False

    name: ClassVar[str] = "dependency_roles"
    example: ClassVar[type[Example]] = DependencyRolesExample
    user_columns: ClassVar[UserColumns | None] = None

    @property
    def as_encoded(self) -> DependencyRoles:
        return DependencyRoles(self.labels, self.open_labels)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Attachment(), SpanRoles(), PredicateF1())

    def check(self, example: Any) -> None:
        """Raise DataError for what is no tree, and for predicates without a tree or spans, outside the
        sentence, or not given where they are to be."""
        _ANY_TREE.check(example)
        if self.given and example.predicates is None:
            raise DataError("the predicates are to be given, but this sentence does not say them", where=example.where)
        if example.predicates and example.heads is None:
            raise DataError("roles are packed into a tree, and the sentence has none", where=example.where)
        for predicate in example.predicates or ():
            if predicate.spans is None:
                problem = f"the arguments of the predicate {predicate.index} are not spans"
                raise DataError(problem, where=example.place(predicate.index))
            ends = [predicate.index + 1, *(end for _, end, _ in predicate.spans)]
            if not 0 < min(ends) <= max(ends) <= len(example.words):
                problem = f"the predicate {predicate.index} or its arguments are outside {len(example.words)} words"
                raise DataError(problem, where=example.where)

    def encode(self, examples: Sequence[Any], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each sentence; unlabelled where its tree or its roles are missing."""
        label_ids = {label: i for i, label in enumerate(self.labels)}
        golds = []
        for example in examples:
            gold: list[int] = []
            if example.heads is not None and example.predicates is not None:
                packed = pack_roles(example, example.predicates)
                gold = [*example.heads, *(_closest(label, label_ids) for label in packed)]
            golds.append(gold)
        return encode_sentences(examples, golds, tokenizer, max_length)

    def gold(self, example: Any) -> dict[str, list] | None:
        tree = super().gold(example)
        if tree is None or example.predicates is None:
            return None
        return {**tree, "frames": _frames(example.predicates)}

    def postprocess(
        self, examples: Sequence[Any], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[dict[str, list]]:
        guesses = []
        for example, guess in zip(examples, super().postprocess(examples, rows, outputs), strict=True):
            tree = DependencyExample(
                id=example.id,
                group=example.group,
                words=example.words,
                heads=tuple(guess["heads"]),
                relations=tuple(guess["relations"]),
            )
            plain = [JointLabel.read(label).relation for label in guess["relations"]]
            predicates = example.predicates or () if self.given else _predicates(tree)
            frames = _frames(unpack_roles(tree, predicates))
            guesses.append({"heads": guess["heads"], "relations": plain, "frames": frames})
        return guesses

    def chance_guesses(self, golds: Sequence[Mapping[str, Sequence]]) -> list[dict[str, list]]:
        return [{**guess, "frames": []} for guess in super().chance_guesses(golds)]

    def count(self, metric: Metric, examples: Sequence[Any], guesses: Sequence[Any], language: str) -> np.ndarray:
        def part(value: Any) -> Any:
            return value["frames"] if metric.name in _OF_ROLES else value

        pairs = zip(map(self.gold, examples), guesses, strict=True)
        rows = [metric.tally(part(gold), part(guess), language) for gold, guess in pairs]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.counts))

    def from_user_row(self, row: Row, number: str) -> DependencyRolesExample:
        return unlabelled_words(row, number, DependencyRolesExample)


def _closest(label: str, number: Mapping[str, int]) -> int:
    """Return the id of a joint label, or of the first one in the set that says less: without the shared role, without
    the reverse one, without both, without any."""
    full = JointLabel.read(label)
    candidates = (
        full,
        full._replace(shared=()),
        full._replace(reverse=""),
        full._replace(shared=(), reverse=""),
        JointLabel(full.relation),
    )
    return next((number[str(candidate)] for candidate in candidates if str(candidate) in number), UNKNOWN)


def _predicates(tree: DependencyExample) -> tuple[Predicate, ...]:
    """Return the words that some label gives an argument to."""
    predicate_words = set()
    labels = [JointLabel.read(relation) for relation in tree.relations or ()]
    for word, (label, head) in enumerate(zip(labels, tree.heads or (), strict=True), start=1):
        if label.direct and not label.direct.startswith("*") and head:
            predicate_words.add(head)
        if label.shared or (label.reverse and head):
            predicate_words.add(word)
    return tuple(Predicate(index=word - 1, spans=()) for word in sorted(predicate_words))


def _frames(predicates: Sequence[Predicate]) -> list[dict[str, Any]]:
    return [
        {"predicate": predicate.index, "sense": None, "spans": [list(span) for span in predicate.spans or ()]}
        for predicate in predicates
    ]
