"""How fast the steps of this store went: what a plan reckons with once something has been run. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.files import read_json
from xstilts.engine.store import Store

Record = Mapping[str, Any]


def measured_rates(store: Store, encoder: str, device: str | None = None) -> dict[str, float]:
    """Kind of step -> tokens a second: the tokens of all such steps that are done over their seconds, loading and
    writing included. Of scoring: the tokens of the predictions that were scored.

    Trainings and predictions count where the pretrained encoder below them is `encoder` (an identity) and, with a
    `device`, where they ran on one of its kind. A kind that was never run is left out.
    """
    trainings = dict(store.records("train"))
    by_key = {record["key"]: record for record in trainings.values()}

    def alike(record: Record) -> bool:
        return _below(record, by_key) == encoder and (device is None or _kind(record["device"]) == _kind(device))

    predictions = {record["key"]: (folder, record) for folder, record in store.records("predict")}
    scored = ((predictions.get(record["inputs"]["predictions"]), record) for _, record in store.records("score"))
    found = {
        "prepare": _rate((_tokens(folder / "meta.json"), record) for folder, record in store.records("prepare")),
        "train": _rate((_tokens(folder / "summary.json"), r) for folder, r in trainings.items() if alike(r)),
        "predict": _rate((_predicted(folder), r) for folder, r in predictions.values() if alike(r)),
        "score": _rate((_predicted(below[0]), record) for below, record in scored if below is not None),
    }
    return {kind: rate for kind, rate in found.items() if rate}


def _rate(steps: Iterable[tuple[float, Record]]) -> float:
    tokens, seconds = 0.0, 0.0
    for number, record in steps:
        if number:
            tokens, seconds = tokens + number, seconds + record["seconds"]
    return tokens / max(seconds, 0.1)


def _tokens(path: Path) -> float:
    return float(read_json(path)["tokens"]) if path.is_file() else 0.0


def _predicted(folder: Path) -> float:
    path = folder / "meta.json"
    return float(sum(language["tokens"] for language in read_json(path).values())) if path.is_file() else 0.0


def _below(record: Record, trainings: Mapping[str, Record]) -> str | None:
    """The identity of the pretrained encoder that a training or a prediction goes back to; None where it is gone."""
    for one in _chain(record, trainings):
        if at := one["settings"].get("encoder"):
            return at.get("identity")
    return None


def _chain(record: Record | None, trainings: Mapping[str, Record]) -> Iterator[Record]:
    while record is not None:
        yield record
        inputs = record["inputs"]
        record = trainings.get(inputs.get("checkpoint") or inputs.get("start", ""))


def _kind(device: str) -> str:
    return device.partition(":")[0]
