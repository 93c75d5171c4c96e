"""The answer in a few plain sentences, made from the numbers alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

from xstilts.report.elements.blocks import TerminalText
from xstilts.report.elements.formatting import name_list, number, plural
from xstilts.report.scores.contrast_scopes import EQUIVALENT, INCONCLUSIVE, UNTESTED, Contrast
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.planned_contrasts import is_planned
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.benchmark_average import BENCHMARK_AVERAGE, first_sentence
from xstilts.report.topics.contrasts import size
from xstilts.report.topics.planned_contrasts import PLANNED_CONTRASTS, over_all_runs
from xstilts.report.topics.topic import Topic

LIMIT = 3  # differences spelled out; the rest are in the forest plot


def compute(board: Scoreboard) -> tuple[str, ...]:
    """Return what the contrasts say, which is tested, and last a benchmark's average where the study has one."""
    average = board.once(BENCHMARK_AVERAGE.compute)
    return (*answer(board), *(first_sentence(average) if average else ()))


def answer(board: Scoreboard) -> tuple[str, ...]:
    """Say what the overall contrasts show: one sentence for those that are significant, one for those that are
    equivalent, one for those that are inconclusive, one for those that cannot be computed; then what limits them."""
    if not any(board.scored_languages.values()):
        return (_nothing_scored(board),)
    contrasts = headline_contrasts(board.comparison.contrasts)
    overall = [c for c in contrasts if c.target is None]
    if not overall:
        return (_nothing_compared(board),)
    computed = sorted((c for c in overall if c.value is not None), key=lambda c: -(c.value or 0.0))
    by_verdict = {
        verdict: [c for c in computed if c.verdict == verdict]
        for verdict in ("significant", EQUIVALENT, INCONCLUSIVE, UNTESTED)
    }
    unsure = by_verdict[INCONCLUSIVE]
    sentences = [
        _significant(by_verdict["significant"], contrasts),
        _equivalent(board, by_verdict[EQUIVALENT]),
        _inconclusive(board, unsure, is_all=len(unsure) == len(overall)),
        _untested(by_verdict[UNTESTED], contrasts),
        _not_computed([c for c in overall if c.value is None], contrasts),
        _collapsed(board),
    ]
    said = [sentence for sentence in sentences if sentence]
    return (*_planned(board, overall, " ".join(said)), *said)


def _planned(board: Scoreboard, overall: Sequence[Contrast], said: str) -> list[str]:
    """Spell out the contrasts that the study names, for they are what it asks: those that no other sentence does, and
    those that too few runs learnt, over all runs."""
    planned = [c for c in overall if is_planned(c.name, board.results.arms) and c.value is not None]
    over_all = {c.name: _over_all_runs(board, c) for c in planned}
    return [
        f"Planned: {c.title}: {size(c)} points {_scope(c)}: {c.verdict}{over_all[c.name]}."
        for c in planned
        if over_all[c.name] or c.title not in said
    ]


def _over_all_runs(board: Scoreboard, c: Contrast) -> str:
    planned = board.once(PLANNED_CONTRASTS.compute) if c.verdict == UNTESTED else None
    return over_all_runs(planned, c.name) if planned else ""


def _scope(c: Contrast) -> str:
    targets = f"on {c.targets[0]}" if len(c.targets) == 1 else f"on average over {plural(len(c.targets), 'target')}"
    languages = ", languages other than the one trained in" if c.zero_shot else ""
    return f"{targets} and {plural(c.seeds, 'seed')}{languages}"


def _sizes(contrasts: Sequence[Contrast]) -> str:
    """Spell out the largest differences either way."""
    strongest = sorted(contrasts, key=lambda c: -abs(c.value or 0.0))[:LIMIT]
    sizes = [f"{c.title} {size(c)}" for c in contrasts if c in strongest]
    others = len(contrasts) - len(sizes)
    return ", ".join(sizes) + (f" and {others} more" if others else "")


def _significant(contrasts: Sequence[Contrast], all_contrasts: Sequence[Contrast]) -> str:
    if not contrasts:
        return ""
    where = _single_targets(all_contrasts, {c.name for c in contrasts}) if len(contrasts[0].targets) > 1 else ""
    if len(contrasts) == 1:
        (c,) = contrasts
        said = f"{c.title}: {size(c)} points {_scope(c)}: significant."
    else:
        said = f"Significant, in points {_scope(contrasts[0])}: {_sizes(contrasts)}."
    return f"{said} {where}".rstrip()


