"""Phases with adapters that tell tasks apart: what is trained, stored, gone on with, predicted with and exported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Hypernetwork, Multitask, SharedOwn
from xstilts.evaluate.export import export
from xstilts.evaluate.predict import CheckpointRef, predict_examples
from xstilts.train.attempt import Attempt, build_model
from xstilts.train.checkpoint import load_encoder
from xstilts.train.job import Job, JobPart
from xstilts.train.loop import fit

METHODS: dict[str, Multitask] = {
    "shared+own": SharedOwn(reduction=2, tasks=("a", "b")),
    "hypernetwork": Hypernetwork(reduction=2, embedding=4, tasks=("a", "b")),
}
DEV = toy.texts(40, seed=1)
D, M, E = 16, 8, 4  # hidden size, width, size of the embeddings
BRANCH = 2 * D * M + D + M  # weights of a bottleneck


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("start") / "encoder")


@pytest.fixture(scope="module")
def parts(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[JobPart]:
    """Two tasks with one head and the same texts: which word stands there, and always "yes"."""
    made = []
    for name, answer in (("a", None), ("b", "yes")):
        rows, dev = toy.texts(200, answer=answer), toy.texts(40, seed=1, answer=answer)
        made.append(toy.part(encoder, tmp_path_factory.mktemp("part") / name, rows, dev, name=name, task=name))
    return made


def job(start: Path, parts: list[JobPart], tune: Any, **changes: Any) -> Job:
    recipe = {"updates": 12, "batch": 16, "lr": 1e-2, "dropout": 0.1, **changes.pop("recipe", {})}
    return toy.job(start, parts, recipe, tune=tune, **changes)


def train(job: Job, out: Path) -> Path:
    fit(job, out, out.with_name(out.name + "-scratch"))
    return out


def summary(made: Path) -> dict[str, Any]:
    return json.loads((made / "summary.json").read_text())


def yes(checkpoint: Path, task: str) -> torch.Tensor:
    scores = predict_examples(CheckpointRef(checkpoint=checkpoint, task=task), toy.KIND, DEV).scores
    assert scores is not None
    return torch.tensor([one["yes"] for one in scores])


@pytest.mark.parametrize("method", METHODS)
def test_tasks_that_disagree_on_the_same_texts_are_learnt_with_one_head(
    encoder: Path, parts: list[JobPart], tmp_path: Path, method: str
) -> None:
    """What is shared alone can be right about three quarters of both at the most."""
    base = train(job(encoder, parts[:1], "full", recipe={"updates": 60, "lr": 2e-2}), tmp_path / "base")
    made = train(job(base, parts, METHODS[method], keep_head=True, recipe={"updates": 120}), tmp_path / "made")
    right = torch.tensor([example.label == "yes" for example in DEV])
    assert ((yes(made, "a") > 0.5) == right).float().mean() > 0.85
    assert (yes(made, "b") > 0.5).float().mean() > 0.85
    dev = summary(made)["dev"]
    assert min(dev[task]["score"] for task in ("a", "b")) > 85, "each dev set is scored as its own task"
    assert torch.equal(yes(made, "t"), yes(made, ""))


@pytest.mark.parametrize(
    ("method", "trained"),
    [
        ("shared+own", 3 * BRANCH),
        ("hypernetwork", E * (2 + 1) + 2 * E * E + E + E * E + E + E * BRANCH),
    ],
)
def test_what_is_stored_and_counted(
    encoder: Path, parts: list[JobPart], tmp_path: Path, method: str, trained: int
) -> None:
    made = train(job(encoder, parts, METHODS[method]), tmp_path / "made")
    (entry,) = json.loads((made / "adapter.json").read_text())["adapters"]
    assert entry["method"] == type(METHODS[method]).__name__ and entry["settings"]["tasks"] == ["a", "b"]
    weights = json.loads((made / "parts.json").read_text())["weights"]
    stored = [tensor for name in weights for tensor in load_file(made / name).values()]
    assert summary(made)["trained_parameters"] == trained + _head(made) == sum(one.numel() for one in stored)
    assert summary(made)["stored_bytes"] == sum((made / name).stat().st_size for name in weights)
    (again,) = load_encoder(made).adapters.each
    assert again.settings == METHODS[method]
    for name, tensor in load_file(made / entry["file"]).items():
        assert torch.equal(tensor, again.state_dict()[name])


@pytest.mark.parametrize("method", METHODS)
def test_an_update_moves_the_part_of_its_own_task(encoder: Path, parts: list[JobPart], method: str) -> None:
    attempt = Attempt(job(encoder, parts, METHODS[method]), 1, 8192)
    (adapter,) = attempt.model.encoder.adapters.each
    seen = set()
    for number in range(8):
        before = {name: tensor.clone() for name, tensor in adapter.state_dict().items() if ".own." in name}
        done = attempt.update(number)
        after = adapter.state_dict()
        moved = {name.split(".own.")[1][0] for name in before if not torch.equal(before[name], after[name])}
        assert moved <= {str(done.part)}
        seen |= moved
    assert seen == {"0", "1"}


def _head(made: Path) -> int:
    (path,) = (made / "heads").glob("*.safetensors")
    return sum(tensor.numel() for tensor in load_file(path).values())


@pytest.mark.parametrize("method", METHODS)
def test_a_run_cut_in_two_equals_the_uninterrupted_one(
    encoder: Path, parts: list[JobPart], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    asked = job(encoder, parts, METHODS[method])
    fit(asked, tmp_path / "whole", tmp_path / "a")
    update = Attempt.update

    def killed(attempt: Attempt, number: int):
        if number == 7:
            raise KeyboardInterrupt
        return update(attempt, number)

    monkeypatch.setattr(Attempt, "update", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(asked, tmp_path / "cut", tmp_path / "b", snapshot_updates=3)
    monkeypatch.setattr(Attempt, "update", update)
    fit(asked, tmp_path / "cut", tmp_path / "b", snapshot_updates=3)
    whole, cut = (load_file(tmp_path / name / "adapters" / "0.safetensors") for name in ("whole", "cut"))
    assert whole.keys() == cut.keys() and all(torch.equal(whole[name], cut[name]) for name in whole)


@pytest.mark.parametrize("method", METHODS)
def test_the_next_phase_goes_on_beside_the_old_tasks(
    encoder: Path, parts: list[JobPart], tmp_path: Path, method: str
) -> None:
    first = train(job(encoder, parts, METHODS[method]), tmp_path / "first")
    target = replace(parts[0], name="t", task="t")
    second = train(job(first, [target], replace(METHODS[method], tasks=("t",))), tmp_path / "second")
    (entry,) = json.loads((second / "adapter.json").read_text())["adapters"]
    assert entry["settings"]["tasks"] == ["a", "b", "t"]
    before, after = (load_file(made / "adapters" / "0.safetensors") for made in (first, second))
    own = {name for name in before if ".own." in name}
    assert own and all(torch.equal(before[name], after[name]) for name in own), "old tasks keep what is theirs"
    assert any(not torch.equal(before[name], after[name]) for name in before.keys() - own), "what is shared learns on"
    assert any(name not in before for name in after)
    unused = sum(before[name].numel() for name in own)
    stored = sum(tensor.numel() for tensor in after.values())
    assert summary(second)["trained_parameters"] == stored - unused + _head(second)


@pytest.mark.parametrize("method", METHODS)
def test_full_tuning_on_another_task_trains_what_that_task_goes_through(
    encoder: Path, parts: list[JobPart], tmp_path: Path, method: str
) -> None:
    first = train(job(encoder, parts, METHODS[method]), tmp_path / "first")
    other = replace(parts[0], name="t", task="")
    second = train(job(first, [other], "full"), tmp_path / "second")
    before, after = (load_file(made / "adapters" / "0.safetensors") for made in (first, second))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in before if ".own." not in name} <= moved
    own = {name for name in before if ".own." in name}
    assert own & moved == (set() if method == "shared+own" else own)
    model = build_model(job(first, [other], "full"))
    names = {name for name in model.trained if ".own." in name}
    assert len(names) == (0 if method == "shared+own" else 2)
    frozen = build_model(job(first, [other], "frozen"))
    assert all(name.startswith("heads.") for name in frozen.trained)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["b", "t"])
def test_one_task_is_exported_as_an_ordinary_adapter(
    encoder: Path, parts: list[JobPart], tmp_path: Path, method: str, task: str
) -> None:
    made = train(job(encoder, parts, METHODS[method]), tmp_path / "made")
    assert export(made, toy.KIND, tmp_path / "exported", task) is None
    (entry,) = json.loads((tmp_path / "exported" / "adapter.json").read_text())["adapters"]
    width = 2 * M if method == "shared+own" and task == "b" else M
    assert (entry["method"], entry["settings"]["width"]) == ("Bottleneck", width)
    batch = toy_batch(made, parts[0])
    ours, again = load_encoder(made), load_encoder(tmp_path / "exported")
    ours.adapters.set_task(task)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(batch).last_TD, again.eval()(batch).last_TD, atol=1e-6, rtol=1e-5)


def toy_batch(made: Path, part: JobPart) -> Any:
    model = build_model(job(made, [part], "frozen"))
    (head,) = model.by_key.values()
    return head.collate([part.train.row(number) for number in range(4)])


def test_an_adapter_of_other_tasks_or_another_base_is_refused(
    encoder: Path, parts: list[JobPart], tmp_path: Path
) -> None:
    made = train(job(encoder, parts, METHODS["shared+own"]), tmp_path / "made")
    trained = train(job(encoder, parts, "full"), tmp_path / "trained")
    with pytest.raises(EncoderError, match="adapters of another encoder"):
        load_encoder(made, trained)
    named = json.loads((made / "adapter.json").read_text())
    named["adapters"][0]["settings"]["tasks"] = ["a", "b", "c"]
    (made / "adapter.json").write_text(json.dumps(named))
    with pytest.raises(EncoderError, match=r"own\.2"):
        load_encoder(made)
