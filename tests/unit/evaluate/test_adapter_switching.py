"""Predictions through one stack whose language adapter changes: those of stacks put together by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Bottleneck
from xstilts.data.examples import SentenceExample
from xstilts.engine.step import Context
from xstilts.evaluate import predict as predicting
from xstilts.evaluate.language_adapters import AdapterSwitcher
from xstilts.evaluate.predict import PredictSet, load_model, predict
from xstilts.heads.registry import head_key
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.retrieval import Retrieval
from xstilts.metrics.masked_lm import MaskedAccuracy
from xstilts.pipeline.steps.predict import example_adapters
from xstilts.train.adapter_files import copy_first_adapter
from xstilts.train.checkpoint import load_encoder
from xstilts.train.job import Compute
from xstilts.train.loop import fit
from xstilts.train.model import outputs

LANGUAGE = Bottleneck(reduction=2, invertible=True)
DEV = toy.texts(40, seed=1)
HEAD = head_key(toy.KIND)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Language adapters of English and two others, and a task on top of the English one."""
    folder = tmp_path_factory.mktemp("made")
    start = toy.encoder_folder(folder / "encoder")
    recipe = {"updates": 8, "lr": 3e-2, "dropout": 0.0}
    for seed, code in enumerate(("en", "de", "sw")):
        lines = toy.texts(40, seed=seed + 5)
        settings = {"kind": MaskedLM(), "selection_metric": MaskedAccuracy()}
        part = toy.part(start, folder / f"text-{code}", lines, lines[:4], **settings)
        fit(toy.job(start, [part], recipe, tune=LANGUAGE, seed=seed), folder / code, folder / "scratch" / code)
    part = toy.part(start, folder / "task", toy.texts(100), DEV)
    task = toy.job(folder / "en", [part], recipe, tune=Bottleneck(reduction=2, stack=True), base=start)
    fit(task, folder / "stack", folder / "scratch" / "stack")
    return folder


def by_hand(made: Path, code: str, out: Path) -> Path:
    """The task's checkpoint with the file of another language's adapter in the place of the English one."""
    shutil.copytree(made / "stack", out)
    shutil.copyfile(made / code / "adapters" / "0.safetensors", out / "adapters" / "0.safetensors")
    return out


def prepared(made: Path, out: Path, examples: list, **more: object) -> PredictSet:
    kind = more.pop("kind", toy.KIND)
    rows = toy.prepare(examples, kind, made / "encoder", out)
    return PredictSet(prepared=rows, examples=examples, indices=range(len(examples)), **more)


def guesses(path: Path) -> list[str]:
    return pq.read_table(path)["guess"].to_pylist()


def test_a_swap_changes_the_language_adapter_and_nothing_else(made: Path) -> None:
    encoder = load_encoder(made / "stack")
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    places = {name: tensor.data_ptr() for name, tensor in encoder.state_dict().items()}
    copy_first_adapter(encoder, made / "stack", made / "de")
    german = load_file(made / "de" / "adapters" / "0.safetensors")
    after = encoder.state_dict()
    assert {name: tensor.data_ptr() for name, tensor in after.items()} == places
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed and all(name.startswith("adapters.0.") for name in changed)
    assert all(torch.equal(after[f"adapters.0.{name}"], tensor) for name, tensor in german.items())
    assert set(german) == {name.removeprefix("adapters.0.") for name in after if name.startswith("adapters.0.")}


