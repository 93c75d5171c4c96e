"""Gradient checkpointing is execution: it is not identity and it changes no number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from xstilts.core.canonical import fingerprint
from xstilts.core.settings.training import Recipe
from xstilts.train.loop import fit
from xstilts.train.memory import use_threads


def test_checkpointing_and_compiling_are_not_identity() -> None:
    plain = Recipe(updates=3)
    for other in (replace(plain, checkpointing=True), replace(plain, compile=True), replace(plain, forward_tokens=64)):
        assert fingerprint(other) == fingerprint(plain)
    assert fingerprint(replace(plain, lr=1.0)) != fingerprint(plain)


def test_checkpointing_trains_the_same_weights(tmp_path: Path) -> None:
    encoder = toy.encoder_folder(tmp_path / "encoder")
    part = toy.part(encoder, tmp_path / "part", toy.texts(40), toy.texts(20, seed=1))
    found = []
    for name, checkpointing in (("plain", False), ("less", True)):
        recipe = {"updates": 4, "dropout": 0.2, "checkpointing": checkpointing}
        fit(toy.job(encoder, [part], recipe), tmp_path / name, tmp_path / f"{name}-scratch")
        found.append(load_file(tmp_path / name / "encoder" / "model.safetensors"))
    for key, tensor in found[0].items():
        torch.testing.assert_close(found[1][key], tensor, atol=1e-6, rtol=0)


def test_threads_are_set_where_the_allocator_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    try:
        use_threads(3)
        assert torch.get_num_threads() == 3
        monkeypatch.setattr("xstilts.train.memory.ctypes.CDLL", lambda _name: object())  # no mallopt
        use_threads(2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
