"""Vectors of one's own sentences on the command line: those of retrieval, in three formats, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from tiny_study import TinyStudy, texts

from xstilts.cli import main
from xstilts.kinds.tokenizers import load_tokenizer

Make = Callable[..., TinyStudy]
SENTENCES = [text for text, _ in texts("de", 7)]
Embed = Callable[..., int]


@pytest.fixture
def embed(encoder: Path, tmp_path: Path) -> Embed:
    """Runs the command over a file of sentences, into `out`."""
    file = tmp_path / "mine.txt"
    file.write_text("".join(f"{text}\n" for text in SENTENCES), "utf-8")

    def run(out: str = "vectors.npy", *more: str, name: str = str(encoder), read: Path = file) -> int:
        return main(["embed", name, str(read), "--out", str(tmp_path / out), "--store", str(tmp_path / "store"), *more])

    return run


def expected(encoder: Path, layer: int, specials: bool) -> np.ndarray:
    """Sentence by sentence, through the encoder's own class."""
    from transformers import AutoModel

    model = AutoModel.from_pretrained(encoder, add_pooling_layer=False).eval()
    tokenizer = load_tokenizer(encoder)
    rows = []
    for text in SENTENCES:
        ids = torch.tensor([[0, *tokenizer.encode(text, add_special_tokens=False).ids, 2]])
        with torch.no_grad():
            states = model(input_ids=ids, output_hidden_states=True).hidden_states[layer][0]
        rows.append((states if specials else states[1:-1]).mean(0).numpy())
    return np.stack(rows)


@pytest.mark.parametrize(
    ("layer", "pooling", "specials"), [(0, "mean", True), (1, "mean", True), (1, "mean-of-text", False)]
)
def test_vectors_are_means_of_states(
    embed: Embed, encoder: Path, tmp_path: Path, layer: int, pooling: str, specials: bool
) -> None:
    assert embed("vectors.npy", "--layer", str(layer), "--pooling", pooling) == 0
    found = np.load(tmp_path / "vectors.npy")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected(encoder, layer, specials), atol=2e-5)


def test_the_three_formats_hold_the_same_numbers(
    embed: Embed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for ending in ("npy", "parquet", "jsonl"):
        assert embed(f"vectors.{ending}", "--json") == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["vectors"], said["width"], said["layers"], said["truncated"]) == (7, 16, 1, 0)
        assert said["tokens"] > 4 * len(SENTENCES) and said["file"].endswith(ending)
    plain = np.load(tmp_path / "vectors.npy")
    table = pq.read_table(tmp_path / "vectors.parquet")
    assert table["id"].to_pylist() == [str(n) for n in range(7)]
    assert np.array_equal(np.array(table["vector"].to_pylist(), dtype=np.float32), plain)
    assert table.schema.metadata[b"pooling"] == b"mean"
    lines = [json.loads(line) for line in (tmp_path / "vectors.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [str(n) for n in range(7)]
    assert np.array_equal(np.array([line["vector"] for line in lines], dtype=np.float32), plain)


def test_what_is_longer_is_cut_and_counted(embed: Embed, capsys: pytest.CaptureFixture[str]) -> None:
    assert embed("vectors.npy", "--max-length", "4", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["truncated"] == 7 and said["tokens"] == 28


def test_a_trained_checkpoint_has_vectors_of_its_own(study: Make, embed: Embed, tmp_path: Path) -> None:
    tiny = study(targets=["weather"], seeds=[1], arms={"none": {"strategy": "direct"}}, keep="all")
    assert tiny.call("run") == 0
    (key,) = (record["key"] for record in tiny.records("train"))
    assert embed("plain.npy") == 0
    assert (
        main(
            [
                "embed",
                key[:14],
                str(tmp_path / "mine.txt"),
                "--out",
                str(tmp_path / "tuned.npy"),
                "--store",
                str(tiny.store),
            ]
        )
        == 0
    )
    plain, tuned = np.load(tmp_path / "plain.npy"), np.load(tmp_path / "tuned.npy")
    assert plain.shape == tuned.shape and not np.allclose(plain, tuned)


def test_columns_and_ids_are_those_of_the_file(embed: Embed, tmp_path: Path, put: Any) -> None:
    table = put("rows.csv", 'id,said\na,der\nb,"das, ein"\n')
    assert embed("vectors.jsonl", "--column", "said", read=table) == 0
    lines = (tmp_path / "vectors.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b"]


@pytest.mark.parametrize(
    ("file", "more", "said"),
    [
        ("id,text\na,der\na,das\n", (), "rows.csv:3: the id 'a' occurs twice, first at"),
        ("id,text\na,der\nb, \n", (), "rows.csv:3: `text` is blank"),
        ("id,said\na,der\n", (), "text"),
        ("id,text\n", (), "The file has no rows"),
        ("text\nder\n", ("--layer", "3"), "has layers 0 to 1, not 3"),
        ("text\nder\n", ("--pooling", "means"), "There is no pooling 'means'. Did you mean 'mean'?"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    embed: Embed,
    put: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    more: tuple[str, ...],
    said: str,
) -> None:
    assert embed("vectors.npy", *more, read=put("rows.csv", file)) == 2
    assert said in " ".join(capsys.readouterr().err.split()) and not (tmp_path / "vectors.npy").exists()


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("vectors.csv", "Allowed: .parquet, .jsonl, .npy"),
        ("folder.npy", "is no file"),
        ("same.jsonl", "would overwrite"),
    ],
)
def test_a_place_that_vectors_cannot_go_to_is_refused(
    embed: Embed, put: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, said: str
) -> None:
    (tmp_path / "folder.npy").mkdir()
    own = put("same.jsonl", '{"text": "der"}\n')
    assert embed(out, read=own) == 2
    assert said in " ".join(capsys.readouterr().err.split()) and own.read_text() == '{"text": "der"}\n'


def test_an_encoder_that_there_is_not_is_refused(embed: Embed, capsys: pytest.CaptureFixture[str]) -> None:
    assert embed("vectors.npy", "--offline", name="tiny-e6") == 2
    assert "Did you mean 'tiny-e5'" in " ".join(capsys.readouterr().err.split())
