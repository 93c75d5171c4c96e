"""The model card of an exported checkpoint: how to load it, what it was trained on, its languages and scores.

Its head is what a hub shows: licence, languages, data, and scores as `model-index` (the model cards of the Hugging Face
hub). All that it says comes from the store and from the declared tasks; a number that is not there is not said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StoreError
from xstilts.core.files import read_json
from xstilts.core.languages import language
from xstilts.core.visible_text import visible
from xstilts.engine.artefact import read_record
from xstilts.engine.remote.cached_store import open_store
from xstilts.pipeline.steps import predict, score, train
from xstilts.report.elements.formatting import interval, number
from xstilts.report.formats.markdown import inline
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

# Class of transformers -> what a hub calls the task, and the pipeline that loads it in one line ("": there is none).
_CLASSES = {
    "AutoModelForSequenceClassification": ("text-classification", "text-classification"),
    "AutoModelForTokenClassification": ("token-classification", "token-classification"),
    "AutoModelForQuestionAnswering": ("question-answering", ""),
    "AutoModelForMultipleChoice": ("multiple-choice", ""),
    "AutoModelForMaskedLM": ("fill-mask", "fill-mask"),
}
_METRIC_TYPES = {"accuracy": "accuracy", "seqeval_f1": "seqeval", "squad": "squad", "squad_v2": "squad_v2"}


@dataclass(frozen=True, kw_only=True)
class CardScore:
    """A score of the checkpoint in one language: its interval, what guessing gives, and how many examples it is of."""

    task: str
    language: str
    metric: str
    value: float
    low: float | None
    high: float | None
    floor: float | None
    examples: int


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What a card says.

    Attributes:
        auto_class: the class of `transformers` that loads the folder; None where there is none.
        encoder: where the encoder came from, as the study names it; "" where no study was given.
        phases: what was trained, first to last, each with its tasks.
        scores: of its task on the test sets that it has predicted.
        has_onnx: `model.onnx` lies beside the weights.
    """

    name: str
    task: Task
    auto_class: str | None
    encoder: str = ""
    phases: tuple[tuple[str, ...], ...] = ()
    seed: int | None = None
    trained_on: tuple[Task, ...] = ()
    scores: tuple[CardScore, ...] = ()
    has_onnx: bool = False


def model_facts(
    checkpoint: Path, task: Task, tasks: Catalog[Task], store: Path, *, name: str, auto_class: str | None, encoder: str
) -> ModelFacts:
    """Return what is known of a checkpoint. Raises StoreError for a record that cannot be read."""
    chain = list(reversed(list(phases_of(checkpoint, store))))
    names = dict.fromkeys(name for phase in chain for name in phase)
    record = read_record(checkpoint, checkpoint.name) or {}
    return ModelFacts(
        name=name,
        task=task,
        auto_class=auto_class,
        encoder=encoder,
        phases=tuple(chain),
        seed=record.get("settings", {}).get("seed"),
        trained_on=tuple(tasks[one] for one in names if one in tasks),
        scores=tuple(_scores(checkpoint.name, task.name, store)),
    )


def phases_of(checkpoint: Path, store: Path) -> Iterator[tuple[str, ...]]:
    """Yield the tasks of each phase, the last one first, as far as they are in the store."""
    folder: Path | None = checkpoint
    while folder is not None and (folder / "summary.json").is_file():
        yield tuple(str(part["name"]) for part in read_json(folder / "summary.json").get("parts", ()))
        start = (read_record(folder, folder.name) or {}).get("inputs", {}).get(train.START)
        folder = store / "steps" / start if start else None


def _scores(key: str, task: str, store: Path) -> Iterator[CardScore]:
    """Yield the main metric of each language of the score steps that stand on a checkpoint, on texts as they are."""
    kept = open_store(store)
    predictions = {
        record["key"]
        for _, record in kept.records(predict.KIND.name)
        if key in record.get("inputs", {}).values() and not _is_perturbed(record)
    }
    for folder, record in kept.records(score.KIND.name):
        of_task = record.get("about", {}).get("task") == task
        if not of_task or not predictions.intersection(record.get("inputs", {}).values()):
            continue
        found = read_json(folder / "scores.json")
        try:
            main = found["metrics"][found["main"]]["languages"]
            yield from (_language_score(task, code, found["main"], entry) for code, entry in main.items())
        except (KeyError, TypeError) as error:
            raise StoreError("this is no record of scores.", where=str(folder / "scores.json")) from error
        return


def _is_perturbed(record: Mapping[str, Any]) -> bool:
    return any("perturbation" in test for test in record.get("settings", {}).get("tests", ()))


def _language_score(task: str, code: str, metric: str, entry: Mapping[str, Any]) -> CardScore:
    low, high = entry.get("interval") or (None, None)
    return CardScore(
        task=task,
        language=code,
        metric=metric,
        value=float(entry["headline"]) if entry["headline"] is not None else float("nan"),
        low=low,
        high=high,
        floor=entry.get("floor"),
        examples=int(entry["n"]),
    )


def model_card(facts: ModelFacts) -> str:
    """Return the text of README.md: metadata that a hub reads, then what a person does."""
    head = yaml.safe_dump(metadata(facts), sort_keys=False, allow_unicode=True, width=100)
    parts = [
        f"---\n{head}---",
        f"# {inline(facts.name)}",
        inline(_about(facts)),
        f"```python\n{_loading(facts)}\n```",
        *([f"With ONNX, which needs no torch:\n\n```python\n{_loading_onnx(facts)}\n```"] if facts.has_onnx else []),
        "## What it was trained on",
        *_training(facts),
        "## Scores",
        *_score_lines(facts),
    ]
    return visible("\n\n".join(parts) + "\n")


