"""Prompts and prefixes: packed they are what they are for one sequence at a time, and they alone are trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from peft import PeftModel, PromptTuningConfig, get_peft_model
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

from tiny_encoders import encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Adapter, LoRA, Prefix, Prompt
from xstilts.nn.adapters.prefixes import BlockPrefix
from xstilts.nn.encoder import Encoder

CLASSES = ("xlm-roberta", "bert", "electra", "modernbert", "eurobert", "distilbert")
BATCH = ragged([7, 3, 12, 7, 1])
METHODS: dict[str, Adapter] = {"prompt": Prompt(length=4), "prefix": Prefix(length=4)}
BY_HAND = "by_hand"


def packed(model: Encoder) -> Tensor:
    with torch.no_grad():
        return model(BATCH).last_TD


def sequences() -> Iterator[tuple[Tensor, Tensor]]:
    lengths = BATCH.lengths_N.tolist()
    yield from zip(BATCH.ids_T.split(lengths), BATCH.segments_T.split(lengths), strict=True)


def moved(model: Encoder, *settings: Adapter) -> Encoder:
    generator = torch.Generator().manual_seed(5)
    for one in settings:
        for parameter in model.adapters.add(one).parameters():
            parameter.data += torch.randn(parameter.shape, generator=generator)
    return model


@torch.no_grad()
def one_by_one(name: str, prompt: Tensor, prefixes: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Each sequence alone: embedded, a prompt joined to it, attention written out with a prefix joined to its keys."""
    model = encoder(name).model
    seen: list[nn.Module] = []

    def attend(
        module: nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Any,
        scaling: float | None = None,
        **rest: Any,
    ) -> tuple[Tensor, None]:
        if module not in seen:
            seen.append(module)
        heads, length, before = key.shape[1], key.shape[2], 0
        if prefixes:
            pair = [part.view(1, -1, heads, key.shape[-1]).transpose(1, 2) for part in prefixes[seen.index(module)]]
            before = pair[0].shape[2]
            key, value = (torch.cat([a, b], dim=2) for a, b in zip(pair, (key, value), strict=True))
        key, value = (part.repeat_interleave(query.shape[1] // heads, dim=1) for part in (key, value))
        scores = query @ key.mT * (scaling or query.shape[-1] ** -0.5)
        if window := rest.get("sliding_window"):
            place = torch.arange(length)
            far = (place[:, None] - place[None, :]).abs() >= window
            scores[..., before:] = scores[..., before:].masked_fill(far, float("-inf"))
        return (scores.softmax(-1) @ value).transpose(1, 2), None

    AttentionInterface.register(BY_HAND, attend)
    AttentionMaskInterface.register(BY_HAND, lambda *_, **__: None)
    model.set_attn_implementation(BY_HAND)
    found = []
    for ids, segments in sequences():
        states = torch.cat([prompt, model.get_input_embeddings()(ids)])[None]
        more = {"token_type_ids": torch.cat([torch.zeros(len(prompt), dtype=int), segments])[None]}
        named = more if name in ("bert", "electra") else {}
        found.append(model(inputs_embeds=states, **named).last_hidden_state[0, len(prompt) :])
    return torch.cat(found)


def learnt(model: Encoder) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """The prompt and each block's prefix."""
    prompt = model.adapters.prompt_PE
    if prompt is None:
        prompt = model.embeddings.weight[:0]
    patches = [patch for one in model.adapters.each for patch in one.each if isinstance(patch, BlockPrefix)]
    return prompt, [(patch.key_PO, patch.value_PO) for patch in patches]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CLASSES)
def test_packed_states_are_those_of_one_sequence_at_a_time(name: str, method: str) -> None:
    bare = packed(encoder(name))
    torch.testing.assert_close(one_by_one(name, *learnt(encoder(name))), bare, atol=1e-5, rtol=1e-4)
    model = moved(encoder(name), METHODS[method])
    assert packed(model).shape == bare.shape and (packed(model) - bare).abs().max() > 1e-2
    torch.testing.assert_close(packed(model), one_by_one(name, *learnt(model)), atol=1e-5, rtol=1e-4)
    model.adapters.remove()
    assert torch.equal(packed(model), bare)


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "modernbert"])
def test_a_prompt_is_that_of_peft(name: str) -> None:
    model = moved(encoder(name), Prompt(length=4))
    plain = encoder(name).model
    plain.set_attn_implementation("eager")
    theirs: PeftModel = get_peft_model(
        plain, PromptTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=4)
    ).eval()
    prompt, _ = learnt(model)
    with torch.no_grad():
        theirs.prompt_encoder["default"].embedding.weight.copy_(prompt)
        found = [theirs(input_ids=ids[None]).last_hidden_state[0, -len(ids) :] for ids, _ in sequences()]
        ours = model(replace(BATCH, segments_T=torch.zeros_like(BATCH.segments_T))).last_TD
    torch.testing.assert_close(ours, torch.cat(found), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert"])
def test_stacked_the_newer_lies_before_the_older(name: str) -> None:
    model = moved(encoder(name), Prompt(length=2), Prefix(length=3), Prompt(length=1), Prefix(length=2))
    first, second = (one.state_dict() for one in model.adapters.each[::2])
    (older,), (newer,) = first.values(), second.values()
    prompt, prefixes = torch.cat([newer, older]), []
    _, each = learnt(model)
    for old, new in zip(each[:3], each[3:], strict=True):
        prefixes.append(tuple(torch.cat([b, a]) for a, b in zip(old, new, strict=True)))
    torch.testing.assert_close(packed(model), one_by_one(name, prompt, prefixes), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert"])
@pytest.mark.parametrize("checkpointing", [False, True])
def test_they_alone_have_gradients_which_are_those_of_small_steps(name: str, method: str, checkpointing: bool) -> None:
    model = encoder(name, checkpointing=checkpointing)
    model.requires_grad_(False)
    moved(model, METHODS[method])
    if checkpointing:
        model.train()
        for module in model.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
    weights = torch.randn(len(BATCH.ids_T), 32, generator=torch.Generator().manual_seed(1))
    (model(BATCH).last_TD * weights).sum().backward()
    assert all(parameter.grad is None for parameter in model.model.parameters())
    for parameter in model.adapters.parameters():
        assert parameter.grad is not None
        step = torch.zeros_like(parameter)
        step[1] = 1e-2 * parameter.grad[1] / parameter.grad[1].norm()
        found = []
        for sign in (1, -1):
            parameter.data += sign * step
            found.append((packed(model) * weights).sum())
            parameter.data -= sign * step
        torch.testing.assert_close((found[0] - found[1]) / 2, (parameter.grad * step).sum(), rtol=0.05, atol=2e-3)


@pytest.mark.parametrize("method", METHODS)
def test_they_learn_what_others_of_their_kind_do(method: str) -> None:
    teacher, model = moved(encoder("xlm-roberta"), METHODS[method]), encoder("xlm-roberta")
    wanted = packed(teacher)
    model.requires_grad_(False)
    model.adapters.add(METHODS[method])
    optimiser = torch.optim.Adam(model.adapters.parameters(), lr=0.1)
    losses = []
    for _ in range(100):
        optimiser.zero_grad()
        loss = (model(BATCH).last_TD - wanted).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("method", METHODS)
def test_in_half_precision_states_are_near(method: str) -> None:
    model = moved(encoder("xlm-roberta"), METHODS[method])
    expected = packed(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(BATCH).last_TD
    torch.testing.assert_close(hidden.float(), expected, atol=0.2, rtol=0.1)


def test_layers_asked_for_have_one_state_a_token() -> None:
    model = moved(encoder("xlm-roberta"), Prompt(length=4), Prefix(length=2, from_layer=3))
    hidden = model(BATCH, layers=(0, 1, 3))
    assert {len(state) for state in hidden.layers.values()} == {len(BATCH.ids_T)}
    bare = encoder("xlm-roberta")(BATCH, layers=(0,)).layers[0]
    assert (hidden.layers[0] - bare).abs().max() > 1e-3, "tokens lie four places further"
    assert torch.equal(model(BATCH, until=1).last_TD, hidden.layers[1])


def test_a_prompt_takes_of_the_places_that_an_encoder_has() -> None:
    model = encoder("bert")
    assert model.max_length == 64
    model.adapters.add(Prompt(length=60))
    assert model.max_length == 4
    with pytest.raises(EncoderError, match=r"12 tokens is longer than the 4 this encoder takes behind a prompt of 60"):
        model(BATCH)
    model.adapters.remove()
    assert model.max_length == 64


@pytest.mark.parametrize(("method", "said"), [("prompt", "a prompt"), ("prefix", "a prefix")])
@pytest.mark.parametrize("name", ["deberta-v2", "mpnet", "rembert"])
def test_padded_encoders_are_refused(name: str, method: str, said: str) -> None:
    model = encoder(name)
    with pytest.raises(EncoderError, match=rf"{said} needs an encoder that runs without padding, and \w+ is padded"):
        model.adapters.add(METHODS[method])
    assert not model.adapters.each


def test_other_adapters_go_with_them() -> None:
    model = moved(encoder("xlm-roberta"), LoRA(rank=2), Prompt(length=3), Prefix(length=2)).double()
    before = packed(model)
    model.adapters.merge()
    assert [type(one.settings) for one in model.adapters.each] == [Prompt, Prefix]
    torch.testing.assert_close(packed(model), before)  # in double precision: prompts this large make fp32 coarse
