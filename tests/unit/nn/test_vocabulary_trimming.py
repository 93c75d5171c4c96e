"""An embedding table cut down to the rows in use: the same states and gradients, and whole again afterwards."""

from __future__ import annotations

import pytest
import torch

from tiny_encoders import encoder, ragged
from xstilts.nn.batch import Batch

SHAPES = (
    "xlm-roberta", "roberta", "camembert", "bert", "electra", "modernbert", "eurobert", "distilbert", "deberta-v2",
    "mpnet", "rembert",
)  # fmt: skip

IDS = torch.tensor([5, 9, 14, 30, 31, 60, 96])


def batch_of_few(sizes: tuple[int, ...] = (4, 7, 2)) -> Batch:
    batch = ragged(list(sizes))
    batch.ids_T = IDS[torch.arange(len(batch.ids_T)) * 5 % len(IDS)]
    return batch


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
def test_states_and_gradients_are_those_of_the_whole_table(name: str) -> None:
    whole, cut, batch = encoder(name).eval(), encoder(name).eval(), batch_of_few()
    cut.keep_embeddings(IDS)
    assert cut.embeddings.num_embeddings < 20 < whole.embeddings.num_embeddings
    states = [one(batch).last_TD for one in (whole, cut)]
    assert torch.equal(*states)
    for state in states:
        (state * torch.linspace(-1, 1, state.numel()).view_as(state)).sum().backward()
    assert cut.kept_embeddings is not None
    whole_VE, cut_KE = whole.embeddings.weight.grad, cut.embeddings.weight.grad
    assert whole_VE is not None and cut_KE is not None
    assert torch.allclose(whole_VE[cut.kept_embeddings.ids_K], cut_KE, atol=1e-6)
    untouched_V = torch.ones(len(whole_VE), dtype=torch.bool)
    untouched_V[IDS] = False
    assert not whole_VE[untouched_V].any()


def test_the_whole_table_comes_back_with_what_was_learnt_and_the_rest_decayed() -> None:
    tiny = encoder("electra")
    before_VE = tiny.embeddings.weight.detach().clone()
    tiny.keep_embeddings(IDS)
    with torch.no_grad():
        tiny.embeddings.weight.add_(1.0)
    tiny.restore_embeddings(0.5)
    assert tiny.kept_embeddings is None and tiny.embeddings.weight.shape == before_VE.shape
    kept = torch.zeros(len(before_VE), dtype=torch.bool)
    kept[IDS] = kept[: (tiny.embeddings.padding_idx or 0) + 1] = True
    assert torch.equal(tiny.embeddings.weight[kept], before_VE[kept] + 1.0)
    assert torch.equal(tiny.embeddings.weight[~kept], before_VE[~kept] * 0.5)


def test_a_token_that_was_not_kept_is_refused() -> None:
    tiny, batch = encoder("xlm-roberta").eval(), batch_of_few()
    tiny.keep_embeddings(IDS[:3])
    with pytest.raises(IndexError):
        tiny(batch)
