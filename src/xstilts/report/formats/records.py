"""The numbers as flat lines for other programs: what stands in the CSV, Parquet and JSON files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from xstilts.report.build import Report
from xstilts.report.scores.contrasts import Contrast
from xstilts.report.scores.inputs import StudyCell, TargetInfo
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.benchmark_view import headline_json
from xstilts.report.topics.costs import costs
from xstilts.report.topics.published_view import against_json

Line = dict[str, Any]

SCORE_FIELDS: dict[str, type] = {
    "arm": str,
    "target": str,
    "seed": int,
    "language": str,
    "train_language": str,
    "metric": str,
    "main": bool,  # the target's main metric
    "value_name": str,  # "headline": the mean of the metric's headline values
    "value": float,  # percent; empty where missing
    "low": float,  # 95 % interval over documents; of the headline alone
    "high": float,
    "floor": float,  # of the headline alone
    "n": int,  # examples
    "at_chance": bool,
    "status": str,  # "done", or why not
    "reason": str,
}
CONTRAST_FIELDS = tuple(field.name for field in fields(Contrast))


def score_lines(board: Scoreboard) -> list[Line]:
    """One line for each arm, target, seed, language, metric and value name. A missing score has a line too, without a
    value, with its status and reason."""
    targets = {target.name: target for target in board.results.targets}
    return [line for cell in board.results.cells for line in _cell_lines(cell, targets[cell.target])]


def contrast_lines(board: Scoreboard) -> list[Line]:
    """One line a contrast; lists are joined with spaces."""
    lines = []
    for contrast in board.comparison.contrasts:
        line = asdict(contrast)
        line["target"] = contrast.target or "all"
        line["weights"] = " ".join(f"{weight:+g}*{arm}" for arm, weight in contrast.weights.items())
        for name in ("targets", "languages", "by_seed"):
            line[name] = " ".join(str(x) for x in line[name])
        lines.append(line)
    return lines


def facts(made: Report) -> Line:
    """The whole report as JSON: study, answer, scores, contrasts, gains by target, published rows where they were asked
    for, the average over a benchmark's targets, what is left of earlier tasks, trainings, steps, data, versions. No
    paths."""
    board, results = made.scoreboard, made.scoreboard.results
    return {
        "name": results.name,
        "question": results.question,
        "answer": list(made.document.answer),
        "encoder": results.encoder,
        "scale": results.scale,
        "arms": list(results.arms),
        "baseline": results.baseline,
        "seeds": list(results.seeds),
        "targets": [_target(target) for target in results.targets],
        "standings": [asdict(standing) for standing in board.comparison.standings],
        "contrasts": [asdict(contrast) for contrast in board.comparison.contrasts],
        "gains": [asdict(gain) for gain in made.gains],
        "against": against_json(made.published),
        "headline": headline_json(made.headline),
        "forgetting": [asdict(change) for change in made.changes],
        "costs": [asdict(one) for one in costs(made.scoreboard)],
        "trainings": [
            {
                "step": t.place.name,
                "phase": t.name,
                "seed": t.seed,
                "arms": t.arms,
                "targets": t.targets,
                "summary": t.summary,
            }
            for t in board.trainings
        ],
        "steps": [
            {spec.name: getattr(step, spec.name) for spec in fields(step) if spec.metadata.get("record", True)}
            for step in results.steps
        ],
        "data": [dict(line) for line in results.data],
        "versions": dict(results.versions),
        "notes": list(results.notes),
        "study": results.study_yaml,
    }


def _target(target: TargetInfo) -> Line:
    """Return a target under the keys that report.json has had from the first."""
    record = asdict(target)
    record["met"], record["most"] = record.pop("seen_text"), record.pop("test_limit")
    return record


def _cell_lines(cell: StudyCell, target: TargetInfo) -> Iterator[Line]:
    known: Line = {"arm": cell.arm, "target": cell.target, "seed": cell.seed, "train_language": target.train_language}
    if cell.scores is None:
        for language in target.languages:
            yield _missing({**known, "language": language, "metric": target.main}, cell.status, cell.reason)
        return
    record = read_scores(cell.scores)
    for name, metric in record["metrics"].items():
        for language in target.languages:
            line = {**known, "language": language, "metric": name, "main": name == (target.main or record["main"])}
            found = metric["languages"].get(language)
            if found is None:
                yield _missing(line, "missing", record.get("missing", {}).get(language, "no score"))
            else:
                yield from _values(line, found)


def _values(line: Line, found: Line) -> Iterator[Line]:
    low, high = found.get("interval") or (None, None)
    line = {**line, "n": found.get("n"), "at_chance": found.get("at_chance"), "status": "done", "reason": ""}
    yield {
        **line,
        "value_name": "headline",
        "value": found["headline"],
        "low": low,
        "high": high,
        "floor": found.get("floor"),
    }
    for name, value in found["values"].items():
        yield {**line, "value_name": name, "value": value}


def _missing(line: Line, status: str, reason: str) -> Line:
    return {**line, "main": True, "value_name": "headline", "status": status, "reason": reason}
