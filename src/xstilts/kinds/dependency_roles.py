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
from xstilts.kinds.user_data import UserColumns, unlabelled, words_of
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
    """As `Dependency`, with joint labels ("nsubj|ARG0|_|_"). A gold label outside the set is replaced by the one with
    fewer roles that is in it. `given`: whether it is told which words are predicates; otherwise those are predicates
    that a label gives an argument to.

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
        """Raises DataError for what is no tree, and for predicates without a tree or spans, outside the
        sentence, or not given where they are to be."""
        _ANY_TREE.check(example)
        if self.given and example.predicates is None:
            raise DataError("the predicates are to be given, but this sentence does not say them", where=example.where)
        if example.predicates and example.heads is None:
            raise DataError("roles are packed into a tree, and the sentence has none", where=example.where)
        for one in example.predicates or ():
            if one.spans is None:
                raise DataError(f"the arguments of the predicate {one.index} are not spans", where=example.where)
            ends = [one.index + 1, *(end for _, end, _ in one.spans)]
            if not 0 < min(ends) <= max(ends) <= len(example.words):
                what = f"the predicate {one.index} or its arguments are outside {len(example.words)} words"
                raise DataError(what, where=example.where)

    def encode(self, examples: Sequence[Any], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """A row for each sentence; unlabelled where its tree or its roles are missing."""
        number = {label: i for i, label in enumerate(self.labels)}
        golds = []
        for example in examples:
            gold: list[int] = []
            if example.heads is not None and example.predicates is not None:
                gold = [*example.heads, *(_closest(label, number) for label in pack_roles(example, example.predicates))]
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
        return DependencyRolesExample(**unlabelled(row, number), words=words_of(row))


def _closest(label: str, number: Mapping[str, int]) -> int:
    """The id of a joint label, or of the first one in the set that says less: without the shared role, without the
    reverse one, without both, without any."""
    full = JointLabel.read(label)
    tries = (
        full,
        full._replace(shared=()),
        full._replace(reverse=""),
        full._replace(shared=(), reverse=""),
        JointLabel(full.relation),
    )
    return next((number[str(one)] for one in tries if str(one) in number), UNKNOWN)


def _predicates(tree: DependencyExample) -> tuple[Predicate, ...]:
    """The words that some label gives an argument to."""
    found = set()
    labels = [JointLabel.read(relation) for relation in tree.relations or ()]
    for word, (label, head) in enumerate(zip(labels, tree.heads or (), strict=True), start=1):
        if label.direct and not label.direct.startswith("*") and head:
            found.add(head)
        if label.shared or (label.reverse and head):
            found.add(word)
    return tuple(Predicate(index=word - 1, spans=()) for word in sorted(found))


def _frames(predicates: Sequence[Predicate]) -> list[dict[str, Any]]:
    return [
        {"predicate": one.index, "sense": None, "spans": [list(span) for span in one.spans or ()]} for one in predicates
    ]
