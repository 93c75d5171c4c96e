"""Claims against published rows: the same predicates, judged by arithmetic on the numbers that a source prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from xstilts.claims.claim import ALL, Claim
from xstilts.claims.comparisons import ScoreCondition, Unit, conditions_of
from xstilts.claims.judge import Judgement, judge_numbers, not_measured
from xstilts.core.errors import StudyError
from xstilts.report.scores.published_files import published
from xstilts.report.scores.published_rows import PublishedRow


@dataclass(frozen=True, kw_only=True)
class PublishedClaim:
    """A claim judged by published rows: arm -> row."""

    judgement: Judgement
    rows: Mapping[str, PublishedRow]


def published_rows_of(claim: Claim) -> dict[str, PublishedRow]:
    """Return the rows that hold the scores of a claim's arms. Raises StudyError for one that there is not."""
    return {
        arm: published().find(row, where=f"claims.{claim.name}.published.{arm}") for arm, row in claim.published.items()
    }


def measure_published(claim: Claim) -> PublishedClaim | None:
    """Judge a claim by published rows; None where it names none. Raises StudyError for a row that there is not."""
    rows = published_rows_of(claim)
    if not rows or claim.predicate is None:
        return None
    return PublishedClaim(judgement=_judge(claim, rows), rows=rows)


def _judge(claim: Claim, rows: Mapping[str, PublishedRow]) -> Judgement:
    predicate = claim.predicate
    assert predicate is not None  # `measure_published` has looked
    if lacking := [arm for arm in predicate.arms if arm not in rows]:
        return not_measured(f"no published row for the arm {lacking[0]}")
    benchmarks = {row.benchmark.name: row.benchmark for row in rows.values()}
    if len(benchmarks) > 1:
        raise StudyError(f"The rows are of {' and '.join(benchmarks)}: one claim is about one benchmark.",
                         where=f"claims.{claim.name}.published")  # fmt: skip
    (benchmark,) = benchmarks.values()
    if predicate.languages != ALL or predicate.across == "languages":
        return not_measured("published scores are means over all languages")
    if predicate.metric:
        return not_measured("published scores are in the metrics of the benchmark")
    named = predicate.targets or tuple(benchmark.tasks)
    if unknown := [name for name in named if name not in benchmark.tasks]:
        return not_measured(f"{benchmark.title} does not have {', '.join(unknown)}")
    conditions = conditions_of(predicate, {name: benchmark.tasks[name].languages for name in named})
    estimates = [combined(condition, rows) for condition in conditions.each]
    known = [estimate for estimate in estimates if estimate is not None]
    if len(known) < len(estimates):
        lacking_of = [one.label for one, x in zip(conditions.each, estimates, strict=True) if x is None]
        said = f": {', '.join(lacking_of)}" if any(lacking_of) else ""
        return not_measured(f"no source that we have read prints what it takes{said}")
    return judge_numbers(conditions, known)


def combined(condition: ScoreCondition, rows: Mapping[str, PublishedRow]) -> float | None:
    """Return the value of a condition; None where a number is not published."""
    by_unit: dict[Unit, dict[str, float]] = {}
    for term, weight in condition.weights.items():
        weights = by_unit.setdefault(term.unit, {})
        weights[term.arm] = weights.get(term.arm, 0.0) + weight
    parts = [_difference(unit, [(rows[arm], w) for arm, w in weights.items()]) for unit, weights in by_unit.items()]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _difference(unit: Unit, weights: Sequence[tuple[PublishedRow, float]]) -> float | None:
    """Return a weighted sum of rows over a unit: of gains that are printed where there are some, for they were not
    rounded twice; else of the scores of its targets, else of a printed mean."""
    for value_of in (_gain_over_base(unit, [row for row, _ in weights]), _mean_of_tasks(unit), _printed(unit, "mean")):
        known = [weight * value for row, weight in weights if (value := value_of.get(row.name)) is not None]
        if len(known) == len(weights):
            return sum(known)
    return None


def _gain_over_base(unit: Unit, rows: Sequence[PublishedRow]) -> Mapping[str, float | None]:
    """Return each row's printed gain over the one that all are trained on top of, which itself gains nothing."""
    bases = {row.over for row in rows if row.over} or {""}
    if len(bases) != 1:
        return {}
    (base,) = bases
    average = _average(unit, rows[0])
    if not base or not average:
        return {}
    return {row.name: 0.0 if row.name == base else row.values(average).get("gain") for row in rows}


def _average(unit: Unit, row: PublishedRow) -> str:
    """Return the name of the benchmark's average that is over exactly these tasks; "" where it prints none."""
    averages = row.benchmark.averages.values()
    return next((one.name for one in averages if one.tasks and set(one.tasks) == set(unit.targets)), "")


def _mean_of_tasks(unit: Unit) -> Mapping[str, float | None]:
    values: dict[str, float | None] = {}
    for row in published().values():
        scores = [row.score(target) if target in row.benchmark.tasks else None for target in unit.targets]
        known = [score for score in scores if score is not None]
        values[row.name] = fmean(known) if known and len(known) == len(scores) else None
    return values


def _printed(unit: Unit, name: str) -> Mapping[str, float | None]:
    return {
        row.name: row.values(average).get(name) if (average := _average(unit, row)) else None
        for row in published().values()
    }
