"""The card of an exported checkpoint: what a hub reads of it, and what a person does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from xstilts.app.model_card import CardScore, ModelFacts, encoder_of_study, metadata, model_card
from xstilts.kinds.classification import Classification
from xstilts.study.load import load_study
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.catalog import TASKS

TASK = Task(
    name="mine",
    kind=Classification(labels=("a", "b")),
    train=TASKS["xnli"].train,
    origin=Origin(licence="CC BY | NC", cite="<b>Somebody</b> 2020", noncommercial=True),
)
SCORES = tuple(
    CardScore(
        task="mine", language=code, metric="accuracy", value=value, low=60.0, high=72.5, floor=50.0, examples=200
    )
    for code, value in (("de", 66.125), ("pt-br", 61.0), ("sw", math.nan))
)  # fmt: skip
FACTS = ModelFacts(
    name="my-model",
    task=TASK,
    auto_class="AutoModelForSequenceClassification",
    encoder="FacebookAI/xlm-roberta-base@abc",
    phases=(("mnli", "squad1"), ("mine",)),
    seed=3,
    trained_on=(TASKS["mnli"], TASK),
    scores=SCORES,
)


def test_a_hub_reads_scores_languages_and_the_base_model():
    card = ModelCard(model_card(FACTS))
    assert card.data.language == ["de", "pt", "sw"] and card.data.base_model == "FacebookAI/xlm-roberta-base"
    results = {one.dataset_config: one for one in card.data.eval_results}
    assert results.keys() == {"de", "pt-br"}, "a score that is not defined is none"
    german = results["de"]
    assert (german.metric_type, german.metric_value, german.dataset_type) == ("accuracy", 66.12, "mine")
    assert german.metric_name == "accuracy, 95 % interval (60.0 to 72.5)"
    assert german.task_type == card.data.pipeline_tag == "text-classification"


def test_a_person_reads_data_licences_scores_and_how_to_load_it():
    text = model_card(FACTS)
    assert 'pipeline("text-classification", model="my-model")' in text
    assert "mnli + squad1 → mine" in text and "Seed 3" in text
    assert "Not for commercial use: mine." in text and r"CC BY \| NC (non-commercial)" in text
    assert "<b>" not in text and "| German (de) | 66.1 | (60.0 to 72.5) | 50.0 | 200 |" in text


@pytest.mark.parametrize(
    ("auto_class", "said"),
    [
        ("AutoModelForQuestionAnswering", 'AutoModelForQuestionAnswering.from_pretrained("my-model")'),
        (None, 'AutoModel.from_pretrained("my-model")  # the encoder; its head is in head.safetensors'),
    ],
)
def test_what_no_pipeline_loads_is_loaded_by_its_class(auto_class: str | None, said: str):
    facts = ModelFacts(name="my-model", task=TASK, auto_class=auto_class)
    text = model_card(facts)
    assert said in text and "The data are not known" in text and "None are in the store." in text
    assert "model-index" not in metadata(facts) and "language" not in metadata(facts)


def test_an_onnx_file_has_its_own_line():
    line = 'onnxruntime.InferenceSession("my-model/model.onnx")'
    assert line in model_card(replace(FACTS, has_onnx=True)) and "onnx" not in model_card(FACTS)


def test_a_name_of_a_folder_acts_on_nothing():
    facts = ModelFacts(name='a"); evil("\x1b[31m: |', task=TASK, auto_class="AutoModelForMaskedLM")
    text = model_card(facts)
    assert 'model="a\\"); evil(\\"' in text and "\x1b" not in text
    assert ModelCard(text).data.pipeline_tag == "fill-mask"


def test_an_encoder_of_this_machine_is_not_named(tmp_path: Path):
    study = tmp_path / "s.yaml"
    rest = "arms: {none: {strategy: direct}}\ntargets: [udpos]\n"
    study.write_text(f"question: q\nencoder: {tmp_path}\n{rest}", "utf-8")
    assert encoder_of_study(load_study(str(study))) == "" and encoder_of_study(None) == ""
    assert encoder_of_study(load_study("quickstart")) == "tiny-e5"
