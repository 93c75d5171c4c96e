"""One process of study.py's peer: a chain of phases by `transformers.Trainer`, then predictions for all test languages.

Takes a JSON file and prints one line of JSON. Rows are read from JSON lines, so that no format has to be parsed, and
tokenised by the fast tokenizer in one call; nothing is kept for a later process but the weights.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Row = Mapping[str, Any]
IGNORED = -100  # no loss here


@dataclass(kw_only=True)
class Clock:
    """Seconds by part of the work."""

    seconds: dict[str, float] = field(default_factory=dict)

    def timed(self, part: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began
        return result


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def texts(rows: Sequence[Row], tokenizer: Any, labels: Sequence[str], length: int) -> list[Row]:
    """Features of texts or pairs with one label."""
    pairs = [row["pair"] for row in rows] if rows[0]["pair"] is not None else None
    encoding = tokenizer([row["text"] for row in rows], pairs, truncation=True, max_length=length)
    number = {label: i for i, label in enumerate(labels)}
    return [
        {"input_ids": ids, "labels": number[row["label"]]} for ids, row in zip(encoding["input_ids"], rows, strict=True)
    ]


def tags(rows: Sequence[Row], tokenizer: Any, labels: Sequence[str], length: int) -> list[Row]:
    """Features of words with tags; the first piece of a word carries its tag."""
    encoding = tokenizer([row["words"] for row in rows], is_split_into_words=True, truncation=True, max_length=length)
    number = {label: i for i, label in enumerate(labels)}
    features = []
    for i, row in enumerate(rows):
        words, gold = encoding.word_ids(i), [IGNORED] * len(encoding["input_ids"][i])
        for place, word in enumerate(words):
            if word is not None and (place == 0 or words[place - 1] != word):
                gold[place] = number.get(row["tags"][word], IGNORED)
        features.append({"input_ids": encoding["input_ids"][i], "labels": gold})
    return features


def right(predicted: np.ndarray, features: Sequence[Row], rows: Sequence[Row]) -> float:
    """Percent of labels, or of words, that are right; words that were cut off are wrong."""
    if "words" not in rows[0]:
        return 100 * float(np.mean(predicted.argmax(-1) == np.array([feature["labels"] for feature in features])))
    hits = 0
    for guess_LC, feature in zip(predicted, features, strict=True):
        gold_L = np.array(feature["labels"])
        hits += int(((guess_LC[: len(gold_L)].argmax(-1) == gold_L) & (gold_L != IGNORED)).sum())
    return 100 * hits / sum(len(row["words"]) for row in rows)


def chain(plan: Mapping[str, Any], clock: Clock, out: Path) -> dict[str, float]:
    """Trains the phases one after the other; accuracies of the last one by language."""
    from transformers import AutoTokenizer

    start = Path(plan["start"])
    tokenizer = clock.timed("load", lambda: AutoTokenizer.from_pretrained(plan["start"]))
    run = task = None
    for number, task in enumerate(plan["phases"]):
        run = phase(plan, task, start, tokenizer, clock, out / str(number))
        start = Path(plan["save"] or out / f"encoder-{number}")
        if plan["save"] or number + 1 < len(plan["phases"]):
            clock.timed("save", lambda: keep(run.model, tokenizer, start))  # noqa: B023 (called at once)
    return evaluated(plan, task, run, tokenizer, clock) if plan["languages"] else {}


def keep(model: Any, tokenizer: Any, folder: Path) -> None:
    """The encoder without its head, as the next phase starts from it."""
    model.base_model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def phase(
    plan: Mapping[str, Any], task: Mapping[str, Any], start: Path, tokenizer: Any, clock: Clock, out: Path
) -> Any:
    """One phase: read, tokenise, train, look at the development set once."""
    from transformers import (
        AutoConfig,
        AutoModelForSequenceClassification,
        AutoModelForTokenClassification,
        DataCollatorForTokenClassification,
        DataCollatorWithPadding,
        Trainer,
    )

    tagging = task["kind"] == "tagging"
    encode = tags if tagging else texts

    def features(name: str, limit: int | None = None) -> list[Row]:
        rows = clock.timed("read", lambda: read(Path(task["rows"]) / f"{name}.jsonl")[:limit])
        result: list[Row] = clock.timed("tokenise", lambda: encode(rows, tokenizer, task["labels"], plan["length"]))
        return result

    training, dev = features("train"), features("dev", plan["dev"])
    config = AutoConfig.from_pretrained(start, num_labels=len(task["labels"]))
    config.hidden_dropout_prob, config.attention_probs_dropout_prob = 0.1, 0.0  # the same on both sides
    model_class = AutoModelForTokenClassification if tagging else AutoModelForSequenceClassification
    collate = (DataCollatorForTokenClassification if tagging else DataCollatorWithPadding)(tokenizer)
    model = clock.timed("load", lambda: model_class.from_pretrained(start, config=config))
    run = Trainer(
        model=model, args=arguments(plan, out), train_dataset=training, eval_dataset=dev, data_collator=collate
    )  # type: ignore[arg-type]
    clock.timed("train", run.train)
    clock.timed("train", run.evaluate)
    return run


def arguments(plan: Mapping[str, Any], out: Path) -> Any:
    """Settings as the examples have them, but for what the study sets."""
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(out),
        max_steps=plan["updates"],
        per_device_train_batch_size=plan["batch"],
        per_device_eval_batch_size=plan["batch"],
        learning_rate=plan["lr"],
        weight_decay=0.01,
        warmup_steps=plan["updates"] // 10,
        save_strategy="no",
        report_to=[],
        use_cpu=plan["device"] == "cpu",
        disable_tqdm=True,
        seed=plan["seed"],
        **plan["faster"],
    )


def evaluated(plan: Mapping[str, Any], task: Any, run: Any, tokenizer: Any, clock: Clock) -> dict[str, float]:
    encode, scores = tags if task["kind"] == "tagging" else texts, {}
    for language in plan["languages"]:
        path = Path(task["rows"]) / f"test-{language}.jsonl"
        rows = clock.timed("read", lambda: read(path))  # noqa: B023 (called at once)
        test_features = clock.timed("tokenise", lambda: encode(rows, tokenizer, task["labels"], plan["length"]))  # noqa: B023
        predicted = clock.timed("predict", lambda: run.predict(test_features).predictions)  # noqa: B023
        scores[language] = clock.timed("score", lambda: right(predicted, test_features, rows))  # noqa: B023
    return scores


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    clock = Clock()
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    torch.set_num_threads(plan["threads"])
    with tempfile.TemporaryDirectory() as place:
        scores = chain(plan, clock, Path(place))
    sys.stdout.write(json.dumps({"seconds": clock.seconds, "scores": scores}) + "\n")


if __name__ == "__main__":
    main()
