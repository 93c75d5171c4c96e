"""Semantic roles packed into the relations of a dependency tree, and back (Shi, Malioutov and İrsoy 2020).

Nearly every argument stands in one of three places, seen from its predicate. So three slots beside the relation of a
word hold nearly all roles of a sentence, and a dependency parser with such labels finds them:

    direct   the argument hangs from the predicate: its role, at the argument
    shared   the argument is one of a word above the predicate (control, coordination): the pair of its role there and
             here, at the predicate. A word above that has no role for it is given one: the role it has here, with a "*"
             if that word is a predicate, whose argument it is not
    reverse  the argument is the word that the predicate hangs from (relative clauses, copulas): its role, at the
             predicate

"She wanted to sing": She is "nsubj|ARG0|_|_", sing "xcomp|ARG1|(ARG0,ARG0)|_".

A role in a slot belongs to a word; which words around it are the argument, `joint_spans` says by rule. An argument of
two dependents ("find [the news hopeful]") is the second one, marked "+", as in the paper. The labels do not say which
words are predicates: the caller of `unpack_roles` does. The paper also passes on all modifiers at once; here they take
pairs of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyExample, Predicate
from xstilts.data.syntax.joint_spans import TWO_DEPENDENTS, ParsedSentence
from xstilts.data.syntax.trees import span_head

_NONE = "_"
_LENT = "*"  # a role that a predicate has only for the words below it
_PAIR = re.compile(r"\(([^(),]+),([^(),]+)\)")
_PAIRS = re.compile(rf"_|({_PAIR.pattern})+")

Pairs = tuple[tuple[str, str], ...]


class JointLabel(NamedTuple):
    """The label of one word. Roles are "" where there are none; pairs are (role there, role here)."""

    relation: str
    direct: str = ""
    shared: Pairs = ()
    reverse: str = ""

    def __str__(self) -> str:
        pairs = "".join(f"({there},{here})" for there, here in self.shared)
        return "|".join((self.relation, self.direct or _NONE, pairs or _NONE, self.reverse or _NONE))

    @classmethod
    def read(cls, text: str) -> JointLabel:
        """The label written as `text`. Raises DataError for what is none.

        >>> Joint.read("xcomp|ARG1|(ARG0,ARG0)|_")
        Joint(relation='xcomp', direct='ARG1', shared=(('ARG0', 'ARG0'),), reverse='')
        """
        parts = text.split("|")
        if len(parts) != 4 or not all(parts) or not _PAIRS.fullmatch(parts[2]):
            raise DataError(f"'{text}' is not of the form RELATION|ROLE|(ROLE,ROLE)...|ROLE, with _ for none")
        relation, direct, pairs, reverse = parts
        shared = tuple((there, here) for there, here in _PAIR.findall(pairs))
        return cls(relation, "" if direct == _NONE else direct, shared, "" if reverse == _NONE else reverse)


def pack_roles(tree: DependencyExample, predicates: Sequence[Predicate], most: int = 1) -> tuple[str, ...]:
    """The joint labels of a tree's words with the roles of its predicates. `most` pairs fit into a shared slot; the
    paper has one. What fits into no slot is left out. Raises DataError without heads, or for predicates without
    spans."""
    sentence = _sentence(tree, tree.relations)
    known = _Known(sentence, [one.index + 1 for one in predicates])
    made = _Slots({}, {}, {})
    left: dict[int, dict[int, str]] = defaultdict(dict)
    for one in predicates:
        if one.spans is None:
            raise DataError("a predicate without spans", where=tree.where)
        word = one.index + 1
        for start, end, label in one.spans:
            argument, role = _anchor(sentence.heads, word, start, end, label)
            if sentence.heads[argument - 1] == word:
                made.direct[argument] = known.roles[word][argument] = role
            elif sentence.heads[one.index] == argument:
                made.reverse[word] = known.roles[word][argument] = role
            elif argument != word:
                left[word][argument] = role
    for word in sentence.top_down():
        if word in left:
            _share(known, word, left[word], most, made)
    return tuple(str(made.label(word, relation)) for word, relation in enumerate(tree.relations or (), start=1))


def unpack_roles(tree: DependencyExample, predicates: Sequence[Predicate]) -> tuple[Predicate, ...]:
    """These predicates with the spans that the joint labels of a tree (its relations) hold, from left to right. Raises
    DataError without heads, or for a relation that is no joint label."""
    labels = [JointLabel.read(relation) for relation in tree.relations or ()]
    sentence = _sentence(tree, [label.relation for label in labels])
    known = _Known(sentence, [one.index + 1 for one in predicates])
    for word, label in enumerate(labels, start=1):
        if label.direct and sentence.heads[word - 1]:
            known.roles[sentence.heads[word - 1]][word] = label.direct
    for word in sentence.top_down():
        label = labels[word - 1]
        if label.reverse and sentence.heads[word - 1]:
            known.roles[word][sentence.heads[word - 1]] = label.reverse
        for there, here in label.shared:
            known.roles[word].update(dict.fromkeys(known.lenders(word, there), here))
    return tuple(replace(one, spans=known.spans(one.index + 1)) for one in predicates)


def _sentence(tree: DependencyExample, relations: Sequence[str] | None) -> ParsedSentence:
    if tree.heads is None or relations is None:
        raise DataError("a sentence without a tree", where=tree.where)
    return ParsedSentence(tree.words, tree.heads, [relation.split(":")[0] for relation in relations])


@dataclass
class _Known:
    """Who has which role for whom: roles[word][argument], words from 1; `kept`: (word, role) that must not be lent any
    more, since a pair looks past it."""

    sentence: ParsedSentence
    predicates: Collection[int]
    roles: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    kept: set[tuple[int, str]] = field(default_factory=set)

    def above(self, word: int) -> list[int]:
        """The words above up to the nearest predicate, which is the last."""
        path = []
        for head in self.sentence.above[word]:
            path.append(head)
            if head in self.predicates:
                break
        return path

    def lenders(self, word: int, role: str) -> list[int]:
        """The arguments of that role of the nearest word above that has one."""
        for head in self.above(word):
            if found := [
                argument for argument, there in self.roles[head].items() if there == role and argument != word
            ]:
                return found
        return []

    def give(self, word: int, pair: tuple[str, str], found: Sequence[int]) -> None:
        """Gives `word` the arguments that a pair found, for good."""
        there, here = pair
        self.roles[word].update(dict.fromkeys(found, here))
        for head in self.above(word):
            self.kept.add((head, there))
            if there in self.roles[head].values():
                return

    def spans(self, predicate: int) -> tuple[tuple[int, int, str], ...]:
        roles = {word: role for word, role in self.roles[predicate].items() if not role.startswith(_LENT)}
        found = [
            (*self.sentence.span(predicate, word, role, roles), role.removesuffix(TWO_DEPENDENTS))
            for word, role in roles.items()
        ]
        return tuple(sorted(found))


@dataclass(frozen=True)
class _Slots:
    """The slots that are filled, by word."""

    direct: dict[int, str]
    shared: dict[int, Pairs]
    reverse: dict[int, str]

    def label(self, word: int, relation: str) -> JointLabel:
        return JointLabel(relation, self.direct.get(word, ""), self.shared.get(word, ()), self.reverse.get(word, ""))


def _anchor(heads: Sequence[int], predicate: int, start: int, end: int, label: str) -> tuple[int, str]:
    """The word that stands for a span, and the role with its mark."""
    tops = [word for word in range(start + 1, end + 1) if not start < heads[word - 1] <= end]
    if len(tops) == 2 and all(heads[top - 1] == predicate for top in tops):
        return tops[1], label + TWO_DEPENDENTS
    return span_head(heads, start, end), label


def _share(known: _Known, word: int, wanted: Mapping[int, str], most: int, made: _Slots) -> None:
    """Fills the slot of `word` with pairs that give it the arguments `wanted`, those for most arguments first, and
    lends roles to words above where it must. A pair that would give it others too is not made."""
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    path = known.above(word)
    for argument, role in wanted.items():
        owner = next((head for head in path if argument in known.roles[head]), 0)
        head = known.sentence.heads[argument - 1]
        if owner:
            pairs[known.roles[owner][argument], role].append((owner, argument))
        elif head in path and argument not in made.direct:
            pairs[(_LENT if head in known.predicates else "") + role, role].append((head, argument))
    chosen: list[tuple[str, str]] = []
    for (there, here), places in sorted(pairs.items(), key=lambda item: -len(item[1])):
        arguments = {argument for _, argument in places}
        lent = [(head, argument) for head, argument in places if argument not in known.roles[head]]
        taken = {role for head, _ in lent for other, role in known.roles[head].items() if other not in arguments}
        if len(chosen) == most or there in taken or any((head, there) in known.kept for head, _ in lent):
            continue
        for head, argument in lent:
            known.roles[head][argument] = made.direct[argument] = there
        found = known.lenders(word, there)
        if found and set(found) <= arguments:
            chosen.append((there, here))
            known.give(word, (there, here), found)
    made.shared[word] = tuple(chosen)
