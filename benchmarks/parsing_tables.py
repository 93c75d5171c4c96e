"""The tables of parsing.py, in Markdown, and the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xstilts.metrics.bootstrap import resampled_sums
from xstilts.metrics.trees import Attachment

Counts = Mapping[str, np.ndarray]  # by side: [N, K] of each sentence
Cell = tuple[str, str, str]  # side, precision, decoding
NAMES = {"ours": "xstilts", "supar": "SuPar 1.1.4"}


def difference(ours: np.ndarray, theirs: np.ndarray, name: str) -> tuple[float, float, float]:
    """Ours less theirs in points, and its 95 % interval: sentences are resampled, the same ones on both sides."""
    metric, width = Attachment(), ours.shape[1]

    def value(sums: np.ndarray) -> np.ndarray:
        return metric.values(sums[..., :width])[name] - metric.values(sums[..., width:])[name]

    pair = np.concatenate([ours, theirs], axis=1)
    low, high = np.percentile(value(resampled_sums(pair, np.random.default_rng(0))), (2.5, 97.5))
    return float(value(pair.sum(axis=0))), float(low), float(high)


def accuracy_table(counts: Mapping[str, Counts]) -> tuple[str, list[dict[str, Any]]]:
    """A row for each language and score; the difference where the peer ran."""
    lines = [
        "| test | sentences | score | xstilts | SuPar 1.1.4 | difference (95 %) |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    rows = []
    for language, by_side in counts.items():
        for name in ("las", "uas"):
            values = {side: float(Attachment().values(table.sum(axis=0))[name]) for side, table in by_side.items()}
            row: dict[str, Any] = {"language": language, "score": name, "sentences": len(by_side["ours"]), **values}
            peer = difference_text = "–"
            if "supar" in by_side:
                row["difference"] = difference(by_side["ours"], by_side["supar"], name)
                peer = f"{values['supar']:.2f}"
                difference_text = "{:+.2f} ({:+.2f} to {:+.2f})".format(*row["difference"])
            rows.append(row)
            cells = (language, str(row["sentences"]), name.upper(), f"{values['ours']:.2f}", peer, difference_text)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines), rows


def speed_table(runs: Mapping[Cell, Sequence[Mapping[str, Any]]]) -> tuple[str, list[dict[str, Any]]]:
    """Medians over the rounds. The last column is how many times the fp32 run of SuPar with the same decoding. A second
    of the processor is the same on a machine that has other work to do."""
    lines = [
        "| decoding | contestant | sentences a second | of the processor | peak memory, GB | to SuPar in fp32 |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    clocks = ("seconds", "cpu_seconds")
    rates = {cell: [_median_rate(ones, clock) for clock in clocks] for cell, ones in runs.items()}
    rows = []
    for cell, (rate, by_cpu) in rates.items():
        side, precision, decoding = cell
        peer = rates.get(("supar", "fp32", decoding))
        ratio = f"{rate / peer[0]:.2f} × ({by_cpu / peer[1]:.2f} ×)" if peer else "–"
        memory = max(run["peak_bytes"] for run in runs[cell])
        text = f"{rate:.0f} | {by_cpu:.0f} | {memory / 1e9:.2f} | {ratio}"
        lines.append(f"| {decoding} | {NAMES[side]}, {precision} | {text} |")
        row = {"side": side, "precision": precision, "decoding": decoding, "peak_bytes": memory}
        rows.append(row | {clock: [run[clock] for run in runs[cell]] for clock in clocks})
    return "\n".join(lines), rows


def _median_rate(runs: Sequence[Mapping[str, Any]], clock: str) -> float:
    return float(np.median([run["sentences"] / run[clock] for run in runs]))


def memory_table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| words of one sentence | precision | peak memory, GB | before it, GB | furthest arc, words |",
        "| ---: | --- | ---: | ---: | ---: |",
    ]
    for run in rows:
        peak, before = run["peak_bytes"] / 1e9, run["loaded_bytes"] / 1e9
        lines.append(f"| {run['words']} | {run['precision']} | {peak:.2f} | {before:.2f} | {run['furthest']} |")
    return "\n".join(lines)