def metadata(facts: ModelFacts) -> dict[str, Any]:
    """Return the head of a card, with one result of `model-index` for each score."""
    hub_task, _ = _CLASSES.get(facts.auto_class or "", ("feature-extraction", ""))
    codes = list(dict.fromkeys(_iso(one.language) for one in facts.scores))
    found: dict[str, Any] = {"library_name": "transformers", "pipeline_tag": hub_task, "tags": ["xstilts"]}
    if codes:
        found["language"] = codes
    found["license"] = "other"
    found["license_name"] = "see-training-data"
    if hubs := sorted({place.hub for task in facts.trained_on for place in _places(task) if place.hub}):
        found["datasets"] = hubs
    if facts.encoder.count("/") == 1:
        found["base_model"] = facts.encoder.partition("@")[0]
    results = [_result(one, hub_task) for one in facts.scores if one.value == one.value]
    if results:
        found["model-index"] = [{"name": facts.name, "results": results}]
    return found


def _places(task: Task) -> Iterator[Any]:
    if task.train is not None:
        yield from task.train.places


def _iso(code: str) -> str:
    """Return the code without script or region, as a hub wants it."""
    return code.partition("-")[0]


def _result(one: CardScore, hub_task: str) -> dict[str, Any]:
    low_high = interval(one.low, one.high)
    return {
        "task": {"type": hub_task},
        "dataset": {
            "name": f"{one.task} ({language(one.language).name})",
            "type": one.task,
            "config": one.language,
            "split": "test",
        },
        "metrics": [
            {
                "type": _METRIC_TYPES.get(one.metric, one.metric),
                "value": round(one.value, 2),
                "name": f"{one.metric}, 95 % interval {low_high}" if low_high else one.metric,
            }
        ],
    }


def _about(facts: ModelFacts) -> str:
    start = f" It began as {facts.encoder}." if facts.encoder else ""
    seed = f" Seed {facts.seed}." if facts.seed is not None else ""
    route = " → ".join(" + ".join(phase) for phase in facts.phases)
    trained = f" Trained by xstilts on {route}.{seed}" if route else ""
    kind = facts.task.kind.name.replace("_", " ")
    return f"A multilingual encoder with a head for {facts.task.name} ({kind}).{start}{trained}"


def _loading(facts: ModelFacts) -> str:
    """Return the line that loads the folder, from inside the folder above it."""
    folder = json.dumps(facts.name, ensure_ascii=False)
    _, pipeline = _CLASSES.get(facts.auto_class or "", ("", ""))
    if pipeline:
        return f'from transformers import pipeline\n\nmodel = pipeline("{pipeline}", model={folder})'
    name = facts.auto_class or "AutoModel"
    head = "" if facts.auto_class else "  # the encoder; its head is in head.safetensors"
    return f"from transformers import {name}\n\nmodel = {name}.from_pretrained({folder}){head}"


def _loading_onnx(facts: ModelFacts) -> str:
    """Return the line that loads the ONNX file; its inputs are what the tokenizer gives, as int64."""
    file = json.dumps(f"{facts.name}/model.onnx", ensure_ascii=False)
    return f"import onnxruntime\n\nsession = onnxruntime.InferenceSession({file})"


def _training(facts: ModelFacts) -> list[str]:
    if not facts.trained_on:
        return ["The data are not known: the checkpoint is not in a store, or its tasks are of another study."]
    lines = ["| data | licence | citation |", "|---|---|---|"]
    for task in facts.trained_on:
        licence = f"{task.origin.licence}{' (non-commercial)' if task.origin.noncommercial else ''}"
        cut = f"; {task.scale}" if task.scale != "full" else ""
        lines.append(f"| {inline(task.name + cut)} | {inline(licence)} | {inline(task.origin.cite)} |")
    noncommercial = [task.name for task in facts.trained_on if task.origin.noncommercial]
    note = f"Not for commercial use: {', '.join(noncommercial)}." if noncommercial else ""
    return ["\n".join(lines), *([inline(note)] if note else [])]


def _score_lines(facts: ModelFacts) -> list[str]:
    if not facts.scores:
        return ["None are in the store."]
    lines = ["| language | score | 95 % interval | guessing | examples |", "|---|---:|---:|---:|---:|"]
    for one in facts.scores:
        name = f"{language(one.language).name} ({one.language})"
        between = interval(one.low, one.high) or "–"
        lines.append(f"| {inline(name)} | {number(one.value)} | {between} | {number(one.floor)} | {one.examples:,} |")
    metric = facts.scores[0].metric.replace("_", " ")
    said = (
        f"{metric} in percent, of this one checkpoint, on the test sets of {facts.task.name} as the study cut them. "
        "Intervals are over test items; guessing is the best answer that ignores the input."
    )
    return [inline(said), "\n".join(lines)]


def encoder_of_study(study: Study | None) -> str:
    """Return what a study names its encoder; "" without a study, and for a folder of this machine."""
    if study is None:
        return ""
    name = study.encoder.name
    return "" if Path(name).exists() or name.startswith((".", "/", "~")) else name
