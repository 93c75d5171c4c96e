"""A whole study on the command line, from files to numbers, in seconds: every kind, reuse, equal numbers, reports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny_study import LANGUAGES, TinyStudy, texts, write_weather

from xstilts import Study, run
from xstilts.cli import main
from xstilts.pipeline.options import Options

Make = Callable[..., TinyStudy]
EVERY_KIND = {"targets": ["weather", "words", "places", "picks", "pairs"], "seeds": [1], "keep": "all"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> TinyStudy:
    """A study over all five kinds that has been run, its weights kept."""
    study = TinyStudy(tmp_path_factory.mktemp("whole") / "study", encoder, dict(EVERY_KIND))
    assert study.call("run") == 0
    return study


def printed_json(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def checkpoint(study: TinyStudy, label: str) -> str:
    """Key of the training step with this label."""
    return next(record["key"] for record in study.records("train") if record["label"] == label)


def test_a_run_ends_with_a_table_a_report_and_exit_code_0(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study()
    assert tiny.call("run") == 0
    said = capsys.readouterr()
    folder = tiny.store / "reports" / "tiny"
    assert {path.name for path in folder.iterdir()} == {
        "index.html", "report.md", "report.json", "tables.tex", "scores.csv", "scores.parquet", "contrasts.csv",
        "language_groups.csv", "language_groups.parquet", "multiverse.csv", "multiverse.parquet", "gain_shares.csv",
        "gain_shares.parquet", "errors.csv", "errors.parquet",
    }  # fmt: skip
    assert "weather" in said.out and "tagged" in said.out and "index.html" in said.out.replace("\n", "")
    # words once a seed; both targets once a seed, and once more on top of words
    assert len(tiny.records("train")) == 2 + 4 + 4
    assert tiny.records("prepare") and all(record["threads"] == 1 for record in tiny.records("train"))


def test_a_second_run_executes_nothing_and_says_so(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1])
    assert tiny.call("run") == 0
    first = tiny.stamps()
    capsys.readouterr()
    assert tiny.call("run") == 0
    said = capsys.readouterr()
    assert "Nothing to run" in said.err and "Steps executed: 0." in said.out
    assert tiny.stamps() == first
    assert tiny.call("run", "--json") == 0
    assert printed_json(capsys)["executed"] == 0


@pytest.mark.versions
def test_the_numbers_printed_as_json_are_those_of_the_predictions(whole: TinyStudy, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    assert whole.call("report", "--json") == 0
    printed = printed_json(capsys)
    assert printed["executed"] == 0 and Path(printed["report"]).is_file()
    report = json.loads(Path(printed["report"]).with_name("report.json").read_text("utf-8"))
    standing, shown = (
        next(one for one in listed if (one["arm"], one["target"]) == ("none", "weather"))
        for listed in (report["standings"], printed["scores"])
    )
    record = next(one for one in whole.records("score") if one["label"] == "weather by weather · seed 1")
    scores = json.loads((whole.store / "steps" / record["key"] / "scores.json").read_text("utf-8"))
    by_language = scores["metrics"]["accuracy"]["languages"]
    assert set(by_language) == set(LANGUAGES)
    mean = sum(entry["headline"] for entry in by_language.values()) / len(by_language)
    assert standing["overall"]["value"] == shown["overall"]["value"] == pytest.approx(mean)


def test_the_same_seed_in_a_fresh_store_gives_the_same_bytes(study: Make):
    tiny = study(seeds=[1], targets=["places", "words"])
    fresh = tiny.folder / "fresh"
    assert tiny.call("run") == 0 and tiny.call("run", store=fresh) == 0
    assert len(tiny.scores()) == 4
    assert tiny.scores() == tiny.scores(fresh)
    assert losses(tiny.store) == losses(fresh)


def losses(store: Path) -> dict[str, list[float]]:
    """Losses of every training, unrounded."""
    return {
        path.parent.name: [line["loss"] for text in path.open() if "loss" in (line := json.loads(text))]
        for path in store.glob("steps/train-*/log.jsonl")
    }


def test_two_processes_give_the_numbers_of_one(study: Make):
    tiny = study(seeds=[1], targets=["weather"], languages=["de"], arms={"none": {"strategy": "direct"}})
    apart = tiny.folder / "apart"
    assert tiny.call("run") == 0
    assert tiny.call("run", "--jobs", "2", "--threads", "1", store=apart) == 0
    assert len(tiny.scores()) == 1
    assert tiny.scores() == tiny.scores(apart) and losses(tiny.store) == losses(apart)


@pytest.mark.parametrize(("keep", "trained_again"), [("auto", 0), ("all", 0), ("intermediate", 2)])
def test_another_test_language_trains_nothing_whose_weights_are_there(study: Make, keep: str, trained_again: int):
    tiny = study(seeds=[1], targets=["weather"], keep=keep)
    tiny.write(tasks={**tiny.tasks, "weather": {**tiny.tasks["weather"], "test": {"de": "weather-de.tsv"}}})
    assert tiny.call("run") == 0
    trained, german = tiny.stamps("train"), values(tiny, "de")
    tiny.write(tasks=tiny.tasks)
    assert tiny.call("run") == 0
    assert tiny.stamps("train").keys() == trained.keys()
    assert len(tiny.stamps("train").items() - trained.items()) == trained_again
    assert values(tiny, "de") == sorted(german * 2) and len(values(tiny, "sw")) == 2


def values(tiny: TinyStudy, language: str) -> list[float]:
    """The accuracies of a language in all score steps."""
    found = [json.loads(text)["metrics"]["accuracy"]["languages"] for text in tiny.scores().values()]
    return sorted(one[language]["headline"] for one in found if language in one)


def test_a_plan_says_what_is_left_and_spends_nothing(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1, 2])
    assert tiny.call("plan", "--json") == 0
    plan = printed_json(capsys)
    assert not (tiny.store / "steps").exists()
    assert plan["to_run"] == len(plan["steps"]) and plan["reused"] == 0
    assert (plan["trainings"], plan["trainings_without_sharing"]) == (10, 12)
    assert plan["tokens"] > 0 and plan["seconds"] > 0
    assert tiny.call("run", "--json") == 0
    assert printed_json(capsys)["executed"] == plan["to_run"]
    assert tiny.call("plan", "--json") == 0
    left = printed_json(capsys)
    assert left["to_run"] == 0 and left["beyond_training"] is None
    assert set(left["measured_steps"]) == {"prepare", "train", "predict", "score"}
    assert tiny.call("plan", "--steps") == 0
    assert "10 trainings; one by one it would be 12" in capsys.readouterr().out


def test_a_report_of_what_was_never_run_says_so(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1])
    assert tiny.call("report") == 0
    page = (tiny.store / "reports" / "tiny" / "report.md").read_text("utf-8")
    assert "not run" in page or "has not been run" in page
    assert not (tiny.store / "steps").exists()


USER_ROWS: Mapping[str, tuple[str, list[dict[str, Any]], Callable[[Any], bool]]] = {
    "weather": (
        "weather · seed 1",
        [{"text": "the sunny one"}, {"text": "my old rainy one"}],
        lambda guess: guess in ("fair", "foul"),
    ),
    "words": (
        "words · seed 1",
        [{"words": "the sunny one"}, {"words": ["our", "rainy", "day"]}],
        lambda guess: len(guess) == 3 and set(guess) <= {"X", "SKY"},
    ),
    "places": (
        "places · seed 1",
        [{"question": "which sky?", "context": "the sunny one"}, {"question": "and?", "context": "my old one"}],
        lambda guess: guess and (guess in "the sunny one" or guess in "my old one"),
    ),
    "picks": (
        "picks · seed 1",
        [{"prompt": "the sunny one", "options": ["sunny", "rainy"]}, {"prompt": "my one", "options": ["a", "b", "c"]}],
        lambda guess: guess in (0, 1, 2),
    ),
}


@pytest.mark.versions
@pytest.mark.parametrize("task", USER_ROWS)
def test_a_checkpoint_predicts_on_a_users_file(whole: TinyStudy, tmp_path: Path, task: str):
    label, rows, fits = USER_ROWS[task]
    mine, out = tmp_path / "mine.jsonl", tmp_path / "out.jsonl"
    mine.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    arguments = ["--task", task, "--study", str(whole.file), "--out", str(out), "--store", str(whole.store)]
    assert main(["predict", checkpoint(whole, label), str(mine), *arguments]) == 0
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["id"] for line in found] == ["0", "1"]
    assert all(fits(line["prediction"]) for line in found)
    if task == "weather":
        assert all(sum(line["scores"].values()) == pytest.approx(1) for line in found)


def test_a_retrieval_task_does_not_predict_single_rows(
    whole: TinyStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "mine.txt").write_text("one line\n", "utf-8")
    arguments = ["--task", "pairs", "--study", str(whole.file), "--store", str(whole.store)]
    assert main(["predict", checkpoint(whole, "weather · seed 1"), str(tmp_path / "mine.txt"), *arguments]) == 2
    assert "whole test sets" in capsys.readouterr().err


def test_predictions_on_the_test_file_are_those_of_the_study(whole: TinyStudy, tmp_path: Path):
    import pyarrow.parquet as pq

    out = tmp_path / "out.jsonl"
    arguments = ["--task", "weather", "--study", str(whole.file), "--out", str(out), "--store", str(whole.store)]
    key = checkpoint(whole, "weather · seed 1")
    assert main(["predict", key, str(whole.folder / "weather-de.tsv"), *arguments]) == 0
    [record] = [r for r in whole.records("predict") if r["label"] == "weather by weather · seed 1"]
    table = pq.read_table(whole.store / "steps" / record["key"] / "de.parquet").to_pylist()
    found = [json.loads(line)["prediction"] for line in out.read_text("utf-8").splitlines()]
    assert found == [json.loads(line["guess"]) for line in table]


@pytest.mark.versions
def test_an_exported_classifier_has_our_logits(whole: TinyStudy, tmp_path: Path):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    key, own = checkpoint(whole, "words → weather · seed 1"), ["--task", "weather", "--study", str(whole.file)]
    out, guesses, mine = tmp_path / "exported", tmp_path / "out.jsonl", tmp_path / "mine.tsv"
    rows = texts("sw", 7, seed=3)
    write_weather(mine, rows)
    assert main(["export", key, str(out), *own, "--store", str(whole.store)]) == 0
    assert main(["predict", key, str(mine), *own, "--out", str(guesses), "--store", str(whole.store)]) == 0
    model = AutoModelForSequenceClassification.from_pretrained(out).eval()
    tokens = AutoTokenizer.from_pretrained(out)([text for text, _ in rows], padding=True, return_tensors="pt")
    with torch.no_grad():
        shares = model(**tokens).logits.softmax(-1)
    ours = [json.loads(line)["scores"] for line in guesses.read_text("utf-8").splitlines()]
    names = [model.config.id2label[i] for i in range(2)]
    assert names == ["fair", "foul"]
    torch.testing.assert_close(shares, torch.tensor([[one[name] for name in names] for one in ours]), atol=1e-5, rtol=0)


def test_the_store_says_what_it_holds_and_gives_back_what_nobody_needs(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1], targets=["weather"])
    assert tiny.call("run") == 0
    store, keep = ["--store", str(tiny.store)], ["--keep", str(tiny.file)]
    capsys.readouterr()
    assert main(["store", "du", "--json", *store]) == 0
    assert printed_json(capsys)["steps"]["train"]["steps"] == 3
    assert main(["store", "gc", *keep, "--json", *store]) == 0
    freed = printed_json(capsys)
    assert freed["freed_bytes"] < 20_000 and len(tiny.stamps("score")) == 2, "what the report compared, alone"
    tiny.write(arms={"none": {"strategy": "direct"}})
    assert main(["store", "gc", *keep, "--dry-run", "--json", *store]) == 0
    would = printed_json(capsys)["freed_bytes"]
    assert would > 0 and len(tiny.records("train")) == 3
    assert main(["store", "gc", *keep, "--json", *store]) == 0
    assert printed_json(capsys)["freed_bytes"] == would
    assert [record["label"] for record in tiny.records("train")] == ["weather · seed 1"]
    assert tiny.call("run", "--json") == 0
    assert printed_json(capsys)["executed"] == 0


@pytest.mark.parametrize("keep", ["none", "intermediate", "auto", "all"])
def test_keep_says_which_weights_stay(study: Make, keep: str):
    tiny = study(seeds=[1], targets=["weather"], keep=keep)
    assert tiny.call("run") == 0
    held = {
        record["label"]: any((tiny.store / "steps" / record["key"] / "encoder").glob("*.safetensors"))
        for record in tiny.records("train")
    }
    assert held == {
        "words · seed 1": keep != "none",
        "weather · seed 1": keep in ("auto", "all"),
        "words → weather · seed 1": keep in ("auto", "all"),
    }
    before = tiny.scores()
    assert tiny.call("run") == 0 and tiny.scores() == before


def test_what_a_study_keeps_is_missing_where_it_was_thrown_away(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1], targets=["weather"], keep="intermediate")
    assert tiny.call("run") == 0
    (key,) = [record["key"] for record in tiny.records("train") if record["label"] == "weather · seed 1"]
    predict = ["predict", key, str(tiny.folder / "weather-de.tsv"), "--task", "weather", "--study", str(tiny.file)]
    assert main([*predict, "--store", str(tiny.store)]) == 2
    assert "keep: all" in capsys.readouterr().err
    scores, trained = tiny.scores(), tiny.stamps("train")
    tiny.changes["keep"] = "all"
    tiny.write()
    assert tiny.call("plan", "--json") == 0
    plan = printed_json(capsys)
    assert [step["label"] for step in plan["steps"] if not step["reused"]] == [
        "weather · seed 1",
        "words → weather · seed 1",
    ]
    assert set(plan["trained_again"]) == {step["key"] for step in plan["steps"] if not step["reused"]}
    assert tiny.call("plan") == 0 and "2 trainings of before run again" in capsys.readouterr().out
    assert tiny.call("run") == 0
    assert len(tiny.stamps("train").items() - trained.items()) == 2 and tiny.scores() == scores
    assert main([*predict, "--store", str(tiny.store)]) == 0
    assert tiny.call("plan", "--json") == 0
    capsys.readouterr()
    assert tiny.call("run", "--json") == 0
    assert printed_json(capsys)["executed"] == 0


def test_what_throwing_weights_away_will_cost_is_said_before(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(seeds=[1], targets=["weather"], keep_gb=0)
    assert tiny.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "The weights of 2 target trainings" in said and "more than `keep_gb: 0` allows" in said
    assert tiny.call("run") == 0
    assert "go once their predictions are stored" in " ".join("".join(capsys.readouterr()).split())
    tiny.write(languages=["de"])
    assert tiny.call("run") == 0
    assert "2 trainings of before run again" in " ".join("".join(capsys.readouterr()).split())


def test_every_strategy_runs_in_the_precision_that_auto_chooses(study: Make, capsys: pytest.CaptureFixture[str]):
    arms = {
        "none": {"strategy": "direct"},
        "frozen": {"strategy": "sequential", "through": [["words", "picks"], "places"], "tune": "frozen"},
        "multi": {"strategy": "multitask", "through": ["words", "picks"], "sampling": {"temperature": 2}},
        "multi-target": {"strategy": "multitask-then-target", "through": ["places", "picks"], "keep_head": True},
        "joint": {"strategy": "joint", "through": ["words"], "sampling": "uniform"},
    }
    tiny = study(seeds=[1], targets=["weather", "pairs"], arms=arms, precision="auto")
    assert tiny.call("run", "--json") == 0
    answer = printed_json(capsys)
    scored = {(one["arm"], one["target"]) for one in answer["scores"] if one["overall"]["value"] is not None}
    assert scored == {(arm, target) for arm in arms for target in ("weather", "pairs")}
    precisions = {record["settings"]["recipe"]["precision"] for record in tiny.records("train")}
    assert len(precisions) == 1 and precisions <= {"fp32", "bf16"}
    assert tiny.call("run", "--json") == 0
    assert printed_json(capsys)["executed"] == 0


def test_adapters_stand_on_what_was_trained_before_them(
    study: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    through = {"strategy": "sequential", "through": ["words"]}
    arms = {
        "adapter": {**through, "tune": {"adapter": "pfeiffer", "reduction": 4}, "tune_target": {"lora": {"rank": 2}}},
        "late": {**through, "tune_target": {"ia3": {}}},
    }
    tiny = study(seeds=[1], targets=["weather", "pairs"], arms=arms, keep="all")
    assert tiny.call("run", "--json") == 0
    assert {one["overall"]["value"] is not None for one in printed_json(capsys)["scores"]} == {True}
    steps, trained = tiny.store / "steps", list(tiny.records("train"))
    whole = [record["label"] for record in trained if (steps / record["key"] / "encoder").is_dir()]
    assert len(trained) == 4 and whole == ["words · seed 1"], "one of them; the other three store adapters alone"
    assert tiny.call("run", "--json") == 0
    assert printed_json(capsys)["executed"] == 0
    mine, options = tmp_path / "mine.tsv", ["--task", "weather", "--study", str(tiny.file), "--store", str(tiny.store)]
    write_weather(mine, texts("en", 3))
    for record in trained:
        if record["label"].endswith("weather · seed 1"):
            assert main(["predict", record["key"], str(mine), *options]) == 0


def test_adapters_that_tell_tasks_apart_know_the_tasks_of_a_study(
    study: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    own = {"adapter": "pfeiffer", "reduction": 4, "tasks": "shared+own"}
    hyper = {**own, "tasks": "hypernetwork", "embedding": 8}
    arms = {
        "own": {"strategy": "multitask", "through": ["words", "picks"], "tune": own},
        "joint": {"strategy": "joint", "through": ["words"], "tune_target": hyper},
    }
    tiny = study(seeds=[1], targets=["weather", "pairs"], arms=arms, keep="all")
    assert tiny.call("run", "--json") == 0
    assert {one["overall"]["value"] is not None for one in printed_json(capsys)["scores"]} == {True}
    tasks = {
        record["label"]: [part.get("task", "") for part in record["settings"]["parts"]]
        for record in tiny.records("train")
    }
    assert tasks["picks + words · seed 1"] == ["picks", "words"]
    assert tasks["picks + words → weather · seed 1"] == [""] and tasks["words + weather · seed 1"] == [
        "words",
        "weather",
    ]
    predicted = {record["label"]: record["settings"].get("task", "") for record in tiny.records("predict")}
    assert predicted["weather by words + weather · seed 1"] == "weather"
    assert (
        predicted["pairs by picks + words · seed 1"] == predicted["weather by picks + words → weather · seed 1"] == ""
    )
    (joint,) = (record["key"] for record in tiny.records("train") if record["label"] == "words + weather · seed 1")
    options = ["--task", "weather", "--study", str(tiny.file), "--store", str(tiny.store)]
    assert main(["export", joint, str(tmp_path / "one"), *options]) == 0
    (entry,) = json.loads((tmp_path / "one" / "adapter.json").read_text())["adapters"]
    assert entry["method"] == "Bottleneck"


def test_the_base_of_adapters_goes_after_its_last_reader(study: Make, capsys: pytest.CaptureFixture[str]):
    arms = {"late": {"strategy": "sequential", "through": ["words", "picks"], "tune_target": {"ia3": {}}}}
    tiny = study(seeds=[1], targets=["weather"], arms=arms, keep="none")
    assert tiny.call("run") == 0
    assert not list((tiny.store / "steps").glob("train-*/**/*.safetensors"))
    before = tiny.scores()
    for folder in (tiny.store / "steps").glob("predict-*"):
        shutil.rmtree(folder)
    for folder in (tiny.store / "steps").glob("score-*"):
        shutil.rmtree(folder)
    assert tiny.call("run") == 0 and tiny.scores() == before


def test_a_study_runs_from_python(study: Make):
    tiny = study(seeds=[1], targets=["pairs", "weather"])
    options = Options(store=tiny.store, threads=1)
    answer = run(str(tiny.file), options=options)
    assert answer.exit_code == 0 and answer.pages.html.is_file()
    again = run(Study.load(str(tiny.file)), options=Options(store=tiny.store, data=(tiny.folder,), threads=1))
    assert again.outcome.done == () and again.results.cells == answer.results.cells
    assert {cell.status for cell in again.results.cells} == {"done"}
    assert yaml.safe_load(answer.results.study_yaml)["targets"] == ["pairs", "weather"]


def test_run_is_the_function_whatever_was_imported_before():
    code = "import xstilts.engine.step; from xstilts import run; import xstilts.app.run; "
    code += "from xstilts import run as again; "
    subprocess.run([sys.executable, "-c", code + "assert run is again is xstilts.app.run.run"], check=True)
