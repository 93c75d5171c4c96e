"""Prompt tuning (Lester et al. 2021): trained vectors in front of each sequence, in the place of embedded tokens.

T tokens of all sequences, P vectors of a prompt, S = T + P for each sequence, E width of the embedding table.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from xstilts.core.errors import EncoderError
from xstilts.nn.adapters.layers import Patch
from xstilts.nn.adapters.targets import Site
from xstilts.nn.attention import PACKED


class PromptVectors(Patch):
    """The vectors; at first those of tokens that are drawn from the table (section 3.2 there). The encoder puts them
    in, for only it knows where sequences begin."""

    def __init__(self, model: nn.Module, length: int) -> None:
        super().__init__((Site(1, "prompt", ""),))
        assert isinstance(model, PreTrainedModel)
        check_packed(model, "a prompt")
        table = model.get_input_embeddings()
        assert isinstance(table, nn.Embedding)
        drawn_P = torch.randint(table.num_embeddings, (length,)).to(table.weight.device)
        self.vectors_PE = nn.Parameter(table.weight.detach()[drawn_P].float().clone())

    def attach(self, model: nn.Module) -> list[torch.utils.hooks.RemovableHandle]:
        return []


@dataclass(frozen=True, eq=False)
class Prompted:
    """Packed sequences, each behind the same P vectors: which of the S places are text, and what lies at each in a
    list of the vectors and, after them, the text."""

    vectors_PE: Tensor
    is_text_S: Tensor
    from_S: Tensor

    @classmethod
    def of(cls, vectors_PE: Tensor, within_S: Tensor) -> Prompted:
        """Return the places of prompts and text; `within_S`: the place of each in its sequence, prompt included.

        >>> Prompted.of(torch.zeros(2, 1), torch.tensor([0, 1, 2, 3, 0, 1, 2])).from_S.tolist()
        [0, 1, 2, 3, 0, 1, 4]
        """
        is_text_S = within_S >= len(vectors_PE)
        from_S = torch.where(is_text_S, len(vectors_PE) - 1 + is_text_S.cumsum(0), within_S)
        return cls(vectors_PE, is_text_S, from_S)

    def with_prompts(self, text_TE: Tensor) -> Tensor:
        """Return embedded tokens with the prompts between them, [S, E]."""
        return torch.cat([self.vectors_PE.to(text_TE.dtype), text_TE])[self.from_S]

    def with_zeros(self, text_T: Tensor) -> Tensor:
        """Return numbers of tokens, such as their segments, with zeros for the prompts, [S]."""
        return torch.zeros_like(self.from_S).masked_scatter(self.is_text_S, text_T)


def check_packed(model: PreTrainedModel, method: str) -> None:
    """Raise EncoderError for an encoder that pads its batches."""
    if model.config._attn_implementation != PACKED:
        raise EncoderError(
            f"{method} needs an encoder that runs without padding, and {type(model).__name__} is padded.",
            value=type(model).__name__,
            hint="Use LoRA, IA3 or bottleneck adapters with this encoder.",
        )
