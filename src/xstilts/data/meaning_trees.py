"""Meanings written as trees, in MTOP's decoupled form: `[IN:CREATE_CALL [SL:CONTACT Amy ] ]`.

A flat frame is what an intent and one slot tag a word can say of a tree: its top intent, and its outermost slots with
all words below them. The form says the words of a slot but not where they stand; they are looked for in the utterance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from xstilts.core.errors import DataError

INTENT, SLOT = "IN:", "SL:"


@dataclass(frozen=True)
class MeaningTree:
    """label: of an intent or a slot, with its prefix; children: branches and words, in their order."""

    label: str
    children: tuple[MeaningTree | str, ...] = field(default=())

    @property
    def words(self) -> list[str]:
        """All words below, from left to right."""
        return [word for child in self.children for word in ([child] if isinstance(child, str) else child.words)]

    @property
    def branches(self) -> list[MeaningTree]:
        return [child for child in self.children if isinstance(child, MeaningTree)]


def meaning_tree(form: str, where: str) -> MeaningTree:
    """Read one tree whose top is an intent, slots below intents and intents below slots. Raises DataError at `where`
    for brackets that do not fit, words outside, and labels of another kind.

    >>> meaning_tree("[IN:A [SL:B new york ] ]", "f:1").branches[0].words
    ['new', 'york']
    """
    tokens = iter(form.split())
    first = next(tokens, "")
    if not first.startswith("["):
        raise DataError(f"the form begins with '{first}' and not with a bracket", where=where)
    tree = _branch(first[1:], INTENT, tokens, where)
    if (rest := next(tokens, None)) is not None:
        raise DataError(f"the form goes on after its last bracket, with '{rest}'", where=where)
    return tree


def _branch(label: str, prefix: str, tokens: Iterator[str], where: str) -> MeaningTree:
    if not label.startswith(prefix) or label == prefix:
        expected = "an intent" if prefix == INTENT else "a slot"
        raise DataError(f"'{label}' stands where {expected} ({prefix}...) is expected", where=where)
    children: list[MeaningTree | str] = []
    for token in tokens:
        if token == "]":
            return MeaningTree(label, tuple(children))
        inner = SLOT if prefix == INTENT else INTENT
        children.append(_branch(token[1:], inner, tokens, where) if token.startswith("[") else token)
    raise DataError(f"the bracket of '{label}' is never closed", where=where)


def flat_frame(tree: MeaningTree, words: Sequence[str]) -> tuple[str, tuple[str, ...] | None]:
    """Return the top intent and a tag for each word; None for tags where the words of a slot are no run of words of the
    utterance that no other slot has, or a slot has none.

    >>> flat_frame(meaning_tree("[IN:A [SL:B [IN:C [SL:D new york ] ] ] ]", "f:1"), ["in", "new", "york"])
    ('A', ('O', 'B-B', 'I-B'))
    """
    slots = tree.branches
    starts = _places([slot.words for slot in slots], words)
    tags = None
    if starts is not None:
        tags = ["O"] * len(words)
        for slot, start in zip(slots, starts, strict=True):
            name, size = slot.label.removeprefix(SLOT), len(slot.words)
            tags[start : start + size] = [f"B-{name}", *[f"I-{name}"] * (size - 1)]
    return tree.label.removeprefix(INTENT), None if tags is None else tuple(tags)


def _places(runs: Sequence[Sequence[str]], words: Sequence[str]) -> list[int] | None:
    """Return where each run of words begins: one after the other where that is possible, which the earliest places
    decide; else each at its first free place, the longest first, for translations keep the order of English."""
    starts, after = list[int](), 0
    for run in runs:
        start = _first(run, words, after, frozenset())
        if start is None:
            break
        starts.append(start)
        after = start + len(run)
    if len(starts) == len(runs):
        return starts
    taken: set[int] = set()
    found: dict[int, int] = {}
    for number in sorted(range(len(runs)), key=lambda number: -len(runs[number])):
        start = _first(runs[number], words, 0, taken)
        if start is None:
            return None
        found[number] = start
        taken.update(range(start, start + len(runs[number])))
    return [found[number] for number in range(len(runs))]


def _first(run: Sequence[str], words: Sequence[str], after: int, taken: set[int] | frozenset[int]) -> int | None:
    size = len(run)
    places = (
        start
        for start in range(after, len(words) - size + 1)
        if list(words[start : start + size]) == list(run) and taken.isdisjoint(range(start, start + size))
    )
    return next(places, None) if size else None


def flat_form(words: Sequence[str], intent: str, tags: Sequence[str]) -> str:
    """Write a flat frame as a form, slots in the order of the utterance.

    >>> flat_form(["in", "new", "york"], "A", ["O", "B-B", "I-B"])
    '[IN:A [SL:B new york ] ]'
    """
    parts, is_open = [f"[{INTENT}{intent}"], False
    for word, tag in zip(words, tags, strict=False):
        begins = tag.startswith("B-")
        if is_open and not tag.startswith("I-"):
            parts.append("]")
        is_open = begins or (is_open and tag.startswith("I-"))
        if begins:
            parts.append(f"[{SLOT}{tag[2:]}")
        if is_open:
            parts.append(word)
    return " ".join([*parts, *(["]"] if is_open else []), "]"])
