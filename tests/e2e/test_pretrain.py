"""`xstilts pretrain`, from files to a folder that is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pretraining_text import write_text
from transformers import AutoModelForMaskedLM

from xstilts.app.pretrain import pretrain
from xstilts.cli import main
from xstilts.engine.runner import Outcome
from xstilts.pipeline.options import Options
from xstilts.pretrain.recipe import (
    EncoderShape,
    MineSpec,
    PackingSpec,
    PartSpec,
    PhaseSpec,
    PretrainRecipe,
    StudentShape,
    TokenizerSpec,
    load_recipe,
    packaged_recipes,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_text(tmp_path / "data")


RECIPE: dict[str, Any] = {
    "languages": ["de"],
    "corpora": ["tatoeba-text", "ntrex"],
    "tokenizer": {"vocabulary": 600, "lines": 200},
    "encoder": {"layers": 2, "width": 16, "embedding": 12, "heads": 2, "feedforward": 20, "positions": 64},
    "phases": [
        {
            "name": "words", "updates": 3, "batch": 8, "max_length": 32,
            "parts": [{"learn": "translation", "data": "parallel", "layer": 0, "examples": 20}],
        },
        {
            "name": "context", "updates": 6, "batch": 8, "max_length": 32,
            "mine": {"corpora": ["tatoeba-text"], "layer": 0, "margin": 0.5},
            "parts": [
                {"learn": "mlm", "data": "text", "candidates": 50},
                {"learn": "mlm", "data": "parallel", "candidates": 50, "share": 0.5},
                {"learn": "translation", "data": "mined", "layer": 1},
            ],
        },
    ],
}  # fmt: skip


def write(folder: Path, **changes: Any) -> str:
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({**RECIPE, **changes}), "utf-8")
    return str(path)


def test_from_files_to_an_encoder_that_a_study_could_use(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    common = ["--data", str(data), "--store", str(tmp_path / "store"), "--threads", "1", "--offline"]
    recipe = write(tmp_path)
    assert main(["pretrain", recipe, "--dry-run", *common]) == 0
    assert "mlm of text 40%" in capsys.readouterr().out
    assert main(["pretrain", recipe, "--out", str(tmp_path / "mine"), "--json", *common]) == 0
    said = json.loads(capsys.readouterr().out)
    model = AutoModelForMaskedLM.from_pretrained(tmp_path / "mine")
    assert model.config.embedding_size == 12 and model.config.num_hidden_layers == 2
    record = json.loads((tmp_path / "mine" / "pretraining.json").read_text("utf-8"))
    assert said["record"] == record and said["executed"] == 9
    assert [phase["updates"] for phase in record["phases"]] == [3, 6]
    assert set(record["phases"][1]["curve"]) == {"mlm of text", "mlm of parallel", "translation of mined"}
    assert record["data"]["counts"]["ntrex"]["de"]["read"] == 1000 and record["mined"][0]["de"] > 0
    packed = ["--packed", str(tmp_path / "packed")]
    assert main(["pretrain", recipe, "--out", str(tmp_path / "mine"), *packed, *common]) == 0
    assert "tokens in" in capsys.readouterr().out
    assert (tmp_path / "packed/pretraining.json").is_file() and (tmp_path / "packed/packed.json").is_file()

    more = write(tmp_path, encoder=str(tmp_path / "mine"), phases=RECIPE["phases"][:1])
    assert main(["pretrain", more, "--out", str(tmp_path / "more"), *common]) == 0
    assert (tmp_path / "more/tokenizer.json").read_bytes() == (tmp_path / "mine/tokenizer.json").read_bytes()


def test_the_same_recipe_gives_the_same_weights(data: Path, tmp_path: Path):
    recipe = PretrainRecipe.model_validate({**RECIPE, "name": "r"})
    found = [
        pretrain(
            recipe,
            options=Options(data=(data,), store=tmp_path / name, offline=True, threads=1),
            out=tmp_path / f"{name}-out",
        )
        for name in ("a", "b")
    ]
    assert [one.outcome.exit_code for one in found] == [0, 0]
    assert isinstance(found[0].outcome, Outcome) and found[0].record["weights"] == found[1].record["weights"]


def test_jobs_change_no_number_and_reuse_what_is_there(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    recipe, records = write(tmp_path), {}
    for jobs in ("1", "2"):
        common = [
            "--data",
            str(data),
            "--store",
            str(tmp_path / f"store{jobs}"),
            "--threads",
            "1",
            "--offline",
            "--json",
        ]
        assert main(["pretrain", recipe, "--jobs", jobs, *common]) == 0
        first = json.loads(capsys.readouterr().out)
        assert first["executed"] == 9
        assert main(["pretrain", recipe, "--jobs", "2", *common]) == 0  # of the same store: nothing is left to run
        assert json.loads(capsys.readouterr().out)["executed"] == 0
        records[jobs] = first["record"]
    assert records["1"]["weights"] == records["2"]["weights"] and records["1"]["recipe"] == records["2"]["recipe"]
    assert [phase["curve"] for phase in records["1"]["phases"]] == [phase["curve"] for phase in records["2"]["phases"]]
    assert set(records["1"]["steps"]) == set(records["2"]["steps"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpra": []}, "Unknown key 'corpra'. Did you mean 'corpora'?"),
        ({"corpora": ["tatoeba-txt"]}, "Did you mean 'tatoeba-text'?"),
        ({"corpora": ["common-voice"]}, "common"),
        ({"encoder": {"width": 30, "heads": 4}}, "30 cannot be cut into 4 heads"),
        ({"encoder": "no/such@encoder"}, "no/such"),
        ({"phases": [{**RECIPE["phases"][0], "parts": [{"learn": "translation", "data": "text"}]}]}, "not from text"),
        ({"phases": [{**RECIPE["phases"][0], "parts": [{"learn": "mlm", "data": "mined"}]}]}, "nothing was mined"),
        ({"phases": [{**RECIPE["phases"][0], "lr": -1}]}, "phases[0].lr"),
    ],
)
def test_mistakes_are_named_before_anything_runs(changes, said, data, tmp_path, capsys):
    common = ["--data", str(data), "--store", str(tmp_path / "store"), "--offline"]
    assert main(["pretrain", write(tmp_path, **changes), *common]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list((tmp_path / "store" / "steps").glob("*"))


def test_a_folder_of_something_else_is_not_overwritten(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    common = ["--data", str(data), "--store", str(tmp_path / "store"), "--offline"]
    assert main(["pretrain", write(tmp_path), "--out", str(tmp_path / "mine"), *common]) == 2
    assert "this folder is not empty" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_packaged_recipes_are_recipes():
    assert set(packaged_recipes()) == {"scratch", "tiny-e5"}
    for name in packaged_recipes():
        assert load_recipe(name).question


def test_the_page_describes_every_key_and_its_recipe_is_one(tmp_path: Path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "pretraining.md").read_text("utf-8")
    for name in ("my-recipe", "my-student"):
        recipe = page.partition(f'```yaml title="{name}.yaml"\n')[2].partition("```")[0]
        (tmp_path / f"{name}.yaml").write_text(recipe, "utf-8")
        assert load_recipe(str(tmp_path / f"{name}.yaml")).name == name
    shapes = (EncoderShape, StudentShape, TokenizerSpec, MineSpec, PackingSpec)
    for section in (PretrainRecipe, PhaseSpec, PartSpec, *shapes):
        for key in section.__pydantic_fields__:
            assert f"`{key}`" in page, key
