"""wandb, Weights & Biases: a project, a group for each study, a run for each training and one with scores and report.

Offline unless WANDB_MODE says otherwise: runs lie in the store, and `wandb sync` sends them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xstilts.trackers.base import AnswerRecord, Setting, TrainingRecord


class WandbTracker:
    """`place`: the project; "xstilts" where there is none."""

    def __init__(self, study: str, place: str, folder: Path) -> None:
        self.study, self.project, self.folder = study, place or "xstilts", folder

    def training(self, record: TrainingRecord) -> None:
        with self._run(record.name, "training", {**record.settings, "step": record.key}) as run:
            for update, values in record.by_update.items():
                run.log(values, step=update)
            run.summary.update(dict(record.totals))

    def answer(self, record: AnswerRecord) -> None:
        import wandb

        with self._run("answer", "answer", {"question": record.question, "study": record.study_yaml}) as run:
            rows = [[score.arm, score.target, score.metric, score.value] for score in record.scores]
            run.log({"scores": wandb.Table(columns=["arm", "target", "metric", "value"], data=rows)})
            run.summary.update({f"{score.arm}/{score.target}": score.value for score in record.scores})
            run.summary["answer"] = record.text
            report = wandb.Artifact("report", type="report")
            for path in record.files:
                report.add_file(str(path))
            run.log_artifact(report)

    def _run(self, name: str, kind: str, settings: Mapping[str, Setting]) -> Any:
        import wandb

        self.folder.mkdir(parents=True, exist_ok=True)
        return wandb.init(
            project=self.project,
            group=self.study,
            job_type=kind,
            name=name,
            config=dict(settings),
            dir=self.folder,
            mode=None if os.environ.get("WANDB_MODE") else "offline",
            reinit="create_new",
            settings=wandb.Settings(silent=True, x_disable_stats=True, x_disable_meta=True, console="off"),
        )
