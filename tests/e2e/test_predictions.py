"""`xstilts predictions` and the errors of a report, of a study that was run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from huggingface_hub import ModelCard
from tiny_study import TinyStudy

from xstilts.cli import main


def test_predictions_are_shown_beside_text_and_gold_and_a_report_has_their_errors(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "200")
    tiny = study(targets=["weather", "pairs"], seeds=[1])
    tiny.write()
    of = ["--arm", "tagged", "--task", "weather", "--language", "deu"]
    assert tiny.call("predictions", *of) == 2
    assert "There are no predictions of 'tagged' on 'weather' with seed 1 yet" in capsys.readouterr().err
    assert tiny.call("run") == 0
    capsys.readouterr()
    assert tiny.call("predictions", *of, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told) == 10 and {one["gold"] for one in told} == {"fair", "foul"}
    assert all(one["right"] == (one["prediction"] == one["gold"]) for one in told)
    assert tiny.call("predictions", *of, "--errors", "--most", "1") == 0
    page = capsys.readouterr().out
    wrong = sum(not one["right"] for one in told)
    assert page.count("wrong ") == min(1, wrong) and f"{10 - wrong} of 10 right altogether" in page
    assert tiny.call("predictions", "--arm", "none", "--task", "pairs", "--language", "sw", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 10  # queries alone
    mistakes = (({"--arm": "tagd"}, "'tagged'"), ({"--task": "wether"}, "'weather'"), ({"--language": "fr"}, "de, sw"))
    for change, said in mistakes:
        words = {"--arm": "none", "--task": "weather", "--language": "de", **change}
        assert tiny.call("predictions", *(word for pair in words.items() for word in pair)) == 2
        assert said in capsys.readouterr().err
    record = json.loads((tiny.store / "reports/tiny/report.json").read_text("utf-8"))
    weather, pairs = record["errors"]
    assert weather["arms"] == ["none", "tagged"] and not weather["reason"] and not pairs["reason"]
    labels = [line for line in weather["groups"] if line["facet"] == "label" and line["language"] == "de"]
    assert sum(line["right"][1] for line in labels) == 10 - wrong
    assert "Right examples by their gold label" in (tiny.store / "reports/tiny/index.html").read_text("utf-8")
    key = next(run["step"] for run in record["trainings"] if run["phase"] == "weather" and run["arms"] == ["tagged"])
    out = tiny.folder / "my-model"
    words = ["export", key[:14], str(out), "--task", "weather", "--study", str(tiny.file), "--store", str(tiny.store)]
    assert main(words) == 0
    card = ModelCard.load(out / "README.md")
    assert {one.dataset_config for one in card.data.eval_results} == {"de", "sw"}
    german = next(one for one in card.data.eval_results if one.dataset_config == "de")
    assert german.metric_value == pytest.approx(100 * (10 - wrong) / 10)
    assert "words → weather" in card.text and str(tiny.folder) not in card.content
