"""Scores language by language: heat maps on one colour scale, tables, and the transfer gap."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from xstilts.report.elements.blocks import Block, Figure, Fold, Section, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Tile, heat, scale_key
from xstilts.report.elements.formatting import MISSING, interval, number, plural, signed
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.scores import averaged_languages, floor_cell, language_name, mean_warnings, seed_scores
from xstilts.report.topics.topic import Topic


def sections(board: Scoreboard) -> tuple[Section, ...]:
    """Return the languages of every target, and the transfer gap."""
    folds = [
        Fold(title=f"{target.name}, language by language", blocks=(language_table(board, target),))
        for target in board.results.targets
        if board.scored(target)
    ]
    gap: tuple[Block, ...] = (gap_table(board),) if gap_targets(board) else ()
    return (
        Section(id="languages", title="Languages", blocks=(*heat_maps(board), *folds)),
        Section(id="gap", title="Transfer gap", blocks=gap),
    )


def heat_maps(board: Scoreboard) -> tuple[Figure, ...]:
    """Draw differences from the baseline where there is one and another arm; the baseline's own line gives scores."""
    targets = [target for target in board.results.targets if board.scored(target)]
    if not targets:
        return ()
    baseline = board.results.baseline if len(board.results.arms) > 1 else ""
    limit, cut = _limit(board, targets, baseline)
    maps = tuple(_heat_map(board, target, baseline, limit) for target in targets)
    if not baseline:
        return (Figure(svg=maps, caption="Scores by arm and language; means over seeds, in percent."),)
    caption = (
        f"Points above (blue) or below (orange) the baseline {baseline}, on one colour scale; the baseline's own line "
        "gives its scores. Means over the seeds both arms have; · is missing."
    )
    return (Figure(svg=(scale_key(limit, cut, "Colour scale"),), caption=caption), Figure(svg=maps, caption=""))


def _heat_map(board: Scoreboard, target: TargetInfo, baseline: str, limit: float) -> str:
    rows = []
    for arm in board.results.arms:
        scale = None if arm == baseline or not baseline else limit
        rows.append((arm, [_tile(board, (arm, target, language), baseline, scale) for language in target.languages]))
    measure = f"difference from {baseline}" if baseline else "score"
    name = f"{target.name}: {measure} by arm and language; the numbers stand in the table below"
    return heat(target.languages, rows, f"{target.name}, {target.headline or target.main}", name)


def _tile(board: Scoreboard, key: tuple[str, TargetInfo, str], baseline: str, limit: float | None) -> Tile:
    arm, target, language = key
    mean = board.mean(arm, target, [language])
    heading = f"{arm}, {target.name}, {language_name(language)}"
    if mean.value is None:
        return Tile(text="·", tip=f"{heading}: missing ({mean.reason})", missing=True)
    if limit is None:
        return Tile(text=number(mean.value, 0), tip=f"{heading}: {number(mean.value)}")
    delta = board.difference(arm, baseline, target, language)
    if delta is None:
        return Tile(text="·", tip=f"{heading}: {number(mean.value)}; nothing to compare with", missing=True)
    tip = f"{heading}: {number(mean.value)}, {signed(delta)} over {baseline}"
    return Tile(text=signed(delta), tip=tip, shade=max(-1.0, min(1.0, delta / limit)))


def _limit(board: Scoreboard, targets: Sequence[TargetInfo], baseline: str) -> tuple[float, bool]:
    """Return the end of the colour scale, and whether differences are beyond it.

    It is the largest difference, between 2 and 20 points so that neither noise nor one collapsed run decides the
    colours."""
    arms = [arm for arm in board.results.arms if baseline and arm != baseline]
    differences = [board.difference(arm, baseline, t, x) for arm in arms for t in targets for x in board.scored(t)]
    largest = max([0.0, *(abs(d) for d in differences if d is not None)])
    return min(max(2.0, largest), 20.0), largest > 20.0


