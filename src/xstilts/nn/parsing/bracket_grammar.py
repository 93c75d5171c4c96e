"""Brackets as an automaton with a stack, for many forms at once: which tokens may come next, so that every form that is
written to its end is well-formed and short enough.

A column is a token: END, the labels, then the words that may be copied. [...] any number of forms, V labels with END,
W words, S states, Z the depth of the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xstilts.metrics.form_tokens import INTENT, SLOT, Bracket, FormLanguage

END = 0
_START, _BETWEEN, _TOPS = 0, 1, 2  # states: nothing yet; no bracket is open; from 2 on, what the innermost one is


class Stacks(NamedTuple):
    """What is open in each form: levels [..., Z], how many of them [...]; whether anything is written [...]."""

    levels: Tensor
    depth: Tensor
    begun: Tensor

    def select(self, index_X: Tensor) -> Stacks:
        """Return those of some rows (along the first axis)."""
        return Stacks(*(part.index_select(0, index_X) for part in self))


class BracketGrammar:
    """The automaton of a language over its labels, as tables of its states: which labels may come [S, V], by how much
    each makes the stack deeper [S, V], whether a word may be copied [S]."""

    def __init__(self, language: FormLanguage, labels: Sequence[str]) -> None:
        does = language.brackets(labels)
        levels = sorted({bracket.level for bracket in does.values() if bracket.action != "closes"})
        closer_of = {bracket.level: bracket.closer for bracket in does.values() if bracket.action != "closes"}
        quotes = {bracket.level for bracket in does.values() if bracket.action == "quotes"}
        table = [[False] * (1 + len(labels)) for _ in range(_TOPS + len(levels))]
        copies = [False] * len(table)
        for state in range(len(table)):
            level = levels[state - _TOPS] if state >= _TOPS else ""
            for number, label in enumerate(labels, 1):
                bracket = does.get(label, Bracket())
                if level in quotes:
                    table[state][number] = not bracket.action or label == level
                elif bracket.action == "closes":
                    table[state][number] = bool(level) and closer_of[level] == label
                elif language.one_tree:
                    table[state][number] = _fits_tree(bracket, state, level)
                else:
                    table[state][number] = True
            table[state][END] = state == _BETWEEN
            copies[state] = level == SLOT if language.one_tree else True
        self.allowed_SV = torch.tensor(table)
        self.copies_S = torch.tensor(copies)
        number_of = {level: number for number, level in enumerate(levels)}
        actions = [Bracket(), *(does.get(label, Bracket()) for label in labels)]
        innermost = ["", "", *levels]
        self.change_SV = torch.tensor([[_change(bracket, level) for bracket in actions] for level in innermost])
        self.level_V = torch.tensor([number_of.get(bracket.level, 0) for bracket in actions])

    def to(self, device: torch.device) -> BracketGrammar:
        """Move the tables, and return itself."""
        for name, value in vars(self).items():
            setattr(self, name, value.to(device))
        return self

    def start(self, shape: tuple[int, ...], longest: int, device: torch.device) -> Stacks:
        """Return empty stacks for forms of at most `longest` tokens, END included."""
        zeros = torch.zeros(shape, dtype=torch.long, device=device)
        levels = torch.zeros((*shape, longest), dtype=torch.long, device=device)
        return Stacks(levels, zeros, torch.zeros_like(zeros, dtype=torch.bool))

    def allowed(self, stacks: Stacks, left: int, words: int) -> Tensor:
        """Return which columns may come next, [..., V + W]; every word may where any may. `left`: tokens that may still
        be written, END among them: what is open can always be closed."""
        state = self._state(stacks)
        fits = self.change_SV[state] + stacks.depth[..., None] <= left - 2
        fits[..., END] = True
        labels = self.allowed_SV[state] & fits
        copied = self.copies_S[state] & (stacks.depth <= left - 2)
        return torch.cat([labels, copied[..., None].expand(*copied.shape, words)], dim=-1)

    def follow(self, stacks: Stacks, columns: Tensor) -> Stacks:
        """Return the stacks after a column [...] each; END changes nothing."""
        labels = torch.where(columns < len(self.level_V), columns, END)
        change = self.change_SV[self._state(stacks), labels]
        at = stacks.depth.clamp(max=stacks.levels.shape[-1] - 1)[..., None]
        opened = torch.where((change > 0)[..., None], self.level_V[labels][..., None], stacks.levels.gather(-1, at))
        levels = stacks.levels.scatter(-1, at, opened)
        return Stacks(levels, (stacks.depth + change).clamp(min=0), stacks.begun | (columns != END))

    def _state(self, stacks: Stacks) -> Tensor:
        """Return the state of each form [...]: what its innermost bracket is, if any is open."""
        top = stacks.levels.gather(-1, (stacks.depth - 1).clamp(min=0)[..., None])[..., 0]
        return torch.where(stacks.depth > 0, _TOPS + top, stacks.begun.long())


def _change(bracket: Bracket, level: str) -> int:
    """Return by how much a label makes the stack deeper where `level` is innermost ("": nothing is open): a quotation
    mark closes one of its own."""
    if bracket.action == "quotes":
        return -1 if bracket.level == level else 1
    return {"opens": 1, "closes": -1}.get(bracket.action, 0)


def _fits_tree(bracket: Bracket, state: int, level: str) -> bool:
    """Return whether a label may stand in a state of a tree: an intent first and in slots, slots in intents, other
    labels in slots, nothing after the last bracket."""
    if bracket.action == "opens":
        return bracket.level == {INTENT: SLOT, SLOT: INTENT}.get(level, INTENT if state == _START else None)
    return level == SLOT
