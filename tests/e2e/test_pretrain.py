"""`xstilts pretrain`, from files to a folder that is used."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
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

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_text(tmp_path_factory.mktemp("text") / "data")


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


@dataclass(frozen=True)
class Made:
    """The encoder of the recipe, made once for the tests that look at it; `said`: by the command, as JSON."""

    recipe: str
    store: Path
    out: Path
    common: tuple[str, ...]
    said: dict[str, Any]


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made")
    recipe, store, out, heard = write(folder), folder / "store", folder / "mine", io.StringIO()
    common = ("--data", str(data), "--threads", "1", "--offline")
    with redirect_stdout(heard):
        assert main(["pretrain", recipe, "--out", str(out), "--json", "--store", str(store), *common]) == 0
    return Made(recipe, store, out, common, json.loads(heard.getvalue()))


def test_from_files_to_an_encoder_that_a_study_could_use(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    common = ["--store", str(tmp_path / "store"), *made.common]
    assert main(["pretrain", made.recipe, "--dry-run", *common]) == 0
    assert "mlm of text 40%" in capsys.readouterr().out
    model = AutoModelForMaskedLM.from_pretrained(made.out)
    assert model.config.embedding_size == 12 and model.config.num_hidden_layers == 2
    record = json.loads((made.out / "pretraining.json").read_text("utf-8"))
    assert made.said["record"] == record and made.said["executed"] == 9
    assert [phase["updates"] for phase in record["phases"]] == [3, 6]
    assert set(record["phases"][1]["curve"]) == {"mlm of text", "mlm of parallel", "translation of mined"}
    assert record["data"]["counts"]["ntrex"]["de"]["read"] == 1000 and record["mined"][0]["de"] > 0
    common = ["--store", str(made.store), *made.common]
    packed = ["--packed", str(tmp_path / "packed")]
    assert main(["pretrain", made.recipe, "--out", str(made.out), *packed, *common]) == 0
    assert "tokens in" in capsys.readouterr().out
    assert (tmp_path / "packed/pretraining.json").is_file() and (tmp_path / "packed/packed.json").is_file()

    more = write(tmp_path, encoder=str(made.out), phases=RECIPE["phases"][:1])
    assert main(["pretrain", more, "--out", str(tmp_path / "more"), *common]) == 0
    assert (tmp_path / "more/tokenizer.json").read_bytes() == (made.out / "tokenizer.json").read_bytes()


def test_the_same_recipe_gives_the_same_weights(made: Made, data: Path, tmp_path: Path):
    again = pretrain(
        PretrainRecipe.model_validate({**RECIPE, "name": "r"}),
        options=Options(data=(data,), store=tmp_path / "store", offline=True, threads=1),
        out=tmp_path / "again",
    )
    assert isinstance(again.outcome, Outcome) and again.outcome.exit_code == 0
    assert again.record["weights"] == made.said["record"]["weights"]


def test_jobs_change_no_number_and_reuse_what_is_there(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def with_two_jobs(store: Path) -> dict[str, Any]:
        call = ["pretrain", made.recipe, "--jobs", "2", "--store", str(store), "--json", *made.common]
        assert main(call) == 0
        return dict(json.loads(capsys.readouterr().out))

    found = with_two_jobs(tmp_path / "store")
    assert found["executed"] == 9
    assert with_two_jobs(tmp_path / "store")["executed"] == 0, "nothing is left to run"
    assert with_two_jobs(made.store)["executed"] == 0, "nor where one process ran it"
    one, two = made.said["record"], found["record"]
    assert one["weights"] == two["weights"] and one["recipe"] == two["recipe"]
    assert [phase["curve"] for phase in one["phases"]] == [phase["curve"] for phase in two["phases"]]
    assert set(one["steps"]) == set(two["steps"])


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
