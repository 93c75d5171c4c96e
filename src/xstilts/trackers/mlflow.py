"""MLflow: an experiment for each study, a run for each training, and one with the scores and the report."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from xstilts.trackers.base import AnswerRecord, Points, Setting, TrainingRecord

_REFUSED = re.compile(r"[^\w\-. /:]")  # in names of metrics and parameters
_BATCH = 500  # metrics of one call; MLflow takes 1,000
_LONGEST = 500  # characters of a parameter's value in the oldest servers


class MlflowTracker:
    """`place`: the tracking URI; without one MLFLOW_TRACKING_URI, else a database in the store."""

    def __init__(self, study: str, place: str, folder: Path) -> None:
        from mlflow import MlflowClient

        uri, files = place or os.environ.get("MLFLOW_TRACKING_URI"), None
        if not uri:
            folder.mkdir(parents=True, exist_ok=True)
            uri, files = f"sqlite:///{folder.absolute()}/mlflow.db", (folder / "files").absolute().as_uri()
        self._client = MlflowClient(tracking_uri=uri)
        found = self._client.get_experiment_by_name(study)
        self._experiment = found.experiment_id if found else self._client.create_experiment(study, files)

    def training(self, record: TrainingRecord) -> None:
        curves = {**record.curves, **{name: ((0, value),) for name, value in record.totals.items()}}
        self._run(record.name, {"xstilts.step": record.key}, record.settings, curves)

    def answer(self, record: AnswerRecord) -> None:
        scores = {f"{score.arm}/{score.target}/{score.metric}": ((0, score.value),) for score in record.scores}
        tags = {"mlflow.note.content": f"{record.question}\n\n{record.text}"}
        run = self._run("answer", tags, {}, scores)
        for path in record.files:
            self._client.log_artifact(run, str(path))
        self._client.log_text(run, record.study_yaml, "study.yaml")

    def _run(
        self, name: str, tags: Mapping[str, str], settings: Mapping[str, Setting], curves: Mapping[str, Points]
    ) -> str:
        """Make a run that is done, and return its id."""
        from mlflow.entities import Metric, Param

        run = str(self._client.create_run(self._experiment, run_name=name, tags=dict(tags)).info.run_id)
        now = int(time.time() * 1000)
        metrics = [
            Metric(_name(curve), value, now, update) for curve, points in curves.items() for update, value in points
        ]
        params = [Param(_name(key), str(value)[:_LONGEST]) for key, value in settings.items()]
        for begin in range(0, len(params), 100):
            self._client.log_batch(run, params=params[begin : begin + 100])
        for begin in range(0, len(metrics), _BATCH):
            self._client.log_batch(run, metrics=metrics[begin : begin + _BATCH])
        self._client.set_terminated(run)
        return run


def _name(text: str) -> str:
    """
    >>> _name("averaged (ties)/xnli/accuracy")
    'averaged _ties_/xnli/accuracy'
    """
    return _REFUSED.sub("_", text)[:250]