def _equivalent(board: Scoreboard, contrasts: Sequence[Contrast]) -> str:
    """Write one sentence for all differences that are within the study's margin, whatever they are."""
    if not contrasts:
        return ""
    return f"Equivalent, within {board.results.margin:g} points either way: {_sizes(contrasts)}."


def _inconclusive(board: Scoreboard, contrasts: Sequence[Contrast], is_all: bool) -> str:
    """Write one sentence for all differences that were neither found nor excluded."""
    if not contrasts:
        return ""
    if is_all and all(board.results.baseline in c.weights for c in contrasts):
        lead = f"Inconclusive: no arm differs significantly from {board.results.baseline}"
        return f"{lead}, in points {_scope(contrasts[0])}: {_sizes(contrasts)}."
    return f"Inconclusive: {_sizes(contrasts)}."


def _untested(contrasts: Sequence[Contrast], all_contrasts: Sequence[Contrast]) -> str:
    """Write one sentence for differences without a test: of one seed, or of arms of which too few runs trained. Their
    targets may have been tested all the same."""
    if not contrasts:
        return ""
    if contrasts[0].seeds == 1:
        return (
            f"One seed was run, so nothing is tested; in points {_scope(contrasts[0])}, with intervals over test "
            f"items, for this training: {_sizes(contrasts)}."
        )
    said = f"Not tested: {_sizes(contrasts)} (too few runs trained, or a language has a single test item)."
    return f"{said} {_single_targets(all_contrasts, {c.name for c in contrasts})}".rstrip()


def _single_targets(contrasts: Sequence[Contrast], names: Collection[str]) -> str:
    """Name the significant single targets that an average which could be chance hides."""
    single = [c for c in contrasts if c.name in names and c.target is not None and c.significant]
    sizes = [f"{c.title} {size(c)} on {c.target}" for c in sorted(single, key=lambda c: -abs(c.value or 0.0))]
    return f"Significant on single targets: {name_list(sizes, LIMIT)}." if sizes else ""


def _not_computed(overall: Sequence[Contrast], contrasts: Sequence[Contrast]) -> str:
    """Name overall numbers that cannot be computed, and say what the single targets show."""
    if not overall:
        return ""
    names = {c.name for c in overall}
    single = [c for c in contrasts if c.name in names and c.target is not None]
    missing = name_list(list(dict.fromkeys(str(c.target) for c in single if c.value is None))) or "some targets"
    titles = name_list([c.title for c in overall], LIMIT)
    if all(c.value is None for c in single):
        return f"Nothing can be compared for {titles}: scores are missing on {missing}."
    targets = _single_targets(contrasts, names) or "Single targets are inconclusive: none differs significantly."
    if overall[0].seeds == 1:
        targets = "One seed was run, so nothing is tested."
    return f"No number over all targets for {titles}: scores are missing on {missing}. {targets}"


def _collapsed(board: Scoreboard) -> str:
    """Count the runs that failed to learn: they are part of the numbers, and a reader must know."""
    states = [state for standing in board.standings.values() for state in standing.states.values()]
    counts = {name: sum(state.startswith(name) for state in states) for name in ("diverged", "at chance")}
    runs = name_list([f"{n} {name}" for name, n in counts.items() if n])
    if not runs:
        return ""
    return f"Some runs did not learn ({runs}): they are marked in the table, and differences set them apart."


def _nothing_compared(board: Scoreboard) -> str:
    averages = []
    for arm in board.results.arms:
        means = [board.mean(arm, target, board.headline(target)).value for target in board.results.targets]
        values = [value for value in means if value is not None]
        if values:
            averages.append(f"{arm} scores {number(fmean(values))} on average over {plural(len(values), 'target')}")
    return f"Nothing is compared in this study: {name_list(averages, LIMIT)}."


def _nothing_scored(board: Scoreboard) -> str:
    reasons = dict.fromkeys(f"{cell.status}: {cell.reason}".removesuffix(": ") for cell in board.results.cells)
    return f"There is no answer yet: nothing was scored ({'; '.join(list(reasons)[:LIMIT]) or 'no cells'})."


ANSWER = Topic(
    name="answer",
    compute=compute,
    answer=lambda sentences: sentences,
    record=lambda sentences: {"answer": list(sentences)},
    terminal=lambda sentences: (TerminalText(text=" ".join(sentences), style="bold"),),
    command_json={"answer": "answer"},
)
