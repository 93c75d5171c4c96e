"""The costs of each arm before its targets, with what it reaches: trained parameters, bytes, FLOPs, seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Section, Table, TableCell, TableColumn
from xstilts.report.scores.score_files import LanguageNumbers, read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.trainings import TrainingRun
from xstilts.report.topics.topic import Topic

INTERMEDIATE_ROLES = ("language", "intermediate")  # roles of trainings that come before a target's
F1 = "f1"
F1Scores = Mapping[tuple[str, str, int], float]  # (arm, target, seed) -> F1


@dataclass(frozen=True, kw_only=True)
class ArmCost:
    """One arm. Sums over its trainings before the targets, each once, in the mean over seeds; None where one of them
    wrote nothing down. f1: the mean over targets that are scored in F1, of their zero-shot languages' mean."""

    arm: str
    trainings: float
    parameters: float | None
    stored_bytes: float | None
    seconds: float | None
    flops: float | None
    f1: float | None


@dataclass(frozen=True, kw_only=True)
class StudyCosts:
    """The costs of every arm, and the targets that F1 is a mean over."""

    arms: tuple[ArmCost, ...]
    f1_targets: tuple[str, ...]
    seeds: int


def compute(board: Scoreboard) -> StudyCosts | None:
    """Return None where no arm is known to train anything before its targets."""
    runs = {run.folder: run for run in board.trainings}
    folders = {arm: _intermediate_trainings(board, arm) for arm in board.results.arms}
    if not any(of_seed for seeds in folders.values() for of_seed in seeds.values()):
        return None
    f1_scores = _f1_scores(board)
    f1 = _arm_means(board, f1_scores)
    flops = {step.key: step.flops for step in board.results.steps}
    return StudyCosts(
        arms=tuple(
            _arm_cost(arm, [[runs[folder] for folder in of_seed] for of_seed in seeds.values()], f1.get(arm), flops)
            for arm, seeds in folders.items()
        ),
        f1_targets=tuple(dict.fromkeys(target for _, target, _ in f1_scores)),
        seeds=len(board.results.seeds),
    )


def _f1_scores(board: Scoreboard) -> F1Scores:
    """Return the mean F1 over the zero-shot languages, where the main metric has a value of that name."""
    targets, scores = {target.name: target for target in board.results.targets}, {}
    for cell in board.results.cells:
        if cell.scores is None:
            continue
        target, scored = targets[cell.target], read_scores(cell.scores)
        numbers = scored.languages(target.main or scored.main)
        values = [_f1(numbers.get(language)) for language in board.headline(target)]
        present = [value for value in values if value is not None]
        if present and len(present) == len(values):
            scores[cell.arm, cell.target, cell.seed] = fmean(present)
    return scores


def _f1(numbers: LanguageNumbers | None) -> float | None:
    return numbers.values.get(F1) if numbers else None


def _arm_means(board: Scoreboard, scores: F1Scores) -> dict[str, float]:
    """Average each arm; one that lacks a target or a seed that another one has is left out."""
    pairs = {(target, seed) for _, target, seed in scores}
    complete = [arm for arm in board.results.arms if pairs and all((arm, *pair) in scores for pair in pairs)]
    return {arm: fmean(scores[arm, target, seed] for target, seed in pairs) for arm in complete}


def _intermediate_trainings(board: Scoreboard, arm: str) -> dict[int, tuple[Path, ...]]:
    """Return, for each seed, the folders of the trainings that come before the arm's targets, each once."""
    folders: dict[int, dict[Path, None]] = {seed: {} for seed in board.results.seeds}
    for cell in board.results.cells:
        if cell.arm == arm:
            pairs = zip(cell.trainings, cell.training_roles, strict=False)
            folders[cell.seed] |= {folder: None for folder, role in pairs if role in INTERMEDIATE_ROLES}
    return {seed: tuple(of_seed) for seed, of_seed in folders.items()}


def _arm_cost(
    arm: str, seeds: Sequence[Sequence[TrainingRun]], f1: float | None, flops: Mapping[str, float | None]
) -> ArmCost:
    def total(number: Callable[[TrainingRun], float | None]) -> float | None:
        numbers = [[number(run) for run in runs] for runs in seeds]
        if any(value is None for of_seed in numbers for value in of_seed):
            return None
        return fmean(sum(value or 0.0 for value in of_seed) for of_seed in numbers)

    return ArmCost(
        arm=arm,
        trainings=fmean(len(runs) for runs in seeds),
        parameters=total(lambda run: run.number("trained_parameters")),
        stored_bytes=total(lambda run: run.number("stored_bytes")),
        seconds=total(lambda run: run.number("seconds")),
        flops=total(lambda run: flops.get(run.folder.name)),
        f1=f1,
    )


def cost_table(costs: StudyCosts) -> Table:
    """Lay out one line an arm."""
    targets = costs.f1_targets
    labels = ("Arm", *(("Mean F1",) if targets else ()), "Trainings", "Trained", "Weights", "FLOPs", "Time")
    f1_caption = (
        f" Mean F1: over {formatting.name_list(targets)}, of each the mean of its zero-shot languages."
        if targets
        else ""
    )
    caption = (
        f"What each arm costs before its targets, in the mean over {formatting.plural(costs.seeds, 'seed')}: its "
        "trainings, each once, though other arms may share them; parameters trained; the size of what was written; "
        f"operations and time of training.{f1_caption}"
    )
    return Table(
        caption=caption,
        columns=tuple(TableColumn(label=label, numeric=label != "Arm") for label in labels),
        rows=tuple(_row(cost, has_f1=bool(targets)) for cost in costs.arms),
    )


def _row(cost: ArmCost, has_f1: bool) -> tuple[TableCell, ...]:
    return (
        TableCell(text=cost.arm),
        *([TableCell(text=formatting.number(cost.f1))] if has_f1 else []),
        TableCell(text=f"{cost.trainings:g}"),
        TableCell(text=formatting.count(cost.parameters)),
        TableCell(text=formatting.size(cost.stored_bytes)),
        TableCell(text=formatting.operations(cost.flops)),
        TableCell(text=formatting.seconds(cost.seconds)),
    )


COSTS = Topic(
    name="costs",
    compute=compute,
    sections=lambda costs: (Section(id="graph", title="Run graph and costs", blocks=(cost_table(costs),)),),
    record=lambda costs: {"costs": [asdict(cost) for cost in costs.arms]},
    empty_record={"costs": []},
)
