"""One contestant of training.py, alone in its process; prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from training_rows import LENGTHS

from xstilts.core.settings.training import Recipe
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.tasks.catalog import TASKS
from xstilts.train.memory import peak_memory

Found = dict[str, Any]


def counted(seconds: list[float], tokens: list[int], losses: list[float], batch: int, device: str) -> Found:
    """Rates over the updates after the first quarter; the loss is the mean of the last third."""
    first = len(seconds) // 4
    spent = sum(seconds[first:])
    return {
        "sequences_a_second": batch * len(seconds[first:]) / spent,
        "tokens_a_second": sum(tokens[first:]) / spent,
        "loss": float(np.mean(losses[-len(losses) // 3 :])),
        "seconds_an_update": float(np.median(seconds[first:])),
        "peak_bytes": peak_memory(device),
    }


def ours(folder: Path, rows: TokenizedRows, kind: Kind, precision: str, size: tuple[int, int], device: str) -> Found:
    """The updates of the program's own loop."""
    import torch

    from xstilts.train.attempt import Attempt
    from xstilts.train.job import Job, JobPart
    from xstilts.train.memory import use_threads

    use_threads(torch.get_num_threads())
    updates, batch = size
    recipe = Recipe(updates=updates, batch=batch, lr=1e-5, precision=precision, dropout=0.1)
    part = JobPart(
        name="rows", kind=kind, train=rows, train_indices=range(len(rows.keys)), selection_metric=kind.metrics[0]
    )
    job = Job(start=folder, parts=(part,), recipe=recipe, seed=1, device=device, threads=torch.get_num_threads())
    attempt = Attempt(job, 1, recipe.forward_tokens)
    seconds, tokens, losses = [], [], []
    for number in range(updates):
        began = time.perf_counter()
        done = attempt.update(number)
        seconds.append(time.perf_counter() - began)
        tokens.append(done.tokens)
        losses.append(done.loss)
    return counted(seconds, tokens, losses, batch, device)


def trainer(folder: Path, rows: TokenizedRows, kind: Kind, best: bool, size: tuple[int, int], device: str) -> Found:
    """`transformers.Trainer`, as its examples set it, or with what a careful user switches on."""
    import tempfile

    from transformers import Trainer, TrainerCallback, TrainingArguments

    updates, batch = size
    model, label_row, pad = _model(folder, kind)
    data = [label_row(rows.row(number)) for number in rows.labelled.tolist()]
    tokens: list[int] = []

    def collate(features: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        tokens.append(sum(len(feature["input_ids"]) for feature in features))
        return _padded(features, pad)

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.seconds: list[float] = []

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.seconds.append(time.perf_counter() - self.began)

    clock = Clock()
    faster = {"bf16": True, "optim": "adamw_torch_fused", "train_sampling_strategy": "group_by_length"} if best else {}
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            output_dir=out,
            max_steps=updates,
            per_device_train_batch_size=batch,
            learning_rate=1e-5,
            weight_decay=0.01,
            warmup_steps=max(1, updates // 10),
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=device == "cpu",
            disable_tqdm=True,
            seed=1,
            **faster,
        )
        run = Trainer(model=model, args=arguments, train_dataset=data, data_collator=collate, callbacks=[clock])
        run.train()
    losses = [entry["loss"] for entry in run.state.log_history if "loss" in entry]
    return counted(clock.seconds, tokens[: len(clock.seconds)], losses, batch, device)


def _model(folder: Path, kind: Kind) -> tuple[Any, Callable[[Mapping[str, Any]], dict[str, Any]], int]:
    """The class of `transformers` for this kind, what makes a row of ours a feature of its, and the padding id."""
    from transformers import (
        AutoConfig,
        AutoModelForQuestionAnswering,
        AutoModelForSequenceClassification,
        AutoModelForTokenClassification,
    )

    config = AutoConfig.from_pretrained(folder)
    config.hidden_dropout_prob, config.attention_probs_dropout_prob = 0.1, 0.0  # the same on both sides
    config.num_labels = len(getattr(kind, "labels", ())) or 2
    pad = config.pad_token_id or 0

    def plain(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"input_ids": row["ids"].tolist(), "token_type_ids": row["segments"].tolist()}

    def classified(row: Mapping[str, Any]) -> dict[str, Any]:
        return plain(row) | {"labels": int(row["gold"][0])}

    def tagged(row: Mapping[str, Any]) -> dict[str, Any]:
        labels = np.full(len(row["ids"]), -100)
        labels[row["first"]] = row["gold"]
        return plain(row) | {"labels": labels.tolist()}

    def answered(row: Mapping[str, Any]) -> dict[str, Any]:
        return plain(row) | {"start_positions": int(row["gold"][0]), "end_positions": int(row["gold"][1])}

    classes = {
        "classification": (AutoModelForSequenceClassification, classified),
        "tagging": (AutoModelForTokenClassification, tagged),
        "span_qa": (AutoModelForQuestionAnswering, answered),
    }
    model_class, label_row = classes[kind.name]
    return model_class.from_pretrained(folder, config=config), label_row, pad


def _padded(features: list[Mapping[str, Any]], pad: int) -> Mapping[str, Any]:
    """Tensors padded to the longest of the batch, as DataCollatorWithPadding does it."""
    import torch

    longest = max(len(feature["input_ids"]) for feature in features)

    def wide(name: str, fill: int) -> Any:
        return torch.tensor([[*f[name], *[fill] * (longest - len(f[name]))] for f in features])

    batch = {"input_ids": wide("input_ids", pad), "token_type_ids": wide("token_type_ids", 0)}
    lengths = torch.tensor([len(feature["input_ids"]) for feature in features])
    batch["attention_mask"] = (torch.arange(longest) < lengths[:, None]).long()
    for name in set(features[0]) - set(batch):
        is_list = isinstance(features[0][name], list)
        batch[name] = wide(name, -100) if is_list else torch.tensor([feature[name] for feature in features])
    return batch


def main() -> None:
    contestant, folder, rows, lengths, updates, batch, threads, device = sys.argv[1:]
    os.environ["OMP_NUM_THREADS"] = threads
    import torch

    torch.set_num_threads(int(threads))
    prepared, kind = TokenizedRows(Path(rows)), TASKS[LENGTHS[lengths][0]].kind
    size = (int(updates), int(batch))
    if contestant in ("plain", "tuned"):
        result = trainer(Path(folder), prepared, kind, contestant == "tuned", size, device)
    else:
        precision = "fp32" if contestant == "ours-fp32" else "bf16"
        result = ours(Path(folder), prepared, kind, precision, size, device)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
