"""TensorBoard: a folder of event files for each training, and one for each arm's scores. Nothing leaves the disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from xstilts.trackers.base import AnswerRecord, TrainingRecord


class TensorBoardTracker:
    """`place`: the folder to give to `tensorboard --logdir`; one in the store where there is none."""

    def __init__(self, study: str, place: str, folder: Path) -> None:
        self.folder = (Path(place) if place else folder) / _folder_name(study)

    def training(self, record: TrainingRecord) -> None:
        with self._writer(f"{record.name} {record.key[:12]}") as writer:
            for name, points in record.curves.items():
                for update, value in points:
                    writer.add_scalar(f"training/{name}", value, update)
            for name, value in record.totals.items():
                writer.add_scalar(f"totals/{name}", value, 0)
            lines = "\n".join(f"    {name}: {value}" for name, value in record.settings.items())
            writer.add_text("settings", lines)

    def answer(self, record: AnswerRecord) -> None:
        for arm in dict.fromkeys(score.arm for score in record.scores):
            with self._writer(f"scores of {arm}") as writer:
                for score in record.scores:
                    if score.arm == arm:
                        writer.add_scalar(f"scores/{score.target} {score.metric}", score.value, 0)
        with self._writer("answer") as writer:
            writer.add_text("question", record.question)
            writer.add_text("answer", record.text)
            writer.add_text("report", "\n".join(f"    {path}" for path in record.files))

    def _writer(self, name: str) -> Any:
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self.folder / _folder_name(name)))


def _folder_name(text: str) -> str:
    """
    >>> _folder_name("averaged (a/b) → xnli")
    'averaged (a-b) → xnli'
    """
    return re.sub(r'[/\\\x00-\x1f<>:"|?*]', "-", text)[:80].strip(" .") or "-"
