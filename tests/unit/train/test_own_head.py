"""The encoder's own language-model head goes on from phase to phase as it was last trained, and an export has it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM

import toy_training as toy
from tiny_encoders import config
from xstilts.core.canonical import fingerprint
from xstilts.core.errors import EncoderError
from xstilts.core.settings.merging import Arithmetic, Average, Composition, Stacked, Ties
from xstilts.core.settings.tuning import Bottleneck, LoRA
from xstilts.evaluate.export import export
from xstilts.evaluate.predict import load_model, predict_examples
from xstilts.heads.base import Head
from xstilts.heads.own_head import load_own_head
from xstilts.heads.pretrained_heads import PLAIN_LANGUAGE_MODEL
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.base import Kind
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.nn.encoder import Encoder
from xstilts.pretrain.tokenizer import learn_tokenizer, save_tokenizer
from xstilts.train.attempt import build_model
from xstilts.train.checkpoint import OWN_HEAD, load_encoder
from xstilts.train.job import Compute, JobPart
from xstilts.train.loop import fit
from xstilts.train.merge_checkpoints import merge, merge_own_heads

MLM = MaskedLM(rate=0.3)
KINDS: dict[str, Kind] = {"mlm": MLM, "labels": toy.KIND}
CLASSES = ("xlm-roberta", "bert", "electra", "modernbert")  # whose own language-model head is trained
Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Toy:
    """An encoder folder, and parts that are trained on it."""

    encoder: Path
    folder: Path
    parts: dict[str, JobPart]

    def train(self, start: Path, *names: str, **changes: Any) -> Path:
        """Return the checkpoint of a phase on these parts, trained once."""
        key = fingerprint([str(start), names, repr(changes)])
        out = self.folder / f"made-{key}"
        if not out.exists():
            fit(self.job(start, *names, **changes), out, self.folder / f"scratch-{key}")
        return out

    def job(self, start: Path, *names: str, **changes: Any):
        return toy.job(start, [self.parts[name] for name in names], {"updates": 3, "lr": 1e-2, "batch": 8}, **changes)


def published(folder: Path, shape: str, **changes: Any) -> Path:
    """An encoder as it is published: with its language-model head and a tokenizer."""
    tokenizer = learn_tokenizer({"en": [example.text for example in toy.texts(80)]}, 150)
    torch.manual_seed(4)
    model = AutoModelForMaskedLM.from_config(config(shape, vocab_size=tokenizer.get_vocab_size()))
    model.config.update(changes)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder, 60)
    return folder


def made(folder: Path, encoder: Path) -> Toy:
    lines = toy.texts(24)
    parts = {name: toy.part(encoder, folder / name, lines, lines[:8], kind=kind) for name, kind in KINDS.items()}
    return Toy(encoder, folder, {name: replace(part, dev=None) for name, part in parts.items()})


@pytest.fixture(scope="module", params=CLASSES)
def each(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return toy_of(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def xlmr(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return toy_of("xlm-roberta", tmp_path_factory)


def toy_of(shape: str, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    folder = tmp_path_factory.mktemp(shape)
    return made(folder, published(folder / "start", shape))


def own_head(folder: Path) -> Weights:
    return load_encoder(folder).own_head_weights


def same(first: Weights, second: Weights) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def trained_head(checkpoint: Path) -> Weights:
    """The head that a phase has trained, by its published names."""
    stored = load_file(checkpoint / "heads" / f"{head_key(MLM)}.safetensors")
    return {name.removeprefix("part.module."): tensor for name, tensor in stored.items()}


def our_loss(folder: Path, head: Head | None = None) -> float:
    encoder = load_encoder(folder).eval()
    head = (head or load_own_head(MLM, encoder) or pytest.fail("a new head")).eval()
    with torch.no_grad():
        batch = head.collate(rows(folder))
        loss = head.loss(head(encoder(batch).last_TD, batch), batch)
    return float(loss.sum) / loss.count


def their_loss(folder: Path) -> float:
    """The loss of the class of `transformers`, row by row."""
    model, info = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["mismatched_keys"]
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight, "they are tied"
    total, count = 0.0, 0
    for row in rows(folder):
        batch = make_head(MLM, Encoder.load(folder)).collate([row])
        labels = torch.full_like(batch.ids_T, -100)
        labels[batch.extra["places_M"]] = batch.gold
        with torch.no_grad():
            loss = model.eval()(input_ids=batch.ids_T[None], labels=labels[None]).loss
        total, count = total + float(loss) * len(batch.gold), count + len(batch.gold)
    return total / count


def rows(folder: Path) -> list[dict[str, Any]]:
    folder = folder / "encoder" if (folder / "encoder").is_dir() else folder
    columns = MLM.encode(toy.texts(6, seed=9), load_tokenizer(folder), 40).columns
    return [{name: column[i] for name, column in columns.items()} for i in range(len(columns["ids"]))]


def test_the_encoder_of_a_checkpoint_has_the_trained_head(each: Toy) -> None:
    checkpoint = each.train(each.encoder, "mlm")
    trained, before = trained_head(checkpoint), own_head(each.encoder)
    assert trained and all(torch.equal(own_head(checkpoint)[name], tensor) for name, tensor in trained.items())
    assert all(not torch.equal(before[name], tensor) for name, tensor in trained.items())
    assert their_loss(checkpoint / "encoder") == pytest.approx(our_loss(checkpoint), rel=1e-5)
    assert our_loss(checkpoint) != pytest.approx(our_loss(each.encoder), rel=1e-4)


def test_a_phase_without_masked_words_leaves_the_head_and_the_next_one_goes_on_with_it(each: Toy) -> None:
    first = each.train(each.encoder, "mlm")
    between = each.train(first, "labels")
    assert same(own_head(between), own_head(first))
    assert not same(load_encoder(between).model.state_dict(), load_encoder(first).model.state_dict())
    begun = build_model(each.job(between, "mlm")).by_key[head_key(MLM)].get_submodule("part.module").state_dict()
    assert all(torch.equal(begun[name], tensor) for name, tensor in trained_head(first).items())
    last = each.train(between, "mlm")
    assert their_loss(last / "encoder") == pytest.approx(our_loss(last), rel=1e-5)


def test_a_frozen_encoder_keeps_its_weights_and_gets_the_head(xlmr: Toy) -> None:
    checkpoint = xlmr.train(xlmr.encoder, "mlm", tune="frozen")
    assert same(load_encoder(checkpoint).model.state_dict(), load_encoder(xlmr.encoder).model.state_dict())
    assert their_loss(checkpoint / "encoder") == pytest.approx(our_loss(checkpoint), rel=1e-5) != our_loss(xlmr.encoder)


def test_a_run_that_was_stopped_writes_the_same_head(xlmr: Toy, tmp_path: Path) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    def stop(done: float, total: float, unit: str = "", text: str = "") -> None:
        if done == 2:
            raise Stop

    job = xlmr.job(xlmr.encoder, "mlm", "labels")
    with pytest.raises(Stop):
        fit(job, tmp_path / "out", tmp_path / "scratch", stop, snapshot_updates=1)
    fit(job, tmp_path / "out", tmp_path / "scratch")
    resumed = own_head(tmp_path / "out")
    assert same(resumed, own_head(xlmr.train(xlmr.encoder, "mlm", "labels")))
    assert all(torch.equal(resumed[name], tensor) for name, tensor in trained_head(tmp_path / "out").items())


def test_a_second_name_of_a_tied_weight_never_keeps_the_older_numbers(tmp_path: Path) -> None:
    encoder = published(tmp_path / "start", "bert")
    tensors = load_file(encoder / "model.safetensors")
    tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"].clone()
    save_file(tensors, encoder / "model.safetensors", metadata={"format": "pt"})
    toy_bert = made(tmp_path, encoder)
    checkpoint = toy_bert.train(encoder, "mlm")
    assert their_loss(checkpoint / "encoder") == pytest.approx(our_loss(checkpoint), rel=1e-5)
    assert same(own_head(toy_bert.train(checkpoint, "labels")), own_head(checkpoint))


def test_a_decoder_that_is_not_tied_goes_on_as_well(tmp_path: Path) -> None:
    toy_untied = made(tmp_path, published(tmp_path / "start", "bert", tie_word_embeddings=False))
    checkpoint = toy_untied.train(toy_untied.encoder, "mlm")
    trained = trained_head(checkpoint)
    assert "cls.predictions.decoder.weight" in trained
    between = toy_untied.train(checkpoint, "labels")
    assert all(torch.equal(own_head(between)[name], tensor) for name, tensor in trained.items())


@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
def test_our_own_head_of_other_classes_goes_on_as_well(tmp_path: Path) -> None:
    toy_other = made(tmp_path, published(tmp_path / "start", "rembert"))
    assert load_own_head(MLM, load_encoder(toy_other.encoder)) is None
    first = toy_other.train(toy_other.encoder, "mlm")
    between = toy_other.train(first, "labels")
    assert any(name.startswith(PLAIN_LANGUAGE_MODEL) for name in own_head(between))
    begun = build_model(toy_other.job(between, "mlm")).by_key[head_key(MLM)].state_dict()
    stored = load_file(first / "heads" / f"{head_key(MLM)}.safetensors")
    assert stored and all(torch.equal(begun[name], tensor) for name, tensor in stored.items())


@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
def test_a_published_head_that_ours_has_replaced_never_loads_with_older_numbers(tmp_path: Path) -> None:
    toy_other = made(tmp_path, published(tmp_path / "start", "rembert"))
    before = own_head(toy_other.encoder)
    assert any(name.startswith("cls.predictions.") for name in before)
    checkpoint = toy_other.train(toy_other.encoder, "mlm")
    earlier = load_encoder(checkpoint)
    earlier.own_head_weights = before | earlier.own_head_weights
    earlier.save(shutil.copytree(checkpoint, tmp_path / "earlier") / "encoder")  # as it was written before
    export(tmp_path / "earlier", MLM, tmp_path / "out")
    for folder in (checkpoint / "encoder", tmp_path / "out"):
        _, info = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
        assert {name for name in before if ".pooler." not in name} <= set(info["missing_keys"]), (
            "it is new, and its class says so"
        )
        assert any(name.startswith(PLAIN_LANGUAGE_MODEL) for name in load_file(folder / "model.safetensors"))
    assert own_head(toy_other.train(toy_other.encoder, "labels")).keys() == before.keys()


@pytest.mark.parametrize("tune", [LoRA(rank=2), Bottleneck(reduction=2, invertible=True)], ids=["lora", "bottleneck"])
def test_adapters_alone_keep_the_head_beside_them(xlmr: Toy, tune: Any, tmp_path: Path) -> None:
    first = xlmr.train(xlmr.encoder, "mlm", tune=tune)
    between = xlmr.train(first, "labels", tune=tune)
    for checkpoint in (first, between):
        assert not (checkpoint / "encoder").exists() and (checkpoint / OWN_HEAD).is_file()
        assert all(torch.equal(own_head(checkpoint)[name], tensor) for name, tensor in trained_head(first).items())
    begun = build_model(xlmr.job(between, "mlm", tune=tune)).by_key[head_key(MLM)].get_submodule("part.module")
    assert all(torch.equal(begun.state_dict()[name], tensor) for name, tensor in trained_head(first).items())
    whole = xlmr.train(between, "labels")
    assert same(own_head(whole), own_head(first)) and not (whole / OWN_HEAD).exists()
    gone = shutil.copytree(between, tmp_path / "gone")
    (gone / OWN_HEAD).unlink()
    with pytest.raises(EncoderError, match="the weights of the encoder's own head cannot be read"):
        load_encoder(gone)


def test_adapters_over_an_encoder_whose_head_is_the_newest_have_none(xlmr: Toy) -> None:
    whole = xlmr.train(xlmr.encoder, "mlm")
    checkpoint = xlmr.train(whole, "labels", tune=LoRA(rank=2))
    assert not (checkpoint / OWN_HEAD).exists()
    assert same(own_head(checkpoint), own_head(whole))


@pytest.mark.parametrize("tune", ["full", LoRA(rank=2)], ids=["full", "lora"])
def test_merged_checkpoints_merge_the_head_as_their_other_weights(xlmr: Toy, tune: Any, tmp_path: Path) -> None:
    paths = [xlmr.train(xlmr.encoder, *names, tune=tune) for names in (("mlm",), ("mlm", "labels"), ("labels",))]
    start, parts = own_head(xlmr.encoder), [own_head(path) for path in paths]
    ways: dict[str, Composition] = {"mean": Average(weights=(2, 1, 1)), "sum": Arithmetic(scale=0.5)}
    if tune != "full":
        ways["stack"] = Stacked()
    for name, how in ways.items():
        merge(xlmr.encoder, paths, how, 1, tmp_path / name)
    for name, first in start.items():
        one, two, three = (part[name] for part in parts)
        assert torch.equal(three, first), "it was trained on something else"
        expected = {
            "mean": 0.5 * one + 0.25 * two + 0.25 * three,
            "sum": first + 0.5 * (one - first + two - first),
            "stack": (one + two + three) / 3,
        }
        for way in ways:
            torch.testing.assert_close(own_head(tmp_path / way)[name], expected[way], atol=1e-6, rtol=1e-5)


def test_what_no_part_has_trained_stays_to_the_last_bit() -> None:
    start = {"bias": torch.tensor([0.1, 0.7]), "second": torch.ones(2)}
    parts: list[Weights] = [dict(start), {"bias": start["bias"].clone(), "new": torch.ones(3)}, dict(start)]
    for how in (Average(), Arithmetic(scale=0.3), Ties()):
        assert same(merge_own_heads(how, start, parts), {"bias": start["bias"]}), "one lacks the second name"


@pytest.mark.parametrize("kind", ["mlm", "labels"])
def test_an_export_loads_as_a_masked_language_model(each: Toy, kind: str, tmp_path: Path) -> None:
    checkpoint = each.train(each.train(each.encoder, "mlm"), "labels")
    assert export(checkpoint, each.parts[kind].kind, tmp_path / "out") is not None
    if (
        load_encoder(checkpoint).config.model_type == "modernbert" and kind == "labels"
    ):  # its classes call different layers the same: the head of the task has the place
        assert "decoder.bias" not in load_file(tmp_path / "out" / "model.safetensors")
    else:
        assert their_loss(tmp_path / "out") == pytest.approx(our_loss(checkpoint), rel=1e-5)


def test_predictions_of_masked_words_need_no_phase_of_their_own(xlmr: Toy) -> None:
    checkpoint = xlmr.train(xlmr.train(xlmr.encoder, "mlm"), "labels")
    head = load_model(checkpoint, MLM, Compute()).by_key[head_key(MLM)]
    assert our_loss(checkpoint, head) == our_loss(checkpoint)
    assert len(predict_examples(checkpoint, MLM, toy.texts(3)).guesses) == 3


@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
@pytest.mark.parametrize(
    ("shape", "name"), [("bert", "cls.predictions.bias"), ("rembert", f"{PLAIN_LANGUAGE_MODEL}3.bias")]
)
def test_a_head_of_another_vocabulary_is_not_the_encoder_s_own(shape: str, name: str, tmp_path: Path) -> None:
    toy_other = made(tmp_path, published(tmp_path / "start", shape))
    encoder = load_encoder(toy_other.train(toy_other.encoder, "mlm"))
    assert load_own_head(MLM, encoder) is not None
    encoder.own_head_weights[name] = encoder.own_head_weights[name][:-1]
    assert load_own_head(MLM, encoder) is None, "its bias would be new"
