"""Joint labels: semantic roles packed into the relations of a dependency tree, and back (Shi, Malioutov and İrsoy
2020).

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
        pairs = "".join(f"({owner_role},{role})" for owner_role, role in self.shared)
        return "|".join((self.relation, self.direct or _NONE, pairs or _NONE, self.reverse or _NONE))

    @classmethod
    def read(cls, text: str) -> JointLabel:
        """Return the label written as `text`. Raises DataError for what is none.

        >>> Joint.read("xcomp|ARG1|(ARG0,ARG0)|_")
        Joint(relation='xcomp', direct='ARG1', shared=(('ARG0', 'ARG0'),), reverse='')
        """
        parts = text.split("|")
        if len(parts) != 4 or not all(parts) or not _PAIRS.fullmatch(parts[2]):
            raise DataError(f"'{text}' is not of the form RELATION|ROLE|(ROLE,ROLE)...|ROLE, with _ for none")
        relation, direct, pairs, reverse = parts
        shared = tuple((owner_role, role) for owner_role, role in _PAIR.findall(pairs))
        return cls(relation, "" if direct == _NONE else direct, shared, "" if reverse == _NONE else reverse)


def pack_roles(tree: DependencyExample, predicates: Sequence[Predicate], max_pairs: int = 1) -> tuple[str, ...]:
    """Return the joint labels of a tree's words with the roles of its predicates. `max_pairs` pairs fit into a shared
    slot; the paper has one. What fits into no slot is left out. Raises DataError without heads, or for predicates
    without spans."""
    sentence = _sentence(tree, tree.relations)
    table = _RoleTable(sentence, [predicate.index + 1 for predicate in predicates])
    slots = _Slots({}, {}, {})
    left: dict[int, dict[int, str]] = defaultdict(dict)
    for predicate in predicates:
        if predicate.spans is None:
            raise DataError("a predicate without spans", where=tree.where)
        word = predicate.index + 1
        for start, end, label in predicate.spans:
            argument, role = _anchor(sentence.heads, word, start, end, label)
            if sentence.heads[argument - 1] == word:
                slots.direct[argument] = table.roles[word][argument] = role
            elif sentence.heads[predicate.index] == argument:
                slots.reverse[word] = table.roles[word][argument] = role
            elif argument != word:
                left[word][argument] = role
    for word in sentence.top_down():
        if word in left:
            _share(table, word, left[word], max_pairs, slots)
    return tuple(str(slots.label(word, relation)) for word, relation in enumerate(tree.relations or (), start=1))


def unpack_roles(tree: DependencyExample, predicates: Sequence[Predicate]) -> tuple[Predicate, ...]:
    """Return these predicates with the spans that the joint labels of a tree (its relations) hold, from left to right.
    Raises DataError without heads, or for a relation that is no joint label."""
    labels = [JointLabel.read(relation) for relation in tree.relations or ()]
    sentence = _sentence(tree, [label.relation for label in labels])
    table = _RoleTable(sentence, [predicate.index + 1 for predicate in predicates])
    for word, label in enumerate(labels, start=1):
        if label.direct and sentence.heads[word - 1]:
            table.roles[sentence.heads[word - 1]][word] = label.direct
    for word in sentence.top_down():
        label = labels[word - 1]
        if label.reverse and sentence.heads[word - 1]:
            table.roles[word][sentence.heads[word - 1]] = label.reverse
        for owner_role, role in label.shared:
            table.roles[word].update(dict.fromkeys(table.lenders(word, owner_role), role))
    return tuple(replace(predicate, spans=table.spans(predicate.index + 1)) for predicate in predicates)


def _sentence(tree: DependencyExample, relations: Sequence[str] | None) -> ParsedSentence:
    if tree.heads is None or relations is None:
        raise DataError("a sentence without a tree", where=tree.where)
    return ParsedSentence(tree.words, tree.heads, [relation.split(":")[0] for relation in relations])


@dataclass
class _RoleTable:
    """Roles by predicate and argument: roles[word][argument], words from 1; `locked`: (word, role) that must not be
    lent any more, since a pair looks past it."""

    sentence: ParsedSentence
    predicates: Collection[int]
    roles: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    locked: set[tuple[int, str]] = field(default_factory=set)

    def path_up(self, word: int) -> list[int]:
        """Return the words above up to the nearest predicate, which is the last."""
        path = []
        for head in self.sentence.heads_above[word]:
            path.append(head)
            if head in self.predicates:
                break
        return path

    def lenders(self, word: int, role: str) -> list[int]:
        """Return the arguments of that role of the nearest word above that has one."""
        for head in self.path_up(word):
            if arguments := [
                argument for argument, other_role in self.roles[head].items() if other_role == role and argument != word
            ]:
                return arguments
        return []

    def give(self, word: int, pair: tuple[str, str], arguments: Sequence[int]) -> None:
        """Give `word` the arguments that a pair found, for good."""
        owner_role, role = pair
        self.roles[word].update(dict.fromkeys(arguments, role))
        for head in self.path_up(word):
            self.locked.add((head, owner_role))
            if owner_role in self.roles[head].values():
                return

    def spans(self, predicate: int) -> tuple[tuple[int, int, str], ...]:
        roles = {word: role for word, role in self.roles[predicate].items() if not role.startswith(_LENT)}
        role_spans = [
            (*self.sentence.span(predicate, word, role, roles), role.removesuffix(TWO_DEPENDENTS))
            for word, role in roles.items()
        ]
        return tuple(sorted(role_spans))


@dataclass(frozen=True)
class _Slots:
    """The slots that are filled, by word."""

    direct: dict[int, str]
    shared: dict[int, Pairs]
    reverse: dict[int, str]

    def label(self, word: int, relation: str) -> JointLabel:
        return JointLabel(relation, self.direct.get(word, ""), self.shared.get(word, ()), self.reverse.get(word, ""))


def _anchor(heads: Sequence[int], predicate: int, start: int, end: int, label: str) -> tuple[int, str]:
    """Return the word that stands for a span, and the role with its mark."""
    tops = [word for word in range(start + 1, end + 1) if not start < heads[word - 1] <= end]
    if len(tops) == 2 and all(heads[top - 1] == predicate for top in tops):
        return tops[1], label + TWO_DEPENDENTS
    return span_head(heads, start, end), label


def _share(table: _RoleTable, word: int, open_roles: Mapping[int, str], max_pairs: int, slots: _Slots) -> None:
    """Fill the slot of `word` with pairs that give it the arguments `open_roles`, those for most arguments first, and
    lend roles to words above where it must. A pair that would give it others too is not made."""
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    path = table.path_up(word)
    for argument, role in open_roles.items():
        owner = next((head for head in path if argument in table.roles[head]), 0)
        head = table.sentence.heads[argument - 1]
        if owner:
            pairs[table.roles[owner][argument], role].append((owner, argument))
        elif head in path and argument not in slots.direct:
            pairs[(_LENT if head in table.predicates else "") + role, role].append((head, argument))
    chosen_pairs: list[tuple[str, str]] = []
    for (owner_role, own_role), places in sorted(pairs.items(), key=lambda item: -len(item[1])):
        arguments = {argument for _, argument in places}
        lent = [(head, argument) for head, argument in places if argument not in table.roles[head]]
        lender_roles = {role for head, _ in lent for other, role in table.roles[head].items() if other not in arguments}
        if (
            len(chosen_pairs) == max_pairs
            or owner_role in lender_roles
            or any((head, owner_role) in table.locked for head, _ in lent)
        ):
            continue
        for head, argument in lent:
            table.roles[head][argument] = slots.direct[argument] = owner_role
        passed_on = table.lenders(word, owner_role)
        if passed_on and set(passed_on) <= arguments:
            chosen_pairs.append((owner_role, own_role))
            table.give(word, (owner_role, own_role), passed_on)
    slots.shared[word] = tuple(chosen_pairs)
