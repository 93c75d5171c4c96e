"""A task that a tiny encoder learns in seconds: which of two words stands in the sentence."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toy_vectors import VectorSettings, build
from xstilts.core.settings.training import Recipe
from xstilts.data.examples import Example, TextExample
from xstilts.kinds.base import Kind
from xstilts.kinds.classification import Classification
from xstilts.kinds.tokenized import TokenizedRows, write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.metrics.labels import Accuracy
from xstilts.train.job import Job, JobPart

FILLERS = ["the", "a", "one", "some", "this", "that", "my", "your", "our", "their", "little", "big", "old", "new"]
KIND = Classification(labels=("no", "yes"))


def texts(number: int, seed: int = 0, answer: str | None = None) -> list[TextExample]:
    """`answer` replaces the right label (to make a task that cannot be learnt, labels are drawn with "random")."""
    draw = random.Random(seed)
    examples = []
    for i in range(number):
        label = draw.choice(KIND.labels)
        words = draw.choices(FILLERS, k=draw.randint(2, 12))
        words.insert(draw.randrange(len(words)), {"yes": "sunny", "no": "rainy"}[label])
        shown = draw.choice(KIND.labels) if answer == "random" else (answer or label)
        examples.append(TextExample(id=f"{seed}-{i}", group=f"{seed}-{i}", text=" ".join(words), label=shown))
    return examples


def encoder_folder(folder: Path, width: int = 16) -> Path:
    lines = [example.text for example in texts(80)]
    settings = VectorSettings(vocabulary=150, width=width, layers=1, heads=2, positions=60)
    build({"en": lines, "xx": [line.upper() for line in lines]}, folder, settings)
    return folder


def prepare(examples: Sequence[Example], kind: Kind, encoder: Path, out: Path) -> TokenizedRows:
    out.mkdir(parents=True)
    write(examples, kind, load_tokenizer(encoder), 40, out)
    return TokenizedRows(out)


def part(encoder: Path, folder: Path, train: Sequence[Any], dev: Sequence[Any], **changes: Any) -> JobPart:
    kind = changes.pop("kind", KIND)
    return JobPart(
        **{
            "name": "toy",
            "kind": kind,
            "train": prepare(train, kind, encoder, folder / "train"),
            "train_indices": range(len(train)),
            "dev": prepare(dev, kind, encoder, folder / "dev"),
            "dev_indices": range(len(dev)),
            "dev_examples": dev,
            "selection_metric": Accuracy(),
            **changes,
        }
    )


def job(encoder: Path, parts: Sequence[JobPart], recipe: dict[str, Any] | None = None, **changes: Any) -> Job:
    settings = {"updates": 40, "batch": 16, "lr": 2e-2, "dropout": 0.1, **(recipe or {})}
    return Job(**{"start": encoder, "parts": tuple(parts), "recipe": Recipe(**settings), "seed": 1, **changes})
