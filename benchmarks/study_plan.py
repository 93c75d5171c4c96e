"""What study.py measures: one study as both sides get it, as a study file and as rows and chains for the peer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from xstilts.data.examples import Example, TagExample, TextExample
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

THROUGH = {"none": (), "nli": ("mnli-taxinli10k",), "slots": ("snips-slots",)}
TARGETS = ("xsid-intent-snips", "udpos")
LANGUAGES = ("en", "de", "it", "nl", "tr", "ar", "ja", "zh")
# One rate for encoder and head, as the peer's examples have it; large, as the packaged encoder is small.
LR, BATCH, LENGTH = 5e-4, 32, 128
METRIC = {"classification": "accuracy", "tagging": "token_accuracy"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """3 arms × 2 targets × seeds.

    folder, rows: the encoder, and where the peer's rows lie. dev, test: rows of a dev set, and of each test language,
    at most; None: all.
    """

    folder: Path
    rows: Path
    updates: int
    seeds: tuple[int, ...]
    languages: tuple[str, ...]
    threads: int
    device: str
    precision: str
    dev: int = 2000
    test: int | None = None

    def runs(self) -> Iterator[tuple[str, str, int]]:
        """(arm, target, seed), in the order in which a script would run them."""
        return ((arm, target, seed) for arm in THROUGH for target in TARGETS for seed in self.seeds)

    def study(self) -> str:
        """The study file. Each phase looks at its dev set once, at its end, as the peer does."""
        arms = {
            arm: {"strategy": "sequential", "through": list(through)} if through else {"strategy": "direct"}
            for arm, through in THROUGH.items()
        }
        train = {"updates": self.updates, "batch": BATCH, "lr": LR, "dropout": 0.1, "max_length": LENGTH}
        return yaml.safe_dump(
            {
                "question": "What does a study cost beside the same trainings one by one?",
                "encoder": str(self.folder),
                "precision": self.precision,
                "arms": arms,
                "targets": list(TARGETS),
                "languages": list(self.languages),
                "train": {**train, "evaluate_every": self.updates, "dev_examples": self.dev},
                "take": {"test": self.test},
                "seeds": list(self.seeds),
            },
            sort_keys=False,
        )

    def chain(self, phases: Sequence[str], seed: int, start: Path, *, save: Path | None, tuned: bool) -> dict[str, Any]:
        """Return the request of one process of the peer. With `save` it stops there and leaves the encoder in that
        folder."""
        faster = {"bf16": True, "optim": "adamw_torch_fused", "train_sampling_strategy": "group_by_length"}
        return {
            "start": str(start),
            "phases": [self._phase(TASKS[name]) for name in phases],
            "save": str(save) if save else "",
            "languages": () if save else self.languages,
            "seed": seed,
            "updates": self.updates,
            "batch": BATCH,
            "lr": LR,
            "length": LENGTH,
            "dev": self.dev,
            "threads": self.threads,
            "device": self.device,
            "faster": faster if tuned else {},
        }

    def _phase(self, task: Task) -> dict[str, Any]:
        return {"kind": task.kind.name, "labels": task.kind.labels, "rows": str(self.rows / task.name)}  # type: ignore[attr-defined]

    def write_rows(self, data: Sequence[Path]) -> None:
        """Every row of every task as JSON lines: what the study reads, so that the peer reads the same."""
        roots = Roots(data=tuple(data), store=self.rows / "store")
        for name in dict.fromkeys((*(part for through in THROUGH.values() for part in through), *TARGETS)):
            task = TASKS[name]
            fit = task.fit
            assert fit is not None and fit.dev is not None
            sources = {"train": fit.train, "dev": fit.dev}
            if name in TARGETS:
                tests = {language: task.test[language] for language in self.languages}
                sources |= {
                    f"test-{name}": part.subsample(self.test) if self.test else part for name, part in tests.items()
                }
            (self.rows / name).mkdir(parents=True)
            for use, source in sources.items():
                lines = (
                    json.dumps(_row(example)) + "\n"
                    for example in load_examples(resolve_source(source, roots)).examples
                )
                (self.rows / name / f"{use}.jsonl").write_text("".join(lines), "utf-8")


def _row(example: Example) -> Mapping[str, Any]:
    if isinstance(example, TextExample):
        return {"text": example.text, "pair": example.pair, "label": example.label}
    assert isinstance(example, TagExample)
    return {"words": example.words, "tags": example.tags}
