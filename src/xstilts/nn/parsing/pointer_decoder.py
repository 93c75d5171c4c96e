"""A small Transformer decoder whose output is a label or a word of the source (a pointer), by one softmax over both
(Vinyals et al. 2015; Rongali et al. 2020): pre-norm blocks (Xiong et al. 2020) that attend to all tokens of the source.

R rows, L tokens of a form, B forms of a row, K source tokens and W words of the longest row, V labels with END, E the
encoder's width, D the decoder's, H heads of d units. Columns: V labels, then W words.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_NEVER = float("-inf")
Pair = tuple[Tensor, Tensor]


class SourceStates(NamedTuple):
    """What a decoder reads of the questions: keys and values [R, H, K, d] of each block, which tokens are real
    [R, 1, 1, K], words as inputs [R, W, D] and as keys of pointers [R, W, D], the place of each word's first equal
    [R, W], -1 for one that is not copied."""

    blocks: list[Pair]
    real: Tensor
    words: Tensor
    keys: Tensor
    copies: Tensor

    def select(self, rows_X: Tensor) -> SourceStates:
        """Return some of the rows."""
        blocks = [(key.index_select(0, rows_X), value.index_select(0, rows_X)) for key, value in self.blocks]
        return SourceStates(blocks, *(part.index_select(0, rows_X) for part in self[1:]))


class Block(nn.Module):
    """Attention to what is written, to the source, and a layer of units for each token."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own, self.own_out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.query, self.source, self.out = (
            nn.Linear(width, width),
            nn.Linear(width, 2 * width),
            nn.Linear(width, width),
        )
        self.units = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def cut(self, states: Tensor) -> Tensor:
        """[R, L, D] to [R, H, L, d]."""
        rows, length, width = states.shape
        return states.view(rows, length, self.heads, width // self.heads).transpose(1, 2)

    def read(self, memory_RKD: Tensor) -> Pair:
        """Return keys and values of the source, [R, H, K, d]."""
        key, value = self.source(memory_RKD).chunk(2, dim=-1)
        return self.cut(key).contiguous(), self.cut(value).contiguous()

    def project(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return query, key and value of what is written, [R, H, L, d]."""
        query, key, value = self.own(self.norms[0](states)).chunk(3, dim=-1)
        return self.cut(query), self.cut(key), self.cut(value)

    def after_own(self, states: Tensor, attended: Tensor) -> Tensor:
        return states + self.dropout(self.own_out(_joined(attended)))

    def rest(self, states: Tensor, source: Pair, real: Tensor) -> Tensor:
        """The attention to the source and the layer of units. `states` [R, L, D] with as many rows as the source."""
        query = self.cut(self.query(self.norms[1](states)))
        attended = F.scaled_dot_product_attention(query, *source, attn_mask=real)
        states = states + self.dropout(self.out(_joined(attended)))
        return states + self.dropout(self.units(self.norms[2](states)))


class PointerDecoder(nn.Module):
    """See the module. `forward` gives scores of a whole form, `step` of its next token from keys that are kept."""

    def __init__(self, hidden: int, labels: int, width: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.labels, self.width = labels, width
        self.memory = nn.Sequential(nn.Linear(hidden, width), nn.LayerNorm(width))
        # A word is as large as a label where it is an input: else it hides its place and what the blocks add to it.
        self.word = nn.Sequential(nn.Linear(width, width), nn.LayerNorm(width))
        self.embeddings = nn.Embedding(labels + 1, width)  # the last one begins
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(dropout)
        self.scorer = nn.Linear(width, labels)
        self.pointer, self.key = nn.Linear(width, width), nn.Linear(width, width)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.embeddings.weight, std=width**-0.5)

    def read(self, tokens_RKE: Tensor, real_RK: Tensor, words_RWE: Tensor, copies_RW: Tensor) -> SourceStates:
        """Return what all steps read of the encoder's states, of tokens and of words."""
        memory_RKD, words_RWD = self.memory(tokens_RKE), self.memory(words_RWE)
        blocks = [block.read(memory_RKD) for block in self.blocks]  # type: ignore[operator]
        return SourceStates(blocks, real_RK[:, None, None], self.word(words_RWD), self.key(words_RWD), copies_RW)

    def inputs(self, columns_RL: Tensor, source: SourceStates, places: Tensor) -> Tensor:
        """Return the inputs of columns, [R, L, D]. `places`: the sinusoids of their places [L, D], or of the one where
        all of them stand [1, D]. A column of -1 begins."""
        is_word = columns_RL >= self.labels
        label_RL = torch.where(columns_RL < 0, self.labels, torch.where(is_word, 0, columns_RL))
        place_RL = torch.where(is_word, columns_RL - self.labels, 0)
        words_RLD = source.words.gather(1, place_RL[..., None].expand(-1, -1, self.width))
        labels_RLD = (self.embeddings(label_RL) * math.sqrt(self.width)).to(words_RLD.dtype)
        chosen = torch.where(is_word[..., None], words_RLD, labels_RLD)
        inputs: Tensor = self.dropout(chosen * 0.5 + places)
        return inputs

    def forward(self, columns_RL: Tensor, source: SourceStates) -> Tensor:
        """Return scores of what follows each of the columns [R, L], [R, L, V + W]."""
        states = self.inputs(columns_RL, source, positions(columns_RL.shape[1], self.width, columns_RL.device))
        for block, memory in zip(self.blocks, source.blocks, strict=True):
            query, key, value = block.project(states)  # type: ignore[operator]
            attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            states = block.rest(block.after_own(states, attended), memory, source.real)  # type: ignore[operator]
        return self.scores(states, source)

    def step(
        self, columns_RB: Tensor, source: SourceStates, kept: list[Pair], number: int
    ) -> tuple[Tensor, list[Pair]]:
        """Return scores of what follows the newest columns, [R, B, V + W], and keys and values of all, [RB, H, t, d].
        `number`: the place of the newest ones."""
        rows, beams = columns_RB.shape
        states = self.inputs(columns_RB, source, positions(1, self.width, columns_RB.device, first=number))
        longer: list[Pair] = []
        for i, (block, memory) in enumerate(zip(self.blocks, source.blocks, strict=True)):
            flat = states.reshape(rows * beams, 1, self.width)
            query, key, value = block.project(flat)  # type: ignore[operator]
            if kept:
                key, value = torch.cat([kept[i][0], key], dim=2), torch.cat([kept[i][1], value], dim=2)
            longer.append((key, value))
            attended = F.scaled_dot_product_attention(query, key, value)
            states = block.after_own(flat, attended).view(rows, beams, self.width)  # type: ignore[operator]
            states = block.rest(states, memory, source.real)  # type: ignore[operator]
        return self.scores(states, source), longer

    def scores(self, states: Tensor, source: SourceStates) -> Tensor:
        """Return scores of columns in fp32, [R, L, V + W]; -inf for words that are not copied."""
        states = self.norm(states)
        pointed = self.pointer(states) @ source.keys.transpose(1, 2) / math.sqrt(self.width)
        pointed = pointed.float().masked_fill((source.copies < 0)[:, None], _NEVER)
        return torch.cat([self.scorer(states).float(), pointed], dim=-1)


def merged(scores: Tensor, source: SourceStates, labels: int, allowed: Tensor | None = None) -> Tensor:
    """Return log-probabilities of tokens, [R, L, V + W]: equal words are one, at the place of the first of them, with
    the sum of their probabilities. Columns that are not `allowed` are -inf."""
    total = scores.logsumexp(-1, keepdim=True)
    words = source.copies.shape[1]
    place_RW = torch.where(source.copies < 0, torch.arange(words, device=scores.device), source.copies)
    if allowed is not None:
        scores = scores.masked_fill(~allowed, _NEVER)
    of_words = scores[..., labels:]
    most = of_words.amax(-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).min)
    shares = torch.zeros_like(of_words).scatter_add_(-1, place_RW[:, None].expand_as(of_words), (of_words - most).exp())
    return torch.cat([scores[..., :labels], shares.log() + most], dim=-1) - total


def negative_log_likelihood(scores: Tensor, gold_RL: Tensor, source: SourceStates, labels: int) -> Tensor:
    """Return -log p of gold tokens (columns, those of words their first places), [R, L]."""
    place_RL = torch.where(gold_RL >= labels, gold_RL - labels, -2)
    same_RLW = source.copies[:, None] == place_RL[..., None]
    is_label = torch.arange(labels, device=gold_RL.device) == gold_RL[..., None]
    right = scores.masked_fill(~torch.cat([is_label, same_RLW], dim=-1), _NEVER)
    return scores.logsumexp(-1) - right.logsumexp(-1)


def positions(length: int, width: int, device: torch.device, first: int = 0) -> Tensor:
    """Return the sinusoids of places from `first` on, [length, width] (Vaswani et al. 2017)."""
    rates = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    angles = torch.arange(first, first + length, device=device)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).view(length, width)


def _joined(attended: Tensor) -> Tensor:
    """[R, H, L, d] to [R, L, D]."""
    rows, heads, length, size = attended.shape
    return attended.transpose(1, 2).reshape(rows, length, heads * size)
