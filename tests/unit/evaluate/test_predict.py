"""Predictions: one stream for all languages gives what each alone would give."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from toy_kinds import KINDS, checkpoint, examples, tokenizer, words
from xstilts.core.errors import DataError, EncoderError
from xstilts.data.examples import SentenceExample
from xstilts.evaluate import predict as predict_module
from xstilts.evaluate.predict import CheckpointRef, PredictSet, predict, predict_examples
from xstilts.heads.registry import head_key
from xstilts.kinds.classification import Classification
from xstilts.kinds.retrieval import Retrieval
from xstilts.kinds.tokenized import TokenizedRows, write
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.train.checkpoint import encoder_folder
from xstilts.train.job import Compute
from xstilts.train.model import Model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("checkpoint"))


def sets(kind: str, folder: Path, sizes: Mapping[str, int]) -> dict[str, PredictSet]:
    found, start = {}, 0
    for language, size in sizes.items():
        rows, out = examples(kind, size, start), folder / language
        start += size
        out.mkdir(parents=True)
        write(rows, KINDS[kind], tokenizer(), 30, out)
        found[language] = PredictSet(prepared=TokenizedRows(out), examples=rows, indices=range(size))
    return found


def read(path: Path) -> dict[str, Any]:
    table = pq.read_table(path)
    assert table.column_names == ["id", "group", "guess"]
    return {id: json.loads(guess) for id, guess in zip(*(table[c].to_pylist() for c in ("id", "guess")), strict=True)}


@pytest.mark.parametrize("kind", KINDS)
def test_one_stream_equals_one_language_at_a_time(kind: str, made: Path, tmp_path: Path) -> None:
    given = sets(kind, tmp_path / "rows", {"en": 9, "de": 5, "th": 7})
    together = Compute(forward_tokens=40)
    predict(made, KINDS[kind], given, tmp_path / "all", together)
    for language, one in given.items():
        predict(made, KINDS[kind], {language: one}, tmp_path / "one", Compute(forward_tokens=1))
        found = read(tmp_path / "all" / f"{language}.parquet")
        assert found == read(tmp_path / "one" / f"{language}.parquet")
        assert list(found) == [example.id for example in one.examples]
    meta = json.loads((tmp_path / "all" / "meta.json").read_text())
    assert {language: entry["n"] for language, entry in meta.items()} == {"en": 9, "de": 5, "th": 7}
    assert meta["en"]["tokens"] == int(given["en"].prepared.lengths.sum())
    assert meta["en"].keys() == {"n", "rows", "tokens", "truncated", "split", "seconds"}


def test_a_view_chooses_and_orders(made: Path, tmp_path: Path) -> None:
    whole = sets("classification", tmp_path / "rows", {"en": 8})
    some = {"en": PredictSet(prepared=whole["en"].prepared, examples=whole["en"].examples, indices=[6, 2, 3])}
    predict(made, KINDS["classification"], whole, tmp_path / "whole")
    predict(made, KINDS["classification"], some, tmp_path / "some")
    all_of_them, chosen = read(tmp_path / "whole" / "en.parquet"), read(tmp_path / "some" / "en.parquet")
    assert list(chosen) == [f"classification-{i}" for i in (6, 2, 3)]
    assert all(all_of_them[id] == guess for id, guess in chosen.items())


def test_the_head_may_be_an_earlier_checkpoint_s(made: Path, tmp_path: Path) -> None:
    later = tmp_path / "later"
    shutil.copytree(made, later)
    kind = KINDS["classification"]
    place = later / "heads" / f"{head_key(kind)}.safetensors"
    outputs = len(kind.labels)  # a head that says the least likely label
    save_file({name: -x if len(x) == outputs else x for name, x in load_file(place).items()}, place)
    given = sets("classification", tmp_path / "rows", {"en": 12})
    found = {}
    for name, based in {
        "own": CheckpointRef(checkpoint=later, base=None),
        "earlier": CheckpointRef(checkpoint=later, base=None, head=made),
    }.items():
        predict(based, kind, given, tmp_path / name)
        found[name] = read(tmp_path / name / "en.parquet")
    predict(made, kind, given, tmp_path / "before")
    assert found["earlier"] == read(tmp_path / "before" / "en.parquet") != found["own"]


def test_an_earlier_checkpoint_without_that_head_is_named(made: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(made, bare)
    (bare / "heads.json").unlink()
    given = sets("classification", tmp_path / "rows", {"en": 2})
    with pytest.raises(EncoderError, match=r"bare.*has no head for 'classification"):
        predict(CheckpointRef(checkpoint=made, base=None, head=bare), KINDS["classification"], given, tmp_path / "out")


def test_predict_needs_a_head_trained_for_these_labels(made: Path, tmp_path: Path) -> None:
    given = sets("classification", tmp_path / "rows", {"en": 2})
    swapped = Classification(labels=("yes", "no", "maybe"))
    with pytest.raises(EncoderError, match=r"no head for 'classification-\w+'.*Did you mean 'classification-"):
        predict(made, swapped, given, tmp_path / "out")
    with pytest.raises(EncoderError, match="no head"):
        predict(encoder_folder(made), KINDS["classification"], given, tmp_path / "out")
    with pytest.raises(DataError, match="language 'de': its test set is empty"):
        empty = PredictSet(prepared=given["en"].prepared, examples=[], indices=[])
        predict(made, KINDS["classification"], given | {"de": empty}, tmp_path / "out")


def test_retrieval_needs_no_training(made: Path, tmp_path: Path) -> None:
    kind = Retrieval(layer=1)
    sides = [("query", 0), ("candidate", 0), ("query", 1), ("candidate", 1)]
    rows = [
        SentenceExample(
            id=f"{side}-{i}", group=str(i), text=("rain sun", "snow wind fog")[i], side=side,
            matches=(f"candidate-{i}",) if side == "query" else None,
        )
        for side, i in sides
    ]  # fmt: skip
    guesses = predict_examples(encoder_folder(made), kind, rows).guesses
    assert kind.count(kind.metrics[0], rows, guesses, "de").sum(axis=0)[0] == 2, "each finds its own text"


@pytest.mark.parametrize("kind", KINDS)
def test_examples_in_memory_give_the_same_guesses(kind: str, made: Path, tmp_path: Path) -> None:
    given = sets(kind, tmp_path / "rows", {"en": 6})
    predict(made, KINDS[kind], given, tmp_path / "out")
    guessed = predict_examples(made, KINDS[kind], given["en"].examples, max_length=30)
    assert json.loads(json.dumps(guessed.guesses)) == list(read(tmp_path / "out" / "en.parquet").values())
    assert (guessed.scores is not None) == (kind == "classification")
    for guess, scores in zip(guessed.guesses, guessed.scores or [], strict=False):
        assert sum(scores.values()) == pytest.approx(1) and max(scores, key=lambda label: scores[label]) == guess


def test_out_of_memory_halves_the_batch(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = examples("classification", 12)
    calm = predict_examples(made, KINDS["classification"], rows)
    forward, sizes = Model.forward, []

    def scarce(model: Model, batch, key):
        sizes.append(batch.ids_T.numel())
        if sizes[-1] > 50:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(model, batch, key)

    monkeypatch.setattr(Model, "forward", scarce)
    tight = predict_examples(made, KINDS["classification"], rows)
    assert max(sizes) > 50 and tight.guesses == calm.guesses


@pytest.mark.parametrize("specials", [True, False])
def test_kinds_side_by_side_guess_as_each_alone_in_one_pass(
    specials: bool, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [Retrieval(layer=layer, specials=specials, k=k) for layer, k in ((2, 4), (0, 4), (1, 2), (None, 4))]
    given = {code: sentences(tmp_path / code, specials, start) for code, start in (("de", 0), ("fi", 50))}
    tokens: list[int] = []
    forward = Encoder.forward

    def counted(self: Encoder, batch: Batch, *values: Any, **named: Any) -> Any:
        tokens.append(int(batch.lengths_N.sum()))
        return forward(self, batch, *values, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Encoder, "forward", counted)
        predict(made, kinds[0], given, tmp_path / "together", Compute(forward_tokens=60), beside=kinds[1:])
    assert sum(tokens) == sum(one.tokens for one in given.values()), "every token goes through the encoder once"
    meta = json.loads((tmp_path / "together" / "meta.json").read_text())
    assert {code: meta[code]["tokens"] for code in meta} == {code: one.tokens for code, one in given.items()}
    found = []
    for number, kind in enumerate(kinds):
        predict(made, kind, given, tmp_path / f"alone{number}")
        found.append({code: read(tmp_path / "together" / str(number) / f"{code}.parquet") for code in given})
        assert found[-1] == {code: read(tmp_path / f"alone{number}" / f"{code}.parquet") for code in given}
    assert found[0] != found[1], "layers that guess alike would show nothing"


def test_kinds_whose_outputs_do_not_fit_together_run_apart(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [Retrieval(layer=layer) for layer in (0, 1, 2)]
    given = {"de": sentences(tmp_path / "de", True, 0)}
    predict(made, kinds[0], given, tmp_path / "one", beside=kinds[1:])
    monkeypatch.setattr(predict_module, "OUTPUTS", 2 * len(given["de"].indices))
    predict(made, kinds[0], given, tmp_path / "two", beside=kinds[1:])
    for number in range(3):
        one, two = (read(tmp_path / run / str(number) / "de.parquet") for run in ("one", "two"))
        assert one == two


def sentences(folder: Path, specials: bool, start: int) -> PredictSet:
    """Queries and candidates of random words."""
    found = [
        SentenceExample(
            id=f"{side}{i}", group=str(i), text=words(2 + i % 5, start + at + i), side=side, matches=matches
        )
        for at, side, matches in ((0, "query", ("candidate0",)), (100, "candidate", None))
        for i in range(12)
    ]
    folder.mkdir()
    write(found, Retrieval(specials=specials), tokenizer(), 30, folder)
    return PredictSet(prepared=TokenizedRows(folder), examples=found, indices=range(len(found)))