def test_each_language_is_predicted_as_by_a_stack_put_together_by_hand(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, load = [], load_model
    monkeypatch.setattr(predicting, "load_model", lambda *given: loaded.append(given) or load(*given))
    examples = {code: toy.texts(40, seed=20 + i) for i, code in enumerate(("de", "en", "sw", "xx"))}
    sets = {
        code: prepared(made, tmp_path / code, own, adapters=[made / code if code in ("de", "sw") else None] * len(own))
        for code, own in examples.items()
    }
    predict(made / "stack", toy.KIND, sets, tmp_path / "out")
    assert len(loaded) == 1, "the encoder is loaded once"
    found = {code: guesses(tmp_path / "out" / f"{code}.parquet") for code in sets}
    for code, below in {"de": "de", "en": "en", "sw": "sw", "xx": "en"}.items():
        alone = prepared(made, tmp_path / f"{code}-alone", examples[code])
        predict(by_hand(made, below, tmp_path / f"{code}-stack"), toy.KIND, {code: alone}, tmp_path / "alone")
        assert found[code] == guesses(tmp_path / "alone" / f"{code}.parquet"), code


def test_rows_are_given_back_in_their_order_and_progress_is_of_all(made: Path, tmp_path: Path) -> None:
    rows = toy.prepare(DEV, toy.KIND, made / "encoder", tmp_path / "rows")
    model, told = load_model(made / "stack", toy.KIND, Compute()), []
    readers = [(None, made / "de", made / "sw")[i % 3] for i in range(len(DEV))]
    tell = lambda done, total, unit="", text="": told.append((done, total))  # noqa: E731
    turns = AdapterSwitcher(model, made / "stack", Compute(), tell)
    found = np.stack(turns.outputs(HEAD, rows.row, rows.lengths, readers))
    total = int(rows.lengths.sum())
    assert told[-1] == (total, total) and [done for done, _ in told] == sorted(done for done, _ in told)
    by_language = {}
    for code in ("en", "de", "sw"):
        other = load_model(by_hand(made, code, tmp_path / code), toy.KIND, Compute())
        by_language[code] = np.stack(outputs(other, HEAD, rows.row, rows.lengths, Compute()))
    expected = np.stack([by_language[("en", "de", "sw")[i % 3]][i] for i in range(len(DEV))])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert all(np.abs(by_language[a] - by_language[b]).max() > 1e-3 for a, b in (("en", "de"), ("de", "sw")))


def test_the_two_sides_of_retrieval_have_adapters_of_their_own(made: Path, tmp_path: Path) -> None:
    examples = [
        SentenceExample(id=f"{side}{i}", group=str(i), text=text.text, side=side, matches=matches)
        for side, matches in (("query", ("candidate0",)), ("candidate", None))
        for i, text in enumerate(DEV[:6])
    ]
    context = Context(
        out=tmp_path, scratch=tmp_path, inputs={"language/de": made / "de"}, progress=print, threads=1, device="cpu"
    )
    sides = example_adapters(("de", "en"), examples, context)
    assert sides == (made / "de",) * 6 + (None,) * 6, "the candidates are read with the training language's adapter"
    assert set(example_adapters(("de", "de"), examples, context)) == {made / "de"}, "both sides in one language"
    assert set(example_adapters(("fi", "de"), examples, context)[6:]) == {made / "de"}
    kind = Retrieval(layer=-1)
    given = prepared(made, tmp_path / "rows", examples, kind=kind, adapters=sides)
    model = load_model(made / "stack", kind, Compute())
    found = AdapterSwitcher(model, made / "stack", Compute()).outputs(
        head_key(kind), given.prepared.row, given.prepared.lengths, given.row_adapters
    )
    for code, places in (("de", range(6)), ("en", range(6, 12))):
        other = load_model(by_hand(made, code, tmp_path / code), kind, Compute())
        alone = outputs(other, head_key(kind), given.prepared.row, given.prepared.lengths, Compute())
        for place in places:
            np.testing.assert_allclose(found[place], alone[place], atol=1e-5)


def test_an_adapter_that_was_trained_otherwise_is_refused(made: Path, tmp_path: Path) -> None:
    encoder = load_encoder(made / "stack")
    shutil.copytree(made / "de", tmp_path / "other")
    named = json.loads((made / "de" / "adapter.json").read_text())
    named["base"]["fingerprint"] = "f" * 20
    (tmp_path / "other" / "adapter.json").write_text(json.dumps(named))
    with pytest.raises(EncoderError, match=r"language adapter of another encoder: it was trained on weights f{20}"):
        copy_first_adapter(encoder, made / "stack", tmp_path / "other")
    named["adapters"][0]["settings"]["reduction"] = 4.0
    (tmp_path / "other" / "adapter.json").write_text(json.dumps(named))
    with pytest.raises(EncoderError, match=r"other settings: .*reduction=4\.0.* where .*reduction=2"):
        copy_first_adapter(encoder, made / "stack", tmp_path / "other")
