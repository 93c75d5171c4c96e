import torch
from torch import nn

from tiny_encoders import encoder as make
from tiny_encoders import ragged
from xstilts.nn.bf16_copy import Bf16Copy


def test_gradients_go_to_the_original_and_weights_come_back():
    torch.manual_seed(0)
    original = nn.Linear(4, 3)
    bf16_copy = Bf16Copy(original)
    bf16_copy.model(torch.ones(2, 4, dtype=torch.bfloat16)).float().sum().backward()
    bf16_copy.move_gradients()
    assert torch.allclose(original.weight.grad, torch.full((3, 4), 2.0))
    assert all(parameter.grad is None for parameter in bf16_copy.model.parameters())
    with torch.no_grad():
        original.weight.fill_(0.5)
    bf16_copy.update_weights()
    assert bf16_copy.model.weight.dtype == torch.bfloat16 and bool((bf16_copy.model.weight == 0.5).all())


def test_gradients_of_passes_add_up_and_can_be_dropped():
    original = nn.Linear(2, 1, bias=False)
    bf16_copy = Bf16Copy(original)
    for _ in range(2):
        bf16_copy.model(torch.ones(1, 2, dtype=torch.bfloat16)).float().sum().backward()
        bf16_copy.move_gradients()
    assert original.weight.grad.tolist() == [[2.0, 2.0]]
    bf16_copy.model(torch.ones(1, 2, dtype=torch.bfloat16)).float().sum().backward()
    bf16_copy.drop_gradients()
    bf16_copy.move_gradients()
    assert original.weight.grad.tolist() == [[2.0, 2.0]]


def test_an_encoder_with_a_bf16_copy_computes_in_bf16_where_gradients_are_needed_alone():
    encoder = make("xlm-roberta").eval()
    batch = ragged([3, 7, 5])
    with torch.no_grad():
        expected = encoder(batch).last_TD
    encoder.add_bf16_copy()
    encoder.bf16_copy.model.eval()
    with torch.no_grad():
        assert torch.equal(encoder(batch).last_TD, expected)
    rounded = encoder(batch, layers=(0, 2))
    assert rounded.last_TD.dtype == torch.float32 and rounded.layers[2].dtype == torch.float32
    assert 0 < float((rounded.last_TD - expected).abs().max()) < 0.1
    rounded.last_TD.pow(2).sum().backward()
    encoder.bf16_copy.move_gradients()
    assert float(encoder.embeddings.weight.grad.abs().sum()) > 0
