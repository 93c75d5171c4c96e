"""Languages that search one pool: it is encoded once, and each language ranks it as if it were its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from toy_kinds import checkpoint, tokenizer, words
from xstilts.data.examples import PassageExample
from xstilts.evaluate.predict import PredictSet, predict
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.kinds.tokenized import ConcatenatedColumns, TokenizedRows, write
from xstilts.train.checkpoint import encoder_folder
from xstilts.train.model import Model

KIND = DualEncoder(pooling="mean", k=4)  # without weights of its own, so that any encoder can be asked


def query(language: str, i: int) -> PassageExample:
    return PassageExample(id=f"{language}-{i}", group=str(i), query=words(3, i), relevant=(f"p{i}",))


def passages(number: int, start: int = 0) -> list[PassageExample]:
    return [PassageExample(id=f"p{i}", group=str(i), passage=words(2 + i % 5, i)) for i in range(start, start + number)]


def prepared(examples: Sequence[PassageExample], out: Path, **more: Any) -> PredictSet:
    out.mkdir(parents=True)
    write(examples, KIND, tokenizer(), 30, out)
    return PredictSet(prepared=TokenizedRows(out), examples=examples, indices=range(len(examples)), **more)


def read(path: Path) -> dict[str, Any]:
    table = pq.read_table(path)
    return {id: json.loads(guess) for id, guess in zip(*(table[c].to_pylist() for c in ("id", "guess")), strict=True)}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoder_folder(checkpoint(tmp_path_factory.mktemp("checkpoint")))


def test_a_shared_pool_is_encoded_once_and_ranked_by_all(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, sequences = Model.forward, []

    def counted(model: Model, batch, key):
        sequences.append(len(batch.lengths_N))
        return forward(model, batch, key)

    monkeypatch.setattr(Model, "forward", counted)
    pool = prepared(passages(9), tmp_path / "pool")
    queries = {language: [query(language, i) for i in range(n)] for language, n in (("de", 5), ("sw", 3))}
    sets = {language: prepared(own, tmp_path / language, pool=pool) for language, own in queries.items()}
    predict(encoder, KIND, sets, tmp_path / "out")
    assert sum(sequences) == 9 + 5 + 3
    for language, own in queries.items():
        alone = prepared([*own, *passages(9)], tmp_path / f"{language}-alone")
        predict(encoder, KIND, {language: alone}, tmp_path / "alone")
        expected = read(tmp_path / "alone" / f"{language}.parquet")
        found = read(tmp_path / "out" / f"{language}.parquet")
        assert list(found) == [example.id for example in own], "the pool is not predicted"
        assert found == {id: guess for id, guess in expected.items() if id in found}
        assert all(len(set(guess)) == 4 for guess in found.values())
    meta = json.loads((tmp_path / "out" / "meta.json").read_text())
    assert {language: entry["n"] for language, entry in meta.items()} == {"de": 5, "sw": 3}


def test_a_language_may_have_passages_of_its_own_beside_the_pool(encoder: Path, tmp_path: Path) -> None:
    pool, own = prepared(passages(2), tmp_path / "pool"), [query("de", 7), *passages(2, start=7)]
    kind = DualEncoder(pooling="mean", k=9)
    predict(encoder, kind, {"de": prepared(own, tmp_path / "de", pool=pool)}, tmp_path / "out")
    found = read(tmp_path / "out" / "de.parquet")
    assert sorted(found["de-7"]) == ["p0", "p1", "p7", "p8"] and found["p7"] is found["p8"] is None


def test_columns_one_after_the_other() -> None:
    chained = ConcatenatedColumns([["a", "b"], [], ["c"]])
    assert len(chained) == 3 and list(chained) == ["a", "b", "c"]
    with pytest.raises(IndexError):
        chained[3]
