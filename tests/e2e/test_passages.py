"""LAReQA and Mewsli-X, from files in their published layout to a report and a submission, on a toy of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny_study
import yaml

from xstilts.cli import main
from xstilts.tasks.passages import LAREQA_LANGUAGES

DOCUMENTS = 6
LANGUAGES = ["de", "en"]


def text(language: str, i: int) -> str:
    return tiny_study.texts("de" if language == "de" else "en", DOCUMENTS, seed=i)[i % DOCUMENTS][0].capitalize()


def squad(path: Path, language: str) -> None:
    """Articles of a paragraph of two sentences, with a question about each."""
    documents = []
    for i in range(DOCUMENTS):
        first, second = f"{text(language, i)}.", f"{text(language, i + 10)}."
        context, starts = f"{first} {second}", (0, len(first) + 1)
        asked = [
            {"id": f"{i}-{j}", "question": f"{context[start : start + 9]}?", "answers": [answer(context, start)]}
            for j, start in enumerate(starts)
        ]
        breaks = [[0, len(first)], [starts[1], len(context)]]
        paragraph = {"context": context, "qas": asked, "sentence_breaks": breaks}
        documents.append({"title": f"document {i}", "paragraphs": [paragraph]})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"data": documents}), "utf-8")


def answer(context: str, start: int) -> dict[str, Any]:
    word = context[start:].split()[0]
    return {"text": word, "answer_start": start}


def mewslix(folder: Path) -> None:
    folder.mkdir(parents=True)

    def mention(language: str, i: int) -> dict[str, Any]:
        line = text(language, i)
        word = line.split()[0]
        span = {"start": 0, "end": len(word), "text": word}
        whole = [{"start": 0, "end": len(line)}]
        context = {"document_id": f"{language}-{i}", "language": language, "text": line, "sentence_spans": whole}
        return {
            "context": context,
            "mention": {"example_id": f"{language}{i}", "entity_id": f"Q{i}", "mention_span": span},
        }

    def entity(i: int) -> dict[str, Any]:
        line = text("en", i)
        return {"entity_id": f"Q{i}", "description": line, "sentence_spans": [{"start": 0, "end": len(line)}]}

    def write(name: str, rows: list[dict[str, Any]]) -> None:
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    for split, numbers in (("train", range(30)), ("dev", range(30, 40))):
        pairs = [{"contextual_mention": mention("en", i), "entity": entity(i)} for i in numbers]
        write(f"wikipedia_pairs-{split}.jsonl", pairs)
    found = [mention(language, i) for language in LANGUAGES for i in range(5)]
    write("wikinews_mentions-test.jsonl", [{"context": m["context"], "mentions": [m["mention"]]} for m in found])
    write("candidate_set_entities.jsonl", [entity(i) for i in range(30)])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("passages")
    for language in LAREQA_LANGUAGES:
        squad(folder / "lareqa" / "xquad-r" / f"{language}.json", language)
    squad(folder / "squad1" / "train-v1.1.json", "en")
    mewslix(folder / "mewslix")
    value = {
        "question": "Do answers help to find entities?",
        "encoder": str(tiny_study.encoder(folder / "encoder")),
        "arms": {"none": {"strategy": "direct"}, "answers": {"strategy": "sequential", "through": ["lareqa"]}},
        "targets": ["mewslix", "lareqa"],
        "languages": LANGUAGES,
        "settings": {"mewslix": {"pooling": "mean"}},
        "train": {"updates": 4, "batch": 8, "max_length": 40},
        "substitute": {"lareqa": "lareqa-36-articles"},
        "seeds": [1],
        "precision": "fp32",
    }
    (folder / "passages.yaml").write_text(yaml.safe_dump(value), "utf-8")
    assert call(folder, "run", "--threads", "1", "--offline") == 0
    return folder


def call(folder: Path, command: str, *more: str) -> int:
    return main([command, str(folder / "passages.yaml"), *more, "--store", str(folder / "store")])


def test_the_pool_is_prepared_once_and_scores_are_of_queries(study: Path) -> None:
    prepared = [json.loads(path.read_text())["examples"] for path in study.glob("store/steps/prepare-*/meta.json")]
    sentences = 2 * DOCUMENTS * len(LAREQA_LANGUAGES)
    assert prepared.count(sentences) == 1, "the sentences of eleven languages"
    assert prepared.count(30) == 2, "30 entities, and the 30 pairs that are trained on"
    scores = [json.loads(path.read_text()) for path in study.glob("store/steps/score-*/scores.json")]
    assert len(scores) == 4
    for record in scores:
        assert record["main"] == "mean_average_precision"
        languages = record["metrics"]["mean_average_precision"]["languages"]
        assert sorted(languages) == LANGUAGES and {line["n"] for line in languages.values()} <= {5, 2 * DOCUMENTS}
        assert all(0 < line["values"]["map@20"] <= 100 and line["floor"] > 0 for line in languages.values())


def test_a_second_run_executes_nothing(study: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in study.glob("store/steps/*/done.json")}
    assert call(study, "run", "--threads", "1", "--offline") == 0
    assert {path: path.stat().st_mtime_ns for path in study.glob("store/steps/*/done.json")} == before


def test_a_plan_and_the_list_of_tasks_name_the_pool(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["plan", str(study / "passages.yaml"), "--store", str(tmp_path), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [step["label"] for step in plan["steps"]].count("mewslix pool") == 1
    assert main(["tasks", "mewslix", "--data", str(study), "--store", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "candidate_set_entities.jsonl" in said and "pool" in said


def test_a_submission_is_scored_as_the_study_was(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from xstilts.xtreme.layout import SUBMISSION_TASKS

    out, labels, file = tmp_path / "out", tmp_path / "labels", str(study / "passages.yaml")
    capsys.readouterr()
    given = ["--arm", "none", "--version", "xtreme-r", "--out", str(out), "--labels", str(labels), "--json"]
    assert main(["xtreme", "submit", file, *given, "--store", str(study / "store")]) == 0
    assert json.loads(capsys.readouterr().out)["written"] == {"mewslix": LANGUAGES}, "LAReQA is in no submission"
    target, found = SUBMISSION_TASKS["mewslix"], set()
    for language in LANGUAGES:
        files = [folder / "mewslix" / f"test-{language}.json" for folder in (labels, out)]
        gold, guess = (json.loads(path.read_text()) for path in files)
        assert gold == {f"{language}{i}": [f"Q{i}"] for i in range(5)} and all(len(ids) == 20 for ids in guess.values())
        found.add(round(100 * sum(target.metric.tally(a, b, language)[0] for a, b in target.read(*files)) / 5, 6))
    scored = [json.loads(path.read_text()) for path in study.glob("store/steps/score-*/scores.json")]
    lines = [record["metrics"]["mean_average_precision"]["languages"] for record in scored]
    ours = {round(line["headline"], 6) for record in lines for line in record.values()}
    assert found <= ours


def test_without_its_pool_a_target_is_missing(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool = study / "mewslix" / "candidate_set_entities.jsonl"
    away = pool.rename(pool.with_suffix(".away"))
    try:
        assert call(study, "run", "--offline") == 2
        assert "The target 'mewslix' cannot run: no files for language 'mul'" in capsys.readouterr().err
    finally:
        away.rename(pool)
