"""A study as the store would hold it, with invented numbers: what every report test renders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.report.scores.inputs import ContrastSpec, Results, StepInfo, StudyCell, TargetInfo

LANGUAGES = ("en", "de", "es", "ru", "ar", "zh", "th", "sw")
ARMS = ("none", "nli", "qa")
SEEDS = (1, 2)
EXAMPLES = 240
HARDER = {"en": 0.0, "de": -5, "es": -4, "ru": -8, "ar": -12, "zh": -11, "th": -16, "sw": -24}
LIFT = {
    "none": {"xnli": 0, "udpos": 0, "xquad": 0, "tatoeba": 0},
    "nli": {"xnli": 1, "udpos": -3, "xquad": 6, "tatoeba": 17},
    "qa": {"xnli": 2, "udpos": 1, "xquad": 14, "tatoeba": 9},
}
BASE = {"xnli": 72.0, "udpos": 78.0, "xquad": 58.0, "tatoeba": 52.0}
FLOOR = {"xnli": 33.3, "udpos": 17.0, "xquad": 0.0, "tatoeba": 0.1}
METRIC = {"xnli": "accuracy", "udpos": "token_accuracy", "xquad": "squad", "tatoeba": "retrieval_accuracy"}
HEADLINE = {
    "xnli": ("accuracy",),
    "udpos": ("token_accuracy",),
    "xquad": ("exact_match", "f1"),
    "tatoeba": ("accuracy",),
}
STATUS = {("nli", "udpos", 1): "failed", ("qa", "udpos", 2): "missing"}
STATE = {("qa", "xnli", 1): "diverged", ("none", "xquad", 2): "at chance"}
QUESTION = "Does an intermediate phase on English NLI or QA help zero-shot transfer to seven other languages?"
YAML = f"question: {QUESTION}\nencoder: xlm-roberta-base\narms:\n  none: {{strategy: direct}}\nseeds: [1, 2]\n"


def results(root: Path, variants: bool = False) -> Results:
    """3 arms, 4 targets, 8 languages, 2 seeds; one failed cell, one missing, one diverged, one at chance, and a
    language (sw in tatoeba) without data. `variants`: xquad is scored by a second metric as well."""
    cells = tuple(cell(root, arm, target, seed, variants) for arm in ARMS for target in BASE for seed in SEEDS)
    return Results(
        name="transfer",
        question=QUESTION,
        arms=ARMS,
        baseline="none",
        targets=tuple(target_info(name) for name in BASE),
        seeds=SEEDS,
        cells=cells,
        contrasts=tuple(ContrastSpec(name=f"{a} − none", weights={a: 1.0, "none": -1.0}) for a in ARMS[1:]),
        study_yaml=YAML,
        encoder="xlm-roberta-base",
        steps=steps(),
        versions={"xstilts": "0.1.0", "python": "3.11.2", "torch": "2.13.0"},
        data=data(),
        notes=("hellaswag is replaced by hellaswag-val-slice (scale smoke)",),
        scale="smoke",
    )


def only(
    whole: Results, arms: tuple[str, ...] = ARMS, seeds: tuple[int, ...] = SEEDS, targets: tuple[str, ...] = tuple(BASE)
) -> Results:
    """The part of a study with these arms, seeds and targets."""
    return replace(
        whole,
        arms=arms,
        seeds=seeds,
        targets=tuple(t for t in whole.targets if t.name in targets),
        cells=tuple(c for c in whole.cells if c.arm in arms and c.seed in seeds and c.target in targets),
        contrasts=tuple(c for c in whole.contrasts if set(c.weights) <= set(arms)),
    )


def target_info(name: str) -> TargetInfo:
    notes = {
        "udpos": ("token accuracy; XTREME prints F1",),
        "tatoeba": ("no training data: encoder states of layer 7",),
    }
    return TargetInfo(
        name=name,
        languages=LANGUAGES,
        headline="mean of exact match and F1" if name == "xquad" else HEADLINE[name][0].replace("_", " "),
        main=METRIC[name],
        notes=notes.get(name, ()),
        kind="retrieval" if name == "tatoeba" else "",
        is_retrieval=name == "tatoeba",
        trained=name != "tatoeba",
    )


def cell(root: Path, arm: str, target: str, seed: int, variants: bool = False) -> StudyCell:
    status = STATUS.get((arm, target, seed), "done")
    names = [] if arm == "none" else [{"nli": "mnli", "qa": "squad1"}[arm]]
    routes = [training(root / f"train-{arm}-{seed}", names[0], seed, "ok")] if names else []
    if target != "tatoeba":
        state = STATE.get((arm, target, seed), "ok")
        names.append({"xnli": "mnli", "xquad": "squad1"}.get(target, target))
        routes.append(training(root / f"train-{arm}-{target}-{seed}", names[-1], seed, state))
    known = StudyCell(
        arm=arm,
        target=target,
        seed=seed,
        status=status,
        trainings=tuple(routes),
        training_names=tuple(names),
        training_roles=("intermediate", "target")[2 - len(names) :]
        if target != "tatoeba"
        else ("intermediate",) * len(names),
    )
    if status != "done":
        reason = {"failed": "train udpos: disk full", "missing": "no file udpos/train.conllu"}[status]
        return replace(known, reason=reason)
    place = scores(root / f"score-{arm}-{target}-{seed}", arm, target, seed)
    if variants and target == "xquad":
        add_variant(place, arm)
    return replace(known, scores=place)


def add_variant(place: Path, arm: str) -> None:
    """Write the counts of xquad down as those of MLQA's metric too, in which the arm on QA has a tenth less."""
    table = pq.read_table(place / "counts.parquet").to_pylist()
    share = 0.9 if arm == "qa" else 1.0
    lines = [{**line, "metric": "mlqa", "counts": [*(x * share for x in line["counts"][:2]), 1.0]} for line in table]
    pq.write_table(pa.Table.from_pylist([*table, *lines]), place / "counts.parquet")
    document = json.loads((place / "scores.json").read_text())
    document["metrics"]["mlqa"] = document["metrics"]["squad"]
    (place / "scores.json").write_text(json.dumps(document))