def language_table(board: Scoreboard, target: TargetInfo) -> Table:
    """Lay out languages by arms for one target; means over all, and over the zero-shot languages, at the foot."""
    arms = board.results.arms
    rows = [
        (
            TableCell(text=f"{language_name(language)} ({language})"),
            *(_language_cell(board, arm, target, language) for arm in arms),
            floor_cell(board, target, [language]),
        )
        for language in target.languages
    ]
    means = [
        (
            TableCell(text=averaged_languages(board, target, languages)),
            *(_mean_cell(board, arm, target, languages) for arm in arms),
            floor_cell(board, target, languages),
        )
        for languages in dict.fromkeys((board.headline(target), board.scored(target)))
    ]
    columns = (
        TableColumn(label="Language", numeric=False),
        *(TableColumn(label=arm) for arm in arms),
        TableColumn(label="floor"),
    )
    small_print = "the single seeds" if len(board.results.seeds) > 1 else "the 95 % interval over test items"
    return Table(
        caption=f"{target.name}, {target.headline or target.main}, in percent. Small print: {small_print}.",
        columns=columns,
        rows=tuple(rows),
        foot=tuple(means),
    )


def _mean_cell(board: Scoreboard, arm: str, target: TargetInfo, languages: Sequence[str]) -> TableCell:
    mean = board.mean(arm, target, languages)
    if mean.value is None:
        return TableCell(text=MISSING, tip=mean.reason, role="missing")
    return TableCell(text=number(mean.value), marks=mean_warnings(board, arm, target, mean), tip=seed_scores(mean))


def _language_cell(board: Scoreboard, arm: str, target: TargetInfo, language: str) -> TableCell:
    mean = board.mean(arm, target, [language])
    if mean.value is None or not mean.by_seed:
        return TableCell(text=MISSING, tip=mean.reason, role="missing")
    by_seed, seeds = mean.by_seed, board.results.seeds
    if len(seeds) > 1:
        small_print = " · ".join(number(by_seed[seed]) if seed in by_seed else MISSING for seed in seeds)
    else:
        small_print = interval(*board.interval(arm, target, language, seeds[0]))
    low = board.language_scores[arm, target.name][language].at_chance
    mark = "at chance" if len(low) == len(by_seed) else f"{plural(len(low), 'seed')} at chance"
    return TableCell(
        text=number(mean.value), small_print=(small_print,) if small_print else (), marks=(mark,) if low else ()
    )


def gap_targets(board: Scoreboard) -> list[TargetInfo]:
    """Return the targets with a test in the training language and one in another."""
    return [t for t in board.results.targets if board.zero_shot(t) and t.train_language in t.languages]


def gap_table(board: Scoreboard) -> Table:
    """Lay out the transfer gap: the score in the training language minus the mean over the others (points; smaller is
    better)."""
    targets = gap_targets(board)
    columns = [TableColumn(label="Arm", numeric=False)]
    for target in targets:
        expected = sum(x != target.train_language for x in target.languages)
        scored = len(board.zero_shot(target))
        share = "" if expected == scored else f"{scored} of "
        formula = f"{language_name(target.train_language)} − mean of {share}{plural(expected, 'other')}"
        columns.append(TableColumn(label=target.name, small_print=(formula,)))
    rows = [(TableCell(text=arm), *(_gap_cell(board, arm, t) for t in targets)) for arm in board.results.arms]
    return Table(
        caption="Transfer gap in points: the score in the training language minus the mean over the other languages. "
        "A gap can be small because the training language itself is low; its score stands in small print.",
        columns=tuple(columns),
        rows=tuple(rows),
    )


def _gap_cell(board: Scoreboard, arm: str, target: TargetInfo) -> TableCell:
    home = board.mean(arm, target, [target.train_language])
    away = board.mean(arm, target, board.zero_shot(target))
    shared_seeds = [seed for seed in home.by_seed or {} if seed in (away.by_seed or {})]
    if not shared_seeds or home.by_seed is None or away.by_seed is None:
        return TableCell(text=MISSING, tip=away.reason or home.reason or "no seed has both", role="missing")
    small_print = f"{target.train_language} {number(fmean(home.by_seed[seed] for seed in shared_seeds))}"
    gap = fmean(home.by_seed[seed] - away.by_seed[seed] for seed in shared_seeds)
    return TableCell(text=signed(gap), small_print=(small_print,), marks=mean_warnings(board, arm, target, away))


LANGUAGES = Topic(name="languages", compute=lambda board: board, sections=sections)
