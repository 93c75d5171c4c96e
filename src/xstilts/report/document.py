"""The report as a document: what is shown, in which order. Pure, but for reading the trainings' logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.elements.blocks import Block, Code, Document, Figure, Fold, Items, Prose, Section
from xstilts.report.elements.formatting import listed, plural
from xstilts.report.scores.contrasts import Contrast
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics import accounting, forgetting, scores
from xstilts.report.topics.answer import answer
from xstilts.report.topics.benchmark_average import BenchmarkAverage
from xstilts.report.topics.benchmark_view import headline_sections, lead
from xstilts.report.topics.contrasts import beside, contrast_table, forest_plots
from xstilts.report.topics.costs import costs_blocks
from xstilts.report.topics.gain_by_target import AverageGain, study_table
from xstilts.report.topics.languages import heat_maps
from xstilts.report.topics.overhead import TimeSpent
from xstilts.report.topics.published import PublishedComparison
from xstilts.report.topics.published_view import against_sections
from xstilts.report.topics.run_graph import drawing, visible
from xstilts.report.topics.training_curves import curves


@dataclass(frozen=True, kw_only=True)
class Extras:
    """What stands beside the board: its average gains taken apart, published rows, the average over the targets of a
    benchmark, and what is left of intermediate tasks."""

    gains: Sequence[AverageGain] = ()
    published: Sequence[PublishedComparison] = ()
    headline: BenchmarkAverage | None = None
    changes: Sequence[forgetting.ForgettingChange] = ()


def document(board: Scoreboard, extras: Extras | None = None) -> Document:
    """Everything the report says. Sections without content are left out."""
    extras = extras or Extras()
    results = board.results
    sections = [
        Section(
            id="scores", title="Scores", blocks=(scores.answer_table(board, beside(board, board.comparison.contrasts)),)
        ),
        *headline_sections(extras.headline),
        Section(id="differences", title="Differences", blocks=_differences(board.comparison.contrasts, extras.gains)),
        *against_sections(extras.published),
        Section(id="languages", title="Languages", blocks=_languages(board)),
        Section(id="gap", title="Transfer gap", blocks=_gap(board)),
        Section(id="forgetting", title="Forgetting", blocks=forgetting.blocks(extras.changes, len(results.seeds))),
        Section(id="training", title="Training", blocks=_training(board)),
        Section(id="graph", title="Run graph and costs", blocks=_graph(board)),
        Section(id="notes", title="Notes", blocks=_notes(board)),
        Section(id="data", title="Data", blocks=_data(board)),
        Section(id="study", title="Study and versions", blocks=_study(board)),
    ]
    return Document(
        title=f"{results.name}: a study of intermediate-task training",
        question=results.question,
        answer=(*lead(extras.headline), *answer(board)),
        facts=_facts(board),
        sections=tuple(section for section in sections if section.blocks),
    )


def _facts(board: Scoreboard) -> tuple[str, ...]:
    results = board.results
    done = sum(cell.status == "done" for cell in results.cells)
    facts = [
        results.encoder,
        plural(len(results.arms), "arm"),
        plural(len(results.targets), "target"),
        f"{'seed' if len(results.seeds) == 1 else 'seeds'} {listed([str(seed) for seed in results.seeds])}",
        f"{done} of {len(results.cells)} cells scored",
    ]
    return (*facts, f"scale: {results.scale}") if results.scale else tuple(facts)


def _differences(contrasts: Sequence[Contrast], gains: Sequence[AverageGain]) -> tuple[Block, ...]:
    if not contrasts:
        return ()
    averages = (study_table(gains),) if gains else ()
    table = Fold(title="The same differences as a table", blocks=(contrast_table(contrasts),))
    return (*forest_plots(contrasts), *averages, table)


def _languages(board: Scoreboard) -> tuple[Block, ...]:
    shown = [target for target in board.results.targets if board.scored(target)]
    folds = [
        Fold(title=f"{target.name}, language by language", blocks=(scores.language_table(board, target),))
        for target in shown
    ]
    return (*heat_maps(board), *folds)


def _gap(board: Scoreboard) -> tuple[Block, ...]:
    return (scores.gap_table(board),) if scores.gapped(board) else ()


def _training(board: Scoreboard) -> tuple[Block, ...]:
    if not board.trainings:
        return ()
    table = Fold(
        title=f"All {plural(len(board.trainings), 'training')}", blocks=(accounting.training_table(board.trainings),)
    )
    return (*curves(board), table)


def _graph(board: Scoreboard) -> tuple[Block, ...]:
    steps = board.results.steps
    if not steps:
        return ()
    blocks: list[Block] = [*costs_blocks(board), accounting.step_table(steps)]
    if sentence := TimeSpent.of_steps(steps).sentence:
        blocks.append(Prose(text=sentence))
    if failed := accounting.failure_table(steps):
        blocks.append(failed)
    if picture := drawing(steps, "The run graph: every step with what it reads to its left"):
        part = "" if len(visible(steps)) == len(steps) else " Only the steps of the routes are drawn."
        caption = f"The run graph; each step reads what lies to its left. Point at a step for its state and cost.{part}"
        blocks.append(Figure(svg=(picture,), caption=caption))
    else:
        blocks.append(
            Prose(
                text=f"A graph of {len(steps)} steps is too large to draw; report.json lists each with what it reads."
            )
        )
    return tuple(blocks)


def _notes(board: Scoreboard) -> tuple[Block, ...]:
    results = board.results
    items = [*results.notes]
    items += [f"{target.name}: {note}" for target in results.targets for note in target.notes]
    items += accounting.losses(results.data)
    items += _gaps(board)
    return (Items(items=tuple(dict.fromkeys(items))),) if items else ()


def _gaps(board: Scoreboard) -> list[str]:
    """Cells without a score, gathered by reason."""
    by_reason: dict[str, list[str]] = {}
    for cell in board.results.cells:
        if cell.scores is None:
            why = ": ".join(text for text in (cell.status, cell.reason) if text)
            by_reason.setdefault(why, []).append(f"{cell.arm} on {cell.target} (seed {cell.seed})")
    return [f"{plural(len(cells), 'cell')} {why}. {listed(cells, 8)}." for why, cells in by_reason.items()]


def _data(board: Scoreboard) -> tuple[Block, ...]:
    data = board.results.data
    if not data:
        return ()
    return (Fold(title=f"{plural(len(data), 'file')} read", blocks=(accounting.data_table(data),)),)


def _study(board: Scoreboard) -> tuple[Block, ...]:
    results = board.results
    return (
        Prose(
            text="To run it again, save the study below as study.yaml. What is already in the store is not repeated."
        ),
        Code(text="xstilts run study.yaml", language="sh"),
        Fold(title="The study as it was run", blocks=(Code(text=results.study_yaml, language="yaml"),)),
        Fold(title="Versions", blocks=(accounting.version_table(results.versions),)),
        Prose(
            text="When you publish these numbers, name the encoder and the xstilts version above, and cite the data "
            "sets: xstilts tasks NAME prints the citation and the licence of each."
        ),
    )
