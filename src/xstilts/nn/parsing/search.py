"""Beam search over the tokens of a form; with one beam it is greedy. R rows that run, B beams, C columns."""

from __future__ import annotations

import torch
from torch import Tensor

from xstilts.nn.parsing.bracket_grammar import END, BracketGrammar, Stacks
from xstilts.nn.parsing.pointer_decoder import PointerDecoder, SourceStates, merged

_RARELY = 8  # rows that are finished are taken out once they are this share of those that run


def search(
    decoder: PointerDecoder, source: SourceStates, grammar: BracketGrammar, longest: int, beams: int = 1
) -> list[Tensor]:
    """Return the columns of the best form of each row, without END. A form is as good as the product of its tokens'
    probabilities; none is longer than `longest` with END, and all are well-formed. A form that is finished stays among
    the beams, and when it is the best, no other can overtake it: a row is done."""
    rows, device = len(source.copies), source.copies.device
    found: list[Tensor] = [torch.zeros(0, dtype=torch.long)] * rows
    number_R = torch.arange(rows, device=device)
    score_RB = torch.full((rows, beams), float("-inf"), device=device)
    score_RB[:, 0] = 0.0
    done_RB = torch.zeros(rows, beams, dtype=torch.bool, device=device)
    written = torch.full((rows, beams, 1), -1, device=device)
    stacks = grammar.start((rows, beams), longest, device)
    kept: list[tuple[Tensor, Tensor]] = []
    for place in range(longest):
        scores, kept = decoder.step(written[..., -1], source, kept, place)
        allowed = grammar.allowed(stacks, longest - place, source.copies.shape[1])
        tokens_RBC = merged(scores, source, decoder.labels, allowed)
        ended = torch.full_like(tokens_RBC[0, 0], float("-inf"))
        ended[END] = 0.0
        tokens_RBC = torch.where(done_RB[..., None], ended, tokens_RBC)
        columns = tokens_RBC.shape[-1]
        score_RB, best = (score_RB[..., None] + tokens_RBC).flatten(1).topk(beams, dim=1)
        parent_RB, column_RB = best // columns, best % columns
        if beams > 1:
            index = (parent_RB + beams * torch.arange(len(parent_RB), device=device)[:, None]).flatten()
            kept = [(key.index_select(0, index), value.index_select(0, index)) for key, value in kept]
            stacks = _chosen(stacks, parent_RB)
            written = written.gather(1, parent_RB[..., None].expand_as(written))
            done_RB = done_RB.gather(1, parent_RB)
        written = torch.cat([written, column_RB[..., None]], dim=-1)
        stacks, done_RB = grammar.follow(stacks, column_RB), done_RB | (column_RB == END)
        finished_R = done_RB[:, 0]
        if not (int(finished_R.sum()) * _RARELY >= len(finished_R) or place == longest - 1):
            continue
        for row in finished_R.nonzero()[:, 0].tolist():
            columns_L = written[row, 0, 1:].cpu()
            found[int(number_R[row])] = columns_L[columns_L != END]
        left = (~finished_R).nonzero()[:, 0]
        if not len(left):
            break
        if len(left) < len(finished_R):
            of_beams = (left[:, None] * beams + torch.arange(beams, device=device)).flatten()
            kept = [(key.index_select(0, of_beams), value.index_select(0, of_beams)) for key, value in kept]
            source, stacks = source.select(left), stacks.select(left)
            number_R, score_RB, done_RB, written = (x[left] for x in (number_R, score_RB, done_RB, written))
    return found


def _chosen(stacks: Stacks, parent_RB: Tensor) -> Stacks:
    """Return the stacks of the beams that go on."""
    index = parent_RB[..., None].expand_as(stacks.levels)
    return Stacks(stacks.levels.gather(1, index), stacks.depth.gather(1, parent_RB), stacks.begun.gather(1, parent_RB))
