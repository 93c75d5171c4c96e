"""A treebank that a tiny encoder learns in seconds: verbs govern what stands around them, by fixed rules."""

from __future__ import annotations

import random

from xstilts.data.examples import DependencyExample, DependencyRolesExample, Predicate, RolesExample

SUBJECTS, OBJECTS = ("ann", "bob", "cat"), ("tea", "fish", "rice")
VERBS, TIMES = ("eats", "sees", "wants"), ("today", "now")
RELATIONS = ("root", "nsubj", "obj", "advmod", "det")
ROLES = ("ARG0", "ARG1", "ARGM-TMP")


def parsed(number: int, seed: int = 0) -> list[DependencyExample]:
    """ "[today] ann eats [the] tea": the object may stand in front, and then arcs cross the adverb's."""
    draw = random.Random(seed)
    return [_parsed(draw, f"{seed}-{i}") for i in range(number)]


def _parsed(draw: random.Random, name: str) -> DependencyExample:
    subject, verb, thing = (draw.choice(words) for words in (SUBJECTS, VERBS, OBJECTS))
    order = draw.choice([(subject, verb, "the", thing), ("the", thing, subject, verb)])
    words = [draw.choice(TIMES), *order] if draw.random() < 0.5 else list(order)
    root, below = words.index(verb) + 1, words.index(thing) + 1
    relations = ["nsubj" if w == subject else "obj" if w == thing else _RELATION.get(w, "root") for w in words]
    heads = [0 if w == verb else below if w == "the" else root for w in words]
    return DependencyExample(id=name, group=name, words=tuple(words), heads=tuple(heads), relations=tuple(relations))


_RELATION = {"the": "det", **dict.fromkeys(TIMES, "advmod")}


def labelled(number: int, seed: int = 0, form: str = "spans") -> list[RolesExample]:
    """The same sentences with their roles; now and then two of them side by side, the second one in capitals, or one
    without a verb."""
    trees = parsed(2 * number, seed)
    return [_labelled(trees[2 * i : 2 * i + 1 + (i % 3 == 0)], form, i % 5 == 4) for i in range(number)]


def _labelled(trees: list[DependencyExample], form: str, bare: bool) -> RolesExample:
    words: list[str] = []
    predicates: list[Predicate] = []
    for number, tree in enumerate(trees):
        at, own = len(words), [word for word in tree.words if not bare or word not in VERBS]
        words += [word.upper() if number else word for word in own]
        if bare:
            continue
        spans = [(at + i - (w in OBJECTS), at + i + 1, _ROLE[w]) for i, w in enumerate(own) if w in _ROLE]
        heads = tuple((end - 1, label) for _, end, label in spans)
        index = at + next(i for i, word in enumerate(own) if word in VERBS)
        given = {"spans": tuple(spans)} if form == "spans" else {"heads": heads}
        predicates.append(Predicate(index=index, sense="x.01", **given))
    name = trees[0].id
    return RolesExample(id=name, group=name, words=tuple(words), predicates=tuple(predicates))


_ROLE = {**dict.fromkeys(SUBJECTS, "ARG0"), **dict.fromkeys(OBJECTS, "ARG1"), **dict.fromkeys(TIMES, "ARGM-TMP")}


def both(number: int, seed: int = 0) -> list[DependencyRolesExample]:
    """Single sentences with their trees and roles."""
    made = []
    for tree in parsed(number, seed):
        given = {"id": tree.id, "group": tree.group, "words": tree.words, "heads": tree.heads}
        roles = _labelled([tree], "spans", False)
        made.append(DependencyRolesExample(**given, relations=tree.relations, predicates=roles.predicates))
    return made