def training(place: Path, name: str, seed: int, state: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng([seed, len(name), len(place.name)])
    best = 35.0 if state != "ok" else 74.0 + random.normal() * 2
    log: list[dict[str, object]] = []
    for update in range(10, 1001, 10):
        loss = 1.1 if state != "ok" else 0.35 + 0.75 * np.exp(-update / 250)
        log.append(
            {
                "update": update,
                "loss": float(loss + random.normal() * 0.04),
                "lr": 1e-5,
                "task": name,
                "tokens": 9000,
                "seconds": 0.2,
            }
        )
        if update % 100 == 0:
            score = best - 30 * np.exp(-update / 220) if state == "ok" else 34 + random.normal()
            log.append({"update": update, "dev": {name: float(score)}, "score": float(score)})
    (place / "log.jsonl").write_text("\n".join(json.dumps(line) for line in log) + "\n")
    summary = {
        "state": state,
        "best_score": best,
        "best_update": 900,
        "updates": 1000,
        "floor": 33.3,
        "tokens": 900_000,
        "trained_parameters": 1000,
        "stored_bytes": 4000,
        "seconds": 183.0,
        "seed": seed,
        "restarts": 0,
        "notes": [],
    }
    (place / "summary.json").write_text(json.dumps(summary))
    return place


def scores(place: Path, arm: str, target: str, seed: int) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    bad = (arm, target, seed) in STATE
    lines: list[dict[str, object]] = []
    languages: dict[str, object] = {}
    missing = {"sw": "no file tatoeba/swh-eng.swh"} if target == "tatoeba" else {}
    for language in LANGUAGES:
        if language in missing:
            continue
        # Difficulty belongs to the item and the language, not to the arm: arms are compared on the same items.
        items = np.random.default_rng([len(target), LANGUAGES.index(language)]).random(EXAMPLES) * 100
        level = FLOOR[target] + 1 if bad else BASE[target] + HARDER[language] + LIFT[arm][target] + (seed - 1.5)
        counts = tally(target, items < level, items < level + 12)
        languages[language] = numbers(target, counts, bad)
        lines += [
            {
                "language": language,
                "id": f"{language}-{i}",
                "group": f"g{i // 2}",
                "metric": METRIC[target],
                "counts": row,
            }
            for i, row in enumerate(counts.tolist())
        ]
    metrics = {METRIC[target]: {"headline": list(HEADLINE[target]), "languages": languages}}
    dropped = {"th": {"empty": 3}} if target == "xnli" else {}
    document = {"main": METRIC[target], "metrics": metrics, "missing": missing, "dropped": dropped}
    (place / "scores.json").write_text(json.dumps(document))
    pq.write_table(pa.Table.from_pylist(lines), place / "counts.parquet")
    return place


def tally(target: str, right: np.ndarray, close: np.ndarray) -> np.ndarray:
    ones = np.ones(len(right))
    columns = [right, right + (close & ~right) * 0.5, ones] if target == "xquad" else [right, ones]
    return np.stack(columns, axis=1).astype(float)


def numbers(target: str, counts: np.ndarray, bad: bool) -> Mapping[str, object]:
    means = 100 * counts.mean(axis=0)
    values = dict(zip(HEADLINE[target], means.tolist(), strict=False))
    headline = float(np.mean(list(values.values())))
    return {
        "n": len(counts),
        "values": values,
        "headline": headline,
        "floor": FLOOR[target],
        "interval": [max(headline - 9, 0.0), min(headline + 9, 100.0)],
        "at_chance": bad,
    }


def steps() -> tuple[StepInfo, ...]:
    found = [
        StepInfo(
            key="encoder-0",
            name="encoder",
            label="xlm-roberta-base",
            status="reused",
            bytes=1_100_000_000,
            is_on_route=True,
        )
    ]
    for task in ("mnli", "squad1", "udpos"):
        found.append(
            StepInfo(
                key=f"prepare-{task}",
                name="prepare",
                label=f"prepare {task}",
                status="reused",
                inputs=("encoder-0",),
                seconds=11.0,
                tokens=5_000_000,
            )
        )
    for arm, task in (("nli", "mnli"), ("qa", "squad1")):
        found.append(
            StepInfo(
                key=f"train-{arm}",
                name="train",
                is_training=True,
                is_on_route=True,
                label=f"{task}, seed 1",
                status="done",
                inputs=("encoder-0", f"prepare-{task}"),
                seconds=1830.0,
                tokens=9_000_000,
                bytes=1_100_000_000,
            )
        )
    for arm in ARMS:
        for target, task in (("xnli", "mnli"), ("udpos", "udpos"), ("xquad", "squad1")):
            start = "encoder-0" if arm == "none" else f"train-{arm}"
            lost = (arm, target) == ("nli", "udpos")
            key = f"{arm}-{target}"
            found += [
                StepInfo(
                    key=f"train-{key}",
                    name="train",
                    is_training=True,
                    is_on_route=True,
                    label=f"{arm} → {target}, seed 1",
                    status="failed" if lost else "done",
                    inputs=(start, f"prepare-{task}"),
                    seconds=640.0,
                    tokens=3_000_000,
                    error="disk full" if lost else "",
                ),
                StepInfo(
                    key=f"predict-{key}",
                    name="predict",
                    label=f"predict {target}",
                    status="not run" if lost else "done",
                    inputs=(f"train-{key}",),
                    seconds=55.0,
                ),
                StepInfo(
                    key=f"score-{key}",
                    name="score",
                    label=f"score {target}",
                    status="not run" if lost else "done",
                    inputs=(f"predict-{key}",),
                    seconds=1.2,
                ),
            ]
    return tuple(found)


def data() -> tuple[Mapping[str, object], ...]:
    train = {
        "task": "mnli",
        "language": "en",
        "use": "train",
        "file": "mnli/train.jsonl",
        "sha256": "ab" * 32,
        "rows": 392_702,
        "dropped": {"no label": 12},
        "truncated": 41,
        "licence": "OANC and others",
    }
    tests = [
        {
            "task": "xnli",
            "language": code,
            "use": "test",
            "file": f"xnli/{code}/test.tsv",
            "sha256": f"{i:02x}" * 32,
            "rows": 5010,
            "dropped": {},
            "truncated": 0,
            "licence": "CC BY-NC 4.0",
        }
        for i, code in enumerate(LANGUAGES)
    ]
    return (train, *tests)
