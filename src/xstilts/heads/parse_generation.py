"""The head of parses by generation: a decoder with pointers over the states of a question. R rows, L tokens of the
longest form, W words of the longest question, T tokens, E the encoder's width."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from xstilts.heads.base import Head, Loss, Rows
from xstilts.heads.word_states import word_columns, word_means
from xstilts.kinds.parse_generation import NOT_COPIED, ParseGeneration
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.parsing.bracket_grammar import BracketGrammar
from xstilts.nn.parsing.pointer_decoder import PointerDecoder, SourceStates, negative_log_likelihood
from xstilts.nn.parsing.search import search

_BEGIN, _NOTHING = -1, -100


class ParseGenerationHead(Head):
    """scores: `SourceStates`, what a decoder reads of the questions, for it cannot know what it has to write; decode:
    the ids of the best form of each row, without the end."""

    def __init__(self, kind: ParseGeneration, encoder: Encoder) -> None:
        super().__init__()
        self.kind = kind
        decoder = PointerDecoder(
            encoder.hidden_size, 1 + len(kind.labels), kind.width, kind.layers, kind.heads, kind.dropout
        )
        self.part = decoder.to(encoder.embeddings.weight.device)
        self.grammar = BracketGrammar(kind.language, kind.labels)

    def gold(self, rows: Rows) -> Tensor:
        """Return the ids of each form, [R, L], -100 after its end."""
        return _padded([row["gold"] for row in rows], _NOTHING)

    def extra(self, rows: Rows) -> dict[str, Any]:
        """Return the pieces of words (`heads.word_states.word_columns`), `words_R` and `tokens_R`: how many each row
        has, `copies_RW`: the place of each word's first equal, -1 for none."""
        return {
            **word_columns(rows),
            "words_R": [len(row["first"]) for row in rows],
            "tokens_R": [len(row["ids"]) for row in rows],
            "copies_RW": _padded([row["copies"] for row in rows], NOT_COPIED),
        }

    def forward(self, hidden_TD: Tensor, batch: Batch) -> SourceStates:
        extra = batch.extra
        words_RWE, _ = ragged.padded(word_means(hidden_TD, batch).to(hidden_TD.dtype), torch.tensor(extra["words_R"]))
        tokens_RKE, real_RK = ragged.padded(hidden_TD, torch.tensor(extra["tokens_R"]))
        source: SourceStates = self.part.read(tokens_RKE, real_RK, words_RWE, extra["copies_RW"])
        return source

    def loss(self, scores: SourceStates, batch: Batch) -> Loss:
        """Return -log of the probability of each token of the forms, their ends among them, given those before it."""
        gold_RL: Tensor = batch.gold
        real_RL = gold_RL != _NOTHING
        known_RL = gold_RL.masked_fill(~real_RL, 0)
        before_RL = torch.cat([torch.full_like(known_RL[:, :1], _BEGIN), known_RL[:, :-1]], dim=1)
        found = negative_log_likelihood(self.part(before_RL, scores), known_RL, scores, self.part.labels)
        return Loss(found.masked_fill(~real_RL, 0.0).sum(), int(real_RL.sum()))

    @torch.no_grad()
    def decode(self, scores: SourceStates, batch: Batch) -> list[Any]:
        grammar = self.grammar.to(scores.copies.device)
        forms = search(self.part, scores, grammar, self.kind.longest, self.kind.beams)
        return [form.numpy() for form in forms]


def _padded(columns: list[Any], filler: int) -> Tensor:
    """Return lists of ints side by side, [R, L]."""
    padded = np.full((len(columns), max(map(len, columns))), filler, dtype=np.int64)
    for row, column in zip(padded, columns, strict=True):
        row[: len(column)] = column
    return torch.from_numpy(padded)
