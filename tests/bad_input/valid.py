"""Valid inputs that are damaged: a tiny study with its tasks in every format, its store, and what is made of it."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from tiny_study import TinyStudy, texts

from xstilts.cli import main
from xstilts.study.task_section import UserTask
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

CONLLU = "".join(
    f"# sent_id = {n}\n1\tdie\t_\tDET\t_\t_\t2\tdet\t_\t_\n2\tSonne\t_\tNOUN\t_\t_\t3\tnsubj\t_\t_\n"
    f"3\tscheint\t_\tVERB\t_\t_\t0\troot\t_\t_\n\n"
    for n in range(6)
)


def _extra_tasks() -> dict[str, dict[str, Any]]:
    rows = {"kind": "classification", "labels": ["fair", "foul"], "columns": {"text": "text", "label": "sky"}}
    return {
        "table": {**rows, "reader": "csv", "test": {"de": "table.csv"}},
        "records": {**rows, "reader": "jsonl", "test": {"de": "records.jsonl"}},
        "items": {**rows, "reader": "json", "test": {"de": "items.json"}},
        "columns": {**rows, "reader": "parquet", "test": {"de": "columns.parquet"}},
        "trees": {"kind": "dependency", "reader": "conllu", "test": {"de": "trees.conllu"}},
    }


def _extra_files() -> dict[str, bytes]:
    rows = [{"text": text, "sky": ("fair", "foul")[label]} for text, label in texts("de", 10, seed=1)]
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), packed)
    return {
        "table.csv": ("text,sky\n" + "".join(f"{row['text']},{row['sky']}\n" for row in rows)).encode(),
        "records.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode(),
        "items.json": json.dumps(rows).encode(),
        "columns.parquet": packed.getvalue(),
        "trees.conllu": CONLLU.encode(),
    }


@dataclass
class Valid:
    """A folder with everything that is valid; `root` is never written to by a case."""

    root: Path
    encoder: Path

    @cached_property
    def study(self) -> TinyStudy:
        """A study of one arm, one seed and two updates, which was run and whose weights were kept."""
        made = TinyStudy(
            folder=self.root / "study",
            encoder=self.encoder,
            changes={
                "arms": {"none": {"strategy": "direct"}}, "seeds": [1], "keep": "all", "targets": ["weather"],
                "train": {"updates": 2, "batch": 4, "lr": 1e-2, "max_length": 32},
            },
        )  # fmt: skip
        for name, content in _extra_files().items():
            (made.folder / name).write_bytes(content)
        return made

    @cached_property
    def trained(self) -> Path:
        """The folder of a trained checkpoint."""
        assert self.study.call("run", "--offline") == 0
        return next(iter(sorted(self.study.store.glob("steps/train-*"))))

    @cached_property
    def packed(self) -> bytes:
        """The archive of the study's files and its encoder."""
        archive = self.root / "study.tar"
        words = ["data", "pack", str(self.study.file), str(archive), "--store", str(self.root / "pack-store")]
        assert main(words) == 0
        return archive.read_bytes()

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks of the study and one of every other format."""
        declared = {name: UserTask.model_validate(value) for name, value in self.declared.items()}
        return declared_tasks(declared)

    @property
    def declared(self) -> dict[str, dict[str, Any]]:
        return {**self.study.tasks, **_extra_tasks()}

    def value(self, **changes: Any) -> dict[str, Any]:
        return {**self.study.value, **changes}

    def copy_data(self, folder: Path) -> None:
        for path in self.study.folder.iterdir():
            if path.is_file() and path.suffix not in {".yaml", ".py"}:
                shutil.copyfile(path, folder / path.name)

    def write_study(self, folder: Path, value: Any) -> Path:
        """Write a study (a value, or its text) beside the data it reads."""
        self.copy_data(folder)
        file = folder / "bad.yaml"
        if isinstance(value, bytes):
            file.write_bytes(value)
        else:
            file.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), "utf-8")
        return file
