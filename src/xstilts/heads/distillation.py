"""The head of distillation: a student's hidden states are drawn to those of a teacher that sees the same tokens.

Loss of a pair of layers: mean over tokens and dimensions of ((student - teacher) / spread)², the squared error of Jiao
et al. 2020 (TinyBERT) with every dimension in units of its own standard deviation over the tokens of the update: states
of pretrained encoders have a few dimensions that are far larger than all others and would be all that is learnt. Of
sentences: 1 - cosine of the mean-pooled last states.

T tokens, N sequences, D the hidden size of both, P pairs of layers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.core.errors import EncoderError
from xstilts.heads.base import Head, Loss
from xstilts.kinds.distillation import Distillation
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.teacher import Teacher

_LEAST_SPREAD = 1e-3


class DistillationHead(Head):
    """scores: (student's states [P, T, D], teacher's [P, T, D], pooled last states [N, D] of either); decode: the
    cosine of the pooled states, a row."""

    compares_rows = True  # the spread is that of the update's tokens

    def __init__(self, kind: Distillation, encoder: Encoder) -> None:
        super().__init__()
        self.kind, self.student_layers, self.width = kind, encoder.num_layers, encoder.hidden_size
        self.teacher: Teacher | None = None
        self.pairs: tuple[tuple[int, int], ...] = ()

    def learn_from(self, teacher: Teacher) -> None:
        """Take a teacher. Raises EncoderError where its states have another size, or a layer does not exist."""
        there, width = teacher.encoder.num_layers, teacher.encoder.hidden_size
        if width != self.width:
            raise EncoderError(
                f"the student's states have {self.width} numbers, its teacher's {width}: they cannot be compared.",
                value=str(self.width),
                hint="Start the student from layers of its teacher.",
            )
        self.pairs = self.kind.layers or spread_layers(self.student_layers, there)
        wrong = [pair for pair in self.pairs if pair[0] > self.student_layers or pair[1] > there]
        if wrong:
            raise EncoderError(
                f"the student has layers 0 to {self.student_layers} and its teacher 0 to {there}; there is no pair "
                f"{wrong[0][0]}: {wrong[0][1]}.",
                value=f"{wrong[0][0]}: {wrong[0][1]}",
            )
        self.layers = (*(student for student, _ in self.pairs), self.student_layers)
        self.teacher = teacher

    def forward(self, hidden_TD: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """`hidden_TD`: the states of `layers` side by side."""
        assert self.teacher is not None, "no teacher was given"
        states_TPD = hidden_TD.view(len(hidden_TD), len(self.layers), self.width)
        *states_PTD, last_TD = states_TPD.transpose(0, 1)
        taught = self.teacher.states(batch, [layer for _, layer in self.pairs])
        taught_PTD = torch.stack([taught.layers[layer] for _, layer in self.pairs])
        lengths_N = batch.lengths_N
        return (
            torch.stack(states_PTD),
            taught_PTD,
            ragged.mean(last_TD, lengths_N),
            ragged.mean(taught.last_TD, lengths_N),
        )

    def loss(self, scores: tuple[Tensor, Tensor, Tensor, Tensor], batch: Batch) -> Loss:
        """Return the mean over pairs of layers plus the weighted loss of sentences."""
        states_PTD, taught_PTD, pooled_ND, taught_ND = scores
        spread_P1D = taught_PTD.std(dim=1, keepdim=True, unbiased=False).clamp_min(_LEAST_SPREAD)
        total = ((states_PTD - taught_PTD) / spread_P1D).square().mean()
        total = total + self.kind.sentences * (1 - F.cosine_similarity(pooled_ND, taught_ND)).mean()
        rows = len(batch.sequences_R)
        return Loss(total * rows, rows)

    def decode(self, scores: tuple[Tensor, Tensor, Tensor, Tensor], batch: Batch) -> list[Any]:
        return F.cosine_similarity(scores[2], scores[3]).float().cpu().tolist()


def spread_layers(student: int, teacher: int) -> tuple[tuple[int, int], ...]:
    """Return each block of a student with the one at the same share of its teacher's depth.

    >>> spread_layers(4, 12)
    ((1, 3), (2, 6), (3, 9), (4, 12))
    """
    return tuple((layer, round(layer * teacher / student)) for layer in range(1, student + 1))
