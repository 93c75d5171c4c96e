"""Trackio: a project of local runs (`trackio show`), one for each training and one with the scores and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xstilts.trackers.base import AnswerRecord, Setting, TrainingRecord


class TrackioTracker:
    """`place`: the project; the study's name where there is none. Trackio keeps its files where TRACKIO_DIR says."""

    def __init__(self, study: str, place: str, folder: Path) -> None:
        self.study, self.project = study, place or study

    def training(self, record: TrainingRecord) -> None:
        run = self._run(f"{record.name} {record.key[:12]}", record.settings)
        for update, values in record.by_update.items():
            run.log(values, step=update)
        run.log(dict(record.totals))
        run.finish()

    def answer(self, record: AnswerRecord) -> None:
        import trackio

        run = self._run(f"answer of {self.study}", {"question": record.question})
        run.log({f"{score.arm}/{score.target}/{score.metric}": score.value for score in record.scores})
        run.log({"answer": trackio.Markdown(record.text)})
        run.finish()

    def _run(self, name: str, settings: Mapping[str, Setting]) -> Any:
        import trackio

        return trackio.init(
            project=self.project, name=name, group=self.study, config=dict(settings), embed=False,
            auto_log_gpu=False, auto_log_cpu=False,
        )  # fmt: skip
