"""Trees of TOP and MTOP as two programs read them: `[IN:CREATE_CALL [SL:CONTACT Amy ] ]`.

PyText's reader (facebookresearch/pytext, `data/data_structures/annotation.py`) goes character by character: brackets
need no blanks around them, a backslash escapes one, a word that nothing follows is never read. CASPER's
(google-research/language, `casper/utils/top_utils.py`) splits at blanks, so that only a `]` on its own closes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_OPEN, _CLOSE, _ESCAPE = "[", "]", "\\"
_INTENT, _SLOT = "IN:", "SL:"
_FIELDS = 5  # of a line of TOP's files, of which the last is the tree


@dataclass(eq=False)
class TopBranch:
    """A label with what stands below it: branches, and words as texts."""

    label: str
    children: list[TopBranch | str] = field(default_factory=list)


class TopNode(NamedTuple):
    """A labelled span: characters `start` to `end` - 1 of the tree's own words with a blank between them; `text`: the
    words that stand in it directly. Children are a set, so of two that are equal one counts."""

    label: str
    start: int
    end: int
    text: str
    children: frozenset[TopNode]


def pytext_frame(text: str) -> TopNode | None:
    """Return the tree that PyText makes of a text; None where it refuses it.

    >>> top = pytext_frame("[IN:A [SL:B new york ] ]")
    >>> top[:4], next(iter(top.children))[:4]
    (('IN:A', 0, 8, ''), ('SL:B', 0, 8, 'new york'))
    >>> pytext_frame("[IN:A [SL:B x ]") is None
    True
    """
    fields = text.rstrip().split("\t")
    if len(fields) not in (1, _FIELDS):
        return None
    root = _read(fields[-1])
    if root is None or not root.children:
        return None
    if len(root.children) > 1:
        root = TopBranch("", [_combined(root.children)])
    return _node(root.children[0], 0) if _alternates(root, "") else None


def _read(text: str) -> TopBranch | None:
    """Return a root with the branches and words of a text, labels checked; None for brackets that do not fit."""
    stack, labelled = [TopBranch("")], True
    for token in _tokens(text):
        if token is None or not stack:
            return None
        if token == (_OPEN,):
            if not labelled:
                return None
            labelled = False
        elif token == (_CLOSE,):
            if not labelled:
                return None
            stack.pop()
        elif labelled:
            stack[-1].children.append(token[0])
        else:
            if not token[0].startswith((_INTENT, _SLOT)):
                return None
            branch = TopBranch(token[0])
            stack[-1].children.append(branch)
            stack.append(branch)
            labelled = True
    return stack[0] if len(stack) == 1 else None


def _tokens(text: str) -> Iterator[tuple[str, ...] | None]:
    """Yield (bracket,) and (word, ""); None for an escape of nothing. A word at the very end is left out."""
    word = ""
    characters = iter(text)
    for character in characters:
        if character.isspace() or character in (_OPEN, _CLOSE):
            if word:
                yield word, ""
                word = ""
            if not character.isspace():
                yield (character,)
        elif character == _ESCAPE:
            escaped = next(characters, None)
            if escaped not in (_OPEN, _CLOSE, _ESCAPE):
                yield None
                return
            word += escaped
        else:
            word += character


def _combined(children: Sequence[TopBranch | str]) -> TopBranch:
    """Several trees as one: each below a slot of its own."""
    return TopBranch(
        "IN:COMBINE",
        [
            TopBranch("SL:COMBINE", [child])
            if isinstance(child, TopBranch) and child.label.startswith(_INTENT)
            else child
            for child in children
        ],
    )


def _alternates(branch: TopBranch, own: str) -> bool:
    """Say whether slots stand in intents alone and intents in slots or at the top."""
    forbidden = own or _SLOT  # at the top as below a slot
    below = [child for child in branch.children if isinstance(child, TopBranch)]
    return all(
        not child.label.startswith(forbidden) and _alternates(child, child.label[: len(_SLOT)]) for child in below
    )


def _node(branch: TopBranch | str, start: int) -> TopNode:
    if isinstance(branch, str):  # a word alone is read as a tree without words
        return TopNode(branch, start, start - 1, "", frozenset())
    place, words, children = start, [], set()
    for child in branch.children:
        if isinstance(child, str):
            words.append(child)
            place += len(child) + 1
        else:
            children.add(node := _node(child, place))
            place = node.end + 1
    return TopNode(branch.label, start, place - 1, " ".join(words), frozenset(children))


def casper_tree(text: str) -> TopBranch | None:
    """Return the tree that CASPER makes of a text; None where it refuses it. (Its second way of writing, with labels
    spelled out, is not read.)

    >>> casper_tree("[IN:A [SL:B new york ] ]").children[0].children
    ['new', 'york']
    >>> casper_tree("[IN:A [SL:B new york] ]") is None
    True
    """
    stack: list[list[TopBranch | str]] = [[]]
    for token in text.split():
        if token.startswith(_OPEN):
            stack.append([token[1:]])
        elif token == _CLOSE:
            closed = stack.pop()
            if not stack or not closed or not isinstance(closed[0], str):
                return None
            stack[-1].append(TopBranch(closed[0], closed[1:]))
        elif not stack:
            return None
        else:
            stack[-1].append(token)
    whole = stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 else None
    return whole if isinstance(whole, TopBranch) else None


def casper_template(tree: TopBranch) -> str:
    """Return the top label and the set of paths of labels that words stand below.

    >>> casper_template(casper_tree("[IN:A [SL:B x ] [SL:C [IN:D [SL:E y ] ] ] ]"))
    'IN:A-SL:B-SL:C.IN:D.SL:E'
    """
    return "-".join([tree.label, *sorted(set(_paths(tree, "")))])


def _paths(tree: TopBranch, path: str) -> Iterator[str]:
    for child in tree.children:
        if isinstance(child, TopBranch):
            yield from _paths(child, f"{path}.{child.label}")
        else:
            yield path.lstrip(".")
