"""The loop: it learns, stops, resumes, survives, and says what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from xstilts.core.errors import DataError, StudyError
from xstilts.core.settings.sampling import Sampling
from xstilts.data.examples import TextExample
from xstilts.heads.registry import head_key
from xstilts.kinds.classification import Classification
from xstilts.kinds.translation import TranslationRanking
from xstilts.metrics.labels import Accuracy
from xstilts.train import attempt as attempts
from xstilts.train.attempt import Attempt
from xstilts.train.job import Job, JobPart
from xstilts.train.loop import fit
from xstilts.train.model import Model
from xstilts.train.snapshot import DamagedSnapshot


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def part(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    return toy.part(encoder, tmp_path_factory.mktemp("toy"), toy.texts(200), toy.texts(60, seed=1))


@pytest.fixture(scope="module")
def hopeless(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    """Labels have nothing to do with the text."""
    folder = tmp_path_factory.mktemp("hopeless")
    return toy.part(encoder, folder, toy.texts(50, answer="random"), toy.texts(60, seed=5, answer="random"))


def weights(out: Path) -> dict[str, torch.Tensor]:
    files = sorted(out.rglob("*.safetensors"))
    return {f"{path.name}:{name}": tensor for path in files for name, tensor in load_file(path).items()}


def same(a: Path, b: Path) -> bool:
    first, second = weights(a), weights(b)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def log(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_a_learnable_task_is_learnt(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    shown: list[tuple[float, float, str, str]] = []
    summary = fit(
        toy.job(encoder, [part]),
        tmp_path / "out",
        tmp_path / "scratch",
        lambda done, total, unit="", text="": shown.append((done, total, unit, text)),
    )
    assert summary.state == "ok" and summary.best_score is not None and summary.best_score > 90
    assert summary.floor is not None and summary.interval is not None and summary.interval[0] > summary.floor
    assert [point[0] for point in summary.curve] == list(range(4, 41, 4))
    assert shown[-1][:3] == (40, 40, "updates") and shown[-1][3].startswith("loss ") and "· dev" in shown[-1][3]
    lines = log(tmp_path / "out")
    updates = [line for line in lines if "loss" in line]
    assert [line["update"] for line in updates] == list(range(1, 41))
    assert sum(line["tokens"] for line in updates) == summary.tokens
    assert [line["score"] for line in lines if "score" in line] == [score for _, score in summary.curve]
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert written["state"] == "ok" and written["machine"]["threads"] == 1 and written["restarts"] == 0


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_leaving_out_rows_of_the_table_changes_no_number(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropout: float
) -> None:
    job = toy.job(encoder, [part], {"dropout": dropout, "weight_decay": 0.3, "updates": 50})
    cut = fit(job, tmp_path / "cut", tmp_path / "a")
    rows = Attempt(job, 1, 1000).model.encoder.kept_embeddings
    assert rows is not None and len(rows.ids_K) < 0.6 * rows.full_table.num_embeddings
    monkeypatch.setattr(attempts, "used_token_ids", lambda *_: None)
    whole = fit(job, tmp_path / "whole", tmp_path / "b")
    losses = [[line["loss"] for line in log(tmp_path / name) if "loss" in line] for name in ("cut", "whole")]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4) and len(losses[0]) == 50
    # Norms are summed in another order, so that a prediction at the border may fall on either side.
    one_example = 100 / len(part.dev_examples)
    assert [score for _, score in cut.curve] == pytest.approx(
        [score for _, score in whole.curve], abs=1.01 * one_example
    )
    first, second = weights(tmp_path / "cut"), weights(tmp_path / "whole")
    assert first.keys() == second.keys()
    for name in first:
        assert torch.allclose(first[name], second[name], atol=1e-4), name
    start = load_file(encoder / "model.safetensors")["roberta.embeddings.word_embeddings.weight"]
    table = next(tensor for name, tensor in first.items() if name.endswith("word_embeddings.weight"))
    gone = torch.ones(len(table), dtype=torch.bool)
    gone[rows.ids_K] = False
    left = table[gone].norm() / start[gone].norm()
    assert 0.5 < left < 1.0, "rows that no update touched decay all the same"


def test_cutting_an_update_changes_no_gradient(encoder: Path, part: JobPart) -> None:
    found = []
    for forward_tokens in (100_000, 12):
        job = toy.job(encoder, [part], {"dropout": 0.0, "clip": 1e9, "batch": 16})
        attempt = Attempt(job, 1, forward_tokens)
        attempt.optimiser.zero_grad = lambda **_: None  # type: ignore[method-assign]  # keep the gradients
        attempt.update(0)
        found.append({name: p.grad.clone() for name, p in attempt.model.trained.items() if p.grad is not None})
    whole, cut = found
    assert whole.keys() == cut.keys()
    scale = max(float(gradient.abs().max()) for gradient in whole.values())
    for name in whole:
        torch.testing.assert_close(cut[name] / scale, whole[name] / scale, atol=1e-5, rtol=1e-4)


def test_out_of_memory_halves_the_pass_and_not_the_update(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = fit(toy.job(encoder, [part], {"updates": 6, "dropout": 0.0}), tmp_path / "calm", tmp_path / "a")
    forward, failures = Model.forward, []

    def scarce(model: Model, batch, key):
        if batch.ids_T.numel() > 40 and model.training:
            failures.append(batch.ids_T.numel())
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(model, batch, key)

    monkeypatch.setattr(Model, "forward", scarce)
    tight = fit(toy.job(encoder, [part], {"updates": 6, "dropout": 0.0}), tmp_path / "tight", tmp_path / "b")
    assert failures and tight.forward_tokens <= 40 < calm.forward_tokens
    assert tight.tokens == calm.tokens
    one, two = weights(tmp_path / "calm"), weights(tmp_path / "tight")
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-3
    losses = [[line["loss"] for line in log(tmp_path / name) if "loss" in line] for name in ("calm", "tight")]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


def test_a_row_that_does_not_fit_is_an_error(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: Model, batch, key):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr(Model, "forward", full)
    with pytest.raises(StudyError, match=r"a single row of \d+ tokens does not fit.*max_length"):
        fit(toy.job(encoder, [part]), tmp_path / "out", tmp_path / "scratch")


KILLED = """
import sys; sys.path[:0] = [sys.argv[1], sys.argv[4]]
from pathlib import Path
import test_loop
test_loop.killed_job(Path(sys.argv[2]), Path(sys.argv[3]))
"""


def killed_job(encoder: Path, folder: Path) -> None:
    """What the child does: a run with dropout and evaluations, slow enough to be killed on the way."""
    part = toy.part(encoder, folder / "data", toy.texts(100), toy.texts(20, seed=1))

    def slowly(done: float, total: float, unit: str = "", text: str = "") -> None:
        time.sleep(0.05)

    fit(resumable(encoder, part), folder / "out", folder / "scratch", slowly, snapshot_updates=5)


def resumable(encoder: Path, part: JobPart) -> Job:
    return toy.job(encoder, [part], {"updates": 60, "dropout": 0.3, "evaluate_every": 7, "lr": 3e-3})


def test_a_killed_run_ends_bit_equal(encoder: Path, tmp_path: Path) -> None:
    here, folder = str(Path(__file__).parent), tmp_path / "killed"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    arguments = [here, str(encoder), str(folder), str(Path(toy.__file__).parent)]
    child = subprocess.Popen([sys.executable, "-c", KILLED, *arguments], env=environment)
    snapshots = folder / "scratch" / "snapshots"
    deadline = time.monotonic() + 120
    while not (snapshots / "00000002").is_dir():
        assert child.poll() is None and time.monotonic() < deadline, (
            "the child ended or hangs before its third snapshot"
        )
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (folder / "out" / "summary.json").exists()

    part = toy.part(encoder, tmp_path / "data", toy.texts(100), toy.texts(20, seed=1))
    made: list[float] = []
    resumed = fit(
        resumable(encoder, part),
        folder / "out",
        folder / "scratch",
        lambda done, total, unit="", text="": made.append(done),
    )
    assert 1 < made[0] < 60, "it went on, and did not start over"
    whole = fit(resumable(encoder, part), tmp_path / "whole", tmp_path / "scratch")
    assert same(folder / "out", tmp_path / "whole")
    assert (resumed.curve, resumed.best_update, resumed.notes) == (whole.curve, whole.best_update, [])
    timeless = [[{**line, "seconds": 0} for line in log(out)] for out in (folder / "out", tmp_path / "whole")]
    assert timeless[0] == timeless[1]


def test_resuming_with_other_threads_works_and_says_so(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    def stop(done: float, total: float, unit: str = "", text: str = "") -> None:
        if done == 7:
            raise Stop

    job = toy.job(encoder, [part], {"updates": 9})
    with pytest.raises(Stop):
        fit(job, tmp_path / "out", tmp_path / "scratch", stop, snapshot_updates=5)
    summary = fit(replace(job, threads=2), tmp_path / "out", tmp_path / "scratch")
    torch.set_num_threads(1)
    assert summary.updates == 9
    assert summary.notes == ["resumed with threads 1 to 2: not bit-identical to an uninterrupted run"]


def test_a_diverged_run_leaves_an_artefact_with_the_first_weights(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = Model.forward

    def explode(model: Model, batch, key):
        return forward(model, batch, key) * float("nan")

    monkeypatch.setattr(Model, "forward", explode)
    job = toy.job(encoder, [part], {"retries": 1})
    summary = fit(job, tmp_path / "out", tmp_path / "scratch")
    assert (summary.state, summary.updates, summary.best_score, summary.restarts) == ("diverged", 0, None, 1)
    assert (summary.seed, summary.tries[0]["seed"], summary.tries[0]["state"]) == (1001, 1, "diverged")
    started = load_file(encoder / "model.safetensors")["roberta.embeddings.word_embeddings.weight"]
    ended = load_file(tmp_path / "out" / "encoder" / "model.safetensors")["roberta.embeddings.word_embeddings.weight"]
    assert torch.equal(started, ended)
    assert log(tmp_path / "out") == [{"update": 1, "loss": None, "diverged": True}]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["state"] == "diverged"


def test_divergence_later_keeps_the_best(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = Attempt.update

    def late(attempt: Attempt, number: int):
        done = update(attempt, number)
        return replace(done, norm=float("inf")) if number == 30 else done

    monkeypatch.setattr(Attempt, "update", late)
    summary = fit(toy.job(encoder, [part]), tmp_path / "out", tmp_path / "scratch")
    assert summary.state == "diverged" and summary.updates == 30
    assert summary.best_update is not None and summary.best_score is not None and summary.best_score > 60


def test_what_cannot_be_learnt_is_at_chance_and_tried_again(encoder: Path, hopeless: JobPart, tmp_path: Path) -> None:
    job = toy.job(encoder, [hopeless], {"updates": 4, "retries": 1, "lr": 1e-5})
    summary = fit(job, tmp_path / "out", tmp_path / "scratch")
    assert (summary.state, summary.restarts, summary.seed) == ("at chance", 1, 1001)
    assert summary.dev["toy"]["at_chance"] and len(summary.curve) == 4


def test_ties_keep_the_earlier_and_patience_ends(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    job = toy.job(encoder, [part], {"lr": 1e-30, "evaluate_every": 2, "patience": 3})
    summary = fit(job, tmp_path / "out", tmp_path / "scratch")
    assert (summary.best_update, summary.updates, summary.planned_updates) == (2, 8, 40)


def test_a_frozen_encoder_stays_and_its_head_learns(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    job = toy.job(encoder, [part], {"updates": 5}, tune="frozen")
    fit(job, tmp_path / "out", tmp_path / "scratch")
    before = load_file(encoder / "model.safetensors")
    after = load_file(tmp_path / "out" / "encoder" / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in after)
    key = head_key(part.kind)
    head = load_file(tmp_path / "out" / "heads" / f"{key}.safetensors")
    fresh = Attempt(job, 1, 8192).model.trained
    assert fresh.keys() == {f"heads.{key}.{name}" for name in head}
    assert all(not torch.equal(fresh[f"heads.{key}.{name}"], head[name]) for name in head)
    with pytest.raises(StudyError, match="no way of tuning called 'half'"):
        fit(toy.job(encoder, [part], tune="half"), tmp_path / "out", tmp_path / "other")


def test_heads_of_earlier_phases_stay_behind_unless_kept(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    fit(toy.job(encoder, [part]), tmp_path / "first", tmp_path / "a")
    key = head_key(part.kind)
    trained = load_file(tmp_path / "first" / "heads" / f"{key}.safetensors")
    name = next(name for name in trained if name.endswith("out_proj.weight"))
    found = {}
    for keep in (False, True):
        job = toy.job(tmp_path / "first", [part], keep_head=keep)
        found[keep] = Attempt(job, 1, 8192).model.trained[f"heads.{key}.{name}"]
        pretrained = load_file(encoder / "model.safetensors")["roberta.embeddings.word_embeddings.weight"]
        started = Attempt(job, 1, 8192).model.encoder.embeddings.weight
        assert not torch.equal(started, pretrained), "the second phase starts from the first one's encoder"
    assert torch.equal(found[True], trained[name])
    assert not torch.equal(found[False], trained[name])


def test_a_mixture_shares_heads_and_selects_by_the_mean(
    encoder: Path, part: JobPart, hopeless: JobPart, tmp_path: Path
) -> None:
    other = Classification(labels=("rainy", "sunny"))
    third = toy.part(
        encoder, tmp_path / "third",
        [replace(e, label="sunny" if e.label == "yes" else "rainy") for e in toy.texts(40)],
        [replace(e, label="sunny" if e.label == "yes" else "rainy") for e in toy.texts(20, seed=4)],
        kind=other, name="weather",
    )  # fmt: skip
    job = toy.job(encoder, [part, hopeless, third], {"updates": 30}, sampling=Sampling(cap=40), selecting_tasks=(0, 2))
    summary = fit(job, tmp_path / "out", tmp_path / "scratch")
    assert set(summary.heads) == {head_key(toy.KIND), head_key(other)}
    assert [(p["name"], p["updates"]) for p in summary.parts] == [("toy (1)", 10), ("toy (2)", 10), ("weather", 10)]
    lines = log(tmp_path / "out")
    assert {line["task"] for line in lines if "task" in line} == {"toy (1)", "toy (2)", "weather"}
    for line in (line for line in lines if "dev" in line):
        assert set(line["dev"]) == {"toy (1)", "weather"}
        assert line["score"] == pytest.approx(sum(line["dev"].values()) / 2)


def test_the_dev_subset_is_fixed_and_labelled(encoder: Path, tmp_path: Path) -> None:
    dev = [*toy.texts(30, seed=1), TextExample(id="blank", group="blank", text="sunny")]
    part = toy.part(encoder, tmp_path / "a", toy.texts(20), dev)
    from xstilts.train.dev_scores import DevSet

    small, large = (DevSet(part, limit).indices for limit in (5, 10))
    assert len(small) == 5 and set(small) < set(large)
    assert 30 not in DevSet(part, None).indices and len(DevSet(part, None).indices) == 30
    with pytest.raises(DataError, match="dev set of 'toy' has no labelled examples"):
        DevSet(replace(part, dev_indices=[30]), None)
    blank = toy.part(encoder, tmp_path / "b", dev[-1:], dev)
    with pytest.raises(DataError, match="'toy' has nothing to train on"):
        fit(toy.job(encoder, [blank]), tmp_path / "out", tmp_path / "scratch")


def test_bf16_on_a_cpu_computes_in_a_copy_and_goes_on_bit_equal(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    job = toy.job(encoder, [part], {"precision": "bf16", "dropout": 0.2})
    first = Attempt(job, 1, 8192)
    assert first.model.encoder.bf16_copy is not None
    for number in range(3):
        first.update(number)
    kept = {group: {name: t.clone() for name, t in tensors.items()} for group, tensors in first.tensors().items()}
    rest = [first.update(number) for number in (3, 4)]
    second = Attempt(job, 1, 8192)
    second.restore(kept)
    assert [second.update(number) for number in (3, 4)] == rest
    for name, parameter in first.model.trained.items():
        assert parameter.dtype == torch.float32 and torch.equal(parameter, second.model.trained[name])
    assert fit(job, tmp_path / "out", tmp_path / "scratch").state == "ok"


def test_an_update_whose_rows_are_compared_is_never_cut(encoder: Path, tmp_path: Path) -> None:
    pairs = [
        TextExample(id=str(i), group=str(i), text=f"the {w} day", pair=f"my {w} one") for i, w in enumerate("abcdefgh")
    ]
    part = JobPart(
        name="pairs",
        kind=TranslationRanking(words=0.0),
        train=toy.prepare(pairs, TranslationRanking(words=0.0), encoder, tmp_path / "pairs"),
        train_indices=range(8),
        selection_metric=Accuracy(),
    )
    losses = [Attempt(toy.job(encoder, [part], {"dropout": 0.0}), 1, tokens).update(0).loss for tokens in (4, 4096)]
    assert losses[0] == losses[1] > 0


def test_an_interrupt_waits_for_the_update_and_leaves_a_snapshot_of_it(
    encoder: Path, part: JobPart, tmp_path: Path
) -> None:
    def interrupt(done: float, total: float, unit: str = "", text: str = "") -> None:
        if done == 11:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(resumable(encoder, part), tmp_path / "out", tmp_path / "scratch", interrupt, snapshot_seconds=1e9)
    made: list[float] = []
    fit(
        resumable(encoder, part),
        tmp_path / "out",
        tmp_path / "scratch",
        lambda done, total, unit="", text="": made.append(done),
    )
    assert made[0] == 12, "every update before the interrupt was kept"
    fit(resumable(encoder, part), tmp_path / "whole", tmp_path / "scratch2")
    assert same(tmp_path / "out", tmp_path / "whole")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("damaged", [1, 2])
def test_a_flipped_byte_in_a_snapshot_costs_updates_and_no_bit(
    encoder: Path, part: JobPart, tmp_path: Path, damaged: int
) -> None:
    """The newest of two, or both: the older one is taken, or the training starts again."""

    def interrupt(done: float, total: float, unit: str = "", text: str = "") -> None:
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    scratch = tmp_path / "scratch"
    with pytest.raises(KeyboardInterrupt):
        fit(resumable(encoder, part), tmp_path / "out", scratch, interrupt, snapshot_seconds=0)
    weights = sorted((scratch / "snapshots").glob("0*/weights.safetensors"))
    assert len(weights) == 2
    for file in weights[-damaged:]:
        content = bytearray(file.read_bytes())
        content[-3] ^= 4
        file.write_bytes(content)
    made: list[float] = []
    with pytest.warns(DamagedSnapshot):
        fit(
            resumable(encoder, part),
            tmp_path / "out",
            scratch,
            lambda done, total, unit="", text="": made.append(done),
        )
    assert (made[0] > 1) == (damaged == 1)  # it goes on from the older one, or starts again
    fit(resumable(encoder, part), tmp_path / "whole", tmp_path / "scratch2")
    assert same(tmp_path / "out", tmp_path / "whole")


def test_a_second_interrupt_does_not_wait(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    def twice(done: float, total: float, unit: str = "", text: str = "") -> None:
        if done == 3:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            raise AssertionError("the second one was held back")

    with pytest.raises(KeyboardInterrupt):
        fit(resumable(encoder, part), tmp_path / "out", tmp_path / "scratch", twice, snapshot_seconds=1e9)
    assert not list((tmp_path / "scratch" / "snapshots").glob("0*"))
